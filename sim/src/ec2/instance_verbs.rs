//! Verbs on instances that are there: describing, stopping, starting, their console.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::filters::{Filters, page, tag_set};
use super::lifecycle::begin_stop;
use super::model::{Instance, Phase};
use super::{Room, done, well_formed};
use crate::clock::{delta, iso};
use crate::events::Event;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::LatestRefused;

fn not_found(ids: &[String]) -> Fail {
    let message = match ids {
        [one] => format!("The instance ID '{one}' does not exist"),
        many => format!("The instance IDs '{}' do not exist", many.join(", ")),
    };
    Fail::new("InvalidInstanceID.NotFound", message)
}

/// An instance by id; uses up a hidden look.
pub(crate) fn find<'a>(room: &'a mut Room<'_>, id: &str) -> Result<&'a mut Instance, Fail> {
    if !well_formed("i", id) {
        let message = format!("Invalid id: \"{id}\" (expecting \"i-...\")");
        return Err(Fail::new("InvalidInstanceID.Malformed", message));
    }
    let now = room.core.now;
    let found = room.ec2.instances.get_mut(id);
    let seen = found.and_then(|i| i.visibility.look(now).then_some(i));
    seen.ok_or_else(|| not_found(&[id.to_owned()]))
}

/// The ids asked for, each of which must be there.
fn asked(room: &mut Room<'_>) -> Result<Vec<String>, Fail> {
    let ids = room.p.list("InstanceId");
    for id in &ids {
        find(room, id)?;
    }
    Ok(ids)
}

pub(crate) fn values(i: &Instance, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    match filter {
        "instance-id" => one(&i.id),
        "instance-state-name" => one(i.state.name()),
        "instance-state-code" => one(&i.state.code().to_string()),
        "client-token" => one(&i.client_token),
        "image-id" => one(&i.image_id),
        "instance-type" => one(&i.kind),
        "architecture" => one(&i.architecture),
        "availability-zone" => one(&i.zone),
        "subnet-id" => one(&i.subnet_id),
        "vpc-id" => one(&i.vpc_id),
        "reservation-id" => one(&i.reservation_id),
        "instance.group-id" => Some(i.group_ids.clone()),
        _ => None,
    }
}

/// The instances that a describing call is about, sorted by id.
fn listed(room: &mut Room<'_>) -> Result<Vec<Instance>, Fail> {
    let filters = Filters::of(room.p)?;
    let ids = asked(room)?;
    let now = room.core.now;
    let mut shown = Vec::new();
    for instance in room.ec2.instances.values_mut() {
        if !ids.is_empty() && !ids.contains(&instance.id) {
            continue;
        }
        if filters.pass(&instance.tags, |name| values(instance, name))?
            && (!ids.is_empty() || instance.visibility.look(now))
        {
            shown.push(instance.clone());
        }
    }
    Ok(shown)
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let shown = listed(room)?;
    let (instances, token) = page(room, shown, |i| &i.id)?;
    let mut x = Xml::new();
    let same = |a: &Instance, b: &Instance| a.reservation_id == b.reservation_id;
    x.items("reservationSet", instances.chunk_by(same), |x, chunk| {
        let together: Vec<&Instance> = chunk.iter().collect();
        write_reservation(x, room, &together);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

pub(crate) fn status(room: &mut Room<'_>) -> Result<String, Fail> {
    let all = room.p.flag("IncludeAllInstances");
    let mut shown = listed(room)?;
    shown.retain(|i| all || i.state == Phase::Running);
    let (instances, token) = page(room, shown, |i| &i.id)?;
    let mut x = Xml::new();
    x.items("instanceStatusSet", &instances, |x, i| {
        x.text("instanceId", &i.id);
        x.text("availabilityZone", &i.zone);
        state(x, "instanceState", i.state);
        let health = if i.state == Phase::Running {
            "ok"
        } else {
            "not-applicable"
        };
        x.node("systemStatus", |x| x.text("status", health));
        x.node("instanceStatus", |x| x.text("status", health));
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

fn state(x: &mut Xml, name: &str, phase: Phase) {
    x.node(name, |x| {
        x.text("code", phase.code());
        x.text("name", phase.name());
    });
}

/// Changes each instance asked for, all or none, and answers with before and after.
fn change(
    room: &mut Room<'_>,
    allowed: fn(Phase) -> bool,
    verb: &str,
    mut act: impl FnMut(&mut Room<'_>, &str),
) -> Result<String, Fail> {
    let ids = asked(room)?;
    if ids.is_empty() {
        return Err(Fail::missing("InstanceId"));
    }
    let phase = |room: &Room<'_>, id: &String| room.ec2.instances.get(id).map(|i| i.state);
    if let Some(bad) = ids
        .iter()
        .find(|id| phase(room, id).is_some_and(|p| !allowed(p)))
    {
        let message =
            format!("The instance '{bad}' is not in a state from which it can be {verb}.");
        return Err(Fail::new("IncorrectInstanceState", message));
    }
    let mut x = Xml::new();
    let mut changed = Vec::new();
    for id in &ids {
        let before = phase(room, id);
        act(room, id);
        changed.push((id, before, phase(room, id)));
    }
    x.items("instancesSet", changed, |x, (id, before, after)| {
        x.text("instanceId", id);
        after
            .into_iter()
            .for_each(|phase| state(x, "currentState", phase));
        before
            .into_iter()
            .for_each(|phase| state(x, "previousState", phase));
    });
    Ok(x.into_string())
}

pub(crate) fn stop(room: &mut Room<'_>) -> Result<String, Fail> {
    let may = |p| matches!(p, Phase::Running | Phase::Stopping | Phase::Stopped);
    change(room, may, "stopped", |room, id| {
        let Some(instance) = room.ec2.instances.get_mut(id) else {
            return;
        };
        if instance.state == Phase::Running {
            begin_stop(room.core, instance, room.region, false, true);
        }
    })
}

pub(crate) fn terminate(room: &mut Room<'_>) -> Result<String, Fail> {
    change(
        room,
        |_| true,
        "terminated",
        |room, id| {
            let Some(instance) = room.ec2.instances.get_mut(id) else {
                return;
            };
            if !instance.state.over() {
                begin_stop(room.core, instance, room.region, true, true);
            }
        },
    )
}

pub(crate) fn start(room: &mut Room<'_>) -> Result<String, Fail> {
    let may = |p| matches!(p, Phase::Stopped | Phase::Running | Phase::Pending);
    change(room, may, "started", |room, id| {
        let Some(instance) = room.ec2.instances.get_mut(id) else {
            return;
        };
        if instance.state != Phase::Stopped {
            return;
        }
        instance.generation += 1;
        instance.state = Phase::Pending;
        instance.state_reason = None;
        instance.transition_reason.clear();
        instance.console = Default::default();
        let (region, generation) = (room.region.to_owned(), instance.generation);
        let running = Event::Running {
            region,
            id: id.to_owned(),
            generation,
        };
        room.core
            .schedule(room.core.now + delta(room.core.timing.start), running);
    })
}

pub(crate) fn reboot(room: &mut Room<'_>) -> Result<String, Fail> {
    for id in asked(room)? {
        let Some(instance) = room.ec2.instances.get(&id) else {
            continue;
        };
        let (region, boot) = (room.region.to_owned(), instance.boot_number);
        room.core
            .schedule(room.core.now, Event::Reboot { region, id, boot });
    }
    done()
}

/// As the world says that this account refuses the latest output.
fn refused_latest(instance: &Instance, refused: LatestRefused) -> Result<(), Fail> {
    let ended = matches!(instance.state, Phase::Stopped | Phase::Terminated);
    let ending = ended || matches!(instance.state, Phase::Stopping | Phase::ShuttingDown);
    let unsupported = || {
        let message = "The latest console output is not supported for this instance.";
        Err(Fail::new("UnsupportedOperation", message))
    };
    match refused {
        LatestRefused::WhileStopping if ending => {
            let message = format!(
                "The instance '{}' is not in a state from which its latest console output can be read.",
                instance.id
            );
            Err(Fail::new("IncorrectInstanceState", message))
        }
        LatestRefused::Ended if ended => unsupported(),
        LatestRefused::Always => unsupported(),
        LatestRefused::Never | LatestRefused::WhileStopping | LatestRefused::Ended => Ok(()),
    }
}

pub(crate) fn console_output(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("InstanceId")?.to_owned();
    let latest = room.p.flag("Latest");
    let (now, timing) = (room.core.now, room.core.timing.clone());
    let instance = find(room, &id)?;
    if latest && !instance.nitro {
        let message = "This instance type does not support retrieving the latest console logs.";
        return Err(Fail::new("UnsupportedOperation", message));
    }
    if latest {
        refused_latest(instance, timing.console_end.latest_refused)?;
    }
    let (bytes, last) = instance.console.read(now, latest, &timing);
    let mut x = Xml::new();
    x.text("instanceId", &id);
    x.text("timestamp", iso(last.unwrap_or(now)));
    if !bytes.is_empty() {
        x.text("output", STANDARD.encode(bytes));
    }
    Ok(x.into_string())
}

/// A reservation's fields, without an element around them.
pub(crate) fn write_reservation(x: &mut Xml, room: &Room<'_>, instances: &[&Instance]) {
    if let Some(first) = instances.first() {
        x.text("reservationId", &first.reservation_id);
    }
    x.text("ownerId", &room.core.account);
    x.items("groupSet", [(); 0], |_, ()| {});
    x.items("instancesSet", instances, |x, i| write(x, room, i));
}

fn write(x: &mut Xml, room: &Room<'_>, i: &Instance) {
    x.text("instanceId", &i.id);
    x.text("imageId", &i.image_id);
    state(x, "instanceState", i.state);
    x.text("reason", &i.transition_reason);
    x.text("instanceType", &i.kind);
    x.opt("keyName", i.key_name.as_ref());
    x.text("amiLaunchIndex", 0);
    x.text("launchTime", iso(i.launched));
    x.node("placement", |x| {
        x.text("availabilityZone", &i.zone);
        x.text("tenancy", "default");
    });
    x.node("monitoring", |x| x.text("state", "disabled"));
    if let Some((code, message)) = &i.state_reason {
        x.node("stateReason", |x| {
            x.text("code", code);
            x.text("message", message);
        });
    }
    x.text("architecture", &i.architecture);
    x.text("rootDeviceType", "ebs");
    x.text("rootDeviceName", "/dev/xvda");
    x.text("virtualizationType", "hvm");
    x.text("hypervisor", if i.nitro { "nitro" } else { "xen" });
    x.text("clientToken", &i.client_token);
    x.text("ebsOptimized", false);
    x.text("enaSupport", true);
    write_metadata(x, room, i);
    write_network(x, room, i);
    write_storage(x, room, i);
    tag_set(x, &i.tags);
}

fn write_metadata(x: &mut Xml, room: &Room<'_>, i: &Instance) {
    x.node("metadataOptions", |x| {
        x.text("state", "applied");
        x.text(
            "httpTokens",
            if i.imds_required {
                "required"
            } else {
                "optional"
            },
        );
        x.text("httpPutResponseHopLimit", &i.imds_hops);
        x.text("httpEndpoint", "enabled");
    });
    if let Some(profile) = &i.profile {
        let arn = match profile.starts_with("arn:") {
            true => profile.clone(),
            false => format!(
                "arn:aws:iam::{}:instance-profile/{profile}",
                room.core.account
            ),
        };
        x.node("iamInstanceProfile", |x| {
            x.text("arn", arn);
            x.text("id", "AIPA00000000SIMULATED");
        });
    }
}

fn groups(x: &mut Xml, room: &Room<'_>, i: &Instance) {
    x.items("groupSet", &i.group_ids, |x, id| {
        x.text("groupId", id);
        x.opt("groupName", room.ec2.groups.get(id).map(|g| &g.name));
    });
}

/// A terminated instance has let its network go.
fn write_network(x: &mut Xml, room: &Room<'_>, i: &Instance) {
    if i.state == Phase::Terminated {
        return;
    }
    x.text("subnetId", &i.subnet_id);
    x.text("vpcId", &i.vpc_id);
    let private = format!("172.31.{}.{}", i.address / 256 % 256, i.address % 256);
    x.text("privateIpAddress", &private);
    if i.public_ip && i.state == Phase::Running {
        // TEST-NET-3: addresses that lead nowhere.
        x.text("ipAddress", format!("203.0.113.{}", i.address % 256));
    }
    x.text("sourceDestCheck", true);
    groups(x, room, i);
    x.items("networkInterfaceSet", [i], |x, i| {
        x.text("networkInterfaceId", &i.interface_id);
        x.text("subnetId", &i.subnet_id);
        x.text("vpcId", &i.vpc_id);
        x.text("ownerId", &room.core.account);
        x.text("status", "in-use");
        x.text("privateIpAddress", &private);
        groups(x, room, i);
    });
}

fn write_storage(x: &mut Xml, room: &Room<'_>, i: &Instance) {
    let volume = room.ec2.volumes.get(&i.volume_id).filter(|v| v.attached);
    x.items("blockDeviceMapping", volume, |x, volume| {
        x.text("deviceName", &volume.device);
        x.node("ebs", |x| {
            x.text("volumeId", &volume.id);
            x.text("status", "attached");
            x.text("attachTime", iso(volume.created));
            x.text("deleteOnTermination", volume.deletes_on_termination);
        });
    });
}
