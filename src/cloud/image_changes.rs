//! Making, tagging and removing images and their snapshots.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::{ImageId, InstanceId, SnapshotId};

/// An image to make of a stopped instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateImage {
    pub instance: InstanceId,
    /// Unique in account and region: the idempotency key of this call, which has no token.
    pub name: String,
    pub description: String,
    /// On the image and on its snapshots, from birth.
    pub tags: BTreeMap<String, String>,
}

/// A snapshot of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub id: SnapshotId,
    /// `pending`, `completed`, `error`, as AWS writes it.
    pub state: String,
    pub started: Option<DateTime<Utc>>,
    pub description: String,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// Starts making an image; it is `pending` for minutes.
    ///
    /// # Errors
    /// `Conflict` when the name is taken (find the image by its name) or the instance is in a wrong
    /// state; `Unknown` when it may have started (find it the same way).
    pub async fn create_image(&self, request: &CreateImage) -> Result<ImageId, CloudError> {
        todo!()
    }

    /// Deregisters an image and removes these snapshots of it. Right to call again: what is gone
    /// already counts as done.
    ///
    /// # Errors
    /// `Conflict` when a snapshot is still in use by another image or the image is protected.
    pub async fn deregister(
        &self,
        id: &ImageId,
        snapshots: &[SnapshotId],
    ) -> Result<(), CloudError> {
        todo!()
    }

    /// Sets tags on images, snapshots, instances or groups, by id.
    ///
    /// # Errors
    /// `NotFound` when one of them is not there.
    pub async fn tag(
        &self,
        ids: &[&str],
        tags: &BTreeMap<String, String>,
    ) -> Result<(), CloudError> {
        todo!()
    }

    /// The account's own snapshots that carry all of these tags, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn snapshots_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<Snapshot>, CloudError> {
        todo!()
    }

    /// Deletes a snapshot; one that is gone already counts as deleted.
    ///
    /// # Errors
    /// `Conflict` while an image uses it.
    pub async fn delete_snapshot(&self, id: &SnapshotId) -> Result<(), CloudError> {
        todo!()
    }
}
