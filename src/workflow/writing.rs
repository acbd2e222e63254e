//! What the runner writes: every event guarded by the lease, and taken into the run by the rulebook.

use super::journal::EventOf;
use super::open::{self, encode_event};
use super::runner::Runner;
use super::{JournalEvent, Run, RunError, RunOutcome, Workflow};
use crate::store::{Batch, Op, StoreError};

impl<W: Workflow> Runner<'_, W> {
    /// Commits the end together with the facts that follow from it.
    pub(super) async fn close(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        outcome: RunOutcome,
    ) -> Result<(), RunError> {
        loop {
            let at = self.clock.now();
            let event = JournalEvent::Closed {
                at,
                outcome: outcome.clone(),
            };
            let mut ops = self.workflow.closing(run, &outcome, at).await?;
            ops.push(Op::Append {
                journal: journal.to_owned(),
                expected: run.length(),
                event: encode_event::<W::Kind>(journal, &event)?,
            });
            ops.extend(open::closing_op(self.store, journal).await?);
            match self.store.commit(self.guarded(ops)).await {
                Ok(()) => return self.recorded(journal, run, &event),
                // A record of the facts was changed by a person's command: decide again.
                Err(StoreError::Conflict { key }) if key != journal => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Commits one event.
    pub(super) async fn append(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        event: EventOf<W::Kind>,
    ) -> Result<(), RunError> {
        let append = Op::Append {
            journal: journal.to_owned(),
            expected: run.length(),
            event: encode_event::<W::Kind>(journal, &event)?,
        };
        self.store.commit(self.guarded(vec![append])).await?;
        self.recorded(journal, run, &event)
    }

    fn recorded(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
        event: &EventOf<W::Kind>,
    ) -> Result<(), RunError> {
        run.record(event).map_err(|source| RunError::Illegal {
            journal: journal.to_owned(),
            source,
        })?;
        self.observer.recorded(event);
        Ok(())
    }

    pub(super) fn guarded(&self, mut ops: Vec<Op>) -> Batch {
        ops.push(Op::CheckLease { epoch: self.epoch });
        Batch::of_ops(ops)
    }
}
