//! What is read of our images, region by region: the images, what names them, who else may launch those
//! that nothing else keeps. Where an image stands is `flow::retire`'s.
//!
//! Looking writes nothing. Whoever acts does so in a [`room::RetireRoom`]: `keeping` looks and has acts done, `acting`
//! does one, `restoring` is the way back.

pub mod acting;

mod due;

pub mod elsewhere;

pub mod keeping;

pub mod restoring;

mod room;

mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::elsewhere::add_uses_elsewhere;
use self::stored::{StoredAsk, read_stored_uses};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::retire::ladder::hangs_on_shares;
use crate::flow::retire::references::{PlaceAsk, read_place_uses};
use crate::flow::retire::standing::{ImagesSeen, RetireConfig, ShareAnswers};
use crate::model::base::BaseSource;
use crate::model::ids::{AccountId, ImageId, Installation, Region, Scope, WatchName};
use crate::model::image_uses::PlaceUses;
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_rules::RetireRules;
use crate::model::sighting::Seen;
use crate::model::tags;
use crate::service::Service;
use crate::settings::Settings;
use crate::store::{StoreError, publications, records, retired};
pub(crate) use room::RetireRoom;

/// Why a region's images are not known.
#[derive(Debug, thiserror::Error)]
pub enum ImagesUnseen {
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The rules of the config's watches, by name.
pub fn rules_by_watch(settings: &Settings) -> BTreeMap<WatchName, RetireRules> {
    let watches = settings.watches.iter();
    let with_rules =
        watches.filter_map(|(name, watch)| Some((name.clone(), watch.retire.clone()?)));
    with_rules.collect()
}

/// The account whose use of an image is looked for in any case: the one that it is in.
pub fn accounts_of(scope: &Scope) -> BTreeSet<AccountId> {
    BTreeSet::from([scope.account.clone()])
}

/// The regions of the config's watches and of their copies, and those that the store remembers. `None` is the
/// connection's own.
///
/// # Errors
/// When the store cannot be read.
pub async fn image_regions(service: &Service<'_>) -> Result<BTreeSet<Option<Region>>, StoreError> {
    let own = service.connection.region();
    let watches = service.settings.watches.values();
    let named = watches.map(|watch| watch.region.clone().or(own.clone()));
    let mut regions: BTreeSet<Option<Region>> = named.collect();
    let published = service.settings.watches.values();
    let published = published.filter_map(|watch| watch.publish.as_ref());
    let copied = published.flat_map(|rules| rules.copy_to.keys().cloned());
    regions.extend(copied.map(Some));
    // A region that the config names no more keeps the copies that were made there.
    for place in publications::copied_to(service.store).await? {
        regions.insert(Some(place));
    }
    let places = records::places(service.store).await?;
    regions.extend(places.into_iter().map(|(_, region)| Some(region)));
    if regions.is_empty() {
        regions.insert(own);
    }
    Ok(regions)
}

/// Everything of ours in one region. `besides` is read as well where it is the account's, whoever made it.
///
/// # Errors
/// When the images cannot be listed, or the store cannot be read. What names them may be unread, and says
/// so.
pub async fn see_images(
    service: &Service<'_>,
    installation: &Installation,
    region: Option<&Region>,
    besides: Option<&ImageId>,
) -> Result<ImagesSeen, ImagesUnseen> {
    let cloud = service.connection.cloud(&Identity::Own, region)?;
    let scope = cloud.caller().await?;
    let mut images = images_of(&cloud, installation).await?;
    if let Some(id) = besides.filter(|id| !images.iter().any(|one| one.image.id == **id)) {
        images.extend(cloud.owned_image(id).await?);
    }
    let uses = Box::pin(see_uses(service, installation, &cloud, &scope, &images)).await?;
    let mut seen = seen_with(service, scope, images, uses).await?;
    ask_shares(service, installation, &cloud, &mut seen).await;
    Box::pin(add_uses_elsewhere(service, &mut seen)).await;
    Ok(seen)
}

/// What must be known right before something is done to one image: everything about it anew, and what follows it.
///
/// # Errors
/// As [`see_images`].
pub(super) async fn see_one_image(
    service: &Service<'_>,
    installation: &Installation,
    cloud: &Cloud,
    image: &ImageId,
) -> Result<ImagesSeen, ImagesUnseen> {
    let scope = cloud.caller().await?;
    let images = images_of(cloud, installation).await?;
    let of_it: Vec<OwnedImage> = images
        .iter()
        .filter(|one| one.image.id == *image)
        .cloned()
        .collect();
    let uses = Box::pin(see_uses(service, installation, cloud, &scope, &of_it)).await?;
    let mut seen = seen_with(service, scope, images, uses).await?;
    if !of_it.is_empty() {
        let answer = share_answer(cloud, image).await;
        seen.shares.insert(image.clone(), answer);
    }
    Box::pin(add_uses_elsewhere(service, &mut seen)).await;
    Ok(seen)
}

/// What bakes and publishing made, whatever its state.
async fn images_of(
    cloud: &Cloud,
    installation: &Installation,
) -> Result<Vec<OwnedImage>, CloudError> {
    let of_ours = [(tags::INSTALLATION, installation.as_str())];
    let mut images = cloud.owned_images(&of_ours).await?;
    images.retain(|one| {
        let role = one.image.tags.get(tags::ROLE).map(String::as_str);
        matches!(role, Some(tags::role::IMAGE | tags::role::COPY))
    });
    Ok(images)
}

async fn seen_with(
    service: &Service<'_>,
    scope: Scope,
    images: Vec<OwnedImage>,
    uses: PlaceUses,
) -> Result<ImagesSeen, StoreError> {
    let records = retired::image_records(service.store, &scope).await?;
    let known = records.known.into_iter();
    Ok(ImagesSeen {
        scope,
        images,
        uses,
        shares: ShareAnswers::new(),
        records: known.map(|(image, record)| (image, record.value)).collect(),
        unreadable: records.unreadable,
        looked_in: BTreeSet::new(),
    })
}

async fn see_uses(
    service: &Service<'_>,
    installation: &Installation,
    cloud: &Cloud,
    scope: &Scope,
    images: &[OwnedImage],
) -> Result<PlaceUses, StoreError> {
    let ids: Vec<ImageId> = images.iter().map(|one| one.image.id.clone()).collect();
    let now = service.clock.now();
    let mut uses = match ids.is_empty() {
        // Nobody's users are looked for.
        true => PlaceUses::default(),
        false => {
            let ask = PlaceAsk {
                cloud,
                images: &ids,
                has_environments: follows_beanstalk(service, scope),
                now,
            };
            Box::pin(read_place_uses(ask)).await
        }
    };
    let rules = rules_by_watch(service.settings).into_iter();
    let horizons: BTreeMap<WatchName, Duration> = rules
        .map(|(watch, rules)| (watch, rules.rollback_horizon))
        .collect();
    let stored = StoredAsk {
        store: service.store,
        installation,
        scope,
        images,
        horizons: &horizons,
        now,
    };
    uses.0.extend(read_stored_uses(stored).await?.0);
    Ok(uses)
}

/// A watch of the config has environments in its own account here, or a base that only they use.
fn follows_beanstalk(service: &Service<'_>, scope: &Scope) -> bool {
    let own = service.connection.region();
    let mut watches = service.settings.watches.values();
    watches.any(|watch| {
        let here = watch.region.as_ref().or(own.as_ref()) == Some(&scope.region);
        let beanstalk = matches!(watch.base.source, BaseSource::Beanstalk { .. });
        here && (beanstalk || watch.targets.iter().any(|one| one.account.is_none()))
    })
}

/// With whom an image is shared is asked only where nothing else keeps it.
async fn ask_shares(
    service: &Service<'_>,
    installation: &Installation,
    cloud: &Cloud,
    seen: &mut ImagesSeen,
) {
    let rules = rules_by_watch(service.settings);
    let own_accounts = accounts_of(&seen.scope);
    let config = RetireConfig {
        installation,
        rules: &rules,
        own_accounts: &own_accounts,
        now: service.clock.now(),
    };
    let open = seen
        .images
        .iter()
        .filter(|one| hangs_on_shares(&seen.verdict(one, config)));
    let open: Vec<ImageId> = open.map(|one| one.image.id.clone()).collect();
    for image in open {
        let answer = share_answer(cloud, &image).await;
        seen.shares.insert(image, answer);
    }
}

/// Who else may launch an image.
pub(super) async fn share_answer(cloud: &Cloud, image: &ImageId) -> Seen<BTreeSet<LaunchGrant>> {
    match cloud.launch_grants(image).await {
        Ok(grants) if grants.is_empty() => Seen::Absent,
        Ok(grants) => Seen::Known(grants),
        Err(error) => Seen::Unreachable(error.trouble(format!("who may launch {image}"))),
    }
}
