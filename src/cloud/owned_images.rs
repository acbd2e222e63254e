//! The account's own images with what only their owner is told: protection, the last launch, and who else
//! may launch them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    Filter, Image as SdkImage, ImageAttributeName, LaunchPermission, PermissionGroup,
};

use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::images::{Listing, our_images};
use super::tagging::{filter, parsed_time, tag_filters};
use crate::model::ids::{AccountId, ImageId};
use crate::model::owned_image::{LaunchGrant, OwnedImage};

const DESCRIBE_ATTRIBUTE: Operation = Operation::read("ec2:DescribeImageAttribute");

/// What EC2 writes where nothing protects an image.
const UNPROTECTED: &str = "disabled";

impl Cloud {
    /// The account's own images that carry all of these tags, in any state, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn owned_images(&self, tags: &[(&str, &str)]) -> Result<Vec<OwnedImage>, CloudError> {
        self.describe_owned("own images by tag", tag_filters(tags))
            .await
    }

    /// One image of the account, whoever made it. `None`: the account has none of this id here.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn owned_image(&self, id: &ImageId) -> Result<Option<OwnedImage>, CloudError> {
        let by_id = vec![filter("image-id", [id.as_str()])];
        let found = self.describe_owned(id.as_str(), by_id).await?;
        Ok(found.into_iter().find(|one| one.image.id == *id))
    }

    pub(super) async fn describe_owned(
        &self,
        resource: &str,
        filters: Vec<Filter>,
    ) -> Result<Vec<OwnedImage>, CloudError> {
        let listing = Listing::everything(Some("self"));
        let images = self.sdk_images(resource, &listing, filters).await?;
        let mut told: BTreeMap<ImageId, SdkImage> = BTreeMap::new();
        for image in &images {
            if let Some(id) = image.image_id() {
                told.insert(ImageId::from(id), image.clone());
            }
        }
        let ours = our_images(images, self.region(), |_| true).into_iter();
        let owned = ours.map(|image| {
            let told = told.get(&image.id);
            let protection = told.and_then(|told| told.deregistration_protection());
            let launched = told.and_then(|told| told.last_launched_time());
            OwnedImage {
                protected: protection.is_some_and(|word| word != UNPROTECTED),
                last_launched: launched.and_then(parsed_time),
                image,
            }
        });
        Ok(owned.collect())
    }

    /// Who besides the owner may launch an image of the account; empty: nobody.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the image.
    pub async fn launch_grants(&self, id: &ImageId) -> Result<BTreeSet<LaunchGrant>, CloudError> {
        let request = self
            .ec2(DESCRIBE_ATTRIBUTE)
            .describe_image_attribute()
            .image_id(id.as_str())
            .attribute(ImageAttributeName::LaunchPermission)
            .send();
        let answer = self.call(DESCRIBE_ATTRIBUTE, id, request).await?;
        Ok(answer.launch_permissions().iter().map(our_grant).collect())
    }
}

/// A form without any of the fields that we know is somebody all the same.
fn our_grant(said: &LaunchPermission) -> LaunchGrant {
    let arn = said.organization_arn().or(said.organizational_unit_arn());
    match (said.user_id(), arn, said.group()) {
        (Some(account), _, _) => LaunchGrant::Account(AccountId::from(account)),
        (None, Some(arn), _) => LaunchGrant::Organization(arn.to_owned()),
        (None, None, Some(PermissionGroup::All)) => LaunchGrant::Everybody,
        (None, None, other) => LaunchGrant::Other(format!("{other:?}")),
    }
}
