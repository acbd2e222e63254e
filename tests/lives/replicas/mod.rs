//! Seeded lives of several daemons that share one table: one leads, the others stand by, and each is killed, frozen in
//! the middle of its process, cut off from the table, stopped, or has its clock set, again and again.
//!
//! [`machine`] is one of the machines, [`blows`] what befalls them, [`sky`] what befalls AWS and the table, [`leads`]
//! who leads and who may not change anything, read from the account's ledger while it happens, [`life`] how it goes on,
//! [`judge`] what must hold meanwhile and at the end. All of them live on one virtual clock; what is between two lines
//! of a process happens at one moment.

pub(crate) mod blows;
pub(crate) mod judge;
pub(crate) mod leads;
pub(crate) mod life;
pub(crate) mod machine;
pub(crate) mod sky;

#[cfg(test)]
mod tests;
