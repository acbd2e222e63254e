//! What is wrong with a config, and how a person sees it. Draws nothing but plain text and decides
//! nothing: the rules are elsewhere. A fault's first line is contract, since editors and CI jump by
//! it: `path:line:column: what is wrong; what would be right`.

use std::fmt;
use std::path::PathBuf;

use crate::model::plain_text::misleads;

use super::hidden_text;

/// What is wrong and what would be right, before anyone knows where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub wrong: String,
    pub right: String,
}

impl Problem {
    pub(super) fn new(wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            right: right.into(),
        }
    }
}

/// One problem at its place. Ordered by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub problem: Problem,
    /// Absent where there is no line to show: an unreadable file.
    pub(super) excerpt: Option<Excerpt>,
}

/// The offending line and which part of it to underline, cut around the place: there may be many
/// faults on one long line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Excerpt {
    Shown {
        text: String,
        /// How many characters stand before the underlined ones.
        indent: usize,
        /// How many characters to underline, at least 1.
        width: usize,
    },
    /// It may hold a secret.
    Withheld,
}

/// An excerpt shows at most this many characters of a line; a minified config is not a screenful.
const EXCERPT_CHARS: usize = 100;

/// Where the caret stands in an excerpt that had to be cut at its start.
const CARET_AT: usize = 40;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            problem,
            ..
        } = self;
        let path = visible_value(&self.path.display().to_string());
        let (wrong, right) = (visible_value(&problem.wrong), visible_value(&problem.right));
        write!(f, "{path}:{line}:{column}: {wrong}; {right}")?;
        match &self.excerpt {
            Some(excerpt) => excerpt.draw(f, *line),
            None => Ok(()),
        }
    }
}

impl Excerpt {
    /// Of a line without its end: `column` from 1, both in characters. Secrets go before it is cut.
    pub(super) fn around(line: &str, column: usize, width: usize) -> Self {
        if hidden_text::holds_a_password(line) {
            return Self::Withheld;
        }
        let before = column - 1;
        let skipped = if before < EXCERPT_CHARS {
            0
        } else {
            before - CARET_AT
        };
        let hidden = hidden_text::hidden(line);
        let text: String = hidden.chars().skip(skipped).take(EXCERPT_CHARS).collect();
        let indent = before - skipped;
        let room = text.chars().count().saturating_sub(indent).max(1);
        Self::Shown {
            width: width.clamp(1, room),
            indent,
            text,
        }
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, line: usize) -> fmt::Result {
        match self {
            Self::Shown {
                text,
                indent,
                width,
            } => {
                write!(f, "\n{line:>5} | {}", visible_value(text))?;
                write!(f, "\n      | {:indent$}{}", "", "^".repeat(*width))
            }
            Self::Withheld => write!(f, "\n{line:>5} | (not shown: it may hold a secret)"),
        }
    }
}

/// Everything that is wrong with a config, by place. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts by place. `None` when there is nothing wrong.
    pub(super) fn sorted_faults(mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults.dedup();
        (!faults.is_empty()).then_some(Self(faults))
    }

    pub(super) fn one(fault: Fault) -> Self {
        Self(vec![fault])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many; at least 1.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, fault) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The text with everything that could move a cursor or reorder a line made visible, one character
/// for one, so that carets still stand where they should.
pub(super) fn visible_value(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{7f}' => '\u{2421}',
        // U+2400 and on are the pictures of the C0 controls, in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        hidden if misleads(hidden) => '\u{fffd}',
        other => other,
    }
}

/// A value of the user's as it may stand in a message: without what may be secret, visible, and cut.
pub(super) fn quoted_value(value: &str) -> String {
    const CHARS: usize = 60;
    let hidden = hidden_text::hidden_value(value);
    match hidden.char_indices().nth(CHARS) {
        Some((end, _)) => format!("`{}...`", visible_value(&hidden[..end])),
        None => format!("`{}`", visible_value(&hidden)),
    }
}
