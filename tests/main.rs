//! The one integration test binary: everything hermetic. One binary, since each links the AWS SDK.
//!
//! `common` holds the harness, `scenario` whole passes on the simulated account under virtual time,
//! `crash` the same stopped at every point, `rollouts` watches that move their environments by themselves,
//! `lives` whole lives drawn from a seed, `cli` the real binary, `shipped` what lies beside it.

#![recursion_limit = "256"] // a whole life is one future, and without incremental builds rustc lays it out at once
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where and ends"
)]

/// Lives are little else than small allocations, on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod cli;
mod common;
mod crash;
mod lives;
mod moves;
mod mutants;
mod owned;
mod publishing;
mod retiring;
mod rollouts;
mod scenario;
mod shipped;
