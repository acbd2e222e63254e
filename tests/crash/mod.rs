//! Processes that die: at every commit and every request of a workflow, with and without their
//! store; and steps that fail, each in turn.
//!
//! A workflow is swept by one call of [`sweep::every_point`] with a [`sweep::Plot`].

mod bake;
mod failing_steps;
mod sweep;
mod telling;
