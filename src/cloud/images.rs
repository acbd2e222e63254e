//! Looking at images. Source of truth: `DescribeImages`, `GetImageAncestry`.
//!
//! Always by filter, never by `ImageIds`: one id that is gone fails a call by ids as a whole. With
//! deprecated and disabled images, since an old stock image is hidden, not gone; only what is looked
//! for to bake from ([`super::image_candidates`]) leaves them out.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    ArchitectureValues, Filter, Image as SdkImage, ImageState as SdkState, StateReason,
};
use chrono::{DateTime, Utc};

use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::tagging::{filter, our_tags, our_time, parsed_time, tag_filters};
use crate::model::ids::{AccountId, Architecture, ImageId, InstanceId, Region, SnapshotId};
use crate::model::image::{Image, ImageState};

const DESCRIBE_IMAGES: Operation = Operation::read("ec2:DescribeImages");
const GET_ANCESTRY: Operation = Operation::read("ec2:GetImageAncestry");

/// EC2 takes at most 200 values in one filter.
const IDS_PER_CALL: usize = 200;
/// Without a page's size EC2 puts everything into one answer, which takes it long and is throttled
/// sooner.
const IMAGES_PER_PAGE: i32 = 500;

/// One image of a line of ancestors, nearest first; the first is the image itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    pub image: ImageId,
    /// Where it lies: an image can be a copy of one of another region.
    pub region: Region,
    /// `amazon`, `aws-marketplace`; absent for plain accounts.
    pub owner_alias: Option<String>,
    pub source: Option<ImageId>,
    pub created: Option<DateTime<Utc>>,
}

/// Whose images a listing is about, and which of them.
pub(super) struct Listing {
    /// Empty: anybody's.
    pub(super) owners: Vec<String>,
    /// Deprecated and disabled ones too: hidden, not gone.
    pub(super) hidden: bool,
}

impl Listing {
    pub(super) fn everything(owner: Option<&str>) -> Self {
        Self {
            owners: owner.map(str::to_owned).into_iter().collect(),
            hidden: true,
        }
    }
}

impl Cloud {
    /// The images of these ids, deprecated and disabled ones included. One that EC2 does not list
    /// is not in the answer; an id that is none does not disturb the others.
    ///
    /// # Errors
    /// Any kind but `NotFound`: one batch that fails fails the whole look.
    pub async fn images(&self, ids: &[ImageId]) -> Result<BTreeMap<ImageId, Image>, CloudError> {
        let mut wanted: Vec<_> = ids.iter().filter(|id| looks_like_an_image(id)).collect();
        wanted.sort();
        wanted.dedup();
        let mut found = BTreeMap::new();
        for batch in wanted.chunks(IDS_PER_CALL) {
            let resource = match batch {
                [one] => one.to_string(),
                many => format!("{} images", many.len()),
            };
            let by_id = vec![filter("image-id", batch.iter().map(|id| id.as_str()))];
            for image in self.describe_images(&resource, None, by_id).await? {
                found.insert(image.id.clone(), image);
            }
        }
        Ok(found)
    }

    /// Amazon's images of these names, whatever their architecture.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn amazon_images_named(&self, names: &[String]) -> Result<Vec<Image>, CloudError> {
        let mut found = self.images_named("amazon", names).await?;
        found.retain(Image::by_amazon);
        Ok(found)
    }

    /// The account's own images of these names, pending and failed ones included.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn own_images_named(&self, names: &[String]) -> Result<Vec<Image>, CloudError> {
        self.images_named("self", names).await
    }

    async fn images_named(&self, owner: &str, names: &[String]) -> Result<Vec<Image>, CloudError> {
        let mut found = Vec::new();
        for batch in names.chunks(IDS_PER_CALL) {
            let named = vec![filter("name", batch.iter().map(String::as_str))];
            let resource = match batch {
                [one] => one.clone(),
                many => format!("{} images of {owner} by name", many.len()),
            };
            let images = self.describe_images(&resource, Some(owner), named).await?;
            // The filter reads `*` and `?` as wildcards; a name is a name here.
            let exact = images.into_iter();
            found.extend(exact.filter(|image| batch.contains(&image.name)));
        }
        Ok(found)
    }

    /// The account's own images that carry all of these tags, in any state, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn own_images(&self, tags: &[(&str, &str)]) -> Result<Vec<Image>, CloudError> {
        self.describe_images("own images by tag", Some("self"), tag_filters(tags))
            .await
    }

    /// The account's own image of this name, pending and failed ones included.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn own_image_by_name(&self, name: &str) -> Result<Option<Image>, CloudError> {
        let named = vec![filter("name", [name])];
        let found = self.describe_images(name, Some("self"), named).await?;
        // The filter reads `*` and `?` as wildcards; a name is a name here.
        Ok(found.into_iter().find(|image| image.name == name))
    }

    /// What an image was made from, step by step, up to the first Amazon or marketplace image.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the image.
    pub async fn ancestry(&self, id: &ImageId) -> Result<Vec<Ancestor>, CloudError> {
        let request = self
            .ec2(GET_ANCESTRY)
            .get_image_ancestry()
            .image_id(id.as_str())
            .send();
        let answer = self.call(GET_ANCESTRY, id, request).await?;
        let ancestors = answer.image_ancestry_entries().iter();
        let mut region = self.region().clone();
        let ours = |entry: &aws_sdk_ec2::types::ImageAncestryEntry| {
            let of_source = entry.source_image_region().map(Region::from);
            let next = of_source.unwrap_or_else(|| region.clone());
            Some(Ancestor {
                image: ImageId::from(entry.image_id()?),
                region: std::mem::replace(&mut region, next),
                owner_alias: entry.image_owner_alias().map(str::to_owned),
                source: entry.source_image_id().map(ImageId::from),
                created: entry.creation_date().and_then(our_time),
            })
        };
        Ok(ancestors.filter_map(ours).collect())
    }

    /// The name of an image's root device (`/dev/xvda`), which EC2 wants to hear back when a
    /// launch changes the root volume. `None`: EC2 does not list the image.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn root_device(&self, id: &ImageId) -> Result<Option<String>, CloudError> {
        let by_id = vec![filter("image-id", [id.as_str()])];
        let everything = Listing::everything(None);
        let images = self.sdk_images(id.as_str(), &everything, by_id).await?;
        Ok(images
            .into_iter()
            .next()
            .and_then(|image| image.root_device_name))
    }

    /// Every page of one question, in our words, sorted by id.
    pub(super) async fn describe_images(
        &self,
        resource: &str,
        owner: Option<&str>,
        filters: Vec<Filter>,
    ) -> Result<Vec<Image>, CloudError> {
        let listing = Listing::everything(owner);
        let images = self.sdk_images(resource, &listing, filters).await?;
        if images.is_empty() {
            return Ok(Vec::new());
        }
        // Who asks matters only where the question did not settle whose they are.
        let account = match owner {
            None => Some(self.caller().await?.account),
            Some(_) => None,
        };
        let is_ours = |owner_id: &AccountId| match &account {
            Some(account) => owner_id == account,
            None => owner == Some("self"),
        };
        Ok(our_images(images, self.region(), is_ours))
    }

    /// Every page of one listing.
    pub(super) async fn sdk_images(
        &self,
        resource: &str,
        listing: &Listing,
        filters: Vec<Filter>,
    ) -> Result<Vec<SdkImage>, CloudError> {
        let owners = (!listing.owners.is_empty()).then(|| listing.owners.clone());
        let mut images = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_IMAGES)
                .describe_images()
                .set_owners(owners.clone())
                .set_filters(Some(filters.clone()))
                .include_deprecated(listing.hidden)
                .include_disabled(listing.hidden)
                .max_results(IMAGES_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_IMAGES, resource, request).await?;
            images.extend(page.images.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(images);
            }
        }
    }
}

/// In our words, sorted by id.
pub(super) fn our_images(
    images: Vec<SdkImage>,
    region: &Region,
    is_ours: impl Fn(&AccountId) -> bool,
) -> Vec<Image> {
    let images = images.into_iter();
    let mut ours: Vec<_> = images
        .filter_map(|image| our_image(image, region, &is_ours))
        .collect();
    ours.sort_by(|one, other| one.id.cmp(&other.id));
    ours
}

fn looks_like_an_image(id: &ImageId) -> bool {
    id.as_str()
        .strip_prefix("ami-")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `None` for an entry without an id, which names nothing.
fn our_image(
    image: SdkImage,
    region: &Region,
    is_ours: impl Fn(&AccountId) -> bool,
) -> Option<Image> {
    let snapshots = image
        .block_device_mappings()
        .iter()
        .filter_map(|mapping| mapping.ebs()?.snapshot_id().map(SnapshotId::from))
        .collect();
    let owner = AccountId::from(image.owner_id().unwrap_or_default());
    Some(Image {
        id: ImageId::from(image.image_id()?),
        region: region.clone(),
        name: image.name().unwrap_or_default().to_owned(),
        ours: is_ours(&owner),
        owner,
        owner_alias: image.image_owner_alias().map(str::to_owned),
        public: image.public().unwrap_or(false),
        architecture: image.architecture().and_then(our_architecture),
        state: image.state().map_or(ImageState::Other, our_state),
        state_reason: image.state_reason().and_then(reason_text),
        created: image.creation_date().and_then(parsed_time),
        deprecated_from: image.deprecation_time().and_then(parsed_time),
        source_image: image.source_image_id().map(ImageId::from),
        source_region: image.source_image_region().map(Region::from),
        source_instance: image.source_instance_id().map(InstanceId::from),
        snapshots,
        tags: our_tags(image.tags()),
    })
}

fn our_architecture(architecture: &ArchitectureValues) -> Option<Architecture> {
    architecture.as_str().parse().ok()
}

fn our_state(state: &SdkState) -> ImageState {
    match state {
        SdkState::Pending | SdkState::Transient => ImageState::Pending,
        SdkState::Available => ImageState::Available,
        SdkState::Disabled => ImageState::Disabled,
        SdkState::Failed | SdkState::Error | SdkState::Invalid => ImageState::Failed,
        SdkState::Deregistered => ImageState::Deregistered,
        _ => ImageState::Other,
    }
}

/// A state's reason as one text: `Client.InternalError: ...`.
pub(super) fn reason_text(reason: &StateReason) -> Option<String> {
    match (reason.code(), reason.message()) {
        (Some(code), Some(message)) if message.starts_with(code) => Some(message.to_owned()),
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => message.or(code).map(str::to_owned),
    }
}
