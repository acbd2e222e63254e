//! Managed actions: platform updates and instance refreshes that Elastic Beanstalk does by itself.

use chrono::{DateTime, Utc};

use super::begin::{Order, begin};
use super::environment::{Environment, ManagedAction, Update};
use super::environments::named;
use super::replacement::{is_enhanced, option};
use super::{Room, page, settings};
use crate::clock::iso;
use crate::environment_views::UpdateEnd;
use crate::events::Event;
use crate::state::{Region, State};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 100;

impl ManagedAction {
    fn kind(&self) -> &'static str {
        match self.platform_arn.is_empty() {
            true => "InstanceRefresh",
            false => "PlatformUpdate",
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.status, "Completed" | "Failed")
    }
}

/// Those to come and under way.
pub(crate) fn actions(room: &mut Room<'_>) -> Result<String, Fail> {
    let wanted = room.p.get("Status");
    let environment = named(room)?;
    let shown = environment
        .managed
        .iter()
        .filter(|a| !a.is_over() && wanted.is_none_or(|status| status == a.status));
    let mut x = Xml::new();
    x.members("ManagedActions", shown, |x, action| {
        x.text("ActionId", &action.id);
        x.text("ActionDescription", action.kind());
        x.text("ActionType", action.kind());
        x.text("Status", action.status);
        x.text("WindowStartTime", iso(action.at));
    });
    Ok(x.into_string())
}

/// Those that are over, newest first.
pub(crate) fn history(room: &mut Room<'_>) -> Result<String, Fail> {
    let environment = named(room)?;
    let over = environment.managed.iter().rev().filter(|a| a.is_over());
    let (shown, token) = page(room, over.collect(), MOST)?;
    let mut x = Xml::new();
    x.members("ManagedActionHistoryItems", shown, |x, action| {
        x.text("ActionId", &action.id);
        x.text("ActionType", action.kind());
        x.text("ActionDescription", action.kind());
        x.opt("FailureType", action.failure);
        x.text("Status", action.status);
        x.text("ExecutedTime", iso(action.at));
        x.opt("FinishedTime", action.finished.map(iso));
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

/// Its time has come: it runs when the environment is Ready and managed actions are on.
pub(crate) fn due(state: &mut State, region: &str, name: &str, id: &str) {
    let (core, here) = state.enter(region);
    let now = core.now;
    let Region { ec2, beanstalk, .. } = here;
    let Some(environment) = beanstalk.environments.get(name).cloned() else {
        return;
    };
    let deployed = environment.deployed();
    let options = settings::effective(beanstalk, &environment, &deployed);
    let on = option(
        &options,
        "aws:elasticbeanstalk:managedactions",
        "ManagedActionsEnabled",
    ) == "true";
    let ready = environment.status == "Ready" && is_enhanced(&options);
    let Some(found) = beanstalk.environments.get_mut(name) else {
        return;
    };
    let Some(action) = found.managed.iter_mut().find(|a| a.id == id) else {
        return;
    };
    if !(ready && on) {
        action.status = "Failed";
        action.failure = Some(if on {
            "InvalidEnvironmentState"
        } else {
            "UpdateCancelled"
        });
        action.finished = Some(now);
        return;
    }
    action.status = "Running";
    let mut draft = deployed;
    if !action.platform_arn.is_empty() {
        draft.platform_arn = action.platform_arn.clone();
    }
    let params = Default::default();
    let mut room = Room {
        core,
        beanstalk,
        ec2,
        region,
        p: &params,
    };
    let order = Order {
        managed: Some(id.to_owned()),
        ..Order::of_others(&mut room, "elasticbeanstalk", draft)
    };
    begin(&mut room, name, order);
}

/// Schedules one.
pub(crate) fn schedule(
    core: &mut crate::state::Core,
    region: &str,
    environment: &mut Environment,
    platform_arn: String,
    at: DateTime<Utc>,
) {
    let id = format!("51300000-0000-4000-9000-{:012}", core.number());
    environment.managed.push(ManagedAction {
        id: id.clone(),
        platform_arn,
        at,
        status: "Scheduled",
        failure: None,
        finished: None,
    });
    let event = Event::ManagedAction {
        region: region.to_owned(),
        name: environment.name.clone(),
        id,
    };
    core.schedule(at, event);
}

/// The update of a managed action has ended.
pub(crate) fn ended(
    environment: &mut Environment,
    update: &Update,
    now: DateTime<Utc>,
    end: UpdateEnd,
) {
    let of = update.managed.as_ref();
    let Some(action) = environment.managed.iter_mut().find(|a| Some(&a.id) == of) else {
        return;
    };
    action.failure = match end {
        UpdateEnd::RolledBack => Some("RollbackSuccessful"),
        UpdateEnd::RollbackFailed => Some("RollbackFailed"),
        _ => None,
    };
    action.status = match action.failure {
        Some(_) => "Failed",
        None => "Completed",
    };
    action.finished = Some(now);
}
