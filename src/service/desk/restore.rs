//! A person brings an older image back: what would be done, and doing it. Works beside the driver: what is wanted is
//! written down first, and whoever finds it half done sees it through.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError, Identity, can_be_granted};
use crate::flow::exit_code::Exit;
use crate::flow::retire::line::watch_of;
use crate::model::aws_command::AwsCommand;
use crate::model::ids::{ImageId, Installation, Region, Scope, WatchName};
use crate::model::image::ImageState;
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_record::ImageRecord;
use crate::model::retire_rules::RetireRules;
use crate::model::tags;
use crate::service::Service;
use crate::service::retire::restoring::RestoreEnd;
use crate::service::retire::{ImagesUnseen, RetireRoom, image_regions};
use crate::settings::Faults;
use crate::store::{StoreError, retired};

/// `restore --format json`
#[derive(Debug, Serialize)]
pub struct RestorePlan {
    pub schema: &'static str,
    pub image: ImageId,
    pub account: String,
    pub region: Region,
    pub watch: WatchName,
    /// What would be done, one sentence each; empty where there is nothing to bring back.
    pub does: Vec<String>,
    /// What cannot be given back, one sentence each.
    pub cannot: Vec<String>,
    /// Until when it is left alone then.
    pub left_alone_until: DateTime<Utc>,
    /// `planned`, `restored`, `begun`, `gone`
    pub end: &'static str,
    #[serde(skip)]
    place: RestorePlace,
}

/// Where it is, and what EC2 shows of it.
#[derive(Debug)]
struct RestorePlace {
    cloud: Cloud,
    scope: Scope,
    owned: OwnedImage,
}

/// Why nothing was brought back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the config does not say whose images to look for")]
    Settings(#[from] Faults),
    #[error(
        "no region of the config's watches ({regions}) has an image {image} of this account; \
         `amiwatch images` lists what is there"
    )]
    NotFound { image: ImageId, regions: String },
    #[error(
        "{image} was deregistered on {on}, and what is deregistered does not come back from here. Where a rule of the \
         Recycle Bin kept it, `{look}` lists it, `{back}` brings it back, and after that `amiwatch restore {image}` \
         does the rest"
    )]
    Gone {
        image: ImageId,
        on: String,
        look: AwsCommand,
        back: AwsCommand,
    },
    #[error(
        "{image} does not carry this installation's tag as an image that was made here, and is not touched; \
         `{by_hand}` enables it"
    )]
    NotOurs { image: ImageId, by_hand: AwsCommand },
}

impl From<ImagesUnseen> for RestoreError {
    fn from(error: ImagesUnseen) -> Self {
        match error {
            ImagesUnseen::Cloud(error) => error.into(),
            ImagesUnseen::Store(error) => error.into(),
        }
    }
}

impl RestorePlan {
    /// There is something to bring back.
    pub fn to_do(&self) -> bool {
        !self.does.is_empty()
    }

    /// 1 where it was begun and is not through.
    pub fn exit(&self) -> Exit {
        match self.end {
            "planned" | "restored" => Exit::Done,
            _ => Exit::Failed,
        }
    }
}

/// What bringing it back would do.
///
/// # Errors
/// [`RestoreError`]
pub async fn plan_restore(
    service: &Service<'_>,
    image: &ImageId,
) -> Result<RestorePlan, RestoreError> {
    let installation = service.settings.require_installation()?;
    let place = find_image(service, image).await?;
    if !is_ours(&place.owned, installation) {
        let image = image.clone();
        let by_hand = AwsCommand::new("ec2 enable-image", &place.scope.region);
        let by_hand = by_hand.with("--image-id", image.as_str());
        return Err(RestoreError::NotOurs { image, by_hand });
    }
    let record = retired::image_record(service.store, &place.scope, image).await?;
    let record = record.map(|record| record.value);
    let watch = WatchName::from(watch_of(&place.owned.image));
    let (does, cannot) = said(&place.owned, record.as_ref());
    Ok(RestorePlan {
        schema: "amiwatch.restore/1",
        image: image.clone(),
        account: place.scope.account.to_string(),
        region: place.scope.region.clone(),
        left_alone_until: left_alone_until(service, &watch),
        watch,
        does,
        cannot,
        end: "planned",
        place,
    })
}

/// Brings it back.
///
/// # Errors
/// When AWS or the store fails: the order stands, and the daemon, or the same command, goes on with it.
pub async fn restore_now(
    service: &Service<'_>,
    mut plan: RestorePlan,
    by: &str,
) -> Result<RestorePlan, RestoreError> {
    let installation = service.settings.require_installation()?;
    let RestorePlace {
        cloud,
        scope,
        owned,
    } = &plan.place;
    let room = RetireRoom::of_person(service, installation, cloud.clone(), scope.clone());
    room.order_back(owned, by).await?;
    plan.end = match Box::pin(room.bring_back(&plan.image)).await? {
        RestoreEnd::Done => "restored",
        RestoreEnd::Gone => "gone",
        RestoreEnd::Unsettled => "begun",
    };
    Ok(plan)
}

async fn find_image(service: &Service<'_>, image: &ImageId) -> Result<RestorePlace, RestoreError> {
    let mut looked = Vec::new();
    for region in image_regions(service).await? {
        let cloud = service.connection.cloud(&Identity::Own, region.as_ref())?;
        let scope = cloud.caller().await?;
        looked.push(scope.region.to_string());
        let owned = cloud.owned_image(image).await?;
        if let Some(owned) = owned.filter(|one| one.image.state != ImageState::Deregistered) {
            return Ok(RestorePlace {
                cloud,
                scope,
                owned,
            });
        }
    }
    Err(gone_or_not_found(service, image, looked).await?)
}

/// What amiwatch deregistered itself is remembered for a while.
async fn gone_or_not_found(
    service: &Service<'_>,
    image: &ImageId,
    looked: Vec<String>,
) -> Result<RestoreError, StoreError> {
    let records = retired::each_image_record(service.store).await?.into_iter();
    let mut records = records.filter_map(Result::ok);
    let known = records.find(|(id, _)| id == image).map(|(_, known)| known);
    let image = image.clone();
    let gone = known.and_then(|known| Some((known.record.gone_at?, known.place)));
    let Some((at, place)) = gone else {
        let regions = looked.join(", ");
        return Ok(RestoreError::NotFound { image, regions });
    };
    let region = place.rsplit('/').next().unwrap_or_default();
    let (look, back) = from_recycle_bin(&image, &Region::from(region));
    Ok(RestoreError::Gone {
        on: at.format("%Y-%m-%d").to_string(),
        image,
        look,
        back,
    })
}

/// What lists an image that a rule of the Recycle Bin kept, and what brings it back from there.
pub fn from_recycle_bin(image: &ImageId, region: &Region) -> (AwsCommand, AwsCommand) {
    let look = AwsCommand::new("ec2 list-images-in-recycle-bin", region)
        .with("--image-ids", image.as_str());
    let back = AwsCommand::new("ec2 restore-image-from-recycle-bin", region)
        .with("--image-id", image.as_str());
    (look, back)
}

fn is_ours(owned: &OwnedImage, installation: &Installation) -> bool {
    let tag = |name: &str| owned.image.tags.get(name).map(String::as_str);
    let made = matches!(tag(tags::ROLE), Some(tags::role::IMAGE | tags::role::COPY));
    owned.image.ours && made && tag(tags::INSTALLATION) == Some(installation.as_str())
}

/// What would be done, and what cannot be.
fn said(owned: &OwnedImage, record: Option<&ImageRecord>) -> (Vec<String>, Vec<String>) {
    let (image, mut does, mut cannot) = (&owned.image, Vec::new(), Vec::new());
    let disabled = image.state == ImageState::Disabled;
    if disabled {
        does.push("enables it: it can be launched again".to_owned());
    }
    if let Some(from) = image.deprecated_from {
        let from = from.format("%Y-%m-%d %H:%M UTC");
        does.push(format!(
            "ends its deprecation (from {from}): others find it again where they may launch it"
        ));
    }
    let grants = record.map_or(&[][..], |record| &record.grants[..]);
    let (granted, lost): (Vec<_>, Vec<_>) = grants.iter().partition(|one| can_be_granted(one));
    let names = |all: Vec<&LaunchGrant>| {
        let names: Vec<String> = all.into_iter().map(LaunchGrant::named).collect();
        names.join(", ")
    };
    let by_us = record.is_some_and(|record| record.disabled_at.is_some());
    let begun = record.is_some_and(|record| record.under_way.is_some());
    if !granted.is_empty() && (by_us || begun) {
        does.push(format!("lets these launch it again: {}", names(granted)));
    }
    if !lost.is_empty() {
        cannot.push(format!("this version cannot share it with {}", names(lost)));
    }
    if disabled && !by_us && !begun {
        cannot.push(
            "who might launch it before is not known: it was not amiwatch that disabled it, as far as that is \
             remembered"
                .to_owned(),
        );
    }
    (does, cannot)
}

/// What was brought back counts as young once more.
fn left_alone_until(service: &Service<'_>, watch: &WatchName) -> DateTime<Utc> {
    let rules = service.settings.watches.get(watch);
    let rules = rules.and_then(|watch| watch.retire.as_ref());
    let young = rules.map_or(RetireRules::default().younger_than, |rules| {
        rules.younger_than
    });
    let young = TimeDelta::from_std(young).unwrap_or(TimeDelta::MAX);
    let until = service.clock.now().checked_add_signed(young);
    until.unwrap_or(DateTime::<Utc>::MAX_UTC)
}
