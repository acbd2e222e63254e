//! RunInstances: everything that a launch checks, in the order in which callers notice it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::describe_images::find as find_image;
use super::filters::tags_for;
use super::instances::{Blank, blank};
use super::model::{Image, Instance, Subnet};
use super::{Room, instance_verbs, keys, launch_templates, no_capacity};
use crate::clock::delta;
use crate::events::Event;
use crate::ssm;
use crate::state::Visibility;
use crate::wire::fail::Fail;
use crate::world::InstanceTypeSpec;

const TAGGED: [&str; 5] = [
    "instance",
    "volume",
    "network-interface",
    "spot-instances-request",
    "elastic-gpu",
];
const USER_DATA_MOST: usize = 16_384;

/// What is launched is what the call says, over what its launch template says, where it names one.
pub(crate) fn run(room: &mut Room<'_>) -> Result<String, Fail> {
    let Some(merged) = launch_templates::merged(room)? else {
        return launch(room);
    };
    let mut inner = Room {
        core: &mut *room.core,
        ec2: &mut *room.ec2,
        parameters: room.parameters,
        region: room.region,
        elsewhere: Default::default(),
        sealed_elsewhere: Default::default(),
        environment_templates: Vec::new(),
        lacking: room.lacking.clone(),
        p: &merged,
    };
    launch(&mut inner)
}

fn launch(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let count = p
        .number("MaxCount")?
        .ok_or_else(|| Fail::missing("MaxCount"))?;
    p.need("MinCount")?;
    let token = p.get("ClientToken").unwrap_or_default().to_owned();
    let key = (token, token_scope(room));
    let asked = p.fingerprint(&["ClientToken"]);
    if let Some((before, ids)) = room.ec2.run_tokens.get(&key).filter(|_| !key.0.is_empty()) {
        return repeated(room, before == &asked, ids);
    }
    let launch = prepare(room)?;
    let fits = count.saturating_mul(launch.kind.vcpus as usize);
    let quota = room
        .ec2
        .vcpu_quota
        .map(|quota| quota.saturating_sub(room.ec2.vcpus_in_use()));
    if quota.is_some_and(|left| fits > left as usize) {
        let message = "You have requested more vCPU capacity than your current vCPU limit allows \
                       for the instance bucket that the specified instance type belongs to.";
        return Err(Fail::new("VcpuLimitExceeded", message));
    }
    let mut ids = Vec::new();
    let reservation = room.core.id("r");
    for _ in 0..count.max(1) {
        ids.push(start(room, &launch, &reservation)?);
    }
    if !key.0.is_empty() {
        room.ec2.run_tokens.insert(key, (asked, ids.clone()));
    }
    Ok(reservation_of(room, &ids))
}

/// The same token again: the same instances, or a refusal when anything else differs.
fn repeated(room: &Room<'_>, same: bool, ids: &[String]) -> Result<String, Fail> {
    if same {
        return Ok(reservation_of(room, ids));
    }
    let message = "Arguments on this idempotent request are inconsistent with arguments used in \
                   previous request(s).";
    Err(Fail::new("IdempotentParameterMismatch", message))
}

fn reservation_of(room: &Room<'_>, ids: &[String]) -> String {
    let found: Vec<&Instance> = ids
        .iter()
        .filter_map(|id| room.ec2.instances.get(id))
        .collect();
    let mut x = crate::wire::xml::Xml::new();
    instance_verbs::write_reservation(&mut x, room, &found);
    x.into_string()
}

/// Tokens are zonal when the request names a subnet or zone.
fn token_scope(room: &Room<'_>) -> String {
    let subnet = subnet_param(room).and_then(|id| room.ec2.subnets.get(id));
    let zone = subnet
        .map(|s| s.zone.as_str())
        .or(room.p.get("Placement.AvailabilityZone"));
    zone.unwrap_or_default().to_owned()
}

fn subnet_param<'a>(room: &Room<'a>) -> Option<&'a str> {
    room.p
        .get("SubnetId")
        .or_else(|| room.p.get("NetworkInterface.1.SubnetId"))
}

/// A launch that passed every check.
struct Launch {
    image: Image,
    kind: InstanceTypeSpec,
    subnet: Subnet,
    groups: Vec<String>,
    user_data: Vec<u8>,
}

fn prepare(room: &mut Room<'_>) -> Result<Launch, Fail> {
    let user_data = user_data(room)?;
    let image = launchable(room)?;
    let name = room.p.get("InstanceType").unwrap_or("m1.small");
    let kind = room
        .ec2
        .types
        .get(name)
        .cloned()
        .ok_or_else(|| Fail::invalid(format!("Invalid value '{name}' for InstanceType.")))?;
    if kind.architecture != image.architecture {
        return Err(Fail::invalid(format!(
            "The architecture '{}' of the specified instance type does not match the architecture \
             '{}' of the specified AMI. Specify an instance type and an AMI that have matching \
             architectures, and try again.",
            kind.architecture, image.architecture
        )));
    }
    let subnet = subnet_for(room, &kind)?;
    let groups = groups_for(room, &subnet)?;
    Ok(Launch {
        image,
        kind,
        subnet,
        groups,
        user_data,
    })
}

fn user_data(room: &Room<'_>) -> Result<Vec<u8>, Fail> {
    let Some(encoded) = room.p.get("UserData") else {
        return Ok(Vec::new());
    };
    decoded_user_data(encoded)
}

/// As it is sent; EC2 takes no more than it bears.
pub(crate) fn decoded_user_data(encoded: &str) -> Result<Vec<u8>, Fail> {
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| {
        Fail::new(
            "InvalidUserData.Malformed",
            "Invalid BASE64 encoding of user data.",
        )
    })?;
    match bytes.len() <= USER_DATA_MOST {
        true => Ok(bytes),
        false => Err(Fail::invalid("User data is limited to 16384 bytes")),
    }
}

fn launchable(room: &mut Room<'_>) -> Result<Image, Fail> {
    let asked = room.p.need("ImageId")?;
    let id = match asked.strip_prefix("resolve:ssm:") {
        Some(name) => {
            let version = ssm::find(room.parameters, name);
            let value = version.map(|version| version.value.clone());
            value.ok_or_else(|| Fail::invalid(format!("Parameter {name} not found.")))?
        }
        None => asked.to_owned(),
    };
    let image = find_image(room, &id)?;
    match image.state.as_str() {
        "available" => Ok(image.clone()),
        state => Err(Fail::new(
            "InvalidAMIID.Unavailable",
            format!("The image id '[{id}]' is not available: it is {state}"),
        )),
    }
}

/// The subnet asked for; else a default one, of the zone asked for, that offers the type and has
/// capacity.
fn subnet_for(room: &Room<'_>, kind: &InstanceTypeSpec) -> Result<Subnet, Fail> {
    if let Some(id) = subnet_param(room) {
        let found = room.ec2.subnets.get(id).cloned().ok_or_else(|| {
            let message = format!("The subnet ID '{id}' does not exist");
            Fail::new("InvalidSubnetID.NotFound", message)
        })?;
        return fitting(room, kind, found);
    }
    let zone = room.p.get("Placement.AvailabilityZone");
    let defaults = room.ec2.subnets.values().filter(|s| s.is_default);
    let candidates: Vec<Subnet> = defaults
        .filter(|s| zone.is_none_or(|zone| s.zone == zone))
        .cloned()
        .collect();
    if candidates.is_empty() {
        let message = "No default VPC for this user. GroupName is only supported for EC2-Classic \
                       and default VPC.";
        return Err(Fail::new("VPCIdNotSpecified", message));
    }
    let mut why = None;
    for subnet in candidates {
        match fitting(room, kind, subnet) {
            Ok(subnet) => return Ok(subnet),
            Err(fail) => why = why.or(Some(fail)),
        }
    }
    Err(why.unwrap_or_else(|| no_capacity(&kind.name, "any")))
}

fn fitting(room: &Room<'_>, kind: &InstanceTypeSpec, subnet: Subnet) -> Result<Subnet, Fail> {
    if !super::types::is_offered(kind, &subnet.zone) {
        return Err(Fail::new(
            "Unsupported",
            format!(
                "Your requested instance type ({}) is not supported in your requested Availability \
                 Zone ({}). Please retry your request by not specifying an Availability Zone.",
                kind.name, subnet.zone
            ),
        ));
    }
    match room.ec2.is_exhausted(&kind.name, &subnet.zone) {
        true => Err(no_capacity(&kind.name, &subnet.zone)),
        false => Ok(subnet),
    }
}

fn groups_for(room: &Room<'_>, subnet: &Subnet) -> Result<Vec<String>, Fail> {
    let p = room.p;
    let mut ids = p.list("SecurityGroupId");
    ids.extend(p.list("NetworkInterface.1.SecurityGroupId"));
    for name in p.list("SecurityGroup") {
        let is = |g: &&super::model::Group| g.name == name && g.vpc_id == subnet.vpc_id;
        let group = room.ec2.groups.values().find(is).ok_or_else(|| {
            let message = format!("The security group '{name}' does not exist");
            Fail::new("InvalidGroup.NotFound", message)
        })?;
        ids.push(group.id.clone());
    }
    if ids.is_empty() {
        let default = |g: &&super::model::Group| g.name == "default" && g.vpc_id == subnet.vpc_id;
        ids.extend(room.ec2.groups.values().find(default).map(|g| g.id.clone()));
    }
    for id in &ids {
        let group = room.ec2.groups.get(id);
        if group.is_none() {
            let message = format!("The security group '{id}' does not exist");
            return Err(Fail::new("InvalidGroup.NotFound", message));
        }
        if group.is_some_and(|g| g.vpc_id != subnet.vpc_id) {
            let message = format!(
                "Security group {id} and subnet {} belong to different networks.",
                subnet.id
            );
            return Err(Fail::new("InvalidParameter", message));
        }
    }
    Ok(ids)
}

fn start(room: &mut Room<'_>, launch: &Launch, reservation: &str) -> Result<String, Fail> {
    let p = room.p;
    let (instance_tags, volume_tags) = (
        tags_for(p, "instance", &TAGGED)?,
        tags_for(p, "volume", &TAGGED)?,
    );
    let interface_tags = tags_for(p, "network-interface", &TAGGED)?;
    let of = Blank {
        image_id: launch.image.id.clone(),
        kind: launch.kind.name.clone(),
        architecture: launch.image.architecture.clone(),
        nitro: launch.kind.hypervisor == "nitro",
        subnet_id: launch.subnet.id.clone(),
        vpc_id: launch.subnet.vpc_id.clone(),
        zone: launch.subnet.zone.clone(),
        subnet_number: launch.subnet.number,
    };
    let (mut instance, mut volume) = blank(room.core, &of);
    instance.reservation_id = reservation.to_owned();
    instance.group_ids = launch.groups.clone();
    instance.interface_tags = interface_tags;
    instance.public_ip = public_ip(room, &launch.subnet);
    instance.user_data = launch.user_data.clone();
    instance.client_token = p.get("ClientToken").unwrap_or_default().to_owned();
    instance.terminates_on_shutdown =
        p.get("InstanceInitiatedShutdownBehavior") == Some("terminate");
    let profile = p
        .get("IamInstanceProfile.Name")
        .or(p.get("IamInstanceProfile.Arn"));
    instance.profile = profile.map(str::to_owned);
    instance.key_name = p.get("KeyName").map(str::to_owned);
    instance.imds_required =
        launch.image.imds_v2 || p.get("MetadataOptions.HttpTokens") == Some("required");
    instance.imds_hops = p
        .get("MetadataOptions.HttpPutResponseHopLimit")
        .unwrap_or("1")
        .to_owned();
    instance.tags = instance_tags;
    instance.disk = launch.image.disk.clone();
    instance.visibility = Visibility::of_new(room.core);
    volume.tags = volume_tags;
    volume.snapshot_id = launch.image.snapshot_id.clone();
    volume.gib = launch.image.root_gib;
    let snapshot = room.ec2.snapshots.get(&volume.snapshot_id);
    volume.key = snapshot.and_then(|snapshot| snapshot.key.clone());
    root_mapping(room, &mut volume)?;
    let (id, region) = (instance.id.clone(), room.region.to_owned());
    let running = Event::Running {
        region,
        id: id.clone(),
        generation: 0,
    };
    room.core
        .schedule(room.core.now + delta(room.core.timing.start), running);
    room.ec2.volumes.insert(volume.id.clone(), volume);
    if let Some(image) = room.ec2.images.get_mut(&instance.image_id) {
        image.launched_at(room.core.now);
    }
    room.ec2.instances.insert(id.clone(), instance);
    Ok(id)
}

fn public_ip(room: &Room<'_>, subnet: &Subnet) -> bool {
    let asked = room.p.get("NetworkInterface.1.AssociatePublicIpAddress");
    asked.map_or(subnet.is_default, |asked| {
        asked.eq_ignore_ascii_case("true")
    })
}

/// What the block device mappings say of the root volume.
fn root_mapping(room: &Room<'_>, volume: &mut super::model::Volume) -> Result<(), Fail> {
    let p = room.p;
    for group in p.groups("BlockDeviceMapping") {
        if p.get(&format!("{group}.DeviceName")) != Some(volume.device.as_str()) {
            continue;
        }
        let size = p.number(&format!("{group}.Ebs.VolumeSize"))?;
        if let Some(size) = size.and_then(|size| u32::try_from(size).ok()) {
            if size < volume.gib {
                let message = format!(
                    "Volume of size {size}GB is smaller than snapshot '{}', expect size >= {}GB",
                    volume.snapshot_id, volume.gib
                );
                return Err(Fail::new("InvalidBlockDeviceMapping", message));
            }
            volume.gib = size;
        }
        if let Some(kind) = p.get(&format!("{group}.Ebs.VolumeType")) {
            volume.kind = kind.to_owned();
        }
        if p.get(&format!("{group}.Ebs.Encrypted")) == Some("false") {
            let message = format!(
                "the encrypted flag cannot be specified since device {} has a snapshot specified.",
                volume.device
            );
            return Err(Fail::new("InvalidBlockDeviceMapping", message));
        }
        let asked = p.get(&format!("{group}.Ebs.KmsKeyId"));
        if asked.is_some() || p.flag(&format!("{group}.Ebs.Encrypted")) {
            volume.key = Some(keys::named(room.ec2, asked));
        }
        if p.get(&format!("{group}.Ebs.DeleteOnTermination")) == Some("false") {
            volume.deletes_on_termination = false;
        }
    }
    Ok(())
}
