//! Which images are ours, how far each has come down the ladder, and what names one of them. Asks AWS and
//! the store; changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::image_contents::{ImageContents, contents_of};
use crate::cloud::{Ancestor, Cloud, CloudError, Identity};
use crate::flow::exit_code::Exit;
use crate::flow::retire::references::read_listed;
use crate::flow::retire::standing::{ImageStanding, ImagesSeen, RetireConfig};
use crate::model::ids::{ImageId, Installation, Region};
use crate::model::image_uses::{AskedKind, ImageReferences, ImageUse, ReferenceKind};
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::sighting::{Seen, Trouble};
use crate::service::Service;
use crate::service::retire::elsewhere::add_uses_elsewhere;
use crate::service::retire::{
    ImagesUnseen, accounts_of, image_regions, rules_by_watch, see_images, share_answer,
};
use crate::settings::Faults;
use crate::store::StoreError;

/// `images --format json`
#[derive(Debug, Serialize)]
pub struct ListedImages {
    pub schema: &'static str,
    /// By region and watch, the newest first.
    pub images: Vec<ImageStanding>,
    /// What could not be read: whatever it may name stays on its rung.
    pub unreachable: Vec<UnreadOfRegion>,
}

/// `image --format json`
#[derive(Debug, Serialize)]
pub struct ShownImage {
    pub schema: &'static str,
    #[serde(flatten)]
    pub standing: ImageStanding,
    pub tags: BTreeMap<String, String>,
    /// From the image itself to the first that Amazon published.
    pub lineage: Vec<LineageStep>,
    /// Why the lineage is not known; absent where it is.
    pub lineage_untold: Option<String>,
    /// What is in it, and what changed with it; absent where no report of it is kept.
    pub contents: Option<ImageContents>,
    /// What names it, by kind.
    pub users: Vec<UsersOfKind>,
    /// Who else may launch it; absent where that was not told.
    pub shared_with: Option<Vec<String>>,
}

/// One image of a line of ancestors.
#[derive(Debug, Serialize)]
pub struct LineageStep {
    pub image: ImageId,
    pub region: Region,
    /// `amazon`; absent for plain accounts.
    pub owner: Option<String>,
    pub created: Option<DateTime<Utc>>,
}

/// What one kind says of an image.
#[derive(Debug, Serialize)]
pub struct UsersOfKind {
    pub kind: ReferenceKind,
    /// The calls that answered, or should have.
    pub asked: String,
    pub answer: UsersAnswer,
    pub users: Vec<ImageUse>,
    /// Why there is no answer.
    pub why: Option<String>,
}

/// Whether something of a kind names an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsersAnswer {
    Named,
    Absent,
    /// Which keeps the image as if it were named.
    Unreachable,
}

/// A question that got no answer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UnreadOfRegion {
    pub region: String,
    #[serde(flatten)]
    pub trouble: Trouble,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error("the config does not say whose images to look for")]
    Settings(#[from] Faults),
    #[error(
        "no region of the config's watches ({regions}) has an image {image} of this account; \
         `amiwatch images` lists what is there"
    )]
    NotFound { image: ImageId, regions: String },
}

impl ListedImages {
    /// 4 when something could not be read.
    pub fn exit(&self) -> Exit {
        let untold = self.images.iter().any(|one| one.verdict.is_untold());
        match untold || !self.unreachable.is_empty() {
            true => Exit::CannotTell,
            false => Exit::Done,
        }
    }
}

impl ShownImage {
    /// 4 when something that may name it could not be read.
    pub fn exit(&self) -> Exit {
        // What EC2 lists by itself is asked besides: our own questions stand without it.
        let mut asked = self
            .users
            .iter()
            .filter(|one| one.kind != ReferenceKind::ListedByEc2);
        let unread = asked.any(|one| one.answer == UsersAnswer::Unreachable);
        match unread || self.standing.verdict.is_untold() {
            true => Exit::CannotTell,
            false => Exit::Done,
        }
    }
}

/// Every image that carries the installation's tag, or those of one watch.
///
/// # Errors
/// When the config names no installation, or the store cannot be read. A region that does not answer is
/// in the document.
pub async fn list_images(
    service: &Service<'_>,
    watch: Option<&str>,
) -> Result<ListedImages, ImagesError> {
    let installation = service.settings.require_installation()?;
    let mut listed = ListedImages {
        schema: "amiwatch.images/1",
        images: Vec::new(),
        unreachable: Vec::new(),
    };
    for region in image_regions(service).await? {
        match see_images(service, installation, region.as_ref(), None).await {
            Ok(seen) => {
                let of_watch = |one: &ImageStanding| watch.is_none_or(|watch| one.watch == watch);
                let stands = standings(service, installation, &seen).into_iter();
                listed.images.extend(stands.filter(of_watch));
                listed.unreachable.extend(unread(&seen));
            }
            Err(ImagesUnseen::Store(error)) => return Err(error.into()),
            Err(ImagesUnseen::Cloud(error)) => listed.unreachable.push(UnreadOfRegion {
                region: named_region(region.as_ref()),
                trouble: error.trouble("our images"),
            }),
        }
    }
    Ok(listed)
}

/// One image of the account: what it was made from, what names it, where it stands and why.
///
/// # Errors
/// When no region has it, or one does not answer, so that nobody knows.
pub async fn show_image(service: &Service<'_>, image: &ImageId) -> Result<ShownImage, ImagesError> {
    let installation = service.settings.require_installation()?;
    let mut looked = Vec::new();
    let mut unanswered = None;
    for region in image_regions(service).await? {
        looked.push(named_region(region.as_ref()));
        match image_in(service, installation, region.as_ref(), image).await {
            Ok(Some(shown)) => return Ok(shown),
            Ok(None) => {}
            Err(ImagesUnseen::Store(error)) => return Err(error.into()),
            Err(ImagesUnseen::Cloud(error)) => unanswered = Some(error),
        }
    }
    Err(match unanswered {
        Some(error) => error.into(),
        None => ImagesError::NotFound {
            image: image.clone(),
            regions: looked.join(", "),
        },
    })
}

async fn image_in(
    service: &Service<'_>,
    installation: &Installation,
    region: Option<&Region>,
    image: &ImageId,
) -> Result<Option<ShownImage>, ImagesUnseen> {
    let cloud = service.connection.cloud(&Identity::Own, region)?;
    if cloud.owned_image(image).await?.is_none() {
        return Ok(None);
    }
    let mut seen = see_images(service, installation, region, Some(image)).await?;
    let listed = seen.images.iter().find(|one| one.image.id == *image);
    let Some(owned) = listed.cloned() else {
        return Ok(None);
    };
    let shares_known = seen.shares.contains_key(image);
    let grants = grants_of(&cloud, image, &mut seen).await;
    if !shares_known {
        Box::pin(add_uses_elsewhere(service, &mut seen)).await;
    }
    let mut references = seen.references(&owned, service.clock.now());
    let by_ec2 = read_listed(&cloud, image).await;
    references.0.insert(ReferenceKind::ListedByEc2, by_ec2);
    let (lineage, lineage_untold) = lineage_of(&cloud, image).await;
    let contents = contents_of(service.store, &seen.scope, &owned, &seen.images).await?;
    Ok(Some(ShownImage {
        schema: "amiwatch.image/1",
        standing: standing(service, installation, &seen, &owned, &references),
        tags: owned.image.tags.clone(),
        lineage,
        lineage_untold,
        contents,
        users: users_by_kind(references),
        shared_with: grants,
    }))
}

/// Asked for a person in any case, and then known to the ladder as well.
async fn grants_of(cloud: &Cloud, image: &ImageId, seen: &mut ImagesSeen) -> Option<Vec<String>> {
    if !seen.shares.contains_key(image) {
        let answer = share_answer(cloud, image).await;
        seen.shares.insert(image.clone(), answer);
    }
    match seen.shares.get(image)? {
        Seen::Known(grants) => Some(grants.iter().map(LaunchGrant::named).collect()),
        Seen::Absent => Some(Vec::new()),
        Seen::Unreachable(_) => None,
    }
}

async fn lineage_of(cloud: &Cloud, image: &ImageId) -> (Vec<LineageStep>, Option<String>) {
    let step = |one: Ancestor| LineageStep {
        image: one.image,
        region: one.region,
        owner: one.owner_alias,
        created: one.created,
    };
    match cloud.ancestry(image).await {
        Ok(line) => (line.into_iter().map(step).collect(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    }
}

fn users_by_kind(mut references: ImageReferences) -> Vec<UsersOfKind> {
    let kinds = ReferenceKind::SHOWN.into_iter();
    let asked = kinds.filter_map(|kind| Some((kind, references.0.remove(&kind)?)));
    let users = asked.map(|(kind, AskedKind { asked, seen })| {
        let (answer, users, why) = match seen {
            Seen::Known(users) => (UsersAnswer::Named, users, None),
            Seen::Absent => (UsersAnswer::Absent, Vec::new(), None),
            Seen::Unreachable(trouble) => {
                let why = format!("{}: {}", trouble.what, trouble.why);
                (UsersAnswer::Unreachable, Vec::new(), Some(why))
            }
        };
        UsersOfKind {
            kind,
            asked,
            answer,
            users,
            why,
        }
    });
    users.collect()
}

fn standings(
    service: &Service<'_>,
    installation: &Installation,
    seen: &ImagesSeen,
) -> Vec<ImageStanding> {
    with_config(service, installation, seen, |config| seen.standings(config))
}

fn standing(
    service: &Service<'_>,
    installation: &Installation,
    seen: &ImagesSeen,
    owned: &OwnedImage,
    references: &ImageReferences,
) -> ImageStanding {
    with_config(service, installation, seen, |config| {
        seen.standing_by(owned, references, config)
    })
}

fn with_config<T>(
    service: &Service<'_>,
    installation: &Installation,
    seen: &ImagesSeen,
    ask: impl FnOnce(RetireConfig<'_>) -> T,
) -> T {
    let rules = rules_by_watch(service.settings);
    let own_accounts = accounts_of(&seen.scope);
    ask(RetireConfig {
        installation,
        rules: &rules,
        own_accounts: &own_accounts,
        now: service.clock.now(),
    })
}

fn unread(seen: &ImagesSeen) -> Vec<UnreadOfRegion> {
    let found: BTreeSet<&Trouble> = seen.uses.troubles();
    let told = found.into_iter().map(|trouble| UnreadOfRegion {
        region: seen.scope.region.to_string(),
        trouble: trouble.clone(),
    });
    told.collect()
}

fn named_region(region: Option<&Region>) -> String {
    region
        .map_or("the default region", Region::as_str)
        .to_owned()
}
