//! What was written, and what that means now.
//!
//! [`Run::record`] is the whole rulebook: the runner records through it and a restart replays
//! through it, so that there is no second code path. An event that does not follow from the ones
//! before it is an error, in production as in tests.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::WorkflowKind;

/// One entry of a journal, numbered by its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JournalEvent<I, S, O> {
    /// Always the first.
    Opened {
        at: DateTime<Utc>,
        input: I,
    },
    /// Written before the step's first call, and again for each alternative. The deadline of a step
    /// that is watched is where it stood then: a resume gives it its time again.
    Started {
        step: S,
        choice: u32,
        at: DateTime<Utc>,
        deadline: DateTime<Utc>,
    },
    /// What a look has learnt that a later one may not see again; the step goes on.
    Kept {
        step: S,
        at: DateTime<Utc>,
        output: O,
    },
    Done {
        step: S,
        at: DateTime<Utc>,
        output: O,
    },
    Failed {
        step: S,
        at: DateTime<Utc>,
        failure: StepFailure,
    },
    UndoStarted {
        step: S,
        at: DateTime<Utc>,
        deadline: DateTime<Utc>,
    },
    Undone {
        step: S,
        at: DateTime<Utc>,
    },
    /// Not undone: a person is needed, `by_hand` says for what.
    Left {
        step: S,
        at: DateTime<Utc>,
        left: LeftUndone,
    },
    /// Always the last; in the same batch as the facts that follow from it.
    Closed {
        at: DateTime<Utc>,
        outcome: RunOutcome,
    },
}

/// Shorthand for a kind's own events.
pub type EventOf<K> = JournalEvent<
    <K as WorkflowKind>::Input,
    <K as WorkflowKind>::Step,
    <K as WorkflowKind>::Output,
>;

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// A stable word for programs: `checks_failed`, `deadline`, `denied`.
    pub kind: String,
    /// One line, with what to do next.
    pub why: String,
    /// More lines for people, printable: the console's tail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl StepFailure {
    /// A failure without detail.
    pub fn new(kind: &str, why: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            why: why.into(),
            detail: None,
        }
    }

    /// Adds the detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Something that could not be undone, or was left on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftUndone {
    pub why: String,
    /// What a person should do about it.
    pub by_hand: String,
}

/// How a workflow ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every step is done; `left` names what could not be cleaned up.
    Succeeded { left: Vec<LeftUndone> },
    /// A step failed; what was made is gone, except what `left` names.
    Failed {
        step: String,
        failure: StepFailure,
        left: Vec<LeftUndone>,
    },
}

/// A run of a workflow, as its journal tells it.
pub struct Run<K: WorkflowKind> {
    opened_at: DateTime<Utc>,
    input: K::Input,
    outputs: Vec<(K::Step, K::Output)>,
    /// The last of each step.
    kept: Vec<(K::Step, K::Output)>,
    phase: Phase<K::Step>,
    failure: Option<(K::Step, StepFailure)>,
    undone: Vec<K::Step>,
    left: Vec<LeftUndone>,
    length: u64,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase<S> {
    /// Between steps: the next one has not been started.
    Ready,
    Running {
        step: S,
        choice: u32,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    },
    /// A step failed: what was started is undone, last first.
    Failing,
    Undoing {
        step: S,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    },
    Closed(RunOutcome),
}

/// An event that does not follow from the ones before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "journal entry {at} ({event}) cannot follow what is before it; keep the store and report this"
)]
pub struct Illegal {
    pub at: u64,
    pub event: String,
}

impl<K: WorkflowKind> Run<K> {
    /// Opens a run from its first event.
    ///
    /// # Errors
    /// When the first event is not `Opened`.
    pub fn open(event: EventOf<K>) -> Result<Self, Illegal> {
        let JournalEvent::Opened { at, input } = event else {
            return Err(Illegal {
                at: 0,
                event: word(&event).to_owned(),
            });
        };
        Ok(Self {
            opened_at: at,
            input,
            outputs: Vec::new(),
            kept: Vec::new(),
            phase: Phase::Ready,
            failure: None,
            undone: Vec::new(),
            left: Vec::new(),
            length: 1,
        })
    }

    /// Takes one more event into account.
    ///
    /// # Errors
    /// [`Illegal`] when it cannot follow; the run is then not changed.
    pub fn record(&mut self, event: &EventOf<K>) -> Result<(), Illegal> {
        let phase = self.follow(event).ok_or_else(|| self.illegal(event))?;
        match event {
            JournalEvent::Kept { step, output, .. } => {
                self.kept.retain(|(of, _)| of != step);
                self.kept.push((*step, output.clone()));
            }
            JournalEvent::Done { step, output, .. } => self.outputs.push((*step, output.clone())),
            JournalEvent::Failed { step, failure, .. } => {
                self.failure = Some((*step, failure.clone()))
            }
            JournalEvent::Undone { step, .. } => self.undone.push(*step),
            JournalEvent::Left { step, left, .. } => {
                self.undone.push(*step);
                self.left.push(left.clone());
            }
            JournalEvent::Opened { .. }
            | JournalEvent::Started { .. }
            | JournalEvent::UndoStarted { .. }
            | JournalEvent::Closed { .. } => {}
        }
        self.phase = phase;
        self.length += 1;
        Ok(())
    }

    /// The phase after the event, when the event may come now.
    fn follow(&self, event: &EventOf<K>) -> Option<Phase<K::Step>> {
        match (&self.phase, event) {
            (
                Phase::Ready,
                JournalEvent::Started {
                    step,
                    choice: 0,
                    at,
                    deadline,
                },
            ) if self.output(*step).is_none() => Some(Phase::Running {
                step: *step,
                choice: 0,
                since: *at,
                deadline: *deadline,
            }),
            (
                Phase::Running {
                    step: running,
                    choice: before,
                    deadline,
                    ..
                },
                JournalEvent::Started {
                    step, choice, at, ..
                },
            ) if running == step && *choice == before + 1 => Some(Phase::Running {
                step: *step,
                choice: *choice,
                since: *at,
                deadline: *deadline,
            }),
            (Phase::Running { step: running, .. }, JournalEvent::Kept { step, .. })
                if running == step =>
            {
                Some(self.phase.clone())
            }
            (Phase::Running { step: running, .. }, JournalEvent::Done { step, .. })
                if running == step =>
            {
                Some(Phase::Ready)
            }
            (Phase::Running { step: running, .. }, JournalEvent::Failed { step, .. })
                if running == step =>
            {
                Some(Phase::Failing)
            }
            (Phase::Failing, JournalEvent::UndoStarted { step, at, deadline })
                if !self.undone.contains(step) =>
            {
                Some(Phase::Undoing {
                    step: *step,
                    since: *at,
                    deadline: *deadline,
                })
            }
            (Phase::Undoing { step: undoing, .. }, JournalEvent::Undone { step, .. })
            | (Phase::Undoing { step: undoing, .. }, JournalEvent::Left { step, .. })
                if undoing == step =>
            {
                Some(Phase::Failing)
            }
            (Phase::Ready | Phase::Failing, JournalEvent::Closed { outcome, .. }) => {
                Some(Phase::Closed(outcome.clone()))
            }
            _ => None,
        }
    }

    fn illegal(&self, event: &EventOf<K>) -> Illegal {
        Illegal {
            at: self.length,
            event: word(event).to_owned(),
        }
    }

    /// When it was opened.
    pub fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    /// What was decided beforehand.
    pub fn input(&self) -> &K::Input {
        &self.input
    }

    /// What a step left, once it is done.
    pub fn output(&self, step: K::Step) -> Option<&K::Output> {
        self.outputs
            .iter()
            .find(|(of, _)| *of == step)
            .map(|(_, output)| output)
    }

    /// What a step that is not done has kept so far.
    pub fn kept(&self, step: K::Step) -> Option<&K::Output> {
        let mut kept = self.kept.iter().filter(|(of, _)| *of == step);
        kept.next().map(|(_, output)| output)
    }

    /// What is to be done next.
    pub fn phase(&self) -> &Phase<K::Step> {
        &self.phase
    }

    /// The failed step and why, once one has failed.
    pub fn failure(&self) -> Option<&(K::Step, StepFailure)> {
        self.failure.as_ref()
    }

    /// What could not be undone so far.
    pub fn left(&self) -> &[LeftUndone] {
        &self.left
    }

    /// How many events the journal has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// True once the step's undo has ended, one way or the other.
    pub fn is_undone(&self, step: K::Step) -> bool {
        self.undone.contains(&step)
    }
}

fn word<I, S, O>(event: &JournalEvent<I, S, O>) -> &'static str {
    match event {
        JournalEvent::Opened { .. } => "opened",
        JournalEvent::Started { .. } => "started",
        JournalEvent::Kept { .. } => "kept",
        JournalEvent::Done { .. } => "done",
        JournalEvent::Failed { .. } => "failed",
        JournalEvent::UndoStarted { .. } => "undo_started",
        JournalEvent::Undone { .. } => "undone",
        JournalEvent::Left { .. } => "left",
        JournalEvent::Closed { .. } => "closed",
    }
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
