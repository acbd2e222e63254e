//! The bake: from an order that leaves nothing to choose to a verified image.
//!
//! [`order`] decides everything beforehand, as a plain function; [`hands`] do it as a workflow, one file
//! per subject. Steps find what they made by names and tokens that depend on the order alone, so that
//! a restart, a lost store or a second holder meets it instead of doubling it.
//!
//! The files import each other in one direction, from what is read ([`steps`], [`kind`]) over the hands
//! and the single steps to `dispatch`; a test fails on a circle.
//!
//! Must not decide what to bake or when: that is `plan`'s.

pub mod user_data;

pub mod render;

pub mod order;

pub mod site;

pub mod packed;

pub mod steps;

pub mod kind;

pub mod story;

pub mod hands;

mod by_hand;

pub mod said_commands;

mod limits;

mod trouble;

mod earlier;

mod network;

mod keep;

mod launch;

mod conversation;

mod ended;

mod ended_by;

mod ssm;

mod looking;

mod consoles;

mod guest;

mod stopping;

mod image;

mod image_found;

mod clean_up;

mod closing;

mod dispatch;
