//! The harness: a life of amiwatch on a simulated account, under virtual time.
//!
//! What a test claims about the end is read from the account, never from amiwatch's own records:
//! a record that is wrong would agree with itself.

pub(crate) mod commanding;
pub(crate) mod disturbed;
pub(crate) mod guest;
pub(crate) mod ice;
pub(crate) mod kept;
pub(crate) mod life;
pub(crate) mod life_store;
pub(crate) mod mutant;
pub(crate) mod notices;
pub(crate) mod proofs;
pub(crate) mod proved;
pub(crate) mod replica;
pub(crate) mod seam;
pub(crate) mod slack;
pub(crate) mod store_files;
mod table_mutant;
pub(crate) mod town;
pub(crate) mod watching;
pub(crate) mod wire;
pub(crate) mod world;

use std::future::Future;

/// What the system gives a program's first thread, where `amiwatch` runs. The SDK's futures are deep,
/// and a test's own thread has a quarter of it.
const STACK_BYTES: usize = 8 << 20;

/// Runs one test body under paused time, on a runtime and a thread of its own.
pub(crate) fn paused<F: Future<Output = T>, T: Send>(body: impl FnOnce() -> F + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without sockets can always be built");
        runtime.block_on(body())
    };
    std::thread::scope(|scope| {
        let name = std::thread::current().name().unwrap_or("life").to_owned();
        let builder = std::thread::Builder::new()
            .name(name)
            .stack_size(STACK_BYTES);
        let thread = builder.spawn_scoped(scope, run).expect("a thread starts");
        match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
