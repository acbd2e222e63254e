//! The part of a pass that ends soon: looks, decides what is to be started, and writes down what the
//! look taught. Starts nothing.

use super::Start;
use super::look::{LookedWatch, look_in_pass};
use super::recall;
use super::remember::remember_pass;
use crate::model::ids::WatchName;
use crate::model::plan::{Action, PlanItem};
use crate::service::Service;
use crate::store::{Lease, StoreError};

/// What a look led to.
pub struct Decided {
    pub items: Vec<PlanItem>,
    /// The bakes among them, in the order of the watches' names.
    pub starts: Vec<Start>,
}

/// Looks, decides and remembers. A watch that is `busy` has a bake under way and starts no other.
///
/// # Errors
/// When the store fails. Everything else is in what is returned.
pub async fn decide_pass(
    service: &Service<'_>,
    lease: Lease,
    busy: &[WatchName],
) -> Result<Decided, StoreError> {
    let (mut looked, learnt) = look_in_pass(service).await?;
    for one in &mut looked {
        let Err(error) = remember_pass(service, lease, one).await else {
            continue;
        };
        if !error.is_about_one_record() {
            return Err(error);
        }
        // Nothing may start of which nothing would be remembered; the other watches go on.
        *one = LookedWatch::unremembered(one.watch, &error);
    }
    recall::keep(service, lease, &learnt).await?;
    for one in looked
        .iter_mut()
        .filter(|one| busy.contains(&one.watch.name))
    {
        wait_for_bake(&mut one.item);
    }
    let starts = looked.iter_mut().filter_map(Start::planned).collect();
    Ok(Decided {
        items: looked.into_iter().map(|one| one.item).collect(),
        starts,
    })
}

/// A watch whose earlier bake is still being driven: it is not begun a second time.
fn wait_for_bake(item: &mut PlanItem) {
    if let Action::Bake(_) = item.action {
        item.action = Action::Hold { until: None };
        item.because = vec!["An earlier bake of this watch is still under way.".to_owned()];
    }
}
