//! World building: environments and saved configurations.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::missing;
use crate::beanstalk::environment::{Dated, Draft, Environment, Options};
use crate::beanstalk::model::{Beanstalk, BranchState, PlatformVersion};
use crate::beanstalk::{fleet, health, settings};
use crate::clock::delta;
use crate::ec2::instances;
use crate::ec2::model::{Group, Rule};
use crate::state::{Core, Region};
use crate::world::{EnvironmentSpec, SavedConfiguration, WorldError};

/// Adds an environment; returns its id.
pub(crate) fn environment(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    spec: EnvironmentSpec,
) -> Result<String, WorldError> {
    let platform_arn = platform_of(&here.beanstalk, region, &spec)?;
    let created = spec.created.unwrap_or(core.now);
    let mut environment = bare(core, &spec, platform_arn, created);
    environment
        .extensions
        .extend(launched_with(&here.beanstalk, region, &spec)?);
    environment.pending = spec
        .pending_image_id
        .clone()
        .map(|id| draft(&environment, id, created));
    environment.failed = spec
        .failed_image_id
        .clone()
        .map(|id| draft(&environment, id, created));
    secure(here, &environment);
    for _ in 0..spec.instances {
        let image = settings::image_of(&here.beanstalk, &environment).unwrap_or_default();
        let id = instances::place(core, &mut here.ec2, &image, &environment.architecture)?;
        fleet::adopt(&mut here.ec2, &mut environment, &id);
        fleet::tag_version(&mut here.ec2, &environment, &id, false);
        if let Some(instance) = here.ec2.instances.get_mut(&id) {
            // As old as its environment, and at least so old that its health is known.
            let known = core.now - delta(core.timing.health);
            instance.launched = created.min(known);
        }
    }
    let health = health::of_environment(&here.ec2, &environment, core.now, &core.timing);
    environment.seen_health = health.status;
    here.beanstalk
        .make_version(&spec.application, &spec.version_label, created);
    let applications = &mut here.beanstalk.applications;
    applications.entry(spec.application).or_insert(created);
    let id = environment.id.clone();
    let all = &mut here.beanstalk.environments;
    let before = all.insert(environment.name.clone(), environment);
    let gone = before.filter(|before| before.terminated.is_some());
    here.beanstalk.deleted.extend(gone);
    Ok(id)
}

/// The environment, without drafts and instances.
fn bare(
    core: &mut Core,
    spec: &EnvironmentSpec,
    platform_arn: String,
    created: DateTime<Utc>,
) -> Environment {
    let updated = spec.updated.unwrap_or(created);
    Environment {
        account: core.account.clone(),
        id: format!("e-513{:07}", core.number()),
        application: spec.application.clone(),
        name: spec.name.clone(),
        tier: spec.tier.clone(),
        platform_arn,
        architecture: spec.architecture.clone(),
        image_id: spec.image_id.clone(),
        deployed_at: updated,
        pending: None,
        failed: None,
        status: spec.status.clone(),
        health: spec.health.clone(),
        created,
        terminated: None,
        updated,
        options: flat(&spec.options),
        extensions: flat(&spec.extensions),
        template: Some(spec.template.clone()).filter(|name| !name.is_empty()),
        instance_ids: Default::default(),
        temporary: Default::default(),
        launched_by: Default::default(),
        tags: spec.tags.clone(),
        version_label: spec.version_label.clone(),
        cname: spec.name.clone(),
        deployment: 1,
        launch_version: 1,
        launch_since: updated,
        by_hand: None,
        earlier_images: Default::default(),
        scripted_health: None,
        seen_health: String::new(),
        scaling: None,
        suspended: Default::default(),
        stuck: false,
        rollback_fails: false,
        broken: false,
        update: None,
        updates: 0,
        managed: Vec::new(),
        scripts: Vec::new(),
        waiting: Default::default(),
        stale: None,
        looks: 0,
    }
}

/// The security group of its instances, where there is a VPC for it.
fn secure(here: &mut Region, environment: &Environment) {
    let Some(vpc_id) = here.ec2.default_vpc().map(|vpc| vpc.id.clone()) else {
        return;
    };
    if environment.tier == "Cluster" {
        return;
    }
    let id = fleet::security_group(environment);
    let name = format!("awseb-{}-stack-AWSEBSecurityGroup-51300000", environment.id);
    let tags = [
        ("elasticbeanstalk:environment-name", &environment.name),
        ("elasticbeanstalk:environment-id", &environment.id),
        ("Name", &environment.name),
    ];
    let group = Group {
        id: id.clone(),
        description: "VPC Security Group".to_owned(),
        name,
        vpc_id,
        ingress: Vec::new(),
        egress: vec![Rule::everything()],
        tags: tags
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .into(),
        world: true,
    };
    here.ec2.groups.insert(id, group);
}

/// Saves a configuration; returns its name.
pub(crate) fn save(core: &Core, here: &mut Region, spec: SavedConfiguration) -> String {
    let (application, name) = (spec.application.clone(), spec.name.clone());
    let applications = &mut here.beanstalk.applications;
    applications.entry(application.clone()).or_insert(core.now);
    here.beanstalk
        .saved
        .insert((application, name.clone()), spec);
    name
}

/// The deployed set with another image.
pub(crate) fn draft(environment: &Environment, image: String, at: DateTime<Utc>) -> Dated {
    let set = Draft {
        image_id: Some(image),
        ..environment.deployed()
    };
    Dated { set, at }
}

/// The options of the saved configuration that it was launched with. A later change of that is not its.
fn launched_with(
    beanstalk: &Beanstalk,
    region: &str,
    spec: &EnvironmentSpec,
) -> Result<Options, WorldError> {
    if spec.template.is_empty() {
        return Ok(Options::new());
    }
    let key = (spec.application.clone(), spec.template.clone());
    let saved = beanstalk.saved.get(&key);
    let saved = saved.ok_or_else(|| missing("saved configuration", &spec.template, region))?;
    Ok(flat(&saved.options))
}

fn flat(nested: &BTreeMap<String, BTreeMap<String, String>>) -> Options {
    let options = nested.iter().flat_map(|(namespace, options)| {
        let option =
            |(name, value): (&String, &String)| ((namespace.clone(), name.clone()), value.clone());
        options.iter().map(option)
    });
    options.collect()
}

fn platform_of(
    beanstalk: &Beanstalk,
    region: &str,
    spec: &EnvironmentSpec,
) -> Result<String, WorldError> {
    if !spec.platform_arn.is_empty() {
        return Ok(spec.platform_arn.clone());
    }
    let of = beanstalk.branches.get(&spec.branch);
    let of = of.ok_or_else(|| missing("branch", &spec.branch, region))?;
    version_arn(beanstalk, of, &spec.version).ok_or_else(|| {
        missing(
            "platform version",
            &format!("{} {}", spec.branch, spec.version),
            region,
        )
    })
}

pub(crate) fn version_arn(
    beanstalk: &Beanstalk,
    of: &BranchState,
    version: &str,
) -> Option<String> {
    if version.is_empty() {
        return of.now_recommended().map(str::to_owned);
    }
    let is = |v: &&PlatformVersion| v.branch == of.spec.name && v.version == version;
    beanstalk.versions.values().find(is).map(|v| v.arn.clone())
}

/// The ARN of another version of the environment's branch.
pub(crate) fn moved(
    beanstalk: &Beanstalk,
    environment: &Environment,
    version: &str,
) -> Option<String> {
    let branch = &beanstalk.versions.get(&environment.platform_arn)?.branch;
    version_arn(beanstalk, beanstalk.branches.get(branch)?, version)
}
