//! compare: sightings, memory and the time in, verdicts out. Plain functions of values.
//!
//! Lists *every* code that applies, to the watch and to each of its environments. An answer that did
//! not come is never taken for drift: what needs it becomes `UNREACHABLE` (or `DENIED`), and what can
//! be told without it still is. Must not decide what to do about it: that is plan's.
//!
//! [`standing`] puts together what is known of one environment; [`environment`] judges it without any
//! config (survey shows just that); [`target`] adds what a watch wants of it; [`watch`] judges the
//! watch's own image.

mod choice;

pub mod copies;

pub mod elsewhere;

pub mod environment;

pub mod holds;

pub mod lines;

pub mod matching;

pub mod standing;

mod image;

mod moves;

mod newer;

mod notes;

pub mod own;

mod release;

mod target;

mod watch;

#[cfg(test)]
mod bases_tests;

#[cfg(test)]
mod copies_tests;

#[cfg(test)]
mod genuine_tests;

#[cfg(test)]
mod holds_tests;

#[cfg(test)]
mod moves_tests;

#[cfg(test)]
mod silence_tests;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use crate::model::base::Release;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::history::Memory;
use crate::model::ids::ImageId;
use crate::model::reason::{About, DoubtSubject, Reason};
use crate::model::sighting::{EnvironmentSighting, Sighting, Trouble, WatchSighting};
use crate::model::watch::{TargetPattern, Wanted, Watch};

use choice::Choice;
use copies::CopiesThere;
use elsewhere::{JudgedElsewhere, SeenElsewhere, judge_elsewhere};
use own::Own;
use standing::EnvironmentStanding;

/// Judges one watch: its own image against its base and recipe, and each environment it names.
pub fn compare(
    watch: &Watch,
    wanted: &Wanted,
    sighting: &Sighting,
    seen: &WatchSighting,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Drift {
    compare_everywhere(watch, wanted, sighting, seen, memory, now, &[])
}

/// The same, with its targets at other places: the patterns that are for each, and what was seen there.
pub fn compare_everywhere(
    watch: &Watch,
    wanted: &Wanted,
    sighting: &Sighting,
    seen: &WatchSighting,
    memory: &Memory,
    now: DateTime<Utc>,
    elsewhere: &[(Vec<TargetPattern>, &SeenElsewhere)],
) -> Drift {
    let own = Own::of_watch(watch, wanted, sighting, seen, memory, now);
    let mut case = Case {
        watch,
        wanted,
        sighting,
        seen,
        memory,
        own: &own,
        copies: None,
        choice: Choice::default(),
        now,
    };
    case.choice = case.choose();
    let far: Vec<JudgedElsewhere> = elsewhere
        .iter()
        .map(|(patterns, there)| judge_elsewhere(&case, patterns, there))
        .collect();
    let mut drift = Drift {
        watch: watch.name.clone(),
        release: case.release().cloned(),
        eligible: case.choice.eligible.cloned(),
        current: own.current.as_ref().map(|made| made.image.clone()),
        reasons: watch::watch_reasons(&case),
        targets: matching::targets(&watch.targets, sighting)
            .map(|environment| judge(&case, environment))
            .collect(),
        notes: notes::compare_notes(&case),
        holds: memory.in_force(now).cloned().collect(),
    };
    for there in far {
        drift.targets.extend(there.targets);
        drift.reasons.extend(there.reasons);
    }
    drift
}

/// Everything that a verdict is made from.
#[derive(Clone, Copy)]
struct Case<'a> {
    watch: &'a Watch,
    wanted: &'a Wanted,
    sighting: &'a Sighting,
    seen: &'a WatchSighting,
    memory: &'a Memory,
    own: &'a Own,
    /// What another region has of the watch's images; absent in its own.
    copies: Option<&'a CopiesThere>,
    choice: Choice<'a>,
    now: DateTime<Utc>,
}

impl Case<'_> {
    /// The newest release, when it could be told.
    fn release(&self) -> Option<&Release> {
        self.seen.release.known()
    }

    /// An image as the watch's own region calls it: what people hold is called so.
    fn at_source<'i>(&'i self, image: &'i ImageId) -> &'i ImageId {
        self.copies.map_or(image, |copies| copies.source_of(image))
    }

    /// A base of the watch's region as the region of the case has it.
    fn base_here(&self, base: ImageId) -> Option<ImageId> {
        match self.copies {
            Some(copies) => copies.base(&base).cloned(),
            None => Some(base),
        }
    }
}

fn judge(case: &Case<'_>, environment: &EnvironmentSighting) -> TargetDrift {
    let standing = EnvironmentStanding::of_environment(case.sighting, environment);
    let reasons = target::target_reasons(case, &standing);
    TargetDrift {
        elsewhere: None,
        moved_by_others: false,
        target: environment.environment.target.clone(),
        environment_id: environment.environment.id.clone(),
        platform: environment.environment.platform.clone(),
        image: standing.image.cloned(),
        kind: standing.kind,
        base_image: standing.base.cloned(),
        move_to: moves::to(case, &standing, &reasons),
        color: environment.environment.color,
        reasons,
    }
}

/// A question without an answer, as a reason.
fn doubt(trouble: &Trouble) -> Reason {
    Reason::from_about(untold(trouble, None))
}

/// A question without an answer, and the part of the watch that it keeps from being told.
fn doubt_about(trouble: &Trouble, subject: DoubtSubject) -> Reason {
    Reason::from_about(untold(trouble, Some(subject)))
}

fn untold(trouble: &Trouble, subject: Option<DoubtSubject>) -> About {
    About::Untold {
        elsewhere: None,
        denied: trouble.denied,
        subject,
        what: trouble.what.clone(),
        why: trouble.why.clone(),
    }
}

/// In the order of the table, each code once per message.
fn in_order(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by(|a, b| (a.code, &a.message).cmp(&(b.code, &b.message)));
    reasons.dedup();
    reasons
}
