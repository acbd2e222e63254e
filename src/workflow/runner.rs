//! Drives a run to its end: records before it acts, looks with growing pauses, undoes on failure.
//!
//! Every call of a step's function is bounded in time, every wait has the absolute deadline that
//! the journal holds, and every outcome that is unknown goes back through `find`. The runner holds
//! no state that the journal does not: dropping it anywhere loses nothing. One step is driven in
//! [`super::running`], taken back in [`super::undo`]; what is written is in [`super::writing`].

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::journal::Phase;
use super::observer::ObserverOf;
use super::recovery::{OPEN_PREFIX, replay};
use super::writing::encode;
use super::{Event, InputOf, Outcome, Run, RunError, StepError, Workflow, WorkflowKind};
use crate::clock::Clock;
use crate::store::{Op, Store, StoreError};

/// One call of a step's function, whatever it does inside.
const CALL_MAX: Duration = Duration::from_secs(120);

/// Drives one workflow's journals.
pub struct Runner<'a, W: Workflow> {
    pub workflow: &'a W,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
    /// The lease's epoch under which this process writes.
    pub epoch: u64,
    pub observer: &'a ObserverOf<W::Kind>,
}

/// A run that has come to its end.
pub struct Ended<K: WorkflowKind> {
    pub outcome: Outcome,
    pub run: Run<K>,
}

impl<W: Workflow> Runner<'_, W> {
    /// Opens the journal with its input, unless it exists, and drives it to the end.
    ///
    /// # Errors
    /// [`RunError`] when the store fails; nothing is lost.
    pub async fn open(
        &self,
        journal: &str,
        input: &InputOf<W>,
    ) -> Result<Ended<W::Kind>, RunError> {
        let opened = Event::Opened {
            at: self.clock.now(),
            input: input.clone(),
        };
        let event = encode::<W::Kind>(journal, &opened)?;
        let batch = self.guarded(vec![
            Op::Append {
                journal: journal.to_owned(),
                expected: 0,
                event,
            },
            Op::PutIfAbsent {
                key: format!("{OPEN_PREFIX}{journal}"),
                value: Value::Null,
            },
        ]);
        match self.store.commit(batch).await {
            Ok(()) => self.observer.recorded(&opened),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.resume(journal).await
    }

    /// Drives an existing journal to the end.
    ///
    /// # Errors
    /// [`RunError`] when the store fails or the journal does not make sense.
    pub async fn resume(&self, journal: &str) -> Result<Ended<W::Kind>, RunError> {
        let mut run = replay::<W::Kind>(self.store, journal).await?;
        let resumed_at = self.clock.now();
        loop {
            match run.phase().clone() {
                Phase::Ready => self.ready(journal, &mut run).await?,
                Phase::Running {
                    step,
                    choice,
                    since,
                    deadline,
                } => {
                    // What only tidies up gets its time from whoever does it: a process that was
                    // dead for longer than that must not leave things behind.
                    let tidies = run.output(W::Kind::POINT_OF_NO_RETURN).is_some();
                    let allowance = W::Kind::allowance(step, run.input());
                    let deadline = match tidies {
                        true => deadline.max(resumed_at + delta(allowance)),
                        false => deadline,
                    };
                    self.running(journal, &mut run, step, choice, since, deadline)
                        .await?;
                }
                Phase::Failing => self.failing(journal, &mut run).await?,
                Phase::Undoing {
                    step,
                    since,
                    deadline,
                } => {
                    let allowance = W::Kind::undo_allowance(step);
                    let deadline = deadline.max(resumed_at + delta(allowance));
                    self.undoing(journal, &mut run, step, since, deadline)
                        .await?;
                }
                Phase::Closed(outcome) => return Ok(Ended { outcome, run }),
            }
        }
    }

    /// Starts the next step, or closes when there is none.
    async fn ready(&self, journal: &str, run: &mut Run<W::Kind>) -> Result<(), RunError> {
        let next = self
            .workflow
            .steps()
            .iter()
            .find(|step| run.output(**step).is_none());
        let Some(&step) = next else {
            return self
                .close(journal, run, Outcome::Succeeded { left: Vec::new() })
                .await;
        };
        let at = self.clock.now();
        let deadline = at + delta(W::Kind::allowance(step, run.input()));
        self.append(
            journal,
            run,
            Event::Started {
                step,
                choice: 0,
                at,
                deadline,
            },
        )
        .await
    }

    /// Waits, but not past the deadline: the last look is when the time is over.
    pub(super) async fn pause(&self, wait: Duration, deadline: DateTime<Utc>) {
        let left = (deadline - self.clock.now()).to_std().unwrap_or_default();
        self.clock.sleep(wait.min(left)).await;
    }

    /// Bounds one call; a call that hangs has an unknown outcome.
    pub(super) async fn bounded<T>(
        &self,
        call: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, StepError> {
        match self.clock.timeout(CALL_MAX, call).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(StepError::Again {
                why: elapsed.to_string(),
            }),
        }
    }
}

pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
