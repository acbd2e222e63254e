//! What is done to an older image: deprecated, disabled, deregistered, and back. Each call is right to be
//! made again. Whether it may be done is decided elsewhere, right before.

use aws_sdk_ec2::primitives::DateTime as SdkTime;
use chrono::{DateTime, Utc};

use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::image_changes::{DEREGISTER_IMAGE, gone_is_fine};
use super::tagging::filter;
use crate::model::ids::{ImageId, SnapshotId};
use crate::model::owned_image::OwnedImage;

const DEPRECATE: Operation = Operation::change("ec2:EnableImageDeprecation");
const UNDEPRECATE: Operation = Operation::change("ec2:DisableImageDeprecation");
const DISABLE: Operation = Operation::change("ec2:DisableImage");
const ENABLE: Operation = Operation::change("ec2:EnableImage");

/// EC2 takes at most 200 values in one filter.
const IDS_PER_CALL: usize = 200;

impl Cloud {
    /// From then on others do not find it in listings. EC2 takes nothing but a time that lies ahead, and cuts
    /// it to the minute.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the image; `Unknown` when it may have happened (look at it).
    pub async fn deprecate_image(&self, id: &ImageId, at: DateTime<Utc>) -> Result<(), CloudError> {
        let request = self
            .ec2(DEPRECATE)
            .enable_image_deprecation()
            .image_id(id.as_str())
            .deprecate_at(SdkTime::from_secs(at.timestamp()))
            .send();
        self.call(DEPRECATE, id, request).await.map(drop)
    }

    /// Others find it again.
    ///
    /// # Errors
    /// As [`Cloud::deprecate_image`].
    pub async fn undeprecate_image(&self, id: &ImageId) -> Result<(), CloudError> {
        let request = self
            .ec2(UNDEPRECATE)
            .disable_image_deprecation()
            .image_id(id.as_str())
            .send();
        self.call(UNDEPRECATE, id, request).await.map(drop)
    }

    /// Nobody can launch it, and it is shared with nobody: EC2 forgets with whom it was.
    ///
    /// # Errors
    /// `Conflict` when it is not available; else as [`Cloud::deprecate_image`].
    pub async fn disable_image(&self, id: &ImageId) -> Result<(), CloudError> {
        let request = self
            .ec2(DISABLE)
            .disable_image()
            .image_id(id.as_str())
            .send();
        self.call(DISABLE, id, request).await.map(drop)
    }

    /// It can be launched again, by its owner alone.
    ///
    /// # Errors
    /// As [`Cloud::deprecate_image`].
    pub async fn enable_image(&self, id: &ImageId) -> Result<(), CloudError> {
        let request = self.ec2(ENABLE).enable_image().image_id(id.as_str()).send();
        self.call(ENABLE, id, request).await.map(drop)
    }

    /// Deregisters an image and leaves its snapshots. What is gone already counts as deregistered.
    ///
    /// # Errors
    /// `Conflict` while it is protected; `Unknown` when it may have happened (look at it).
    pub async fn deregister_alone(&self, id: &ImageId) -> Result<(), CloudError> {
        let request = self
            .ec2(DEREGISTER_IMAGE)
            .deregister_image()
            .image_id(id.as_str())
            .send();
        gone_is_fine(self.call(DEREGISTER_IMAGE, id, request).await)
    }

    /// The account's own images, in any state, that have one of these snapshots.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn images_of_snapshots(
        &self,
        snapshots: &[SnapshotId],
    ) -> Result<Vec<OwnedImage>, CloudError> {
        let mut found = Vec::new();
        for batch in snapshots.chunks(IDS_PER_CALL) {
            let ids = batch.iter().map(SnapshotId::as_str);
            let by_snapshot = vec![filter("block-device-mapping.snapshot-id", ids)];
            found.extend(
                self.describe_owned("images of snapshots", by_snapshot)
                    .await?,
            );
        }
        Ok(found)
    }
}
