//! Makes what a guest printed fit for a person's terminal, a log, a message.

use crate::model::plain_text::misleads;

use super::frame::MARK;

/// The last lines of a console, at most `limit` bytes of them, without terminal escapes and without
/// our own frames. Cut at line ends; a single longer line is cut at its front.
pub fn tail(console: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(console);
    let mut kept: Vec<String> = Vec::new();
    let mut room = limit;
    for line in text.lines().rev() {
        let line = printable(line);
        let line = line.trim_end();
        if line.is_empty() || line.contains(MARK) {
            continue;
        }
        if line.len() >= room {
            if kept.is_empty() {
                kept.push(last_bytes(line, limit).to_owned());
            }
            break;
        }
        room -= line.len() + 1;
        kept.push(line.to_owned());
    }
    kept.reverse();
    kept.join("\n")
}

/// Text without control characters: escape sequences go, line ends and tabs stay, the rest becomes
/// visible (`\x07`).
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => skip_escape(&mut chars),
            '\r' => {}
            '\n' | '\t' => out.push(char),
            _ if misleads(char) => {
                out.extend(char.escape_default());
            }
            _ => out.push(char),
        }
    }
    out
}

/// Skips the rest of an escape sequence: CSI (`ESC [ ... letter`), OSC (`ESC ] ... BEL`), or one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
            chars.next_if(|c| matches!(c, '@'..='~'));
        }
        Some(']') => while chars.next_if(|c| *c != '\u{7}' && *c != '\n').is_some() {},
        Some(c) if !c.is_control() => drop(chars.next()),
        _ => {}
    }
    chars.next_if_eq(&'\u{7}');
}

/// The last `limit` bytes, from a character's start.
fn last_bytes(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}
