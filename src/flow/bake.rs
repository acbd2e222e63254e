//! The bake: from an order that leaves nothing to choose to a verified image.
//!
//! [`order`] decides everything beforehand, as a plain function; [`steps`] is the workflow that
//! does it, one file per subject. Steps find what they made by names and tokens that depend on the
//! order alone, so that a restart, a lost store or a second holder meets it instead of doubling it.
//!
//! Must not decide what to bake or when: that is `plan`'s.

pub mod user_data;

pub mod render;

pub mod order;

pub mod site;

pub mod kind;

pub mod steps;

pub mod story;

mod trouble;

mod by_hand;

mod network;

mod launch;

mod guest;

mod ssm;

mod image;

mod clean_up;

mod closing;
