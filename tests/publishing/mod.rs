//! A watch's image made known: to a parameter, taken back from it, on bad days, and stopped everywhere. What
//! is claimed is read from the account.

mod bugs;
mod copies;
mod crash;
mod feed;
mod parameter;
mod rolled_out;
mod share;
mod steps;
mod template;
pub(crate) mod world;

pub(crate) use copies::COPY;
