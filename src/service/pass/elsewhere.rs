//! A look at the targets that watches of one region have in other accounts, each as whoever may look there. An
//! account that does not answer is one that nothing is known of; the others are none the worse.

use std::collections::{BTreeMap, BTreeSet};

use super::recall::Learnt;
use crate::flow::compare::elsewhere::SeenElsewhere;
use crate::flow::detect::{LookDepth, LookScope, Which, sight};
use crate::model::ids::{AccountId, ImageId, Scope};
use crate::model::sighting::WatchSighting;
use crate::model::watch::{TargetPattern, Watch};
use crate::service::Service;
use crate::service::side_by_side::look_side_by_side;
use crate::settings::FleetAccount;
use crate::store::StoreError;

/// What is looked for in one account: the targets there, and whether it sees the images that they would get.
#[derive(Default)]
struct WantedThere {
    patterns: Vec<TargetPattern>,
    images: BTreeSet<ImageId>,
}

/// What one look elsewhere is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct ElsewhereManner {
    pub(super) depth: LookDepth,
    /// What earlier passes read is believed where it can be.
    pub(super) recalls: bool,
}

/// Looks at every account in which one of these watches has a target, in the region of all of them.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in what is returned.
pub(super) async fn look_elsewhere<'w>(
    service: &Service<'_>,
    home: &Scope,
    watches: impl Iterator<Item = (&'w Watch, &'w WatchSighting)>,
    manner: ElsewhereManner,
) -> Result<(Vec<SeenElsewhere>, Vec<Learnt>), StoreError> {
    let wanted = wanted(home, watches);
    let accounts = service.settings.accounts.iter();
    let there = accounts.filter_map(|(name, account)| {
        let wanted = wanted.get(&account.id)?;
        Some(look_there(service, home, (name, account), wanted, manner))
    });
    let looks: Vec<_> = there.collect();
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
    watches: impl Iterator<Item = (&'w Watch, &'w WatchSighting)>,
) -> BTreeMap<AccountId, WantedThere> {
    let mut all: BTreeMap<AccountId, WantedThere> = BTreeMap::new();
    for (watch, seen) in watches {
        for (account, patterns) in watch.elsewhere(&home.account) {
            let wanted = all.entry(account).or_default();
            wanted.patterns.extend(patterns);
            let ours = seen.ours.known().into_iter().flatten();
            wanted.images.extend(ours.map(|image| image.id.clone()));
        }
    }
    all
}

async fn look_there(
    service: &Service<'_>,
    home: &Scope,
    (name, account): (&String, &FleetAccount),
    wanted: &WantedThere,
    manner: ElsewhereManner,
) -> Result<(Option<SeenElsewhere>, Option<Learnt>), StoreError> {
    let identity = service.settings.looker(account);
    let Ok(cloud) = service.connection.cloud(&identity, Some(&home.region)) else {
        return Ok((None, None)); // a region is named
    };
    let scope = Scope {
        partition: account.partition.clone(),
        account: account.id.clone(),
        region: home.region.clone(),
    };
    let mut learnt = match manner.recalls {
        true => Some(Learnt::before(service, &scope).await?),
        false => None,
    };
    let recall = learnt.as_ref().map(Learnt::recall).cloned();
    let look = LookScope {
        environments: Which::Matching(wanted.patterns.clone()),
        images: wanted.images.clone(),
        recall: recall.unwrap_or_default(),
        depth: manner.depth,
        ..LookScope::everything()
    };
    let sighting = Box::pin(sight(&cloud, service.clock, &look)).await;
    if let Some(learnt) = &mut learnt {
        learnt.take(&sighting);
    }
    let there = SeenElsewhere {
        account: account.id.clone(),
        name: name.clone(),
        sighting,
    };
    Ok((Some(there), learnt))
}
