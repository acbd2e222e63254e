//! A notice as a Slack message: blocks within Slack's limits, in a plain function.
//!
//! Words from outside (an environment's name, a console) are shown and never obeyed: `&`, `<` and `>`
//! are written as Slack wants them, so that nothing mentions a channel or hides a link; a backtick
//! becomes an apostrophe, so that nothing ends a code span; and `verbatim` keeps Slack from making
//! links and mentions of its own.

use serde_json::{Value, json};

use crate::model::notice::{Link, PastedCommand};
use crate::model::plain_text::{clean, misleads};
use crate::outbox::render::{self, MessagePart, SpokenNotice, notice_parts};

/// Slack takes 50; so many are never needed.
const BLOCKS_MAX: usize = 45;
/// Slack takes 3,000 characters in a section; all are counted as UTF-16, the larger way.
const SECTION_MAX: usize = 2_900;
/// Slack takes 150 characters in a header.
const HEADER_MAX: usize = 140;
/// Slack takes about 13,200 characters in all blocks together, which it does not document; counted
/// here as JSON, the largest way.
const ALL_MAX: usize = 11_500;
/// Of one line, before anything is written differently (`&amp;` is five).
const LINE_MAX: usize = 500;
/// Of a fact, of which Slack takes 2,000 characters with its name; and of what a command is for.
const VALUE_MAX: usize = 190;
/// Of a command, which is whole or not there: one that moves an environment has some 350.
const COMMAND_MAX: usize = 700;
/// Said instead of commands that did not fit.
const NOT_HERE: &str = "_Not every command fits here: `amiwatch explain` gives them all._";
/// Of a console: its end, which says why.
const CONSOLE_MAX: usize = 2_500;
/// Slack takes 10 fields in a section.
const FACTS_MAX: usize = 10;
/// Pages that a message leads to.
const LINKS_MAX: usize = 4;
/// Of the plain text beside the blocks: a phone's notice, and all that other chats show.
const TEXT_MAX: usize = 300;
/// Said first where a repeat may be one.
const AGAIN: &str = "Sent again: an earlier try may have arrived. It is the same event.";
/// Said instead of what did not fit.
const SHORTENED: &str = "_Shortened: `amiwatch check` and `amiwatch status` tell the rest._";

/// The message that is posted. `again`: an earlier try may have arrived.
pub fn blocks<'n>(notice: impl Into<SpokenNotice<'n>>, again: bool) -> Value {
    let notice = notice.into();
    let parts = notice_parts(notice);
    let mut last: Vec<Value> = parts.iter().flat_map(commands).collect();
    last.extend(parts.iter().filter_map(links));
    last.push(context(&about(notice)));
    let mut blocks = vec![header(notice)];
    if again {
        blocks.push(context(AGAIN));
    }
    let spent = weight(&last) + weight(&blocks) + weight(&[section(SHORTENED)]);
    let mut room = ALL_MAX.saturating_sub(spent);
    let mut whole = true;
    for block in parts.iter().flat_map(shown) {
        let needed = weight(std::slice::from_ref(&block));
        whole &= needed <= room && blocks.len() + last.len() < BLOCKS_MAX;
        if whole {
            room -= needed;
            blocks.push(block);
        }
    }
    if !whole {
        blocks.push(section(SHORTENED));
    }
    blocks.extend(last);
    json!({
        "text": text(notice, &parts),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// How a story stands, in short: what its thread tells in full.
pub(in crate::outbox) fn headline_blocks(notice: SpokenNotice<'_>, again: bool) -> Value {
    in_short(notice, again, "what happened is in the thread")
}

/// How a story that is over stands: what took its place.
pub(in crate::outbox) fn over_blocks(notice: SpokenNotice<'_>) -> Value {
    in_short(
        notice,
        false,
        "a newer message goes on with this; what happened before is in the thread",
    )
}

fn in_short(notice: SpokenNotice<'_>, again: bool, more: &str) -> Value {
    let parts = notice_parts(notice);
    let mut blocks = vec![header(notice)];
    if again {
        blocks.push(context(AGAIN));
    }
    let first = render::first_line(notice);
    if !first.trim().is_empty() {
        blocks.push(section(&sentence(&first)));
    }
    let at = notice.minute(notice.at);
    let event = notice.event().as_str();
    blocks.push(context(&format!(
        "amiwatch \u{b7} {event} \u{b7} {at} \u{b7} {more}"
    )));
    json!({
        "text": text(notice, &parts),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn header(notice: SpokenNotice<'_>) -> Value {
    let icon = render::event_icon(&notice);
    // Plain text is not parsed; angle brackets are kept out of it all the same.
    let subject = subject(notice);
    let subject = subject.replace("->", "\u{2192}");
    let subject = subject.replace('<', "\u{2039}").replace('>', "\u{203a}");
    let subject = subject.replace(misleads, "\u{fffd}");
    let text = format!("{icon} {}", cut(&subject, HEADER_MAX - 3));
    json!({ "type": "header", "text": { "type": "plain_text", "text": text, "emoji": false } })
}

/// Every message is amiwatch's: the word at its beginning is for inboxes.
fn subject(notice: SpokenNotice<'_>) -> String {
    let subject = render::notice_subject(notice);
    let bare = subject.strip_prefix("[amiwatch] ");
    bare.unwrap_or(&subject).to_owned()
}

fn about(notice: SpokenNotice<'_>) -> String {
    let at = notice.minute(notice.at);
    let (event, key) = (
        notice.event().as_str(),
        literal(&cut(&notice.key, LINE_MAX)),
    );
    format!("amiwatch \u{b7} {event} \u{b7} {at} \u{b7} `{key}`")
}

/// What a part looks like, in blocks that each fit.
fn shown(part: &MessagePart) -> Vec<Value> {
    match part {
        MessagePart::Lines(lines) => sections(lines.iter().map(|line| sentence(line))),
        MessagePart::Fields(all) => all.chunks(FACTS_MAX).map(fields).collect(),
        MessagePart::List {
            heading,
            items,
            more,
        } => {
            let items = items.iter().map(|item| bullet(item));
            let more = (*more > 0).then(|| bullet(&format!("and {more} more")));
            sections([bold(heading)].into_iter().chain(items).chain(more))
        }
        MessagePart::Console { heading, lines } => {
            let code = section(&format!("```\n{}\n```", end_of(lines)));
            let heading = sections([bold(heading)].into_iter());
            heading.into_iter().chain([code]).collect()
        }
        // Plain lines, as they were written; none of them is read.
        MessagePart::Whole(text) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            sections(lines.map(sentence))
        }
        MessagePart::Commands(_) | MessagePart::Links(_) => Vec::new(),
    }
}

/// Pages of ours and of AWS's: made here, of ids alone, so that they may be followed.
fn links(part: &MessagePart) -> Option<Value> {
    let MessagePart::Links(links) = part else {
        return None;
    };
    let whole = |link: &&Link| {
        let plain = |c: char| c.is_ascii_graphic() && !"<>|`\\\"".contains(c);
        link.url.starts_with("https://") && link.url.chars().all(plain)
    };
    let links = links.iter().filter(whole).take(LINKS_MAX);
    let links = links.map(|Link { title, url }| {
        let title = words(title, VALUE_MAX).replace('|', "/");
        format!("<{}|{title}>", url.replace('&', "&amp;"))
    });
    let links: Vec<String> = links.collect();
    (!links.is_empty()).then(|| context(&links.join(" \u{b7} ")))
}

fn commands(part: &MessagePart) -> Vec<Value> {
    let MessagePart::Commands(commands) = part else {
        return Vec::new();
    };
    let mut room = SECTION_MAX - length(NOT_HERE) - 1;
    let mut lines: Vec<String> = Vec::new();
    let mut whole = true;
    for one in commands {
        let line = pasteable(one).filter(|line| length(line) < room);
        whole &= line.is_some() && lines.len() < FACTS_MAX;
        if let Some(line) = line.filter(|_| lines.len() < FACTS_MAX) {
            room -= length(&line) + 1;
            lines.push(line);
        }
    }
    if !whole {
        lines.push(NOT_HERE.to_owned());
    }
    vec![section(&lines.join("\n"))]
}

/// A command as it can be copied from the chat; absent where it would be cut or altered.
fn pasteable(PastedCommand { command, purpose }: &PastedCommand) -> Option<String> {
    let altered = command.contains('`') || command.chars().any(misleads);
    let fits = !altered && length(command) <= COMMAND_MAX;
    fits.then(|| format!("`{}`  {}", literal(command), words(purpose, VALUE_MAX)))
}

fn sentence(line: &str) -> String {
    words(line, LINE_MAX)
}

fn bold(heading: &str) -> String {
    format!("*{}*", words(heading, LINE_MAX))
}

fn bullet(item: &str) -> String {
    format!("\u{2022} {}", words(item, LINE_MAX - 2))
}

/// Words of any origin: cleaned as in any text, cut, shown and not obeyed.
fn words(text: &str, max: usize) -> String {
    literal(&cut(&clean(text), max))
}

fn sections(lines: impl Iterator<Item = String>) -> Vec<Value> {
    let lines: Vec<String> = lines.collect();
    packed(&lines).iter().map(|text| section(text)).collect()
}

/// The last lines that fit.
fn end_of(lines: &[String]) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut room = CONSOLE_MAX;
    for line in lines.iter().rev() {
        let line = words(line, LINE_MAX);
        let Some(left) = room.checked_sub(length(&line) + 1) else {
            break;
        };
        room = left;
        kept.push(line);
    }
    kept.reverse();
    kept.join("\n")
}

/// Lines put together, each text within a section's limit.
fn packed(lines: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in lines {
        match texts.last_mut() {
            Some(text) if length(text) + length(line) < SECTION_MAX => {
                text.push('\n');
                text.push_str(line);
            }
            _ => texts.push(line.clone()),
        }
    }
    texts
}

fn fields(facts: &[(&'static str, String)]) -> Value {
    let field = |(name, value): &(&'static str, String)| {
        let value = words(value.trim(), VALUE_MAX);
        mrkdwn(&format!("*{}*\n{value}", words(name, VALUE_MAX)))
    };
    let fields: Vec<Value> = facts.iter().map(field).collect();
    json!({ "type": "section", "fields": fields })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [mrkdwn(text)] })
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// The plain text beside the blocks.
fn text(notice: SpokenNotice<'_>, parts: &[MessagePart]) -> String {
    let first = parts.iter().find_map(|part| match part {
        MessagePart::Lines(lines) => lines.first().cloned(),
        MessagePart::Whole(text) => text.lines().next().map(str::to_owned),
        _ => None,
    });
    let lines = [Some(subject(notice)), first];
    let lines = lines
        .into_iter()
        .flatten()
        .filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines.map(|line| words(&line, TEXT_MAX)).collect();
    match lines.is_empty() {
        true => "amiwatch".to_owned(),
        false => lines.join("\n"),
    }
}

/// Words of outside, shown and not obeyed.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => literal.push_str("&amp;"),
            '<' => literal.push_str("&lt;"),
            '>' => literal.push_str("&gt;"),
            '`' => literal.push('\''),
            letter if misleads(letter) => literal.push('\u{fffd}'),
            letter => literal.push(letter),
        }
    }
    literal
}

/// At most so much, counted as [`length`] does; dots say that there was more.
fn cut(text: &str, max: usize) -> String {
    if length(text) <= max {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut room = max.saturating_sub(1);
    for letter in text.chars() {
        let Some(left) = room.checked_sub(letter.len_utf16()) else {
            break;
        };
        room = left;
        cut.push(letter);
    }
    cut.push('\u{2026}');
    cut
}

/// As JavaScript counts, which never counts less than characters do.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// How much blocks take as JSON.
fn weight(blocks: &[Value]) -> usize {
    length(&json!(blocks).to_string())
}
