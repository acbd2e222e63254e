//! Drives a run to its end: records before it acts, looks with growing pauses, undoes on failure.
//!
//! Every call of a step's function is bounded in time, every wait has the absolute deadline that
//! the journal holds, and every outcome that is unknown goes back through `find`. The runner holds
//! no state that the journal does not: dropping it anywhere loses nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::journal::{EventOf, Illegal, Left, Phase};
use super::observer::ObserverOf;
use super::pauses::Pauses;
use super::recovery::{OPEN_PREFIX, replay};
use super::{At, Event, Failure, Look, Outcome, Run, StepError, Undo, Workflow};
use crate::clock::Clock;
use crate::store::{Batch, Op, Store, StoreError};

/// One call of a step's function, whatever it does inside.
const CALL_MAX: Duration = Duration::from_secs(120);

/// Drives one workflow's journals.
pub struct Runner<'a, W: Workflow> {
    pub workflow: &'a W,
    pub store: &'a dyn Store,
    pub clock: &'a Clock,
    /// The lease's epoch under which this process writes.
    pub epoch: u64,
    pub observer: &'a ObserverOf<W>,
}

/// A run that has come to its end.
pub struct Ended<W: Workflow> {
    pub outcome: Outcome,
    pub run: Run<W>,
}

/// Why a run could not be driven on. Its journal stays open; the next start resumes it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the journal cannot be written or read")]
    Store(#[from] StoreError),
    #[error("the journal `{journal}` does not make sense")]
    Illegal {
        journal: String,
        #[source]
        source: Illegal,
    },
    #[error("the journal `{journal}` has an entry that this version cannot read")]
    Unreadable {
        journal: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("there is no journal `{journal}`")]
    Missing { journal: String },
    /// What a failed run made could not be removed, because the world did not answer or refused.
    #[error("undoing `{step}` cannot go on: {why}; it is tried again at the next start")]
    Stuck {
        journal: String,
        step: String,
        why: String,
        /// What a person can do meanwhile.
        by_hand: String,
    },
}

/// How a step ended.
enum StepEnd<T> {
    Done(T),
    NextChoice(String),
    Failed(Failure),
}

impl<W: Workflow> Runner<'_, W> {
    /// Opens the journal with its input, unless it exists, and drives it to the end.
    ///
    /// # Errors
    /// [`RunError`] when the store fails; nothing is lost.
    pub async fn open(&self, journal: &str, input: &W::Input) -> Result<Ended<W>, RunError> {
        let opened = Event::Opened {
            at: self.clock.now(),
            input: input.clone(),
        };
        let event = encode::<W>(journal, &opened)?;
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
    pub async fn resume(&self, journal: &str) -> Result<Ended<W>, RunError> {
        let mut run = replay::<W>(self.store, journal).await?;
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
                    let tidies = run.output(self.workflow.point_of_no_return()).is_some();
                    let allowance = self.workflow.allowance(step, run.input());
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
                    let allowance = self.workflow.undo_allowance(step);
                    let deadline = deadline.max(resumed_at + delta(allowance));
                    self.undoing(journal, &mut run, step, since, deadline)
                        .await?;
                }
                Phase::Closed(outcome) => return Ok(Ended { outcome, run }),
            }
        }
    }

    /// Starts the next step, or closes when there is none.
    async fn ready(&self, journal: &str, run: &mut Run<W>) -> Result<(), RunError> {
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
        let deadline = at + delta(self.workflow.allowance(step, run.input()));
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

    async fn running(
        &self,
        journal: &str,
        run: &mut Run<W>,
        step: W::Step,
        choice: u32,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> Result<(), RunError> {
        let end = self.drive(run, step, choice, since, deadline).await;
        let at = self.clock.now();
        let event = match end {
            StepEnd::Done(output) => Event::Done { step, at, output },
            StepEnd::Failed(failure) => Event::Failed { step, at, failure },
            StepEnd::NextChoice(why) => {
                self.observer.waiting(step, &why);
                Event::Started {
                    step,
                    choice: choice + 1,
                    at,
                    deadline,
                }
            }
        };
        self.append(journal, run, event).await
    }

    /// Finds, starts and looks until the step has ended or its deadline has passed.
    async fn drive(
        &self,
        run: &Run<W>,
        step: W::Step,
        choice: u32,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> StepEnd<W::Output> {
        let mut pause = Pauses::new();
        let mut started = false;
        loop {
            let at = At {
                step,
                choice,
                since,
                now: self.clock.now(),
                run,
            };
            let answer = self.bounded(self.look(&at, &mut started)).await;
            let (last, wait) = match answer {
                Ok(Look::Done(output)) => return StepEnd::Done(output),
                Ok(Look::Pending { so_far }) => (so_far, pause.pending()),
                Err(StepError::Again { why }) => {
                    // Whether it happened is not known: the next round asks `find` first.
                    started = false;
                    (why, pause.trouble())
                }
                Err(StepError::NextChoice { why }) => return StepEnd::NextChoice(why),
                Err(StepError::Failed(failure)) => return StepEnd::Failed(failure),
            };
            if self.clock.now() >= deadline {
                // The last start may have had its effect, and only its answer was lost: a look is
                // cheap, and undoing what happened is not.
                let late = match started {
                    true => None,
                    false => self.found(&at).await,
                };
                return match late {
                    Some(output) => StepEnd::Done(output),
                    None => StepEnd::Failed(overdue(step, since, deadline, &last)),
                };
            }
            self.observer.waiting(step, &last);
            self.pause(wait, deadline).await;
        }
    }

    /// Waits, but not past the deadline: the last look is when the time is over.
    async fn pause(&self, wait: Duration, deadline: DateTime<Utc>) {
        let left = (deadline - self.clock.now()).to_std().unwrap_or_default();
        self.clock.sleep(wait.min(left)).await;
    }

    /// What a step has left, when it can be told.
    async fn found(&self, at: &At<'_, W>) -> Option<W::Output> {
        let now = At {
            now: self.clock.now(),
            ..*at
        };
        self.bounded(self.workflow.find(&now)).await.ok().flatten()
    }

    /// One round: `find` and perhaps `start` while nothing is known to run, else `check`.
    async fn look(&self, at: &At<'_, W>, started: &mut bool) -> Result<Look<W::Output>, StepError> {
        if *started {
            return self.workflow.check(at).await;
        }
        if let Some(output) = self.workflow.find(at).await? {
            return Ok(Look::Done(output));
        }
        let look = self.workflow.start(at).await?;
        *started = true;
        Ok(look)
    }

    /// A step has failed: undoes the last one that was started, or closes.
    async fn failing(&self, journal: &str, run: &mut Run<W>) -> Result<(), RunError> {
        let Some((failed, failure)) = run.failure().cloned() else {
            // `Failing` is only reached by a `Failed` event, which sets the failure.
            let source = Illegal {
                at: run.length(),
                event: "failing".to_owned(),
            };
            return Err(RunError::Illegal {
                journal: journal.to_owned(),
                source,
            });
        };
        if run.output(self.workflow.point_of_no_return()).is_some() {
            let by_hand = self.workflow.by_hand(failed, run);
            let left = vec![Left {
                why: failure.why,
                by_hand,
            }];
            return self.close(journal, run, Outcome::Succeeded { left }).await;
        }
        if let Some(step) = self.next_undo(run, failed) {
            let at = self.clock.now();
            let deadline = at + delta(self.workflow.undo_allowance(step));
            return self
                .append(journal, run, Event::UndoStarted { step, at, deadline })
                .await;
        }
        let left = run.left().to_vec();
        self.close(
            journal,
            run,
            Outcome::Failed {
                step: step_word(&failed),
                failure,
                left,
            },
        )
        .await
    }

    /// The last step, up to the failed one, whose undo has not ended.
    fn next_undo(&self, run: &Run<W>, failed: W::Step) -> Option<W::Step> {
        let steps = self.workflow.steps();
        let last = steps.iter().position(|step| *step == failed)?;
        steps[..=last]
            .iter()
            .rev()
            .copied()
            .find(|step| !run.is_undone(*step))
    }

    async fn undoing(
        &self,
        journal: &str,
        run: &mut Run<W>,
        step: W::Step,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> Result<(), RunError> {
        let left = self.drive_undo(journal, run, step, since, deadline).await?;
        let at = self.clock.now();
        let event = match left {
            None => Event::Undone { step, at },
            Some(left) => Event::Left { step, at, left },
        };
        self.append(journal, run, event).await
    }

    /// Undoes one step; what cannot be undone is named for a person. Where the world did not answer
    /// or refused until the deadline, nothing is written: the journal stays open, and the next start
    /// goes on removing what is there.
    async fn drive_undo(
        &self,
        journal: &str,
        run: &Run<W>,
        step: W::Step,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> Result<Option<Left>, RunError> {
        let mut pause = Pauses::new();
        loop {
            let at = At {
                step,
                choice: 0,
                since,
                now: self.clock.now(),
                run,
            };
            let (why, wait, answered) = match self.bounded(self.workflow.undo(&at)).await {
                Ok(Undo::Gone) => return Ok(None),
                Ok(Undo::Left { why, by_hand }) => return Ok(Some(Left { why, by_hand })),
                Ok(Undo::Pending { so_far }) => (so_far, pause.pending(), true),
                Err(StepError::Again { why } | StepError::NextChoice { why }) => {
                    (why, pause.trouble(), false)
                }
                Err(StepError::Failed(failure)) => {
                    return Ok(Some(self.undo_failed(run, step, &failure.why)));
                }
            };
            if self.clock.now() >= deadline {
                if answered {
                    return Ok(Some(self.undo_failed(run, step, &why)));
                }
                return Err(RunError::Stuck {
                    journal: journal.to_owned(),
                    step: step_word(&step),
                    why,
                    by_hand: self.workflow.by_hand(step, run),
                });
            }
            self.observer.waiting(step, &why);
            self.pause(wait, deadline).await;
        }
    }

    fn undo_failed(&self, run: &Run<W>, step: W::Step, why: &str) -> Left {
        Left {
            why: format!("undoing `{}` did not succeed: {why}", step_word(&step)),
            by_hand: self.workflow.by_hand(step, run),
        }
    }

    /// Bounds one call; a call that hangs has an unknown outcome.
    async fn bounded<T>(
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

    /// Commits the end together with the facts that follow from it.
    async fn close(
        &self,
        journal: &str,
        run: &mut Run<W>,
        outcome: Outcome,
    ) -> Result<(), RunError> {
        let open = format!("{OPEN_PREFIX}{journal}");
        loop {
            let at = self.clock.now();
            let event = Event::Closed {
                at,
                outcome: outcome.clone(),
            };
            let mut ops = self.workflow.closing(run, &outcome, at).await?;
            ops.push(Op::Append {
                journal: journal.to_owned(),
                expected: run.length(),
                event: encode::<W>(journal, &event)?,
            });
            if let Some(record) = self.store.get(&open).await? {
                ops.push(Op::Delete {
                    key: open.clone(),
                    expected: record.version,
                });
            }
            match self.store.commit(self.guarded(ops)).await {
                Ok(()) => return self.recorded(journal, run, &event),
                // A record of the facts was changed by a person's command: decide again.
                Err(StoreError::Conflict { key }) if key != journal => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn append(
        &self,
        journal: &str,
        run: &mut Run<W>,
        event: EventOf<W>,
    ) -> Result<(), RunError> {
        let append = Op::Append {
            journal: journal.to_owned(),
            expected: run.length(),
            event: encode::<W>(journal, &event)?,
        };
        self.store.commit(self.guarded(vec![append])).await?;
        self.recorded(journal, run, &event)
    }

    fn recorded(
        &self,
        journal: &str,
        run: &mut Run<W>,
        event: &EventOf<W>,
    ) -> Result<(), RunError> {
        run.record(event).map_err(|source| RunError::Illegal {
            journal: journal.to_owned(),
            source,
        })?;
        self.observer.recorded(event);
        Ok(())
    }

    fn guarded(&self, mut ops: Vec<Op>) -> Batch {
        ops.push(Op::CheckLease { epoch: self.epoch });
        Batch::of(ops)
    }
}

fn encode<W: Workflow>(journal: &str, event: &EventOf<W>) -> Result<Value, RunError> {
    serde_json::to_value(event).map_err(|source| RunError::Unreadable {
        journal: journal.to_owned(),
        source,
    })
}

/// The step's name as journals and messages write it.
pub fn step_word<S: serde::Serialize + std::fmt::Debug>(step: &S) -> String {
    match serde_json::to_value(step) {
        Ok(Value::String(word)) => word,
        _ => format!("{step:?}"),
    }
}

fn overdue<S: serde::Serialize + std::fmt::Debug>(
    step: S,
    since: DateTime<Utc>,
    deadline: DateTime<Utc>,
    last: &str,
) -> Failure {
    let minutes = (deadline - since).num_minutes();
    let why = format!(
        "`{}` was not done after {minutes} min; last: {last}",
        step_word(&step)
    );
    Failure::new("deadline", why)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
