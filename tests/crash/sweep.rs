//! The sweep: the same life again and again, disturbed at another point each time.
//!
//! A workflow is swept by one call of [`everywhere`] with a [`Story`].

use std::time::Duration;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;

/// What is swept, and what must hold wherever it was disturbed.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// Builds the account and the config.
    pub(crate) begin: fn() -> Life,
    /// How long the process stays dead.
    pub(crate) dead_for: Duration,
    /// What else happens while the process is dead.
    pub(crate) meanwhile: fn(&Life),
    /// The end, as the account tells it.
    pub(crate) proof: fn(&Life, &AtStop),
    /// The end when the store was lost meanwhile.
    pub(crate) proof_after_loss: fn(&Life, &AtStop),
}

/// How the account stood when the process was disturbed.
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

/// How a life is disturbed at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The process is stopped: before or after a commit, before a request is sent, or when its answer
    /// is lost.
    Stopped(Store),
    /// The request has its effect and is never answered; the process lives on.
    Unanswered,
    /// From this commit on the store takes nothing more, as long as the process lives.
    StoreFull,
}

impl Form {
    fn applies(self, point: &str) -> bool {
        match self {
            Self::Stopped(_) => true,
            Self::Unanswered => point.ends_with(", answer lost"),
            Self::StoreFull => point.starts_with("before commit"),
        }
    }

    fn arm(self, at: usize) -> Arm {
        match self {
            Self::Stopped(_) => Arm::StopAt(at),
            Self::Unanswered => Arm::HangAt(at),
            Self::StoreFull => Arm::RefuseFrom(at),
        }
    }
}

/// Sweeps a workflow in every form, and says over how many lives. `nth` thins the points of the form
/// that costs most: a lost store makes every life do its work twice.
pub(crate) fn everywhere(name: &str, story: Story, nth: usize) {
    let forms = [
        (Form::Stopped(Store::Kept), 1),
        (Form::Stopped(Store::Lost), nth),
        (Form::Unanswered, 1),
        (Form::StoreFull, 1),
    ];
    std::thread::scope(|scope| {
        for (form, nth) in forms {
            scope.spawn(move || {
                let lives = every_point(story, form, nth);
                assert!(lives > 20, "{name}, {form:?}: only {lives} lives");
                println!("{name}: {form:?} at {lives} points");
            });
        }
    });
}

/// The points of one pass that nothing disturbs. A sweep over none would prove nothing.
fn points(begin: fn() -> Life) -> Vec<String> {
    let points = paused(async || {
        let life = begin();
        life.seam.arm(Arm::Nowhere);
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

/// Disturbs the first pass at each point that is `nth` apart, starts again, and lets it settle.
/// Returns how many lives that were.
pub(crate) fn every_point(story: Story, form: Form, nth: usize) -> usize {
    let points = points(story.begin);
    let fitting = (1..=points.len()).filter(|at| form.applies(&points[at - 1]));
    let stops: Vec<usize> = fitting.step_by(nth).collect();
    for stop in &stops {
        let told = format!("{form:?} at {stop}/{}: {}", points.len(), points[stop - 1]);
        paused(|| one_life(story, form, *stop, &told));
    }
    stops.len()
}

async fn one_life(story: Story, form: Form, stop: usize, told: &str) {
    let life = (story.begin)();
    // A panic further down says only what was wrong; this says in which life.
    let _context = OnPanic(told);
    life.seam.arm(form.arm(stop));
    let first = life.try_pass().await;
    let stopped = matches!(form, Form::Stopped(_));
    assert_eq!(first.is_err(), stopped, "the point was not reached");
    assert!(
        life.seam.passed().len() >= stop,
        "the point was not reached"
    );
    life.seam.arm(Arm::Nowhere);
    let at_stop = AtStop {
        verified: life.verified().len(),
    };
    let lost = form == Form::Stopped(Store::Lost);
    if lost {
        life.lose_the_store();
    }
    (story.meanwhile)(&life);
    life.wait(story.dead_for).await;
    life.until_settled().await;
    assert_eq!(life.open_bakes().await, Vec::<String>::new());
    match lost {
        true => (story.proof_after_loss)(&life, &at_stop),
        false => (story.proof)(&life, &at_stop),
    }
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
