//! What happens by itself when time passes, applied one by one in order of (time, number).

use crate::account::PendingBoot;
use crate::beanstalk;
use crate::ec2::lifecycle;
use crate::guest::{Agent, Disk};
use crate::ssm::{self, Put};
use crate::state::State;
use crate::world::Action;

/// Something that is due at a time.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Running {
        region: String,
        id: String,
        generation: u32,
    },
    Stopped {
        region: String,
        id: String,
        generation: u32,
    },
    Forgotten {
        region: String,
        id: String,
    },
    ImageDone {
        region: String,
        id: String,
    },
    SnapshotDone {
        region: String,
        id: String,
    },
    Console {
        region: String,
        id: String,
        boot: u32,
        bytes: Vec<u8>,
    },
    DiskWritten {
        region: String,
        id: String,
        boot: u32,
        disk: Disk,
    },
    AgentUp {
        region: String,
        id: String,
        boot: u32,
        agent: Agent,
    },
    Reboot {
        region: String,
        id: String,
        boot: u32,
    },
    PowerOff {
        region: String,
        id: String,
        boot: u32,
        disk: Option<Disk>,
    },
    /// The next step of an environment's update.
    EnvironmentStep {
        region: String,
        name: String,
        update: u32,
    },
    /// Somebody waits for the environment to be Ready.
    EnvironmentWaiting {
        region: String,
        name: String,
    },
    /// An environment's health may have turned.
    HealthLook {
        region: String,
        name: String,
    },
    /// A managed action's time has come.
    ManagedAction {
        region: String,
        name: String,
        id: String,
    },
    /// A parameter's value that should be an image is looked at.
    ParameterChecked {
        region: String,
        put: Box<Put>,
    },
    Scripted {
        region: String,
        action: Box<Action>,
    },
}

/// Applies one event. A boot that results must be given to the guest before the next event.
pub(crate) fn apply(state: &mut State, event: Event) -> Option<PendingBoot> {
    match event {
        Event::Running {
            region,
            id,
            generation,
        } => lifecycle::running(state, &region, &id, generation),
        Event::Reboot { region, id, boot } => lifecycle::reboot(state, &region, &id, boot),
        other => {
            apply_quiet(state, other);
            None
        }
    }
}

fn apply_quiet(state: &mut State, event: Event) {
    match event {
        Event::Stopped {
            region,
            id,
            generation,
        } => {
            lifecycle::stopped(state, &region, &id, generation);
        }
        Event::Forgotten { region, id } => lifecycle::forget(state, &region, &id),
        Event::ImageDone { region, id } => lifecycle::image_done(state, &region, &id),
        Event::SnapshotDone { region, id } => lifecycle::snapshot_done(state, &region, &id),
        Event::Console {
            region,
            id,
            boot,
            bytes,
        } => {
            lifecycle::console(state, &region, &id, boot, &bytes);
        }
        Event::DiskWritten {
            region,
            id,
            boot,
            disk,
        } => {
            lifecycle::write_disk(state, &region, &id, boot, disk);
        }
        Event::AgentUp {
            region,
            id,
            boot,
            agent,
        } => {
            lifecycle::agent_up(state, &region, &id, boot, agent);
        }
        Event::PowerOff {
            region,
            id,
            boot,
            disk,
        } => {
            lifecycle::power_off(state, &region, &id, boot, disk);
        }
        Event::EnvironmentStep {
            region,
            name,
            update,
        } => beanstalk::progress::step(state, &region, &name, update),
        Event::EnvironmentWaiting { region, name } => {
            beanstalk::others::next(state, &region, &name);
        }
        Event::HealthLook { region, name } => {
            let (core, here) = state.enter(&region);
            beanstalk::history::look(core, &here.ec2, &mut here.beanstalk, &name);
        }
        Event::ManagedAction { region, name, id } => {
            beanstalk::managed::due(state, &region, &name, &id);
        }
        Event::ParameterChecked { region, put } => ssm::checked(state, &region, *put),
        Event::Scripted { region, action } => {
            // A scripted step that no longer fits the world (its image is gone) does nothing: what
            // calls did in between has won.
            let _ = crate::actions::perform(state, &region, *action);
        }
        Event::Running { .. } | Event::Reboot { .. } => {}
    }
}
