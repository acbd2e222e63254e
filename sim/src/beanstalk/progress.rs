//! An update in time: which instances are replaced when, what is said of it, and how it ends.
//!
//! Driven by events alone. What happens depends on the environment's options, its instances' health
//! and what was scripted for it, never on who asks.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::health::{self, Health};
use super::model::{Beanstalk, Draft, Environment, EnvironmentEvent, Stage, Update};
use super::replacement::{Replacement, replaces};
use super::{fleet, managed, settings};
use crate::clock::delta;
use crate::ec2::model::Ec2;
use crate::events::Event;
use crate::state::{Core, Region, State};

/// How often a batch's health is looked at, at least.
const LOOK_MAX: Duration = Duration::from_secs(10);
/// How often an update that goes on for ever is looked at.
const STUCK_LOOK: Duration = Duration::from_secs(60);

/// What one step works on, apart from the environment itself.
struct Site<'a> {
    core: &'a mut Core,
    ec2: &'a mut Ec2,
    region: &'a str,
}

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
    environment.status = "Updating".to_owned();
    environment.updated = core.now;
    environment.pending = Some(draft);
    environment.failed = None;
    environment.updates += 1;
    let request = update.request_id.clone();
    environment.update = Some(update);
    let environment = environment.clone();
    say(
        beanstalk,
        core.now,
        &environment,
        &request,
        "INFO",
        "Environment update is starting.",
    );
    let wait = core.timing.update_stage;
    next(core, region, &environment, wait);
}

fn next(core: &mut Core, region: &str, environment: &Environment, wait: Duration) {
    let event = Event::EnvironmentStep {
        region: region.to_owned(),
        name: environment.name.clone(),
        update: environment.updates,
    };
    core.schedule(core.now + delta(wait), event);
}

pub(crate) fn say(
    beanstalk: &mut Beanstalk,
    at: DateTime<Utc>,
    environment: &Environment,
    request_id: &str,
    severity: &'static str,
    message: impl Into<String>,
) {
    beanstalk.events.push(EnvironmentEvent {
        at,
        application: environment.application.clone(),
        environment: environment.name.clone(),
        severity,
        message: message.into(),
        request_id: Some(request_id.to_owned()),
    });
}

/// True while an update can still be taken back by a call.
pub(crate) fn is_abortable(environment: &Environment) -> bool {
    let stage = environment.update.as_ref().map(|update| update.stage);
    matches!(stage, Some(Stage::Starting | Stage::Batch))
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
        let message = "Environment update is aborting.";
        say(
            beanstalk,
            core.now,
            &environment,
            &update.request_id,
            "INFO",
            message,
        );
    }
    next(core, region, &environment, Duration::ZERO);
}

/// The next step of an environment's update, when it is still the one that was scheduled.
pub(crate) fn step(state: &mut State, region: &str, name: &str, number: u32) {
    let (core, here) = state.enter(region);
    let Region { ec2, beanstalk, .. } = here;
    let Some(mut environment) = beanstalk.environments.get(name).cloned() else {
        return;
    };
    if environment.updates != number {
        return;
    }
    let Some(mut update) = environment.update.take() else {
        return;
    };
    let mut site = Site { core, ec2, region };
    let wait = match environment.status == "Aborting" && update.stage != Stage::RollingBack {
        true => take_back(&mut site, beanstalk, &mut environment, &mut update),
        false => go_on(&mut site, beanstalk, &mut environment, &mut update),
    };
    if let Some(wait) = wait {
        environment.update = Some(update);
        next(site.core, region, &environment, wait);
    }
    beanstalk.environments.insert(name.to_owned(), environment);
}

/// One step on; how long until the next, nothing when it was the last.
fn go_on(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    if environment.stuck {
        return Some(STUCK_LOOK);
    }
    match update.stage {
        Stage::Starting if environment.broken => {
            let message = stack_failed(environment, "UPDATE_ROLLBACK_FAILED");
            fail(site, beanstalk, environment, update, &message)
        }
        Stage::Starting => start(site, beanstalk, environment, update),
        Stage::Batch => await_batch(site, beanstalk, environment, update),
        Stage::CleaningUp => clean_up(site, beanstalk, environment, update),
        Stage::RollingBack => rolled_back(site, beanstalk, environment, update),
    }
}

fn stack_failed(environment: &Environment, state: &str) -> String {
    format!(
        "Stack named 'awseb-{}-stack' aborted operation. Current state: '{state}'",
        environment.id
    )
}

/// Begins a pass: sees what it replaces.
fn start(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    let message = format!(
        "Updating environment {}'s configuration settings.",
        environment.name
    );
    say(
        beanstalk,
        site.core.now,
        environment,
        &update.request_id,
        "INFO",
        message,
    );
    let target = update.passes.first()?.clone();
    let before = settings::effective(beanstalk, environment, &environment.deployed());
    let after = settings::effective(beanstalk, environment, &target);
    let refresh = update.managed.is_some();
    let replaces =
        refresh || target.platform_arn != environment.platform_arn || replaces(&before, &after);
    update.fresh.clear();
    update.old = match replaces {
        true => health::running(site.ec2, environment)
            .map(|i| i.id.clone())
            .collect(),
        false => Vec::new(),
    };
    update.total = update.old.len();
    if update.old.is_empty() {
        update.stage = Stage::CleaningUp;
        return Some(site.core.timing.update_stage);
    }
    launch_batch(site, beanstalk, environment, update, &target)
}

/// Launches the next batch; unless both are kept, the same number of old ones goes first.
fn launch_batch(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
    target: &Draft,
) -> Option<Duration> {
    let keeps = update.replacement.keeps_old();
    let left = match keeps {
        true => update.old.len() - update.fresh.len(),
        false => update.old.len(),
    };
    let count = update.replacement.next_batch(update.fresh.len(), left);
    if !keeps {
        let go: Vec<String> = update.old.drain(..count).collect();
        fleet::terminate(site.core, site.ec2, site.region, &go);
    }
    let image = settings::image_in(beanstalk, environment, target).unwrap_or_default();
    let launched = fleet::launch(site.core, site.ec2, site.region, environment, &image, count);
    match launched {
        Ok(ids) => {
            let message = match keeps && update.fresh.is_empty() {
                true => "Immutable deployment policy enabled. Launching one instance with the new \
                         settings to verify health."
                    .to_owned(),
                false => format!("Added instance {ids:?} to your environment.").replace('"', ""),
            };
            say(
                beanstalk,
                site.core.now,
                environment,
                &update.request_id,
                "INFO",
                message,
            );
            update.fresh.extend(ids);
            update.batch_since = site.core.now;
            update.stage = Stage::Batch;
            Some(look_again(site.core))
        }
        Err(why) => fail(site, beanstalk, environment, update, &why),
    }
}

fn look_again(core: &Core) -> Duration {
    (core.timing.health / 12).clamp(Duration::from_secs(1), LOOK_MAX)
}

/// How the batch does.
enum Batch {
    Healthy,
    NotYet(Duration),
    /// Its time is over.
    Late,
}

fn judge(core: &Core, update: &Update, healths: &[Health]) -> Batch {
    let healthy = healths.iter().all(Health::passes);
    let (limit, by_health) = match &update.replacement {
        Replacement::ByTime { pause, .. } => (*pause, false),
        Replacement::Immutable { timeout } | Replacement::ByHealth { timeout, .. } => {
            (*timeout, true)
        }
        Replacement::AllAtOnce { timeout } => (*timeout, true),
    };
    let over = core.now >= update.batch_since + delta(limit);
    match (by_health, healthy, over) {
        (true, true, _) | (false, _, true) => Batch::Healthy,
        (true, false, true) => Batch::Late,
        _ => Batch::NotYet(look_again(core)),
    }
}

fn await_batch(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    let fresh = update
        .fresh
        .iter()
        .filter_map(|id| site.ec2.instances.get(id));
    let of = |i| health::of_instance(site.ec2, i, site.core.now, &site.core.timing);
    let healths: Vec<Health> = fresh.map(of).collect();
    match judge(site.core, update, &healths) {
        Batch::NotYet(wait) => Some(wait),
        Batch::Healthy => {
            let left = match update.replacement.keeps_old() {
                true => update.old.len() > update.fresh.len(),
                false => !update.old.is_empty(),
            };
            if left {
                let target = update.passes.first()?.clone();
                return launch_batch(site, beanstalk, environment, update, &target);
            }
            update.stage = Stage::CleaningUp;
            Some(site.core.timing.update_stage)
        }
        Batch::Late if matches!(update.replacement, Replacement::AllAtOnce { .. }) => {
            // Nothing is left to go back to: it is done, with errors.
            let message = "Update environment operation is complete, but with errors. For more \
                           information, see troubleshooting documentation.";
            say(
                beanstalk,
                site.core.now,
                environment,
                &update.request_id,
                "ERROR",
                message,
            );
            update.passes.truncate(1);
            finish(site, beanstalk, environment, update, true)
        }
        Batch::Late => {
            let message = "Failed to launch healthy instances before the time-out of the update.";
            fail(site, beanstalk, environment, update, message)
        }
    }
}

/// The old ones go; the pass is deployed.
fn clean_up(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    if update.replacement.keeps_old() {
        fleet::terminate(site.core, site.ec2, site.region, &update.old);
    }
    update.old.clear();
    finish(site, beanstalk, environment, update, false)
}

fn finish(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
    errors: bool,
) -> Option<Duration> {
    let done = update.passes.remove(0);
    environment.image_id = done.image_id;
    environment.platform_arn = done.platform_arn;
    environment.options = done.options;
    environment.updated = site.core.now;
    forget_gone(site.ec2, environment);
    if !update.passes.is_empty() {
        update.stage = Stage::Starting;
        return Some(site.core.timing.update_stage);
    }
    environment.deployment += 1;
    environment.pending = None;
    environment.status = "Ready".to_owned();
    if !errors {
        let at = site.core.now;
        for message in [
            "Successfully deployed new configuration to environment.",
            "Environment update completed successfully.",
        ] {
            say(
                beanstalk,
                at,
                environment,
                &update.request_id,
                "INFO",
                message,
            );
        }
    }
    managed::ended(environment, update, site.core.now, None);
    None
}

/// Instances that are gone are not the environment's any more.
fn forget_gone(ec2: &Ec2, environment: &mut Environment) {
    environment
        .instance_ids
        .retain(|id| ec2.instances.get(id).is_some_and(|i| !i.state.over()));
}

/// The update has failed: says why, and goes back.
fn fail(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
    why: &str,
) -> Option<Duration> {
    let at = site.core.now;
    say(beanstalk, at, environment, &update.request_id, "ERROR", why);
    let message = "Failed to deploy configuration.";
    say(
        beanstalk,
        at,
        environment,
        &update.request_id,
        "ERROR",
        message,
    );
    environment.failed = environment.pending.take();
    take_back(site, beanstalk, environment, update)
}

/// Goes back to what was deployed before: new instances go, old ones stay or are launched again.
fn take_back(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    update.stage = Stage::RollingBack;
    environment.pending = None;
    if environment.rollback_fails || environment.broken {
        environment.broken = true;
        return Some(site.core.timing.update_stage);
    }
    let fresh = std::mem::take(&mut update.fresh);
    fleet::terminate(site.core, site.ec2, site.region, &fresh);
    let missing = update.total - update.old.len();
    let image = settings::image_in(beanstalk, environment, &update.before).unwrap_or_default();
    let again = fleet::launch(
        site.core,
        site.ec2,
        site.region,
        environment,
        &image,
        missing,
    );
    if let Err(why) = again {
        environment.broken = true;
        say(
            beanstalk,
            site.core.now,
            environment,
            &update.request_id,
            "ERROR",
            why,
        );
    }
    Some(site.core.timing.update_stage + site.core.timing.health)
}

/// Back where it was, or stuck in between.
fn rolled_back(
    site: &mut Site<'_>,
    beanstalk: &mut Beanstalk,
    environment: &mut Environment,
    update: &mut Update,
) -> Option<Duration> {
    let (severity, message) = match environment.broken {
        true => ("ERROR", stack_failed(environment, "UPDATE_ROLLBACK_FAILED")),
        false => (
            "INFO",
            "The environment was reverted to the previous configuration setting.".to_owned(),
        ),
    };
    say(
        beanstalk,
        site.core.now,
        environment,
        &update.request_id,
        severity,
        message,
    );
    let before = update.before.clone();
    environment.image_id = before.image_id;
    environment.platform_arn = before.platform_arn;
    environment.options = before.options;
    environment.updated = site.core.now;
    environment.status = "Ready".to_owned();
    forget_gone(site.ec2, environment);
    let failure = match environment.broken {
        true => "RollbackFailed",
        false => "RollbackSuccessful",
    };
    managed::ended(environment, update, site.core.now, Some(failure));
    None
}
