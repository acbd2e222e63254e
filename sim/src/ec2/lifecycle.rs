//! What happens to instances, images and snapshots by themselves: the event side of EC2.
//!
//! Every function is safe to call late or twice: it looks at the state first and does nothing when
//! the world has moved on.

use chrono::{DateTime, Utc};

use super::model::{Instance, Phase};
use crate::account::PendingBoot;
use crate::clock::delta;
use crate::events::Event;
use crate::guest::{Agent, Boot, Disk};
use crate::state::{Core, State};

fn instance<'a>(state: &'a mut State, region: &str, id: &str) -> Option<&'a mut Instance> {
    state.regions.get_mut(region)?.ec2.instances.get_mut(id)
}

/// The instance, when this boot of it still runs.
fn booted<'a>(state: &'a mut State, region: &str, id: &str, boot: u32) -> Option<&'a mut Instance> {
    instance(state, region, id).filter(|i| i.state == Phase::Running && i.boot_number == boot)
}

/// pending -> running, and the guest boots; or pending -> terminated where EC2 ends launches.
pub(crate) fn running(
    state: &mut State,
    region: &str,
    id: &str,
    generation: u32,
) -> Option<PendingBoot> {
    let now = state.core.now;
    let ends = state.regions.get(region)?.ec2.launches_end.clone();
    let instance = instance(state, region, id)?;
    if instance.state != Phase::Pending || instance.generation != generation {
        return None;
    }
    if let Some((code, message)) = ends {
        instance.state = Phase::ShuttingDown;
        instance.state_reason = Some((code.clone(), format!("{code}: {message}")));
        stopped(state, region, id, generation);
        return None;
    }
    instance.state = Phase::Running;
    Some(boot(instance, region, now))
}

/// A reboot from inside: the same instance boots again.
pub(crate) fn reboot(
    state: &mut State,
    region: &str,
    id: &str,
    boot_number: u32,
) -> Option<PendingBoot> {
    let now = state.core.now;
    let instance = booted(state, region, id, boot_number)?;
    Some(boot(instance, region, now))
}

fn boot(instance: &mut Instance, region: &str, now: DateTime<Utc>) -> PendingBoot {
    instance.boot_number += 1;
    instance.agent = None;
    instance.console.post(now);
    PendingBoot {
        boot: Boot {
            region: region.to_owned(),
            instance_id: instance.id.clone(),
            image_id: instance.image_id.clone(),
            architecture: instance.architecture.clone(),
            user_data: instance.user_data.clone(),
            first_boot: instance.boot_number == 1,
            boot_number: instance.boot_number,
            disk: instance.disk.clone(),
        },
    }
}

/// Bytes on the serial console.
pub(crate) fn console(state: &mut State, region: &str, id: &str, boot: u32, bytes: &[u8]) {
    let now = state.core.now;
    if let Some(instance) = booted(state, region, id, boot) {
        instance.console.write(now, bytes);
    }
}

/// The guest's SSM agent has started; without a profile it cannot register.
pub(crate) fn agent_up(state: &mut State, region: &str, id: &str, boot: u32, agent: Agent) {
    if let Some(instance) = booted(state, region, id, boot) {
        instance.agent = instance.profile.is_some().then_some(agent);
    }
}

/// The guest changed its disk.
pub(crate) fn write_disk(state: &mut State, region: &str, id: &str, boot: u32, disk: Disk) {
    if let Some(instance) = booted(state, region, id, boot) {
        instance.disk = disk;
    }
}

/// The guest powered off.
pub(crate) fn power_off(state: &mut State, region: &str, id: &str, boot: u32, disk: Option<Disk>) {
    let State { core, regions, .. } = state;
    let instance = regions
        .get_mut(region)
        .and_then(|r| r.ec2.instances.get_mut(id));
    let Some(instance) = instance else { return };
    if instance.state != Phase::Running || instance.boot_number != boot {
        return;
    }
    if let Some(disk) = disk {
        instance.disk = disk;
    }
    let terminate = instance.terminates_on_shutdown;
    begin_stop(core, instance, region, terminate, false);
}

/// Starts the way to stopped or terminated. `by_user`: asked for through the API.
pub(crate) fn begin_stop(
    core: &mut Core,
    instance: &mut Instance,
    region: &str,
    terminate: bool,
    by_user: bool,
) {
    instance.generation += 1;
    instance.state = if terminate {
        Phase::ShuttingDown
    } else {
        Phase::Stopping
    };
    let (code, who) = match by_user {
        true => ("Client.UserInitiatedShutdown", "User initiated shutdown"),
        false => (
            "Client.InstanceInitiatedShutdown",
            "Instance initiated shutdown",
        ),
    };
    instance.state_reason = Some((code.to_owned(), format!("{code}: {who}")));
    let at = core.now.format("%Y-%m-%d %H:%M:%S GMT");
    instance.transition_reason = match by_user {
        true => format!("User initiated ({at})"),
        false => String::new(),
    };
    let event = Event::Stopped {
        region: region.to_owned(),
        id: instance.id.clone(),
        generation: instance.generation,
    };
    core.schedule(core.now + delta(core.timing.stop), event);
}

/// stopping -> stopped, shutting-down -> terminated.
pub(crate) fn stopped(state: &mut State, region: &str, id: &str, generation: u32) {
    let State { core, regions, .. } = state;
    let Some(ec2) = regions.get_mut(region).map(|r| &mut r.ec2) else {
        return;
    };
    let Some(instance) = ec2.instances.get_mut(id) else {
        return;
    };
    if instance.generation != generation {
        return;
    }
    instance.console.end(core.now);
    match instance.state {
        Phase::Stopping => instance.state = Phase::Stopped,
        Phase::ShuttingDown => {
            instance.state = Phase::Terminated;
            let forgotten = Event::Forgotten {
                region: region.to_owned(),
                id: id.to_owned(),
            };
            core.schedule(core.now + delta(core.timing.forget), forgotten);
            ec2.volumes
                .retain(|_, v| v.instance_id != id || !v.deletes_on_termination);
            let left = ec2.volumes.values_mut().filter(|v| v.instance_id == id);
            left.for_each(|volume| volume.attached = false);
        }
        _ => {}
    }
}

/// A terminated instance is no longer seen.
pub(crate) fn forget(state: &mut State, region: &str, id: &str) {
    if let Some(here) = state.regions.get_mut(region) {
        here.ec2
            .instances
            .retain(|key, i| key != id || i.state != Phase::Terminated);
    }
}

/// pending -> available, or failed where that is to be.
pub(crate) fn image_done(state: &mut State, region: &str, id: &str) {
    let here = state.regions.get_mut(region);
    let Some(image) = here.and_then(|r| r.ec2.images.get_mut(id)) else {
        return;
    };
    if image.state != "pending" {
        return;
    }
    let (snapshot, doom) = (image.snapshot_id.clone(), image.doom.take());
    image.state = if doom.is_some() {
        "failed"
    } else {
        "available"
    }
    .to_owned();
    image.state_reason.clone_from(&doom);
    match doom {
        Some((_, why)) => snapshot_fails(state, region, &snapshot, why),
        None => snapshot_done(state, region, &snapshot),
    }
}

fn snapshot_fails(state: &mut State, region: &str, id: &str, why: String) {
    let here = state.regions.get_mut(region);
    if let Some(snapshot) = here.and_then(|r| r.ec2.snapshots.get_mut(id)) {
        snapshot.trouble = Some(why);
    }
}

/// pending -> completed.
pub(crate) fn snapshot_done(state: &mut State, region: &str, id: &str) {
    let here = state.regions.get_mut(region);
    if let Some(snapshot) = here.and_then(|r| r.ec2.snapshots.get_mut(id)) {
        snapshot.done = true;
    }
}
