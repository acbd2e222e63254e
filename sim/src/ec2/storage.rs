//! Snapshots and volumes.

use super::filters::{Filters, page, tag_set};
use super::model::{Snapshot, Volume};
use super::{Room, done};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(super) fn no_snapshot(id: &str) -> Fail {
    Fail::new(
        "InvalidSnapshot.NotFound",
        format!("The snapshot '{id}' does not exist."),
    )
}

/// Snapshots of this account, and those that others share with it; those of others' public images are not
/// listed.
pub(crate) fn describe_snapshots(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("SnapshotId"));
    let account = room.core.account.clone();
    let seen = |s: &&Snapshot| s.owner_id == account || s.shared;
    let there = |id: &String| room.ec2.snapshots.get(id).filter(seen).is_some();
    if let Some(missing) = ids.iter().find(|id| !there(id)) {
        return Err(no_snapshot(missing));
    }
    let owners = room.p.list("Owner");
    let is_owner = |owner: &String, s: &Snapshot| match owner.as_str() {
        "self" => s.owner_id == account,
        id => s.owner_id == id,
    };
    let mut shown = Vec::new();
    for s in room
        .ec2
        .snapshots
        .values()
        .filter(seen)
        .filter(|s| owners.is_empty() || owners.iter().any(|owner| is_owner(owner, s)))
    {
        let asked = ids.is_empty() || ids.contains(&s.id);
        if asked && filters.pass(&s.tags, |name| snapshot_values(s, name))? {
            shown.push(s.clone());
        }
    }
    let (snapshots, token) = page(room, shown, |s| &s.id)?;
    let mut x = Xml::new();
    x.items("snapshotSet", &snapshots, |x, s| {
        x.text("snapshotId", &s.id);
        x.text("volumeId", &s.volume_id);
        x.text("status", s.state());
        x.text("startTime", iso(s.started));
        x.text("progress", if s.done { "100%" } else { "50%" });
        x.text("ownerId", &s.owner_id);
        x.text("volumeSize", s.gib);
        x.text("description", &s.description);
        x.text("encrypted", s.key.is_some());
        x.opt("kmsKeyId", s.key.as_ref());
        x.opt("statusMessage", s.trouble.as_ref());
        if s.owner_id == account {
            tag_set(x, &s.tags);
        }
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

fn snapshot_values(s: &Snapshot, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    match filter {
        "snapshot-id" => one(&s.id),
        "volume-id" => one(&s.volume_id),
        "status" => one(s.state()),
        "owner-id" => one(&s.owner_id),
        "description" => one(&s.description),
        "encrypted" => one(if s.key.is_some() { "true" } else { "false" }),
        _ => None,
    }
}

pub(crate) fn delete_snapshot(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("SnapshotId")?;
    let own = room
        .ec2
        .snapshots
        .get(id)
        .filter(|s| s.owner_id == room.core.account);
    own.ok_or_else(|| no_snapshot(id))?;
    if let Some(image) = room
        .ec2
        .images
        .values()
        .find(|image| image.snapshot_id == id)
    {
        let message = format!("The snapshot {id} is currently in use by {}", image.id);
        return Err(Fail::new("InvalidSnapshot.InUse", message));
    }
    room.ec2.snapshots.remove(id);
    done()
}

pub(crate) fn describe_volumes(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("VolumeId"));
    if let Some(missing) = ids.iter().find(|id| !room.ec2.volumes.contains_key(*id)) {
        let message = format!("The volume '{missing}' does not exist.");
        return Err(Fail::new("InvalidVolume.NotFound", message));
    }
    let mut shown = Vec::new();
    for v in room.ec2.volumes.values() {
        let asked = ids.is_empty() || ids.contains(&v.id);
        if asked && filters.pass(&v.tags, |name| volume_values(v, name))? {
            shown.push(v.clone());
        }
    }
    let (volumes, token) = page(room, shown, |v| &v.id)?;
    let mut x = Xml::new();
    x.items("volumeSet", &volumes, write_volume);
    x.opt("nextToken", token);
    Ok(x.into_string())
}

pub(crate) fn delete_volume(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("VolumeId")?;
    let volume = room.ec2.volumes.get(id).ok_or_else(|| {
        let message = format!("The volume '{id}' does not exist.");
        Fail::new("InvalidVolume.NotFound", message)
    })?;
    if volume.attached {
        let message = format!(
            "Volume {id} is currently attached to {}",
            volume.instance_id
        );
        return Err(Fail::new("VolumeInUse", message));
    }
    room.ec2.volumes.remove(id);
    done()
}

fn volume_state(v: &Volume) -> &'static str {
    if v.attached { "in-use" } else { "available" }
}

fn volume_values(v: &Volume, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    match filter {
        "volume-id" => one(&v.id),
        "status" => one(volume_state(v)),
        "snapshot-id" => one(&v.snapshot_id),
        "availability-zone" => one(&v.zone),
        "attachment.instance-id" if v.attached => one(&v.instance_id),
        "attachment.instance-id" => Some(Vec::new()),
        _ => None,
    }
}

fn write_volume(x: &mut Xml, v: &Volume) {
    x.text("volumeId", &v.id);
    x.text("size", v.gib);
    x.text("snapshotId", &v.snapshot_id);
    x.text("availabilityZone", &v.zone);
    x.text("status", volume_state(v));
    x.text("createTime", iso(v.created));
    x.text("volumeType", &v.kind);
    x.text("encrypted", v.key.is_some());
    x.opt("kmsKeyId", v.key.as_ref());
    x.items("attachmentSet", Some(v).filter(|v| v.attached), |x, v| {
        x.text("volumeId", &v.id);
        x.text("instanceId", &v.instance_id);
        x.text("device", &v.device);
        x.text("status", "attached");
        x.text("deleteOnTermination", v.deletes_on_termination);
    });
    tag_set(x, &v.tags);
}
