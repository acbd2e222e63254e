//! The sweep: the same life again and again, disturbed at another point each time.
//!
//! A workflow is swept by one call of [`everywhere`] with a [`Story`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::service::retire::keeping::retire_after_pass;
use amiwatch::service::sweep::sweep_now;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::points::Points;
use crate::common::kept::{Keeper, Kept, Standing};
use crate::common::life::{Life, Stopped};
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::watching::{Ended, Manner, Watching};
use crate::moves::orders::Wish;

/// Fewer lives than any workflow here has points: a sweep over none would prove nothing.
const LIVES_MIN: usize = 4;

/// What is swept, and what must hold wherever it was disturbed.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// Builds the account and the config.
    pub(crate) begin: fn() -> Life,
    /// What happened before, undisturbed.
    pub(crate) before: fn(&Life) -> LocalBoxFuture<'_, ()>,
    /// What the process does that is disturbed, and the ones after it do again.
    pub(crate) act: Act,
    /// Which points are disturbed.
    pub(crate) points: Points,
    /// How long the process stays dead.
    pub(crate) dead_for: Duration,
    /// What else happens while the process is dead.
    pub(crate) meanwhile: fn(&Life),
    /// The end, as the account tells it.
    pub(crate) proof: fn(&Life, &AtStop),
    /// The end when the store was lost meanwhile.
    pub(crate) proof_after_loss: fn(&Life, &AtStop),
}

/// Nothing, for stories that begin with their act.
pub(crate) fn nothing(_: &Life) -> LocalBoxFuture<'_, ()> {
    async {}.boxed_local()
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// `run --once`: one pass, and what it starts.
    Pass,
    /// `run`, for so long.
    Daemon(Duration),
    /// `sweep --apply`.
    Sweep,
    /// A look at older images, and what follows from it.
    Retire,
    /// `restore AMI` of the older of two images.
    Restore,
    /// `rollout` or `rollback`, and what an earlier one left open.
    Move(Wish),
}

impl Act {
    pub(crate) async fn once(self, life: &Life) -> Result<(), Stopped> {
        match self {
            Self::Pass => life.try_pass().await.map(|_| ()),
            Self::Daemon(long) => {
                let wait = async |_: &Watching<'_>| life.wait(long).await;
                match life.daemon_to_its_end(Manner::default(), wait).await {
                    Ended::Killed => Err(Stopped),
                    Ended::Told((), Ok(())) => Ok(()),
                    other => panic!("a daemon ended so: {other:?}"),
                }
            }
            Self::Move(wish) => life.try_move(wish).await.map(|_| ()),
            Self::Retire => {
                let looked =
                    life.process(async |service, lease| retire_after_pass(&service, lease).await);
                looked.await.map(|_| ())
            }
            Self::Restore => {
                let image = crate::retiring::old(life);
                life.try_restore(&image).await.map(|_| ())
            }
            Self::Sweep => {
                let swept =
                    life.process(async |service, lease| sweep_now(&service, lease, true).await);
                swept.await.map(|_| ())
            }
        }
    }

    /// Again, undisturbed, until there is nothing left to do.
    async fn until_settled(self, life: &Life) {
        match self {
            Self::Pass | Self::Retire | Self::Restore => {}
            Self::Daemon(_) | Self::Sweep => self.once(life).await.expect("nothing is armed"),
            Self::Move(wish) => {
                life.moves_when_ready(wish).await;
            }
        }
        life.until_settled().await;
        if self == Self::Restore {
            // What was ordered has been seen through by now; a person sees to what was not.
            self.once(life).await.expect("nothing is armed");
            life.until_settled().await;
        }
    }
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
    in_forms(name, story, &forms);
}

/// Sweeps a workflow in these forms, each at every so manieth point, and says over how many lives.
pub(crate) fn in_forms(name: &str, story: Story, forms: &[(Form, usize)]) {
    let swept = &Swept::of(story);
    std::thread::scope(|scope| {
        for (form, nth) in forms {
            scope.spawn(move || {
                let (points, lives) = swept.every_point(*form, *nth);
                assert!(lives >= LIVES_MIN, "{name}, {form:?}: only {lives} lives");
                println!("{name}: {form:?} at {points} points, {lives} lives");
            });
        }
    });
}

/// Disturbs the first act at each point that is `nth` apart, starts again, and lets it settle.
/// Returns at how many points.
pub(crate) fn every_point(story: Story, form: Form, nth: usize) -> usize {
    let (points, lives) = Swept::of(story).every_point(form, nth);
    println!("{form:?} at {points} points, {lives} lives");
    points
}

/// Lives pairs from equal moments of a story. Returns how many.
pub(crate) fn equal_moments_end_alike(story: Story, nth: usize) -> usize {
    Swept::of(story).equal_moments_end_alike(nth)
}

/// Of the lives whose process is stopped, one in so many has a process that is dropped where it stands; the
/// others go on from what a killed one leaves.
const DROPPED: usize = 8;

/// A story up to its act, lived once, and the points of the act when nothing disturbs it.
struct Swept {
    story: Story,
    before: Kept,
    points: Vec<String>,
}

impl Swept {
    /// A sweep over no points would prove nothing.
    fn of(story: Story) -> Self {
        let before = paused(async || {
            let life = (story.begin)();
            (story.before)(&life).await;
            Keeper::of(&life).keep()
        });
        let points = paused(async || {
            let life = before.goes_on();
            life.seam.arm(Arm::Nowhere);
            story.act.once(&life).await.expect("nothing is armed");
            life.seam.passed()
        });
        assert!(points.len() > 20, "only {points:#?}");
        Self {
            story,
            before,
            points,
        }
    }

    /// How many points were disturbed, and how many lives that took: where two points leave the very same to
    /// a process that comes after (a look in between changes nothing), one life is both.
    fn every_point(&self, form: Form, nth: usize) -> (usize, usize) {
        let chosen = self.story.points.chosen(&self.points).into_iter();
        let fitting = chosen.filter(|at| form.applies(&self.points[at - 1]));
        let stops: Vec<usize> = fitting.step_by(nth).collect();
        let killed = match form {
            Form::Stopped(_) => self.killed_at(&stops),
            Form::Unanswered | Form::StoreFull => BTreeMap::new(),
        };
        let lived = lived_apart(form, &stops, &killed);
        let half = lived.len().div_ceil(2).max(1);
        std::thread::scope(|scope| {
            for stops in lived.chunks(half) {
                let killed = &killed;
                scope.spawn(move || {
                    for stop in stops {
                        self.one_life(form, *stop, killed.get(stop));
                    }
                });
            }
        });
        (stops.len(), lived.len())
    }

    /// What this rests on: lives that go on from moments that are equal are equal when they have settled, whichever
    /// of the points between which nothing changed was the last. Returns how many such pairs were lived.
    fn equal_moments_end_alike(&self, nth: usize) -> usize {
        let every: Vec<usize> = (1..=self.points.len()).collect();
        let mut moments = BTreeMap::<Standing, Vec<(usize, Kept)>>::new();
        for (stop, kept) in self.killed_at(&every) {
            let equal = moments.entry(kept.standing(true)).or_default();
            equal.push((stop, kept));
        }
        let pairs = moments.values().filter(|equal| equal.len() > 1);
        let ends = pairs.step_by(nth).map(|equal| {
            let [(first, one), .., (last, other)] = &equal[..] else {
                panic!("a pair has two")
            };
            let (one, other) = (self.end_of(one), self.end_of(other));
            assert_eq!(one, other, "from {first} and {last} of {:#?}", self.points);
        });
        ends.count()
    }

    fn end_of(&self, killed: &Kept) -> (BTreeSet<String>, Standing) {
        paused(async || {
            let life = killed.goes_on();
            goes_on(&life, self.story, Form::Stopped(Store::Kept)).await;
            let end = Keeper::of(&life).keep();
            (life.heard_keys(), end.standing(true))
        })
    }

    /// What a process leaves that is killed at one of these points: as it is when the undisturbed one passes it.
    fn killed_at(&self, stops: &[usize]) -> BTreeMap<usize, Kept> {
        let nth = stops.iter().enumerate();
        let killed = nth.filter(|(nth, _)| nth % DROPPED != DROPPED - 1);
        let killed: BTreeSet<usize> = killed.map(|(_, stop)| *stop).collect();
        let kept = Arc::new(Mutex::new(BTreeMap::new()));
        paused(async || {
            let life = self.before.goes_on();
            let (keeper, keeps, wanted) = (Keeper::of(&life), Arc::clone(&kept), killed.clone());
            life.seam.watch(move |at| {
                if wanted.contains(&at) {
                    keeps.lock().unwrap().insert(at, keeper.keep());
                }
            });
            let act = self.story.act.once(&life).await;
            act.expect("nothing is armed");
        });
        let kept = std::mem::take(&mut *kept.lock().unwrap());
        let reached: BTreeSet<usize> = kept.keys().copied().collect();
        assert_eq!(reached, killed, "the points were not reached");
        kept
    }

    fn one_life(&self, form: Form, stop: usize, killed: Option<&Kept>) {
        let point = &self.points[stop - 1];
        // A panic further down says only what was wrong; this says in which life.
        let _context = OnPanic(format!("{form:?} at {stop}/{}: {point}", self.points.len()));
        paused(async || {
            let life = match killed {
                Some(killed) => killed.goes_on(),
                None => self.disturbed(form, stop).await,
            };
            goes_on(&life, self.story, form).await;
        });
    }

    async fn disturbed(&self, form: Form, stop: usize) -> Life {
        let life = self.before.goes_on();
        life.seam.arm(form.arm(stop));
        let first = self.story.act.once(&life).await;
        let stopped = matches!(form, Form::Stopped(_));
        assert_eq!(first.is_err(), stopped, "the point was not reached");
        let passed = life.seam.passed().len();
        assert!(passed >= stop, "the point was not reached");
        life.seam.arm(Arm::Nowhere);
        life
    }
}

/// Of these stops those that have to be lived: the first of each that leave the same, and all whose process is
/// not killed but dropped where it stands.
fn lived_apart(form: Form, stops: &[usize], killed: &BTreeMap<usize, Kept>) -> Vec<usize> {
    let with_store = form != Form::Stopped(Store::Lost);
    let mut seen = BTreeSet::new();
    let mut apart = |stop: &usize| {
        let left = killed.get(stop).map(|kept| kept.standing(with_store));
        left.is_none_or(|left| seen.insert(left))
    };
    stops.iter().copied().filter(|stop| apart(stop)).collect()
}

/// What comes after the disturbance.
async fn goes_on(life: &Life, story: Story, form: Form) {
    let at_stop = AtStop {
        verified: life.verified().len(),
    };
    let lost = form == Form::Stopped(Store::Lost);
    if lost {
        life.lose_the_store();
    }
    (story.meanwhile)(life);
    life.wait(story.dead_for).await;
    story.act.until_settled(life).await;
    assert_eq!(life.open_bakes().await, Vec::<String>::new());
    match lost {
        true => (story.proof_after_loss)(life, &at_stop),
        false => (story.proof)(life, &at_stop),
    }
}

/// Prints its text when it is dropped by a panic.
struct OnPanic(String);

impl Drop for OnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the life {}", self.0);
        }
    }
}
