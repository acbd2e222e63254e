//! draft: what a survey found and what a person answered in, a commented config and its recipes' files
//! out. Plain functions of values; writing them is the command line's.
//!
//! One watch for each platform branch, architecture and region; its targets name the environments that
//! were found and no others. A recipe cannot be read off an image: for environments that run one of
//! their own, a recipe is prepared and not used, unless the person asks for the shipped one.

mod names;

mod recipe;

mod text;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::compare::standing::EnvironmentStanding;
use crate::model::ids::{AccountId, Architecture, ImageId, Region};
use crate::model::image::ImageKind;
use crate::model::reason::{About, Reason};
use crate::model::sighting::{EnvironmentSighting, Sighting};

pub use text::draft;

/// What a config can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSource {
    /// Absent when no account could be told.
    pub account: Option<AccountId>,
    pub groups: Vec<Group>,
    /// Environments without a place in the config.
    pub left_out: Vec<LeftOut>,
    /// Questions that got no answer: environments may be missing above.
    pub unanswered: Vec<String>,
}

/// What becomes one watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The watch's name: valid, and no other group's.
    pub name: String,
    pub region: Region,
    pub branch: String,
    pub architecture: Architecture,
    /// By application and name.
    pub members: Vec<Member>,
}

/// One environment of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    pub application: String,
    pub environment: String,
    pub image: Option<ImageId>,
    pub kind: ImageKind,
    /// The Amazon image that its image was made from, when it is not that itself.
    pub made_from: Option<ImageId>,
    /// Elastic Beanstalk updates its platform version by itself.
    pub updates_itself: bool,
}

/// An environment without a place in the config, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// `application/environment in eu-west-1`
    pub environment: String,
    pub why: String,
}

/// What a person answered, or what is taken without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    pub installation: String,
    /// Groups that get no watch, by name.
    pub without: BTreeSet<String>,
    /// Groups that bake from the shipped recipe by themselves, by name.
    pub bake: BTreeSet<String>,
    /// A topic to tell.
    pub topic: Option<String>,
    /// Where the store is; absent: where it is by default.
    pub store: Option<String>,
    /// `2026-11-25`
    pub day: String,
}

/// A config and the files that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigDraft {
    pub config: String,
    /// By path relative to the config.
    pub files: BTreeMap<String, String>,
}

impl Group {
    /// True when somebody made an image for one of its environments.
    pub fn has_custom(&self) -> bool {
        let own = [ImageKind::Custom, ImageKind::Foreign, ImageKind::Gone];
        self.members.iter().any(|member| own.contains(&member.kind))
    }

    /// What runs on by itself under an image of the watch, an environment each, with the command that
    /// ends it.
    fn managed_updates(&self) -> impl Iterator<Item = (&Member, Reason)> {
        let on = self.members.iter().filter(|member| member.updates_itself);
        on.map(|member| {
            let about = About::ManagedUpdatesOn {
                environment: member.environment.clone(),
                region: self.region.clone(),
            };
            (member, Reason::from_about(about))
        })
    }

    /// True when a shipped recipe is for this branch.
    pub fn has_shipped_recipe(&self) -> bool {
        self.branch.starts_with("ECS ")
    }
}

impl DraftSource {
    /// Environments of the watches that people get which Elastic Beanstalk updates by itself
    /// (`application/environment`), each with the reason, and the command that ends it.
    pub fn managed_updates(&self, without: &BTreeSet<String>) -> Vec<(String, Reason)> {
        let watched = self.groups.iter();
        let watched = watched.filter(|group| !without.contains(&group.name));
        let on = watched.flat_map(Group::managed_updates);
        on.map(|(member, reason)| {
            (
                format!("{}/{}", member.application, member.environment),
                reason,
            )
        })
        .collect()
    }
}

/// Sorts what was seen into groups.
pub fn found(sightings: &[Sighting]) -> DraftSource {
    let mut groups: BTreeMap<(Region, String, Architecture), Vec<Member>> = BTreeMap::new();
    let mut left_out = Vec::new();
    for sighting in sightings {
        for seen in sighting.environments.known().into_iter().flatten() {
            match place(sighting, seen) {
                Ok((key, member)) => groups.entry(key).or_default().push(member),
                Err(why) => left_out.push(why),
            }
        }
    }
    let groups = groups
        .into_iter()
        .map(|((region, branch, architecture), mut members)| {
            members.sort();
            Group {
                name: String::new(),
                region,
                branch,
                architecture,
                members,
            }
        });
    left_out.sort();
    let scope = sightings.iter().find_map(|sighting| sighting.scope.known());
    let troubles = sightings.iter().flat_map(|sighting| &sighting.troubles);
    DraftSource {
        account: scope.map(|scope| scope.account.clone()),
        groups: names::named_groups(groups.collect()),
        left_out,
        unanswered: troubles
            .map(|trouble| format!("{}: {}", trouble.what, trouble.why))
            .collect(),
    }
}

type Key = (Region, String, Architecture);

fn place(sighting: &Sighting, seen: &EnvironmentSighting) -> Result<(Key, Member), LeftOut> {
    let target = &seen.environment.target;
    let left_out = |why: String| LeftOut {
        environment: format!("{} in {}", target.name(), target.scope.region),
        why,
    };
    if let Some(why) = seen.environment.unsupported() {
        return Err(left_out(why.to_owned()));
    }
    let standing = EnvironmentStanding::of_environment(sighting, seen);
    let branch = standing.platform.map(|platform| platform.branch.clone());
    let branch = branch.filter(|branch| !branch.is_empty());
    let (Some(branch), Some(architecture)) = (branch, standing.architecture) else {
        let why = standing.troubles.first().map(|trouble| trouble.why.clone());
        let unknown = "its platform branch or its image's architecture could not be told";
        return Err(left_out(why.unwrap_or_else(|| unknown.to_owned())));
    };
    let member = Member {
        application: target.application.clone(),
        environment: target.environment.clone(),
        image: standing.image.cloned(),
        kind: standing.kind,
        made_from: standing.made_from.cloned(),
        updates_itself: standing.managed_updates,
    };
    Ok(((target.scope.region.clone(), branch, architecture), member))
}
