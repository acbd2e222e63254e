//! Images and what is done to them, from behind the scenes; the verbs are beside it.

use super::keys;
use super::model::{Ec2, Image, Protection, Snapshot};
use crate::state::{AMAZON_ID, Core, MARKETPLACE_ID, Tags, Visibility};
use crate::world::{ImageChange, ImageSpec, WorldError};

/// Adds an image with its snapshot; returns its id.
pub(crate) fn place(core: &mut Core, ec2: &mut Ec2, spec: ImageSpec) -> Result<String, WorldError> {
    let id = if spec.id.is_empty() {
        core.id("ami")
    } else {
        spec.id
    };
    if ec2.images.contains_key(&id) {
        let what = format!("image {id} is there already; leave its id empty to get a new one");
        return Err(WorldError::Contradiction(what));
    }
    let (owner_id, owner_alias) = match spec.owner.as_str() {
        "self" => (core.account.clone(), None),
        "amazon" => (AMAZON_ID.to_owned(), Some("amazon")),
        "aws-marketplace" | "marketplace" => (MARKETPLACE_ID.to_owned(), Some("aws-marketplace")),
        other => (other.to_owned(), None),
    };
    let created = spec.created.unwrap_or(core.now);
    let key = match spec.kms_key.as_str() {
        "" => None,
        "default" => Some(keys::default_key(ec2)),
        key => Some(keys::named(ec2, Some(key))),
    };
    let snapshot = Snapshot {
        id: core.id("snap"),
        owner_id: owner_id.clone(),
        volume_id: core.id("vol"),
        done: true,
        trouble: None,
        started: created,
        description: format!("Created for {id}"),
        gib: 8,
        key,
        readers: Default::default(),
        public: false,
        shared: false,
        tags: Tags::new(),
        world: true,
    };
    let snapshot_id = match spec.snapshot_id.as_str() {
        "" => snapshot.id.clone(),
        shared if ec2.snapshots.contains_key(shared) => shared.to_owned(),
        missing => {
            let what = format!("there is no snapshot {missing} that {id} could have");
            return Err(WorldError::Contradiction(what));
        }
    };
    let image = Image {
        name: if spec.name.is_empty() {
            id.clone()
        } else {
            spec.name
        },
        id: id.clone(),
        description: String::new(),
        owner_id,
        owner_alias,
        architecture: spec.architecture,
        state: spec.state,
        state_reason: None,
        doom: None,
        created,
        public: spec.public,
        shared: spec.shared,
        storage_kept: false,
        launch_permissions: Default::default(),
        deprecated_at: spec.deprecated_at,
        protection: Protection::default(),
        launches: Vec::new(),
        source_region: spec.source_region,
        source_image_id: spec.source_image_id,
        source_instance_id: spec.source_instance_id,
        snapshot_id: snapshot_id.clone(),
        root_gib: 8,
        imds_v2: false,
        serves: Default::default(),
        key_unusable: false,
        tags: spec.tags,
        disk: spec.disk,
        visibility: Visibility::default(),
        world: true,
    };
    if snapshot_id == snapshot.id {
        ec2.snapshots.insert(snapshot_id, snapshot);
    }
    ec2.images.insert(id.clone(), image);
    Ok(id)
}

/// Something happens to an image.
pub(crate) fn change(
    ec2: &mut Ec2,
    region: &str,
    id: &str,
    change: ImageChange,
) -> Result<String, WorldError> {
    let image = ec2.images.get_mut(id).ok_or_else(|| WorldError::Missing {
        kind: "image",
        name: id.to_owned(),
        region: region.to_owned(),
    })?;
    match change {
        ImageChange::Private => (image.public, image.shared) = (false, false),
        ImageChange::Public => image.public = true,
        ImageChange::Deprecated(at) => image.deprecated_at = Some(at),
        ImageChange::Disabled => {
            image.state = "disabled".to_owned();
            image.public = false;
            image.launch_permissions.clear();
        }
        ImageChange::Enabled => image.state = "available".to_owned(),
        ImageChange::Failed(why) => {
            image.state = "failed".to_owned();
            image.state_reason = Some(("Client.InternalError".to_owned(), why));
        }
        ImageChange::Serves(how) => image.serves = how,
        ImageChange::StorageKept => image.storage_kept = true,
        ImageChange::KeyUnusable => image.key_unusable = true,
        ImageChange::Deregistered => ec2.deregister(id),
    }
    Ok(id.to_owned())
}
