//! What the runner writes: every event guarded by the lease, and taken into the run by the rulebook.

use serde_json::Value;

use super::journal::EventOf;
use super::recovery::OPEN_PREFIX;
use super::runner::Runner;
use super::{Event, Outcome, Run, RunError, Workflow, WorkflowKind};
use crate::store::{Batch, Op, StoreError};

impl<W: Workflow> Runner<'_, W> {
    /// Commits the end together with the facts that follow from it.
    pub(super) async fn close(
        &self,
        journal: &str,
        run: &mut Run<W::Kind>,
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
                event: encode::<W::Kind>(journal, &event)?,
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
            event: encode::<W::Kind>(journal, &event)?,
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
        Batch::of(ops)
    }
}

/// The writes that open a journal with its first event. They go into the runner's own batch, or into
/// the closing of another run that is followed by this one.
///
/// # Errors
/// When the input cannot be written as JSON.
pub fn opening<K: WorkflowKind>(journal: &str, opened: &EventOf<K>) -> Result<Vec<Op>, RunError> {
    Ok(vec![
        Op::Append {
            journal: journal.to_owned(),
            expected: 0,
            event: encode::<K>(journal, opened)?,
        },
        Op::PutIfAbsent {
            key: format!("{OPEN_PREFIX}{journal}"),
            value: Value::Null,
        },
    ])
}

/// An event as the store keeps it.
pub(super) fn encode<K: WorkflowKind>(
    journal: &str,
    event: &EventOf<K>,
) -> Result<Value, RunError> {
    serde_json::to_value(event).map_err(|source| RunError::Unreadable {
        journal: journal.to_owned(),
        source,
    })
}
