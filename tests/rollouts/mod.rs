//! Watches that roll out by themselves: waves, windows, questions to people, failures in the middle, and
//! processes that are stopped anywhere, in virtual time on the simulated account.

mod accounts;
mod approval;
mod asking;
mod bugs;
mod closer;
mod crash;
mod keys;
mod patience;
mod races;
mod saved;
mod suspended;
mod swaps;
mod taking_back;
mod two_daemons;
mod waves;
mod windows;
pub(crate) mod world;
