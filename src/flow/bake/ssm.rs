//! Asking a guest over SSM Run Command (`proof = "ssm"`): its frames, a few lines a question, until they
//! hold a whole report; and, when asked to, its closing.
//!
//! A question changes nothing that asking again would not (`guest/fetch.sh`), so a lost answer costs a
//! question and a restart begins anew: nothing of this is journaled. One look at AWS a call. What the
//! frames mean is `verify`'s to say, as for a console.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::steps::Bake;
use super::trouble::step_error;
use super::user_data::{LINES_A_QUESTION, question};
use crate::cloud::{CommandId, ErrorKind, Instance, InstanceState, Invocation};
use crate::model::bake::BakeOrder;
use crate::workflow::StepError;

/// How long one question may run in the guest.
const QUESTION_MAX: Duration = Duration::from_secs(60);
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
enum Next {
    Rest,
    Ask { script: String },
    Look { command: CommandId },
}

impl Conversation {
    /// Decides; forgets a question that was not answered in time.
    fn next(&mut self, now: DateTime<Utc>) -> Next {
        if let Some((command, at)) = self.asked.take() {
            if (now - at).num_seconds() < ANSWER_MAX_S {
                self.asked = Some((command.clone(), at));
                return Next::Look { command };
            }
            self.trouble = Some(format!("a command had no answer within {ANSWER_MAX_S} s"));
        }
        if self.not_before.is_some_and(|at| now < at) {
            return Next::Rest;
        }
        let script = question(self.heard.len() + 1, self.closing);
        Next::Ask { script }
    }

    /// Takes an answer: whole lines, in order. A full one has more behind it.
    fn answered(&mut self, stdout: &str, now: DateTime<Utc>) {
        let lines = stdout.lines().filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        self.not_before = (lines.len() < LINES_A_QUESTION).then(|| later(now));
        self.heard.extend(lines);
        self.asked = None;
        self.trouble = None;
    }

    /// Nothing was heard: what was heard before may be of an earlier boot, and is asked for again.
    fn failed(&mut self, why: String, now: DateTime<Utc>) {
        self.asked = None;
        self.heard.clear();
        self.trouble = Some(why);
        self.not_before = Some(later(now));
    }

    /// From now on the guest is told to close its report; what it is told first it is told at once.
    fn close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.asked = None;
            self.not_before = None;
        }
    }

    fn heard(&self) -> Heard {
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

/// One step of the conversation with a guest: asks, or looks at what was asked, or rests.
pub(super) async fn ask(
    bake: &Bake<'_>,
    order: &BakeOrder,
    guest: &Instance,
    close: bool,
    now: DateTime<Utc>,
) -> Result<Heard, StepError> {
    let next = with(bake, guest, |talk| {
        if close {
            talk.close();
        }
        match guest.state {
            InstanceState::Running => talk.next(now),
            // Nobody is there (yet, or any more): what was heard is all there is.
            _ => Next::Rest,
        }
    });
    match next {
        Next::Rest => {}
        Next::Ask { script } => send(bake, order, guest, &script, now).await?,
        Next::Look { command } => look(bake, guest, &command, now).await?,
    }
    Ok(with(bake, guest, |talk| talk.heard()))
}

async fn send(
    bake: &Bake<'_>,
    order: &BakeOrder,
    guest: &Instance,
    script: &str,
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    let comment = format!("amiwatch {} {}", order.watch, order.key.short());
    let sent = bake
        .cloud
        .send_script(&guest.id, script, QUESTION_MAX, &comment)
        .await;
    match sent {
        Ok(command) => with(bake, guest, |talk| talk.asked = Some((command, now))),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let why = format!("its SSM agent has not registered: {error}");
            with(bake, guest, |talk| talk.failed(why, now));
        }
        // Whether or not it runs: it may be asked again.
        Err(error) if error.kind == ErrorKind::Unknown => {
            with(bake, guest, |talk| talk.failed(error.to_string(), now));
        }
        Err(error) => return Err(step_error(&error)),
    }
    Ok(())
}

async fn look(
    bake: &Bake<'_>,
    guest: &Instance,
    command: &CommandId,
    now: DateTime<Utc>,
) -> Result<(), StepError> {
    let seen = bake.cloud.invocation(&guest.id, command).await;
    match seen.map_err(|error| step_error(&error))? {
        Invocation::Pending => {}
        Invocation::Done { stdout } => with(bake, guest, |talk| talk.answered(&stdout, now)),
        Invocation::Failed {
            status,
            exit,
            stderr,
        } => {
            let stderr: String = stderr.chars().take(300).collect();
            let why = format!("a command ended as {status} (exit {exit}): {stderr}");
            with(bake, guest, |talk| talk.failed(why, now));
        }
    }
    Ok(())
}

/// The conversation with this guest; never held across a call.
fn with<T>(bake: &Bake<'_>, guest: &Instance, change: impl FnOnce(&mut Conversation) -> T) -> T {
    let mut all = bake.conversations.borrow_mut();
    change(all.entry(guest.id.clone()).or_default())
}

#[cfg(test)]
#[path = "ssm_tests.rs"]
mod tests;
