//! A notice's text taken apart again: paragraphs, facts, the end of a console, commands.
//!
//! The text is plain and is read by its layout alone, so that any notice can be shown. A line that is
//! taken for another kind than it is looks odd and loses nothing.

/// A run of lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Sentences, headings and lists.
    Lines(Vec<String>),
    /// `watch         shop`
    Facts(Vec<(String, String)>),
    /// Lines that stand behind four blanks: a console's.
    Console(Vec<String>),
    /// What the reader can do: a command and what it is for.
    Commands(Vec<(String, String)>),
}

/// What stands before a console's lines.
const CONSOLE: &str = "    ";
/// What begins the commands.
const COMMANDS: &str = "What you can do:";

/// Reads a text. A blank line ends a run.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let (mut commands, mut fresh) = (false, true);
    for line in text.lines() {
        let inside = matches!(parts.last(), Some(Part::Console(_))) && line.starts_with(CONSOLE);
        if line.trim().is_empty() && !inside {
            (commands, fresh) = (false, true);
        } else if line == COMMANDS {
            commands = true;
        } else {
            add(&mut parts, one(line, commands), fresh);
            fresh = false;
        }
    }
    parts
}

fn one(line: &str, commands: bool) -> Part {
    if commands && let Some((command, purpose)) = line.trim().split_once("  ") {
        let purpose = purpose.trim().to_owned();
        return Part::Commands(vec![(command.to_owned(), purpose)]);
    }
    if let Some(console) = line.strip_prefix(CONSOLE) {
        return Part::Console(vec![console.to_owned()]);
    }
    match fact(line) {
        Some(fact) => Part::Facts(vec![fact]),
        None => Part::Lines(vec![line.to_owned()]),
    }
}

fn fact(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once("  ")?;
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    word.then(|| (name.to_owned(), value.trim().to_owned()))
}

/// Puts a line to the part before it when both are of one kind and nothing stands between them.
fn add(parts: &mut Vec<Part>, part: Part, fresh: bool) {
    let last = parts.last_mut().filter(|_| !fresh);
    match (last, part) {
        (Some(Part::Lines(all)), Part::Lines(one)) => all.extend(one),
        (Some(Part::Facts(all)), Part::Facts(one)) => all.extend(one),
        (Some(Part::Console(all)), Part::Console(one)) => all.extend(one),
        (Some(Part::Commands(all)), Part::Commands(one)) => all.extend(one),
        (_, part) => parts.push(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_by_its_layout() {
        let text = "It failed: why\n\nwatch         shop\nkey           abc-0\n\n\
                    The end of the guest's console:\n    What you can do:\n    \n    - x\n\n\
                    What you can do:\n  amiwatch status     every watch\n";
        let text_of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let wanted = [
            Part::Lines(text_of(&["It failed: why"])),
            Part::Facts(vec![pair("watch", "shop"), pair("key", "abc-0")]),
            Part::Lines(text_of(&["The end of the guest's console:"])),
            Part::Console(text_of(&["What you can do:", "", "- x"])),
            Part::Commands(vec![pair("amiwatch status", "every watch")]),
        ];
        assert_eq!(parts(text), wanted);
    }
}
