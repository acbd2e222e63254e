//! Taking every environment of a watch back: each for itself, as many at the same time as the watch lets move. One that cannot be moved, or of which
//! nothing can be read, stops no other.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::moving::{
    Elsewhere, MoveEnd, MoveTeller, drive_or_ask, drive_wish, move_under_way, tell_what_is_due,
};
use super::opening::{leave_lease, me, take_lease};
use super::rollout::{MoveError, plan_move};
use crate::flow::rollout::document::MovePlan;
use crate::model::ids::{TargetId, WatchName};
use crate::model::request::{MoveWish, RequestedAct, WishedWay};
use crate::service::Service;
use crate::store::records::UnreadableRows;
use crate::store::{Lease, StoreError, moves, requests};

/// Environments that are read at the same time, before anything is moved.
const PLANNED_AT_ONCE: usize = 8;

/// What taking every environment of a watch back comes to.
#[derive(Debug, Default)]
pub struct WishesBack {
    /// One for each environment whose last move was not taken back, the last one first.
    pub wishes: Vec<MoveWish>,
    /// Records of moves that make no sense, by name: what they say nobody knows.
    pub unreadable: Vec<String>,
}

/// What there is to take back.
///
/// # Errors
/// When the account cannot be told, or the store cannot be read.
pub async fn wishes_back(
    service: &Service<'_>,
    name: &WatchName,
    by: &str,
) -> Result<WishesBack, MoveError> {
    let Some(watch) = service.settings.watches.get(name) else {
        return Ok(WishesBack::default());
    };
    let home = service.mover(watch)?.caller().await?;
    let mut unreadable = UnreadableRows::default();
    let mut moved = Vec::new();
    for place in service.settings.places_moved_in(watch, &home) {
        for one in moves::each_moved_target(service.store, &place).await? {
            moved.extend(unreadable.pass_over(one)?);
        }
    }
    let ours = |target: &TargetId| watch.names_target(target, &home);
    moved.retain(|(target, moves)| moves.undo.is_some() && ours(target));
    moved.sort_by_key(|(_, moves)| std::cmp::Reverse(moves.last.as_ref().map(|last| last.at)));
    let wishes = moved.into_iter().map(|(target, _)| MoveWish {
        watch: name.clone(),
        account: service
            .settings
            .account_name(&target.scope.account)
            .map(str::to_owned),
        application: target.application,
        environment: target.environment,
        way: WishedWay::Back,
        by: by.to_owned(),
    });
    Ok(WishesBack {
        wishes: wishes.collect(),
        unreadable: unreadable.names(),
    })
}

/// Plans them, each for itself; no plan for one whose move is under way, which is joined.
pub async fn plan_each<'w>(
    service: &Service<'_>,
    wishes: &'w [MoveWish],
) -> Vec<(&'w MoveWish, Result<Option<MovePlan>, MoveError>)> {
    let plans = wishes.iter().map(|wish| async move {
        let plan = async {
            match move_under_way(service, wish).await? {
                true => Ok(None),
                false => Ok(Some(plan_move(service, wish).await?.plan)),
            }
        };
        (wish, plan.await)
    });
    stream::iter(plans)
        .buffered(PLANNED_AT_ONCE)
        .collect()
        .await
}

/// Moves them, each for itself, and delivers what there is to tell of it.
///
/// # Errors
/// When the store fails. Everything else is in what is returned.
pub async fn move_each(
    service: &Service<'_>,
    wishes: &[MoveWish],
    teller: &MoveTeller<'_>,
) -> Result<Vec<(MoveWish, Result<MoveEnd, MoveError>)>, MoveError> {
    let bound = at_once(service, wishes);
    let mut ended = Vec::new();
    let lease = match take_lease(service.store).await? {
        Some(lease) => lease,
        None => match ask_for_each(service, wishes, bound, teller, &mut ended).await? {
            Some(lease) => lease,
            None => return Ok(ended),
        },
    };
    let open = wishes.iter().filter(|wish| {
        let mut ended = ended.iter();
        !ended.any(|(other, _): &(MoveWish, _)| other == *wish)
    });
    let driven = open.map(|wish| async move {
        let end = drive_wish(service, lease, wish, None, teller).await;
        (wish.clone(), end)
    });
    let driven: Vec<_> = stream::iter(driven).buffer_unordered(bound).collect().await;
    ended.extend(driven);
    let told = tell_what_is_due(service, lease).await;
    leave_lease(service.store, lease).await;
    told?;
    Ok(ended)
}

/// Has the driver move them and follows each. The driver's place, where it is free before all have ended.
async fn ask_for_each(
    service: &Service<'_>,
    wishes: &[MoveWish],
    bound: usize,
    teller: &MoveTeller<'_>,
    ended: &mut Vec<(MoveWish, Result<MoveEnd, MoveError>)>,
) -> Result<Option<Lease>, MoveError> {
    let asked = wishes
        .iter()
        .map(|wish| async move { (wish, drive_or_ask(service, wish, teller).await) });
    let mut asked = stream::iter(asked).buffer_unordered(bound);
    while let Some((wish, end)) = asked.next().await {
        match end {
            Ok(Elsewhere::Ended(end)) => ended.push((wish.clone(), Ok(end))),
            Err(error) => ended.push((wish.clone(), Err(error))),
            // One place for all of them: whoever waits for it beside this one waits no more.
            Ok(Elsewhere::Mine { lease, .. }) => {
                drop(asked);
                ask_no_more(service).await?;
                return Ok(Some(lease));
            }
        }
    }
    Ok(None)
}

/// Takes back what this process has asked for: from now on it moves by itself.
async fn ask_no_more(service: &Service<'_>) -> Result<(), StoreError> {
    let me = me();
    for asked in requests::all_requests(service.store).await? {
        let request = &asked.request.value;
        if request.by == me && matches!(request.ask, RequestedAct::Move(_)) {
            requests::remove_request(service.store, &asked).await?;
        }
    }
    Ok(())
}

/// As many as its watch lets move at once: who goes back serves less meanwhile, as who goes forward does.
fn at_once(service: &Service<'_>, wishes: &[MoveWish]) -> usize {
    let watches = wishes.iter().map(|wish| &wish.watch);
    let watches = watches.filter_map(|name| service.settings.watches.get(name));
    let at_once = watches.map(|watch| watch.rollout_rules().order.at_once);
    usize::try_from(at_once.min().unwrap_or(1)).unwrap_or(1)
}
