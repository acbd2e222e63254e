//! The account as its users see it: through requests, guests and world building.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at its own line"
)]

mod accounts;
mod accounts_shared;
mod bad_days;
mod door;
mod drawn_days;
mod guests;
mod images_copied;
mod images_kept;
mod moves;
mod parameters;
mod played;
mod references;
mod retirements;
mod sdk;
mod shop;
mod support;
mod tables;
mod templates;
mod terminated;
mod worlds;
mod worlds_copied;
