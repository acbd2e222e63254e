//! blind: what one pass could not read, place by place and base by base, put to what was remembered of the
//! passes before it. Plain functions of values.
//!
//! A daemon that gets no answers is well as a process and blind as a watcher: that is told when it lasts,
//! and its end is told too. A target that matches nothing was read; it is no blindness.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::blind::{BlindOf, BlindSpot, BlindSpots};
use crate::model::drift::Drift;
use crate::model::ids::{AccountId, Region};
use crate::model::reason::{About, DoubtSubject, Reason};

/// One watch in a pass, as far as blindness goes.
#[derive(Debug, Clone, Copy)]
pub struct BlindLook<'a> {
    /// Where it looks, as the config says.
    pub region: Option<&'a Region>,
    /// Absent when not even that could be told.
    pub account: Option<&'a AccountId>,
    /// The base that it follows.
    pub base: &'a str,
    pub drift: &'a Drift,
    /// The other places at which it has targets.
    pub elsewhere: &'a [PlaceElsewhere],
    /// The store failed, so that nothing is known of what AWS would have said.
    pub untold_by_store: bool,
}

/// A place at which a watch has targets, beside its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceElsewhere {
    /// What verdicts call it.
    pub name: String,
    /// What the config calls its account; absent for the watch's own.
    pub account_name: Option<String>,
    /// Absent where not even that of the watch could be told.
    pub account: Option<AccountId>,
    /// Absent: the watch's own.
    pub region: Option<Region>,
}

/// What cannot be read after this pass, and what of it was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindAfter {
    pub spots: BlindSpots,
    pub over: Vec<BlindOver>,
}

/// Something that could not be read, until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindOver {
    pub spot: BlindSpot,
    /// It was read. Otherwise no watch asks for it any more.
    pub read: bool,
}

/// What this pass leaves of what the passes before could not read.
pub fn blind_after(before: &BlindSpots, looks: &[BlindLook<'_>], now: DateTime<Utc>) -> BlindAfter {
    let (mut spots, mut asked, mut unclear) = (BlindSpots::new(), BTreeSet::new(), BTreeSet::new());
    for look in looks {
        let names = [look.of(None).name(), look.of(Some(look.base)).name()];
        let far = look.elsewhere.iter();
        let far = far.map(|place| look.of_elsewhere(place).name());
        if look.untold_by_store {
            unclear.extend(names.into_iter().chain(far));
            continue;
        }
        match look.of_account() {
            true => unclear.extend(far),
            false => asked.extend(far),
        }
        asked.extend(names);
        if look.of_account() {
            unclear.insert(look.of(Some(look.base)).name());
        }
        for (of, whom, reason) in look.open() {
            take(&mut spots, before, look, (of, whom, reason), now);
        }
    }
    let mut over = Vec::new();
    for (name, spot) in before {
        if spots.contains_key(name) {
            continue;
        }
        if unclear.contains(name) {
            spots.insert(name.clone(), spot.clone());
        } else {
            let (spot, read) = (spot.clone(), asked.contains(name));
            over.push(BlindOver { spot, read });
        }
    }
    BlindAfter { spots, over }
}

/// What is to be told by now: dark for so long, in enough passes, and nobody was told.
pub fn blind_news(spots: &BlindSpots, after_s: i64, now: DateTime<Utc>) -> Vec<String> {
    let due = spots.iter().filter(|(_, spot)| {
        let lasts = (now - spot.since).num_seconds() >= after_s;
        spot.notice.is_none() && lasts && spot.passes >= BlindSpot::PASSES_MIN
    });
    due.map(|(name, _)| name.clone()).collect()
}

fn take(
    spots: &mut BlindSpots,
    before: &BlindSpots,
    look: &BlindLook<'_>,
    (of, whom, reason): (BlindOf, String, &Reason),
    now: DateTime<Utc>,
) {
    let name = of.name();
    let earlier = before.get(&name);
    let spot = spots.entry(name).or_insert_with(|| BlindSpot {
        of: BlindOf {
            account: of
                .account
                .or(earlier.and_then(|one| one.of.account.clone())),
            ..of
        },
        since: earlier.map_or(now, |one| one.since),
        passes: earlier.map_or(1, |one| (one.passes + 1).min(BlindSpot::PASSES_MIN)),
        causes: BTreeSet::new(),
        why: reason.message.clone(),
        denied: matches!(
            reason.about,
            About::Untold { denied: true, .. } | About::Unasked { denied: true, .. }
        ),
        watches: BTreeSet::new(),
        notice: earlier.and_then(|one| one.notice.clone()),
    });
    if spot.causes.len() < BlindSpot::CAUSES_MAX {
        spot.causes.insert(format!("{} {whom}", reason.code));
    }
    if spot.watches.len() < BlindSpot::WATCHES_MAX {
        spot.watches.insert(look.drift.watch.clone());
    }
}

impl BlindLook<'_> {
    fn of(&self, base: Option<&str>) -> BlindOf {
        BlindOf {
            region: self.region.cloned(),
            account: self.account.cloned(),
            account_name: None,
            base: base.map(str::to_owned),
        }
    }

    /// A place in another account, or in another region.
    fn of_elsewhere(&self, place: &PlaceElsewhere) -> BlindOf {
        BlindOf {
            region: place.region.as_ref().or(self.region).cloned(),
            account: place.account.clone(),
            account_name: place.account_name.clone(),
            base: None,
        }
    }

    /// The place that verdicts call so; one that the config does not name any more is an account of that name.
    fn of_named(&self, name: &str) -> BlindOf {
        let mut known = self.elsewhere.iter();
        match known.find(|known| known.name == name) {
            Some(place) => self.of_elsewhere(place),
            None => BlindOf {
                region: self.region.cloned(),
                account: None,
                account_name: Some(name.to_owned()),
                base: None,
            },
        }
    }

    /// Not even the account could be told: of the base nothing is known.
    fn of_account(&self) -> bool {
        let mut own = self.drift.reasons.iter();
        own.any(|reason| matches!(reason.about, About::Unasked { .. }))
    }

    /// What was left open: of what, whom it is about, and why.
    fn open(&self) -> Vec<(BlindOf, String, &Reason)> {
        let own = self.drift.reasons.iter().map(|one| {
            let elsewhere = match &one.about {
                About::Untold { elsewhere, .. } => elsewhere.as_deref(),
                _ => None,
            };
            (String::new(), elsewhere, one)
        });
        let targets = self.drift.targets.iter().flat_map(|target| {
            let name = target.target.to_string();
            let reasons = target.reasons.iter();
            reasons.map(move |reason| (name.clone(), target.elsewhere.as_deref(), reason))
        });
        let open = own.chain(targets).filter_map(|(whom, elsewhere, reason)| {
            let base = unread(&reason.about)?.then_some(self.base);
            let of = match elsewhere {
                Some(name) => self.of_named(name),
                None => self.of(base),
            };
            Some((of, whom, reason))
        });
        open.collect()
    }
}

/// Whether it says that the base (else the place) could not be read; absent when everything could.
fn unread(about: &About) -> Option<bool> {
    match about {
        About::Untold { subject, .. } => Some(*subject == Some(DoubtSubject::Release)),
        About::ReleaseNotListed { .. } => Some(true),
        About::Unasked { .. } => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
