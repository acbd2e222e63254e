//! What was read of an environment that may be moved, what the watch asks for, and what follows from the
//! two at once: what is recorded before, and how the instances will be replaced. Plain; refuses nothing.

use chrono::{DateTime, Utc};

use super::replacement::replacement;
use crate::model::environment::{
    EnvironmentHealth, EnvironmentNow, ImageSetting, ManagedActions, OptionSets, RunningImage,
};
use crate::model::ids::{ImageId, Scope};
use crate::model::key_access::KeysRead;
use crate::model::rollout::{BeforeMove, DraftBefore, MoveProof, Replacement};
use crate::model::rollout_rules::{OnFailure, RolloutRules};
use crate::model::scaling::GroupsRead;
use crate::model::watch::glob_fits;

/// What was read of an environment that may be moved.
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentRead<'a> {
    pub scope: &'a Scope,
    pub now: &'a EnvironmentNow,
    pub sets: &'a OptionSets,
    pub health: &'a EnvironmentHealth,
    pub running: &'a [RunningImage],
    /// The image that the environment's platform version starts by itself, where that is known.
    pub platform_own: Option<&'a ImageId>,
    /// Managed actions that are scheduled, pending or running.
    pub managed: &'a ManagedActions,
    /// What Auto Scaling says of its groups.
    pub groups: &'a GroupsRead,
    /// What is known of the keys of the image that it would be moved to.
    pub keys: &'a KeysRead,
    pub at: DateTime<Utc>,
}

/// Everything that was read.
#[derive(Debug, Clone)]
pub struct EnvironmentReading {
    pub scope: Scope,
    pub now: EnvironmentNow,
    pub sets: OptionSets,
    pub health: EnvironmentHealth,
    pub running: Vec<RunningImage>,
    pub platform_own: Option<ImageId>,
    pub managed: ManagedActions,
    /// The names of its Auto Scaling groups.
    pub group_names: Vec<String>,
    pub groups: GroupsRead,
    pub keys: KeysRead,
    pub at: DateTime<Utc>,
}

impl EnvironmentReading {
    /// The same, borrowed, as orders are made of it.
    pub fn as_read(&self) -> EnvironmentRead<'_> {
        EnvironmentRead {
            scope: &self.scope,
            now: &self.now,
            sets: &self.sets,
            health: &self.health,
            running: &self.running,
            platform_own: self.platform_own.as_ref(),
            managed: &self.managed,
            groups: &self.groups,
            keys: &self.keys,
            at: self.at,
        }
    }
}

/// What the watch asks for of its moves.
#[derive(Debug, Clone)]
pub struct MoveRules {
    pub proof: MoveProof,
    pub on_failure: OnFailure,
    /// The watch lets this environment go down.
    pub allow_downtime: bool,
}

impl MoveRules {
    /// What the watch asks for of a move of this environment. `first`: it settles longer, as no other one
    /// is known to be on the image: a rollout counts who was proved there, a person's order who runs it.
    pub fn for_environment(rules: &RolloutRules, environment: &str, first: bool) -> Self {
        let settle = match first {
            true => rules.settle.first,
            false => rules.settle.later,
        };
        let mut may_go_down = rules.allow_downtime.iter();
        Self {
            proof: MoveProof {
                bar: rules.health,
                settle_s: settle.as_secs(),
                probe: rules.probe.clone(),
            },
            on_failure: rules.on_failure,
            allow_downtime: may_go_down.any(|pattern| glob_fits(pattern, environment)),
        }
    }
}

/// What is recorded before: an image that is the platform version's own is no choice of anybody's.
pub fn before(read: &EnvironmentRead<'_>) -> BeforeMove {
    let deployed = read.sets.deployed.as_ref();
    let image = deployed.and_then(|set| set.image());
    let image = match (image, read.platform_own) {
        (Some(image), Some(own)) if image == *own => ImageSetting::PlatformOwn(Some(image)),
        (Some(image), _) => ImageSetting::Image(image),
        (None, own) => ImageSetting::PlatformOwn(own.cloned()),
    };
    BeforeMove {
        image,
        platform: read.now.platform.clone(),
        version_label: read.now.version_label.clone(),
        cname: read.now.cname.clone(),
        health: read.health.clone(),
        instances: serving(read),
        updated: read.now.updated,
        at: read.at,
        draft: Some(DraftBefore {
            updated: read.sets.failed.as_ref().and_then(|set| set.updated),
        }),
    }
}

/// How its instances will be replaced.
pub fn replacing(read: &EnvironmentRead<'_>) -> Replacement {
    let deployed = read.sets.deployed.clone().unwrap_or_default();
    replacement(&deployed, serving(read))
}

/// How many of its instances serve.
pub fn serving(read: &EnvironmentRead<'_>) -> usize {
    read.running.iter().filter(|one| !one.ends).count()
}
