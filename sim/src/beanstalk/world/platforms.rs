//! World building: branches, releases, withdrawals.

use chrono::{DateTime, Utc};

use super::missing;
use crate::beanstalk::model::{Beanstalk, BranchState, PlatformVersion};
use crate::ec2::images;
use crate::state::{Core, Region};
use crate::world::{Branch, ImageChange, ImageSpec, Release, WorldError};

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
    let account = &core.account;
    let arn = format!("arn:aws:elasticbeanstalk:{region}:{account}:platform/{name}/{version}");
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
