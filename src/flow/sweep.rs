//! sweep: what carries our tag and nothing claims. Deciding is plain; looking and removing are apart.
//!
//! The tag is the memory that outlives a lost store, and the only proof that something is ours. What
//! is decided is decided again, on a fresh look, right before each removal.

pub mod decide;

pub mod inventory;

pub mod remove;
