//! Platform branches and versions as they are listed and described.

use super::model::{BranchState, PlatformVersion};
use super::{Room, page};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::{Branch, Superseded};

const MOST: usize = 1000;
const LISTED_AT_ONCE: usize = 100;

/// A version with its branch and whether it is recommended.
struct Shown<'a> {
    version: &'a PlatformVersion,
    branch: &'a BranchState,
    recommended: bool,
}

fn all<'a>(room: &'a Room<'_>) -> Vec<Shown<'a>> {
    let versions = room.beanstalk.versions.values();
    let shown = versions.filter_map(|version| {
        let branch = room.beanstalk.branches.get(&version.branch)?;
        let recommended = branch.now_recommended() == Some(version.arn.as_str());
        Some(Shown {
            version,
            branch,
            recommended,
        })
    });
    shown.collect()
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let asked = room.p.need("PlatformArn")?;
    if let Some(custom) = custom(room, asked) {
        let mut x = Xml::new();
        x.node("PlatformDescription", |x| write_custom(x, custom));
        return Ok(x.into_string());
    }
    let unseen = room.core.moves.superseded == Superseded::Unseen;
    let hidden = |v: &PlatformVersion| v.hidden || (unseen && v.run_when_superseded == Some(false));
    let mut seen = all(room).into_iter().filter(|s| !hidden(s.version));
    let found = seen.find(|s| s.version.arn == asked);
    let shown = found.ok_or_else(|| Fail::invalid(format!("Platform {asked} does not exist.")))?;
    let mut x = Xml::new();
    x.node("PlatformDescription", |x| write_description(x, &shown));
    Ok(x.into_string())
}

/// A version of a platform that the account made itself.
fn custom<'a>(room: &'a Room<'_>, arn: &str) -> Option<&'a PlatformVersion> {
    let version = room.beanstalk.versions.get(arn)?;
    version.branch.is_empty().then_some(version)
}

/// It has no branch, no lifecycle and no `DefaultAmiList`.
fn write_custom(x: &mut Xml, version: &PlatformVersion) {
    let name = version.arn.rsplit('/').nth(1).unwrap_or_default();
    x.text("PlatformArn", &version.arn);
    x.text("PlatformOwner", "self");
    x.text("PlatformName", name);
    x.text("PlatformVersion", &version.version);
    x.text("PlatformStatus", "Ready");
    x.text("DateCreated", iso(version.created));
    x.text("DateUpdated", iso(version.created));
    x.text("PlatformCategory", "custom");
    x.text("OperatingSystemName", "Amazon Linux");
    x.text("OperatingSystemVersion", "2");
    write_images(x, version);
    x.member_texts("SupportedTierList", ["WebServer/Standard"]);
}

fn write_description(x: &mut Xml, shown: &Shown<'_>) {
    let (version, spec) = (shown.version, &shown.branch.spec);
    x.text("PlatformArn", &version.arn);
    x.text("PlatformOwner", "AWSElasticBeanstalk");
    x.text("PlatformName", shown.branch.platform());
    x.text("PlatformVersion", &version.version);
    x.text("SolutionStackName", version.solution_stack());
    x.text("PlatformStatus", "Ready");
    x.text("DateCreated", iso(version.created));
    x.text("DateUpdated", iso(version.created));
    x.text("PlatformCategory", category(&spec.name));
    x.text("Maintainer", "AWS Elastic Beanstalk Platforms");
    x.text("OperatingSystemName", &spec.os);
    x.text("OperatingSystemVersion", &spec.os_version);
    write_images(x, version);
    supported(x, spec);
    x.opt(
        "PlatformLifecycleState",
        shown.recommended.then_some("Recommended"),
    );
    x.text("PlatformBranchName", &spec.name);
    x.text("PlatformBranchLifecycleState", capital(&spec.lifecycle));
}

/// `CustomAmiList` knows x86_64 alone and begins with an empty entry for paravirtual machines.
/// The tiers and add-ons, which both descriptions list alike.
fn supported(x: &mut Xml, spec: &Branch) {
    x.member_texts("SupportedTierList", &spec.tiers);
    x.member_texts(
        "SupportedAddonList",
        ["Log/S3", "Monitoring/Healthd", "WorkerDaemon/SQSD"],
    );
}

fn write_images(x: &mut Xml, version: &PlatformVersion) {
    let hvm = version
        .images
        .get("x86_64")
        .map(String::as_str)
        .unwrap_or_default();
    x.members(
        "CustomAmiList",
        [("pv", ""), ("hvm", hvm)],
        |x, (kind, id)| {
            x.text("VirtualizationType", kind);
            x.text("ImageId", id);
        },
    );
    if version.default_ami_list {
        x.members(
            "DefaultAmiList",
            &version.images,
            |x, (architecture, id)| {
                x.text("Architecture", architecture);
                x.text("ImageId", id);
            },
        );
    }
}

fn category(branch: &str) -> &str {
    branch.split(' ').next().unwrap_or(branch)
}

/// Describing writes lifecycles with a capital, listing without.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|c| c.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

pub(crate) fn list_versions(room: &mut Room<'_>) -> Result<String, Fail> {
    let mut rows = Vec::new();
    let tests = tests(room, "Type")?;
    for shown in all(room) {
        let mut passes = true;
        for test in &tests {
            passes &= test.holds(
                &version_values(&shown, &test.field)?,
                test.field == "PlatformVersion",
            );
        }
        if passes {
            rows.push(shown);
        }
    }
    let (rows, token) = page(room, rows, LISTED_AT_ONCE)?;
    let mut x = Xml::new();
    x.members("PlatformSummaryList", rows, write_summary);
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn write_summary(x: &mut Xml, shown: Shown<'_>) {
    let spec = &shown.branch.spec;
    x.text("PlatformArn", &shown.version.arn);
    x.text("PlatformOwner", "AWSElasticBeanstalk");
    x.text("PlatformStatus", "Ready");
    x.text("PlatformCategory", category(&spec.name));
    x.text("OperatingSystemName", &spec.os);
    x.text("OperatingSystemVersion", &spec.os_version);
    supported(x, spec);
    x.opt(
        "PlatformLifecycleState",
        shown.recommended.then_some("recommended"),
    );
    x.text("PlatformVersion", &shown.version.version);
    x.text("PlatformBranchName", &spec.name);
    x.text(
        "PlatformBranchLifecycleState",
        spec.lifecycle.to_lowercase(),
    );
}

fn version_values(shown: &Shown<'_>, field: &str) -> Result<Vec<String>, Fail> {
    let spec = &shown.branch.spec;
    Ok(match field {
        "PlatformName" => vec![shown.branch.platform().to_owned()],
        "PlatformVersion" => vec![shown.version.version.clone()],
        "PlatformStatus" => vec!["Ready".to_owned()],
        "PlatformBranchName" => vec![spec.name.clone()],
        "PlatformLifecycleState" => shown
            .recommended
            .then(|| "recommended".to_owned())
            .into_iter()
            .collect(),
        "PlatformOwner" => vec!["AWSElasticBeanstalk".to_owned()],
        "SupportedTier" => spec.tiers.clone(),
        "SupportedAddon" => vec!["WorkerDaemon/SQSD".to_owned()],
        "ProgrammingLanguageName" => Vec::new(),
        "OperatingSystemName" => vec![spec.os.clone()],
        other => {
            let message = format!("Platform filter type '{other}' is not supported.");
            return Err(Fail::invalid(message));
        }
    })
}

/// One filter of a listing.
struct Test {
    field: String,
    operator: String,
    value: String,
}

/// The filters of a call; listing versions calls the field `Type`, listing branches `Attribute`.
fn tests(room: &Room<'_>, field: &str) -> Result<Vec<Test>, Fail> {
    let p = room.p;
    let mut tests = Vec::new();
    for group in p.groups("Filters.member") {
        let values = p.members(&format!("{group}.Values"));
        let [value] = values.as_slice() else {
            return Err(Fail::invalid("A platform filter takes exactly one value."));
        };
        tests.push(Test {
            field: p.need(&format!("{group}.{field}"))?.to_owned(),
            operator: p
                .get(&format!("{group}.Operator"))
                .unwrap_or("=")
                .to_owned(),
            value: value.clone(),
        });
    }
    Ok(tests)
}

impl Test {
    /// Any of a thing's values may hold it; `!=` and friends must hold for all.
    fn holds(&self, have: &[String], as_version: bool) -> bool {
        let compare = |have: &str| match as_version {
            true => parts(have).cmp(&parts(&self.value)),
            false => have.to_lowercase().cmp(&self.value.to_lowercase()),
        };
        let mut values = have.iter();
        match self.operator.as_str() {
            "=" => values.any(|h| compare(h).is_eq()),
            "!=" => values.all(|h| compare(h).is_ne()),
            "<" => values.any(|h| compare(h).is_lt()),
            "<=" => values.any(|h| compare(h).is_le()),
            ">" => values.any(|h| compare(h).is_gt()),
            ">=" => values.any(|h| compare(h).is_ge()),
            "contains" => values.any(|h| h.contains(&self.value)),
            "begins_with" => values.any(|h| h.starts_with(&self.value)),
            "ends_with" => values.any(|h| h.ends_with(&self.value)),
            "in" => values.any(|h| *h == self.value),
            _ => false,
        }
    }
}

fn parts(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

pub(crate) fn list_branches(room: &mut Room<'_>) -> Result<String, Fail> {
    let tests = tests(room, "Attribute")?;
    let mut rows = Vec::new();
    for branch in room.beanstalk.branches.values() {
        let mut passes = true;
        for test in &tests {
            passes &= test.holds(&branch_values(branch, &test.field)?, false);
        }
        if passes {
            rows.push(branch);
        }
    }
    let (rows, token) = page(room, rows, MOST)?;
    let mut x = Xml::new();
    x.members("PlatformBranchSummaryList", rows, |x, branch| {
        x.text("PlatformName", branch.platform());
        x.text("BranchName", &branch.spec.name);
        x.text("LifecycleState", branch.spec.lifecycle.to_lowercase());
        x.text("BranchOrder", branch.order);
        x.member_texts("SupportedTierList", &branch.spec.tiers);
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn branch_values(branch: &BranchState, field: &str) -> Result<Vec<String>, Fail> {
    Ok(match field {
        "BranchName" => vec![branch.spec.name.clone()],
        "LifecycleState" => vec![branch.spec.lifecycle.clone()],
        "PlatformName" => vec![branch.platform().to_owned()],
        "TierType" => branch.spec.tiers.clone(),
        other => {
            let message = format!("Platform branch attribute '{other}' is not supported.");
            return Err(Fail::invalid(message));
        }
    })
}

/// Newest first.
pub(crate) fn solution_stacks(room: &mut Room<'_>) -> Result<String, Fail> {
    let versions = room.beanstalk.versions.values();
    let of_branches = versions.filter(|version| !version.branch.is_empty());
    let mut versions: Vec<&PlatformVersion> = of_branches.collect();
    versions.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.arn.cmp(&b.arn)));
    let names: Vec<String> = versions.iter().map(|v| v.solution_stack()).collect();
    let mut x = Xml::new();
    x.member_texts("SolutionStacks", &names);
    x.members("SolutionStackDetails", &names, |x, name| {
        x.text("SolutionStackName", name)
    });
    Ok(x.into_string())
}
