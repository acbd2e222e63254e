//! One look: what the config names, region by region, with the verdict and the plan for each watch.
//!
//! Reads AWS and the store; writes neither.

use std::collections::BTreeMap;

use super::look_region::{LookManner, Reading, look_at_region};
pub use super::look_region::{Patience, wanted};
pub use super::looked_watch::LookedWatch;
use super::recall::Learnt;
use crate::flow::detect::LookDepth;
use crate::model::ids::{Region, WatchName};
use crate::model::watch::Watch;
use crate::service::Service;
use crate::service::side_by_side::look_side_by_side;
use crate::store::StoreError;

/// Looks at every watch, or at one, afresh: for whoever does something by the verdict.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn look_afresh<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    patience: Patience,
) -> Result<Vec<LookedWatch<'a>>, StoreError> {
    let (looked, _) = look_by(service, only, patience, Reading::Afresh).await?;
    Ok(looked)
}

/// The same for a person who reads the verdict, as deep as they asked for: with what saved configurations say
/// beside it.
///
/// # Errors
/// The same.
pub async fn look_for_reader<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    depth: LookDepth,
) -> Result<Vec<LookedWatch<'a>>, StoreError> {
    let (looked, _) = look_by(service, only, Patience::Waits, Reading::Shown(depth)).await?;
    Ok(looked)
}

/// A pass's look: at every watch, believing what earlier passes read where it can be believed. What
/// this one read is given back, to be kept.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn look_in_pass<'a>(
    service: &Service<'a>,
) -> Result<(Vec<LookedWatch<'a>>, Vec<Learnt>), StoreError> {
    look_by(service, None, Patience::Waits, Reading::Recalled).await
}

async fn look_by<'a>(
    service: &Service<'a>,
    only: Option<&WatchName>,
    patience: Patience,
    reading: Reading,
) -> Result<(Vec<LookedWatch<'a>>, Vec<Learnt>), StoreError> {
    // A pass is cut at its limit, and then nothing of it is kept: half of it is for looking closer.
    let half = service.clock.steady() + service.settings.schedule.pass_timeout / 2;
    let manner = LookManner {
        patience,
        reading,
        until: (reading == Reading::Recalled).then_some(half),
    };
    let wanted = service.settings.watches.values();
    // A watch that names the default region shares its look with those that name none.
    let default = service.connection.region();
    let mut by_region: BTreeMap<Option<&Region>, Vec<&Watch>> = BTreeMap::new();
    for watch in wanted.filter(|watch| only.is_none_or(|name| *name == watch.name)) {
        by_region
            .entry(watch.region.as_ref().or(default.as_ref()))
            .or_default()
            .push(watch);
    }
    // Side by side: one that does not answer delays no other's questions.
    let looks = by_region
        .into_iter()
        .map(|(region, watches)| look_at_region(service, region, watches, manner));
    let at_once = service.settings.aws.places_at_once;
    let all = look_side_by_side(looks, at_once).await;
    let (mut looked, mut learnt) = (Vec::new(), Vec::new());
    for one in all {
        let (here, read) = one?;
        looked.extend(here);
        Learnt::add_all(&mut learnt, read);
    }
    looked.sort_by(|a, b| a.watch.name.cmp(&b.watch.name));
    Ok((looked, learnt))
}
