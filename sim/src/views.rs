//! What tests ask the account from behind the scenes: plain values, without a call on the wire.
//!
//! Looking changes nothing, except that events that are due are applied first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::account::Account;
use crate::ec2::model::{Ec2, Image, Instance, Permission};
use crate::guest::Disk;
use crate::messaging::model::{BusEvent, queue_name};

/// Something that calls made and that is still there.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// Region.
    pub region: String,
    /// `instance`, `image`, `snapshot`, `volume`, `security-group`.
    pub kind: &'static str,
    /// Id.
    pub id: String,
    /// State, where it has one.
    pub state: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An instance as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct InstanceView {
    /// Region.
    pub region: String,
    /// Id.
    pub id: String,
    /// The image it was launched from.
    pub image_id: String,
    /// `t3.small`
    pub instance_type: String,
    /// `pending`, `running`, ...
    pub state: String,
    /// Subnet.
    pub subnet_id: String,
    /// Security groups.
    pub group_ids: Vec<String>,
    /// ClientToken of its launch.
    pub client_token: String,
    /// Key pair, when one was named.
    pub key_name: Option<String>,
    /// IMDSv2 only.
    pub imds_required: bool,
    /// Shutdown behaviour `terminate`.
    pub terminates_on_shutdown: bool,
    /// User data as sent.
    pub user_data: Vec<u8>,
    /// How often it booted.
    pub boots: u32,
    /// Its disk.
    pub disk: Disk,
    /// Everything on its console, seen by readers or not.
    pub console: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was launched.
    pub launched: DateTime<Utc>,
}

/// An image as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct ImageView {
    /// Region.
    pub region: String,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `pending`, `available`, ...
    pub state: String,
    /// Owner's account id.
    pub owner_id: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The image it was made of.
    pub source_image_id: Option<String>,
    /// The instance it was made of.
    pub source_instance_id: Option<String>,
    /// Its snapshot.
    pub snapshot_id: String,
    /// The region of the image it was made of.
    pub source_region: Option<String>,
    /// Anybody may launch it.
    pub public: bool,
    /// Accounts, and organizations and units by ARN, that may launch it as well.
    pub shared_with: BTreeSet<String>,
    /// Since when, or from when on, others' lists hide it.
    pub deprecated_at: Option<DateTime<Utc>>,
    /// It cannot be deregistered now.
    pub protected: bool,
    /// The key of its snapshot.
    pub kms_key: Option<String>,
    /// Its disk.
    pub disk: Disk,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// A snapshot as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct SnapshotView {
    /// Region.
    pub region: String,
    /// Id.
    pub id: String,
    /// `pending` or `completed`.
    pub state: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A parameter as it is.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct ParameterView {
    /// Region.
    pub region: String,
    /// Name.
    pub name: String,
    /// Numbers of the versions that are kept, oldest first, with their values.
    pub versions: Vec<(u64, String)>,
    /// `text` or `aws:ec2:image`.
    pub data_type: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Values that were accepted for it and turned out to be no images, oldest first.
    pub refused: Vec<String>,
}

/// A platform version.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct PlatformView {
    /// ARN.
    pub arn: String,
    /// Branch.
    pub branch: String,
    /// Version.
    pub version: String,
    /// Architecture to image id.
    pub images: BTreeMap<String, String>,
    /// The branch recommends it now.
    pub recommended: bool,
}

/// A message that lies in a queue.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Message {
    /// Body.
    pub body: String,
    /// When it was sent.
    pub sent: DateTime<Utc>,
    /// How often it was received.
    pub received: u32,
}

impl Account {
    /// What calls made and nobody removed: instances that are not terminated (or on their way),
    /// images, snapshots, volumes and security groups. What world building made does not count.
    pub fn leftovers(&self) -> Vec<Leftover> {
        let state = self.fresh();
        let mut left = Vec::new();
        for (region, here) in &state.regions {
            let mut add = |kind, id: &str, state: &str, tags: &BTreeMap<String, String>| {
                let (region, id, state) = (region.clone(), id.to_owned(), state.to_owned());
                left.push(Leftover {
                    region,
                    kind,
                    id,
                    state,
                    tags: tags.clone(),
                });
            };
            let ec2 = &here.ec2;
            for i in ec2
                .instances
                .values()
                .filter(|i| !i.world && !i.state.over())
            {
                add("instance", &i.id, i.state.name(), &i.tags);
            }
            for i in ec2.images.values().filter(|i| !i.world) {
                add("image", &i.id, &i.state, &i.tags);
            }
            for s in ec2.snapshots.values().filter(|s| !s.world) {
                add("snapshot", &s.id, s.state(), &s.tags);
            }
            let gone = |id: &str| ec2.instances.get(id).is_none_or(|i| i.state.over());
            for v in ec2.volumes.values().filter(|v| !v.world) {
                if gone(&v.instance_id) && !(v.attached && v.deletes_on_termination) {
                    add("volume", &v.id, "available", &v.tags);
                }
            }
            for g in ec2.groups.values().filter(|g| !g.world) {
                add("security-group", &g.id, "", &g.tags);
            }
        }
        left
    }

    /// An instance, in whichever region it is.
    pub fn instance(&self, id: &str) -> Option<InstanceView> {
        self.instances().into_iter().find(|i| i.id == id)
    }

    /// All instances, terminated ones too while they are visible.
    pub fn instances(&self) -> Vec<InstanceView> {
        let state = self.fresh();
        let regions = state.regions.iter();
        regions
            .flat_map(|(r, here)| here.ec2.instances.values().map(|i| view(r, i)))
            .collect()
    }

    /// An image, in whichever region it is.
    pub fn image(&self, id: &str) -> Option<ImageView> {
        self.images().into_iter().find(|i| i.id == id)
    }

    /// All images, of everyone.
    pub fn images(&self) -> Vec<ImageView> {
        let state = self.fresh();
        let (now, regions) = (state.core.now, state.regions.iter());
        regions
            .flat_map(|(r, here)| {
                let (ec2, images) = (&here.ec2, here.ec2.images.values());
                images.map(move |i| image(r, ec2, i, now))
            })
            .collect()
    }

    /// This account's images.
    pub fn own_images(&self) -> Vec<ImageView> {
        self.images()
            .into_iter()
            .filter(|image| image.owner_id == self.id())
            .collect()
    }

    /// All snapshots of this account.
    pub fn snapshots(&self) -> Vec<SnapshotView> {
        let state = self.fresh();
        let mut all = Vec::new();
        for (region, here) in &state.regions {
            let own = here
                .ec2
                .snapshots
                .values()
                .filter(|s| s.owner_id == here.ec2.account);
            all.extend(own.map(|s| SnapshotView {
                region: region.clone(),
                id: s.id.clone(),
                state: s.state().to_owned(),
                tags: s.tags.clone(),
            }));
        }
        all
    }

    /// All parameters; those too that never came to a version.
    pub fn parameters(&self) -> Vec<ParameterView> {
        let state = self.fresh();
        let mut all = Vec::new();
        for (region, here) in &state.regions {
            all.extend(here.parameters.iter().map(|(name, parameter)| {
                let refused = here.refused_values.iter().filter(|(of, _)| of == name);
                let versions = parameter.versions.iter();
                ParameterView {
                    region: region.clone(),
                    name: name.clone(),
                    versions: versions.map(|v| (v.number, v.value.clone())).collect(),
                    data_type: parameter
                        .latest()
                        .map_or_else(String::new, |v| v.data_type.clone()),
                    tags: parameter.tags.clone(),
                    refused: refused.map(|(_, value)| value.clone()).collect(),
                }
            }));
        }
        all
    }

    /// A platform version by ARN.
    pub fn platform(&self, arn: &str) -> Option<PlatformView> {
        let state = self.fresh();
        let found = state.regions.values().find_map(|here| {
            let version = here.beanstalk.versions.get(arn)?;
            let branch = here.beanstalk.branches.get(&version.branch)?;
            Some((version, branch))
        });
        found.map(|(version, branch)| PlatformView {
            arn: version.arn.clone(),
            branch: version.branch.clone(),
            version: version.version.clone(),
            images: version.images.clone(),
            recommended: branch.now_recommended() == Some(arn),
        })
    }

    /// The messages that lie in a queue, by name, URL or ARN, in any region; received ones too
    /// until they are deleted.
    pub fn queue_messages(&self, queue: &str) -> Vec<Message> {
        let state = self.fresh();
        let name = queue_name(queue);
        let queues = state
            .regions
            .values()
            .filter_map(|here| here.messaging.queues.get(name));
        let messages = queues.flat_map(|queue| &queue.messages);
        let shown = messages.map(|m| Message {
            body: m.body.clone(),
            sent: m.sent,
            received: m.received,
        });
        shown.collect()
    }

    /// What the default event buses were given, region by region.
    pub fn bus_events(&self) -> Vec<BusEvent> {
        let state = self.fresh();
        let buses = state.regions.values().map(|here| &here.messaging.bus);
        buses.flatten().cloned().collect()
    }
}

fn view(region: &str, i: &Instance) -> InstanceView {
    InstanceView {
        region: region.to_owned(),
        id: i.id.clone(),
        image_id: i.image_id.clone(),
        instance_type: i.kind.clone(),
        state: i.state.name().to_owned(),
        subnet_id: i.subnet_id.clone(),
        group_ids: i.group_ids.clone(),
        client_token: i.client_token.clone(),
        key_name: i.key_name.clone(),
        imds_required: i.imds_required,
        terminates_on_shutdown: i.terminates_on_shutdown,
        user_data: i.user_data.clone(),
        boots: i.boot_number,
        disk: i.disk.clone(),
        console: String::from_utf8_lossy(&i.console.everything()).into_owned(),
        tags: i.tags.clone(),
        launched: i.launched,
    }
}

fn image(region: &str, ec2: &Ec2, i: &Image, now: DateTime<Utc>) -> ImageView {
    let shared = i.launch_permissions.iter().map(Permission::named);
    let snapshot = ec2.snapshots.get(&i.snapshot_id);
    let key = snapshot.and_then(|snapshot| snapshot.key.clone());
    ImageView {
        region: region.to_owned(),
        id: i.id.clone(),
        name: i.name.clone(),
        state: i.state.clone(),
        owner_id: i.owner_id.clone(),
        architecture: i.architecture.clone(),
        source_image_id: i.source_image_id.clone(),
        source_instance_id: i.source_instance_id.clone(),
        snapshot_id: i.snapshot_id.clone(),
        source_region: i.source_region.clone(),
        public: i.public,
        shared_with: shared.map(|(_, name)| name.to_owned()).collect(),
        deprecated_at: i.deprecated_at,
        protected: i.protection.holds(now),
        kms_key: key,
        disk: i.disk.clone(),
        tags: i.tags.clone(),
        created: i.created,
    }
}
