//! The file as written: turns byte offsets into places and places into faults. Knows no rules.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Excerpt, Fault, Problem};
use super::secret_lines::secret_lines;

/// A config file's text under the name that people know it by.
#[derive(Debug)]
pub(super) struct Source<'a> {
    path: &'a Path,
    text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Which lines may hold a secret; one for each line.
    secret: Vec<bool>,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            path,
            text,
            starts: std::iter::once(0).chain(ends).collect(),
            secret: secret_lines(text),
        }
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
        let number = self.starts.partition_point(|line| *line <= start);
        let line_start = self.starts.get(number - 1).copied().unwrap_or_default();
        let line = self.line(number);
        let end = self.boundary(span.end).min(line_start + line.len());
        let column = self.text[line_start..start].chars().count() + 1;
        let width = self.text[start..end.max(start)].chars().count();
        Fault {
            path: self.path.to_owned(),
            line: number,
            column,
            problem,
            excerpt: Some(match self.secret.get(number - 1) {
                Some(true) => Excerpt::Withheld,
                _ => Excerpt::around(line, column, width),
            }),
        }
    }

    /// What stands before an offset on its line, without the blanks in between.
    pub(super) fn before(&self, offset: usize) -> &'a str {
        let before = &self.text[..self.boundary(offset)];
        before.rsplit('\n').next().unwrap_or(before).trim_end()
    }

    /// The character right before an offset; absent at the beginning of the file.
    pub(super) fn char_before(&self, offset: usize) -> Option<char> {
        self.text[..self.boundary(offset)].chars().next_back()
    }

    /// A line by its number, from 1, without its end.
    pub(super) fn line(&self, number: usize) -> &'a str {
        let Some(start) = self.starts.get(number - 1) else {
            return "";
        };
        let end = self.starts.get(number).copied();
        let line = &self.text[*start..end.unwrap_or(self.text.len())];
        line.trim_end_matches('\n').trim_end_matches('\r')
    }

    /// The number of the first header below a line, or of the line after the last.
    pub(super) fn next_header(&self, number: usize) -> usize {
        let below = number + 1..=self.starts.len();
        let is_header = |line: &usize| self.line(*line).trim_start().starts_with('[');
        below.clone().find(is_header).unwrap_or(below.end() + 1)
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
