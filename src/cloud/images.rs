//! Looking at images. Source of truth: `DescribeImages`, `GetImageAncestry`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::ImageId;
use crate::model::image::Image;

/// One image of a line of ancestors, nearest first; the first is the image itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    pub image: ImageId,
    /// `amazon`, `aws-marketplace`; absent for plain accounts.
    pub owner_alias: Option<String>,
    pub source: Option<ImageId>,
    pub created: Option<DateTime<Utc>>,
}

impl Cloud {
    /// The images of these ids, deprecated and disabled ones included. One that EC2 does not list
    /// is not in the answer; an id that is none does not disturb the others.
    ///
    /// # Errors
    /// Any kind but `NotFound`: one batch that fails fails the whole look.
    pub async fn images(&self, ids: &[ImageId]) -> Result<BTreeMap<ImageId, Image>, CloudError> {
        todo!()
    }

    /// The account's own images that carry all of these tags, in any state, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn own_images(&self, tags: &[(&str, &str)]) -> Result<Vec<Image>, CloudError> {
        todo!()
    }

    /// The account's own image of this name, pending and failed ones included.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn own_image_by_name(&self, name: &str) -> Result<Option<Image>, CloudError> {
        todo!()
    }

    /// What an image was made from, step by step, up to the first Amazon or marketplace image.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the image.
    pub async fn ancestry(&self, id: &ImageId) -> Result<Vec<Ancestor>, CloudError> {
        todo!()
    }

    /// The name of an image's root device (`/dev/xvda`), which EC2 wants to hear back when a
    /// launch changes the root volume. `None`: EC2 does not list the image.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn root_device(&self, id: &ImageId) -> Result<Option<String>, CloudError> {
        todo!()
    }
}
