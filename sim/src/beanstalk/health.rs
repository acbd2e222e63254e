//! Health: what instances and environments report, and the verbs that show it.
//!
//! What an instance reports follows from its image and its age; an environment reports the worst of
//! its instances, that an update is under way, or what was scripted.

use chrono::{DateTime, Utc};

use super::environment::{Environment, Options, Stage};
use super::environments::named;
use super::replacement::{is_enhanced, option};
use super::{Room, page, settings};
use crate::clock::{delta, iso};
use crate::ec2::model::{Ec2, Instance, Phase};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::Timing;

const MOST: usize = 100;
/// From best to worst; the others say that nothing is known.
const RANKS: [&str; 5] = ["Ok", "Info", "Warning", "Degraded", "Severe"];

/// A status and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) status: String,
    pub(crate) causes: Vec<String>,
}

impl Health {
    fn new(status: &str, causes: Vec<String>) -> Self {
        Self {
            status: status.to_owned(),
            causes,
        }
    }

    pub(crate) fn color(&self) -> &'static str {
        match self.status.as_str() {
            "Ok" | "Info" => "Green",
            "Warning" => "Yellow",
            "Degraded" | "Severe" => "Red",
            _ => "Grey",
        }
    }

    /// Whether an instance passes the health check of an update, down to this rank.
    pub(crate) fn passes(&self, threshold: usize) -> bool {
        rank(&self.status).is_some_and(|rank| rank <= threshold)
    }
}

pub(crate) fn rank(status: &str) -> Option<usize> {
    RANKS.iter().position(|rank| *rank == status)
}

/// The worst rank that still passes; what is green always does.
pub(crate) fn threshold(options: &Options) -> usize {
    let asked = option(
        options,
        "aws:elasticbeanstalk:healthreporting:system",
        "HealthCheckSuccessThreshold",
    );
    rank(asked).unwrap_or(0).max(1)
}

fn of_colour(colour: &str) -> &'static str {
    match colour {
        "Green" => "Ok",
        "Yellow" => "Warning",
        "Red" => "Severe",
        _ => "NoData",
    }
}

/// What one instance of an environment reports.
pub(crate) fn of_instance(
    ec2: &Ec2,
    instance: &Instance,
    now: DateTime<Utc>,
    timing: &Timing,
) -> Health {
    if now < instance.launched + delta(timing.health) {
        return Health::new("Pending", vec!["Performing initialization.".to_owned()]);
    }
    let serves = ec2.images.get(&instance.image_id).map(|i| &i.serves);
    let shows = serves.filter(|serves| now >= instance.launched + delta(serves.after()));
    match shows {
        Some(serves) => Health::new(&serves.status, serves.causes.clone()),
        None => Health::new("Ok", Vec::new()),
    }
}

/// The environment's instances that are up.
pub(crate) fn running<'a>(
    ec2: &'a Ec2,
    environment: &'a Environment,
) -> impl Iterator<Item = &'a Instance> {
    let all = environment.instance_ids.iter();
    all.filter_map(|id| ec2.instances.get(id))
        .filter(|i| matches!(i.state, Phase::Pending | Phase::Running))
}

/// How many of them serve.
pub(crate) fn serving(
    ec2: &Ec2,
    environment: &Environment,
    now: DateTime<Utc>,
    timing: &Timing,
) -> usize {
    let healths = running(ec2, environment).map(|i| of_instance(ec2, i, now, timing));
    healths.filter(|health| health.passes(2)).count()
}

/// What the environment reports.
pub(crate) fn of_environment(
    ec2: &Ec2,
    environment: &Environment,
    now: DateTime<Utc>,
    timing: &Timing,
) -> Health {
    if let Some((status, causes)) = &environment.scripted_health {
        return Health::new(status, causes.clone());
    }
    let mut worst = Health::new(of_colour(&environment.health), Vec::new());
    let up = running(ec2, environment).next().is_some();
    if !up && environment.update.is_none() && environment.tier != "Cluster" {
        return without_instances();
    }
    let mut take = |health: Health| {
        if rank(&health.status) > rank(&worst.status) {
            worst = health;
        }
    };
    running(ec2, environment)
        .map(|instance| of_instance(ec2, instance, now, timing))
        .for_each(&mut take);
    if let Some((until, before)) = environment.scaling
        && now < until
        && environment.update.is_none()
    {
        let size = running(ec2, environment).count();
        let cause =
            format!("{before} active instances is below Auto Scaling group minimum size {size}.");
        take(Health::new("Degraded", vec![cause]));
    }
    if let Some(update) = &environment.update {
        let count = update.fresh.len();
        let cause = format!("Configuration update in progress on {count} instances.");
        take(Health::new("Info", vec![cause]));
        let had = !update.old.is_empty() || count > 0;
        if had && update.stage != Stage::Starting && running(ec2, environment).next().is_none() {
            take(without_instances());
        }
    }
    worst
}

/// AWS documents neither the status nor the words: the worst is taken, so that nothing passes for well.
fn without_instances() -> Health {
    Health::new("Severe", vec!["There are no instances.".to_owned()])
}

/// Basic health has none of this.
fn enhanced<'a>(room: &'a Room<'_>, verb: &str) -> Result<&'a Environment, Fail> {
    let environment = named(room)?;
    let options = settings::effective(room.beanstalk, environment, &environment.deployed());
    if !is_enhanced(&options) {
        let message = format!("{verb} is not supported.");
        return Err(Fail::new("InvalidRequestException", message));
    }
    Ok(environment)
}

/// Without attribute names nothing but the environment's name is shown, as the model says.
pub(crate) fn environment(room: &mut Room<'_>) -> Result<String, Fail> {
    let e = enhanced(room, "DescribeEnvironmentHealth")?;
    let asked = room.p.members("AttributeNames");
    let wants = |name: &str| asked.iter().any(|a| a == name || a == "All");
    let (now, timing) = (room.core.now, &room.core.timing);
    let health = of_environment(room.ec2, e, now, timing);
    let mut x = Xml::new();
    x.text("EnvironmentName", &e.name);
    if wants("HealthStatus") {
        x.text("HealthStatus", &health.status);
    }
    if wants("Status") {
        x.text("Status", &e.status);
    }
    if wants("Color") {
        x.text("Color", health.color());
    }
    if wants("Causes") {
        x.member_texts("Causes", &health.causes);
    }
    if wants("InstancesHealth") {
        let of = running(room.ec2, e).map(|i| of_instance(room.ec2, i, now, timing).status);
        counts(&mut x, &of.collect::<Vec<_>>());
    }
    if wants("RefreshedAt") {
        x.text("RefreshedAt", iso(now));
    }
    Ok(x.into_string())
}

fn counts(x: &mut Xml, statuses: &[String]) {
    x.node("InstancesHealth", |x| {
        for status in RANKS.iter().chain(&["Pending", "NoData", "Unknown"]) {
            x.text(status, statuses.iter().filter(|s| s == status).count());
        }
    });
}

pub(crate) fn instances(room: &mut Room<'_>) -> Result<String, Fail> {
    let e = enhanced(room, "DescribeInstancesHealth")?;
    let asked = room.p.members("AttributeNames");
    let wants = |name: &str| asked.iter().any(|a| a == name || a == "All");
    let now = room.core.now;
    let up = running(room.ec2, e).collect();
    let (shown, token) = page(room, up, MOST)?;
    let mut x = Xml::new();
    x.members("InstanceHealthList", shown, |x, i| {
        let health = of_instance(room.ec2, i, now, &room.core.timing);
        x.text("InstanceId", &i.id);
        if wants("HealthStatus") {
            x.text("HealthStatus", &health.status);
        }
        if wants("Color") {
            x.text("Color", health.color());
        }
        if wants("Causes") {
            x.member_texts("Causes", &health.causes);
        }
        if wants("LaunchedAt") {
            x.text("LaunchedAt", iso(i.launched));
        }
        if wants("Deployment") {
            x.node("Deployment", |x| deployment(x, e, i, &health));
        }
        if wants("AvailabilityZone") {
            x.text("AvailabilityZone", &i.zone);
        }
        if wants("InstanceType") {
            x.text("InstanceType", &i.kind);
        }
    });
    x.text("RefreshedAt", iso(now));
    x.opt("NextToken", token);
    Ok(x.into_string())
}

/// Instances that an update launched have the deployment that it makes.
fn deployment(x: &mut Xml, e: &Environment, instance: &Instance, health: &Health) {
    let fresh = e.update.as_ref().map(|update| &update.fresh);
    let is_fresh = fresh.is_some_and(|fresh| fresh.contains(&instance.id));
    x.text("VersionLabel", &e.version_label);
    x.text("DeploymentId", e.deployment + u32::from(is_fresh));
    let status = match health.status.as_str() {
        "Pending" => "In Progress",
        _ => "Deployed",
    };
    x.text("Status", status);
    x.text("DeploymentTime", iso(instance.launched));
}
