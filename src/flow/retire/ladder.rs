//! The ladder: from what is known of an image to the rung that it may go to now, and why. A plain
//! function; every doubt keeps the image where it is.
//!
//! An image goes down one rung at a time and rests on each for a day at least, so that whoever misses it
//! has time to say so, whatever dates say that it could have gone long ago.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::line::{PlaceInLine, watch_of};
use crate::model::aws_command::AwsCommand;
use crate::model::ids::{AccountId, Installation};
use crate::model::image::ImageState;
use crate::model::image_uses::{ImageReferences, ReferenceKind};
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_rules::RetireRules;
use crate::model::retiring::{LadderVerdict, NextStep, Rung, RungStep, RungWhy};
use crate::model::sighting::{Seen, Trouble};
use crate::model::tags;

/// The least that an image rests on a rung.
const REST: TimeDelta = TimeDelta::days(1);
/// EC2 takes no deprecation but one that lies ahead: an image that is hidden in minutes counts as hidden.
pub const HIDDEN_SOON: TimeDelta = TimeDelta::minutes(10);

/// Everything that the ladder is told of one image.
#[derive(Debug, Clone, Copy)]
pub struct LadderCase<'a> {
    pub installation: &'a Installation,
    /// Absent: nobody asked for this watch's images to be retired.
    pub rules: Option<&'a RetireRules>,
    pub image: &'a OwnedImage,
    pub place: &'a PlaceInLine,
    /// When amiwatch disabled it, as far as that is remembered.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When a person brought it back, as far as that is remembered.
    pub restored_at: Option<DateTime<Utc>>,
    pub references: &'a ImageReferences,
    /// Who else may launch it. Only needed to leave the second rung.
    pub shares: &'a Seen<BTreeSet<LaunchGrant>>,
    /// Accounts of the config, and the one that the image is in.
    pub own_accounts: &'a BTreeSet<AccountId>,
    pub now: DateTime<Utc>,
}

/// What is due for an image now, or what keeps it.
pub fn stand_on_ladder(case: &LadderCase<'_>) -> LadderVerdict {
    let rung = rung_of(case);
    let (Some(rules), Some(step), None) = (case.rules, rung.below(), not_for_the_ladder(case))
    else {
        return stays(rung, not_for_the_ladder(case).or_else(|| no_rules(case)));
    };
    let mut why = kept(case, rules, step);
    let Some((by, at)) = case.place.superseded.clone() else {
        why.push(match case.image.image.created {
            Some(_) => RungWhy::NotSuperseded,
            None => RungWhy::Undated,
        });
        return LadderVerdict {
            rung,
            due: None,
            next: None,
            why,
        };
    };
    why.extend(rests(case, rules, step, at));
    let next = next_step(&why, step, case.now);
    why.push(RungWhy::Superseded { by, at });
    let due = next.as_ref().is_some_and(|next| next.at <= case.now);
    LadderVerdict {
        rung,
        due: due.then_some(step),
        next: next.filter(|_| !due),
        why,
    }
}

/// Whether with whom it is shared is all that is still to be asked before this image may go on, or before people are
/// told that nothing but its protection keeps it.
pub fn hangs_on_shares(verdict: &LadderVerdict) -> bool {
    let kept: Vec<&RungWhy> = verdict.why.iter().filter(|why| why.keeps()).collect();
    let is_open = |why: &&RungWhy| matches!(why, RungWhy::SharesUnreachable { .. });
    let lifts = |why: &&RungWhy| matches!(why, RungWhy::Protected { .. }) || why.until().is_some();
    kept.iter().any(is_open) && kept.iter().all(|why| is_open(why) || lifts(why))
}

fn stays(rung: Rung, why: Option<RungWhy>) -> LadderVerdict {
    LadderVerdict {
        rung,
        due: None,
        next: None,
        why: why.into_iter().collect(),
    }
}

fn rung_of(case: &LadderCase<'_>) -> Rung {
    let image = &case.image.image;
    let deprecated = image.deprecated_from;
    let deprecated = deprecated.is_some_and(|from| from <= case.now + HIDDEN_SOON);
    match image.state {
        ImageState::Deregistered => Rung::Deregistered,
        ImageState::Disabled => Rung::Disabled,
        _ if deprecated => Rung::Deprecated,
        _ => Rung::InForce,
    }
}

/// What is not ours to retire, whatever the rules say.
fn not_for_the_ladder(case: &LadderCase<'_>) -> Option<RungWhy> {
    let image = &case.image.image;
    let tag = |name: &str| image.tags.get(name).map_or("", String::as_str);
    // A bake gives its image a key; publishing says of a copy what it was made from.
    let made = match tag(tags::ROLE) {
        tags::role::IMAGE => !tag(tags::KEY).is_empty(),
        tags::role::COPY => !tag(tags::COPY_OF).is_empty(),
        _ => false,
    };
    let ours = image.ours && tag(tags::INSTALLATION) == case.installation.as_str() && made;
    let state = tag(tags::STATE);
    if !ours {
        return Some(RungWhy::NotOurs);
    }
    if state != tags::state::VERIFIED {
        let state = state.to_owned();
        return Some(RungWhy::NotVerified { state });
    }
    let settled = matches!(image.state, ImageState::Available | ImageState::Disabled);
    (!settled).then_some(RungWhy::Unsettled)
}

fn no_rules(case: &LadderCase<'_>) -> Option<RungWhy> {
    let watch = watch_of(&case.image.image).to_owned();
    Some(RungWhy::NoRules { watch })
}

/// Everything that keeps it from this step, dated or not, but its time on the rung.
fn kept(case: &LadderCase<'_>, rules: &RetireRules, step: RungStep) -> Vec<RungWhy> {
    let mut why: Vec<RungWhy> = ReferenceKind::NEEDED
        .into_iter()
        .filter_map(|kind| named(case, kind))
        .collect();
    // What EC2 lists by itself is asked besides: where it does not answer, our own questions stand.
    let listed = case.references.0.get(&ReferenceKind::ListedByEc2);
    if listed.is_some_and(|listed| listed.seen.known().is_some()) {
        why.extend(named(case, ReferenceKind::ListedByEc2));
    }
    // What is known to name it says more than what could not be asked.
    why.sort_by_key(|one| matches!(one, RungWhy::Unreachable { .. }));
    if step > RungStep::Deprecate {
        why.extend(shared(case));
    }
    if step == RungStep::Deregister && case.image.protected {
        let image = &case.image.image;
        let lift = AwsCommand::new("ec2 disable-image-deregistration-protection", &image.region);
        let lift = lift.with("--image-id", image.id.as_str()).to_string();
        why.push(RungWhy::Protected { lift });
    }
    if step == RungStep::Deregister && case.disabled_at.is_none() {
        why.push(RungWhy::DisabledByOthers);
    }
    let place = case.place.newer + 1;
    if place <= rules.keep_newest {
        let kept = rules.keep_newest;
        why.push(RungWhy::AmongNewest { place, kept });
    }
    why.extend(young(case, rules));
    let restored = restored_until(case, rules).filter(|until| *until > case.now);
    why.extend(restored.map(|until| RungWhy::Restored { until }));
    why
}

/// What a person brought back counts as young once more.
fn restored_until(case: &LadderCase<'_>, rules: &RetireRules) -> Option<DateTime<Utc>> {
    Some(later(case.restored_at?, rules.younger_than))
}

/// What names it, or could not be asked. A kind that nobody asked is no answer.
fn named(case: &LadderCase<'_>, kind: ReferenceKind) -> Option<RungWhy> {
    match case.references.0.get(&kind).map(|answer| &answer.seen) {
        Some(Seen::Absent) => None,
        Some(Seen::Known(uses)) => {
            let counts = |until: Option<DateTime<Utc>>| until.is_none_or(|until| until > case.now);
            let uses: Vec<_> = uses
                .iter()
                .filter(|one| counts(one.until))
                .cloned()
                .collect();
            (!uses.is_empty()).then_some(RungWhy::InUse { kind, uses })
        }
        Some(Seen::Unreachable(trouble)) => Some(RungWhy::Unreachable {
            kind,
            trouble: trouble.clone(),
        }),
        None => Some(RungWhy::Unreachable {
            kind,
            trouble: not_asked(kind),
        }),
    }
}

fn not_asked(kind: ReferenceKind) -> Trouble {
    Trouble {
        what: kind.plural().to_owned(),
        why: "this was not asked".to_owned(),
        denied: false,
    }
}

/// Who launches it elsewhere cannot be asked: it is deprecated at most.
fn shared(case: &LadderCase<'_>) -> Option<RungWhy> {
    let grants = match case.shares {
        Seen::Known(grants) => grants,
        Seen::Absent => return public(case),
        Seen::Unreachable(trouble) => {
            let trouble = trouble.clone();
            return Some(RungWhy::SharesUnreachable { trouble });
        }
    };
    let beyond = grants.iter().filter(|grant| match grant {
        LaunchGrant::Account(account) => !case.own_accounts.contains(account),
        LaunchGrant::Organization(_) | LaunchGrant::Everybody | LaunchGrant::Other(_) => true,
    });
    let with: Vec<String> = beyond.map(LaunchGrant::named).collect();
    match with.is_empty() {
        true => public(case),
        false => Some(RungWhy::Shared { with }),
    }
}

fn public(case: &LadderCase<'_>) -> Option<RungWhy> {
    let with = vec![LaunchGrant::Everybody.named()];
    case.image.image.public.then_some(RungWhy::Shared { with })
}

fn young(case: &LadderCase<'_>, rules: &RetireRules) -> Option<RungWhy> {
    let until = later(case.image.image.created?, rules.younger_than);
    (until > case.now).then_some(RungWhy::Young { until })
}

/// Until when it stays on its rung for its time's sake.
fn rests(
    case: &LadderCase<'_>,
    rules: &RetireRules,
    step: RungStep,
    superseded: DateTime<Utc>,
) -> Option<RungWhy> {
    let (after, on_rung_since) = match step {
        RungStep::Deprecate => (Duration::ZERO, None),
        RungStep::Disable => (rules.disable_after, case.image.image.deprecated_from),
        RungStep::Deregister => (rules.deregister_after, case.disabled_at),
    };
    // What was brought back begins anew when it is young no more.
    let counted = restored_until(case, rules).map_or(superseded, |until| until.max(superseded));
    let due = later(counted, after);
    let rested = on_rung_since.map(|since| since + REST);
    let until = rested.map_or(due, |rested| rested.max(due));
    (until > case.now).then_some(RungWhy::OnRung { until })
}

/// The step and not before when, where everything that keeps the image has an end of its own.
fn next_step(why: &[RungWhy], step: RungStep, now: DateTime<Utc>) -> Option<NextStep> {
    let ends: Option<Vec<_>> = why.iter().map(RungWhy::until).collect();
    let at = ends?.into_iter().max().unwrap_or(now);
    Some(NextStep { step, at })
}

fn later(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    at.checked_add_signed(by)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
#[path = "ladder_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "ladder_property_tests.rs"]
mod property_tests;
