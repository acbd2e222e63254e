//! What a reader of the config holds in its hands: the tables with their places, and the list of
//! faults so far. Knows nothing of what the keys mean.
//!
//! A getter answers "absent" for a value of the wrong type: the walk has reported it already, and
//! one mistake is one fault.

use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults, Problem};
use super::source::Source;

/// Faults and warnings that are told, of each at most so many: nobody corrects more at once, and a
/// config of nothing but faults must not fill the memory.
const TOLD_MAX: usize = 100;

/// What all recipes' files may have together.
const FILES_MAX_BYTES: usize = 16 * 1024 * 1024;

/// The faults and warnings of one config, as they are found.
pub(super) struct ConfigReading<'a> {
    source: &'a Source<'a>,
    read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    /// Lines where the parser had to guess, as ranges of them.
    guessed: Vec<Range<usize>>,
    /// How many bytes of recipes were read.
    files: Cell<usize>,
    given_up: bool,
}

impl<'a> ConfigReading<'a> {
    pub(super) fn new(
        source: &'a Source<'a>,
        syntax: Vec<toml::de::Error>,
        read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Self {
        let told = syntax.iter().take(TOLD_MAX);
        let faults = told.map(|error| syntax_fault(source, error)).collect();
        let faults = without_consequences(faults);
        let mut reading = Self {
            source,
            read_file,
            guessed: guessed_lines(source, &faults),
            faults,
            warnings: Vec::new(),
            files: Cell::new(0),
            given_up: false,
        };
        if let Some(error) = syntax.get(TOLD_MAX) {
            reading.stop(error.span().unwrap_or(0..0));
        }
        reading
    }

    /// Whether no more faults are told, so that looking for them is of no use.
    pub(super) fn is_enough(&self) -> bool {
        self.given_up || self.faults.len() >= TOLD_MAX
    }

    /// Reports what there is too much of, after which nobody looks at the rest.
    pub(super) fn give_up(&mut self, at: Range<usize>, problem: Problem) {
        self.fault(at, problem);
        self.given_up = true;
    }

    /// Says where looking ended, if it ended early.
    pub(super) fn leave_off(&mut self, at: Range<usize>) {
        if self.faults.len() == TOLD_MAX {
            self.stop(at);
        }
    }

    /// The last fault: from here on the config was not looked at.
    fn stop(&mut self, at: Range<usize>) {
        let problem = Problem::new(
            format!("{TOLD_MAX} faults are told, and from here on the config was not looked at"),
            "correct those, and look again",
        );
        self.faults.push(self.source.fault(at, problem));
    }

    /// Reports what is wrong at a place. Where the parser guessed, its own fault is enough.
    pub(super) fn fault(&mut self, at: Range<usize>, problem: Problem) {
        match self.faults.len() {
            0..TOLD_MAX => {
                let fault = self.source.fault(at, problem);
                if !self.guessed.iter().any(|lines| lines.contains(&fault.line)) {
                    self.faults.push(fault);
                }
            }
            TOLD_MAX => self.stop(at),
            _ => {}
        }
    }

    /// Reports what is wrong with a place in view of others, or what is missing there. Said only of
    /// a file that could be read as a whole: the parser may have lost what seems to be missing.
    pub(super) fn fault_in_context(&mut self, at: Range<usize>, problem: Problem) {
        if self.guessed.is_empty() {
            self.fault(at, problem);
        }
    }

    pub(super) fn warn(&mut self, at: Range<usize>, problem: Problem) {
        if self.warnings.len() < TOLD_MAX {
            self.warnings.push(self.source.fault(at, problem));
        }
    }

    /// The value of a text, if there is one and it is right; reports it if it is wrong.
    pub(super) fn parsed<T>(
        &mut self,
        written: Option<WrittenText<'_>>,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let written = written?;
        match parse(written.text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(written.at, problem);
                None
            }
        }
    }

    /// Like [`ConfigReading::parsed`] for each text of a list; what is wrong is left out.
    pub(super) fn each_parsed<T>(
        &mut self,
        written: Vec<WrittenText<'_>>,
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Vec<T> {
        let each = written
            .into_iter()
            .map(|text| self.parsed(Some(text), &parse));
        each.flatten().collect()
    }

    /// A path as written, relative to the config.
    pub(super) fn resolve(&self, written: &str) -> PathBuf {
        self.source.resolve(written)
    }

    /// A recipe's bytes. All of them together stay within a bound.
    pub(super) fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.files.get() > FILES_MAX_BYTES {
            let why = format!("the recipes before it have more than {FILES_MAX_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        let bytes = (self.read_file)(path)?;
        self.files.set(self.files.get() + bytes.len());
        Ok(bytes)
    }

    /// The warnings by place, or the faults if there are any.
    pub(super) fn finish(mut self) -> Result<Vec<Fault>, Faults> {
        self.warnings
            .sort_by_key(|warning| (warning.line, warning.column));
        Faults::sorted_faults(self.faults).map_or(Ok(self.warnings), Err)
    }
}

/// The parser's words, but where they mislead.
fn syntax_fault(source: &Source<'_>, error: &toml::de::Error) -> Fault {
    let at = error.span().unwrap_or(0..0);
    let message = error.message().trim().replace('\n', ", ");
    let problem = match message.split_once(", expected ") {
        // The parser takes what is not there for a text without its quotes.
        _ if source.before(at.start).ends_with('=') => {
            Problem::new("the key has no value", "write one behind the `=`")
        }
        _ if source.char_before(at.start).is_some_and(is_quote) => Problem::new(
            TEXT_GOES_ON,
            "write it between `'''`, where quotes may stand",
        ),
        Some((wrong, expected)) => Problem::new(wrong, format!("TOML wants {expected} here")),
        None if message == DUPLICATE => Problem::new(message, "merge the two, or rename one"),
        None => Problem::new(message, "correct the TOML here"),
    };
    source.fault(at, problem)
}

/// What is said where something stands right behind a text's end: a quote within it ended it.
const TEXT_GOES_ON: &str = "the text ended at the quote before this, and goes on";

fn is_quote(letter: char) -> bool {
    matches!(letter, '\'' | '"')
}

/// Behind a text that ended too early the parser takes the rest of the line for keys and values.
fn without_consequences(faults: Vec<Fault>) -> Vec<Fault> {
    let mut kept: Vec<Fault> = Vec::new();
    for fault in faults {
        let cause =
            |earlier: &Fault| earlier.line == fault.line && earlier.problem.wrong == TEXT_GOES_ON;
        if !kept.iter().any(cause) {
            kept.push(fault);
        }
    }
    kept
}

/// The parser's word for a key or table that is there twice; it merges them.
const DUPLICATE: &str = "duplicate key";

/// The lines on which the parser's guess decides what stands where: a fault's own, and below a
/// header that could not be read everything up to the next one.
fn guessed_lines(source: &Source<'_>, faults: &[Fault]) -> Vec<Range<usize>> {
    let lines_after = |fault: &Fault| {
        let header = source.line(fault.line).trim_start().starts_with('[');
        let end = match header && fault.problem.wrong != DUPLICATE {
            true => source.next_header(fault.line),
            false => fault.line + 1,
        };
        fault.line..end
    };
    faults.iter().map(lines_after).collect()
}

/// A text as written and where.
#[derive(Debug, Clone)]
pub(super) struct WrittenText<'t> {
    pub(super) text: &'t str,
    pub(super) at: Range<usize>,
}

/// A table as written and where; an absent one is empty.
#[derive(Debug, Clone)]
pub(super) struct ConfigSection<'t> {
    table: Option<&'t DeTable<'t>>,
    /// The header or the braces: where something missing is reported.
    pub(super) at: Range<usize>,
}

impl<'t> ConfigSection<'t> {
    pub(super) fn root(table: &'t DeTable<'t>) -> Self {
        Self {
            table: Some(table),
            at: 0..0,
        }
    }

    fn of(value: &'t Spanned<DeValue<'t>>) -> Option<Self> {
        let table = value.get_ref().as_table()?;
        Some(Self {
            table: Some(table),
            at: value.span(),
        })
    }

    fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table?.get(key)
    }

    /// Whether the key is there at all, of whatever type, and where its value is.
    pub(super) fn place_of(&self, key: &str) -> Option<Range<usize>> {
        self.value(key).map(Spanned::span)
    }

    pub(super) fn text(&self, key: &str) -> Option<WrittenText<'t>> {
        written(self.value(key)?)
    }

    /// `None` when the key is absent; elements of the wrong type are left out.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<WrittenText<'t>>> {
        let array = self.value(key)?.get_ref().as_array()?;
        Some(array.iter().filter_map(written).collect())
    }

    /// Whether the key is there and lists nothing.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let array = self.value(key).and_then(|value| value.get_ref().as_array());
        array.is_some_and(|array| array.is_empty())
    }

    pub(super) fn boolean(&self, key: &str) -> Option<bool> {
        self.value(key)?.get_ref().as_bool()
    }

    /// A whole number that fits; the walk has reported the others.
    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        integer_value(self.value(key)?.get_ref())
    }

    /// Whether what stands under a key is a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.value(key)
            .is_some_and(|value| value.get_ref().as_table().is_some())
    }

    /// The table under a key; empty when absent.
    pub(super) fn section(&self, key: &str) -> ConfigSection<'t> {
        let absent = ConfigSection {
            table: None,
            at: self.at.clone(),
        };
        self.value(key)
            .and_then(ConfigSection::of)
            .unwrap_or(absent)
    }

    /// The tables of a list.
    pub(super) fn sections(&self, key: &str) -> Vec<ConfigSection<'t>> {
        let array = self.value(key).and_then(|value| value.get_ref().as_array());
        array.map_or_else(Vec::new, |array| {
            array.iter().filter_map(ConfigSection::of).collect()
        })
    }

    /// The texts under names that the user chose, by name.
    pub(super) fn named_texts(&self) -> Vec<(WrittenText<'t>, WrittenText<'t>)> {
        self.named()
            .filter_map(|(name, value)| Some((name, written(value)?)))
            .collect()
    }

    /// The tables under names that the user chose, by name.
    pub(super) fn named_sections(&self) -> Vec<(WrittenText<'t>, ConfigSection<'t>)> {
        self.named()
            .filter_map(|(name, value)| Some((name, ConfigSection::of(value)?)))
            .collect()
    }

    fn named(&self) -> impl Iterator<Item = (WrittenText<'t>, &'t Spanned<DeValue<'t>>)> + use<'t> {
        self.table.into_iter().flatten().map(|(key, value)| {
            let name = WrittenText {
                text: key.get_ref(),
                at: key.span(),
            };
            (name, value)
        })
    }
}

fn written<'t>(value: &'t Spanned<DeValue<'t>>) -> Option<WrittenText<'t>> {
    Some(WrittenText {
        text: value.get_ref().as_str()?,
        at: value.span(),
    })
}

/// An integer's value, if it fits 64 bits.
pub(super) fn integer_value(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
