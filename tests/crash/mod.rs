//! Processes that die: at every commit and every request of a workflow, with and without their
//! store; and steps that fail, each in turn.
//!
//! A workflow is swept by one call of [`sweep::everywhere`] with a [`sweep::Story`].

mod bake;
mod failing_steps;
pub(crate) mod frozen;
pub(crate) mod points;
mod steps;
pub(crate) mod sweep;
mod sweeping;
mod telling;
