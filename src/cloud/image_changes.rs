//! Making, tagging and removing images and their snapshots.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use aws_sdk_ec2::types::{Filter, ResourceType, Snapshot as SdkSnapshot};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::{filter, from_birth, our_tags, our_time, sdk_tags, tag_filters};
use crate::model::ids::{ImageId, InstanceId, SnapshotId};

const CREATE_IMAGE: Operation = Operation::change("ec2:CreateImage");
pub(super) const DEREGISTER_IMAGE: Operation = Operation::change("ec2:DeregisterImage");
const CREATE_TAGS: Operation = Operation::change("ec2:CreateTags");
const DELETE_SNAPSHOT: Operation = Operation::change("ec2:DeleteSnapshot");
pub(super) const DESCRIBE_SNAPSHOTS: Operation = Operation::read("ec2:DescribeSnapshots");

/// Without a page's size EC2 puts everything into one answer.
const SNAPSHOTS_PER_PAGE: i32 = 500;

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
        let name = &request.name;
        // NoReboot stays off: should the instance run again by now, a reboot gives a whole file system.
        let request = self
            .ec2(CREATE_IMAGE)
            .create_image()
            .instance_id(request.instance.as_str())
            .name(&request.name)
            .description(&request.description)
            .set_tag_specifications(from_birth(
                &[ResourceType::Image, ResourceType::Snapshot],
                &request.tags,
            ))
            .send();
        let answer = self.call(CREATE_IMAGE, name, request).await?;
        answer.image_id().map(ImageId::from).ok_or_else(|| {
            let message = "the answer holds no image id";
            self.fault(CREATE_IMAGE, name, ErrorKind::Unknown, message)
        })
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
        let request = self
            .ec2(DEREGISTER_IMAGE)
            .deregister_image()
            .image_id(id.as_str())
            .delete_associated_snapshots(true)
            .send();
        gone_is_fine(self.call(DEREGISTER_IMAGE, id, request).await)?;
        // EC2 does not say "failed" when it keeps a snapshot, and an interrupted call leaves some.
        for snapshot in self.remaining(snapshots).await? {
            self.delete_snapshot(&snapshot).await?;
        }
        Ok(())
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
        let resource = ids.join(", ");
        let request = self
            .ec2(CREATE_TAGS)
            .create_tags()
            .set_resources(Some(ids.iter().map(|id| (*id).to_owned()).collect()))
            .set_tags(Some(sdk_tags(tags)))
            .send();
        self.call(CREATE_TAGS, resource, request).await.map(drop)
    }

    /// The account's own snapshots that carry all of these tags, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn snapshots_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<Snapshot>, CloudError> {
        let resource = "own snapshots by tag";
        let snapshots = self.describe_snapshots(resource, tag_filters(tags)).await?;
        let mut ours: Vec<_> = snapshots.iter().filter_map(our_snapshot).collect();
        ours.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(ours)
    }

    /// Deletes a snapshot; one that is gone already counts as deleted.
    ///
    /// # Errors
    /// `Conflict` while an image uses it.
    pub async fn delete_snapshot(&self, id: &SnapshotId) -> Result<(), CloudError> {
        let request = self
            .ec2(DELETE_SNAPSHOT)
            .delete_snapshot()
            .snapshot_id(id.as_str())
            .send();
        gone_is_fine(self.call(DELETE_SNAPSHOT, id, request).await)
    }

    /// Those of these snapshots that EC2 still lists, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn snapshots(&self, ids: &[SnapshotId]) -> Result<Vec<Snapshot>, CloudError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let by_id = vec![filter("snapshot-id", ids.iter().map(SnapshotId::as_str))];
        let listed = self
            .describe_snapshots("snapshots of an image", by_id)
            .await?;
        let mut ours: Vec<_> = listed.iter().filter_map(our_snapshot).collect();
        ours.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(ours)
    }

    /// Which of these snapshots EC2 still lists.
    async fn remaining(&self, snapshots: &[SnapshotId]) -> Result<Vec<SnapshotId>, CloudError> {
        let listed = self.snapshots(snapshots).await?.into_iter();
        Ok(listed.map(|snapshot| snapshot.id).collect())
    }

    async fn describe_snapshots(
        &self,
        resource: &str,
        filters: Vec<Filter>,
    ) -> Result<Vec<SdkSnapshot>, CloudError> {
        let mut snapshots = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_SNAPSHOTS)
                .describe_snapshots()
                .owner_ids("self")
                .set_filters(Some(filters.clone()))
                .max_results(SNAPSHOTS_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_SNAPSHOTS, resource, request).await?;
            snapshots.extend(page.snapshots.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(snapshots);
            }
        }
    }
}

/// For what ends things: what is gone already has ended.
pub(super) fn gone_is_fine<T>(outcome: Result<T, CloudError>) -> Result<(), CloudError> {
    match outcome {
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `None` for an entry without an id, which names nothing.
fn our_snapshot(snapshot: &SdkSnapshot) -> Option<Snapshot> {
    Some(Snapshot {
        id: SnapshotId::from(snapshot.snapshot_id()?),
        state: snapshot
            .state()
            .map_or(String::new(), |state| state.as_str().to_owned()),
        started: snapshot.start_time().and_then(our_time),
        description: snapshot.description().unwrap_or_default().to_owned(),
        tags: our_tags(snapshot.tags()),
    })
}
