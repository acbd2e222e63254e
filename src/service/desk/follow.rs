//! Follows a bake that another process drives, by reading its journal: what is told is the same as if
//! this process drove it.

use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::steps::BakeStep;
use crate::model::ids::WatchName;
use crate::service::runs::Driven as _;
use crate::service::runs::bake::{BakeEnded, BakeObserver, Observers};
use crate::store::Store;
use crate::workflow::RunError;
use crate::workflow::journal::Phase;
use crate::workflow::kind::step_word;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::{events, replay};

/// The journal that is followed, and how far it was told.
pub(super) struct Follow {
    journal: String,
    observer: Option<Box<BakeObserver>>,
    told: usize,
}

impl Follow {
    pub(super) fn new(journal: String) -> Self {
        Self {
            journal,
            observer: None,
            told: 0,
        }
    }

    /// One look: tells what is new, and gives the end once there is one. A journal that its driver
    /// has named and not begun yet is waited for.
    pub(super) async fn look(
        &mut self,
        store: &dyn Store,
        observers: &Observers<'_>,
    ) -> Result<Option<BakeEnded>, RunError> {
        if store.journal(&self.journal).await?.is_empty() {
            return Ok(None);
        }
        let run = replay::<BakeKind>(store, &self.journal).await?;
        let observer = self.observer.get_or_insert_with(|| observers(run.input()));
        let events = events::<BakeKind>(store, &self.journal).await?;
        let new = events.iter().skip(self.told);
        new.for_each(|event| observer.recorded(event));
        self.told = events.len();
        match run.phase().clone() {
            Phase::Closed(outcome) => Ok(Some(BakeKind::conclude(outcome, &run))),
            phase => {
                if let Some((step, so_far)) = under_way(&phase) {
                    observer.waiting(step, &so_far);
                }
                Ok(None)
            }
        }
    }
}

fn under_way(phase: &Phase<BakeStep>) -> Option<(BakeStep, String)> {
    match phase {
        Phase::Running { step, .. } => Some((*step, "under way".to_owned())),
        Phase::Undoing { step, .. } => Some((*step, format!("undoing {}", step_word(step)))),
        Phase::Ready | Phase::Failing | Phase::Closed(_) => None,
    }
}

/// The open journal of this watch, when there is one.
pub(super) async fn open_bake(
    store: &dyn Store,
    watch: &WatchName,
) -> Result<Option<String>, RunError> {
    for one in open_runs::<BakeKind>(store).await? {
        if one.known()?.subject == watch.as_str() {
            return Ok(Some(one.journal));
        }
    }
    Ok(None)
}
