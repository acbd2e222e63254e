//! Drives a run to its end: records before it acts, looks with growing pauses, undoes on failure.
//!
//! Every call of a step's function is bounded in time, every wait has the deadline that the journal
//! holds (or, where a step is watched, that the watching has), and every outcome that is unknown goes
//! back through `find`. Nothing that matters is held here alone ([`super::life`]): dropping the runner
//! anywhere loses nothing. One step is driven in [`super::running`], taken back in [`super::undo`];
//! what is written is in [`super::writing`].

use std::time::Duration;

use super::journal::Phase;
use super::life::{Life, StepStanding, delta};
use super::observer::ObserverOf;
use super::open;
use super::recovery::replay;
use super::{InputOf, JournalEvent, Run, RunError, RunOutcome, StepError, Workflow, WorkflowKind};
use crate::clock::Clock;
use crate::store::{Op, Store, StoreError};

/// One call of a step's function, whatever it does inside.
pub(super) const CALL_MAX: Duration = Duration::from_secs(120);

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
pub struct EndedRun<K: WorkflowKind> {
    pub outcome: RunOutcome,
    pub run: Run<K>,
}

/// How an opening went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is written, with everything that goes with it.
    New,
    /// A journal of this name was there before. Nothing was written, what goes with it neither.
    Already,
    /// A record that goes with it was changed by somebody else meanwhile. Nothing was written: read
    /// again and decide again.
    Conflict { key: String },
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
    ) -> Result<EndedRun<W::Kind>, RunError> {
        match self.begin(journal, input, Vec::new()).await? {
            Opening::New | Opening::Already => self.resume(journal).await,
            Opening::Conflict { key } => Err(StoreError::Conflict { key }.into()),
        }
    }

    /// Opens the journal with its input and writes what goes with that (a claim, the version of what
    /// it was decided from), in one batch. Drives nothing yet.
    ///
    /// # Errors
    /// [`RunError`] when the store fails. That somebody wrote first is an [`Opening`].
    pub async fn begin(
        &self,
        journal: &str,
        input: &InputOf<W>,
        with: Vec<Op>,
    ) -> Result<Opening, RunError> {
        let at = self.clock.now();
        let mut ops = open::opening::<W::Kind>(journal, input, at)?;
        ops.extend(with);
        match self.store.commit(self.guarded(ops)).await {
            Ok(()) => {
                let input = input.clone();
                self.observer.recorded(&JournalEvent::Opened { at, input });
                Ok(Opening::New)
            }
            // A store names one conflict of several, and a record may be called as a journal is: what
            // is there decides.
            Err(StoreError::Conflict { key }) => {
                let none = self.store.journal(journal).await?.is_empty();
                Ok(match none {
                    true => Opening::Conflict { key },
                    false => Opening::Already,
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Drives an existing journal to the end.
    ///
    /// # Errors
    /// [`RunError`] when the store fails or the journal does not make sense.
    pub async fn resume(&self, journal: &str) -> Result<EndedRun<W::Kind>, RunError> {
        let mut run = replay::<W::Kind>(self.store, journal).await?;
        if let Some(heading) = open::heading(self.store, journal, &run).await? {
            self.store.commit(self.guarded(vec![heading])).await?;
        }
        let mut life = Life::begin(self.clock.now());
        loop {
            match run.phase().clone() {
                Phase::Ready => self.ready(journal, &mut run, &mut life).await?,
                Phase::Running {
                    step,
                    choice,
                    since,
                    deadline,
                } => {
                    let standing = StepStanding {
                        step,
                        choice,
                        since,
                        deadline,
                    };
                    self.running(journal, &mut run, &mut life, standing).await?;
                }
                Phase::Failing => self.failing(journal, &mut run).await?,
                Phase::Undoing {
                    step,
                    since,
                    deadline,
                } => {
                    let standing = StepStanding {
                        step,
                        choice: 0,
                        since,
                        deadline,
                    };
                    self.undoing(journal, &mut run, &mut life, standing).await?;
                }
                Phase::Closed(outcome) => return Ok(EndedRun { outcome, run }),
            }
        }
    }

    /// Starts the next step, or closes when there is none.
    async fn ready(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        life: &mut Life<W::Kind>,
    ) -> Result<(), RunError> {
        let mut steps = W::Kind::STEPS.iter();
        let Some(&step) = steps.find(|step| run.output(**step).is_none()) else {
            let outcome = RunOutcome::Succeeded { left: Vec::new() };
            return self.close(journal, run, outcome).await;
        };
        let at = self.clock.now();
        let deadline = at + delta(W::Kind::allowance(step, run.input()).duration());
        life.started(step, self.clock.steady());
        let started = JournalEvent::Started {
            step,
            choice: 0,
            at,
            deadline,
        };
        self.append(journal, run, started).await
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
