//! The text, character by character, and where in it one is. Rejects what PyYAML calls unprintable.

use super::Refused;

/// Characters that end a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text's end, or a line's.
pub(super) fn is_end(c: char) -> bool {
    c == '\0' || is_break(c)
}

/// An end or a blank; a tab is none, to PyYAML.
pub(super) fn is_space(c: char) -> bool {
    c == ' ' || is_end(c)
}

/// An end, a blank or a tab.
pub(super) fn is_blank(c: char) -> bool {
    c == '\t' || is_space(c)
}

/// What tags' handles, anchors and directives' names are made of.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

#[derive(Debug)]
pub(super) struct Reader {
    /// The text, with a NUL behind it, which cannot be in it.
    chars: Vec<char>,
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Reader {
    pub(super) fn new(text: &str) -> Result<Self, Refused> {
        if let Some(at) = text.chars().position(unprintable) {
            let before = text.chars().take(at);
            let line = before.filter(|c| *c == '\n').count();
            let code = text.chars().nth(at).map_or(0, u32::from);
            return Err(Refused::at(
                line,
                format!("the character U+{code:04X} is not allowed"),
            ));
        }
        Ok(Self {
            chars: text.chars().chain(['\0']).collect(),
            index: 0,
            line: 0,
            column: 0,
        })
    }

    /// The character that is so many ahead; NUL behind the end.
    pub(super) fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.index + ahead).copied().unwrap_or('\0')
    }

    pub(super) fn here(&self) -> char {
        self.peek(0)
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, c)| self.peek(ahead) == c)
    }

    /// `---` or `...`, and nothing behind it.
    pub(super) fn at_separator(&self) -> bool {
        (self.starts_with("---") || self.starts_with("...")) && is_blank(self.peek(3))
    }

    pub(super) fn forward(&mut self, count: usize) {
        for _ in 0..count {
            let c = self.here();
            self.index += 1;
            if matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
                || (c == '\r' && self.here() != '\n')
            {
                self.line += 1;
                self.column = 0;
            } else if c != '\u{feff}' {
                self.column += 1;
            }
        }
    }

    /// The next characters, and over them.
    pub(super) fn take(&mut self, count: usize) -> String {
        let end = (self.index + count).min(self.chars.len());
        let taken = self.chars.get(self.index..end).unwrap_or_default();
        let taken = taken.iter().collect();
        self.forward(count);
        taken
    }

    /// How many characters from `ahead` on are so.
    pub(super) fn run(&self, wanted: impl Fn(char) -> bool) -> usize {
        let mut length = 0;
        while self.peek(length) != '\0' && wanted(self.peek(length)) {
            length += 1;
        }
        length
    }

    pub(super) fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        let length = self.run(wanted);
        self.forward(length);
    }

    /// Over a line's end; what it counts as in a text, empty where there is none.
    pub(super) fn line_break(&mut self) -> &'static str {
        match self.here() {
            '\r' if self.peek(1) == '\n' => {
                self.forward(2);
                "\n"
            }
            '\r' | '\n' | '\u{85}' => {
                self.forward(1);
                "\n"
            }
            '\u{2028}' => {
                self.forward(1);
                "\u{2028}"
            }
            '\u{2029}' => {
                self.forward(1);
                "\u{2029}"
            }
            _ => "",
        }
    }

    /// Refuses here.
    pub(super) fn refuse<T>(&self, why: impl Into<String>) -> Result<T, Refused> {
        Err(Refused::at(self.line, why))
    }
}

fn unprintable(c: char) -> bool {
    !matches!(c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}
