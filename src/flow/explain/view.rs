//! What is explained: a verdict and a plan, from a look just now or as a pass left them in memory.

use chrono::{DateTime, Utc};

use crate::flow::outcome::WatchStanding;
use crate::model::chronicle::{ReleasePoint, SeenEntry, TargetSeen};
use crate::model::drift::TargetDrift;
use crate::model::history::WatchHistory;
use crate::model::ids::{ImageId, TargetId};
use crate::model::plan::{Action, PlanItem};
use crate::model::platform_choice::MoveTo;
use crate::model::reason::{Reason, ReasonCode};

/// One sight of a watch.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub at: DateTime<Utc>,
    pub release: Option<ReleasePoint>,
    /// When the release's image was made; a memory does not know.
    pub release_created: Option<DateTime<Utc>>,
    /// The watch's verified image.
    pub current: Option<ImageId>,
    /// The watch's own.
    pub reasons: Vec<SaidCode>,
    pub targets: Vec<TargetView>,
    /// Environments that are left out.
    pub targets_omitted: usize,
    pub action: Action,
    pub because: Vec<String>,
    /// Remarks beside the verdict; a memory does not keep them.
    pub notes: Vec<String>,
    /// The watch got another image after this was seen: what was concluded is out of date.
    pub overtaken: bool,
}

/// One environment.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetView {
    /// `application/environment`
    pub name: String,
    /// Absent in a memory, which keeps the name alone.
    pub target: Option<TargetId>,
    pub image: Option<ImageId>,
    /// What the image is and comes from, in words; a memory does not know.
    pub about: Option<String>,
    /// What it is to be moved to; a memory does not know.
    pub move_to: Option<MoveTo>,
    /// In another account than the watch, and moved by others.
    pub elsewhere: bool,
    pub reasons: Vec<SaidCode>,
}

/// A code, with its sentence where that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidCode {
    pub code: ReasonCode,
    pub sentence: Option<String>,
}

impl SaidCode {
    fn of(reasons: &[Reason]) -> Vec<Self> {
        let said = reasons.iter().map(|reason| Self {
            code: reason.code,
            sentence: Some(reason.message.clone()),
        });
        said.collect()
    }

    fn bare(codes: &[ReasonCode]) -> Vec<Self> {
        let said = codes.iter().map(|code| Self {
            code: *code,
            sentence: None,
        });
        said.collect()
    }

    /// Of a memory: the codes, and since and until when a gate stood where that was known.
    fn remembered(target: &TargetSeen) -> Vec<Self> {
        let mut said = Self::bare(&target.codes);
        for one in &mut said {
            let mut gates = target.gates.iter();
            one.sentence = gates
                .find(|gate| gate.code == one.code)
                .and_then(|gate| times(gate.since, gate.until));
        }
        said
    }

    /// `BASE_NEWER: sentence`
    pub(super) fn line(&self) -> String {
        match &self.sentence {
            Some(sentence) => format!("{}: {sentence}", self.code),
            None => self.code.to_string(),
        }
    }
}

/// `since 2026-11-02 08:00 UTC, until 2026-11-09 08:00 UTC`
fn times(since: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Option<String> {
    let said =
        |word: &str, at: DateTime<Utc>| format!("{word} {}", at.format("%Y-%m-%d %H:%M UTC"));
    let since = since.map(|at| said("since", at));
    let until = until.map(|at| said("until", at));
    let times: Vec<String> = since.into_iter().chain(until).collect();
    (!times.is_empty()).then(|| times.join(", "))
}

impl View {
    /// What the verdict amounts to.
    pub(super) fn standing(&self) -> WatchStanding {
        let codes = |said: &[SaidCode]| said.iter().map(|one| one.code).collect::<Vec<_>>();
        let targets: Vec<_> = self.targets.iter().map(|one| codes(&one.reasons)).collect();
        let targets: Vec<&[ReasonCode]> = targets.iter().map(Vec::as_slice).collect();
        WatchStanding::from_codes(&codes(&self.reasons), &targets)
    }

    /// What a look just saw.
    pub fn live(item: &PlanItem, at: DateTime<Utc>) -> Self {
        let drift = &item.drift;
        Self {
            at,
            release: drift.release.as_ref().map(ReleasePoint::of_release),
            release_created: drift.release.as_ref().and_then(|release| release.created),
            current: drift.current.clone(),
            reasons: SaidCode::of(&drift.reasons),
            targets: drift.targets.iter().map(target).collect(),
            targets_omitted: 0,
            action: item.action.clone(),
            because: item.because.clone(),
            notes: drift
                .notes
                .iter()
                .map(|note| note.message.clone())
                .collect(),
            overtaken: false,
        }
    }

    /// What a pass saw, and the passes since saw no more. The image is the one that the store has now:
    /// a bake that the pass began has ended since, or a person has adopted one.
    pub fn stored(seen: &SeenEntry, at: DateTime<Utc>, history: Option<&WatchHistory>) -> Self {
        let baked = history.and_then(|history| history.current.as_ref());
        let newer = baked.filter(|baked| baked.adopted_at.unwrap_or(baked.baked_at) > at);
        let targets = seen.targets.iter().map(|(name, target)| TargetView {
            name: name.clone(),
            target: None,
            image: target.image.clone(),
            about: None,
            move_to: None,
            elsewhere: target.elsewhere,
            reasons: SaidCode::remembered(target),
        });
        Self {
            at,
            release: seen.release.clone(),
            release_created: None,
            current: newer
                .map(|baked| baked.image.clone())
                .or_else(|| seen.current.clone()),
            reasons: SaidCode::bare(&seen.codes),
            targets: targets.collect(),
            targets_omitted: seen.targets_omitted,
            action: seen.action.clone(),
            because: seen.because.clone(),
            notes: Vec::new(),
            overtaken: newer.is_some(),
        }
    }
}

fn target(drift: &TargetDrift) -> TargetView {
    let kind = drift.kind.as_str();
    let about = match (&drift.base_image, &drift.image) {
        (Some(base), Some(image)) if base != image => format!("{kind}, made from {base}"),
        _ => kind.to_owned(),
    };
    TargetView {
        name: drift.name(),
        elsewhere: drift.moved_by_others,
        target: Some(drift.target.clone()),
        image: drift.image.clone(),
        about: Some(about),
        move_to: drift.move_to.clone(),
        reasons: SaidCode::of(&drift.reasons),
    }
}
