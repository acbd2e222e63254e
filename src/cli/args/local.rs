//! Arguments of the commands that work on this machine alone: rehearsals, recipes, the config, the
//! simulated account, completions and man pages. Contract, as the rest.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `rehearse`
#[derive(Debug, Args)]
pub struct Rehearse {
    /// A recipe of the config, or a file of user data
    #[arg(value_name = "RECIPE", required_unless_present = "fetch_root")]
    pub recipe: Option<String>,
    /// A check of a file of user data, as `NAME=COMMAND`; repeatable
    #[arg(long, value_name = "NAME=COMMAND")]
    pub check: Vec<String>,
    /// A TOML file with `checks` and `boot_checks`, as a recipe of the config has them
    #[arg(long, value_name = "FILE")]
    pub checks: Option<PathBuf>,
    /// What boots: `nspawn` for a container of --root (needs root), `qemu` for a machine of --image
    #[arg(long, value_enum, default_value_t = EngineWord::Auto)]
    pub engine: EngineWord,
    /// The root of an installed system with cloud-init; it stays as it is
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A cloud image; it stays as it is
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// A kernel for an image that has no boot loader
    #[arg(long, value_name = "FILE", requires = "image")]
    pub kernel: Option<PathBuf>,
    /// The initial RAM disk that goes with --kernel
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub initrd: Option<PathBuf>,
    /// Makes a small root once, and rehearses in it; needs root and mmdebstrap
    #[arg(long, value_enum, value_name = "DISTRIBUTION")]
    pub fetch_root: Option<Distribution>,
    /// Where that root is kept
    #[arg(long, value_name = "DIR", default_value = "/var/cache/amiwatch")]
    pub cache: PathBuf,
    /// Let the guest reach the network: a container shares this machine's, QEMU has one behind it
    #[arg(long)]
    pub network: bool,
    /// What a guest may take, as `[builder] timeout`
    #[arg(long, default_value = "10m", value_name = "DURATION")]
    pub timeout: humantime::Duration,
    /// Stop after the builder, without the fresh boot of its disk
    #[arg(long)]
    pub no_boot_test: bool,
    /// Where the guests' disk lies while they run [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Keep the guests' consoles and disk
    #[arg(long)]
    pub keep: bool,
    /// The file is a template
    #[arg(long)]
    pub template: bool,
    /// `base.name` of a template
    #[arg(long, value_name = "NAME")]
    pub base_name: Option<String>,
    /// `base.version` of a template
    #[arg(long, value_name = "VERSION")]
    pub base_version: Option<String>,
    /// `base.image_id` of a template
    #[arg(long, value_name = "AMI", default_value = "ami-00000000000000000")]
    pub base_image: String,
}

/// What boots a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineWord {
    /// QEMU when --image is given, else a container
    Auto,
    Nspawn,
    Qemu,
}

/// A root that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Distribution {
    Debian,
}

/// `recipe`
#[derive(Debug, Args)]
pub struct RecipeArguments {
    #[command(subcommand)]
    pub command: RecipeCommand,
}

/// `recipe ...`
#[derive(Debug, Subcommand)]
pub enum RecipeCommand {
    /// Says what is wrong with the config's recipes as far as it shows without booting them
    Check(RecipeCheck),
}

/// `recipe check`
#[derive(Debug, Args)]
pub struct RecipeCheck {
    /// Only this recipe
    #[arg(value_name = "RECIPE")]
    pub recipe: Option<String>,
    /// A multi-container Dockerrun.aws.json (version 2): are its log drivers allowed by the recipe?
    #[arg(long, value_name = "FILE")]
    pub dockerrun: Option<PathBuf>,
}

/// `config`
#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// `config ...`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads the config and says everything that is wrong with it; calls nobody, unless --online
    Check(ConfigCheck),
}

/// `config check`
#[derive(Debug, Args)]
pub struct ConfigCheck {
    /// Also ask AWS, and wherever secrets are kept, whether what the config names is there
    #[arg(long)]
    pub online: bool,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Whose
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page for each command into this folder, which must be there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `sim`
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Sim {
    #[command(subcommand)]
    pub command: SimCommand,
}

/// `sim ...`
#[cfg(feature = "sim")]
#[derive(Debug, Subcommand)]
pub enum SimCommand {
    /// Serves a simulated account to any AWS client that is pointed at it by AWS_ENDPOINT_URL
    Serve(Serve),
}

/// `sim serve`
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; only loopback unless --anywhere is given
    #[arg(long, default_value = "127.0.0.1:4599", value_name = "ADDRESS:PORT")]
    pub listen: std::net::SocketAddr,
    /// What is in the account at the start and what happens later (JSON; see docs/sim.md) [default: nothing]
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// Run this program for each boot of a guest: user data on stdin, its output is the console,
    /// its end is the power-off
    #[arg(long, value_name = "CMD")]
    pub guest_exec: Option<String>,
    /// How many seconds of the account pass in one second, from 0.001 to 1000000
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Listen on an address that others can reach; anybody there can do anything to the account
    #[arg(long)]
    pub anywhere: bool,
}

/// What the account's clock can follow for days without leaving the calendar.
fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok();
    speed
        .filter(|speed| (1e-3..=1e6).contains(speed))
        .ok_or_else(|| "it is no number from 0.001 to 1000000".to_owned())
}
