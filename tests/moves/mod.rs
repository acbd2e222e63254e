//! Environments that are moved to an image: on good days and bad ones, stopped anywhere, with each of
//! the behaviours that AWS does not document.

mod bugs;
mod cost;
mod crash;
mod desk;
mod forward;
mod steps;
mod table;
pub(crate) mod world;
