//! The parts that messages are made of, and the words that several of them share.

use crate::model::ids::Installation;
use crate::model::notice::{FirstOf, Link, Notice, PastedCommand};

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::outbox) enum MessagePart {
    /// Sentences.
    Lines(Vec<String>),
    /// `watch         shop`
    Fields(Vec<(&'static str, String)>),
    List {
        heading: String,
        items: Vec<String>,
        /// Left out.
        more: usize,
    },
    /// What a guest printed.
    Console { heading: String, lines: Vec<String> },
    /// What the reader can do.
    Commands(Vec<PastedCommand>),
    /// Pages that show more.
    Links(Vec<Link>),
    /// A text that was written before notices were typed.
    Whole(String),
}

impl MessagePart {
    /// A heading and its lines; absent without lines.
    pub(super) fn list(heading: &str, items: FirstOf<String>) -> Option<Self> {
        (!items.is_empty()).then(|| Self::List {
            heading: heading.to_owned(),
            items: items.first,
            more: items.more,
        })
    }

    /// Sentences.
    pub(super) fn lines<const N: usize>(lines: [String; N]) -> Self {
        Self::Lines(lines.into())
    }
}

/// Whose it is; empty where the config makes nothing.
pub(super) fn notice_installation(notice: &Notice) -> &str {
    notice
        .installation
        .as_ref()
        .map_or("", Installation::as_str)
}

/// Why something failed, for a headline: without the step's word before it, which says little to whoever has not
/// read how a bake goes.
pub(super) fn without_step(why: &str) -> &str {
    let word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    match why.split_once(": ") {
        Some((step, rest)) if word(step) && !rest.is_empty() => rest,
        _ => why,
    }
}
