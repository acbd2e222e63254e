//! The one integration test binary: everything hermetic. One binary, since each links the AWS SDK.
//!
//! `common` holds the harness, `scenario` whole passes on the simulated account under virtual time,
//! `crash` the same stopped at every point, `cli` the real binary, `shipped` what lies beside it.

mod cli;
mod common;
mod crash;
mod scenario;
mod shipped;
