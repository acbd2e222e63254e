//! A notice as an Adaptive Card, in a plain function. Everything stands in text runs, in which Teams obeys
//! nothing: no word of outside makes a link, a mention or a list.

use serde_json::{Value, json};

use crate::model::notice::{PastedCommand, Severity};
use crate::model::plain_text::{clean, misleads};
use crate::outbox::render::{
    MessagePart, SpokenNotice, cut_line, event_icon, notice_parts, notice_title,
};

/// Teams takes 28 KB in a message; counted as JSON, with room for the rest.
const BYTES_MAX: usize = 20_000;
const TITLE_MAX: usize = 200;
const LINE_MAX: usize = 1_000;
const CONSOLE_LINES_MAX: usize = 25;
const COMMANDS_MAX: usize = 6;
const LINKS_MAX: usize = 4;
const AGAIN: &str = "Sent again: an earlier try may have arrived. It is the same event.";
const SHORTENED: &str = "Shortened: `amiwatch check` and `amiwatch status` tell the rest.";

/// What is posted to the workflow. `again`: an earlier try may have arrived.
pub fn adaptive_card<'n>(notice: impl Into<SpokenNotice<'n>>, again: bool) -> Value {
    let notice = notice.into();
    let mut body = vec![title(notice)];
    body.extend(again.then(|| text(AGAIN, json!({ "isSubtle": true }))));
    let mut room = BYTES_MAX;
    let parts = notice_parts(notice);
    for block in parts.iter().flat_map(part) {
        let needed = block.to_string().len();
        if needed > room {
            body.push(text(SHORTENED, json!({ "isSubtle": true })));
            break;
        }
        room -= needed;
        body.push(block);
    }
    body.push(about(notice));
    let links = notice.links.iter().take(LINKS_MAX);
    let links = links.filter(|link| link.url.starts_with("https://"));
    let actions: Vec<Value> = links
        .map(|link| json!({ "type": "Action.OpenUrl", "title": link.title, "url": link.url }))
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn title(notice: SpokenNotice<'_>) -> Value {
    let title = format!("{} {}", event_icon(&notice), notice_title(notice));
    let title = cut_line(&title.replace(misleads, "\u{fffd}"), TITLE_MAX);
    let color = match notice.severity() {
        Severity::Info => "default",
        Severity::Warning => "warning",
        Severity::Critical => "attention",
    };
    text(
        &title,
        json!({ "weight": "bolder", "size": "medium", "color": color }),
    )
}

fn about(notice: SpokenNotice<'_>) -> Value {
    let at = notice.minute(notice.at);
    let line = format!(
        "amiwatch \u{b7} {} \u{b7} {at} \u{b7} {}",
        notice.event().as_str(),
        clean(&notice.key)
    );
    text(&line, json!({ "isSubtle": true, "size": "small" }))
}

fn part(part: &MessagePart) -> Vec<Value> {
    let plain = |line: &str| text(&cut_line(&clean(line), LINE_MAX), json!({}));
    match part {
        MessagePart::Lines(lines) => lines.iter().map(|line| plain(line)).collect(),
        MessagePart::Fields(fields) => fields.iter().map(field).collect(),
        MessagePart::List {
            heading,
            items,
            more,
        } => {
            let items = items.iter().map(|item| plain(&format!("\u{2022} {item}")));
            let more = (*more > 0).then(|| plain(&format!("\u{2022} and {more} more")));
            let heading = text(&clean(heading), json!({ "weight": "bolder" }));
            [heading].into_iter().chain(items).chain(more).collect()
        }
        MessagePart::Console { heading, lines } => {
            let skip = lines.len().saturating_sub(CONSOLE_LINES_MAX);
            let code = lines.iter().skip(skip).map(|line| {
                let line = cut_line(&clean(line), LINE_MAX);
                text(&line, json!({ "fontType": "monospace", "size": "small" }))
            });
            let heading = text(&clean(heading), json!({ "weight": "bolder" }));
            [heading].into_iter().chain(code).collect()
        }
        MessagePart::Commands(all) => commands(all),
        // They are the card's buttons.
        MessagePart::Links(_) => Vec::new(),
        MessagePart::Whole(text) => text
            .lines()
            .filter(|l| !l.trim().is_empty())
            .map(plain)
            .collect(),
    }
}

fn field((name, value): &(&'static str, String)) -> Value {
    let name = json!({ "type": "TextRun", "text": format!("{name}: "), "isSubtle": true });
    let value = json!({ "type": "TextRun", "text": cut_line(&clean(value), LINE_MAX) });
    json!({ "type": "RichTextBlock", "spacing": "none", "inlines": [name, value] })
}

/// Commands as they can be copied, each whole or not there.
fn commands(all: &[PastedCommand]) -> Vec<Value> {
    let whole = all.iter().filter(|one| !one.command.chars().any(misleads));
    let lines = whole.take(COMMANDS_MAX).map(|PastedCommand { command, purpose }| {
        let command = json!({ "type": "TextRun", "text": command, "fontType": "monospace" });
        let purpose = json!({ "type": "TextRun", "text": format!("  {}", clean(purpose)), "isSubtle": true });
        json!({ "type": "RichTextBlock", "spacing": "small", "inlines": [command, purpose] })
    });
    let heading = text("What you can do:", json!({ "weight": "bolder" }));
    [heading].into_iter().chain(lines).collect()
}

/// One line; what it looks like is added to its run.
fn text(line: &str, looks: Value) -> Value {
    let mut run = json!({ "type": "TextRun", "text": line });
    if let (Some(run), Value::Object(looks)) = (run.as_object_mut(), looks) {
        run.extend(looks);
    }
    json!({ "type": "RichTextBlock", "inlines": [run] })
}
