//! Moving environments to the watch's image.
//!
//! Which of a watch's environments is moved now, and what stands in the way of the others, is decided by
//! [`decide`] from [`case`]: a plain function of the verdict, what is remembered and what was read.
//!
//! What a move does is [`moving`], a workflow. Whether it may ([`order`]), which platform version moves
//! along ([`platform`]), how far it has come ([`progress`], [`settling`]), whether it was sent at all
//! ([`attribution`]) and whose fault it is ([`blame`]) are plain functions beside it. [`print`] says how a
//! person does it by hand, by the [commands](super::move_commands) that other stages tell as well.

pub mod applied;

pub mod approval;

pub mod attribution;

pub mod before;

pub mod beneath;

pub mod blame;

pub mod by_hand;

pub mod case;

pub mod decide;

mod deciding;

pub mod document;

pub mod elsewhere;

pub mod gates;

pub mod image_choice;

mod key_policy;

mod known_gates;

pub mod managed;

pub mod managed_window;

pub mod moving;

pub mod notes;

pub mod order;

pub mod past;

pub mod platform;

pub mod print;

pub mod progress;

mod proofs_due;

pub mod proving;

pub mod read;

pub mod read_last;

mod remembering;

pub mod replacement;

pub mod said;

pub mod seen;

pub mod settling;

pub mod slots;

mod suspended;

pub mod target_sort;

pub mod untold;

pub mod versions;

pub mod waves;

pub mod windows;

#[cfg(test)]
pub(crate) mod test_orders;

#[cfg(test)]
mod attribution_tests;

#[cfg(test)]
pub(crate) mod tests_rollouts;

#[cfg(test)]
mod gate_tests;

#[cfg(test)]
mod decide_tests;

#[cfg(test)]
mod asking_tests;

#[cfg(test)]
mod proof_tests;

#[cfg(test)]
mod sequence_tests;

#[cfg(test)]
mod property_tests;

#[cfg(test)]
mod progress_tests;
