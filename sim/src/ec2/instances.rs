//! Instances.

use super::console::Console;
use super::model::{Ec2, Instance, Phase, Volume};
use crate::state::{Core, Tags, Visibility};
use crate::world::WorldError;

/// What a launch needs to know of where and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blank {
    pub(crate) image_id: String,
    pub(crate) kind: String,
    pub(crate) architecture: String,
    pub(crate) nitro: bool,
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) subnet_number: u32,
}

/// A pending instance with nothing special about it, and its root volume.
pub(crate) fn blank(core: &mut Core, of: &Blank) -> (Instance, Volume) {
    let id = core.id("i");
    let number = u32::try_from(core.number() % 250).unwrap_or(0) + 4;
    let volume = Volume {
        id: core.id("vol"),
        instance_id: id.clone(),
        device: "/dev/xvda".to_owned(),
        zone: of.zone.clone(),
        snapshot_id: String::new(),
        gib: 8,
        kind: "gp3".to_owned(),
        key: None,
        deletes_on_termination: true,
        attached: true,
        created: core.now,
        tags: Tags::new(),
        world: core.building,
    };
    let instance = Instance {
        id,
        reservation_id: core.id("r"),
        image_id: of.image_id.clone(),
        kind: of.kind.clone(),
        architecture: of.architecture.clone(),
        nitro: of.nitro,
        state: Phase::Pending,
        state_reason: None,
        transition_reason: String::new(),
        launched: core.now,
        subnet_id: of.subnet_id.clone(),
        vpc_id: of.vpc_id.clone(),
        zone: of.zone.clone(),
        group_ids: Vec::new(),
        interface_id: core.id("eni"),
        interface_tags: Tags::new(),
        public_ip: false,
        address: of.subnet_number * 4096 + number,
        user_data: Vec::new(),
        client_token: String::new(),
        terminates_on_shutdown: false,
        profile: None,
        key_name: None,
        imds_required: false,
        imds_hops: "1".to_owned(),
        volume_id: volume.id.clone(),
        tags: Tags::new(),
        disk: Default::default(),
        boot_number: 0,
        agent: None,
        generation: 0,
        console: Console::default(),
        visibility: Visibility::default(),
        world: core.building,
    };
    (instance, volume)
}

/// The type of instances that nobody chose one for.
pub(crate) fn type_for(ec2: &Ec2, architecture: &str) -> String {
    let fits = |t: &&crate::world::InstanceTypeSpec| t.architecture == architecture;
    let found = ec2.types.values().find(fits);
    found.map(|t| t.name.clone()).unwrap_or_default()
}

/// A running instance that the world has from the start; no guest is booted for it.
pub(crate) fn place(
    core: &mut Core,
    ec2: &mut Ec2,
    image_id: &str,
    architecture: &str,
) -> Result<String, WorldError> {
    let kind = type_for(ec2, architecture);
    let subnet = ec2.subnets.values().next().cloned().ok_or_else(|| {
        WorldError::Contradiction("an environment's instances need a subnet; add one".to_owned())
    })?;
    let of = Blank {
        image_id: image_id.to_owned(),
        kind,
        architecture: architecture.to_owned(),
        nitro: true,
        subnet_id: subnet.id,
        vpc_id: subnet.vpc_id,
        zone: subnet.zone,
        subnet_number: subnet.number,
    };
    let (mut instance, volume) = blank(core, &of);
    instance.state = Phase::Running;
    if let Some(image) = ec2.images.get_mut(image_id) {
        image.launched_at(core.now);
    }
    let id = instance.id.clone();
    ec2.volumes.insert(volume.id.clone(), volume);
    ec2.instances.insert(id.clone(), instance);
    Ok(id)
}
