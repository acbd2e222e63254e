//! Slack's limits hold for any notice, and no word of a notice is obeyed.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::blocks;
use crate::model::bake::BakeKey;
use crate::model::chronicle::ReleasePoint;
use crate::model::ids::Architecture;
use crate::model::notice::{BakeTold, FirstOf, Link, NextByItself, Notice, PastedCommand, What};

fn notice(watch: &str, what: What, commands: Vec<PastedCommand>) -> Notice {
    Notice {
        key: watch.to_owned(),
        story: watch.to_owned(),
        at: DateTime::<Utc>::UNIX_EPOCH,
        installation: Some(watch.into()),
        watch: Some(watch.into()),
        scope: None,
        what,
        next: NextByItself::Person,
        commands,
        links: Vec::new(),
    }
}

fn bake(word: &str) -> BakeTold {
    BakeTold {
        key: BakeKey::from_tag(word),
        generation: 0,
        attempt: 1,
        release: ReleasePoint {
            image: word.into(),
            version: word.to_owned(),
        },
        recipe: word.to_owned(),
        architecture: Architecture::X86_64,
    }
}

fn failed(why: &str, console: &str) -> What {
    What::Failed {
        kept: None,
        bake: bake(why),
        why: why.to_owned(),
        console: Some(console.to_owned()),
    }
}

fn left(lines: impl IntoIterator<Item = String>) -> What {
    What::LeftBehind {
        bake: bake("word"),
        step: "clean_up".to_owned(),
        left: FirstOf::all_of(lines),
    }
}

/// One as it was stored before notices were typed.
fn prose(subject: &str, body: &str, key: &str) -> Notice {
    let stored = json!({
        "key": key, "event": "failed", "at": "1970-01-01T00:00:00Z", "watch": "shop",
        "subject": subject, "body": body, "facts": {},
    });
    serde_json::from_value(stored).unwrap()
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
    let console = format!("{words}\n```\n<!everyone>\nWhat you can do:\n  x  y");
    let command = PastedCommand::new(format!("amiwatch bake {words}"), words);
    let message = blocks(&notice(words, failed(words, &console), vec![command]), true);
    assert_fits(&message);
    assert_harmless(&message);
    let whole = message.to_string();
    assert!(
        whole.contains("&lt;!channel&gt;") && whole.contains("a&amp;b"),
        "{whole}"
    );
}

/// A command that is cut, or whose quotes are others, does something else.
#[test]
fn a_command_is_whole_or_not_there() {
    let long = format!("aws x {}", "y".repeat(600));
    let commands = [
        long.clone(),
        format!("aws z {}", "y".repeat(701)),
        "aws `id`".to_owned(),
    ];
    let commands = commands.map(|one| PastedCommand::new(one, "what for"));
    let message = blocks(&notice("shop", failed("why", ""), commands.into()), false);
    assert_fits(&message);
    let said = message.to_string();
    assert!(said.contains(&format!("`{long}`")), "{said}");
    assert!(!said.contains("aws z") && !said.contains("'id'"), "{said}");
    assert!(said.contains("Not every command fits here"), "{said}");

    let many =
        (0..40).map(|n| PastedCommand::new(format!("aws {n} {}", "y".repeat(300)), "what for"));
    let message = blocks(&notice("shop", failed("why", ""), many.collect()), true);
    assert_fits(&message);
    assert!(message.to_string().contains("Not every command fits here"));
}

#[test]
fn a_long_notice_is_shortened_and_says_so_and_keeps_what_to_do() {
    let lines = (0..200).map(|n| format!("shop/{n}: {}", "<".repeat(120)));
    let command = || vec![PastedCommand::new("amiwatch plan", "what a run would do")];
    let message = blocks(&notice("shop", left(lines), command()), false);
    assert_fits(&message);
    let whole = message["blocks"].to_string();
    assert!(
        whole.contains("Shortened") && whole.contains("amiwatch plan"),
        "{whole}"
    );
    let few = left(["shop/1".to_owned()]);
    let short = blocks(&notice("shop", few, command()), false);
    assert!(!short.to_string().contains("Shortened"));
}

#[test]
fn a_list_says_how_many_it_left_out() {
    let lines = (0..43).map(|n| format!("shop/{n}"));
    let message = blocks(&notice("shop", left(lines), Vec::new()), false);
    let whole = message["blocks"].to_string();
    assert!(whole.contains("shop/39\\n\u{2022} and 3 more"), "{whole}");
}

#[test]
fn a_notice_of_an_earlier_version_is_shown_line_by_line() {
    let body = "It failed: why\n\nwatch         shop\n\nWhat you can do:\n  amiwatch status  all\n";
    let message = blocks(&prose("[amiwatch] shop: failed", body, "k"), false);
    assert_fits(&message);
    let whole = message["blocks"].to_string();
    assert!(
        whole.contains("It failed: why\\nwatch         shop\\nWhat you can do:"),
        "{whole}"
    );
    assert_eq!(message["text"], "shop: failed\nIt failed: why");
}

#[test]
fn a_page_is_led_to_where_its_address_is_plain() {
    let link = |url: &str| Link {
        title: "a <page> | of `ours`".to_owned(),
        url: url.to_owned(),
    };
    let mut plain = notice("shop", left(["one".to_owned()]), Vec::new());
    plain.links = vec![link("https://example.com/a?b=1&c=2#d")];
    let said = blocks(&plain, false).to_string();
    let wanted = "<https://example.com/a?b=1&amp;c=2#d|a &lt;page&gt; / of 'ours'>";
    assert!(said.contains(wanted), "{said}");
    let evil = [
        "http://example.com",
        "https://e.com/>x",
        "https://e.com/|x",
        "https://e.com/ x",
    ];
    plain.links = evil.map(link).into();
    let said = blocks(&plain, false);
    assert_harmless(&said);
    assert!(!said.to_string().contains("e.com"), "{said}");
}

#[test]
fn a_console_keeps_its_end() {
    let console: String = (0..400).map(|n| format!("line {n}\n")).collect();
    let message = blocks(&notice("x", failed("why", &console), Vec::new()), false);
    assert_fits(&message);
    let whole = message["blocks"].to_string();
    assert!(
        whole.contains("line 399\\n```") && !whole.contains("line 10\\n"),
        "{whole}"
    );
}

/// Words as notices have them, and words that nobody would write.
fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z&<>`*_~ -]{0,40}",
        "[\u{1f600}-\u{1f640}\"\\\\]{0,300}",
        "[<>&`]{0,700}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_notice_fits_and_is_harmless(
        watch in any_words(),
        lines in proptest::collection::vec(any_words(), 0..120),
        command in any_words(),
        again in any::<bool>(),
    ) {
        let commands = || vec![PastedCommand::new(command.clone(), &command)];
        let all = [
            notice(&watch, failed(&watch, &lines.join("\n")), commands()),
            notice(&watch, left(lines.clone()), commands()),
            prose(&watch, &lines.join("\n"), &command),
        ];
        for one in &all {
            let message = blocks(one, again);
            assert_fits(&message);
            assert_harmless(&message);
        }
    }
}
