//! What happens after a step has failed: what was started is undone, last first, and what cannot be is
//! named for a person.

use super::journal::{Illegal, LeftUndone};
use super::kind::{Allowance, step_word};
use super::life::{Life, Limit, StepLife, StepStanding, delta};
use super::pauses::Pauses;
use super::runner::Runner;
use super::{
    JournalEvent, Run, RunError, RunOutcome, StepError, StepOf, Undo, Workflow, WorkflowKind,
};

impl<W: Workflow> Runner<'_, W> {
    /// A step has failed: undoes the last one that was started, or closes.
    pub(super) async fn failing(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
    ) -> Result<(), RunError> {
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
        if run.output(W::Kind::POINT_OF_NO_RETURN).is_some() {
            let by_hand = W::Kind::by_hand(failed, run);
            let left = vec![LeftUndone {
                why: failure.why,
                by_hand,
            }];
            return self
                .close(journal, run, RunOutcome::Succeeded { left })
                .await;
        }
        if let Some(step) = Self::next_undo(run, failed) {
            let at = self.clock.now();
            let deadline = at + delta(W::Kind::undo_allowance(step));
            return self
                .append(
                    journal,
                    run,
                    JournalEvent::UndoStarted { step, at, deadline },
                )
                .await;
        }
        let left = run.left().to_vec();
        self.close(
            journal,
            run,
            RunOutcome::Failed {
                step: step_word(&failed),
                failure,
                left,
            },
        )
        .await
    }

    /// The last step, up to the failed one, whose undo has not ended.
    fn next_undo(run: &Run<W::Kind>, failed: StepOf<W>) -> Option<StepOf<W>> {
        let steps = W::Kind::STEPS;
        let last = steps.iter().position(|step| *step == failed)?;
        steps[..=last]
            .iter()
            .rev()
            .copied()
            .find(|step| !run.is_undone(*step))
    }

    /// Undoes one step and writes how that ended. Whoever undoes has the undo's time, however long
    /// nobody did.
    pub(super) async fn undoing(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        life: &mut Life<W::Kind>,
        standing: StepStanding<StepOf<W>>,
    ) -> Result<(), RunError> {
        let step = standing.step;
        let allowance = Allowance::Absolute(W::Kind::undo_allowance(step));
        let limit = life.limit(allowance, standing.deadline, true);
        // A step that this life did not begin had come to a choice that nobody knows any more.
        let known = life.step(step, u32::MAX, self.clock.steady());
        let left = self
            .drive_undo(journal, run, known, standing, limit)
            .await?;
        let at = self.clock.now();
        let event = match left {
            None => JournalEvent::Undone { step, at },
            Some(left) => JournalEvent::Left { step, at, left },
        };
        self.append(journal, run, event).await
    }

    /// Undoes one step; what cannot be undone is named for a person. Where the world did not answer
    /// or refused until the deadline, nothing is written: the journal stays open, and the next start
    /// goes on removing what is there.
    async fn drive_undo(
        &self,
        journal: &str,
        run: &Run<W::Kind>,
        known: &StepLife<StepOf<W>>,
        standing: StepStanding<StepOf<W>>,
        limit: Limit,
    ) -> Result<Option<LeftUndone>, RunError> {
        let step = standing.step;
        let mut pause = Pauses::new();
        loop {
            let at = self.at(run, &known.sent, standing);
            let (why, wait, answered) = match self.bounded(self.workflow.undo(&at)).await {
                Ok(Undo::Gone) => return Ok(None),
                Ok(Undo::Left { why, by_hand }) => return Ok(Some(LeftUndone { why, by_hand })),
                Ok(Undo::Pending { so_far }) => (so_far, pause.pending(), true),
                Err(StepError::Again { why } | StepError::NextChoice { why }) => {
                    (why, pause.trouble(), false)
                }
                Err(StepError::Failed(failure)) => {
                    return Ok(Some(undo_failed(run, step, &failure.why)));
                }
            };
            let left = limit.left(self.clock.now(), &known.watch);
            if left.is_zero() {
                if answered {
                    return Ok(Some(undo_failed(run, step, &why)));
                }
                return Err(RunError::Stuck {
                    journal: journal.to_owned(),
                    step: step_word(&step),
                    why,
                    by_hand: W::Kind::by_hand(step, run),
                });
            }
            self.observer.waiting(step, &why);
            self.clock.sleep(wait.min(left)).await;
        }
    }
}

fn undo_failed<K: WorkflowKind>(run: &Run<K>, step: K::Step, why: &str) -> LeftUndone {
    LeftUndone {
        why: format!("undoing `{}` did not succeed: {why}", step_word(&step)),
        by_hand: K::by_hand(step, run),
    }
}
