//! The conversation with a guest over SSM, as a plain state machine: what to ask next, and what was heard.
//! It reads no clock and asks nobody; `ssm` does.

use chrono::{DateTime, TimeDelta, Utc};

use super::user_data::{LINES_A_QUESTION, question};
use crate::cloud::CommandId;

/// A question that nobody answered by then is asked again: delivery, run, and time to say so.
const ANSWER_MAX_S: i64 = 180;
/// Between two questions to a guest that has nothing to say yet.
const PAUSE_S: i64 = 10;

/// What was asked of one guest, and what it said.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    asked: Option<(CommandId, DateTime<Utc>)>,
    /// Lines of frames, from the first on.
    heard: Vec<String>,
    /// It was told to clean itself and to close its report.
    closing: bool,
    not_before: Option<DateTime<Utc>>,
    /// Why the last question had no answer.
    trouble: Option<String>,
}

/// What a guest has said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Its frames, as a console would hold them.
    pub(super) frames: Vec<u8>,
    /// Why the last question had no answer.
    pub(super) trouble: Option<String>,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ConversationNext {
    Rest,
    Ask { script: String },
    Look { command: CommandId },
}

impl Conversation {
    /// Decides; forgets a question that was not answered in time.
    pub(super) fn next(&mut self, now: DateTime<Utc>) -> ConversationNext {
        if let Some((command, at)) = self.asked.take() {
            if (now - at).num_seconds() < ANSWER_MAX_S {
                self.asked = Some((command.clone(), at));
                return ConversationNext::Look { command };
            }
            self.trouble = Some(format!("a command had no answer within {ANSWER_MAX_S} s"));
        }
        if self.not_before.is_some_and(|at| now < at) {
            return ConversationNext::Rest;
        }
        let script = question(self.heard.len() + 1, self.closing);
        ConversationNext::Ask { script }
    }

    /// Takes an answer: whole lines, in order. A full one has more behind it.
    pub(super) fn answered(&mut self, stdout: &str, now: DateTime<Utc>) {
        let lines = stdout.lines().filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        self.not_before = (lines.len() < LINES_A_QUESTION).then(|| later(now));
        self.heard.extend(lines);
        self.asked = None;
        self.trouble = None;
    }

    /// The question is on its way.
    pub(super) fn asked(&mut self, command: CommandId, now: DateTime<Utc>) {
        self.asked = Some((command, now));
    }

    /// Nothing was heard: what was heard before may be of an earlier boot, and is asked for again.
    pub(super) fn failed(&mut self, why: String, now: DateTime<Utc>) {
        self.asked = None;
        self.heard.clear();
        self.trouble = Some(why);
        self.not_before = Some(later(now));
    }

    /// From now on the guest is told to close its report; what it is told first it is told at once.
    pub(super) fn close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.asked = None;
            self.not_before = None;
        }
    }

    pub(super) fn heard(&self) -> Heard {
        let lines = self.heard.iter().map(|line| format!("{line}\n"));
        Heard {
            frames: lines.collect::<String>().into_bytes(),
            trouble: self.trouble.clone(),
        }
    }
}

fn later(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::seconds(PAUSE_S)
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
