//! Seeded lives: one seed is one life of amiwatch on a simulated account, under virtual time.
//!
//! [`chance`] draws, [`weather`] is what happens to the account, [`people`] what people do, [`life`] how
//! processes come, work and die in it, [`judge`] what must hold at its end, read from the account. The
//! same seed is the same life; `cargo run --example lives -- --seed N` runs one again.

pub(crate) mod chance;
pub(crate) mod judge;
pub(crate) mod life;
pub(crate) mod people;
pub(crate) mod weather;

#[cfg(test)]
mod tests;
