//! Copying an image of ours into this door's region.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::ResourceType;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::from_birth;
use crate::model::ids::{ImageId, Region};

const COPY_IMAGE: Operation = Operation::change("ec2:CopyImage");

/// A copy to make, in the region of whoever is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyImage {
    pub source: ImageId,
    pub source_region: Region,
    pub name: String,
    pub description: String,
    /// The same token with the same wish is the same copy, also when that has failed since.
    pub token: String,
    /// The key's ARN; without one it is as the source, under the region's own key where that is encrypted.
    pub key: Option<String>,
    /// On the image and on its snapshots, from birth.
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// Starts copying; the copy is `pending` for minutes or hours.
    ///
    /// # Errors
    /// `Conflict` when the name is taken; `Unknown` when it may have started (find it by its name).
    pub async fn copy_image(&self, wish: &CopyImage) -> Result<ImageId, CloudError> {
        let name = &wish.name;
        let request = self
            .ec2(COPY_IMAGE)
            .copy_image()
            .source_image_id(wish.source.as_str())
            .source_region(wish.source_region.as_str())
            .name(name)
            .description(&wish.description)
            .client_token(&wish.token)
            .set_encrypted(wish.key.as_ref().map(|_| true))
            .set_kms_key_id(wish.key.clone())
            .set_tag_specifications(from_birth(
                &[ResourceType::Image, ResourceType::Snapshot],
                &wish.tags,
            ))
            .send();
        let answer = self.call(COPY_IMAGE, name, request).await?;
        answer.image_id().map(ImageId::from).ok_or_else(|| {
            let message = "the answer holds no image id";
            self.fault(COPY_IMAGE, name, ErrorKind::Unknown, message)
        })
    }
}
