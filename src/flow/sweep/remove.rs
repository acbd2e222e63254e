//! Removes one thing. Whether it may go has been decided on a fresh look; this only does it.

use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::model::ids::{ImageId, InstanceId, SecurityGroupId, SnapshotId};
use crate::model::stray::{StrayKind, Thing};

/// How one removal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// It is gone, or on its way.
    Gone,
    /// EC2 refused because something uses it: a later sweep finds it again.
    InUse(String),
}

/// Removes it; what is gone already counts as removed.
///
/// # Errors
/// Any kind but `NotFound` and `Conflict`.
pub async fn remove_thing(cloud: &Cloud, thing: &Thing) -> Result<Removal, CloudError> {
    let id = thing.id.as_str();
    let removed = match thing.kind {
        StrayKind::Instance => cloud.terminate(&InstanceId::from(id)).await,
        StrayKind::Image => {
            let parts: Vec<SnapshotId> = thing.parts.iter().map(|id| id.as_str().into()).collect();
            cloud.deregister(&ImageId::from(id), &parts).await
        }
        StrayKind::Snapshot => cloud.delete_snapshot(&SnapshotId::from(id)).await,
        StrayKind::Volume => cloud.delete_volume(id).await,
        StrayKind::SecurityGroup => {
            cloud
                .delete_security_group(&SecurityGroupId::from(id))
                .await
        }
    };
    match removed {
        Ok(()) => Ok(Removal::Gone),
        Err(error) if error.kind == ErrorKind::Conflict => Ok(Removal::InUse(error.to_string())),
        Err(error) => Err(error),
    }
}
