//! What is posted: the story's message, and what happened in its thread. Plain functions of a notice.

use serde_json::{Value, json};

use crate::model::bake::digest;
use crate::model::notice::{Notice, StoryThread};
use crate::outbox::receivers::slack::{blocks, headline_blocks, over_blocks};
use crate::outbox::render::SpokenNotice;

/// The metadata's name. Its payload is digests: Slack shows it to every app in the channel.
const EVENT_TYPE: &str = "amiwatch_notice";

/// By what a message is known again.
pub(super) struct Marks {
    pub(super) story: String,
    pub(super) key: String,
}

impl Marks {
    pub(super) fn of_notice(notice: &Notice) -> Self {
        Self {
            story: digest(&["slack story", &notice.story]),
            key: digest(&["slack key", &notice.key]),
        }
    }
}

/// How a story stands, as its first message. `again`: an earlier try may have arrived.
pub fn story_message<'n>(notice: impl Into<SpokenNotice<'n>>, channel: &str, again: bool) -> Value {
    let notice = notice.into();
    let mut message = headline_blocks(notice, again);
    message["channel"] = json!(channel);
    message["metadata"] = metadata("story", &Marks::of_notice(&notice).story);
    message
}

/// How it stands now, over what was said before.
pub(super) fn story_update(notice: SpokenNotice<'_>, thread: &StoryThread) -> Value {
    let mut message = story_message(notice, &thread.channel, false);
    message["ts"] = json!(thread.ts);
    message
}

/// What took the place of a story, over what was said of it before. It stays known by its own mark: by where it is.
pub(super) fn story_over(notice: SpokenNotice<'_>, thread: &StoryThread) -> Value {
    let mut message = over_blocks(notice);
    message["channel"] = json!(thread.channel);
    message["ts"] = json!(thread.ts);
    message
}

/// What happened, whole, in the story's thread.
pub(super) fn reply(notice: SpokenNotice<'_>, again: bool, thread: &StoryThread) -> Value {
    let mut message = blocks(notice, again);
    message["channel"] = json!(thread.channel);
    message["thread_ts"] = json!(thread.ts);
    message["metadata"] = metadata("key", &Marks::of_notice(&notice).key);
    message
}

fn metadata(name: &str, mark: &str) -> Value {
    json!({ "event_type": EVENT_TYPE, "event_payload": { name: mark } })
}

/// Names and values that need no escape: ids, digits and words of ours.
pub(super) fn form(pairs: &[(&str, Option<&str>)]) -> String {
    let pairs = pairs
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
    pairs.collect::<Vec<_>>().join("&")
}
