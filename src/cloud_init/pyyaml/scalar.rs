//! Texts as PyYAML scans them: plain, quoted, and in blocks.

use super::Refused;
use super::reader::{is_blank, is_break, is_end};
use super::scanner::Scanner;
use super::token::{Token, TokenKind};

impl Scanner {
    /// A text without quotes. PyYAML takes no tab in it, and none behind it.
    pub(super) fn plain(&mut self) -> Token {
        let line = self.reader.line;
        let indent = self.inner_indent();
        let flow = self.in_flow();
        let (mut value, mut spaces) = (String::new(), String::new());
        loop {
            if self.reader.here() == '#' {
                break;
            }
            let length = self.plain_run(flow);
            if length == 0 {
                break;
            }
            self.key_allowed = false;
            value.push_str(&spaces);
            value.push_str(&self.reader.take(length));
            match self.plain_spaces() {
                Some(more) if !more.is_empty() => spaces = more,
                _ => break,
            }
            if self.reader.here() == '#' || (!flow && self.column() < indent) {
                break;
            }
        }
        Token {
            kind: TokenKind::Scalar { value, plain: true },
            line,
        }
    }

    fn plain_run(&self, flow: bool) -> usize {
        let mut length = 0;
        loop {
            let (c, next) = (self.reader.peek(length), self.reader.peek(length + 1));
            let ends_key = c == ':' && (is_blank(next) || (flow && ",[]{}".contains(next)));
            if is_blank(c) || ends_key || (flow && ",?[]{}".contains(c)) {
                return length;
            }
            length += 1;
        }
    }

    /// What lies between two words of a plain text; `None` where the document ends.
    fn plain_spaces(&mut self) -> Option<String> {
        let length = self.reader.run(|c| c == ' ');
        let blanks = self.reader.take(length);
        if !is_break(self.reader.here()) {
            return Some(blanks);
        }
        let first = self.reader.line_break();
        self.key_allowed = true;
        if self.reader.at_separator() {
            return None;
        }
        let mut breaks = String::new();
        loop {
            let c = self.reader.here();
            if c == ' ' {
                self.reader.forward(1);
            } else if is_break(c) {
                breaks.push_str(self.reader.line_break());
                if self.reader.at_separator() {
                    return None;
                }
            } else {
                return Some(folded(first, breaks));
            }
        }
    }

    /// A text in quotes.
    pub(super) fn quoted(&mut self) -> Result<Token, Refused> {
        let line = self.reader.line;
        let quote = self.reader.here();
        self.reader.forward(1);
        let mut value = String::new();
        self.quoted_run(quote, &mut value)?;
        while self.reader.here() != quote {
            self.quoted_spaces(&mut value)?;
            self.quoted_run(quote, &mut value)?;
        }
        self.reader.forward(1);
        let kind = TokenKind::Scalar {
            value,
            plain: false,
        };
        Ok(Token { kind, line })
    }

    fn quoted_run(&mut self, quote: char, value: &mut String) -> Result<(), Refused> {
        let double = quote == '"';
        loop {
            let length = self
                .reader
                .run(|c| !is_blank(c) && !matches!(c, '\'' | '"' | '\\'));
            value.push_str(&self.reader.take(length));
            match (self.reader.here(), self.reader.peek(1)) {
                ('\'', '\'') if !double => {
                    value.push('\'');
                    self.reader.forward(2);
                }
                (c @ '\'', _) if double => {
                    value.push(c);
                    self.reader.forward(1);
                }
                (c @ ('"' | '\\'), _) if !double => {
                    value.push(c);
                    self.reader.forward(1);
                }
                ('\\', _) => self.escape(value)?,
                _ => return Ok(()),
            }
        }
    }

    fn escape(&mut self, value: &mut String) -> Result<(), Refused> {
        self.reader.forward(1);
        let c = self.reader.here();
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ if is_break(c) => {
                self.reader.line_break();
                let breaks = self.quoted_breaks()?;
                value.push_str(&breaks);
                return Ok(());
            }
            _ => {
                let Some(meant) = replacement(c) else {
                    return self
                        .reader
                        .refuse(format!("`\\{c}` means nothing between double quotes"));
                };
                value.push(meant);
                self.reader.forward(1);
                return Ok(());
            }
        };
        self.reader.forward(1);
        let code = (0..digits).try_fold(0_u32, |code, ahead| {
            let digit = self.reader.peek(ahead).to_digit(16)?;
            code.checked_mul(16)?.checked_add(digit)
        });
        match code {
            // Half of a pair has no character; PyYAML takes it.
            Some(code @ 0..=0x10_ffff) => {
                value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                self.reader.forward(digits);
                Ok(())
            }
            _ => self
                .reader
                .refuse(format!("`\\{c}` wants {digits} hex digits of a character")),
        }
    }

    fn quoted_spaces(&mut self, value: &mut String) -> Result<(), Refused> {
        let length = self.reader.run(|c| c == ' ' || c == '\t');
        let blanks = self.reader.take(length);
        if self.reader.here() == '\0' {
            return self.reader.refuse("a quote is never closed");
        }
        if !is_break(self.reader.here()) {
            value.push_str(&blanks);
            return Ok(());
        }
        let first = self.reader.line_break();
        let breaks = self.quoted_breaks()?;
        value.push_str(&folded(first, breaks));
        Ok(())
    }

    fn quoted_breaks(&mut self) -> Result<String, Refused> {
        let mut breaks = String::new();
        loop {
            if self.reader.at_separator() {
                return self.reader.refuse("a document ends inside of quotes");
            }
            self.reader.skip(|c| c == ' ' || c == '\t');
            if !is_break(self.reader.here()) {
                return Ok(breaks);
            }
            breaks.push_str(self.reader.line_break());
        }
    }

    /// A text behind `|` or `>`.
    pub(super) fn block_scalar(&mut self) -> Result<Token, Refused> {
        let line = self.reader.line;
        let folds = self.reader.here() == '>';
        self.reader.forward(1);
        let (chomping, increment) = self.block_header()?;
        let least = self.inner_indent().max(1);
        let (mut breaks, indent) = match increment {
            None => {
                let (breaks, most) = self.block_indentation();
                (breaks, least.max(most))
            }
            Some(increment) => {
                let indent = least + increment - 1;
                (self.block_breaks(indent), indent)
            }
        };
        let (mut value, mut end) = (String::new(), "");
        while self.column() == indent && self.reader.here() != '\0' {
            value.push_str(&breaks);
            let leading = matches!(self.reader.here(), ' ' | '\t');
            let length = self.reader.run(|c| !is_end(c));
            value.push_str(&self.reader.take(length));
            end = self.reader.line_break();
            breaks = self.block_breaks(indent);
            let here = self.reader.here();
            if self.column() != indent || here == '\0' {
                break;
            }
            if folds && end == "\n" && !leading && !matches!(here, ' ' | '\t') {
                if breaks.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(end);
            }
        }
        if chomping != Some('-') {
            value.push_str(end);
        }
        if chomping == Some('+') {
            value.push_str(&breaks);
        }
        let kind = TokenKind::Scalar {
            value,
            plain: false,
        };
        Ok(Token { kind, line })
    }

    /// `+` or `-`, and how far it is indented, in either order; then nothing but a comment.
    fn block_header(&mut self) -> Result<(Option<char>, Option<i64>), Refused> {
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.reader.here() {
                c @ ('+' | '-') if chomping.is_none() => chomping = Some(c),
                c @ '0'..='9' if increment.is_none() => increment = c.to_digit(10).map(i64::from),
                _ => break,
            }
            if increment == Some(0) {
                return self.reader.refuse("a block's indentation is 1 to 9, not 0");
            }
            self.reader.forward(1);
        }
        if !(self.reader.here() == ' ' || is_end(self.reader.here())) {
            return self
                .reader
                .refuse("a block's text begins on the line behind its `|` or `>`");
        }
        self.reader.skip(|c| c == ' ');
        if self.reader.here() == '#' {
            self.reader.skip(|c| !is_end(c));
        }
        if !is_end(self.reader.here()) {
            return self
                .reader
                .refuse("a block's text begins on the line behind its `|` or `>`");
        }
        self.reader.line_break();
        Ok((chomping, increment))
    }

    fn block_indentation(&mut self) -> (String, i64) {
        let (mut breaks, mut most) = (String::new(), 0);
        loop {
            let c = self.reader.here();
            if is_break(c) {
                breaks.push_str(self.reader.line_break());
            } else if c == ' ' {
                self.reader.forward(1);
                most = most.max(self.column());
            } else {
                return (breaks, most);
            }
        }
    }

    fn block_breaks(&mut self, indent: i64) -> String {
        let mut breaks = String::new();
        loop {
            while self.column() < indent && self.reader.here() == ' ' {
                self.reader.forward(1);
            }
            if !is_break(self.reader.here()) {
                return breaks;
            }
            breaks.push_str(self.reader.line_break());
        }
    }
}

/// One line's end between two words is a blank; of more, all but the first stay.
fn folded(first: &str, breaks: String) -> String {
    match (first, breaks.is_empty()) {
        ("\n", true) => " ".to_owned(),
        ("\n", false) => breaks,
        (other, _) => format!("{other}{breaks}"),
    }
}

fn replacement(c: char) -> Option<char> {
    let meant = match c {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '\\' | '/' => c,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    };
    Some(meant)
}
