//! Seeded lives: one seed is one life of amiwatch on a simulated account, under virtual time.
//!
//! [`chance`] draws, [`weather`] is what happens to the account, [`cast`] the guests in it, [`people`] what
//! people do, [`wanted`] what configs say, [`one_daemon`] how a daemon is to end, [`life`] how daemons come,
//! watch and die in it, [`judge`] what must hold at its end, read from the account; [`fleets`] are lives of
//! environments that are moved, [`owning`] of images that are published and used,
//! [`replicas`] of several daemons that share a table. The same seed is the same life; `cargo run --profile lives --example lives
//! -- --seed N` runs one again.

pub(crate) mod cast;
pub(crate) mod chance;
pub(crate) mod fleets;
pub(crate) mod judge;
pub(crate) mod life;
pub(crate) mod one_daemon;
pub(crate) mod owning;
pub(crate) mod people;
pub(crate) mod replicas;
pub(crate) mod wanted;
pub(crate) mod weather;

#[cfg(test)]
pub(crate) mod tests;
