//! A look at the targets that watches of one region have in other accounts and regions, each as whoever may look
//! there. A place that does not answer is one that nothing is known of; the others are none the worse.

use std::collections::BTreeMap;

use super::copies_there::{OurImages, look_for_copies};
use super::recall::Learnt;
use crate::cloud::{Cloud, Identity};
use crate::flow::compare::elsewhere::SeenElsewhere;
use crate::flow::detect::{LookDepth, LookScope, Which, sight};
use crate::model::bake::BakedImage;
use crate::model::ids::Scope;
use crate::model::sighting::{Sighting, WatchSighting};
use crate::model::watch::{TargetPattern, TargetPlace, Watch};
use crate::service::Service;
use crate::service::side_by_side::look_side_by_side;
use crate::store::StoreError;

/// What is looked for at one place: the targets there, and what it has of the images that they would get.
#[derive(Default)]
struct WantedThere {
    patterns: Vec<TargetPattern>,
    images: OurImages,
}

/// A watch, and what is known of its images.
#[derive(Debug, Clone, Copy)]
pub(super) struct WatchElsewhere<'a> {
    pub(super) watch: &'a Watch,
    pub(super) seen: &'a WatchSighting,
    /// The image that the store remembers as its current one: its tags need not say so.
    pub(super) remembered: Option<&'a BakedImage>,
}

/// What one look elsewhere is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct ElsewhereManner {
    pub(super) depth: LookDepth,
    /// What earlier passes read is believed where it can be.
    pub(super) recalls: bool,
}

/// Looks at every other place at which one of these watches, which work in `home`, has a target. `here` is what was
/// seen at home.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in what is returned.
pub(super) async fn look_elsewhere<'w>(
    service: &Service<'_>,
    home: &Scope,
    here: &Sighting,
    watches: impl Iterator<Item = WatchElsewhere<'w>>,
    manner: ElsewhereManner,
) -> Result<(Vec<SeenElsewhere>, Vec<Learnt>), StoreError> {
    let wanted = wanted(home, here, watches);
    let looks = wanted
        .iter()
        .map(|(place, wanted)| look_there(service, home, place, wanted, manner));
    let looks: Vec<_> = looks.collect();
    let at_once = service.settings.aws.places_at_once;
    let seen = look_side_by_side(looks, at_once).await;
    let seen: Vec<_> = seen.into_iter().collect::<Result<_, _>>()?;
    let (seen, learnt): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
    Ok((
        seen.into_iter().flatten().collect(),
        learnt.into_iter().flatten().collect(),
    ))
}

fn wanted<'w>(
    home: &Scope,
    here: &Sighting,
    watches: impl Iterator<Item = WatchElsewhere<'w>>,
) -> BTreeMap<TargetPlace, WantedThere> {
    let mut all: BTreeMap<TargetPlace, WantedThere> = BTreeMap::new();
    for one in watches {
        for (place, patterns) in one.watch.elsewhere(home) {
            let wanted = all.entry(place).or_default();
            wanted.patterns.extend(patterns);
            wanted.images.add(one.seen, one.remembered, here);
        }
    }
    all
}

async fn look_there(
    service: &Service<'_>,
    home: &Scope,
    place: &TargetPlace,
    wanted: &WantedThere,
    manner: ElsewhereManner,
) -> Result<(Option<SeenElsewhere>, Option<Learnt>), StoreError> {
    let Some((cloud, scope)) = way_there(service, home, place) else {
        return Ok((None, None)); // the config names the account and its region
    };
    let copies = match place.region == home.region {
        true => None,
        false => Some(look_for_copies(service, &cloud, home, &wanted.images).await),
    };
    let mut learnt = match manner.recalls {
        true => Some(Learnt::before(service, &scope).await?),
        false => None,
    };
    let recall = learnt.as_ref().map(Learnt::recall).cloned();
    let look = LookScope {
        environments: Which::Matching(wanted.patterns.clone()),
        images: wanted.images.called_there(copies.as_ref()),
        recall: recall.unwrap_or_default(),
        depth: manner.depth,
        ..LookScope::everything()
    };
    let sighting = Box::pin(sight(&cloud, service.clock, &look)).await;
    if let Some(learnt) = &mut learnt {
        learnt.take(&sighting);
    }
    let there = SeenElsewhere {
        place: place.clone(),
        account_name: (place.account != home.account)
            .then(|| service.settings.account_name(&place.account))
            .flatten()
            .map(str::to_owned),
        sighting,
        copies,
    };
    Ok((Some(there), learnt))
}

/// The way of whoever looks there.
fn way_there(service: &Service<'_>, home: &Scope, place: &TargetPlace) -> Option<(Cloud, Scope)> {
    let (identity, partition) = if place.account == home.account {
        (Identity::Own, &home.partition)
    } else {
        let mut accounts = service.settings.accounts.values();
        let account = accounts.find(|one| one.id == place.account)?;
        (service.settings.looker(account), &account.partition)
    };
    let cloud = service
        .connection
        .cloud(&identity, Some(&place.region))
        .ok()?;
    let scope = Scope {
        partition: partition.clone(),
        account: place.account.clone(),
        region: place.region.clone(),
    };
    Some((cloud, scope))
}
