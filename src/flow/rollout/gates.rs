//! What stands against moving an environment, one plain function a gate: of what people hold, and of what
//! was read of the environment. Each says what it is about; whether anything is moved is not decided here.

use super::before::{EnvironmentRead, MoveRules, serving};
use super::image_choice::ChosenImage;
use super::replacement::balanced;
use super::settling::{HealthWeight, weigh_health};
use super::suspended::suspended_groups;
use crate::model::environment::{EnvironmentHealth, EnvironmentStatus, ManagedAction};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{ImageId, TargetId, WatchName};
use crate::model::key_access::{KeyBar, KeysRead};
use crate::model::platform_choice::{MoveTo, PlatformChoice};
use crate::model::reason::{
    About, BarredRole, HeldOn, HoldSaid, ManagedNear, Quarantine, RolloutGate,
};
use crate::model::rollout::{Replacement, ReplacementMethod};
use crate::model::scaling::GroupsRead;

/// Why no platform version goes with the image; absent where one does.
pub fn platform_gate(watch: &WatchName, target: &TargetId, to: &MoveTo) -> Option<About> {
    let image = to.image.clone();
    let gate = match &to.platform {
        PlatformChoice::Moves { .. } | PlatformChoice::Stays => return None,
        PlatformChoice::Unavailable { base } => RolloutGate::PlatformUnavailable {
            image,
            base: base.clone(),
        },
        PlatformChoice::Ahead { runs, newest } => RolloutGate::PlatformAhead {
            image,
            runs: runs.clone(),
            newest: newest.clone(),
        },
        PlatformChoice::Untold { why } => {
            return Some(About::Untold {
                elsewhere: None,
                denied: false,
                subject: None,
                what: format!("the platform version that goes with {image}"),
                why: why.clone(),
            });
        }
    };
    Some(About::Gate {
        watch: watch.clone(),
        target: target.clone(),
        gate,
    })
}

/// What people hold against moving anything of the watch to this image.
pub fn held_gate(watch: &WatchName, image: &ImageId, holds: &[Hold]) -> Option<About> {
    holds.iter().find_map(|hold| match &hold.on {
        HeldThing::Image(held) if held == image => Some(About::Quarantined {
            watch: watch.clone(),
            image: image.clone(),
            place: Quarantine::MovesTo,
            said: HoldSaid::of_hold(hold),
            until: hold.until,
        }),
        HeldThing::Watch => Some(About::Held {
            watch: watch.clone(),
            on: HeldOn::Watch {
                said: HoldSaid::of_hold(hold),
            },
            until: hold.until,
        }),
        HeldThing::Image(_) | HeldThing::Release(_) => None,
    })
}

/// A person holds the release that the image was made from: it was passed over, and what was baked from it
/// before goes nowhere either.
pub fn held_release(watch: &WatchName, chosen: &ChosenImage, holds: &[Hold]) -> Option<About> {
    holds.iter().find_map(|hold| {
        let HeldThing::Release(named) = &hold.on else {
            return None;
        };
        let version = chosen.base_version.as_deref();
        let about = named == chosen.base_image.as_str() || version == Some(named);
        about.then(|| About::Held {
            watch: watch.clone(),
            on: HeldOn::Release {
                image: chosen.base_image.clone(),
                version: version.unwrap_or(named).to_owned(),
                named: named.clone(),
                said: HoldSaid::of_hold(hold),
            },
            until: hold.until,
        })
    })
}

/// It is not Ready, or will not be for long.
pub fn not_ready(read: &EnvironmentRead<'_>) -> Option<About> {
    let status = read.now.status.as_str();
    let status = match read.sets.pending {
        None if read.now.status == EnvironmentStatus::Ready => return None,
        Some(_) if read.now.status == EnvironmentStatus::Ready => "about to be updated",
        _ => status,
    };
    Some(About::NotReady {
        status: status.to_owned(),
    })
}

/// An action of Beanstalk's own that is about to run would be met in the middle.
pub fn managed_action(read: &EnvironmentRead<'_>) -> Option<RolloutGate> {
    let near = |one: &&ManagedAction| matches!(one.status.as_str(), "Pending" | "Running");
    let action = read.managed.told().iter().find(near)?;
    Some(RolloutGate::ManagedUpdates {
        near: ManagedNear::Action {
            status: action.status.clone(),
            what: action.description.clone(),
        },
    })
}

/// Whether Auto Scaling would replace its instances: by its groups, or where those are not told, by what
/// enhanced health says among its causes. Nothing stands before anybody asked: that is asked last.
pub fn suspended_scaling(read: &EnvironmentRead<'_>) -> Option<RolloutGate> {
    match read.groups {
        GroupsRead::NotAsked => None,
        GroupsRead::Untold { .. } => suspended_by_health(read.health),
        GroupsRead::Told(groups) => {
            let balanced = balanced(read.sets.deployed.as_ref());
            suspended_groups(groups, balanced)
        }
    }
}

fn suspended_by_health(health: &EnvironmentHealth) -> Option<RolloutGate> {
    let EnvironmentHealth::Enhanced { causes, .. } = health else {
        return None;
    };
    let says = |cause: &&String| {
        let cause = cause.to_ascii_lowercase();
        cause.contains("suspended") && (cause.contains("auto scaling") || cause.contains("process"))
    };
    let why = causes.iter().find(says)?;
    let why = why.trim_end_matches('.').to_owned();
    Some(RolloutGate::ScalingSuspended {
        why,
        processes: Vec::new(),
    })
}

/// The role by which its instances are launched is known not to be let use the image's key.
pub fn barred_key(read: &EnvironmentRead<'_>, image: &ImageId) -> Option<RolloutGate> {
    let KeysRead::Barred { key, role, bar } = read.keys else {
        return None;
    };
    let why = match bar {
        KeyBar::NotAdmitted => format!("neither the policy of {key} nor a grant admits {role}"),
        KeyBar::PolicyDenies => format!("the policy of {key} denies it to {role}"),
        KeyBar::State { state } => format!("{key} is {state}"),
    };
    Some(RolloutGate::KeyUnusable {
        image: image.clone(),
        key: Some(key.clone()),
        last_why: why,
        since: None,
        until: None,
        known: Some(BarredRole {
            role: role.clone(),
            bar: bar.clone(),
        }),
    })
}

/// Who is ill before cannot be proved well after, and where nothing serves nothing can be proved at all.
pub fn unhealthy_before(read: &EnvironmentRead<'_>, rules: &MoveRules) -> Option<RolloutGate> {
    if serving(read) == 0 {
        let why = "no instance of it serves, so that nothing would prove the move".to_owned();
        return Some(RolloutGate::UnhealthyBefore { why });
    }
    let why = match weigh_health(read.health, rules.proof.bar) {
        HealthWeight::Passes => return None,
        HealthWeight::Below { why, .. } | HealthWeight::Scaling { why } => why,
        HealthWeight::NotTold => "its health is not known".to_owned(),
    };
    let why = why.trim_end_matches('.').to_owned();
    Some(RolloutGate::UnhealthyBefore { why })
}

/// Nothing would serve while its instances are replaced, or nobody would look how they are.
pub fn unsafe_replacement(replacement: &Replacement, rules: &MoveRules) -> Option<RolloutGate> {
    let method = replacement.method;
    if rules.allow_downtime {
        return None;
    }
    if method == ReplacementMethod::RollingByTime {
        return Some(RolloutGate::Unguarded);
    }
    replacement
        .downtime
        .then_some(RolloutGate::Downtime { method })
}
