//! history: what is remembered in, one list out, whose JSON is contract (`amiwatch.history/1`).
//! Plain functions of values.
//!
//! Chronicles say what happened when; a bake's steps come from its journal ([`BakeStory`]). What
//! changed from one pass to the next is worked out here, from two entries that follow each other.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::outcome::{Cause, WatchStanding};
use crate::model::changes::ChangesInFull;
use crate::model::chronicle::{
    BakedEntry, Chronicle, DidEntry, Entry, EntryWhat, MovedEntry, PublishedEntry, ReleasePoint,
    RetiredEntry, SeenEntry, TargetSeen,
};
use crate::model::ids::ImageId;
use crate::model::reason::{Class, ReasonCode};
use crate::model::story::BakeStory;

/// The JSON's version.
pub const SCHEMA: &str = "amiwatch.history/1";

/// What happened, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    pub schema: &'static str,
    pub entries: Vec<ToldEntry>,
    /// Older entries that are kept and were not asked for.
    pub omitted: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToldEntry {
    pub at: DateTime<Utc>,
    /// `<account>/<region>/<watch>`
    pub watch: String,
    #[serde(flatten)]
    pub what: ToldWhat,
}

/// What sort of thing it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ToldWhat {
    /// A pass saw or decided something new.
    Seen {
        /// Against the entry before it, one line each.
        changed: Vec<String>,
        #[serde(flatten)]
        seen: SeenEntry,
    },
    /// A bake, under way or ended, with its steps.
    Bake(BakeStory),
    /// A bake whose journal is not there any more.
    Baked(BakedEntry),
    /// An environment's move ended.
    Moved(MovedEntry),
    /// A run that publishes ended.
    Published(PublishedEntry),
    /// An older image went a rung down, or came back.
    Retired(RetiredEntry),
    /// A person did something.
    Did(DidEntry),
}

/// Which part of the history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The newest so many.
    pub limit: usize,
    /// None that is older.
    pub since: Option<DateTime<Utc>>,
}

/// The entries of the window, from every chronicle, in the order of time. Bakes are without their
/// steps yet; [`with_stories`] puts them in.
pub fn history(chronicles: &[Chronicle], window: Window) -> History {
    let mut entries: Vec<ToldEntry> = chronicles.iter().flat_map(told).collect();
    let kept = entries.len();
    entries.retain(|told| window.since.is_none_or(|since| told.at >= since));
    entries.sort_by(|a, b| (a.at, &a.watch).cmp(&(b.at, &b.watch)));
    let skip = entries.len().saturating_sub(window.limit);
    entries.drain(..skip);
    History {
        schema: SCHEMA,
        omitted: kept - entries.len(),
        entries,
    }
}

/// The journals whose stories the list wants.
pub fn journals(history: &History) -> BTreeSet<String> {
    let baked = history.entries.iter().filter_map(|told| match &told.what {
        ToldWhat::Baked(baked) => Some(baked.journal.clone()),
        _ => None,
    });
    baked.collect()
}

/// Puts the stories of ended bakes in their places and those under way at the end.
#[must_use]
pub fn with_stories(
    mut history: History,
    mut ended: BTreeMap<String, BakeStory>,
    under_way: Vec<(String, BakeStory)>,
) -> History {
    for told in &mut history.entries {
        if let ToldWhat::Baked(baked) = &told.what
            && let Some(mut story) = ended.remove(&baked.journal)
        {
            story.changes = baked.changes.clone().map(|short| ChangesInFull {
                short,
                packages: None,
            });
            told.what = ToldWhat::Bake(story);
        }
    }
    let begun = under_way.into_iter().map(|(watch, story)| ToldEntry {
        at: story.started_at,
        watch,
        what: ToldWhat::Bake(story),
    });
    history.entries.extend(begun);
    history
}

fn told(chronicle: &Chronicle) -> Vec<ToldEntry> {
    let mut before: Option<&SeenEntry> = None;
    let mut told = Vec::new();
    for Entry { at, what } in &chronicle.entries {
        let what = match what {
            EntryWhat::Seen(seen) => {
                let changed = changed(before.replace(seen), seen);
                let seen = seen.clone();
                ToldWhat::Seen { changed, seen }
            }
            EntryWhat::Baked(baked) => ToldWhat::Baked(baked.clone()),
            EntryWhat::Moved(moved) => ToldWhat::Moved(moved.clone()),
            EntryWhat::Published(published) => ToldWhat::Published(published.clone()),
            EntryWhat::Retired(retired) => ToldWhat::Retired(retired.clone()),
            EntryWhat::Did(did) => ToldWhat::Did(did.clone()),
        };
        told.push(ToldEntry {
            at: *at,
            watch: chronicle.watch.clone(),
            what,
        });
    }
    told
}

/// What a pass decided, as a few words.
pub fn decided_sentence(seen: &SeenEntry) -> String {
    let targets: Vec<&[ReasonCode]> = seen.targets.values().map(|one| &*one.codes).collect();
    let gated = seen.targets.values().filter(|one| !one.gates.is_empty());
    let waits = gated.count();
    Cause::of_action(
        &seen.action,
        WatchStanding::from_codes(&seen.codes, &targets),
    )
    .rolls(0, waits)
    .decided()
}

/// What is different from the entry before, one line each; for the first entry, what there was.
fn changed(before: Option<&SeenEntry>, now: &SeenEntry) -> Vec<String> {
    let nothing = BTreeMap::new();
    let mut lines = Vec::new();
    let release = |seen: &SeenEntry| Shown::of(seen.release.as_ref().map(point), &seen.codes);
    let image =
        |seen: &SeenEntry| Shown::of(seen.current.as_ref().map(ImageId::to_string), &seen.codes);
    lines.extend(moved("release", before.map(release), release(now)));
    lines.extend(moved("image", before.map(image), image(now)));
    let codes = before.map_or(&[][..], |seen| &seen.codes);
    lines.extend(codes_changed("", codes, &now.codes));
    let targets = before.map_or(&nothing, |seen| &seen.targets);
    lines.extend(targets_changed(targets, &now.targets, unread(&now.codes)));
    lines
}

fn point(point: &ReleasePoint) -> String {
    format!("{} ({})", point.version, point.image)
}

/// Whether something that these codes are about could not be read.
fn unread(codes: &[ReasonCode]) -> bool {
    let open = |code: &ReasonCode| *code == ReasonCode::Denied || code.class() == Class::Unknown;
    codes.iter().any(open)
}

/// A value as a pass saw it. What could not be read is not gone.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Value(String),
    None,
    Unread,
}

impl Shown {
    fn of(value: Option<String>, codes: &[ReasonCode]) -> Self {
        match value {
            Some(value) => Self::Value(value),
            None if unread(codes) => Self::Unread,
            None => Self::None,
        }
    }

    fn word(self) -> String {
        match self {
            Self::Value(value) => value,
            Self::None => "none".to_owned(),
            Self::Unread => "not read".to_owned(),
        }
    }
}

/// `release 4.5.0 (ami-a) -> 4.5.1 (ami-b)`; the first time just what it is.
fn moved(what: &str, before: Option<Shown>, now: Shown) -> Option<String> {
    match (before, now) {
        (None, Shown::None) => None,
        (Some(before), now) if before == now => None,
        (_, Shown::Unread) => Some(format!("{what} could not be read")),
        (None | Some(Shown::Unread), now) => Some(format!("{what} {}", now.word())),
        (Some(before), now) => Some(format!("{what} {} -> {}", before.word(), now.word())),
    }
}

/// `+ BASE_NEWER, - STOCK`, after the environment's name.
fn codes_changed(of: &str, before: &[ReasonCode], now: &[ReasonCode]) -> Option<String> {
    let came = now.iter().filter(|code| !before.contains(code));
    let went = before.iter().filter(|code| !now.contains(code));
    let words: Vec<String> = came
        .map(|code| format!("+{code}"))
        .chain(went.map(|code| format!("-{code}")))
        .collect();
    (!words.is_empty()).then(|| format!("{of}{}", words.join(" ")))
}

fn targets_changed(
    before: &BTreeMap<String, TargetSeen>,
    now: &BTreeMap<String, TargetSeen>,
    unread: bool,
) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        match (before.get(name), now.get(name)) {
            (Some(_), None) if unread => lines.push(format!("{name}: could not be read")),
            (Some(_), None) => lines.push(format!("{name}: not there any more")),
            (was, Some(is)) => lines.extend(target_changed(name, was, is)),
            (None, None) => {}
        }
    }
    lines
}

fn target_changed(name: &str, was: Option<&TargetSeen>, is: &TargetSeen) -> Vec<String> {
    let of = format!("{name}: ");
    let image = |seen: &TargetSeen| {
        let image = seen.image.as_ref().map(ImageId::to_string);
        Shown::of(image, &seen.codes)
    };
    let codes = was.map_or(&[][..], |seen| &seen.codes);
    moved(&format!("{of}image"), was.map(image), image(is))
        .into_iter()
        .chain(codes_changed(&of, codes, &is.codes))
        .collect()
}
