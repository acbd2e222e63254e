//! Does one act to one image, and removes the snapshots of one that is gone. Whether it may be done has been
//! decided on a fresh look, and written down; this only does it. Right to be done again.

use chrono::{DateTime, TimeDelta, Utc};

use super::choose::fate_of_snapshots;
use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::ids::{ImageId, Installation, SnapshotId};
use crate::model::notice::SnapshotsTold;
use crate::model::retiring::RungStep;

/// EC2 takes no deprecation that is past by the time it is read, and cuts it to the minute.
const SOON: TimeDelta = TimeDelta::minutes(2);

/// One step down.
///
/// # Errors
/// Any kind: `Unknown` and `Transient` say that it may have happened.
pub async fn take_step(
    cloud: &Cloud,
    image: &ImageId,
    step: RungStep,
    now: DateTime<Utc>,
) -> Result<(), CloudError> {
    match step {
        RungStep::Deprecate => cloud.deprecate_image(image, now + SOON).await,
        RungStep::Disable => cloud.disable_image(image).await,
        RungStep::Deregister => cloud.deregister_alone(image).await,
    }
}

/// Removes the snapshots of an image that is gone, but for those that another image has or that are not ours.
///
/// # Errors
/// When one could not be looked at or removed: doing it again goes on.
pub async fn remove_snapshots(
    cloud: &Cloud,
    installation: &Installation,
    snapshots: &[SnapshotId],
) -> Result<SnapshotsTold, CloudError> {
    let mut told = SnapshotsTold::default();
    if snapshots.is_empty() {
        return Ok(told);
    }
    let there = cloud.snapshots(snapshots).await?;
    let having = cloud.images_of_snapshots(snapshots).await?;
    let (going, staying) = fate_of_snapshots(installation, snapshots, &there, &having);
    told.kept = staying;
    for id in going {
        match cloud.delete_snapshot(&id).await {
            Ok(()) => told.removed.push(id),
            // Something has it that is not listed to us.
            Err(error) if error.kind == ErrorKind::Conflict => {
                told.kept.push((id, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(told)
}
