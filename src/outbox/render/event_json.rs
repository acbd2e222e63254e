//! A notice as JSON: `amiwatch.notice/1` in the envelope of CloudEvents 1.0, and the fields that a template
//! is given. `docs/notice.schema.json` is its contract.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::layout::notice_parts;
use super::spoken::SpokenNotice;
use super::text::body_text;
use super::{event_icon, facts, first_line, notice_title};
use crate::model::ids::Installation;
use crate::model::notice::Notice;
use crate::template::{TEXT_CHARS_MAX, WORDS_CHARS_MAX};

/// What the data is.
pub const NOTICE_SCHEMA: &str = "amiwatch.notice/1";
/// Where its schema is named; no address, so that nobody waits for one.
const DATA_SCHEMA: &str = "urn:amiwatch:notice:1";

/// The whole event, as webhooks and SNS carry it.
pub fn notice_event(notice: &Notice) -> Value {
    let whose = notice
        .installation
        .as_ref()
        .map_or("-", Installation::as_str);
    let mut event = json!({
        "specversion": "1.0",
        "id": notice.key,
        "source": format!("/amiwatch/{}", plain_segment(whose)),
        "type": format!("amiwatch.{}", notice.event().as_str()),
        "time": notice.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "datacontenttype": "application/json",
        "dataschema": DATA_SCHEMA,
        "data": notice_data(notice),
    });
    if let Some(watch) = &notice.watch {
        event["subject"] = json!(watch.as_str());
    }
    event
}

/// What happened, without the envelope: EventBridge has one of its own.
pub fn notice_data(notice: &Notice) -> Value {
    let scope = notice.scope.as_ref();
    json!({
        "schema": NOTICE_SCHEMA,
        "key": notice.key,
        "story": notice.story,
        "event": notice.event().as_str(),
        "severity": notice.severity().as_str(),
        "ends": notice.ends_story(),
        "at": notice.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "title": notice_title(notice),
        "text": body_text(&notice_parts(notice.into())),
        "installation": notice.installation,
        "watch": notice.watch,
        "account": scope.map(|scope| scope.account.as_str()),
        "region": scope.map(|scope| scope.region.as_str()),
        "details": notice.what,
        "next": notice.next,
        "commands": notice.commands,
        "links": notice.links,
        "facts": facts::notice_facts(notice),
    })
}

/// The fields that a message's template is given.
pub fn notice_fields<'n>(notice: impl Into<SpokenNotice<'n>>, again: bool) -> Value {
    let notice = notice.into();
    let mut fields: Map<String, Value> = match notice_data(&notice) {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    fields.insert("title".to_owned(), json!(notice_title(notice)));
    let text = body_text(&notice_parts(notice));
    fields.insert("text".to_owned(), json!(text));
    fields.insert("ends_others".to_owned(), json!(notice.ends_others()));
    for only_for_programs in ["schema", "details", "next"] {
        fields.remove(only_for_programs);
    }
    for absent in ["installation", "watch", "account", "region"] {
        if fields.get(absent).is_none_or(Value::is_null) {
            fields.insert(absent.to_owned(), json!("-"));
        }
    }
    bound_texts(&mut fields);
    fields.insert("again".to_owned(), json!(again));
    fields.insert("icon".to_owned(), json!(event_icon(&notice)));
    fields.insert(
        "first_line".to_owned(),
        json!(first_chars(&first_line(notice), WORDS_CHARS_MAX)),
    );
    Value::Object(fields)
}

/// What a template's growth is reckoned with holds of what it is given.
fn bound_texts(fields: &mut Map<String, Value>) {
    for (name, value) in fields.iter_mut() {
        let max = match name.as_str() {
            "text" => TEXT_CHARS_MAX,
            _ => WORDS_CHARS_MAX,
        };
        match value {
            Value::String(text) => *text = first_chars(text, max),
            Value::Array(all) => all.retain(|one| one.to_string().len() <= LISTED_BYTES_MAX),
            Value::Object(all) => all.retain(|_, one| one.to_string().len() <= LISTED_BYTES_MAX),
            _ => {}
        }
    }
}

/// Of one command, link or fact; there are a dozen of each.
const LISTED_BYTES_MAX: usize = 2_000;

fn first_chars(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// A part of a path that needs no escape.
fn plain_segment(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    text.chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect()
}
