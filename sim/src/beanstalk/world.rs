//! Elastic Beanstalk's part of world building: releases, withdrawals, environments and what happens
//! to them.

use chrono::{DateTime, Utc};

use super::model::{
    Beanstalk, BranchState, Draft, Environment, EnvironmentEvent, Options, PlatformVersion,
};
use super::{fleet, managed};
use crate::ec2::{images, instances};
use crate::state::{ACCOUNT_ID, Core, Region};
use crate::world::{
    Branch, EnvironmentChange, EnvironmentSpec, ImageChange, ImageSpec, Release,
    SavedConfiguration, WorldError,
};

fn missing(kind: &'static str, name: &str, region: &str) -> WorldError {
    WorldError::Missing {
        kind,
        name: name.to_owned(),
        region: region.to_owned(),
    }
}

/// Adds a branch, or changes what is said of one.
pub(crate) fn branch(beanstalk: &mut Beanstalk, spec: Branch) -> String {
    let name = spec.name.clone();
    let order = u32::try_from(beanstalk.branches.len()).unwrap_or(0) + 1;
    let fresh = BranchState {
        spec: spec.clone(),
        order: order * 10,
        recommended: Vec::new(),
    };
    beanstalk.branches.entry(name.clone()).or_insert(fresh).spec = spec;
    name
}

/// Publishes a version with its images; returns its ARN.
pub(crate) fn release(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    spec: Release,
) -> Result<String, WorldError> {
    if !here.beanstalk.branches.contains_key(&spec.branch) {
        branch(&mut here.beanstalk, Branch::new(&spec.branch));
    }
    let of = here.beanstalk.branches[&spec.branch].clone();
    let arn = format!(
        "arn:aws:elasticbeanstalk:{region}::platform/{}/{}",
        of.platform(),
        spec.version
    );
    if here.beanstalk.versions.contains_key(&arn) {
        let what = format!("{arn} is released already; give the release another version");
        return Err(WorldError::Contradiction(what));
    }
    let created = spec.created.unwrap_or(core.now);
    let mut made = std::collections::BTreeMap::new();
    for (architecture, id) in &spec.images {
        let id = base_image(core, here, &of, &spec, architecture, id, created)?;
        made.insert(architecture.clone(), id);
    }
    let version = PlatformVersion {
        arn: arn.clone(),
        branch: spec.branch.clone(),
        version: spec.version,
        images: made,
        default_ami_list: spec.default_ami_list,
        hidden: false,
        run_when_superseded: None,
        created,
    };
    here.beanstalk.versions.insert(arn.clone(), version);
    if spec.recommended {
        supersede(&mut here.beanstalk, &spec.branch);
        if let Some(of) = here.beanstalk.branches.get_mut(&spec.branch) {
            of.recommended.push(arn.clone());
        }
    }
    Ok(arn)
}

/// The branch's recommended version is superseded: whether an environment runs it now decides whether
/// this account may use it later.
fn supersede(beanstalk: &mut Beanstalk, branch: &str) {
    let old = beanstalk.branches.get(branch);
    let Some(old) = old.and_then(|of| of.now_recommended()).map(str::to_owned) else {
        return;
    };
    let run = beanstalk
        .environments
        .values()
        .any(|e| e.platform_arn == old);
    if let Some(version) = beanstalk.versions.get_mut(&old) {
        version.run_when_superseded = Some(run);
    }
}

/// A version of a platform that the account made itself; returns its ARN, which names the account.
pub(crate) fn custom_platform(
    core: &Core,
    here: &mut Region,
    region: &str,
    name: &str,
    version: String,
    image_id: String,
) -> String {
    let arn = format!("arn:aws:elasticbeanstalk:{region}:{ACCOUNT_ID}:platform/{name}/{version}");
    let version = PlatformVersion {
        arn: arn.clone(),
        branch: String::new(),
        version,
        images: [("x86_64".to_owned(), image_id)].into(),
        default_ami_list: false,
        hidden: false,
        run_when_superseded: None,
        created: core.now,
    };
    here.beanstalk.versions.insert(arn.clone(), version);
    arn
}

/// The image of a version: one that is there already, or a new one with a name as Beanstalk gives.
fn base_image(
    core: &mut Core,
    here: &mut Region,
    of: &BranchState,
    spec: &Release,
    architecture: &str,
    id: &str,
    created: DateTime<Utc>,
) -> Result<String, WorldError> {
    if here.ec2.images.contains_key(id) {
        return Ok(id.to_owned());
    }
    let image = ImageSpec {
        id: id.to_owned(),
        name: image_name(&of.spec, architecture, created),
        owner: "amazon".to_owned(),
        architecture: architecture.to_owned(),
        source_image_id: Some(core.id("ami")),
        source_instance_id: Some(core.id("i")),
        created: Some(created),
        public: true,
        deprecated_at: Some(created + chrono::TimeDelta::days(730)),
        disk: spec.disk.clone(),
        ..ImageSpec::default()
    };
    images::place(core, &mut here.ec2, image)
}

/// `aws-elasticbeanstalk-amzn-2023.12.20260831.64bit-eb_ecs_amazon_linux_2023-hvm-<time>`
fn image_name(branch: &Branch, architecture: &str, created: DateTime<Utc>) -> String {
    let bits = if architecture == "arm64" {
        "64bit_arm"
    } else {
        "64bit"
    };
    let (day, time) = (
        created.format("%Y%m%d"),
        created.format("%Y-%m-%dT%H-%M-%S%.3fZ"),
    );
    let os = if branch.os_version == "2" {
        "2.0"
    } else {
        &branch.os_version
    };
    format!(
        "aws-elasticbeanstalk-amzn-{os}.{day}.{bits}-eb_{}-hvm-{time}",
        slug(branch)
    )
}

fn slug(branch: &Branch) -> String {
    if !branch.image_slug.is_empty() {
        return branch.image_slug.clone();
    }
    let (what, _) = branch
        .name
        .split_once(" running on ")
        .unwrap_or((&branch.name, ""));
    let text = format!("{what} {} {}", branch.os, branch.os_version).to_lowercase();
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// The recommendation moves back to the version before; that version is returned.
pub(crate) fn withdraw(
    here: &mut Region,
    region: &str,
    branch: &str,
) -> Result<String, WorldError> {
    let found = here.beanstalk.branches.get_mut(branch);
    let of = found.ok_or_else(|| missing("branch", branch, region))?;
    of.recommended.pop();
    Ok(of.now_recommended().unwrap_or_default().to_owned())
}

/// The version is listed from now on, and not described; its ARN is returned.
pub(crate) fn hide_version(
    here: &mut Region,
    region: &str,
    branch: &str,
    version: &str,
) -> Result<String, WorldError> {
    let mut versions = here.beanstalk.versions.values_mut();
    let found = versions.find(|one| one.branch == branch && one.version == version);
    let found = found.ok_or_else(|| missing("platform version", version, region))?;
    found.hidden = true;
    Ok(found.arn.clone())
}

/// Another lifecycle for a branch; its images may become private with it.
pub(crate) fn lifecycle(
    here: &mut Region,
    region: &str,
    branch: &str,
    lifecycle: String,
    images_private: bool,
) -> Result<String, WorldError> {
    let found = here.beanstalk.branches.get_mut(branch);
    found
        .ok_or_else(|| missing("branch", branch, region))?
        .spec
        .lifecycle = lifecycle;
    if images_private {
        let versions = here
            .beanstalk
            .versions
            .values()
            .filter(|v| v.branch == branch);
        let ids: Vec<String> = versions.flat_map(|v| v.images.values().cloned()).collect();
        for id in ids {
            images::change(&mut here.ec2, region, &id, ImageChange::Private)?;
        }
    }
    Ok(branch.to_owned())
}

/// Adds an environment; returns its id.
pub(crate) fn environment(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    spec: EnvironmentSpec,
) -> Result<String, WorldError> {
    let platform_arn = platform_of(&here.beanstalk, region, &spec)?;
    let created = spec.created.unwrap_or(core.now);
    let mut environment = Environment {
        id: format!("e-513{:07}", core.number()),
        options: flat(&spec.options),
        extensions: flat(&spec.extensions),
        version_label: spec.version_label,
        cname: spec.name.clone(),
        deployment: 1,
        scripted_health: None,
        stuck: false,
        rollback_fails: false,
        broken: false,
        update: None,
        updates: 0,
        managed: Vec::new(),
        application: spec.application.clone(),
        name: spec.name,
        tier: spec.tier,
        platform_arn,
        architecture: spec.architecture,
        image_id: spec.image_id,
        pending: None,
        failed: None,
        status: spec.status,
        health: spec.health,
        created,
        updated: spec.updated.unwrap_or(created),
        instance_ids: Default::default(),
        tags: spec.tags,
        looks: 0,
    };
    environment.pending = spec.pending_image_id.map(|id| draft(&environment, id));
    environment.failed = spec.failed_image_id.map(|id| draft(&environment, id));
    for _ in 0..spec.instances {
        let image = super::settings::image_of(&here.beanstalk, &environment).unwrap_or_default();
        let id = instances::place(core, &mut here.ec2, &image, &environment.architecture)?;
        fleet::adopt(&mut here.ec2, &mut environment, &id);
        if let Some(instance) = here.ec2.instances.get_mut(&id) {
            // As old as its environment, and at least so old that its health is known.
            let known = core.now - crate::clock::delta(core.timing.health);
            instance.launched = created.min(known);
        }
    }
    here.beanstalk
        .applications
        .entry(spec.application)
        .or_insert(created);
    let id = environment.id.clone();
    here.beanstalk
        .environments
        .insert(environment.name.clone(), environment);
    Ok(id)
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
fn draft(environment: &Environment, image: String) -> Draft {
    Draft {
        image_id: Some(image),
        ..environment.deployed()
    }
}

fn flat(
    nested: &std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>,
) -> Options {
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

fn version_arn(beanstalk: &Beanstalk, of: &BranchState, version: &str) -> Option<String> {
    if version.is_empty() {
        return of.now_recommended().map(str::to_owned);
    }
    let is = |v: &&PlatformVersion| v.branch == of.spec.name && v.version == version;
    beanstalk.versions.values().find(is).map(|v| v.arn.clone())
}

/// Something happens to an environment; `DateUpdated` moves with it.
pub(crate) fn change(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    name: &str,
    change: EnvironmentChange,
) -> Result<String, WorldError> {
    let beanstalk = &mut here.beanstalk;
    let found = beanstalk.environments.get(name).cloned();
    let mut environment = found.ok_or_else(|| missing("environment", name, region))?;
    // What only scripts the future is no event of the environment.
    let says = !matches!(
        change,
        EnvironmentChange::Stuck(_) | EnvironmentChange::RollbackFails(_)
    );
    let mut message = "Environment update completed successfully.".to_owned();
    match change {
        EnvironmentChange::Image(id) => environment.image_id = Some(id),
        EnvironmentChange::StockImage => environment.image_id = None,
        EnvironmentChange::Version(version) => {
            environment.platform_arn = moved(beanstalk, &environment, &version)
                .ok_or_else(|| missing("platform version", &version, region))?;
        }
        EnvironmentChange::Status(status) => {
            message = format!("Environment status is now {status}.");
            environment.status = status;
        }
        EnvironmentChange::Health(health) => {
            message = format!(
                "Environment health has been set to {}",
                health.to_uppercase()
            );
            environment.health = health;
        }
        EnvironmentChange::PendingImage(id) => environment.pending = Some(draft(&environment, id)),
        EnvironmentChange::FailedImage(id) => {
            message = "Failed to deploy configuration.".to_owned();
            environment.failed = Some(draft(&environment, id));
        }
        EnvironmentChange::NoDrafts => (environment.pending, environment.failed) = (None, None),
        EnvironmentChange::Option {
            namespace,
            name,
            value,
        } => {
            environment.options.insert((namespace, name), value);
        }
        EnvironmentChange::Terminated => {
            message = "terminateEnvironment completed successfully.".to_owned();
            environment.status = "Terminated".to_owned();
            (environment.update, environment.pending) = (None, None);
            let ids: Vec<String> = environment.instance_ids.iter().cloned().collect();
            fleet::terminate(core, &mut here.ec2, region, &ids);
        }
        EnvironmentChange::Deploy(label) => {
            message =
                format!("New application version was deployed to running EC2 instances: {label}.");
            environment.version_label = label;
            environment.deployment += 1;
        }
        EnvironmentChange::SwapCname(other) => {
            message = format!("Swapped CNAMEs with {other}.");
            let found = beanstalk.environments.get_mut(&other);
            let other = found.ok_or_else(|| missing("environment", &other, region))?;
            std::mem::swap(&mut environment.cname, &mut other.cname);
        }
        EnvironmentChange::HealthStatus { status, causes } => {
            message = "Environment health has transitioned.".to_owned();
            environment.scripted_health = status.map(|status| (status, causes));
        }
        EnvironmentChange::Stuck(stuck) => environment.stuck = stuck,
        EnvironmentChange::RollbackFails(fails) => {
            (environment.rollback_fails, environment.broken) = (fails, false);
        }
        EnvironmentChange::ManagedUpdate(update) => {
            let arn = match update.version.is_empty() {
                true => String::new(),
                false => moved(beanstalk, &environment, &update.version)
                    .ok_or_else(|| missing("platform version", &update.version, region))?,
            };
            let after = std::time::Duration::try_from_secs_f64(update.after_s).unwrap_or_default();
            let at = core.now + crate::clock::delta(after);
            managed::schedule(core, region, &mut environment, arn, at);
            beanstalk.environments.insert(name.to_owned(), environment);
            return Ok(name.to_owned());
        }
    }
    if !says {
        beanstalk.environments.insert(name.to_owned(), environment);
        return Ok(name.to_owned());
    }
    environment.updated = core.now;
    beanstalk.events.push(EnvironmentEvent {
        at: core.now,
        application: environment.application.clone(),
        environment: name.to_owned(),
        severity: "INFO",
        message,
        request_id: None,
    });
    beanstalk.environments.insert(name.to_owned(), environment);
    Ok(name.to_owned())
}

/// The ARN of another version of the environment's branch.
fn moved(beanstalk: &Beanstalk, environment: &Environment, version: &str) -> Option<String> {
    let branch = &beanstalk.versions.get(&environment.platform_arn)?.branch;
    version_arn(beanstalk, beanstalk.branches.get(branch)?, version)
}
