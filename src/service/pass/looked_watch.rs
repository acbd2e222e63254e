//! What one look found for one watch, and the verdict where nothing can be told: its account was not reached, or
//! the store does not say what is remembered of it.

use super::rollout_look::LookedRollout;
use crate::cloud::CloudError;
use crate::model::drift::Drift;
use crate::model::ids::Region;
use crate::model::plan::{Action, PlanItem};
use crate::model::reason::{About, Reason};
use crate::model::sighting::{Trouble, WatchSighting};
use crate::model::watch::Watch;
use crate::service::place::WatchPlace;
use crate::service::telemetry::source_chain;
use crate::store::StoreError;

/// What one look found for one watch.
pub struct LookedWatch<'a> {
    pub watch: &'a Watch,
    pub item: PlanItem,
    /// Absent when not even the account could be told.
    pub seen: Option<WatchSighting>,
    /// Absent when not even the account could be told: nothing can start then.
    pub place: Option<WatchPlace>,
    /// Where it looks, as the config says.
    pub region: Option<Region>,
    /// The version of what people hold of it that the verdict goes by: what is begun on the strength of the
    /// verdict expects no other. 0 where nothing was read, and nothing can be begun.
    pub holds_version: u64,
    /// Of a watch that rolls out by itself, where that was to be decided.
    pub rollout: Option<LookedRollout>,
    /// The store failed for this watch, so that nothing is known of what AWS would have said.
    pub(super) untold_by_store: bool,
}

impl<'a> LookedWatch<'a> {
    /// The verdict on a watch of which a record in the store cannot be read, or not be written:
    /// nothing is concluded from the rest, and the other watches are none the worse.
    pub(super) fn unremembered(
        watch: &'a Watch,
        region: Option<&Region>,
        error: &StoreError,
    ) -> Self {
        let name = watch.name.as_str();
        tracing::error!(
            watch = name,
            why = source_chain(error),
            "nothing is done for this watch"
        );
        let trouble = Trouble {
            what: "what the store remembers of this watch".to_owned(),
            why: error.to_string(),
            denied: false,
        };
        Self {
            untold_by_store: true,
            ..untold(watch, region, trouble)
        }
    }
}

/// The verdict on a watch whose account cannot even be asked who we are.
pub(super) fn unreached<'a>(
    watch: &'a Watch,
    region: Option<&Region>,
    error: &CloudError,
) -> LookedWatch<'a> {
    untold(watch, region, error.trouble("whose account this is"))
}

fn untold<'a>(watch: &'a Watch, region: Option<&Region>, trouble: Trouble) -> LookedWatch<'a> {
    let Trouble { what, why, denied } = trouble;
    let unasked = About::Unasked {
        denied,
        what,
        why: why.clone(),
    };
    let drift = Drift {
        watch: watch.name.clone(),
        release: None,
        eligible: None,
        current: None,
        reasons: vec![Reason::from_about(unasked)],
        targets: Vec::new(),
        notes: Vec::new(),
        holds: Vec::new(),
    };
    let action = Action::CannotTell;
    let item = PlanItem {
        watch: watch.name.clone(),
        action,
        because: vec![why],
        drift,
        targets: Vec::new(),
        publications: Vec::new(),
    };
    LookedWatch {
        watch,
        item,
        seen: None,
        place: None,
        region: region.cloned(),
        holds_version: 0,
        rollout: None,
        untold_by_store: false,
    }
}
