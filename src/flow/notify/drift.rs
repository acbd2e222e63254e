//! Drift as news: what a look shows against what people were told, in plain functions.
//!
//! The first look at a watch tells nobody: what is out of step then is the baseline. Later, what is
//! new is told, once; what goes away is not, until nothing is left: then `resolved` is told. A look
//! that could not read everything takes what it could not read as it was, so that it neither tells an
//! all-clear nor has a second notice follow when everything can be read again; nor does one give an all-clear
//! while an environment is moved, and may be taken back. And while an image is
//! quarantined, nothing that was told of it is forgotten: that another one counts meanwhile, and that it
//! counts again after that, is no news.

use std::collections::{BTreeMap, BTreeSet};

use super::base;
use super::drift_notice::{DriftTeller, News, tells};
use super::watch_story::{NewsLook, WatchStories, image_moved, release_moved};
use crate::model::bake::digest;
use crate::model::drift::Drift;
use crate::model::reason::{DoubtSubject, Reason, ReasonCode};
use crate::model::told::ToldDrift;
use crate::model::watch::OnDrift;

/// The news in a look; absent when there is none, or when the look shows too little: while the
/// release or our own images cannot be read, nothing is said of drift.
///
/// `before` is absent at the first look at a watch, which tells nobody.
pub fn drift(seen: &NewsLook<'_>, before: Option<&ToldDrift>) -> Option<News> {
    let drift = seen.drift;
    let look = Look::of(drift);
    if look.blind {
        return None;
    }
    let first = ToldDrift::default();
    let known = before.unwrap_or(&first);
    let said = match look.quarantined {
        true => look.with_known(known),
        false => look.believed(known),
    };
    let stories = WatchStories::of_look(seen, known);
    let in_step = said.is_empty() && look.whole() && !seen.moving;
    let release = drift.release.as_ref();
    let after = ToldDrift {
        release: release.map(|release| release.image.clone()),
        version: release.map(|release| release.version.clone()),
        moves: known.moves + u64::from(release_moved(drift, known)),
        ends: Some(base::known_ends(drift, known)),
        current: drift.current.clone(),
        images: known.images_with(drift.current.as_ref()),
        unread: look.still_unread(known),
        stories: stories.untold(in_step),
        said,
        ..known.clone()
    };
    // All that is out of step was read by an earlier look: what it is measured by moves when something is seen.
    if before.is_some() && moved(known, &after) && look.shown.is_empty() && !look.whole() {
        return None;
    }
    let teller = DriftTeller { seen, stories };
    let news = match before {
        None => News {
            notice: None,
            after: ToldDrift {
                unread: look.unread,
                ..after
            },
        },
        Some(known) if look.is_news(known, &after, told_by_rollout(seen, known, &after)) => {
            teller.drifted(known, after, look.unread)
        }
        Some(known) if in_step && known.notice.is_some() => teller.resolved(after),
        Some(_) => News {
            notice: None,
            after,
        },
    };
    (before != Some(&news.after)).then_some(news)
}

/// What is out of step is measured by another release or another image of ours.
fn moved(known: &ToldDrift, now: &ToldDrift) -> bool {
    known.release != now.release || image_moved(known, now)
}

/// People know that the watch is out of step, its image is told where it is made, and how far that comes by the
/// rollout: that environments wait for it, or are back on an older one, is no message of its own.
fn told_by_rollout(seen: &NewsLook<'_>, known: &ToldDrift, now: &ToldDrift) -> bool {
    let mut targets = seen.drift.targets.iter();
    seen.watch.on_drift == OnDrift::Rollout
        && known.notice.is_some()
        && known.release == now.release
        && !targets.any(|target| target.moved_by_others && tells(target))
}

type Said = BTreeMap<String, BTreeSet<ReasonCode>>;

/// What one look shows, by remembered names.
struct Look {
    shown: Said,
    seen: BTreeSet<String>,
    unread: BTreeSet<String>,
    /// The release or our own images could not be read.
    blind: bool,
    /// A target of the config matches nothing: what it was for may be out of sight.
    unmatched: bool,
    /// An image of ours is not for use that would be made again: its own notice told why there is none.
    quarantined: bool,
}

impl Look {
    fn of(drift: &Drift) -> Self {
        let about = |subject: DoubtSubject| {
            let mut own = drift.reasons.iter();
            own.any(|reason| reason.doubts(subject))
        };
        let mut look = Self {
            shown: Said::new(),
            seen: BTreeSet::from([ToldDrift::ITSELF.to_owned()]),
            unread: BTreeSet::new(),
            blind: about(DoubtSubject::Release) || about(DoubtSubject::Images),
            unmatched: drift.reasons.iter().any(unmatched),
            quarantined: drift.reasons.iter().any(quarantined),
        };
        if about(DoubtSubject::Targets) {
            look.unread.insert(ToldDrift::LIST.to_owned());
        }
        look.take(ToldDrift::ITSELF.to_owned(), &drift.reasons);
        for target in &drift.targets {
            let name = ToldDrift::name_of(&digest(&[&target.target.to_string()]));
            if target.reasons.iter().any(Reason::is_doubt) {
                look.unread.insert(name.clone());
            }
            look.seen.insert(name.clone());
            look.take(name, &target.reasons);
        }
        look
    }

    fn take(&mut self, name: String, reasons: &[Reason]) {
        let codes = reasons.iter().filter(|reason| reason.is_drift());
        let codes: BTreeSet<ReasonCode> = codes.map(|reason| reason.code).collect();
        if !codes.is_empty() {
            self.shown.insert(name, codes);
        }
    }

    /// Something is out of step that was not, or what it is measured by is another. That a quarantine leaves the
    /// watch without its newest image is told by whoever quarantines it. `rolled`: how far an image comes is told by
    /// the rollout.
    fn is_news(&self, known: &ToldDrift, now: &ToldDrift, rolled: bool) -> bool {
        let all = now
            .said
            .iter()
            .flat_map(|(target, codes)| codes.iter().map(move |code| (target, *code)));
        let own = all.filter(|(target, _)| !self.quarantined || *target != ToldDrift::ITSELF);
        let mut own =
            own.filter(|(target, code)| !rolled || !self.is_of_the_rollout(target, *code));
        !now.said.is_empty()
            && (moved(known, now) && !rolled
                || own.any(|(target, code)| known.surprises(target, code)))
    }

    /// An environment waits for the image, or was taken back from one that is quarantined.
    fn is_of_the_rollout(&self, target: &str, code: ReasonCode) -> bool {
        let back = matches!(code, ReasonCode::BaseNewer | ReasonCode::PlatformSkew);
        target != ToldDrift::ITSELF && (code == ReasonCode::NotOnNewest || self.quarantined && back)
    }

    /// What is out of step, and what was told.
    fn with_known(&self, known: &ToldDrift) -> Said {
        let mut said = self.believed(known);
        for (name, codes) in &known.said {
            said.entry(name.clone()).or_default().extend(codes);
        }
        said.into_iter().take(ToldDrift::TARGETS_MAX).collect()
    }

    fn whole(&self) -> bool {
        self.unread.is_empty() && !self.unmatched
    }

    /// What was unread when it was told, and still is. Behind a list that was unread is everything.
    fn still_unread(&self, known: &ToldDrift) -> BTreeSet<String> {
        let list = known.unread.contains(ToldDrift::LIST);
        let still = self.unread.iter();
        still
            .filter(|name| list || known.unread.contains(*name))
            .cloned()
            .collect()
    }

    /// What is out of step as far as one can tell: what could not be read is as it was told.
    fn believed(&self, known: &ToldDrift) -> Said {
        let list_unread = self.unread.contains(ToldDrift::LIST);
        let mut said = self.shown.clone();
        for (name, codes) in &known.said {
            let unread = self.unread.contains(name) || (list_unread && !self.seen.contains(name));
            if unread {
                said.entry(name.clone()).or_default().extend(codes);
            }
        }
        said.into_iter().take(ToldDrift::TARGETS_MAX).collect()
    }
}

fn unmatched(reason: &Reason) -> bool {
    reason.code == ReasonCode::NoTarget
}

fn quarantined(reason: &Reason) -> bool {
    reason.code == ReasonCode::Quarantined
}
