//! Reads a report out of a console: strictly, since anything may have been printed there.
//!
//! Only lines under exactly our nonce whose sum holds count; everything else is someone else's.
//! It never repairs and never guesses: a report is whole, or it is not a report.

use std::collections::BTreeMap;

use crate::model::report::Report;

use super::frame::{Slot, find};
use super::payload;

pub use super::encode::encode;

/// What a console says under one nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
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
pub fn read(console: &[u8], nonce: &str) -> Reading {
    let mut seen = Seen::default();
    for line in console.split(|byte| *byte == b'\n') {
        if let Some(frame) = find(line, nonce)
            && let Err(why) = seen.take(frame.slot, frame.data)
        {
            return Reading::Invalid { why };
        }
    }
    seen.finish()
}

/// The frames so far.
#[derive(Debug, Default)]
struct Seen<'a> {
    total: Option<u32>,
    chunks: BTreeMap<u32, &'a str>,
    clean: Option<&'a str>,
}

impl<'a> Seen<'a> {
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

    fn finish(self) -> Reading {
        let Some(total) = self.total else {
            return Reading::Nothing;
        };
        let have = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        if have < total {
            return Reading::Partial { have, total };
        }
        let joined: String = self.chunks.into_values().collect();
        match payload::decode(&joined) {
            Ok(decoded) => Reading::Whole {
                clean: self.clean == Some(decoded.sum.as_str()),
                report: decoded.report,
            },
            Err(why) => Reading::Invalid { why },
        }
    }
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
