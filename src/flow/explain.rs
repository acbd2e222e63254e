//! explain: the chain from release to verdict to what happens next, in sentences with facts, whose JSON
//! is contract (`amiwatch.explain/1`). A plain function of values: it judges nothing anew, it tells what
//! compare and plan decided, and what the memory knows beside it.
//!
//! One file per part: [`chain`] tells base, image and environments; [`next`] tells what comes, when, and
//! what a person can do. Without a look at AWS ([`View::stored`]) the last pass's sight is told, and it
//! says so.

mod chain;

mod next;

mod view;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::exit_code::Exit;
use crate::model::bake::BakedImage;
use crate::model::changes::ChangesInFull;
use crate::model::chronicle::ReleasePoint;
use crate::model::history::WatchHistory;
use crate::model::plan::Action;
use crate::model::story::BakeStory;
use crate::model::watch::Watch;

pub use view::View;

/// The JSON's version.
pub const SCHEMA: &str = "amiwatch.explain/1";

/// Everything that an explanation is made from.
#[derive(Debug, Clone)]
pub struct ExplainSubject<'a> {
    pub watch: &'a Watch,
    /// What a look just saw, or a pass saw last; absent when nobody ever looked.
    pub view: Option<View>,
    /// What the store remembers; absent for a watch that it does not know.
    pub history: Option<&'a WatchHistory>,
    /// What changed with the present image, in full.
    pub changes: Option<ChangesInFull>,
    /// What is known of its destinations, a line each; empty where it publishes nowhere.
    pub published: Vec<String>,
    /// A bake of this watch that goes on now.
    pub under_way: Option<&'a BakeStory>,
    pub passes: &'a Passes,
    /// Absent when AWS was asked and answered.
    pub silence: Option<Silence>,
    pub now: DateTime<Utc>,
}

/// Why there is no answer of AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    NotAsked,
    NoAnswer(String),
}

/// When passes are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passes {
    pub cron: String,
    pub timezone: String,
    /// A pass is late by up to this.
    pub jitter_s: u64,
    /// The next tick of the schedule; absent when it has none.
    pub next: Option<DateTime<Utc>>,
}

/// The whole explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub schema: &'static str,
    pub watch: String,
    pub at: DateTime<Utc>,
    /// When what is told was seen: `at` for a look, earlier for a memory, `null` when never.
    pub seen_at: Option<DateTime<Utc>>,
    /// True when AWS was asked just now and answered.
    pub live: bool,
    pub sections: Vec<ChainSection>,
    pub release: Option<ReleasePoint>,
    /// The watch's image as the store remembers it.
    pub current: Option<BakedImage>,
    /// What changed with it, with every package; `null` when nothing did or nothing is known.
    pub changes: Option<ChangesInFull>,
    pub action: Option<Action>,
    pub passes: Passes,
    /// What a person can do.
    pub commands: Vec<Advice>,
}

/// One part of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainSection {
    /// `base`, `image`, `environments`, `published` (of a watch that publishes), `verdict`, `next`
    pub name: &'static str,
    /// Each reads alone.
    pub sentences: Vec<String>,
}

/// A command and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    pub command: String,
    pub does: String,
}

/// Tells the chain.
pub fn explain(subject: &ExplainSubject<'_>) -> Explanation {
    let view = subject.view.as_ref();
    let publishes = !subject.published.is_empty();
    let published = publishes.then(|| ("published", subject.published.clone()));
    let chain = [
        ("base", chain::base_sentences(subject)),
        ("image", chain::image_sentences(subject)),
        ("environments", chain::environment_sentences(subject)),
    ];
    let end = [
        ("verdict", chain::verdict(subject)),
        ("next", next::next_sentences(subject)),
    ];
    let sections = chain.into_iter().chain(published).chain(end);
    Explanation {
        schema: SCHEMA,
        watch: subject.watch.name.to_string(),
        at: subject.now,
        seen_at: view.map(|view| view.at),
        live: subject.silence.is_none() && view.is_some(),
        sections: sections
            .map(|(name, sentences)| ChainSection { name, sentences })
            .collect(),
        release: view.and_then(|view| view.release.clone()),
        current: subject.history.and_then(|history| history.current.clone()),
        changes: subject.changes.clone(),
        action: view.map(|view| view.action.clone()),
        passes: subject.passes.clone(),
        commands: next::next_commands(subject),
    }
}

impl Explanation {
    /// How the command ends: 4 when AWS was asked and did not answer, or left the verdict open.
    pub fn exit(&self, asked: bool) -> Exit {
        let open = !self.live || self.action == Some(Action::CannotTell);
        match asked && open {
            true => Exit::CannotTell,
            false => Exit::Done,
        }
    }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A date and how far off it is: `2026-11-25 08:00 UTC (3 days ago)`.
fn dated(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let off = now - at;
    let text = minute(at);
    match off >= TimeDelta::zero() {
        true => format!("{text} ({} ago)", rough(off)),
        false => format!("{text} (in {})", rough(-off)),
    }
}

/// A span in the unit that people would use.
fn rough(span: TimeDelta) -> String {
    let plural = |count: i64, unit: &str| match count {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    };
    match span.num_seconds() {
        s if s >= 2 * 86_400 => plural(s / 86_400, "day"),
        s if s >= 2 * 3_600 => plural(s / 3_600, "hour"),
        s if s >= 60 => plural(s / 60, "minute"),
        s => plural(s.max(0), "second"),
    }
}

fn span(duration: Duration) -> String {
    rough(TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
}
