//! What a person asked for: watches, recipes, the builder. Values as checked; `settings` makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use glob::Pattern;
use serde::{Deserialize, Serialize};

use super::bake::{Proof, RecipeDigest, digest};
use super::base::Base;
use super::ids::{
    AccountId, Architecture, Installation, InstanceType, Region, Scope, SecurityGroupId, SubnetId,
    TargetId, WatchName,
};
use super::publish_rules::PublishRules;
use super::retire_rules::RetireRules;
use super::rollout_rules::RolloutRules;

/// A base, a recipe, targets, and how far to go by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub name: WatchName,
    /// Absent: the SDK's own region.
    pub region: Option<Region>,
    pub base: Base,
    /// Absent for a watch that only tells (`on_drift = "notify"` without a recipe).
    pub recipe: Option<Recipe>,
    pub on_drift: OnDrift,
    /// How long a release must have been out before it is baked.
    pub soak: Option<Duration>,
    /// An image this old is baked again even when the base stands still.
    pub max_age: Option<Duration>,
    pub targets: Vec<TargetPattern>,
    /// How its environments are moved, where the config says something about that.
    pub rollout: Option<RolloutRules>,
    /// Where its image is made known, where the config says so.
    pub publish: Option<PublishRules>,
    /// How its older images are retired; absent: none is.
    pub retire: Option<RetireRules>,
}

impl Watch {
    /// How its environments are moved: what the config says, else what holds without a word.
    pub fn rollout_rules(&self) -> RolloutRules {
        self.rollout.clone().unwrap_or_default()
    }

    /// The same with those of its targets alone that are in its own account and region.
    #[must_use]
    pub fn at_home(&self, home: &Scope) -> Self {
        let mut at_home = self.clone();
        at_home.targets.retain(|one| one.is_in(home, home));
        at_home
    }

    /// Its targets in other accounts and regions than its own, by place.
    pub fn elsewhere(&self, home: &Scope) -> BTreeMap<TargetPlace, Vec<TargetPattern>> {
        let mut elsewhere: BTreeMap<TargetPlace, Vec<TargetPattern>> = BTreeMap::new();
        for one in self.targets.iter().filter(|one| !one.is_in(home, home)) {
            let there = elsewhere.entry(one.place(home)).or_default();
            there.push(one.clone());
        }
        elsewhere
    }

    /// One of its targets is this environment, where the watch is of `home`.
    pub fn names_target(&self, target: &TargetId, home: &Scope) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|one| one.is_in(&target.scope, home) && one.names_in_place(target))
    }

    /// It moves environments in an account that the config calls so.
    pub fn moves_elsewhere_in(&self, name: &str) -> bool {
        let mut movable = self.targets.iter().filter(|one| one.movable);
        movable.any(|one| one.account_name.as_deref() == Some(name))
    }

    /// The accounts beside its own in which it moves environments, in its own region.
    pub fn moves_in(&self, home: &Scope) -> BTreeSet<&AccountId> {
        let far = self
            .targets
            .iter()
            .filter(|one| one.movable && !one.is_in(home, home));
        far.filter_map(|one| one.account.as_ref()).collect()
    }
}

/// What a watch's image must come from, beside its base: digested by whoever reads the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub installation: Installation,
    /// Absent for a watch without a recipe: it has no image of its own.
    pub recipe_digest: Option<RecipeDigest>,
}

/// How far a watch goes by itself. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDrift {
    Notify,
    Bake,
    Rollout,
}

/// Where environments are: an account, and a region of it. The account says of which partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetPlace {
    pub account: AccountId,
    pub region: Region,
}

/// Which environments a watch is for; `*` and `?` match within a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetPattern {
    /// Absent: the watch's own.
    pub account: Option<AccountId>,
    /// What the config calls that account; absent with it.
    pub account_name: Option<String>,
    /// Absent: the watch's own.
    pub region: Option<Region>,
    /// What it names may be moved by amiwatch: in the watch's own region, in its own account and where
    /// `[account.NAME]` names a role for that. What else it names is told of.
    pub movable: bool,
    pub application: String,
    pub environment: String,
}

impl TargetPattern {
    /// Both are written out: it stands for one environment at most.
    pub fn is_name(&self) -> bool {
        is_name(&self.application) && is_name(&self.environment)
    }

    /// What people call the place of what it names, as the config names it; absent for the watch's own.
    pub fn place_name(&self) -> Option<String> {
        place_name(self.account_name.as_deref(), self.region.as_ref())
    }

    /// Where what it names is, where it is of a watch that works in `home`.
    pub fn place(&self, home: &Scope) -> TargetPlace {
        let account = self.account.as_ref().unwrap_or(&home.account);
        let region = self.region.as_ref().unwrap_or(&home.region);
        TargetPlace {
            account: account.clone(),
            region: region.clone(),
        }
    }

    /// The pattern is for environments of this account and region, where it is of a watch that works in `home`.
    pub fn is_in(&self, there: &Scope, home: &Scope) -> bool {
        let account = self.account.as_ref().unwrap_or(&home.account);
        let region = self.region.as_ref().unwrap_or(&home.region);
        (account, region) == (&there.account, &there.region)
    }

    /// The pattern, which is for the environment's account, is for this environment.
    pub fn names_in_place(&self, target: &TargetId) -> bool {
        self.names_both(&target.application, &target.environment)
    }

    /// The pattern is for an environment of this name in this application.
    pub fn names_both(&self, application: &str, environment: &str) -> bool {
        self.names_application(application) && self.names_environment(environment)
    }

    /// The pattern is for this application.
    pub fn names_application(&self, name: &str) -> bool {
        glob_fits(&self.application, name)
    }

    /// The pattern is for an environment of this name.
    pub fn names_environment(&self, name: &str) -> bool {
        glob_fits(&self.environment, name)
    }
}

/// What people call a place: by the config's name of its account, where that is not the watch's own, and by the region,
/// where that is not (`prod`, `eu-central-1`, `prod/eu-central-1`). Absent for the watch's own place.
pub fn place_name(account: Option<&str>, region: Option<&Region>) -> Option<String> {
    match (account, region) {
        (None, None) => None,
        (Some(account), None) => Some(account.to_owned()),
        (None, Some(region)) => Some(region.to_string()),
        (Some(account), Some(region)) => Some(format!("{account}/{region}")),
    }
}

/// What people and waves call an environment, which is in the account that the config calls so, or in the watch's own.
pub fn name_in_waves(elsewhere: Option<&str>, environment: &str) -> String {
    match elsewhere {
        Some(account) => format!("{account}:{environment}"),
        None => environment.to_owned(),
    }
}

/// Whether a wave's pattern is for an environment that waves call `name`: one with an account in it is for that
/// account alone.
pub fn wave_names(pattern: &str, environment: &str, name: &str) -> bool {
    match pattern.contains(':') {
        true => glob_fits(pattern, name),
        false => glob_fits(pattern, environment),
    }
}

/// A pattern without a wildcard: a name.
pub fn is_name(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '['])
}

/// Whether a pattern names this. A pattern that is none is a name.
pub fn glob_fits(pattern: &str, name: &str) -> bool {
    Pattern::new(pattern).map_or(pattern == name, |pattern| pattern.matches(name))
}

/// What makes a base ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    pub name: String,
    /// The user data as written, unrendered: cloud-config, a script, or MIME.
    pub user_data: String,
    /// Where it was read from, for messages.
    pub path: PathBuf,
    /// Rendered with minijinja before use.
    pub template: bool,
    pub checks: Vec<Check>,
    /// Checked besides on a fresh boot of the image, and nowhere else: what only a first boot does.
    pub boot_checks: Vec<Check>,
    /// The author said that there is nothing to check.
    pub unchecked: bool,
}

/// A command that must exit 0: in the finished builder, on a fresh boot of the image, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    /// Run by `sh -c` as root.
    pub run: String,
}

impl Recipe {
    /// Digest of the checks, in order. Checks change nothing on the disk, so that they are not in the
    /// recipe's own digest; this one tells whether an image was proved by the present ones.
    pub fn checks_digest(&self) -> String {
        let fields = self
            .checks
            .iter()
            .chain(&self.boot_checks)
            .flat_map(|check| [&*check.name, &*check.run]);
        digest(
            &std::iter::once("amiwatch checks 1")
                .chain(fields)
                .collect::<Vec<_>>(),
        )
    }
}

/// How builders are launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Builder {
    /// Tried in turn on capacity errors; Nitro types only.
    pub instance_types: BTreeMap<Architecture, Vec<InstanceType>>,
    /// Empty: the default VPC's.
    pub subnets: Vec<SubnetId>,
    /// Empty: one without any inbound rule that we make, per VPC.
    pub security_groups: Vec<SecurityGroupId>,
    pub instance_profile: Option<String>,
    pub proof: Proof,
    /// Absent: the subnet's own rule.
    /// Guests are launched although one of their security groups lets something in.
    pub allow_inbound: bool,
    pub public_ip: Option<bool>,
    /// Absent: the base image's size.
    pub root_volume_gib: Option<u32>,
    /// From launch to a stopped builder with a report.
    pub timeout: Duration,
    pub encrypt: Encrypt,
    /// For how long a failed bake's builder is kept. Absent: it is ended at once.
    pub keep_failed: Option<Duration>,
}

/// Whether the image's snapshots are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encrypt {
    /// As the account's EBS setting says.
    AccountDefault,
    None,
    /// With this KMS key.
    Key(String),
}
