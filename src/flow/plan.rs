//! plan: verdict and memory in; out comes one action for the watch's image, with its why, and one for
//! each environment. A plain function of values.
//!
//! Leaves nothing to choose: release, generation and attempt are decided here. Compare has already
//! judged; plan only weighs. A bake starts when the watch's *own* codes are drift; what is said about
//! a single environment never starts one, since a bake does not touch environments.
//!
//! In this order: what cannot be told, what is done already, what the watch may not do by itself, what
//! fits no target, what is held, and only then a bake.

pub mod retry;

mod generation;

mod targets;

#[cfg(test)]
mod tests;

pub use generation::next_generation;

use chrono::{DateTime, Utc};

use crate::model::bake::KeyInputs;
use crate::model::base::Release;
use crate::model::drift::{Drift, NoteCode};
use crate::model::history::{Memory, WatchHistory};
use crate::model::plan::{Action, BakeDecision, PlanItem};
use crate::model::reason::{About, Class, DoubtSubject, HeldOn, Reason, ReasonCode};
use crate::model::sighting::WatchSighting;
use crate::model::watch::{OnDrift, Wanted, Watch};

use targets::Fit;

/// Decides what to do for one watch now.
pub fn plan_watch(
    watch: &Watch,
    wanted: &Wanted,
    drift: Drift,
    seen: &WatchSighting,
    memory: &Memory,
    now: DateTime<Utc>,
) -> PlanItem {
    let weighing = Weighing {
        watch,
        wanted,
        drift: &drift,
        seen,
        history: &memory.history,
        now,
    };
    let (action, because) = weighing.decide();
    PlanItem {
        publications: Vec::new(),
        watch: watch.name.clone(),
        action,
        because,
        targets: targets::plans(&drift),
        drift,
    }
}

/// Everything that an action is decided from.
struct Weighing<'a> {
    watch: &'a Watch,
    wanted: &'a Wanted,
    drift: &'a Drift,
    seen: &'a WatchSighting,
    history: &'a WatchHistory,
    now: DateTime<Utc>,
}

type Decision = (Action, Vec<String>);

impl Weighing<'_> {
    fn decide(&self) -> Decision {
        let bakes = self.wanted.recipe_digest.is_some() && self.watch.on_drift >= OnDrift::Bake;
        if !bakes {
            return self.only_tell();
        }
        if let Some(decision) = self.untold_inputs() {
            return decision;
        }
        if let Some(decision) = self.watch_held() {
            return decision;
        }
        if !self.drifted() {
            return self.in_step();
        }
        match targets::fit(self.watch, self.drift) {
            Fit::None => (
                Action::Blocked,
                self.said(|r| r.code.class() == Class::Blocked),
            ),
            Fit::Untold => (Action::CannotTell, self.said(Reason::is_doubt)),
            Fit::Some => self.bake(),
        }
    }

    /// The watch's own image is out of step.
    fn drifted(&self) -> bool {
        let own = &self.drift.reasons;
        own.iter().any(|reason| reason.code.class() == Class::Drift)
    }

    fn only_tell(&self) -> Decision {
        if self.drift.has(Class::Drift) || self.drift.has(Class::Behind) {
            return (Action::Tell, self.said(Reason::is_drift));
        }
        self.in_step()
    }

    /// A person holds the watch, and something would start.
    fn watch_held(&self) -> Option<Decision> {
        let would_start = self.drifted() || self.adopt().is_some();
        let held = self.holding(holds_watch)?;
        would_start.then_some(held)
    }

    /// The hold that the watch's own reasons make, when some are of those that `which` picks. It ends
    /// when the last of them does; one without an end waits for a person.
    fn holding(&self, which: impl Fn(&Reason) -> bool) -> Option<Decision> {
        let own = self.drift.reasons.iter();
        let reasons: Vec<&Reason> = own.filter(|reason| which(reason)).collect();
        if reasons.is_empty() {
            return None;
        }
        let ends: Option<Vec<_>> = reasons.iter().map(|reason| reason.about.until()).collect();
        let until = ends.and_then(|ends| ends.into_iter().max());
        let because = reasons
            .iter()
            .map(|reason| reason.message.clone())
            .collect();
        Some((Action::Hold { until }, because))
    }

    /// The base or our own images are not known: nothing is decided from a guess.
    fn untold_inputs(&self) -> Option<Decision> {
        let about_inputs = |reason: &Reason| {
            reason.doubts(DoubtSubject::Release) || reason.doubts(DoubtSubject::Images)
        };
        let because = self.said(about_inputs);
        let mut doubts = self.drift.reasons.iter().filter(|r| about_inputs(r));
        let action = match doubts.any(|reason| reason.code == ReasonCode::Unreachable) {
            true => Action::CannotTell,
            false => Action::Blocked,
        };
        (!because.is_empty()).then_some((action, because))
    }

    /// Nothing to bake. An image that the store does not remember yet is adopted first.
    fn in_step(&self) -> Decision {
        let blocked = |reason: &Reason| {
            reason.code.class() == Class::Blocked && reason.code != ReasonCode::Unsupported
        };
        if let Some(decision) = self.adopt() {
            return decision;
        }
        match self.said(Reason::is_doubt) {
            doubts if !doubts.is_empty() => (Action::CannotTell, doubts),
            _ => match self.said(blocked) {
                blocks if !blocks.is_empty() => (Action::Blocked, blocks),
                _ => (Action::Nothing, self.waiting()),
            },
        }
    }

    fn adopt(&self) -> Option<Decision> {
        self.wanted.recipe_digest.as_ref()?;
        let current = self.drift.current.as_ref()?;
        let remembered = self.history.current.as_ref();
        let unknown = remembered.is_none_or(|remembered| remembered.image != *current);
        let generation = generation::image_generation(current, self.seen)?;
        (unknown && !self.drifted()).then(|| {
            (
                Action::Adopt {
                    image: current.clone(),
                    generation,
                },
                vec![format!(
                    "{current} is verified, and its name, key and source are those of a bake of this \
                     watch; this store did not bake it: it is adopted."
                )],
            )
        })
    }

    /// Why nothing is baked although targets are behind, and what is not for use.
    fn waiting(&self) -> Vec<String> {
        let mut because = self.said(held);
        let Some(current) = self.drift.current.as_ref() else {
            return because;
        };
        let behind = self.drift.targets.iter().filter(|target| {
            let mut reasons = target.reasons.iter();
            reasons.any(|reason| reason.code.class() == Class::Behind)
        });
        let lines = behind.map(|target| {
            format!(
                "{}/{} does not run {current} yet; nothing is left to bake.",
                target.target.application, target.target.environment
            )
        });
        because.extend(lines);
        because
    }

    fn bake(&self) -> Decision {
        let (Some(newest), Some(recipe)) = (&self.drift.release, &self.wanted.recipe_digest) else {
            return (Action::CannotTell, self.said(Reason::is_doubt));
        };
        if let Some(stopped) = self.holding(stops) {
            return stopped;
        }
        let release = self.drift.eligible.as_ref().unwrap_or(newest);
        let inputs = KeyInputs {
            installation: &self.wanted.installation,
            watch: &self.watch.name,
            release_image: &release.image,
            recipe_digest: recipe,
            architecture: self.watch.base.architecture,
            generation: generation::next_generation(release, recipe, self.seen, self.history),
        };
        self.waits(&inputs).unwrap_or_else(|| {
            let failed = self.history.failing_for(&inputs);
            let action = Action::Bake(BakeDecision {
                release: release.clone(),
                generation: inputs.generation,
                attempt: failed.map_or(1, |failing| failing.attempts.saturating_add(1)),
            });
            (action, self.because_of(release, newest))
        })
    }

    /// The drift that the bake is for, and why it is not of the newest release.
    fn because_of(&self, release: &Release, newest: &Release) -> Vec<String> {
        let own = self.drift.reasons.iter();
        let drift = own.filter(|r| r.code.class() == Class::Drift);
        let mut because: Vec<String> = drift.map(|r| r.message.clone()).collect();
        if release.image != newest.image {
            because.extend(self.said(passes_over));
            let notes = self.drift.notes.iter();
            let instead = notes.filter(|note| note.code == NoteCode::EarlierRelease);
            because.extend(instead.map(|note| note.message.clone()));
        }
        because
    }

    /// What keeps the bake from starting now, and until when: the release, or a failed attempt.
    fn waits(&self, inputs: &KeyInputs<'_>) -> Option<Decision> {
        let (mut until, mut because) = (None, Vec::new());
        if self.drift.eligible.is_none() {
            let waits_for_a_person = (Action::Hold { until: None }, Vec::new());
            let held = self.holding(passes_over).unwrap_or(waits_for_a_person);
            match held.0 {
                Action::Hold { until: Some(ends) } => (until, because) = (Some(ends), held.1),
                _ => return Some(held),
            }
        }
        let failing = self.history.failing_for(inputs);
        let pause = failing.and_then(|failing| failing.next_at.filter(|next| *next > self.now));
        if let (Some(failing), Some(next)) = (failing, pause) {
            because.push(format!(
                "Attempt {} failed ({}); the next one is not before {}.",
                failing.attempts,
                failing.last_why.trim_end_matches('.'),
                next.format("%Y-%m-%d %H:%M UTC")
            ));
        }
        let until = until.max(pause);
        until.map(|_| (Action::Hold { until }, because))
    }

    /// What the reasons that `which` picks say, each sentence once.
    fn said(&self, which: impl Fn(&Reason) -> bool) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for reason in self.drift.all_reasons().filter(|reason| which(reason)) {
            if !said.contains(&reason.message) {
                said.push(reason.message.clone());
            }
        }
        said
    }
}

/// A hold or quarantine, of whatever.
fn held(reason: &Reason) -> bool {
    matches!(reason.code, ReasonCode::Held | ReasonCode::Quarantined)
}

fn holds_watch(reason: &Reason) -> bool {
    matches!(held_on(reason), Some(HeldOn::Watch { .. }))
}

fn holds_release(reason: &Reason) -> bool {
    matches!(held_on(reason), Some(HeldOn::Release { .. }))
}

fn held_on(reason: &Reason) -> Option<&HeldOn> {
    match &reason.about {
        About::Held { on, .. } => Some(on),
        _ => None,
    }
}

/// What stops a bake whatever release it is of.
fn stops(reason: &Reason) -> bool {
    held(reason) && !holds_release(reason)
}

/// What makes a release be passed over for an earlier one.
fn passes_over(reason: &Reason) -> bool {
    reason.code == ReasonCode::Soaking || holds_release(reason)
}
