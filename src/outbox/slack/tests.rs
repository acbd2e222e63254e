//! Slack's limits hold for any notice, and no word of a notice is obeyed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::render;
use crate::model::notice::{Event, Notice};

fn notice(subject: &str, body: &str, key: &str) -> Notice {
    Notice {
        key: key.to_owned(),
        event: Event::Failed,
        at: DateTime::<Utc>::UNIX_EPOCH,
        watch: "shop".to_owned(),
        subject: subject.to_owned(),
        body: body.to_owned(),
        facts: BTreeMap::new(),
    }
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Every text of a message, with what it is.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| texts(one, found)),
        Value::Object(object) => {
            if let (Some(kind), Some(text)) = (object.get("type"), object.get("text"))
                && let (Some(kind), Some(text)) = (kind.as_str(), text.as_str())
            {
                found.push((kind.to_owned(), text.to_owned()));
            }
            object.values().for_each(|one| texts(one, found));
        }
        _ => {}
    }
}

/// What Slack documents, and what it does not (all blocks together).
fn assert_fits(message: &Value) {
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    let all = length(&message["blocks"].to_string());
    assert!(all <= 12_000, "{all} in all");
    for block in blocks {
        let text = block["text"]["text"].as_str().map(length);
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&text.unwrap())),
            "section" => match block["fields"].as_array() {
                Some(fields) => {
                    assert!((1..=10).contains(&fields.len()));
                    for field in fields {
                        assert!(length(field["text"].as_str().unwrap()) <= 2000);
                    }
                }
                None => assert!((1..=3000).contains(&text.unwrap())),
            },
            "context" => assert!(block["elements"].as_array().unwrap().len() <= 10),
            other => panic!("a block of type {other}"),
        }
    }
    let text = message["text"].as_str().unwrap();
    assert!((1..=4000).contains(&length(text)));
}

/// Nothing that Slack obeys, but the marks that are ours.
fn assert_harmless(message: &Value) {
    let mut found = Vec::new();
    texts(message, &mut found);
    assert!(found.len() > 1);
    for (kind, text) in found {
        assert!(!text.contains(['<', '>']), "{text}");
        if kind == "mrkdwn" {
            assert_eq!(
                text.matches('`').count() % 2,
                0,
                "an open code span: {text}"
            );
            let bare = text
                .replace("&amp;", "")
                .replace("&lt;", "")
                .replace("&gt;", "");
            assert!(!bare.contains('&'), "{text}");
        }
    }
    let whole = message.to_string();
    let marked = whole.matches("\"type\":\"mrkdwn\"").count();
    assert_eq!(whole.matches("\"verbatim\":true").count(), marked);
    let text = message["text"].as_str().unwrap();
    assert!(!text.contains(['<', '>', '`']), "{text}");
}

#[test]
fn words_that_slack_would_obey_are_shown() {
    let words =
        "<!channel> <!here> <@U1> <https://evil.example|log in> ```code``` `x` a&b @channel";
    let body = format!(
        "Attempt 1 failed: {words}\n\nwatch  {words}\n\nThe end:\n    {words}\n    ```\n    <!everyone>\n\n\
         What you can do:\n  amiwatch bake {words}  {words}\n"
    );
    let message = render(&notice(&format!("[amiwatch] {words}"), &body, words), true);
    assert_fits(&message);
    assert_harmless(&message);
    let whole = message.to_string();
    assert!(
        whole.contains("&lt;!channel&gt;") && whole.contains("a&amp;b"),
        "{whole}"
    );
}

#[test]
fn a_long_notice_is_shortened_and_says_so_and_keeps_what_to_do() {
    let list: String = (0..200)
        .map(|n| format!("- shop/{n}: {}\n", "x".repeat(120)))
        .collect();
    let body =
        format!("Environments:\n{list}\nWhat you can do:\n  amiwatch plan  what a run would do\n");
    let message = render(&notice("[amiwatch] shop: drift", &body, "k"), false);
    assert_fits(&message);
    let whole = message["blocks"].to_string();
    assert!(
        whole.contains("Shortened") && whole.contains("amiwatch plan"),
        "{whole}"
    );
    let short = render(&notice("[amiwatch] shop: drift", "One line.\n", "k"), false);
    assert!(!short.to_string().contains("Shortened"));
}

#[test]
fn a_console_keeps_its_end() {
    let console: String = (0..400).map(|n| format!("    line {n}\n")).collect();
    let message = render(&notice("[amiwatch] x", &console, "k"), false);
    assert_fits(&message);
    let whole = message["blocks"].to_string();
    assert!(
        whole.contains("line 399\\n```") && !whole.contains("line 10\\n"),
        "{whole}"
    );
}

/// Lines as notices have them, and lines that nobody would write.
fn any_line() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        any::<String>(),
        "[a-z&<>`*_~ -]{0,40}",
        "[\u{1f600}-\u{1f640}\"\\\\]{0,300}",
        "[<>&`]{0,700}",
    ];
    let starts = prop_oneof![
        Just(""),
        Just("- "),
        Just("    "),
        Just("  "),
        Just("watch         "),
        Just("\n"),
        Just("What you can do:\n  "),
    ];
    (starts, words).prop_map(|(start, words)| format!("{start}{words}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_notice_fits_and_is_harmless(
        subject in any::<String>(),
        lines in proptest::collection::vec(any_line(), 0..120),
        key in any::<String>(),
        again in any::<bool>(),
    ) {
        let message = render(&notice(&subject, &lines.join("\n"), &key), again);
        assert_fits(&message);
        assert_harmless(&message);
    }
}
