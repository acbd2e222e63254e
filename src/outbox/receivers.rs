//! Who can be told: one file for each kind of receiver. Each sends one notice, once, and says by sort why
//! it could not; trying again, the order, and what is written down are the outbox's.
//!
//! A new kind is a file here that implements [`Receiver`], with its form as a plain function of a notice.

mod command;

mod event_bus;

mod hook;

mod limited;

mod log;

mod mail;

mod pacing;

mod pager;

mod slack;

mod slack_app;

mod sns;

mod teams;

mod webhook;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;

use crate::model::notice::{Notice, NoticeLimits, StoryThread};

pub use command::NoticeCommand;
pub use event_bus::{EventBus, bus_event};
pub use hook::{Hook, KeptSecret};
pub use limited::Limited;
pub use log::LogReceiver;
pub use mail::{MailServer, mail_html, mail_message, mail_text};
pub use pacing::Pacing;
pub use pager::{Pager, PagerEvent, pager_event};
pub use slack::{Slack, blocks};
pub use slack_app::{SlackApp, story_message};
pub use sns::{SnsTopic, amazon_q_message, sns_message};
pub use teams::{Teams, adaptive_card};
pub use webhook::{HookTemplate, Webhook};

/// One who can be told.
pub trait Receiver: Send + Sync {
    /// As `notify test` and the config name it.
    fn kind(&self) -> &'static str;

    /// A person sees every repeat: nothing at the receiver drops them by their key.
    fn shows_repeats(&self) -> bool {
        false
    }

    /// Before when the receiver takes nothing more.
    fn free_at(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// How many it is sent, and when it is not disturbed.
    fn limits(&self) -> NoticeLimits {
        NoticeLimits::default()
    }

    /// It goes on with a story where it began: the outbox remembers for it where that is.
    fn keeps_threads(&self) -> bool {
        false
    }

    /// Sends a notice now, into the thread of its story where that is known.
    fn tell<'a>(&'a self, notice: &'a Notice, again: bool, threads: StoryThreads) -> Telling<'a> {
        Box::pin(async move {
            let ended = self.send(notice, again).await;
            let thread = threads.own;
            Told { ended, thread }
        })
    }

    /// Sends a notice now, whatever waits. `again`: an earlier try may have arrived.
    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a>;
}

/// A receiver as the outbox holds it.
pub type Sender = Arc<dyn Receiver>;

/// A try under way. It ends by sort; nothing is written down about it.
pub type Sending<'a> = LocalBoxFuture<'a, Result<(), NotSent>>;

/// A try that may teach where the story's thread is.
pub type Telling<'a> = LocalBoxFuture<'a, Told>;

/// Where stories are told at a receiver that has threads.
#[derive(Debug, Clone, Default)]
pub struct StoryThreads {
    /// The notice's own; absent where it was not told yet.
    pub own: Option<StoryThread>,
    /// Of those that are over with the notice.
    pub over: Vec<StoryThread>,
}

/// How it ended, and where the thread is by then, whether it ended well or not.
#[derive(Debug)]
pub struct Told {
    pub ended: Result<(), NotSent>,
    pub thread: Option<StoryThread>,
}

/// A notice was not delivered. Display is one line, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotSent {
    pub sort: Sort,
    pub why: String,
}

/// What a failure means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It did not arrive, and may later.
    Later,
    /// The receiver takes no more now; not before this long, where it said so.
    Throttled { after: Option<Duration> },
    /// It may have arrived.
    Unknown,
    /// It will be refused again: a person is needed.
    Refused,
}
