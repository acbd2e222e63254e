//! CreateImage, and how any image is made: pending first, with a pending snapshot.

use super::Room;
use super::filters::tags_for;
use super::instance_verbs;
use super::model::{Image, Phase, Protection, Snapshot};
use crate::clock::delta;
use crate::events::Event;
use crate::state::{Tags, Visibility};
use crate::wire::fail::Fail;
use crate::world::Serves;

/// An image of an instance. The name is its idempotency key, taken as soon as the image is pending.
pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let id = p.need("InstanceId")?.to_owned();
    let name = p.need("Name")?.to_owned();
    check_name(room, &name)?;
    let tags = tags_for(p, "image", &["image", "snapshot"])?;
    let snapshot_tags = tags_for(p, "snapshot", &["image", "snapshot"])?;
    let instance = instance_verbs::find(room, &id)?.clone();
    if !matches!(instance.state, Phase::Running | Phase::Stopped) {
        let message = format!("Instance is not in state 'running' or 'stopped': {id}");
        return Err(Fail::new("IncorrectState", message));
    }
    if instance.state == Phase::Running && !p.flag("NoReboot") {
        let (region, boot) = (room.region.to_owned(), instance.boot_number);
        room.core.schedule(
            room.core.now,
            Event::Reboot {
                region,
                id: id.clone(),
                boot,
            },
        );
    }
    let volume = room.ec2.volumes.get(&instance.volume_id);
    let (gib, key) = volume.map_or((8, None), |v| (v.gib, v.key.clone()));
    let made = Made {
        name,
        description: p.get("Description").unwrap_or_default().to_owned(),
        snapshot_description: format!("Created by CreateImage({id}) for {{id}}"),
        architecture: instance.architecture.clone(),
        source_image_id: instance.image_id.clone(),
        source_region: room.region.to_owned(),
        source_instance_id: Some(id.clone()),
        volume_id: instance.volume_id.clone(),
        gib,
        key,
        imds_v2: false,
        serves: Serves::default(),
        doom: None,
        tags,
        snapshot_tags,
        disk: instance.disk.clone(),
    };
    let image_id = add(room, made);
    room.core.imaged.push((id, image_id.clone()));
    Ok(format!("<imageId>{image_id}</imageId>"))
}

pub(crate) fn check_name(room: &Room<'_>, name: &str) -> Result<(), Fail> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
    if !(3..=128).contains(&name.len()) || !name.chars().all(allowed) {
        let message = "AMI names must be between 3 and 128 characters long, and may contain letters, \
                       numbers, '(', ')', '.', '-', '/' and '_'";
        return Err(Fail::new("InvalidAMIName.Malformed", message));
    }
    let taken = |image: &&Image| image.owner_id == room.core.account && image.name == name;
    match room.ec2.images.values().find(taken) {
        Some(image) => Err(Fail::new(
            "InvalidAMIName.Duplicate",
            format!("AMI name {name} is already in use by AMI {}", image.id),
        )),
        None => Ok(()),
    }
}

/// What an image will be.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) description: String,
    /// With `{id}` where the image's goes.
    pub(crate) snapshot_description: String,
    pub(crate) architecture: String,
    pub(crate) source_image_id: String,
    pub(crate) source_region: String,
    pub(crate) source_instance_id: Option<String>,
    pub(crate) volume_id: String,
    pub(crate) gib: u32,
    pub(crate) key: Option<String>,
    pub(crate) imds_v2: bool,
    pub(crate) serves: Serves,
    /// Code and message with which it will fail.
    pub(crate) doom: Option<(String, String)>,
    pub(crate) tags: Tags,
    pub(crate) snapshot_tags: Tags,
    pub(crate) disk: crate::guest::Disk,
}

/// A pending image with its pending snapshot; both end by themselves.
pub(crate) fn add(room: &mut Room<'_>, made: Made) -> String {
    let (now, region) = (room.core.now, room.region.to_owned());
    let id = room.core.id("ami");
    let snapshot_id = room.core.id("snap");
    let snapshot = Snapshot {
        id: snapshot_id.clone(),
        owner_id: room.core.account.clone(),
        volume_id: made.volume_id,
        done: false,
        trouble: None,
        started: now,
        description: made.snapshot_description.replace("{id}", &id),
        gib: made.gib,
        key: made.key,
        readers: Default::default(),
        public: false,
        shared: false,
        tags: made.snapshot_tags,
        world: false,
    };
    let image = Image {
        id: id.clone(),
        name: made.name,
        description: made.description,
        owner_id: room.core.account.clone(),
        owner_alias: None,
        architecture: made.architecture,
        state: "pending".to_owned(),
        state_reason: None,
        doom: made.doom,
        created: now,
        public: false,
        shared: false,
        storage_kept: false,
        launch_permissions: Default::default(),
        deprecated_at: None,
        protection: Protection::default(),
        launches: Vec::new(),
        source_image_id: Some(made.source_image_id),
        source_region: Some(made.source_region),
        source_instance_id: made.source_instance_id,
        snapshot_id: snapshot_id.clone(),
        root_gib: made.gib,
        imds_v2: made.imds_v2,
        serves: made.serves,
        key_unusable: false,
        tags: made.tags,
        disk: made.disk,
        visibility: Visibility::of_new(room.core),
        world: false,
    };
    room.ec2.snapshots.insert(snapshot_id.clone(), snapshot);
    room.ec2.images.insert(id.clone(), image);
    let (image_at, snapshot_at) = (
        now + delta(room.core.timing.image),
        now + delta(room.core.timing.snapshot),
    );
    let done = Event::SnapshotDone {
        region: region.clone(),
        id: snapshot_id,
    };
    room.core.schedule(snapshot_at.min(image_at), done);
    room.core.schedule(
        image_at,
        Event::ImageDone {
            region,
            id: id.clone(),
        },
    );
    id
}
