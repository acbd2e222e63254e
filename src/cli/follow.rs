//! Follows a bake that another process drives, by reading its journal: the same lines as if this
//! process drove it.

use super::progress;
use super::session::Session;
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::steps::BakeStep;
use crate::flow::verdict::Exit;
use crate::model::ids::WatchName;
use crate::service::runs::Driven as _;
use crate::service::runs::bake::{BakeEnded, BakeObserver};
use crate::workflow::journal::{EventOf, Phase};
use crate::workflow::kind::step_word;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;

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
    pub(super) async fn look(&mut self, session: &Session) -> anyhow::Result<Option<BakeEnded>> {
        if session.store.journal(&self.journal).await?.is_empty() {
            return Ok(None);
        }
        let run = replay::<BakeKind>(&*session.store, &self.journal).await?;
        let observer = self
            .observer
            .get_or_insert_with(|| progress::observer(run.input()));
        let events = session.store.journal(&self.journal).await?;
        for event in events.iter().skip(self.told) {
            let event: EventOf<BakeKind> = serde_json::from_value(event.clone())?;
            observer.recorded(&event);
        }
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
    session: &Session,
    watch: &WatchName,
) -> anyhow::Result<Option<String>> {
    for one in open_runs::<BakeKind>(&*session.store).await? {
        if one.known()?.subject == watch.as_str() {
            return Ok(Some(one.journal));
        }
    }
    Ok(None)
}

/// Says how a bake ended: the image alone on stdout, or why there is none.
pub(super) fn say(ended: &BakeEnded) -> Exit {
    match &ended.image {
        Some(image) => {
            println!("{image}");
            Exit::Done
        }
        None => {
            eprintln!("amiwatch: {}", ended.failure().unwrap_or_default());
            Exit::Failed
        }
    }
}
