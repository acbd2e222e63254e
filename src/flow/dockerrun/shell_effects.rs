//! What shell code writes into /etc/ecs/ecs.config, as far as it can be told without running it. Code that
//! touches the file in a way that is not understood is said to, and never guessed at.

use std::collections::BTreeMap;

use super::shell_words::{Piece, ShellCommand, Word, assignment, shell_commands};

pub(super) const FILE: &str = "/etc/ecs/ecs.config";

/// What one piece of code does to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileEffect {
    /// The whole file, from here on.
    Write(String),
    Append(String),
    /// Something; why it cannot be told.
    Untold(String),
}

/// Words after which nothing runs in order any more.
const STRUCTURE: [&str; 20] = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "!",
    "function", "eval", "exec", "source", ".", "trap", "alias",
];

/// Commands that may name the file or its folder and leave it as it is.
const HARMLESS: [&str; 20] = [
    "mkdir",
    "chmod",
    "chown",
    "chgrp",
    "cat",
    "grep",
    "egrep",
    "ls",
    "test",
    "[",
    "stat",
    "echo",
    "printf",
    "wc",
    "head",
    "tail",
    "touch",
    "systemctl",
    "restorecon",
    "cd",
];

/// Commands that succeed, so that what stands behind their `&&` runs.
const SURE: [&str; 8] = [
    "mkdir", "echo", "printf", "touch", "true", ":", "cd", "chmod",
];

/// No ecs.config is larger, and no text that is put into one: variables can double themselves.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// In order, what the code does to the file.
pub(super) fn effects(code: &str) -> Vec<FileEffect> {
    let bare: Vec<&str> = code
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    if !touches(&bare.join("\n")) {
        return Vec::new();
    }
    let untold = |why: &str| vec![FileEffect::Untold(why.to_owned())];
    let Some(commands) = shell_commands(code) else {
        return untold("its commands are grouped, or their quotes cannot be followed");
    };
    let mut shell = Shell::default();
    let structured = |command: &ShellCommand| {
        shell
            .first(command)
            .is_some_and(|name| STRUCTURE.contains(&name.as_str()))
    };
    if commands.iter().any(structured) {
        return untold("it has branches, loops or commands in commands");
    }
    let (mut effects, mut written) = (Vec::new(), 0);
    for (at, command) in commands.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| commands.get(at));
        if matches!(shell.first(command).as_deref(), Some("exit" | "return")) {
            break;
        }
        if let Some(effect) = shell.effect(command, before) {
            written += effect.bytes();
            effects.push(effect);
        }
        if written > MAX_BYTES {
            return untold("it writes too much");
        }
    }
    effects
}

impl FileEffect {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Write(text) | Self::Append(text) => text.len(),
            Self::Untold(_) => 0,
        }
    }
}

/// Whether a text may be about the file.
pub(super) fn touches(text: &str) -> bool {
    ["ecs.config", "/etc/ecs", super::agent::SETTING]
        .iter()
        .any(|word| text.contains(word))
}

/// The variables so far. `None` for one whose value cannot be told.
#[derive(Debug, Default)]
struct Shell {
    variables: BTreeMap<String, Option<String>>,
}

impl Shell {
    /// A word's text; `None` where it cannot be told.
    fn text(&self, word: &[Piece]) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Variable(name) => self.variables.get(name).cloned().flatten(),
            Piece::Untold => None,
        };
        let pieces: Option<Vec<String>> = word.iter().map(piece).collect();
        pieces
            .map(|pieces| pieces.concat())
            .filter(|text| text.len() <= MAX_BYTES)
    }

    fn texts(&self, words: &[Word]) -> Option<Vec<String>> {
        let mut left = MAX_BYTES;
        let mut within = |word: &Word| {
            let text = self.text(word)?;
            left = left.checked_sub(text.len())?;
            Some(text)
        };
        words.iter().map(&mut within).collect()
    }

    /// The command's name, without its folder and a `sudo` in front.
    fn first(&self, command: &ShellCommand) -> Option<String> {
        self.texts(self.own_words(command).get(..1)?)?
            .pop()
            .map(|name| {
                let short = name.rsplit('/').next().unwrap_or(&name).to_owned();
                if short.is_empty() { name } else { short }
            })
    }

    fn own_words<'c>(&self, command: &'c ShellCommand) -> &'c [Word] {
        let sudo = vec![Piece::Text("sudo".to_owned())];
        match command.words.as_slice() {
            [first, rest @ ..] if *first == sudo => rest,
            words => words,
        }
    }

    fn effect(
        &mut self,
        command: &ShellCommand,
        before: Option<&ShellCommand>,
    ) -> Option<FileEffect> {
        if self.assigns(command) {
            return None;
        }
        let untold = |why: &str| Some(FileEffect::Untold(why.to_owned()));
        let mut into = None;
        for redirect in command
            .redirects
            .iter()
            .filter(|one| matches!(one.operator, ">" | ">>"))
        {
            match self.text(&redirect.target) {
                None => return untold("where a command's output goes cannot be told"),
                Some(path) if is_file(&path) => into = Some(redirect.operator),
                Some(path) if touches(&path) && !path.starts_with("/tmp/") => {
                    return untold("it writes beside the file");
                }
                Some(_) => {}
            }
        }
        let (operator, text) = match (into, self.first(command).as_deref()) {
            (Some(operator), Some("cat")) if command.words.len() == 1 => {
                (operator, self.input(command, before))
            }
            (Some(operator), _) => (operator, self.output(command)),
            (None, Some("tee")) => match self.tee(command) {
                Some(operator) => (operator, self.input(command, before)),
                None => return self.leaves_alone(command),
            },
            (None, Some("rm")) => match self.removes(command) {
                true => (">", Some(String::new())),
                false => return self.leaves_alone(command),
            },
            _ => return self.leaves_alone(command),
        };
        if command.background || !self.surely(command, before) {
            return untold("whether the command runs cannot be told");
        }
        match (operator, text) {
            (_, None) => untold("what it writes cannot be told from the script"),
            (">>", Some(text)) => Some(FileEffect::Append(text)),
            (_, Some(text)) => Some(FileEffect::Write(text)),
        }
    }

    /// Sets variables, when the command does nothing else.
    fn assigns(&mut self, command: &ShellCommand) -> bool {
        let words = match self.first(command).as_deref() {
            Some("export" | "readonly" | "local") => command.words.get(1..).unwrap_or_default(),
            _ => command.words.as_slice(),
        };
        let pairs: Option<Vec<_>> = words.iter().map(|word| assignment(word)).collect();
        let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else {
            return false;
        };
        for (name, value) in pairs {
            let value = self.text(&value);
            self.variables.insert(name, value);
        }
        true
    }

    /// Whether a command behind `&&` or `||` runs.
    fn surely(&self, command: &ShellCommand, before: Option<&ShellCommand>) -> bool {
        match command.before {
            "||" => false,
            "&&" => before
                .and_then(|before| self.first(before))
                .is_some_and(|name| SURE.contains(&name.as_str())),
            _ => true,
        }
    }

    /// What comes in: a here-document, or what the command before the `|` prints.
    fn input(&self, command: &ShellCommand, before: Option<&ShellCommand>) -> Option<String> {
        match (&command.document, command.before, before) {
            (Some(document), ..) => self.text(document),
            (None, "|", Some(before)) if before.redirects.is_empty() && before.before != "|" => {
                match self.first(before).as_deref() {
                    Some("cat") if before.words.len() == 1 => self.text(before.document.as_ref()?),
                    _ => self.output(before),
                }
            }
            _ => None,
        }
    }

    /// What `echo` and `printf` print.
    fn output(&self, command: &ShellCommand) -> Option<String> {
        let words = self.own_words(command);
        let texts = self.texts(words.get(1..)?)?;
        match self.first(command)?.as_str() {
            "echo" => {
                let (newline, texts) = match texts.split_first() {
                    Some((flag, rest)) if flag == "-n" => ("", rest),
                    _ => ("\n", texts.as_slice()),
                };
                let line = texts.join(" ");
                // Shells differ in these.
                let differs = line.contains('\\') || line.starts_with('-');
                (!differs).then(|| format!("{line}{newline}"))
            }
            "printf" => printf(texts.split_first()?),
            _ => None,
        }
    }

    /// `tee`'s redirection, when it writes the file.
    fn tee(&self, command: &ShellCommand) -> Option<&'static str> {
        let texts = self.texts(self.own_words(command).get(1..)?)?;
        let append = texts.iter().any(|text| text == "-a" || text == "--append");
        let files = texts.iter().filter(|text| !text.starts_with('-'));
        files
            .into_iter()
            .any(|file| is_file(file))
            .then_some(if append { ">>" } else { ">" })
    }

    fn removes(&self, command: &ShellCommand) -> bool {
        let texts = self
            .own_words(command)
            .get(1..)
            .and_then(|words| self.texts(words));
        texts.is_some_and(|texts| texts.iter().any(|text| is_file(text)))
    }

    /// A command that has nothing to do with the file, or only looks at it; or one that nobody can tell.
    fn leaves_alone(&self, command: &ShellCommand) -> Option<FileEffect> {
        let words = self.own_words(command);
        let about = |word: &Word| {
            let written: String = word
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.as_str(),
                    _ => "",
                })
                .collect();
            touches(&written) || self.text(word).is_some_and(|text| touches(&text))
        };
        if !words.iter().any(about) {
            return None;
        }
        let name = self.first(command);
        let harmless = name.as_deref().is_some_and(|name| HARMLESS.contains(&name));
        let backup = name.as_deref() == Some("cp") && words.last().is_some_and(|word| !about(word));
        (!harmless && !backup).then(|| {
            let name = name.unwrap_or_else(|| "a command".to_owned());
            FileEffect::Untold(format!("what `{name}` does to it cannot be told"))
        })
    }
}

fn is_file(path: &str) -> bool {
    let mut plain = path.to_owned();
    while plain.contains("//") {
        plain = plain.replace("//", "/");
    }
    plain == FILE
}

/// `printf`, for formats of texts, `%s` and `\n`.
fn printf((format, values): (&String, &[String])) -> Option<String> {
    let mut values = values.iter();
    let mut out = String::new();
    loop {
        let left = values.len();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match (c, chars.clone().next()) {
                ('%', Some('%')) => out.push('%'),
                ('%', Some('s')) => out.push_str(values.next().map_or("", String::as_str)),
                ('\\', Some('n')) => out.push('\n'),
                ('\\', Some(c @ ('\\' | '"' | '\''))) => out.push(c),
                ('%' | '\\', _) => return None,
                _ => {
                    out.push(c);
                    continue;
                }
            }
            chars.next();
        }
        if values.len() == 0 || values.len() == left {
            return Some(out);
        }
    }
}

#[cfg(test)]
#[path = "shell_effects_tests.rs"]
mod tests;
