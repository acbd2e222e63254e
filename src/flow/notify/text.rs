//! Texts of notices: cleaned, bounded, plain. A message may end up in a terminal, a mail or a chat.

/// SNS takes fewer than 100 characters, on one line.
const SUBJECT_LENGTH_MAX: usize = 99;

/// Lines of a list; a fleet of hundreds would bury the message, and `check` lists them all.
const LIST_LINES_MAX: usize = 40;

/// Characters of a guest's console: the end of a failure fits, and SNS's 256 KiB are far away.
const TAIL_LENGTH_MAX: usize = 4000;

/// Makes control characters visible (`\u{1b}`), so that no terminal obeys them and no line is
/// forged. Tabs become spaces; letters that reorder or hide text are treated as control characters.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => cleaned.push(' '),
            letter if letter.is_control() || misleads(letter) => {
                cleaned.extend(letter.escape_unicode());
            }
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

/// Direction overrides, zero-width letters and line separators.
fn misleads(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// One line of at most 99 ASCII characters.
pub fn subject(text: &str) -> String {
    let ascii = text.chars().map(|letter| match letter {
        letter if letter.is_ascii_control() => ' ',
        letter if letter.is_ascii() => letter,
        _ => '?',
    });
    let line: String = ascii.collect();
    match line.len() > SUBJECT_LENGTH_MAX {
        true => format!("{}...", &line[..SUBJECT_LENGTH_MAX - 3]),
        false => line,
    }
}

/// A message's text, built line by line.
pub(super) struct Body(String);

impl Body {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(&clean(text));
        self.0.push('\n');
    }

    pub(super) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// A heading and its lines; nothing at all without lines.
    pub(super) fn list(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        let lines: Vec<String> = lines.collect();
        if lines.is_empty() {
            return;
        }
        self.gap();
        self.line(heading);
        for line in lines.iter().take(LIST_LINES_MAX) {
            self.line(&format!("- {line}"));
        }
        if let Some(more) = lines
            .len()
            .checked_sub(LIST_LINES_MAX)
            .filter(|more| *more > 0)
        {
            self.line(&format!("- and {more} more"));
        }
    }

    /// The end of a longer text, indented so that it cannot pass for a line of ours.
    pub(super) fn tail(&mut self, heading: &str, text: Option<&str>) {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return;
        };
        let skip = text.chars().count().saturating_sub(TAIL_LENGTH_MAX);
        let end: String = text.chars().skip(skip).collect();
        self.gap();
        self.line(heading);
        for line in end.lines() {
            self.line(&format!("    {line}"));
        }
    }

    /// What the reader can do: a command and what it is for.
    pub(super) fn commands(&mut self, commands: &[(String, &str)]) {
        self.gap();
        self.line("What you can do:");
        let width = commands.iter().map(|(command, _)| command.len()).max();
        for (command, purpose) in commands {
            let width = width.unwrap_or_default();
            self.line(&format!("  {command:width$}  {purpose}"));
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_seen_and_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\td"), "a\\u{1b}[2Jb\\u{d}\\u{a}c d");
        assert_eq!(clean("safe\u{202e}txt"), "safe\\u{202e}txt");
        assert_eq!(clean("Grüße ✓"), "Grüße ✓");
    }

    #[test]
    fn a_long_subject_says_that_it_was_cut() {
        let cut = subject(&"x".repeat(200));
        assert_eq!(cut.len(), 99);
        assert!(cut.ends_with("..."));
    }

    #[test]
    fn a_tail_keeps_the_end_and_cannot_forge_a_line() {
        let mut body = Body::new();
        let text = format!("{}\nWhat you can do:\nlast", "y".repeat(5000));
        body.tail("Console:", Some(&text));
        let body = body.finish();
        assert!(body.ends_with("    What you can do:\n    last\n"));
        assert!(body.len() < 4100);
    }

    proptest! {
        #[test]
        fn a_subject_fits_sns(text in any::<String>()) {
            let subject = subject(&text);
            prop_assert!(subject.len() <= SUBJECT_LENGTH_MAX);
            prop_assert!(subject.chars().all(|letter| letter.is_ascii() && !letter.is_control()));
        }

        #[test]
        fn cleaned_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(|letter| letter.is_control() || misleads(letter)));
        }
    }
}
