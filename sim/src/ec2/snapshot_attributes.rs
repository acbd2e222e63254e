//! Who else may read a snapshot: without that an image that is shared can be launched and not copied.

use super::image_attributes::{Sharing, write_permissions};
use super::keys::default_key;
use super::model::Snapshot;
use super::storage::no_snapshot;
use super::{Room, done};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const PERMISSION: &str = "createVolumePermission";

/// A snapshot of this account, by id.
fn own<'a>(room: &'a mut Room<'_>, id: &str) -> Result<&'a mut Snapshot, Fail> {
    let account = room.core.account.clone();
    let found = room.ec2.snapshots.get_mut(id);
    match found.filter(|snapshot| snapshot.owner_id == account || snapshot.shared) {
        None => Err(no_snapshot(id)),
        Some(snapshot) if snapshot.owner_id != account => {
            let message = format!("Not authorized for snapshot:{id}");
            Err(Fail::new("AuthFailure", message).with_status(403))
        }
        Some(snapshot) => Ok(snapshot),
    }
}

fn of_permissions(room: &Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("SnapshotId")?.to_owned();
    match room.p.get("Attribute") {
        None | Some(PERMISSION) => Ok(id),
        Some(other) => {
            let message = format!("Value ({other}) for parameter attribute is invalid.");
            Err(Fail::invalid(message))
        }
    }
}

/// Accounts that may read it, or everybody.
pub(crate) fn modify(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = of_permissions(room)?;
    let change = Sharing::of(room.p, "CreateVolumePermission")?;
    let default = default_key(room.ec2);
    let snapshot = own(room, &id)?;
    if change.shares() && snapshot.key.as_deref() == Some(default.as_str()) {
        let message = "Encrypted snapshots with EBS default key cannot be shared";
        return Err(Fail::new("OperationNotPermitted", message));
    }
    if change.public == Some(true) && snapshot.key.is_some() {
        let message = "Encrypted snapshots can not be made public";
        return Err(Fail::new("OperationNotPermitted", message));
    }
    snapshot.readers.extend(change.add);
    for gone in &change.remove {
        snapshot.readers.remove(gone);
    }
    snapshot.public = change.public.unwrap_or(snapshot.public);
    done()
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = of_permissions(room)?;
    let snapshot = own(room, &id)?.clone();
    let mut x = Xml::new();
    x.text("snapshotId", &id);
    write_permissions(&mut x, PERMISSION, snapshot.public, &snapshot.readers);
    Ok(x.into_string())
}

/// Nobody else may read it any more.
pub(crate) fn reset(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = of_permissions(room)?;
    let snapshot = own(room, &id)?;
    snapshot.public = false;
    snapshot.readers.clear();
    done()
}
