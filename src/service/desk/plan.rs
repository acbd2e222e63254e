//! What a pass would do now, and why, with the order that a bake would get. Changes nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::{base, several_regions};
use super::retire::{RetireShown, retire_shown};
use crate::flow::detect::LookDepth;
use crate::flow::exit_code::{self, Exit};
use crate::model::bake::{BakeOrder, LaunchChoice};
use crate::model::ids::WatchName;
use crate::model::plan::PlanItem;
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, look_for_reader};
use crate::service::runs::DriveError;
use crate::service::runs::bake::give_order;
use crate::service::telemetry::source_chain;
use crate::store::StoreError;
use crate::store::records::UnreadableRows;

/// `plan --format json`
#[derive(Debug, Serialize)]
pub struct Planned {
    pub schema: &'static str,
    pub watches: Vec<PlannedWatch>,
    /// Older images that were due to go at the last look, of the watches that are planned.
    pub retire: Vec<RetireShown>,
}

/// What would be done about one watch.
#[derive(Debug, Serialize)]
pub struct PlannedWatch {
    #[serde(flatten)]
    pub item: PlanItem,
    /// What the bake would use; absent when nothing would be baked, or `cannot_order` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderInShort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cannot_order: Option<String>,
    /// What it follows, as people read it; and where, where the watches are of several regions.
    #[serde(skip)]
    pub base: String,
}

/// The parts of an order that people ask for; the user data is long and the recipe is theirs.
#[derive(Debug, Serialize)]
pub struct OrderInShort {
    pub key: String,
    pub image_name: String,
    pub launches: Vec<LaunchChoice>,
    pub user_data_bytes: usize,
    pub tags: BTreeMap<String, String>,
}

impl Planned {
    /// How `plan` ends: 1 when something that would be baked cannot be ordered.
    pub fn exit(&self) -> Exit {
        let failed = self.watches.iter().any(|one| one.cannot_order.is_some());
        let failed = if failed { Exit::Failed } else { Exit::Done };
        exit_code::exit_of_drifts(self.watches.iter().map(|one| &one.item.drift)).and(failed)
    }
}

/// Plans for every watch, or for one.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the plan.
pub async fn plan_watches(
    service: &Service<'_>,
    only: Option<&WatchName>,
) -> Result<Planned, StoreError> {
    let mut watches = Vec::new();
    let looked = look_for_reader(service, only, LookDepth::Settings).await?;
    let several = several_regions(&looked);
    for one in looked {
        let (order, cannot_order) = match order(service, &one).await {
            Ok(Some(BakeOrder {
                impossible: Some(why),
                ..
            })) => (None, Some(why)),
            Ok(order) => (order.map(OrderInShort::of), None),
            Err(error) => (None, Some(source_chain(&error))),
        };
        watches.push(PlannedWatch {
            base: base(&one, several),
            item: one.item,
            order,
            cannot_order,
        });
    }
    // Records that make no sense are `status`'s to name.
    let mut unreadable = UnreadableRows::default();
    let mut retire = retire_shown(service.store, service.settings, &mut unreadable).await?;
    retire.retain(|one| only.is_none_or(|only| *only == one.watch));
    Ok(Planned {
        schema: "amiwatch.plan/1",
        retire,
        watches,
    })
}

/// The order that a bake of this watch would get.
async fn order(
    service: &Service<'_>,
    one: &LookedWatch<'_>,
) -> Result<Option<BakeOrder>, DriveError> {
    let (Some(bake), Some(place)) = (one.item.bake(), &one.place) else {
        return Ok(None);
    };
    let because = &one.item.because;
    Ok(Some(
        give_order(service, one.watch, place, bake, because).await?,
    ))
}

impl OrderInShort {
    fn of(order: BakeOrder) -> Self {
        Self {
            key: order.key.to_string(),
            image_name: order.image_name,
            launches: order.launches,
            user_data_bytes: order.builder_user_data.len(),
            tags: order.tags,
        }
    }
}
