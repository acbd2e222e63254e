//! A notice as people and programs read it: subject, text, facts. Plain functions of a typed notice.
//!
//! [`layout`] says of what parts a message consists; the text here and Slack's blocks
//! ([`super::slack`]) are drawn from those parts, and nothing is read back out of a text. Whatever came
//! from outside (names of environments, a guest's console) is cleaned here.

mod bake;

mod base;

mod blind;

mod digest;

mod drift;

mod event_json;

mod facts;

mod layout;

mod parts;

mod publish;

mod retire;

mod rolling;

mod rollout;

mod spoken;

mod text;

mod withheld;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::notice::{Notice, NoticeEvent};
use crate::model::plain_text::clean;

pub use event_json::{NOTICE_SCHEMA, notice_data, notice_event, notice_fields};
pub(super) use layout::notice_parts;
pub(super) use parts::MessagePart;
pub use spoken::SpokenNotice;
pub use text::SUBJECT_CHARS_MAX;
pub(super) use text::{body_text as notice_text, cut_line};

/// A notice in words, as JSON shows it and as SNS and the log send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenNotice {
    pub key: String,
    pub event: NoticeEvent,
    pub at: DateTime<Utc>,
    pub watch: String,
    /// One line, at most 99 ASCII characters without control characters (SNS's subject).
    pub subject: String,
    /// Plain text for people.
    pub body: String,
    /// For programs.
    pub facts: BTreeMap<String, String>,
}

impl WrittenNotice {
    /// The words of a notice.
    pub fn of_notice<'n>(notice: impl Into<SpokenNotice<'n>>) -> Self {
        let notice = notice.into();
        Self {
            key: notice.key.clone(),
            event: notice.event(),
            at: notice.at,
            watch: notice.watch_or_dash().to_owned(),
            subject: notice_subject(notice),
            body: text::body_text(&notice_parts(notice)),
            facts: facts::notice_facts(&notice),
        }
    }
}

/// One line, at most 99 ASCII characters.
pub fn notice_subject<'n>(notice: impl Into<SpokenNotice<'n>>) -> String {
    text::subject_line(&layout::notice_headline(notice.into()))
}

/// The whole headline, however long: every message is amiwatch's, and the word at its beginning is for
/// inboxes.
pub fn notice_title<'n>(notice: impl Into<SpokenNotice<'n>>) -> String {
    let headline = clean(&layout::notice_headline(notice.into()));
    let bare = headline.strip_prefix("[amiwatch] ");
    bare.unwrap_or(&headline).to_owned()
}

/// The first sentence of the message; empty where there is none.
pub fn first_line<'n>(notice: impl Into<SpokenNotice<'n>>) -> String {
    let parts = notice_parts(notice.into());
    let first = parts.iter().find_map(|part| match part {
        MessagePart::Lines(lines) => lines.first().cloned(),
        MessagePart::Whole(text) => text.lines().next().map(str::to_owned),
        _ => None,
    });
    clean(&first.unwrap_or_default())
}

/// What stands before a headline where colours help.
pub fn event_icon(notice: &Notice) -> &'static str {
    match notice.event() {
        NoticeEvent::Drift
        | NoticeEvent::ApprovalNeeded
        | NoticeEvent::Lifecycle
        | NoticeEvent::Reminder
        | NoticeEvent::Withheld => "\u{1f7e1}",
        NoticeEvent::Baked
        | NoticeEvent::RolledOut
        | NoticeEvent::Published
        | NoticeEvent::Resolved => "\u{1f7e2}",
        NoticeEvent::Failed
        | NoticeEvent::Held
        | NoticeEvent::RolledBack
        | NoticeEvent::Attention
        | NoticeEvent::Blind => "\u{1f534}",
        NoticeEvent::Redundant
        | NoticeEvent::Released
        | NoticeEvent::Retired
        | NoticeEvent::Digest
        | NoticeEvent::Test => "\u{1f535}",
    }
}
