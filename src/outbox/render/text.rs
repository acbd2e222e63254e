//! Parts of a message as plain text. It may end up in a terminal, a mail or a chat.

use super::parts::MessagePart;
use crate::model::notice::PastedCommand;
use crate::model::plain_text::clean;

/// SNS takes fewer than 100 characters, on one line.
pub const SUBJECT_CHARS_MAX: usize = 99;
/// Where the values of a message's fields begin.
const FIELD_WIDTH: usize = 14;
/// A longer command has its purpose on the next line.
const COMMAND_WIDTH_MAX: usize = 70;

/// One line of at most 99 ASCII characters.
pub(super) fn subject_line(text: &str) -> String {
    let ascii = text.chars().map(|letter| match letter {
        letter if letter.is_ascii_control() => ' ',
        letter if letter.is_ascii() => letter,
        _ => '?',
    });
    cut_line(&ascii.collect::<String>(), SUBJECT_CHARS_MAX)
}

/// A line of at most so many characters: cut between two words, and before a quotation rather than in the
/// middle of one.
pub(in crate::outbox) fn cut_line(line: &str, max: usize) -> String {
    const MARK: &str = "...";
    if line.chars().count() <= max {
        return line.to_owned();
    }
    let room = max.saturating_sub(MARK.len());
    let end = line
        .char_indices()
        .nth(room)
        .map_or(line.len(), |(at, _)| at);
    let mut kept = &line[..end];
    for quote in ['"', '`'] {
        if kept.matches(quote).count() % 2 == 1 {
            let before = kept.rsplit_once(quote).map_or(kept, |(before, _)| before);
            // What is nearly all quotation says more cut than left out.
            kept = if before.len() < end / 3 { kept } else { before };
        }
    }
    let blank = |at: usize| kept[at..].starts_with(' ');
    // A line of one long word is cut in it.
    let between = (kept.len() / 2..kept.len())
        .rev()
        .find(|at| kept.is_char_boundary(*at) && blank(*at));
    let whole_words = kept.len() < end || line[end..].starts_with(' ');
    let kept = match between {
        Some(at) if !whole_words => &kept[..at],
        _ => kept,
    };
    format!("{}{MARK}", kept.trim_end_matches([' ', ':', ',', ';', '(']))
}

/// The parts one below the other, a blank line between two.
pub(in crate::outbox) fn body_text(parts: &[MessagePart]) -> String {
    let parts: Vec<String> = parts.iter().map(part).collect();
    parts.join("\n")
}

fn part(part: &MessagePart) -> String {
    match part {
        MessagePart::Lines(all) => lines(all.iter().cloned()),
        MessagePart::Fields(fields) => lines(
            fields
                .iter()
                .map(|(name, value)| format!("{name:FIELD_WIDTH$}{value}")),
        ),
        MessagePart::List {
            heading,
            items,
            more,
        } => {
            let items = items.iter().map(|item| format!("- {item}"));
            let more = (*more > 0).then(|| format!("- and {more} more"));
            lines([heading.clone()].into_iter().chain(items).chain(more))
        }
        // Indented, so that it cannot pass for a line of ours.
        MessagePart::Console { heading, lines: of } => {
            let of = of.iter().map(|line| format!("    {line}"));
            lines([heading.clone()].into_iter().chain(of))
        }
        MessagePart::Commands(all) => commands(all),
        MessagePart::Links(all) => {
            let all = all
                .iter()
                .map(|one| format!("  {}: {}", one.title, one.url));
            lines(["More:".to_owned()].into_iter().chain(all))
        }
        MessagePart::Whole(text) => text.clone(),
    }
}

/// What a command is for stands beside it, or below a long one.
fn commands(all: &[PastedCommand]) -> String {
    let widths = all.iter().map(|one| one.command.len());
    let width = widths.filter(|width| *width <= COMMAND_WIDTH_MAX).max();
    let width = width.unwrap_or_default();
    let each = all.iter().flat_map(|PastedCommand { command, purpose }| {
        match command.len() <= COMMAND_WIDTH_MAX {
            true => vec![format!("  {command:width$}  {purpose}")],
            false => vec![format!("  {command}"), format!("      {purpose}")],
        }
    });
    lines(["What you can do:".to_owned()].into_iter().chain(each))
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.map(|line| clean(&line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_subject_says_that_it_was_cut() {
        let cut = subject_line(&"x".repeat(200));
        assert_eq!(cut.len(), 99);
        assert!(cut.ends_with("..."));
    }

    #[test]
    fn a_headline_is_cut_between_words_and_never_in_a_quotation() {
        let words = "bake attempt 1 failed: report: checks failed in the builder and nobody knows which one of them it was";
        let cut = subject_line(&format!("[amiwatch] shop: {words}"));
        assert_eq!(
            cut,
            "[amiwatch] shop: bake attempt 1 failed: report: checks failed in the builder and nobody knows..."
        );
        let quoted = format!(
            "[amiwatch] shop: ann holds the watch: \"{}\"",
            "wait for it ".repeat(9)
        );
        assert_eq!(
            subject_line(&quoted),
            "[amiwatch] shop: ann holds the watch..."
        );
        let code = format!("{} `systemctl status ecs`", "x".repeat(80));
        assert_eq!(subject_line(&code), format!("{}...", "x".repeat(80)));
        assert_eq!(cut_line("äöü äöü äöü", 10), "äöü äöü...");
        assert_eq!(cut_line("äöü", 3), "äöü");
    }

    #[test]
    fn a_console_cannot_forge_a_line() {
        let console = MessagePart::Console {
            heading: "Console:".to_owned(),
            lines: vec!["What you can do:".to_owned(), "la\nst".to_owned()],
        };
        let text = body_text(&[console]);
        assert_eq!(text, "Console:\n    What you can do:\n    la\\u{a}st\n");
    }

    #[test]
    fn a_list_says_how_many_it_left_out() {
        let list = |more| MessagePart::List {
            heading: "Environments:".to_owned(),
            items: vec!["shop/blue".to_owned()],
            more,
        };
        assert_eq!(body_text(&[list(0)]), "Environments:\n- shop/blue\n");
        assert_eq!(
            body_text(&[list(3)]),
            "Environments:\n- shop/blue\n- and 3 more\n"
        );
    }

    #[test]
    fn what_a_long_command_is_for_stands_below_it() {
        let long = format!("aws {}", "x".repeat(80));
        let all = [
            PastedCommand::new("amiwatch plan", "what"),
            PastedCommand::new("amiwatch bake shop", "bakes"),
            PastedCommand::new(long.clone(), "moves"),
        ];
        let text = body_text(&[MessagePart::Commands(all.into())]);
        let first = "What you can do:\n  amiwatch plan       what\n  amiwatch bake shop  bakes\n";
        assert_eq!(text, format!("{first}  {long}\n      moves\n"));
    }

    proptest! {
        #[test]
        fn a_subject_fits_sns(text in any::<String>()) {
            let subject = subject_line(&text);
            prop_assert!(subject.len() <= SUBJECT_CHARS_MAX);
            prop_assert!(subject.chars().all(|letter| letter.is_ascii() && !letter.is_control()));
        }
    }
}
