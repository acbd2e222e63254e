//! Volumes: those that outlive their instance are found by tag, and removed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::image_changes::gone_is_fine;
use super::tagging::{our_tags, our_time, tag_filters};
use crate::model::ids::InstanceId;

const DESCRIBE_VOLUMES: Operation = Operation::read("ec2:DescribeVolumes");
const DELETE_VOLUME: Operation = Operation::change("ec2:DeleteVolume");

/// Unpaginated looks have a request bucket of half the size.
const VOLUMES_PER_PAGE: i32 = 500;

/// A volume as `DescribeVolumes` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// `vol-...`
    pub id: String,
    pub created: Option<DateTime<Utc>>,
    pub attached_to: Vec<InstanceId>,
    /// It goes when the instance that it is attached to does.
    pub goes_with_instance: bool,
    /// It began as a snapshot's content.
    pub from_snapshot: bool,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// The volumes that carry all of these tags, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn volumes_tagged(&self, tags: &[(&str, &str)]) -> Result<Vec<Volume>, CloudError> {
        let mut volumes = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_VOLUMES)
                .describe_volumes()
                .set_filters(Some(tag_filters(tags)))
                .max_results(VOLUMES_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self
                .call(DESCRIBE_VOLUMES, "volumes by tag", request)
                .await?;
            volumes.extend(page.volumes().iter().filter_map(our_volume));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        volumes.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(volumes)
    }

    /// Deletes a volume; one that is gone already counts as deleted.
    ///
    /// # Errors
    /// `Conflict` while an instance uses it.
    pub async fn delete_volume(&self, id: &str) -> Result<(), CloudError> {
        let request = self.ec2(DELETE_VOLUME).delete_volume().volume_id(id).send();
        gone_is_fine(self.call(DELETE_VOLUME, id, request).await)
    }
}

/// `None` for an entry without an id, which names nothing.
fn our_volume(volume: &aws_sdk_ec2::types::Volume) -> Option<Volume> {
    let attachments = volume.attachments().iter();
    let mut goes = volume
        .attachments()
        .iter()
        .map(|one| one.delete_on_termination() == Some(true));
    Some(Volume {
        id: volume.volume_id()?.to_owned(),
        created: volume.create_time().and_then(our_time),
        attached_to: attachments
            .filter_map(|one| one.instance_id().map(InstanceId::from))
            .collect(),
        from_snapshot: volume.snapshot_id().is_some_and(|id| !id.is_empty()),
        goes_with_instance: goes.len() > 0 && goes.all(|one| one),
        tags: our_tags(volume.tags()),
    })
}
