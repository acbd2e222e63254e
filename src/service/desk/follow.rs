//! Follows a run that another process drives, by reading its journal: what is told is the same as if
//! this process drove it.

use std::fmt::Debug;

use serde::Serialize;

use crate::flow::bake::kind::BakeKind;
use crate::model::ids::WatchName;
use crate::service::runs::Driven;
use crate::service::runs::observe::ObserversOf;
use crate::store::Store;
use crate::workflow::RunError;
use crate::workflow::journal::Phase;
use crate::workflow::kind::step_word;
use crate::workflow::observer::ObserverOf;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::{events_of, run_of};

/// The journal that is followed, and how far it was told.
pub(super) struct Follow<K: Driven> {
    journal: String,
    observer: Option<Box<ObserverOf<K>>>,
    told: usize,
    /// The step that its driver is at, by what was told.
    under_way: Option<(K::Step, String)>,
}

impl<K: Driven> Follow<K> {
    pub(super) fn new(journal: String) -> Self {
        Self {
            journal,
            observer: None,
            told: 0,
            under_way: None,
        }
    }

    /// One look: tells what is new, and gives the end once there is one. A journal that its driver
    /// has named and not begun yet is waited for. Looks come twice a second, and mostly find nothing new: entries
    /// are decoded only when there are more of them.
    pub(super) async fn look(
        &mut self,
        store: &dyn Store,
        observers: &ObserversOf<'_, K>,
    ) -> Result<Option<K::Ended>, RunError> {
        let entries = store.journal(&self.journal).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        if entries.len() != self.told {
            let events = events_of::<K>(&self.journal, entries)?;
            let run = run_of(&self.journal, &events)?;
            let observer = self.observer.get_or_insert_with(|| observers(run.input()));
            let new = events.iter().skip(self.told);
            new.for_each(|event| observer.recorded(event));
            self.told = events.len();
            self.under_way = under_way(run.phase());
            if let Phase::Closed(outcome) = run.phase().clone() {
                return Ok(Some(K::conclude(outcome, &run)));
            }
        }
        if let (Some(observer), Some((step, so_far))) = (&mut self.observer, &self.under_way) {
            observer.waiting(*step, so_far);
        }
        Ok(None)
    }
}

fn under_way<S: Copy + Debug + Serialize>(phase: &Phase<S>) -> Option<(S, String)> {
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
