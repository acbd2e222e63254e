//! Reads a report out of a console: strictly, since anything may have been printed there.
//!
//! Only lines under exactly our nonce whose sum holds count; everything else is someone else's.
//! It never repairs and never guesses: a report is whole, or it is not a report.

use std::collections::BTreeMap;

use crate::model::report::Report;

use super::frame::{Slot, find_frame, frame_line};
use super::payload;

pub use super::encode::encode_report;

/// What a console says under one nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleReading {
    /// No frame of ours (yet).
    Nothing,
    /// Some of the report's chunks are there.
    Partial { have: u32, total: u32 },
    /// The whole report, every sum holding.
    Whole {
        report: Report,
        /// The closing frame is there: the guest is cleaned, or had nothing to clean (boot test).
        clean: bool,
    },
    /// Frames under our nonce that contradict each other, or chunks that are no report.
    Invalid { why: String },
}

/// Reads what the console says under `nonce`. Never panics, whatever the bytes.
pub fn read_console(console: &[u8], nonce: &str) -> ConsoleReading {
    match Seen::all(console, nonce) {
        Ok(seen) => seen.finish(),
        Err(why) => ConsoleReading::Invalid { why },
    }
}

/// The own sum of the report that the console holds whole; a closing frame repeats it.
pub fn report_sum(console: &[u8], nonce: &str) -> Option<String> {
    let seen = Seen::all(console, nonce).ok()?;
    let joined: String = seen.chunks.into_values().collect();
    payload::decode_payload(&joined)
        .ok()
        .map(|decoded| decoded.sum)
}

/// The frames under `nonce` that the console holds, a line each, without anything else. What is read
/// again and again while its beginning is pushed out can be put together of these.
pub fn frames(console: &[u8], nonce: &str) -> Vec<String> {
    let lines = console.split(|byte| *byte == b'\n');
    let frames = lines.filter_map(|line| find_frame(line, nonce));
    frames.map(|frame| frame_line(nonce, &frame)).collect()
}

/// The sum of the report that is closed, whether or not the report itself is still there. Nothing for
/// two that differ.
pub fn closed_sum(console: &[u8], nonce: &str) -> Option<String> {
    let lines = console.split(|byte| *byte == b'\n');
    let mut sums = lines
        .filter_map(|line| find_frame(line, nonce))
        .filter(|frame| frame.slot == Slot::Clean)
        .map(|frame| frame.data);
    let first = sums.next()?;
    sums.all(|sum| sum == first).then(|| first.to_owned())
}

/// The frames so far.
#[derive(Debug, Default)]
struct Seen<'a> {
    total: Option<u32>,
    chunks: BTreeMap<u32, &'a str>,
    clean: Option<&'a str>,
}

impl<'a> Seen<'a> {
    /// Every frame under `nonce`.
    ///
    /// # Errors
    /// When two contradict each other.
    fn all(console: &'a [u8], nonce: &str) -> Result<Self, String> {
        let mut seen = Self::default();
        for line in console.split(|byte| *byte == b'\n') {
            if let Some(frame) = find_frame(line, nonce) {
                seen.take(frame.slot, frame.data)?;
            }
        }
        Ok(seen)
    }

    /// Takes one frame; a second copy must say the same.
    fn take(&mut self, slot: Slot, data: &'a str) -> Result<(), String> {
        let before = match slot {
            Slot::Clean => self.clean.replace(data),
            Slot::Chunk { index, total } => {
                if self.total.replace(total).is_some_and(|seen| seen != total) {
                    return Err("two reports of different length under one nonce".to_owned());
                }
                self.chunks.insert(index, data)
            }
        };
        match before {
            Some(before) if before != data => {
                Err("two different frames for one place under one nonce".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn finish(self) -> ConsoleReading {
        let Some(total) = self.total else {
            return ConsoleReading::Nothing;
        };
        let have = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        if have < total {
            return ConsoleReading::Partial { have, total };
        }
        let joined: String = self.chunks.into_values().collect();
        match payload::decode_payload(&joined) {
            Ok(decoded) => ConsoleReading::Whole {
                clean: self.clean == Some(decoded.sum.as_str()),
                report: decoded.report,
            },
            Err(why) => ConsoleReading::Invalid { why },
        }
    }
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
