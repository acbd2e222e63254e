//! Keeps what a pass could not read, tells what has lasted, and tells its end. The decisions are
//! [`blind_after`]'s and [`blind_news`]'s.

use super::look::LookedWatch;
use crate::flow::blind::{BlindLook, PlaceElsewhere, blind_after, blind_news};
use crate::flow::notify;
use crate::model::blind::{BlindOf, BlindSpots};
use crate::model::ids::Installation;
use crate::model::notice::Notice;
use crate::service::Service;
use crate::store::records::blind::load_blind;
use crate::store::{Batch, Lease, Op, StoreError, records};

/// What cannot be read after this pass; each notice is stored with the memory that it was told.
///
/// # Errors
/// When the store fails.
pub(super) async fn keep_blind(
    service: &Service<'_>,
    lease: Lease,
    looked: &[LookedWatch<'_>],
) -> Result<BlindSpots, StoreError> {
    loop {
        match kept(service, lease, looked).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other,
        }
    }
}

async fn kept(
    service: &Service<'_>,
    lease: Lease,
    looked: &[LookedWatch<'_>],
) -> Result<BlindSpots, StoreError> {
    let named = service.settings.installation.as_ref();
    let (installation, now) = (Installation::or_nobody(named), service.clock.now());
    let before = load_blind(service.store, named).await?;
    let bases = looked.iter().map(|one| one.watch.base.to_string());
    let bases: Vec<String> = bases.collect();
    let elsewhere: Vec<_> = looked.iter().map(places_elsewhere).collect();
    let looks = looked.iter().zip(&bases).zip(&elsewhere);
    let looks: Vec<BlindLook<'_>> = looks
        .map(|((one, base), elsewhere)| look(one, base, elsewhere))
        .collect();
    let after = blind_after(before.spots(), &looks, now);
    for over in &after.over {
        let notice = notify::blind_over(&installation, &over.spot, over.read, now);
        let ops = before.forget(&over.spot).into_iter().collect();
        commit(service, lease, ops, notice.as_ref()).await?;
    }
    let mut spots = after.spots;
    with_accounts(service, &mut spots).await?;
    let patience = i64::try_from(service.settings.schedule.blind_after.as_secs());
    let news = blind_news(&spots, patience.unwrap_or(i64::MAX), now);
    for (name, spot) in &mut spots {
        let notice = news
            .contains(name)
            .then(|| notify::blind_notice(&installation, spot, now));
        if let Some(notice) = &notice {
            spot.notice = Some(notice.key.clone());
        }
        if before.spots().get(name) != Some(spot) {
            commit(service, lease, vec![before.put(spot)], notice.as_ref()).await?;
        }
    }
    Ok(spots)
}

/// The other places at which a watch has targets.
fn places_elsewhere(one: &LookedWatch<'_>) -> Vec<PlaceElsewhere> {
    let home = one.place.as_ref().map(|place| &place.scope.account);
    let mut places: Vec<PlaceElsewhere> = Vec::new();
    for target in &one.watch.targets {
        let Some(name) = target.place_name() else {
            continue;
        };
        let place = PlaceElsewhere {
            name,
            account_name: target.account_name.clone(),
            account: target.account.as_ref().or(home).cloned(),
            region: target.region.clone(),
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn look<'a>(
    one: &'a LookedWatch<'_>,
    base: &'a str,
    elsewhere: &'a [PlaceElsewhere],
) -> BlindLook<'a> {
    BlindLook {
        elsewhere,
        region: one.region.as_ref(),
        account: one.place.as_ref().map(|place| &place.scope.account),
        base,
        drift: &one.item.drift,
        untold_by_store: one.untold_by_store,
    }
}

/// Whose account it is, where this look could not tell: a watch that looked there once has told.
async fn with_accounts(service: &Service<'_>, spots: &mut BlindSpots) -> Result<(), StoreError> {
    let unknown = |of: &BlindOf| of.account.is_none() && of.region.is_some();
    if !spots.values().any(|spot| unknown(&spot.of)) {
        return Ok(());
    }
    let seen = records::places(service.store).await?;
    for spot in spots.values_mut().filter(|spot| unknown(&spot.of)) {
        let region = spot.of.region.as_ref();
        let mut there = seen.iter().filter(|(_, here)| Some(here) == region);
        // Where there were several accounts, none of them is this one's for certain.
        let first = there.next().filter(|_| there.next().is_none());
        spot.of.account = first.map(|(account, _)| account.clone());
    }
    Ok(())
}

async fn commit(
    service: &Service<'_>,
    lease: Lease,
    writes: Vec<Op>,
    notice: Option<&Notice>,
) -> Result<(), StoreError> {
    let mut ops = vec![Op::CheckLease { epoch: lease.epoch }];
    ops.extend(writes);
    if let Some(notice) = notice {
        let who = service.told();
        ops.extend(records::notice_ops(service.store, notice, &who).await?);
    }
    service.store.commit(Batch::of_ops(ops)).await
}
