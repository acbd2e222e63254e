//! A notice in the form that Amazon Q Developer in chat applications shows; whatever else is on its topic
//! it drops without a word. Plain functions, within its limits.

use serde_json::{Value, json};

use crate::model::bake::digest;
use crate::model::notice::{Notice, PastedCommand};
use crate::model::plain_text::misleads;
use crate::outbox::render::{
    MessagePart, SpokenNotice, cut_line, event_icon, notice_parts, notice_text, notice_title,
};

/// Amazon Q's own bounds.
const TITLE_MAX: usize = 250;
const DESCRIPTION_MAX: usize = 8_000;
const STEP_MAX: usize = 350;
const STEPS_MAX: usize = 5;
const KEYWORD_MAX: usize = 75;

/// The message. One story is one thread.
pub fn amazon_q_message<'n>(notice: impl Into<SpokenNotice<'n>>) -> Value {
    let notice = notice.into();
    let title = harmless(&format!("{} {}", event_icon(&notice), notice_title(notice)));
    let parts = notice_parts(notice);
    let told = parts
        .iter()
        .filter(|part| !matches!(part, MessagePart::Commands(_)));
    let told: Vec<MessagePart> = told.cloned().collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "id": digest(&[&notice.key]),
        "content": {
            "textType": "client-markdown",
            "title": cut_line(&title, TITLE_MAX),
            "description": description(&told, &notice_title(notice)),
            "nextSteps": next_steps(&notice.commands),
            "keywords": keywords(&notice),
        },
        "metadata": {
            "threadId": digest(&[&notice.story]),
            "summary": cut_line(&title, TITLE_MAX),
            "eventType": notice.event().as_str(),
            "additionalContext": { "key": notice.key, "severity": notice.severity().as_str() },
        },
    })
}

/// Never empty: without one, all is dropped.
fn description(told: &[MessagePart], title: &str) -> String {
    let text = notice_text(told);
    let text = match text.trim() {
        "" => title,
        text => text,
    };
    let lines: Vec<String> = text.lines().map(harmless).collect();
    let text = lines.join("\n");
    match text.chars().count() <= DESCRIPTION_MAX {
        true => text,
        false => {
            let kept: String = text.chars().take(DESCRIPTION_MAX - 20).collect();
            format!("{kept}\n(shortened)")
        }
    }
}

/// Commands that are whole, or not there.
fn next_steps(commands: &[PastedCommand]) -> Vec<String> {
    let steps = commands.iter().filter(|one| !one.command.contains('`'));
    let steps = steps.filter(|one| !one.command.chars().any(misleads));
    let steps = steps.map(|PastedCommand { command, purpose }| format!("`{command}` {purpose}"));
    let fits = steps.filter(|step| step.chars().count() <= STEP_MAX);
    fits.take(STEPS_MAX).collect()
}

fn keywords(notice: &Notice) -> Vec<String> {
    let words = ["amiwatch", notice.event().as_str(), notice.watch_or_dash()];
    let words = words.into_iter().filter(|word| *word != "-");
    words
        .map(|word| cut_line(&harmless(word), KEYWORD_MAX))
        .collect()
}

/// Words from outside are shown and not obeyed: nothing mentions anybody or hides a link.
fn harmless(text: &str) -> String {
    let text = text.replace("->", "\u{2192}");
    let text = text.replace('<', "\u{2039}").replace('>', "\u{203a}");
    text.replace('`', "'")
        .replace(misleads, "\u{fffd}")
        .replace("](", "] (")
}
