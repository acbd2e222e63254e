//! One step of a run, from its start to its output: found, started, looked at, and given up when its
//! time is over.

use std::time::Duration;

use super::kind::step_word;
use super::life::{Life, Limit, SentCalls, StepLife, StepStanding};
use super::pauses::Pauses;
use super::runner::{CALL_MAX, Runner};
use super::{
    At, JournalEvent, OutputOf, Run, RunError, StepError, StepFailure, StepLook, StepOf, Workflow,
    WorkflowKind,
};

/// How a step ended, or what is to be written of it meanwhile.
enum StepEnd<T> {
    Done(T),
    /// Not ended: this is written, and the step goes on.
    Kept(T),
    NextChoice(String),
    Failed(StepFailure),
}

/// What one round of calls has come to.
#[derive(Default)]
struct Round {
    /// The step is known to run: it is looked at, and not looked for.
    runs: bool,
    /// `start` was called in this round.
    sent: bool,
}

impl<W: Workflow> Runner<'_, W> {
    /// Drives the step to its end, or to its next choice, and writes it.
    pub(super) async fn running(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        life: &mut Life<W::Kind>,
        standing: StepStanding<StepOf<W>>,
    ) -> Result<(), RunError> {
        let StepStanding {
            step,
            choice,
            deadline,
            ..
        } = standing;
        let tidies = run.output(W::Kind::POINT_OF_NO_RETURN).is_some();
        let allowance = W::Kind::allowance(step, run.input());
        let limit = life.limit(allowance, deadline, tidies);
        let known = life.step(step, choice, self.clock.steady());
        let end = self.drive(run, known, standing, limit).await;
        let at = self.clock.now();
        let event = match end {
            StepEnd::Done(output) => JournalEvent::Done { step, at, output },
            StepEnd::Kept(output) => JournalEvent::Kept { step, at, output },
            StepEnd::Failed(failure) => JournalEvent::Failed { step, at, failure },
            StepEnd::NextChoice(why) => {
                self.observer.waiting(step, &why);
                let deadline = match limit {
                    Limit::At(limit) => limit,
                    Limit::Watched(_) => deadline,
                };
                JournalEvent::Started {
                    step,
                    choice: choice + 1,
                    at,
                    deadline,
                }
            }
        };
        self.append(journal, run, event).await
    }

    /// Finds, starts and looks until the step has ended or its time is over.
    async fn drive(
        &self,
        run: &Run<W::Kind>,
        known: &mut StepLife<StepOf<W>>,
        standing: StepStanding<StepOf<W>>,
        limit: Limit,
    ) -> StepEnd<OutputOf<W>> {
        let mut pause = Pauses::new();
        let mut round = Round::default();
        loop {
            round.sent = false;
            let at = self.at(run, &known.sent, standing);
            let answer = self.bounded(self.look(&at, &mut round)).await;
            if round.sent {
                known.sent.send(standing.choice);
            }
            let (last, wait) = match answer {
                Ok(StepLook::Done(output)) => return StepEnd::Done(output),
                Ok(StepLook::Kept(output)) => return StepEnd::Kept(output),
                Ok(StepLook::Pending { so_far, again_in }) => {
                    let wait = match again_in {
                        Some(again_in) => pause.asked(again_in),
                        None => pause.pending(),
                    };
                    (so_far, wait)
                }
                Err(StepError::Again { why }) => {
                    // Whether it happened is not known: the next round asks `find` first.
                    round.runs = false;
                    (why, pause.trouble())
                }
                Err(StepError::NextChoice { why }) => return StepEnd::NextChoice(why),
                Err(StepError::Failed(failure)) => return StepEnd::Failed(failure),
            };
            known.watch.count(self.clock.steady(), CALL_MAX);
            let left = limit.left(self.clock.now(), &known.watch);
            if left.is_zero() {
                // The last start may have had its effect, and only its answer was lost: a look is
                // cheap, and undoing what happened is not.
                let late = match round.runs {
                    true => None,
                    false => self.found(run, &known.sent, standing).await,
                };
                let overdue = || StepEnd::Failed(overdue(&standing, limit, &last));
                return late.map_or_else(overdue, StepEnd::Done);
            }
            self.observer.waiting(standing.step, &last);
            // Not past the end: the last look is when the time is over.
            let wait = wait.min(left);
            self.clock.sleep(wait).await;
            known.watch.count(self.clock.steady(), wait);
        }
    }

    /// What a step's function is told.
    pub(super) fn at<'a>(
        &self,
        run: &'a Run<W::Kind>,
        sent: &'a SentCalls,
        standing: StepStanding<StepOf<W>>,
    ) -> At<'a, W::Kind> {
        At {
            step: standing.step,
            choice: standing.choice,
            since: standing.since,
            now: self.clock.now(),
            sent,
            run,
        }
    }

    /// What a step has left, when it can be told.
    async fn found(
        &self,
        run: &Run<W::Kind>,
        sent: &SentCalls,
        standing: StepStanding<StepOf<W>>,
    ) -> Option<OutputOf<W>> {
        let at = self.at(run, sent, standing);
        self.bounded(self.workflow.find(&at)).await.ok().flatten()
    }

    /// One round: `find` and perhaps `start` while nothing is known to run, else `check`.
    async fn look(
        &self,
        at: &At<'_, W::Kind>,
        round: &mut Round,
    ) -> Result<StepLook<OutputOf<W>>, StepError> {
        if round.runs {
            return self.workflow.check(at).await;
        }
        if let Some(output) = self.workflow.find(at).await? {
            return Ok(StepLook::Done(output));
        }
        round.sent = true;
        let look = self.workflow.start(at).await?;
        round.runs = true;
        Ok(look)
    }
}

/// A step whose time is over, with what its last look saw.
fn overdue<S: serde::Serialize + std::fmt::Debug>(
    standing: &StepStanding<S>,
    limit: Limit,
    last: &str,
) -> StepFailure {
    let minutes = |allowed: Duration| allowed.as_secs() / 60;
    let after = match limit {
        Limit::At(deadline) => {
            let allowed = (deadline - standing.since).to_std().unwrap_or_default();
            format!("after {} min", minutes(allowed))
        }
        Limit::Watched(allowed) => format!("in {} min of watching it", minutes(allowed)),
    };
    let step = step_word(&standing.step);
    StepFailure::new(
        "deadline",
        format!("`{step}` was not done {after}; last: {last}"),
    )
}
