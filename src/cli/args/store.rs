//! Arguments of `store`. Contract, as the rest.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `store`
#[derive(Debug, Args)]
pub struct StoreArguments {
    #[command(subcommand)]
    pub verb: StoreVerb,
}

/// `store ...`
#[derive(Debug, Subcommand)]
pub enum StoreVerb {
    /// Makes what [store] url names: a table on demand, protected and recoverable; or a file
    Init,
    /// Reads it whole, says who leads and stands by, and what is not as it should be
    Check,
    /// Copies it into a new file, which can be used as a store
    Backup {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Moves everything to another store, and compares it record by record; refused while somebody leads
    Move {
        /// As [store] url has it: `dynamodb://table?region=eu-west-1`, `sqlite:///file.db`
        #[arg(value_name = "URL")]
        to: String,
    },
}
