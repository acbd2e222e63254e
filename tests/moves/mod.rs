//! Environments that are moved to an image: on good days and bad ones, stopped anywhere, with each of
//! the behaviours that AWS does not document.

mod bad_days;
mod bugs;
mod clocks;
mod cost;
mod crash;
mod desk;
mod followed;
mod forward;
mod ordered;
pub(crate) mod orders;
mod silent;
mod steps;
mod table;
mod unanswered;
pub(crate) mod world;
