//! The file as written: turns byte offsets into places and places into faults. Knows no rules.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Excerpt, Fault, Problem};
use super::secret::hidden;

/// A config file's text under the name that people know it by.
#[derive(Debug)]
pub(super) struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    /// A path as written in this file: relative ones start at the file's own folder.
    pub(super) fn resolve(&self, written: &str) -> PathBuf {
        match self.path.parent() {
            Some(folder) => folder.join(written),
            None => PathBuf::from(written),
        }
    }

    /// A fault at a span of bytes. Spans that cover several lines are underlined on the first one.
    pub(super) fn fault(&self, span: Range<usize>, problem: Problem) -> Fault {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end.max(start));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let line = self.text[line_start..line_end].trim_end_matches('\r');
        Fault {
            path: self.path.to_owned(),
            line: self.text[..line_start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            problem,
            excerpt: Some(Excerpt {
                line: hidden(line),
                width: self.text[start..end.min(line_end).max(start)]
                    .chars()
                    .count()
                    .max(1),
            }),
        }
    }

    /// What stands before an offset on its line, without the blanks in between.
    pub(super) fn before(&self, offset: usize) -> &'a str {
        let before = &self.text[..self.boundary(offset)];
        before.rsplit('\n').next().unwrap_or(before).trim_end()
    }

    /// A line by its number, from 1.
    pub(super) fn line(&self, number: usize) -> &'a str {
        self.text.lines().nth(number - 1).unwrap_or_default()
    }

    /// The number of the first header below a line, or of the line after the last.
    pub(super) fn next_header(&self, number: usize) -> usize {
        let below = self.text.lines().skip(number);
        number
            + 1
            + below
                .take_while(|line| !line.trim_start().starts_with('['))
                .count()
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// A fault of the file as a whole, or of bytes that are not text.
pub(super) fn bare_fault(path: &Path, line: usize, column: usize, problem: Problem) -> Fault {
    Fault {
        path: path.to_owned(),
        line,
        column,
        problem,
        excerpt: None,
    }
}
