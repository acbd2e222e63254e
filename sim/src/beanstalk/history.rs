//! What the account remembers of environments beside what AWS shows: every update with its end, every
//! turn of health with the update that is to blame.
//!
//! Looking decides nothing. A look is made whenever health may have turned, so that what is remembered
//! does not depend on who asks when.

use chrono::{DateTime, Utc};

use super::environment::{Environment, Update};
use super::events::{self, Said};
use super::health::{self, Health};
use super::model::Beanstalk;
use super::replacement::is_enhanced;
use super::settings;
use crate::clock::delta;
use crate::ec2::model::Ec2;
use crate::environment_views::{UpdateEnd, UpdateView};
use crate::events::Event;
use crate::state::Core;

/// An update and how it went.
pub(crate) type UpdateRecord = UpdateView;

/// A turn of an environment's health.
pub(crate) use crate::environment_views::HealthTurn;

/// An update begins.
pub(crate) fn began(
    beanstalk: &mut Beanstalk,
    region: &str,
    environment: &Environment,
    update: &Update,
    by: String,
) {
    let Some(last) = update.passes.last() else {
        return;
    };
    let record = UpdateRecord {
        region: region.to_owned(),
        environment: environment.name.clone(),
        environment_id: environment.id.clone(),
        request_id: update.request_id.clone(),
        by,
        began: update.batch_since,
        ended: None,
        image_id: last.image_id.clone(),
        platform_arn: last.platform_arn.clone(),
        version_label: update.label.clone(),
        replacement: update.replacement.name(),
        aborted: false,
        end: UpdateEnd::UnderWay,
        least_serving: None,
        worst_health: String::new(),
    };
    beanstalk.records.push(record);
}

/// An update has ended in this way.
pub(crate) fn ended(beanstalk: &mut Beanstalk, at: DateTime<Utc>, update: &Update, end: UpdateEnd) {
    let mut records = beanstalk.records.iter_mut().rev();
    if let Some(record) = records.find(|r| r.request_id == update.request_id) {
        record.ended = Some(at);
        record.aborted = update.aborted;
        record.end = end;
    }
}

/// Looks at an environment's health, and remembers and says a turn.
pub(crate) fn look(core: &Core, ec2: &Ec2, beanstalk: &mut Beanstalk, name: &str) {
    let Some(environment) = beanstalk.environments.get(name).cloned() else {
        return;
    };
    if environment.status == "Terminated" {
        return;
    }
    let health = health::of_environment(ec2, &environment, core.now, &core.timing);
    if let Some(update) = &environment.update {
        let serving = health::serving(ec2, &environment, core.now, &core.timing);
        suffer(beanstalk, update, serving, &health);
    }
    if environment.seen_health == health.status {
        return;
    }
    let from = std::mem::replace(
        &mut beanstalk
            .environments
            .entry(name.to_owned())
            .or_insert_with(|| environment.clone())
            .seen_health,
        health.status.clone(),
    );
    tell(core, beanstalk, &environment, &from, &health);
    let turn = HealthTurn {
        at: core.now,
        environment: name.to_owned(),
        environment_id: environment.id.clone(),
        from,
        update: blamed(core, ec2, &environment, &health),
        to: health.status,
        causes: health.causes,
    };
    beanstalk.turns.push(turn);
}

/// The least that served, and the worst health, while an update was under way.
fn suffer(beanstalk: &mut Beanstalk, update: &Update, serving: usize, health: &Health) {
    let mut records = beanstalk.records.iter_mut().rev();
    let Some(record) = records.find(|r| r.request_id == update.request_id) else {
        return;
    };
    record.least_serving = Some(record.least_serving.unwrap_or(serving).min(serving));
    if health::rank(&health.status) >= health::rank(&record.worst_health) {
        record.worst_health.clone_from(&health.status);
    }
}

fn tell(core: &Core, beanstalk: &mut Beanstalk, e: &Environment, from: &str, health: &Health) {
    let severity = match health.color() {
        "Red" => "ERROR",
        "Yellow" => "WARN",
        _ => "INFO",
    };
    let options = settings::effective(beanstalk, e, &e.deployed());
    let message = match is_enhanced(&options) {
        true => {
            let causes = health.causes.join(" ");
            let said = format!(
                "Environment health has transitioned from {from} to {}. {causes}",
                health.status
            );
            said.trim_end().to_owned()
        }
        false => format!(
            "Environment health has been set to {}",
            health.color().to_uppercase()
        ),
    };
    events::say(
        beanstalk,
        core.now,
        e,
        Said {
            severity,
            request: None,
        },
        message,
    );
}

/// The update under way; else the one that launched an instance that is as bad as the environment.
fn blamed(core: &Core, ec2: &Ec2, environment: &Environment, health: &Health) -> Option<String> {
    if let Some(update) = &environment.update {
        return Some(update.request_id.clone());
    }
    let bad = health::running(ec2, environment).find(|i| {
        let of = health::of_instance(ec2, i, core.now, &core.timing);
        of.status == health.status && of.color() != "Green"
    })?;
    environment.launched_by.get(&bad.id).cloned()
}

/// Looks are due when an instance of this image becomes known, and when what it serves shows.
pub(crate) fn look_later(core: &mut Core, ec2: &Ec2, region: &str, name: &str, image_id: &str) {
    let event = Event::HealthLook {
        region: region.to_owned(),
        name: name.to_owned(),
    };
    let known = delta(core.timing.health);
    core.schedule(core.now + known, event.clone());
    let after = ec2.images.get(image_id).map(|image| image.serves.after());
    if let Some(after) = after.map(delta).filter(|after| *after > known) {
        core.schedule(core.now + after, event);
    }
}

/// An image serves otherwise from now on: looks at every environment that runs it, now and when it shows.
pub(crate) fn image_changed(
    core: &mut Core,
    ec2: &Ec2,
    beanstalk: &mut Beanstalk,
    region: &str,
    image_id: &str,
) {
    let runs = |e: &&Environment| health::running(ec2, e).any(|i| i.image_id == image_id);
    let names = beanstalk.environments.values().filter(runs);
    let names: Vec<String> = names.map(|e| e.name.clone()).collect();
    for name in names {
        look(core, ec2, beanstalk, &name);
        look_later(core, ec2, region, &name, image_id);
    }
}
