//! Text to tokens, as PyYAML's scanner does it: which token begins where, what may be a key, and what
//! is how far indented. The scalars themselves are `scalar`'s, tags and directives `names`'s.

use std::collections::{BTreeMap, VecDeque};

use super::reader::{Reader, is_blank, is_end};
use super::token::{Token, TokenKind};
use super::{MAX_DEPTH, Refused};

/// A key without `?` must end within so many characters, and on its line.
const KEY_CHARS: usize = 1024;

/// Something that is a key if a `:` follows.
#[derive(Debug, Clone)]
struct MaybeKey {
    token: usize,
    /// Nothing else may stand there.
    required: bool,
    index: usize,
    line: usize,
    column: i64,
}

#[derive(Debug)]
pub(super) struct Scanner {
    pub(super) reader: Reader,
    tokens: VecDeque<Token>,
    /// Tokens given out so far.
    taken: usize,
    done: bool,
    /// Unclosed `[` and `{`; below 0 where more were closed than opened.
    flow: i64,
    /// The indentation now, -1 outside of everything, and those around it.
    indent: i64,
    indents: Vec<i64>,
    /// A key may begin here.
    pub(super) key_allowed: bool,
    maybe_keys: BTreeMap<i64, MaybeKey>,
}

impl Scanner {
    pub(super) fn new(reader: Reader) -> Self {
        let start = Token {
            kind: TokenKind::StreamStart,
            line: 0,
        };
        Self {
            reader,
            tokens: [start].into(),
            taken: 0,
            done: false,
            flow: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            maybe_keys: BTreeMap::new(),
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token, Refused> {
        while self.needs_more()? {
            self.fetch()?;
        }
        let line = self.reader.line;
        let end = || Refused::at(line, "nothing follows");
        self.tokens.front().ok_or_else(end)
    }

    pub(super) fn next(&mut self) -> Result<Token, Refused> {
        let token = self.peek()?.clone();
        self.tokens.pop_front();
        self.taken += 1;
        Ok(token)
    }

    pub(super) fn in_flow(&self) -> bool {
        self.flow != 0
    }

    /// How far something inside of the present block is indented at least.
    pub(super) fn inner_indent(&self) -> i64 {
        self.indent + 1
    }

    pub(super) fn column(&self) -> i64 {
        i64::try_from(self.reader.column).unwrap_or(i64::MAX)
    }

    fn needs_more(&mut self) -> Result<bool, Refused> {
        if self.done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        self.forget_stale_keys()?;
        let nearest = self.maybe_keys.values().map(|key| key.token).min();
        Ok(nearest == Some(self.taken))
    }

    fn fetch(&mut self) -> Result<(), Refused> {
        self.skip_to_token();
        self.forget_stale_keys()?;
        self.unwind(self.column());
        let (here, next) = (self.reader.here(), self.reader.peek(1));
        let flow = self.in_flow();
        let first = self.reader.column == 0;
        match here {
            '\0' => self.end(),
            '%' if first => {
                self.leave_blocks()?;
                let token = self.directive()?;
                self.push(token);
                Ok(())
            }
            '-' if first && self.reader.at_separator() => self.separator(TokenKind::DocumentStart),
            '.' if first && self.reader.at_separator() => self.separator(TokenKind::DocumentEnd),
            '[' => self.open(TokenKind::FlowSequenceStart),
            '{' => self.open(TokenKind::FlowMappingStart),
            ']' => self.close(TokenKind::FlowSequenceEnd),
            '}' => self.close(TokenKind::FlowMappingEnd),
            ',' => {
                self.key_allowed = true;
                self.drop_key()?;
                self.indicator(TokenKind::FlowEntry)
            }
            '-' if is_blank(next) => self.block_entry(),
            '?' if flow || is_blank(next) => self.explicit_key(),
            ':' if flow || is_blank(next) => self.value(),
            '*' | '&' | '!' | '\'' | '"' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = match here {
                    '*' | '&' => self.anchor()?,
                    '!' => self.tag()?,
                    _ => self.quoted()?,
                };
                self.push(token);
                Ok(())
            }
            '|' | '>' if !flow => {
                self.key_allowed = true;
                self.drop_key()?;
                let token = self.block_scalar()?;
                self.push(token);
                Ok(())
            }
            _ if may_be_plain(here, next, flow) => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.plain();
                self.push(token);
                Ok(())
            }
            '\t' => self
                .reader
                .refuse("a tab stands where a value, a key or a `-` begins"),
            _ => self.reader.refuse(format!(
                "nothing can begin with `{here}`: put it into quotes"
            )),
        }
    }

    fn push(&mut self, token: Token) {
        self.tokens.push_back(token);
    }

    /// One character that is a token.
    fn indicator(&mut self, kind: TokenKind) -> Result<(), Refused> {
        let line = self.reader.line;
        self.reader.forward(1);
        self.push(Token { kind, line });
        Ok(())
    }

    /// Over blanks, comments and lines' ends. Not over tabs.
    fn skip_to_token(&mut self) {
        if self.reader.index == 0 && self.reader.here() == '\u{feff}' {
            self.reader.forward(1);
        }
        loop {
            self.reader.skip(|c| c == ' ');
            if self.reader.here() == '#' {
                self.reader.skip(|c| !is_end(c));
            }
            if self.reader.line_break().is_empty() {
                return;
            }
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    fn forget_stale_keys(&mut self) -> Result<(), Refused> {
        let (line, index) = (self.reader.line, self.reader.index);
        let stale = |key: &MaybeKey| key.line != line || index - key.index > KEY_CHARS;
        if let Some(key) = self
            .maybe_keys
            .values()
            .find(|key| key.required && stale(key))
        {
            return Err(Refused::at(key.line, "a key, or its `:`, is missing"));
        }
        self.maybe_keys.retain(|_, key| !stale(key));
        Ok(())
    }

    fn save_key(&mut self) -> Result<(), Refused> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        let key = MaybeKey {
            token: self.taken + self.tokens.len(),
            required: !self.in_flow() && self.indent == self.column(),
            index: self.reader.index,
            line: self.reader.line,
            column: self.column(),
        };
        self.maybe_keys.insert(self.flow, key);
        Ok(())
    }

    fn drop_key(&mut self) -> Result<(), Refused> {
        match self.maybe_keys.remove(&self.flow) {
            Some(key) if key.required => {
                Err(Refused::at(key.line, "a key, or its `:`, is missing"))
            }
            _ => Ok(()),
        }
    }

    /// Ends the blocks that are indented further than this.
    fn unwind(&mut self, column: i64) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            let line = self.reader.line;
            self.push(Token {
                kind: TokenKind::BlockEnd,
                line,
            });
        }
    }

    fn wind(&mut self, column: i64) -> bool {
        let deeper = self.indent < column;
        if deeper {
            self.indents.push(self.indent);
            self.indent = column;
        }
        deeper
    }

    fn leave_blocks(&mut self) -> Result<(), Refused> {
        self.unwind(-1);
        self.drop_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refused> {
        self.leave_blocks()?;
        self.maybe_keys.clear();
        self.done = true;
        let line = self.reader.line;
        self.push(Token {
            kind: TokenKind::StreamEnd,
            line,
        });
        Ok(())
    }

    fn separator(&mut self, kind: TokenKind) -> Result<(), Refused> {
        self.leave_blocks()?;
        let line = self.reader.line;
        self.reader.forward(3);
        self.push(Token { kind, line });
        Ok(())
    }

    fn open(&mut self, kind: TokenKind) -> Result<(), Refused> {
        self.save_key()?;
        self.flow += 1;
        if self.flow > MAX_DEPTH {
            return self.reader.refuse("it is nested too deeply");
        }
        self.key_allowed = true;
        self.indicator(kind)
    }

    fn close(&mut self, kind: TokenKind) -> Result<(), Refused> {
        self.drop_key()?;
        self.flow -= 1;
        self.key_allowed = false;
        self.indicator(kind)
    }

    /// Begins a block at this column, unless it has begun.
    fn begin_block(&mut self, kind: TokenKind, what: &str) -> Result<(), Refused> {
        if self.in_flow() {
            return Ok(());
        }
        if !self.key_allowed {
            return self.reader.refuse(format!("{what} cannot stand here"));
        }
        if self.wind(self.column()) {
            let line = self.reader.line;
            self.push(Token { kind, line });
        }
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), Refused> {
        self.begin_block(TokenKind::BlockSequenceStart, "a list's `-`")?;
        self.key_allowed = true;
        self.drop_key()?;
        self.indicator(TokenKind::BlockEntry)
    }

    fn explicit_key(&mut self) -> Result<(), Refused> {
        self.begin_block(TokenKind::BlockMappingStart, "a key")?;
        self.key_allowed = !self.in_flow();
        self.drop_key()?;
        self.indicator(TokenKind::Key)
    }

    fn value(&mut self) -> Result<(), Refused> {
        let Some(key) = self.maybe_keys.remove(&self.flow) else {
            self.begin_block(TokenKind::BlockMappingStart, "a second `: `")?;
            self.key_allowed = !self.in_flow();
            self.drop_key()?;
            return self.indicator(TokenKind::Value);
        };
        let at = key.token.saturating_sub(self.taken).min(self.tokens.len());
        let token = |kind| Token {
            kind,
            line: key.line,
        };
        self.tokens.insert(at, token(TokenKind::Key));
        if !self.in_flow() && self.wind(key.column) {
            self.tokens.insert(at, token(TokenKind::BlockMappingStart));
        }
        self.key_allowed = false;
        self.indicator(TokenKind::Value)
    }
}

/// Whether a text without quotes can begin so.
fn may_be_plain(here: char, next: char, flow: bool) -> bool {
    let indicator = "-?:,[]{}#&*!|>'\"%@`".contains(here);
    if !is_blank(here) && !indicator {
        return true;
    }
    !is_blank(next) && (here == '-' || (!flow && (here == '?' || here == ':')))
}
