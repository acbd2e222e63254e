//! An update in time: driven by events alone, step by step, forward or back.
//!
//! What happens depends on the environment's options, its instances' health and what was scripted for
//! it, never on who asks.

mod back;
mod forward;
mod scene;

use std::time::Duration;

use self::scene::Scene;
use super::environment::{Dated, Draft, Environment, Stage, Update};
use super::events::{Said, say};
use super::model::Beanstalk;
use super::{history, others};
use crate::clock::delta;
use crate::events::Event;
use crate::state::{Core, Region, State};

/// How often a batch's health is looked at, at least.
const LOOK_MAX: Duration = Duration::from_secs(10);
/// How often an update that goes on for ever is looked at.
const STUCK_LOOK: Duration = Duration::from_secs(60);

/// What a step comes to: how long until the next one, nothing when it was the last.
type Wait = Option<Duration>;

/// Opens an update: the draft is pending, the environment Updating.
pub(crate) fn open(
    core: &mut Core,
    beanstalk: &mut Beanstalk,
    region: &str,
    name: &str,
    draft: Draft,
    update: Update,
) {
    let Some(environment) = beanstalk.environments.get_mut(name) else {
        return;
    };
    let seen = core.timing.updates_seen;
    environment.stale = (!seen.is_zero()).then(|| {
        let before = Environment {
            stale: None,
            ..environment.clone()
        };
        (core.now + delta(seen), Box::new(before))
    });
    environment.status = "Updating".to_owned();
    environment.updated = core.now;
    environment.pending = Some(Dated {
        set: draft,
        at: core.now,
    });
    if !core.moves.failed_draft_stays {
        environment.failed = None;
    }
    environment.updates += 1;
    let request = update.request_id.clone();
    environment.update = Some(update);
    let environment = environment.clone();
    let said = Said {
        severity: "INFO",
        request: Some(&request),
    };
    say(
        beanstalk,
        core.now,
        &environment,
        said,
        "Environment update is starting.",
    );
    next(core, region, &environment, core.timing.update_stage);
}

fn next(core: &mut Core, region: &str, environment: &Environment, wait: Duration) {
    let event = Event::EnvironmentStep {
        region: region.to_owned(),
        name: environment.name.clone(),
        update: environment.updates,
    };
    core.schedule(core.now + delta(wait), event);
}

/// True while an update can still be taken back by a call.
pub(crate) fn is_abortable(environment: &Environment) -> bool {
    let stage = environment.update.as_ref().map(|update| update.stage);
    environment.status == "Updating" && matches!(stage, Some(Stage::Starting | Stage::Batch))
}

/// The update is taken back from its next step on.
pub(crate) fn request_abort(core: &mut Core, beanstalk: &mut Beanstalk, region: &str, name: &str) {
    let Some(environment) = beanstalk.environments.get_mut(name) else {
        return;
    };
    environment.status = "Aborting".to_owned();
    // What was scheduled for the way forth does nothing any more.
    environment.updates += 1;
    let environment = environment.clone();
    if let Some(update) = &environment.update {
        let said = Said {
            severity: "INFO",
            request: Some(&update.request_id),
        };
        say(
            beanstalk,
            core.now,
            &environment,
            said,
            "Environment update is aborting.",
        );
    }
    next(core, region, &environment, Duration::ZERO);
}

/// The next step of an environment's update, when it is still the one that was scheduled.
pub(crate) fn step(state: &mut State, region: &str, name: &str, number: u32) {
    let (core, here) = state.enter(region);
    let Region { ec2, beanstalk, .. } = here;
    let is = |e: &&Environment| e.updates == number;
    let Some(mut environment) = beanstalk.environments.get(name).filter(is).cloned() else {
        return;
    };
    let Some(update) = environment.update.take() else {
        return;
    };
    let mut scene = Scene {
        core,
        ec2,
        beanstalk,
        region,
        environment,
        update,
    };
    let wait =
        match scene.environment.status == "Aborting" && scene.update.stage != Stage::RollingBack {
            true => scene.take_back(),
            false => scene.go_on(),
        };
    let Scene {
        core,
        ec2,
        beanstalk,
        mut environment,
        update,
        ..
    } = scene;
    if let Some(wait) = wait {
        environment.update = Some(update);
        next(core, region, &environment, wait);
    }
    let ended = wait.is_none();
    beanstalk.environments.insert(name.to_owned(), environment);
    history::look(core, ec2, beanstalk, name);
    if ended {
        others::call_next(core, region, name);
    }
}

impl Scene<'_> {
    /// One step on.
    fn go_on(&mut self) -> Wait {
        if self.environment.stuck {
            return Some(STUCK_LOOK);
        }
        match self.update.stage {
            Stage::Starting => self.start(),
            Stage::Batch => self.await_batch(),
            Stage::CleaningUp => self.clean_up(),
            Stage::RollingBack => self.go_back(),
        }
    }
}

fn stack_failed(environment: &Environment, state: &str) -> String {
    format!(
        "Stack named 'awseb-{}-stack' aborted operation. Current state: '{state}'",
        environment.id
    )
}
