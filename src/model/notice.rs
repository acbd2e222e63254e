//! Notices: things worth telling, typed, each under a stable key that lets a receiver drop repeats.
//!
//! A notice holds data and no sentence of ours; texts are made of it where it is sent. What was stored
//! before notices were typed is read as [`What::Prose`], which nothing makes.

mod beginnings;

mod counted;

mod drifting;

mod event;

mod limits;

mod links;

mod listed;

mod mail_tls;

mod prose;

mod publishing;

mod retiring;

mod rolling;

mod sns_form;

mod stories;

mod thread;

mod told_by;

mod what;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{Installation, Scope, WatchName};

pub use beginnings::{failed_key, held_key};
pub use counted::{DigestImage, DigestTold, DigestWatch, ReminderTold, StandsCount, WithheldTold};
pub use drifting::{DriftStep, MoveAhead};
pub use event::{NoticeEvent, Severity};
pub use limits::{DailyHours, LIMIT_HOUR, NoticeLimits, NoticeTurn, QuietHours};
pub use links::Link;
pub use listed::FirstOf;
pub use mail_tls::MailTls;
pub use prose::Prose;
pub use publishing::PublishTold;
pub use retiring::{DueTold, RetiredTold, SnapshotsTold};
pub use rolling::{
    ApprovalTold, BlockedTold, HandsTold, PrintedChange, RolledImage, SupersededTold, TargetFrom,
    WaveTold,
};
pub use sns_form::SnsForm;
pub use stories::lasting_drift_story;
pub use thread::StoryThread;
pub use told_by::{NoticeRoute, ToldBy};
pub use what::{
    BakeTold, BlindTold, DriftTold, EnvironmentTold, MoveTold, ReleasedTold, RunTold, What,
    console_end,
};

/// One thing worth telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Notice {
    /// Stable: the same event always has the same key, whoever finds it and however often.
    pub key: String,
    /// What belongs together: a release, its bake and its rollout, until nothing is out of step any more.
    pub story: String,
    pub at: DateTime<Utc>,
    /// Absent where the config makes nothing.
    pub installation: Option<Installation>,
    /// Absent where it is about no single watch.
    pub watch: Option<WatchName>,
    /// Absent where it is about no single account and region.
    pub scope: Option<Scope>,
    pub what: What,
    pub next: NextByItself,
    /// What a person can do, the most useful first.
    pub commands: Vec<PastedCommand>,
    pub links: Vec<Link>,
}

/// What amiwatch does next about it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "then")]
pub enum NextByItself {
    /// Nothing is left to do.
    Nothing,
    /// The next look decides.
    Look,
    /// It is tried again, not before.
    Again { not_before: DateTime<Utc> },
    /// Nothing, until a person does something.
    Person,
}

/// A command that can be pasted, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastedCommand {
    pub command: String,
    pub purpose: String,
}

impl Notice {
    /// What sort of event it tells.
    pub fn event(&self) -> NoticeEvent {
        self.what.event()
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.what.severity()
    }

    /// Whether its receiver asked for it by itself: what its limit kept from it, its digest, and what
    /// it is reminded of.
    pub fn was_asked_for(&self) -> bool {
        matches!(
            self.what,
            What::Withheld(_) | What::Digest(_) | What::Reminder(_)
        )
    }

    /// The watch's name, or `-`.
    pub fn watch_or_dash(&self) -> &str {
        self.watch.as_ref().map_or("-", WatchName::as_str)
    }
}

impl PastedCommand {
    /// A command and what it is for.
    pub fn new(command: impl Into<String>, purpose: &str) -> Self {
        Self {
            command: command.into(),
            purpose: purpose.to_owned(),
        }
    }
}
