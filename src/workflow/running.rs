//! One step of a run, from its start to its output: found, started, looked at, and given up when its
//! time is over.

use chrono::{DateTime, Utc};

use super::kind::step_word;
use super::pauses::Pauses;
use super::runner::Runner;
use super::{At, Event, Failure, Look, OutputOf, Run, RunError, StepError, StepOf, Workflow};

/// How a step ended.
enum StepEnd<T> {
    Done(T),
    NextChoice(String),
    Failed(Failure),
}

impl<W: Workflow> Runner<'_, W> {
    /// Drives the step to its end, or to its next choice, and writes it.
    pub(super) async fn running(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        step: StepOf<W>,
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
        run: &Run<W::Kind>,
        step: StepOf<W>,
        choice: u32,
        since: DateTime<Utc>,
        deadline: DateTime<Utc>,
    ) -> StepEnd<OutputOf<W>> {
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

    /// What a step has left, when it can be told.
    async fn found(&self, at: &At<'_, W::Kind>) -> Option<OutputOf<W>> {
        let now = At {
            now: self.clock.now(),
            ..*at
        };
        self.bounded(self.workflow.find(&now)).await.ok().flatten()
    }

    /// One round: `find` and perhaps `start` while nothing is known to run, else `check`.
    async fn look(
        &self,
        at: &At<'_, W::Kind>,
        started: &mut bool,
    ) -> Result<Look<OutputOf<W>>, StepError> {
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
