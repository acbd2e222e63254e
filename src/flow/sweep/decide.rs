//! What may be swept: a plain function of what EC2 lists, what the store claims, and the time.
//!
//! Every doubt keeps the thing. A verified image is never swept, whatever else is known.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::ids::{ImageId, Installation};
use crate::model::kept::until_in_tag;
use crate::model::stray::{StrayKind, StrayVerdict, Thing, ThingState, VerdictWord};
use crate::model::tags;

/// A guest's longest time-out is a day.
const GUEST_MAX: TimeDelta = TimeDelta::hours(26);
/// The longest that a config can have a failed builder kept.
const KEPT_MAX: TimeDelta = TimeDelta::days(7);

/// What the store and the config know, in one account and region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub installation: Installation,
    /// The keys of bakes that are under way here.
    pub claimed: BTreeSet<String>,
    /// The images that watches remember as their current ones.
    pub current: BTreeSet<ImageId>,
    /// When a thing without a date of its own was first seen, by id.
    pub first_seen: BTreeMap<String, DateTime<Utc>>,
    /// A whole pass was made on this store: what it does not claim, nobody is about to claim.
    pub baseline: bool,
    /// How old a thing must be.
    pub older_than: Duration,
}

/// The verdict on each thing, in the order given.
pub fn decide_things(things: &[Thing], known: &Known, now: DateTime<Utc>) -> Vec<StrayVerdict> {
    things
        .iter()
        .map(|thing| verdict(thing, things, known, now))
        .collect()
}

fn verdict(thing: &Thing, things: &[Thing], known: &Known, now: DateTime<Utc>) -> StrayVerdict {
    let kept = copy(thing, known)
        .or_else(|| not_made_here(thing, known))
        .or_else(|| verified(thing, known))
        .or_else(|| claimed(thing, known))
        .or_else(|| kept_to_look_inside(thing, known, now))
        .or_else(|| claims_itself(thing, things, known, now))
        .or_else(|| pending(thing, things))
        .or_else(|| in_use(thing, things, known, now))
        .or_else(|| young(thing, known, now))
        .or_else(|| no_baseline(known));
    let stray = || {
        say(
            VerdictWord::Stray,
            "no bake that is under way made it, and no watch uses it",
        )
    };
    kept.unwrap_or_else(stray)
}

fn say(word: VerdictWord, why: impl Into<String>) -> StrayVerdict {
    StrayVerdict {
        word,
        why: why.into(),
    }
}

/// What publishing copied here is publishing's, which also removes a copy that failed.
fn copy(thing: &Thing, known: &Known) -> Option<StrayVerdict> {
    let ours = thing.tag(tags::INSTALLATION) == known.installation.as_str();
    let copied = thing.tag(tags::ROLE) == tags::role::COPY;
    let fits = matches!(thing.kind, StrayKind::Image | StrayKind::Snapshot);
    let word = match thing.tag(tags::STATE) {
        tags::state::VERIFIED => VerdictWord::Verified,
        _ => VerdictWord::Withdrawn,
    };
    let why = format!(
        "publishing made it, a copy of {}: that is not for a sweep to decide",
        thing.tag(tags::COPY_OF)
    );
    (ours && copied && fits).then(|| say(word, why))
}

/// Everything that a bake makes carries the installation, a role that fits its kind, and a key; the
/// group serves many bakes and has none.
fn not_made_here(thing: &Thing, known: &Known) -> Option<StrayVerdict> {
    let word = VerdictWord::NotMadeHere;
    if thing.tag(tags::INSTALLATION) != known.installation.as_str() {
        return Some(say(word, "it carries another installation's tag"));
    }
    let role = thing.tag(tags::ROLE);
    let roles: &[&str] = match thing.kind {
        StrayKind::Instance | StrayKind::Volume => &[tags::role::BUILDER, tags::role::BOOT_TEST],
        StrayKind::Image | StrayKind::Snapshot => &[tags::role::IMAGE],
        StrayKind::SecurityGroup => &[tags::role::NETWORK],
    };
    if !roles.contains(&role) {
        let why = format!(
            "amiwatch makes no {} with the role `{role}`",
            thing.kind.as_str()
        );
        return Some(say(word, why));
    }
    if let Some(why) = &thing.contradiction {
        return Some(say(word, format!("its tags are ours, and {why}")));
    }
    let keyless = thing.kind != StrayKind::SecurityGroup && thing.tag(tags::KEY).is_empty();
    keyless.then(|| say(word, "it carries no bake's key"))
}

/// Only what says of itself that it is a candidate or was rejected can be a stray image.
fn verified(thing: &Thing, known: &Known) -> Option<StrayVerdict> {
    if !matches!(thing.kind, StrayKind::Image | StrayKind::Snapshot) {
        return None;
    }
    let remembered = known.current.iter().any(|image| {
        let held = thing.held_by.iter().any(|holder| holder == image.as_str());
        image.as_str() == thing.id || (thing.kind == StrayKind::Snapshot && held)
    });
    if remembered {
        let why = "a watch remembers it as its current image";
        return Some(say(VerdictWord::Verified, why));
    }
    match thing.tag(tags::STATE) {
        tags::state::CANDIDATE | tags::state::REJECTED => None,
        tags::state::VERIFIED => Some(say(VerdictWord::Verified, "it is verified")),
        other => {
            let why = format!("its state is `{other}`: that is not for a sweep to decide");
            Some(say(VerdictWord::Withdrawn, why))
        }
    }
}

/// The group is shared: any bake that is under way may be about to launch into it.
fn claimed(thing: &Thing, known: &Known) -> Option<StrayVerdict> {
    let claimed = match thing.kind {
        StrayKind::SecurityGroup => !known.claimed.is_empty(),
        _ => known.claimed.contains(thing.tag(tags::KEY)),
    };
    claimed.then(|| say(VerdictWord::Claimed, "a bake that is under way needs it"))
}

/// A failed bake's builder stays for as long as its tag says, and goes then, however young it is. A tag can be
/// forged: none is believed for longer than a builder can be set to be kept.
fn kept_to_look_inside(thing: &Thing, known: &Known, now: DateTime<Utc>) -> Option<StrayVerdict> {
    let until = kept_until(thing)?;
    let said = until.format("%Y-%m-%d %H:%M UTC");
    if until > now {
        let why = format!("its bake failed, and it is kept for people to look inside until {said}");
        return Some(say(VerdictWord::Kept, why));
    }
    let why = format!("its bake failed; it was kept for people to look inside until {said}");
    Some(no_baseline(known).unwrap_or_else(|| say(VerdictWord::Stray, why)))
}

/// Until when a builder is kept; absent for what is not.
pub fn kept_until(thing: &Thing) -> Option<DateTime<Utc>> {
    if thing.kind != StrayKind::Instance {
        return None;
    }
    let until = until_in_tag(thing.tags.get(tags::KEPT_UNTIL)?)?;
    let most = thing.since?.checked_add_signed(GUEST_MAX + KEPT_MAX)?;
    Some(until.min(most))
}

/// A builder whose end people were told when it was kept.
pub fn is_foretold(thing: &Thing) -> bool {
    kept_until(thing).is_some()
}

/// What a guest says of itself holds it, and whatever its bake made: another store may be driving that
/// bake. Tags can be forged, so that none is believed for longer than a guest can be set to run. Whoever
/// sweeps what has no age at all says that nobody else works here.
fn claims_itself(
    thing: &Thing,
    things: &[Thing],
    known: &Known,
    now: DateTime<Utc>,
) -> Option<StrayVerdict> {
    if known.older_than.is_zero() {
        return None;
    }
    let needs = |guest: &&Thing| {
        let key = thing.tag(tags::KEY);
        let held = thing.held_by.contains(&guest.id);
        let same = held || guest.id == thing.id || (!key.is_empty() && guest.tag(tags::KEY) == key);
        let ours = guest.tag(tags::INSTALLATION) == thing.tag(tags::INSTALLATION);
        guest.kind == StrayKind::Instance && same && ours
    };
    let guests = things.iter().filter(needs);
    let needed = guests.filter_map(|guest| Some((needed_until(guest)?, guest)));
    let (until, guest) = needed
        .filter(|(until, _)| *until > now)
        .max_by_key(|(until, _)| *until)?;
    let why = format!(
        "{} says of itself that its bake may need it until {}",
        guest.id,
        until.format("%Y-%m-%d %H:%M UTC")
    );
    Some(say(VerdictWord::Claimed, why))
}

/// Until when a guest says that it may be needed.
fn needed_until(guest: &Thing) -> Option<DateTime<Utc>> {
    // The bake of one that is kept has ended.
    if kept_until(guest).is_some() {
        return None;
    }
    let seconds: i64 = guest.tag(tags::DEADLINE).parse().ok()?;
    let needed = TimeDelta::try_seconds(seconds)?.min(GUEST_MAX);
    guest.since?.checked_add_signed(needed)
}

/// An image that EC2 is still making holds everything of its key: whoever bakes next goes on with it.
fn pending(thing: &Thing, things: &[Thing]) -> Option<StrayVerdict> {
    if thing.state == ThingState::Pending {
        return Some(say(VerdictWord::Pending, "EC2 is still making it"));
    }
    let key = thing.tag(tags::KEY);
    let making = things.iter().find(|other| {
        other.kind == StrayKind::Image
            && other.state == ThingState::Pending
            && !key.is_empty()
            && other.tag(tags::KEY) == key
    })?;
    let why = format!("EC2 is still making {} of the same bake", making.id);
    Some(say(VerdictWord::Pending, why))
}

/// Used by something that is not going as well. What holds a thing and is a stray itself goes first.
fn in_use(
    thing: &Thing,
    things: &[Thing],
    known: &Known,
    now: DateTime<Utc>,
) -> Option<StrayVerdict> {
    let goes = |id: &String| {
        let holder = things.iter().find(|other| other.id == *id);
        // Only what goes before it can hold it, so this ends.
        holder.is_some_and(|holder| {
            holder.kind < thing.kind && verdict(holder, things, known, now).is_stray()
        })
    };
    let holder = thing.held_by.iter().find(|id| !goes(id))?;
    let why = format!("{holder} uses it");
    Some(say(VerdictWord::InUse, why))
}

fn young(thing: &Thing, known: &Known, now: DateTime<Utc>) -> Option<StrayVerdict> {
    let age = TimeDelta::from_std(known.older_than).unwrap_or(TimeDelta::MAX);
    let since = thing.since.or(known.first_seen.get(&thing.id).copied());
    let word = VerdictWord::Young;
    match since {
        Some(since) if since.checked_add_signed(age).is_some_and(|due| due <= now) => None,
        Some(_) => Some(say(word, "it is not old enough yet")),
        // EC2 does not date it: its age counts from the first sweep that remembers what it saw.
        None if known.older_than.is_zero() => None,
        None => Some(say(word, "nobody knows its age: it was not seen before")),
    }
}

fn no_baseline(known: &Known) -> Option<StrayVerdict> {
    (!known.baseline).then(|| {
        let why = "this store has not seen a whole pass of every watch here: run one first";
        say(VerdictWord::NoBaseline, why)
    })
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
