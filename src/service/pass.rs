//! One whole pass: goes on with what was left, looks, decides, remembers, bakes what may be baked,
//! tells. It takes no input and is safe to repeat; what fails is left for the next pass.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Service;
use super::drive::{self, DriveError, Ended, Observers, Resumed, Wish};
use super::look::{Looked, Place, look_in_pass};
use super::recall;
use super::remember::remember;
use crate::flow::verdict::{self, Exit};
use crate::model::ids::WatchName;
use crate::model::plan::{Action, PlanItem};
use crate::outbox;
use crate::store::Lease;

/// Bakes at once. Each costs an instance and a handful of calls a minute; more at once would meet
/// the account's launch rate (2 a second) and its quotas before it saved anybody time.
const BAKES_MAX: usize = 8;
/// How long a pass goes on trying to deliver notices before it leaves them to the next one.
pub const TELL_MAX: Duration = Duration::from_secs(60);

/// What one pass did.
pub struct Passed {
    /// Bakes that an earlier process left half-way.
    pub resumed: Vec<Resumed>,
    pub items: Vec<PlanItem>,
    pub bakes: Vec<Baked>,
    pub delivered: outbox::Delivered,
}

impl Passed {
    /// How `run --once` ends.
    pub fn exit(&self) -> Exit {
        let resumed = self.resumed.iter().map(|one| &one.ended);
        let baked = self.bakes.iter().map(|(_, ended)| ended);
        let failed = resumed.chain(baked).filter(|ended| match ended {
            Ok(ended) => ended.image.is_none(),
            Err(_) => true,
        });
        verdict::after_pass(&self.items, failed.count())
    }
}

/// Makes one pass. What an earlier process left half-way is driven to its end beside the look, so
/// that an image which takes its time holds nobody else up; a watch that has a bake under way starts
/// no other.
///
/// # Errors
/// When the store fails. Everything else is in what is returned.
pub async fn pass(
    service: &Service<'_>,
    lease: Lease,
    observers: &Observers<'_>,
) -> Result<Passed, DriveError> {
    let under_way = drive::under_way(service).await?;
    let busy: Vec<WatchName> = under_way
        .iter()
        .filter_map(|(_, watch)| watch.clone())
        .collect();
    let (resumed, fresh) = tokio::join!(
        drive::resume(service, lease, under_way, observers),
        fresh(service, lease, &busy, observers),
    );
    let (items, bakes) = fresh?;
    let senders = service.senders()?;
    let delivered = outbox::drain(service.store, &senders, service.clock, TELL_MAX).await?;
    Ok(Passed {
        resumed,
        items,
        bakes,
        delivered,
    })
}

/// A watch, and how its bake ended.
pub type Baked = (WatchName, Result<Ended, DriveError>);

/// Looks, remembers, tells what is due, and bakes what the plan says.
async fn fresh(
    service: &Service<'_>,
    lease: Lease,
    busy: &[WatchName],
    observers: &Observers<'_>,
) -> Result<(Vec<PlanItem>, Vec<Baked>), DriveError> {
    let (mut looked, learnt) = look_in_pass(service).await?;
    for one in &looked {
        remember(service, lease, one).await?;
    }
    recall::keep(service, lease, &learnt).await?;
    // Drift is told before the bakes, which take their time.
    outbox::deliver(service.store, &service.senders()?, service.clock).await?;
    for one in looked
        .iter_mut()
        .filter(|one| busy.contains(&one.watch.name))
    {
        wait_for_bake(&mut one.item);
    }
    let bakes = bake_planned(service, lease, &looked, observers).await;
    Ok((looked.into_iter().map(|one| one.item).collect(), bakes))
}

/// A watch whose earlier bake is still being driven: it is not begun a second time.
fn wait_for_bake(item: &mut PlanItem) {
    if let Action::Bake { .. } = item.action {
        item.action = Action::Hold { until: None };
        item.because = vec!["An earlier bake of this watch is still under way.".to_owned()];
    }
}

/// Bakes everything that the plan says, several at once.
async fn bake_planned(
    service: &Service<'_>,
    lease: Lease,
    looked: &[Looked<'_>],
    observers: &Observers<'_>,
) -> Vec<Baked> {
    let wishes = looked
        .iter()
        .filter_map(|one| Some((one, one.place.as_ref()?, Wish::planned(&one.item)?)));
    let bakes = wishes.map(|(one, place, wish)| async move {
        let ended = bake_one(service, lease, one, place, &wish, observers).await;
        (one.watch.name.clone(), ended)
    });
    let mut ended: Vec<_> = stream::iter(bakes)
        .buffer_unordered(BAKES_MAX)
        .collect()
        .await;
    ended.sort_by(|(a, _), (b, _)| a.cmp(b));
    ended
}

async fn bake_one(
    service: &Service<'_>,
    lease: Lease,
    one: &Looked<'_>,
    place: &Place,
    wish: &Wish<'_>,
    observers: &Observers<'_>,
) -> Result<Ended, DriveError> {
    let order = drive::give_order(service, one.watch, place, wish).await?;
    drive::bake(service, lease, &order, observers).await
}
