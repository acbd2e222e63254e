//! Shell code to commands, as much of it as can be told without running it. Whatever is not plain words,
//! quotes, variables, redirections and here-documents is marked as such, and never guessed.

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `$name` or `${name}`.
    Variable(String),
    /// A command's output, a pattern, arithmetic.
    Untold,
}

/// A word as written.
pub(super) type Word = Vec<Piece>;

/// Where a command's output or input goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    /// `>`, `>>` or `<`, for standard output and input alone; `?` for any other.
    pub(super) operator: &'static str,
    pub(super) target: Word,
}

/// One simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShellCommand {
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
    /// A here-document's text.
    pub(super) document: Option<Word>,
    /// What stands in front of it: empty, `;`, `&&`, `||`, `|` or `&`.
    pub(super) before: &'static str,
    /// It runs beside what follows.
    pub(super) background: bool,
}

/// The commands; `None` where quotes or parentheses do not close, or commands are grouped.
pub(super) fn shell_commands(code: &str) -> Option<Vec<ShellCommand>> {
    let mut lexer = Lexer {
        chars: code.chars().collect(),
        ..Lexer::default()
    };
    lexer.run()?;
    lexer.finish(";");
    Some(lexer.commands)
}

#[derive(Debug, Default)]
struct Lexer {
    chars: Vec<char>,
    at: usize,
    word: Option<Word>,
    /// A word of digits only may turn out to be a descriptor.
    bare: String,
    command: ShellCommand,
    /// The next word is this redirection's.
    redirect: Option<&'static str>,
    /// Here-documents whose text begins on the next line: its end, and whether it is taken as written.
    pending: Option<(String, bool)>,
    commands: Vec<ShellCommand>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn piece(&mut self, piece: Piece) {
        let word = self.word.get_or_insert_default();
        match (word.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => word.push(piece),
        }
    }

    fn text(&mut self, c: char) {
        self.piece(Piece::Text(c.to_string()));
    }

    fn run(&mut self) -> Option<()> {
        while self.at < self.chars.len() {
            let (c, next) = (self.peek(0), self.peek(1));
            self.at += 1;
            match c {
                ' ' | '\t' | '\r' => self.end_word()?,
                '\n' => {
                    self.end_word()?;
                    self.finish(";");
                    self.here_document()?;
                }
                '\\' if next == '\n' => self.at += 1,
                '\\' => {
                    self.at += 1;
                    self.text(next);
                }
                '#' if self.word.is_none() => {
                    while self.at < self.chars.len() && self.peek(0) != '\n' {
                        self.at += 1;
                    }
                }
                '\'' => self.single()?,
                '"' => self.double()?,
                '$' | '`' => self.expansion(c)?,
                ';' | '&' | '|' => self.operator(c, next)?,
                '<' | '>' => self.redirection(c)?,
                '(' | ')' => return None,
                '*' | '?' | '{' | '}' | '~' => self.piece(Piece::Untold),
                _ => {
                    if c.is_ascii_digit() {
                        self.bare.push(c);
                    }
                    self.text(c);
                }
            }
        }
        self.end_word()?;
        // A here-document without a text.
        self.pending.is_none().then_some(())
    }

    fn end_word(&mut self) -> Option<()> {
        self.bare.clear();
        let Some(word) = self.word.take() else {
            return Some(());
        };
        match self.redirect.take() {
            Some("<<") => {
                let end = word.into_iter().map(|piece| match piece {
                    Piece::Text(text) => Some(text),
                    _ => None,
                });
                let end: Option<String> = end.collect();
                let (_, quoted) = self.pending.take()?;
                self.pending = Some((end?, quoted));
            }
            Some(operator) => self.command.redirects.push(Redirect {
                operator,
                target: word,
            }),
            None => self.command.words.push(word),
        }
        Some(())
    }

    fn finish(&mut self, then: &'static str) {
        let command = std::mem::take(&mut self.command);
        let empty = command.words.is_empty() && command.redirects.is_empty();
        if empty && command.document.is_none() {
            // `&&` at a line's end goes on; a blank line changes nothing.
            self.command.before = match (command.before, then) {
                (before @ ("&&" | "||" | "|"), ";") => before,
                (_, then) => then,
            };
            return;
        }
        self.commands.push(command);
        self.command.before = then;
    }

    fn operator(&mut self, c: char, next: char) -> Option<()> {
        self.end_word()?;
        let operator = match (c, next) {
            ('&', '&') => "&&",
            ('|', '|') => "||",
            ('&', '>') => return None,
            ('|', _) => "|",
            ('&', _) => {
                self.command.background = true;
                "&"
            }
            _ => ";",
        };
        self.at += operator.len() - 1;
        self.finish(operator);
        Some(())
    }

    fn redirection(&mut self, c: char) -> Option<()> {
        let digits = std::mem::take(&mut self.bare);
        let descriptor =
            self.word.as_deref() == Some(&[Piece::Text(digits.clone())]) && !digits.is_empty();
        let ours = match descriptor {
            true => {
                self.word = None;
                (c == '>' && digits == "1") || (c == '<' && digits == "0")
            }
            false => {
                self.end_word()?;
                true
            }
        };
        let operator = match (c, self.peek(0), self.peek(1)) {
            ('<', '<', '<') => return None,
            ('<', '<', _) => {
                self.at += 1;
                return self.begin_document(ours);
            }
            (_, '&', _) => {
                self.at += 1;
                "?"
            }
            ('>', '>', _) => {
                self.at += 1;
                ">>"
            }
            ('>', '|', _) => {
                self.at += 1;
                ">"
            }
            ('>', ..) => ">",
            _ => "<",
        };
        self.redirect = Some(if ours { operator } else { "?" });
        Some(())
    }

    fn begin_document(&mut self, ours: bool) -> Option<()> {
        // Two of them, one that strips tabs, one that is not standard input: not followed.
        if !ours || self.pending.is_some() || self.peek(0) == '-' {
            return None;
        }
        while matches!(self.peek(0), ' ' | '\t') {
            self.at += 1;
        }
        let quoted = matches!(self.peek(0), '\'' | '"' | '\\');
        self.pending = Some((String::new(), quoted));
        self.redirect = Some("<<");
        Some(())
    }

    /// The lines up to the word that ends them belong to the command before this line's end.
    fn here_document(&mut self) -> Option<()> {
        let Some((end, quoted)) = self.pending.take() else {
            return Some(());
        };
        let mut text = String::new();
        loop {
            if self.at >= self.chars.len() {
                return None;
            }
            let rest = self.chars.get(self.at..)?;
            let length = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
            let line: String = rest.get(..length)?.iter().collect();
            self.at += length + 1;
            if line == end {
                break;
            }
            text.push_str(&line);
            text.push('\n');
        }
        let plain = quoted || !text.contains(['$', '`', '\\']);
        let document = match plain {
            true => vec![Piece::Text(text)],
            false => vec![Piece::Untold],
        };
        // Of the pipeline's commands, only one can have begun it; the last is close enough where
        // there is one, and otherwise nothing is told.
        let mut line = self.commands.iter_mut().rev();
        let last = line.next()?;
        if last.before == "|" {
            return None;
        }
        last.document = Some(document);
        Some(())
    }

    fn single(&mut self) -> Option<()> {
        self.piece(Piece::Text(String::new()));
        self.bare.clear();
        let rest = self.chars.get(self.at..)?;
        let length = rest.iter().position(|c| *c == '\'')?;
        let text: String = rest.get(..length)?.iter().collect();
        self.at += length + 1;
        self.piece(Piece::Text(text));
        Some(())
    }

    fn double(&mut self) -> Option<()> {
        self.piece(Piece::Text(String::new()));
        self.bare.clear();
        loop {
            if self.at >= self.chars.len() {
                return None;
            }
            let (c, next) = (self.peek(0), self.peek(1));
            self.at += 1;
            match c {
                '"' => return Some(()),
                '\\' if next == '\n' => self.at += 1,
                '\\' if matches!(next, '$' | '`' | '"' | '\\') => {
                    self.at += 1;
                    self.text(next);
                }
                '$' | '`' => self.expansion(c)?,
                _ => self.text(c),
            }
        }
    }

    /// Behind a `$` or a backquote.
    fn expansion(&mut self, c: char) -> Option<()> {
        self.bare.clear();
        let next = self.peek(0);
        if c == '`' {
            let rest = self.chars.get(self.at..)?;
            self.at += rest.iter().position(|c| *c == '`')? + 1;
            self.piece(Piece::Untold);
        } else if next == '(' {
            self.over_parentheses()?;
            self.piece(Piece::Untold);
        } else if next == '{' {
            let rest = self.chars.get(self.at + 1..)?;
            let length = rest.iter().position(|c| *c == '}')?;
            let name: String = rest.get(..length)?.iter().collect();
            self.at += length + 2;
            self.piece(match is_name(&name) {
                true => Piece::Variable(name),
                false => Piece::Untold,
            });
        } else if next.is_ascii_alphabetic() || next == '_' {
            let mut name = String::new();
            while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == '_' {
                name.push(self.peek(0));
                self.at += 1;
            }
            self.piece(Piece::Variable(name));
        } else {
            self.piece(Piece::Untold);
        }
        Some(())
    }

    fn over_parentheses(&mut self) -> Option<()> {
        let mut depth = 0;
        while self.at < self.chars.len() {
            let c = self.peek(0);
            self.at += 1;
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                // Quotes may hold parentheses.
                '\'' | '"' => return None,
                _ => {}
            }
            if depth == 0 {
                return Some(());
            }
        }
        None
    }
}

fn is_name(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `name=value` as a word: its name and the value's pieces.
pub(super) fn assignment(word: &[Piece]) -> Option<(String, Word)> {
    let Some((Piece::Text(first), rest)) = word.split_first() else {
        return None;
    };
    let (name, value) = first.split_once('=')?;
    let head = Piece::Text(value.to_owned());
    let value = std::iter::once(head).chain(rest.iter().cloned()).collect();
    is_name(name).then(|| (name.to_owned(), value))
}

#[cfg(test)]
#[path = "shell_words_tests.rs"]
mod tests;
