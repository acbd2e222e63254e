//! Anchors, aliases, tags and directives as PyYAML scans them.

use super::Refused;
use super::reader::{is_end, is_space, is_word};
use super::scanner::Scanner;
use super::token::{Token, TokenKind};

/// Python reads no longer number than this.
pub(super) const MAX_DIGITS: usize = 4300;

impl Scanner {
    pub(super) fn anchor(&mut self) -> Result<Token, Refused> {
        let line = self.reader.line;
        let alias = self.reader.here() == '*';
        self.reader.forward(1);
        let length = self.reader.run(is_word);
        let next = self.reader.peek(length);
        let ends = next == '\t' || is_space(next) || "?:,]}%@`".contains(next);
        if length == 0 || !ends {
            let what = if alias {
                "an alias (`*`)"
            } else {
                "an anchor (`&`)"
            };
            return self.reader.refuse(format!(
                "{what} is named by letters and digits: put the text into quotes"
            ));
        }
        let name = self.reader.take(length);
        let kind = if alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        };
        Ok(Token { kind, line })
    }

    pub(super) fn tag(&mut self) -> Result<Token, Refused> {
        let line = self.reader.line;
        let next = self.reader.peek(1);
        let (handle, suffix) = if next == '<' {
            self.reader.forward(2);
            let suffix = self.uri()?;
            if self.reader.here() != '>' {
                return self.reader.refuse("a tag's `>` is missing");
            }
            self.reader.forward(1);
            (None, suffix)
        } else if next == '\t' || is_space(next) {
            self.reader.forward(1);
            (None, "!".to_owned())
        } else {
            (Some(self.handle_of_tag()?), self.uri()?)
        };
        if !is_space(self.reader.here()) {
            return self.reader.refuse("a tag (`!`) ends with a blank");
        }
        let kind = TokenKind::Tag(handle, suffix);
        Ok(Token { kind, line })
    }

    /// `!`, `!!` or `!name!`.
    fn handle_of_tag(&mut self) -> Result<String, Refused> {
        let mut ahead = 1;
        while !is_space(self.reader.peek(ahead)) {
            if self.reader.peek(ahead) == '!' {
                return self.handle();
            }
            ahead += 1;
        }
        Ok(self.reader.take(1))
    }

    fn handle(&mut self) -> Result<String, Refused> {
        if self.reader.here() != '!' {
            return self.reader.refuse("a tag's handle begins with `!`");
        }
        let mut length = 1;
        if self.reader.peek(1) != ' ' {
            while is_word(self.reader.peek(length)) {
                length += 1;
            }
            if self.reader.peek(length) != '!' {
                return self.reader.refuse("a tag's handle ends with `!`");
            }
            length += 1;
        }
        Ok(self.reader.take(length))
    }

    fn uri(&mut self) -> Result<String, Refused> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]".contains(c);
        let mut uri = String::new();
        loop {
            let length = self.reader.run(plain);
            uri.push_str(&self.reader.take(length));
            if self.reader.here() != '%' {
                break;
            }
            uri.push_str(&self.uri_escapes()?);
        }
        match uri.is_empty() {
            true => self.reader.refuse("a tag (`!`) has no name"),
            false => Ok(uri),
        }
    }

    fn uri_escapes(&mut self) -> Result<String, Refused> {
        let mut bytes = Vec::new();
        while self.reader.here() == '%' {
            let digit = |ahead| self.reader.peek(ahead).to_digit(16);
            let byte = digit(1).zip(digit(2)).map(|(high, low)| high * 16 + low);
            let Some(byte) = byte.and_then(|byte| u8::try_from(byte).ok()) else {
                return self.reader.refuse("`%` in a tag wants 2 hex digits");
            };
            bytes.push(byte);
            self.reader.forward(3);
        }
        String::from_utf8(bytes)
            .or_else(|_| self.reader.refuse("the escapes of a tag are not UTF-8"))
    }

    pub(super) fn directive(&mut self) -> Result<Token, Refused> {
        let line = self.reader.line;
        self.reader.forward(1);
        let length = self.reader.run(is_word);
        if length == 0 || !is_space(self.reader.peek(length)) {
            return self
                .reader
                .refuse("a directive (`%`) has a name of letters and digits");
        }
        let name = self.reader.take(length);
        let kind = match name.as_str() {
            "YAML" => self.version()?,
            "TAG" => self.prefix_of_tags()?,
            _ => {
                self.reader.skip(|c| !is_end(c));
                TokenKind::OtherDirective
            }
        };
        self.reader.skip(|c| c == ' ');
        if self.reader.here() == '#' {
            self.reader.skip(|c| !is_end(c));
        }
        if !is_end(self.reader.here()) {
            return self.reader.refuse("a directive (`%`) ends with its line");
        }
        self.reader.line_break();
        Ok(Token { kind, line })
    }

    fn version(&mut self) -> Result<TokenKind, Refused> {
        self.reader.skip(|c| c == ' ');
        let major = self.number()?;
        if self.reader.here() != '.' {
            return self.reader.refuse("`%YAML` wants a version such as 1.1");
        }
        self.reader.forward(1);
        self.number()?;
        match is_space(self.reader.here()) {
            true => Ok(TokenKind::YamlDirective(major)),
            false => self.reader.refuse("`%YAML` wants a version such as 1.1"),
        }
    }

    fn number(&mut self) -> Result<String, Refused> {
        let length = self.reader.run(|c| c.is_ascii_digit());
        if length == 0 || length > MAX_DIGITS {
            return self.reader.refuse("`%YAML` wants a version such as 1.1");
        }
        let number = self.reader.take(length);
        Ok(number.trim_start_matches('0').to_owned())
    }

    fn prefix_of_tags(&mut self) -> Result<TokenKind, Refused> {
        self.reader.skip(|c| c == ' ');
        let handle = self.handle()?;
        if self.reader.here() != ' ' {
            return self.reader.refuse("`%TAG` wants a handle and a prefix");
        }
        self.reader.skip(|c| c == ' ');
        let prefix = self.uri()?;
        match is_space(self.reader.here()) {
            true => Ok(TokenKind::TagDirective(handle, prefix)),
            false => self.reader.refuse("`%TAG` wants a handle and a prefix"),
        }
    }
}
