//! Moving environments to the watch's image.
//!
//! What a move does is [`moving`], a workflow. Whether it may ([`order`]), which platform version moves
//! along ([`platform`]), how far it has come ([`progress`], [`settling`]), whether it was sent at all
//! ([`attribution`]) and whose fault it is ([`blame`]) are plain functions beside it. [`print`] says how a
//! person does it by hand, by the [commands](super::move_commands) that other stages tell as well.

pub mod attribution;

pub mod beneath;

pub mod blame;

pub mod by_hand;

pub mod document;

pub mod image_choice;

pub mod moving;

pub mod notes;

pub mod order;

pub mod platform;

pub mod print;

pub mod progress;

pub mod proving;

pub mod read;

pub mod replacement;

pub mod seen;

pub mod settling;

pub mod versions;

#[cfg(test)]
pub(crate) mod test_orders;

#[cfg(test)]
mod attribution_tests;

#[cfg(test)]
mod progress_tests;
