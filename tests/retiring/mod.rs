//! A watch's older images: told of, brought down the ladder and back up again, on bad days, and stopped everywhere.
//! What is claimed is read from the account.

mod acting;
mod bugs;
mod cost;
mod crash;
mod elsewhere;
mod restoring;
mod telling;
pub(crate) mod world;

pub(crate) use crash::old;
