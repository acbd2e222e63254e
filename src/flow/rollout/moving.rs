//! The move of one environment, as a workflow: what [`crate::model::rollout::MoveOrder`] says is done,
//! proved, and, where it fails, taken back by a run of its own.
//!
//! Must not decide whether an environment may be moved: that is the order's, before there is a journal.

mod aim;

mod closing;

mod dispatch;

mod ending;

pub mod hands;

pub mod kind;

mod probe;

mod replace;

mod settle;

pub mod steps;

mod trouble;

mod unchanged;

mod update;
