//! The sweep: the same life again and again, stopped at another point each time.

use std::time::Duration;

use crate::common::life::Life;
use crate::common::paused;

/// What is swept, and what must hold whenever it was stopped.
#[derive(Clone, Copy)]
pub(crate) struct Plot {
    /// Builds the account and the config.
    pub(crate) begin: fn() -> Life,
    /// How long the process stays dead.
    pub(crate) dead_for: Duration,
    /// What becomes of the store meanwhile.
    pub(crate) store: Store,
    /// What else happens while the process is dead.
    pub(crate) meanwhile: fn(&Life),
    /// The end, as the account tells it.
    pub(crate) proof: fn(&Life, &AtStop),
}

/// How the account stood when the process was stopped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtStop {
    /// How many verified images there were.
    pub(crate) verified: usize,
}

/// What becomes of the store while the process is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Kept,
    Lost,
}

/// The points of one pass that nothing stops. A sweep over none would prove nothing.
pub(crate) fn points(begin: fn() -> Life) -> Vec<String> {
    let points = paused(async || {
        let life = begin();
        life.seam.arm(None);
        life.pass().await;
        life.seam.passed()
    });
    assert!(
        points.len() > 100,
        "only {} points: {points:#?}",
        points.len()
    );
    points
}

/// Stops the first pass at each point that is `nth` apart, starts again, and lets it settle.
/// Returns how many lives that were.
pub(crate) fn every_point(plot: Plot, nth: usize) -> usize {
    let points = points(plot.begin);
    let stops: Vec<usize> = (1..=points.len()).step_by(nth).collect();
    for stop in &stops {
        let told = format!("stopped at {stop}/{}: {}", points.len(), points[stop - 1]);
        paused(|| one_life(plot, *stop, &told));
    }
    stops.len()
}

async fn one_life(plot: Plot, stop: usize, told: &str) {
    let life = (plot.begin)();
    // A panic further down says only what was wrong; this says in which life.
    let _context = OnPanic(told);
    life.seam.arm(Some(stop));
    let first = life.try_pass().await;
    assert!(first.is_err(), "the point was not reached");
    life.seam.arm(None);
    let at_stop = AtStop {
        verified: life.verified().len(),
    };
    if plot.store == Store::Lost {
        life.lose_the_store();
    }
    (plot.meanwhile)(&life);
    life.wait(plot.dead_for).await;
    life.until_settled().await;
    assert_eq!(life.open_bakes().await, Vec::<String>::new());
    (plot.proof)(&life, &at_stop);
}

/// Prints its text when it is dropped by a panic.
struct OnPanic<'a>(&'a str);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the life {}", self.0);
        }
    }
}
