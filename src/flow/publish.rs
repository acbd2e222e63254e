//! publish: a watch's image in, made known where people and programs look for one.
//!
//! [`decide`] says what is to be done at each destination (plain). Changing one destination is a workflow: it
//! looks, writes, and reads back, whichever sort of destination it is; taking an image back is a run of the
//! same kind. Nothing here decides when a pass is made, or who is asked beforehand.

mod closing;

mod copies;

pub mod decide;

mod dispatch;

pub mod document;

pub mod hands;

pub mod kind;

mod looking;

pub mod order;

mod parameter;

mod share;

pub mod steps;

pub mod template;

mod trouble;

#[cfg(test)]
mod copy_tests;

#[cfg(test)]
mod decide_tests;
