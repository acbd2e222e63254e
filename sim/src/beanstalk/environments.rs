//! Environments and applications as they are described.

use chrono::{DateTime, TimeDelta, Utc};

use super::environment::Environment;
use super::replacement::is_enhanced;
use super::{Room, health, page, progress, settings};
use crate::clock::iso;
use crate::iam::Asked;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 1000;

pub(crate) fn arn(region: &str, environment: &Environment) -> String {
    let (application, name) = (&environment.application, &environment.name);
    let account = &environment.account;
    format!("arn:aws:elasticbeanstalk:{region}:{account}:environment/{application}/{name}")
}

/// Whether the caller may do this to an environment: lists leave out what he may not see.
pub(crate) fn is_allowed(room: &Room<'_>, operation: &str, e: &Environment) -> bool {
    let Some(grant) = &room.core.grant else {
        return true;
    };
    let application = &e.application;
    let application = format!(
        "arn:aws:elasticbeanstalk:{}:{}:application/{application}",
        room.region, room.core.account
    );
    let asked = Asked::new(&format!("elasticbeanstalk:{operation}"))
        .on(arn(room.region, e))
        .with("aws:RequestedRegion", room.region)
        .with("elasticbeanstalk:InApplication", application);
    grant.allows(&asked)
}

/// How long a terminated environment is remembered: so long it can be rebuilt.
pub(crate) const REMEMBERED: TimeDelta = TimeDelta::days(42);

/// Which terminated environments a call includes: those terminated after this; none without `IncludeDeleted`.
struct Deleted(Option<DateTime<Utc>>);

impl Deleted {
    fn asked(room: &Room<'_>) -> Result<Self, Fail> {
        let oldest = room.core.now - REMEMBERED;
        if !room.p.flag("IncludeDeleted") {
            return Ok(Self(None));
        }
        let Some(text) = room.p.get("IncludedDeletedBackTo") else {
            return Ok(Self(Some(oldest)));
        };
        let back_to = DateTime::parse_from_rfc3339(text).map_err(|_| {
            Fail::invalid(format!(
                "Value ({text}) for IncludedDeletedBackTo is invalid."
            ))
        })?;
        Ok(Self(Some(oldest.max(back_to.with_timezone(&Utc)))))
    }

    fn admits(&self, e: &Environment) -> bool {
        let since = e.terminated.unwrap_or(e.updated);
        e.status != "Terminated" || self.0.is_some_and(|back_to| since > back_to)
    }
}

/// Names and ids that lead nowhere are left out, not refused.
pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let (names, ids) = (p.members("EnvironmentNames"), p.members("EnvironmentIds"));
    let application = p.get("ApplicationName");
    let deleted = Deleted::asked(room)?;
    let wanted = |e: &&Environment| {
        application.is_none_or(|a| a == e.application)
            && (names.is_empty() || names.contains(&e.name))
            && (ids.is_empty() || ids.contains(&e.id))
            && deleted.admits(e)
            && is_allowed(room, "DescribeEnvironments", e)
    };
    let all: Vec<&Environment> = room
        .beanstalk
        .environments
        .values()
        .chain(&room.beanstalk.deleted)
        .filter(wanted)
        .collect();
    // Without MaxRecords everything comes at once, as it does on AWS.
    let paged = p.get("MaxRecords").is_some() || room.core.timing.page > 0;
    let (shown, token) = match paged {
        true => page(room, all, MOST)?,
        false => (all, None),
    };
    let mut x = Xml::new();
    x.members("Environments", shown, |x, e| {
        write(x, room, e.shown(room.core.now))
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

pub(crate) fn write(x: &mut Xml, room: &Room<'_>, e: &Environment) {
    let version = room.beanstalk.versions.get(&e.platform_arn);
    x.text("EnvironmentName", &e.name);
    x.text("EnvironmentId", &e.id);
    x.text("ApplicationName", &e.application);
    x.text("VersionLabel", &e.version_label);
    let stack = version.filter(|v| !v.branch.is_empty());
    x.opt("SolutionStackName", stack.map(|v| v.solution_stack()));
    x.text("PlatformArn", &e.platform_arn);
    x.opt("TemplateName", e.template.as_ref());
    x.text(
        "CNAME",
        format!("{}.{}.elasticbeanstalk.invalid", e.cname, room.region),
    );
    x.text("DateCreated", iso(e.created));
    x.text("DateUpdated", iso(e.updated));
    x.text("Status", &e.status);
    // An update that the world scripted by its status alone has nothing that says otherwise.
    let abortable = match e.update {
        Some(_) => progress::is_abortable(e),
        None => e.status == "Updating",
    };
    x.text("AbortableOperationInProgress", abortable);
    let health = health::of_environment(room.ec2, e, room.core.now, &room.core.timing);
    // A cluster's nodes are not EC2's to count; everything else is as well as its instances are.
    let scripted = e.tier == "Cluster" && e.scripted_health.is_none();
    let enhanced = is_enhanced(&settings::effective(room.beanstalk, e, &e.deployed()));
    let colour = match (scripted, enhanced, &e.update) {
        (true, ..) => e.health.as_str(),
        // Basic health has no word for an update: it is grey until it has ended.
        (_, false, Some(_)) => "Grey",
        _ => health.color(),
    };
    x.text("Health", colour);
    if enhanced {
        x.text("HealthStatus", &health.status);
    }
    let (kind, version) = tier(&e.tier);
    x.node("Tier", |x| {
        x.text("Name", &e.tier);
        x.text("Type", kind);
        x.text("Version", version);
    });
    x.text("EnvironmentArn", arn(room.region, e));
    x.node("EnvironmentLinks", |_| {});
}

/// Type and version of a tier by its name.
pub(crate) fn tier(name: &str) -> (&'static str, &'static str) {
    match name {
        "Worker" => ("SQS/HTTP", "3.0"),
        "Cluster" => ("EKS", "1.0"),
        _ => ("Standard", "1.0"),
    }
}

pub(crate) fn applications(room: &mut Room<'_>) -> Result<String, Fail> {
    let names = room.p.members("ApplicationNames");
    let all = room.beanstalk.applications.iter();
    let wanted = all.filter(|(name, _)| names.is_empty() || names.contains(name));
    let saved = &room.beanstalk.saved;
    let mut x = Xml::new();
    x.members("Applications", wanted, |x, (name, created)| {
        let arn = format!(
            "arn:aws:elasticbeanstalk:{}:{}:application/{name}",
            room.region, room.core.account
        );
        x.text("ApplicationArn", arn);
        x.text("ApplicationName", name);
        x.text("DateCreated", iso(*created));
        x.text("DateUpdated", iso(*created));
        let of = saved.keys().filter(|(application, _)| application == name);
        x.member_texts("ConfigurationTemplates", of.map(|(_, name)| name));
    });
    Ok(x.into_string())
}

/// The environment that a call names by name or id.
pub(crate) fn named<'a>(room: &'a Room<'_>) -> Result<&'a Environment, Fail> {
    let (name, id) = (room.p.get("EnvironmentName"), room.p.get("EnvironmentId"));
    let is = |e: &&Environment| {
        name.is_none_or(|n| n == e.name) && id.is_none_or(|i| i == e.id) && e.status != "Terminated"
    };
    let found = match name.or(id) {
        Some(_) => room.beanstalk.environments.values().find(is),
        None => return Err(Fail::missing("EnvironmentName")),
    };
    found.ok_or_else(|| {
        let what = name.or(id).unwrap_or_default();
        Fail::invalid(format!(
            "No Environment found for EnvironmentName = '{what}'."
        ))
    })
}

pub(crate) fn tags(room: &mut Room<'_>) -> Result<String, Fail> {
    let asked = room.p.need("ResourceArn")?;
    let found = room
        .beanstalk
        .environments
        .values()
        .find(|e| arn(room.region, e) == asked);
    let environment = found.ok_or_else(|| {
        let message = format!("Resource '{asked}' not found.");
        Fail::new("ResourceNotFoundException", message)
    })?;
    let mut x = Xml::new();
    x.text("ResourceArn", asked);
    x.members("ResourceTags", &environment.tags, |x, (key, value)| {
        x.text("Key", key);
        x.text("Value", value);
    });
    Ok(x.into_string())
}
