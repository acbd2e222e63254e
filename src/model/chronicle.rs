//! What happened to a watch, as it is kept for `history` and `explain`: what passes saw and decided,
//! which bakes ended, what people did. One entry each, cut to a bounded size; how many are kept is the
//! store's affair. An entry is never changed once it is written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::base::Release;
use super::changes::ChangesInShort;
use super::drift::{Drift, TargetDrift};
use super::ids::{ImageId, Region};
use super::plan::{Action, PlanItem};
use super::publish_rules::Destination;
use super::reason::{Reason, ReasonCode};
use super::retire_record::RetireAct;
use super::rollout::MoveFault;

/// Environments that one entry lists; a fleet of thousands would not fit into one record of the store.
const TARGETS_MAX: usize = 60;
/// Sentences that one entry keeps, and characters of each.
const LINES_MAX: usize = 10;
const LINE_CHARS_MAX: usize = 500;

/// One watch's entries, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Chronicle {
    /// `<account>/<region>/<watch>`
    pub watch: String,
    pub entries: Vec<Entry>,
    /// What a pass saw last, and since when that is so.
    pub last_seen: Option<(DateTime<Utc>, SeenEntry)>,
}

/// One thing that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub what: EntryWhat,
}

/// What sort of thing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum EntryWhat {
    /// A pass saw or decided something else than the pass before it.
    Seen(SeenEntry),
    /// A bake came to its end; its journal has the steps.
    Baked(BakedEntry),
    /// An environment's move came to its end; its journal has the steps.
    Moved(MovedEntry),
    /// A run that publishes came to its end; its journal has the steps.
    Published(PublishedEntry),
    /// An older image went a rung down, or came back.
    Retired(RetiredEntry),
    /// A person did something.
    Did(DidEntry),
}

impl EntryWhat {
    /// The journal of the run whose end it is.
    pub fn journal(&self) -> Option<&str> {
        match self {
            Self::Baked(baked) => Some(&baked.journal),
            Self::Moved(moved) => Some(&moved.journal),
            Self::Published(published) => Some(&published.journal),
            Self::Seen(_) | Self::Retired(_) | Self::Did(_) => None,
        }
    }
}

/// What a pass saw of a watch and decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEntry {
    /// The newest release; absent when it could not be told.
    pub release: Option<ReleasePoint>,
    /// The watch's verified image.
    pub current: Option<ImageId>,
    /// The watch's own codes, in the order of the table.
    pub codes: Vec<ReasonCode>,
    /// By `application/environment`; at most 60.
    pub targets: BTreeMap<String, TargetSeen>,
    /// Environments that did not fit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub targets_omitted: usize,
    pub action: Action,
    /// Why, one sentence each; at most ten.
    pub because: Vec<String>,
}

/// A release, as far as people ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasePoint {
    pub image: ImageId,
    pub version: String,
}

/// What a pass saw of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSeen {
    /// In another account than the watch, and moved by others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    pub image: Option<ImageId>,
    pub codes: Vec<ReasonCode>,
    /// What stood before its move, with since and until where they were known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateSeen>,
}

/// A gate that stood before an environment's move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSeen {
    pub code: ReasonCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// How a bake ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakedEntry {
    pub journal: String,
    pub release: ReleasePoint,
    pub generation: u32,
    pub attempt: u32,
    /// The verified image; absent when it failed.
    pub image: Option<ImageId>,
    /// Why it failed, when it did.
    pub why: Option<String>,
    /// Against the image before it; absent when nothing changed or nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesInShort>,
}

/// How a move ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedEntry {
    pub journal: String,
    /// `beanstalk:<account>/<region>/<application>/<environment>`
    pub target: String,
    pub from: Option<ImageId>,
    pub to: Option<ImageId>,
    /// It took another move back.
    pub back: bool,
    /// Nothing was moved: it was proved on what it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof: bool,
    /// Whose fault it was that it failed; absent when it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<MoveFault>,
    /// Why it failed, or what it took back.
    pub why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl MovedEntry {
    /// Cuts the reason to what an entry may hold.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        self.why = self.why.as_deref().map(cut);
        self
    }
}

/// How a run that publishes ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedEntry {
    pub journal: String,
    pub destination: Destination,
    /// What holds there: `parameter /amis/shop`.
    pub published: String,
    /// What stood there before.
    pub from: Option<ImageId>,
    pub to: ImageId,
    /// It took an image back that is not for use.
    pub back: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Why it failed, or took something back.
    pub why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl PublishedEntry {
    /// Cuts the reason to what an entry may hold.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        self.why = self.why.as_deref().map(cut);
        self
    }
}

/// What became of an older image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredEntry {
    pub image: ImageId,
    /// Where it is: a copy is elsewhere than its watch.
    pub region: Region,
    pub act: RetireAct,
    pub base_version: Option<String>,
    pub by: String,
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DidEntry {
    /// The command's word: `adopt`, `hold`, `unhold`, `approve`, `deny`.
    pub verb: String,
    /// One sentence.
    pub sentence: String,
    /// The user whose command it was, when the system says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub facts: BTreeMap<String, String>,
}

impl SeenEntry {
    /// The part of a plan item that is kept.
    pub fn of_item(item: &PlanItem) -> Self {
        let Drift {
            release,
            current,
            reasons,
            targets,
            ..
        } = &item.drift;
        let listed = targets.iter().take(TARGETS_MAX).map(target_seen);
        Self {
            release: release.as_ref().map(ReleasePoint::of_release),
            current: current.clone(),
            codes: codes(reasons),
            targets: listed.collect(),
            targets_omitted: targets.len().saturating_sub(TARGETS_MAX),
            action: item.action.clone(),
            because: item
                .because
                .iter()
                .take(LINES_MAX)
                .map(|line| cut(line))
                .collect(),
        }
    }

    /// True when the other says the same; the sentences are not compared, since some count days.
    pub fn same_as(&self, other: &Self) -> bool {
        let bare = |seen: &Self| Self {
            because: Vec::new(),
            ..seen.clone()
        };
        bare(self) == bare(other)
    }
}

impl ReleasePoint {
    /// Of a release.
    pub fn of_release(release: &Release) -> Self {
        Self {
            image: release.image.clone(),
            version: release.version.clone(),
        }
    }
}

impl BakedEntry {
    /// Cuts the reason to what an entry may hold.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        self.why = self.why.as_deref().map(cut);
        self
    }
}

fn target_seen(target: &TargetDrift) -> (String, TargetSeen) {
    let name = target.name();
    let seen = TargetSeen {
        elsewhere: target.moved_by_others,
        image: target.image.clone(),
        codes: codes(&target.reasons),
        gates: gates(&target.reasons),
    };
    (name, seen)
}

fn gates(reasons: &[Reason]) -> Vec<GateSeen> {
    let gates = reasons.iter().filter(|reason| reason.is_gate());
    let seen = gates.map(|reason| GateSeen {
        code: reason.code,
        since: reason.about.since(),
        until: reason.about.until(),
    });
    seen.collect()
}

/// Each code once, in the reasons' order.
fn codes(reasons: &[Reason]) -> Vec<ReasonCode> {
    let mut codes = Vec::new();
    for code in reasons.iter().map(|reason| reason.code) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn cut(line: &str) -> String {
    let mut kept: String = line.chars().take(LINE_CHARS_MAX).collect();
    if kept.len() < line.len() {
        kept.push_str("...");
    }
    kept
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
