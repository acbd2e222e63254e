//! Lists everything in one region that carries an installation's tag. Reads EC2; decides nothing.
//!
//! Whole or not at all: one look that fails fails the inventory, for what is missing in a list might
//! be what holds something else.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudError, Instance, SecurityGroup, Snapshot, Volume};
use crate::model::bake::{GROUP_DESCRIPTION, group_name};
use crate::model::genuine::contradiction;
use crate::model::ids::{ImageId, Installation, VpcId};
use crate::model::image::{Image, ImageState};
use crate::model::stray::{StrayKind, Thing, ThingState};
use crate::model::tags;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// In the order in which they can be removed.
    pub things: Vec<Thing>,
    /// Instances of ours that are on their way to being gone.
    pub ending: usize,
}

/// Takes one look. Network interfaces are not among it: EC2 ends those of a launch with its instance.
///
/// # Errors
/// When any of the lists cannot be read.
pub async fn inventory(
    cloud: &Cloud,
    installation: &Installation,
) -> Result<Inventory, CloudError> {
    let ours = [(tags::INSTALLATION, installation.as_str())];
    let (instances, images, snapshots, volumes, groups) = tokio::try_join!(
        cloud.instances_tagged(&ours),
        cloud.own_images(&[]),
        cloud.snapshots_tagged(&ours),
        cloud.volumes_tagged(&ours),
        cloud.security_groups_tagged(&ours),
    )?;
    let tagged = |image: &&Image| {
        image.tags.get(tags::INSTALLATION).map(String::as_str) == Some(installation.as_str())
    };
    let made: Vec<&Image> = images.iter().filter(tagged).collect();
    let ids: Vec<ImageId> = made.iter().map(|image| image.id.clone()).collect();
    let users = cloud.instances_of_images(&ids).await?;
    let alive: Vec<&Instance> = instances.iter().filter(|one| !one.state.ended()).collect();
    let gone = |one: &&Instance| one.state == crate::cloud::InstanceState::Terminated;
    let mut things: Vec<Thing> = alive.iter().map(|one| of_instance(one)).collect();
    things.extend(made.iter().filter_map(|image| of_image(image, &users)));
    things.extend(snapshots.into_iter().map(|one| of_snapshot(one, &images)));
    // One that goes with its instance is no thing of its own.
    let lasting = volumes.into_iter().filter(|one| !one.goes_with_instance);
    things.extend(lasting.map(of_volume));
    let in_vpc = lingering(&instances);
    let name = group_name(installation);
    things.extend(
        groups
            .into_iter()
            .map(|group| of_group(group, &in_vpc, &name)),
    );
    Ok(Inventory {
        things,
        ending: instances.len() - alive.len() - instances.iter().filter(gone).count(),
    })
}

/// What no guest of ours is: the token of a launch and the way to its metadata are fixed when it is
/// launched, or by who may change more than tags.
fn unlike_a_guest(instance: &Instance) -> Option<String> {
    let token = instance.client_token.as_deref().unwrap_or_default();
    let digest = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digest {
        return Some("it was not launched under a token such as amiwatch gives".to_owned());
    }
    (!instance.imds_v2_only)
        .then(|| "it answers IMDSv1, which no guest of amiwatch does".to_owned())
}

fn of_instance(instance: &Instance) -> Thing {
    Thing {
        kind: StrayKind::Instance,
        id: instance.id.to_string(),
        state: ThingState::Settled,
        since: instance.launched,
        tags: instance.tags.clone(),
        held_by: Vec::new(),
        parts: Vec::new(),
        contradiction: unlike_a_guest(instance),
    }
}

/// Absent for an image that is deregistered already and only still listed.
fn of_image(image: &Image, users: &[Instance]) -> Option<Thing> {
    let state = match image.state {
        ImageState::Deregistered => return None,
        // A state that this version does not know may be one on the way to another.
        ImageState::Pending | ImageState::Other => ThingState::Pending,
        ImageState::Available | ImageState::Disabled | ImageState::Failed => ThingState::Settled,
    };
    let uses = |one: &&Instance| one.image.as_ref() == Some(&image.id) && !one.state.ended();
    Some(Thing {
        kind: StrayKind::Image,
        id: image.id.to_string(),
        state,
        since: image.created,
        tags: image.tags.clone(),
        held_by: users
            .iter()
            .filter(uses)
            .map(|one| one.id.to_string())
            .collect(),
        parts: image.snapshots.iter().map(ToString::to_string).collect(),
        contradiction: contradiction(image),
    })
}

/// How EC2 describes the snapshots that CreateImage makes.
const BY_CREATE_IMAGE: &str = "Created by CreateImage(";

/// Held by every image of the account that lists it, whoever made that image.
fn of_snapshot(snapshot: Snapshot, images: &[Image]) -> Thing {
    let holds = |image: &&Image| {
        image.state != ImageState::Deregistered && image.snapshots.contains(&snapshot.id)
    };
    Thing {
        kind: StrayKind::Snapshot,
        id: snapshot.id.to_string(),
        state: match snapshot.state.as_str() {
            "completed" | "error" => ThingState::Settled,
            _ => ThingState::Pending,
        },
        since: snapshot.started,
        held_by: images
            .iter()
            .filter(holds)
            .map(|image| image.id.to_string())
            .collect(),
        tags: snapshot.tags,
        parts: Vec::new(),
        contradiction: (!snapshot.description.starts_with(BY_CREATE_IMAGE))
            .then(|| "EC2 did not make it for an image of an instance".to_owned()),
    }
}

fn of_volume(volume: Volume) -> Thing {
    Thing {
        kind: StrayKind::Volume,
        id: volume.id,
        state: ThingState::Settled,
        since: volume.created,
        held_by: volume.attached_to.iter().map(ToString::to_string).collect(),
        tags: volume.tags,
        parts: Vec::new(),
        contradiction: (!volume.from_snapshot)
            .then(|| "it is not made from a snapshot, as every root disk is".to_owned()),
    }
}

/// Our instances that are not gone for good, by VPC: their interfaces may use the group.
fn lingering(instances: &[Instance]) -> BTreeMap<VpcId, Vec<String>> {
    let mut by_vpc: BTreeMap<VpcId, Vec<String>> = BTreeMap::new();
    let there = instances
        .iter()
        .filter(|one| one.state != crate::cloud::InstanceState::Terminated);
    for one in there {
        let vpc = one.vpc.clone().unwrap_or_else(|| VpcId::from(""));
        by_vpc.entry(vpc).or_default().push(one.id.to_string());
    }
    by_vpc
}

/// The name and the description of a group cannot be changed.
fn unlike_our_group(group: &SecurityGroup, name: &str) -> Option<String> {
    let ours = group.name == name && group.description == GROUP_DESCRIPTION;
    (!ours).then(|| format!("its name or description is not that of `{name}`"))
}

fn of_group(group: SecurityGroup, in_vpc: &BTreeMap<VpcId, Vec<String>>, name: &str) -> Thing {
    Thing {
        kind: StrayKind::SecurityGroup,
        id: group.id.to_string(),
        state: ThingState::Settled,
        since: None,
        held_by: in_vpc.get(&group.vpc).cloned().unwrap_or_default(),
        contradiction: unlike_our_group(&group, name),
        tags: group.tags,
        parts: Vec::new(),
    }
}
