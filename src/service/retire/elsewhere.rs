//! What names our images in the other accounts of the config, where these may launch them. An account that does not
//! answer keeps what it may launch, and nothing else.

use std::collections::BTreeSet;

use crate::flow::retire::references::{PlaceAsk, read_place_uses};
use crate::flow::retire::standing::ImagesSeen;
use crate::model::ids::{AccountId, ImageId, Scope};
use crate::model::image_uses::{KindAnswer, PlaceUses, ReferenceKind};
use crate::model::owned_image::LaunchGrant;
use crate::model::sighting::Trouble;
use crate::service::Service;
use crate::service::side_by_side::look_side_by_side;
use crate::settings::FleetAccount;

/// Adds what each account of the config says of the images that are known to be shared with it. Asked again, it adds
/// nothing twice.
pub async fn add_uses_elsewhere(service: &Service<'_>, seen: &mut ImagesSeen) {
    let accounts = service.settings.accounts.iter();
    let beside = accounts
        .filter(|(_, one)| one.id != seen.scope.account && one.partition == seen.scope.partition);
    let asked = beside.filter_map(|(name, account)| {
        let images = shared_with(seen, &account.id);
        (!images.is_empty()).then_some((name, account, images))
    });
    let asked: Vec<_> = asked.collect();
    let scope = &seen.scope;
    let looks = asked
        .iter()
        .map(|(_, account, images)| uses_there(service, scope, account, images));
    let uses = look_side_by_side(looks, service.settings.aws.places_at_once).await;
    for ((name, account, images), there) in asked.into_iter().zip(uses) {
        seen.uses.add_account(name, &images, there);
        seen.looked_in.insert(account.id.clone());
    }
}

/// What an account may launch of the images that this was asked of.
fn shared_with(seen: &ImagesSeen, account: &AccountId) -> BTreeSet<ImageId> {
    let grant = LaunchGrant::Account(account.clone());
    let shared = seen.shares.iter().filter(|(_, answer)| {
        let grants = answer.known();
        grants.is_some_and(|grants| grants.contains(&grant))
    });
    shared.map(|(image, _)| image.clone()).collect()
}

async fn uses_there(
    service: &Service<'_>,
    scope: &Scope,
    account: &FleetAccount,
    images: &BTreeSet<ImageId>,
) -> PlaceUses {
    let identity = service.settings.looker(account);
    let cloud = match service.connection.cloud(&identity, Some(&scope.region)) {
        Ok(cloud) => cloud,
        Err(error) => return unasked(error.trouble("what runs there")),
    };
    let images: Vec<ImageId> = images.iter().cloned().collect();
    Box::pin(read_place_uses(PlaceAsk {
        cloud: &cloud,
        images: &images,
        has_environments: has_environments(service, scope, account),
        now: service.clock.now(),
    }))
    .await
}

fn unasked(trouble: Trouble) -> PlaceUses {
    let mut answer = KindAnswer::default();
    answer.missed(trouble);
    PlaceUses([(ReferenceKind::Instance, answer)].into())
}

/// The config says so: an empty list is no answer there.
fn has_environments(service: &Service<'_>, scope: &Scope, account: &FleetAccount) -> bool {
    let own = service.connection.region();
    let mut watches = service.settings.watches.values();
    let named = watches.any(|watch| {
        let here = watch.region.as_ref().or(own.as_ref()) == Some(&scope.region);
        let mut targets = watch.targets.iter();
        here && targets.any(|one| one.account.as_ref() == Some(&account.id))
    });
    named || account.regions.contains(&scope.region)
}
