//! What earlier looks read and a later one may believe for a while: environments' settings and
//! descriptions of platform versions. Asking for them again is what makes a pass over many
//! environments long. Plain values: whoever looks decides what is taken from here, by [`Recall::of`].
//!
//! A settings entry holds only while `DescribeEnvironments` shows the environment exactly as it was:
//! Ready, with the same `DateUpdated` and the same platform version. What is in doubt is not kept and
//! not believed. Every entry ends within a day, whatever AWS shows: should an image change without a
//! trace, it is seen then. Ends are spread over half a day, so that what was read in one pass is read
//! again in many.
//!
//! What a watch's verdict hangs on most is never here: which version a branch recommends, and what
//! EC2 says of each image, are asked in every look.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::bake::digest;
use super::base::PlatformVersion;
use super::ids::PlatformArn;
use super::sighting::{DeployedSettings, Environment, Seen, Sighting};

/// An answer this old is never believed.
const AGE_MAX: TimeDelta = TimeDelta::hours(24);
/// Entries end up to this much earlier, each by its name.
const SPREAD_S: i64 = 12 * 3600;
/// So soon after a change the settings may still be the ones from before it: AWS does not promise
/// that its answers agree at once.
const SETTLES: TimeDelta = TimeDelta::minutes(10);

/// What may be believed of one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recall {
    /// By application and environment.
    pub settings: BTreeMap<(String, String), RecalledSettings>,
    pub platforms: BTreeMap<PlatformArn, RecalledPlatform>,
}

/// Settings as they were read, and of what they are the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecalledSettings {
    pub read_at: DateTime<Utc>,
    /// `DateUpdated`
    pub updated: DateTime<Utc>,
    pub platform: PlatformArn,
    pub settings: DeployedSettings,
}

/// A description as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecalledPlatform {
    pub read_at: DateTime<Utc>,
    pub version: PlatformVersion,
}

impl Recall {
    /// The settings of an environment, when they can be believed of what it shows now.
    pub fn of(&self, environment: &Environment, now: DateTime<Utc>) -> Option<&DeployedSettings> {
        let kept = self.settings.get(&name(environment))?;
        let same = shown(environment)? == (kept.updated, &kept.platform);
        let name = &environment.target.environment;
        (same && fresh(kept.read_at, name, now)).then_some(&kept.settings)
    }

    /// The description of a platform version, when it can be believed.
    pub fn platform(&self, arn: &PlatformArn, now: DateTime<Utc>) -> Option<&PlatformVersion> {
        let kept = self.platforms.get(arn)?;
        fresh(kept.read_at, arn.as_str(), now).then_some(&kept.version)
    }

    /// What may be believed after a look that was given this: entries that were believed stay as they
    /// are, what was read instead is taken in, and what the look did not come across is forgotten.
    /// A look that could not list the environments teaches nothing about them.
    #[must_use]
    pub fn after(&self, sighting: &Sighting) -> Self {
        Self {
            settings: match &sighting.environments {
                Seen::Known(_) => self.settings_after(sighting),
                Seen::Absent | Seen::Unreachable(_) => self.settings.clone(),
            },
            platforms: self.platforms_after(sighting),
        }
    }

    fn settings_after(&self, sighting: &Sighting) -> BTreeMap<(String, String), RecalledSettings> {
        let seen = sighting.environments.known().into_iter().flatten();
        seen.filter_map(|seen| {
            let name = name(&seen.environment);
            let kept = match self.of(&seen.environment, sighting.at) {
                Some(_) => self.settings.get(&name)?.clone(),
                None if seen.by_pages => return None,
                None => worth_keeping(&seen.environment, seen.settings.known()?, sighting.at)?,
            };
            Some((name, kept))
        })
        .collect()
    }

    fn platforms_after(&self, sighting: &Sighting) -> BTreeMap<PlatformArn, RecalledPlatform> {
        let seen = sighting.platforms.values();
        seen.chain(sighting.recommended.values())
            .filter_map(Seen::known)
            .map(|version| {
                let arn = version.arn.clone();
                let read_at = match self.platform(&arn, sighting.at) {
                    Some(_) => self.platforms.get(&arn).map(|kept| kept.read_at),
                    None => None,
                };
                let kept = RecalledPlatform {
                    read_at: read_at.unwrap_or(sighting.at),
                    version: version.clone(),
                };
                (arn, kept)
            })
            .collect()
    }
}

fn name(environment: &Environment) -> (String, String) {
    let target = &environment.target;
    (target.application.clone(), target.environment.clone())
}

/// What an environment's settings are the settings of; nothing while it changes.
fn shown(environment: &Environment) -> Option<(DateTime<Utc>, &PlatformArn)> {
    let ready = environment.status == "Ready";
    let shown = environment.updated.zip(environment.platform.as_ref());
    shown.filter(|_| ready)
}

/// Settings without an image or with a draft beside them are about to be others.
fn worth_keeping(
    environment: &Environment,
    settings: &DeployedSettings,
    now: DateTime<Utc>,
) -> Option<RecalledSettings> {
    let (updated, platform) = shown(environment)?;
    let settled = updated + SETTLES <= now;
    let plain = settings.image.is_some() && settings.draft.is_none();
    (settled && plain).then(|| RecalledSettings {
        read_at: now,
        updated,
        platform: platform.clone(),
        settings: settings.clone(),
    })
}

/// Whether an answer is young enough. One from the future is not: the clock was set back.
fn fresh(read_at: DateTime<Utc>, name: &str, now: DateTime<Utc>) -> bool {
    let age = now - read_at;
    TimeDelta::zero() <= age && age < AGE_MAX - spread(name)
}

/// How much earlier the answers about this name end: evenly spread, and always the same.
fn spread(name: &str) -> TimeDelta {
    let hash = digest(&["amiwatch recall 1", name]);
    let part = i64::from_str_radix(&hash[..8], 16).unwrap_or_default();
    TimeDelta::seconds(part % SPREAD_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::environment::HealthColor;
    use crate::model::ids::{ImageId, Scope, TargetId};
    use crate::model::sighting::{DraftStatus, EnvironmentSighting, Tier, Trouble};

    const HOUR: TimeDelta = TimeDelta::hours(1);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn environment() -> Environment {
        Environment {
            target: TargetId {
                scope: Scope {
                    partition: "aws".into(),
                    account: "000000000000".into(),
                    region: "eu-west-1".into(),
                },
                application: "shop".to_owned(),
                environment: "shop-blue".to_owned(),
            },
            id: Some("e-1".to_owned()),
            platform: Some("arn:1".into()),
            solution_stack: None,
            tier: Tier::WebServer,
            status: "Ready".to_owned(),
            updated: Some(now() - HOUR),
            color: HealthColor::Green,
        }
    }

    fn settings() -> DeployedSettings {
        DeployedSettings {
            image: Some("ami-1".into()),
            not_set: false,
            draft: None,
            managed_updates: false,
        }
    }

    fn sighting(
        environment: Environment,
        settings: Seen<DeployedSettings>,
        at: DateTime<Utc>,
    ) -> Sighting {
        Sighting {
            at,
            scope: Seen::Known(environment.target.scope.clone()),
            environments: Seen::Known(vec![EnvironmentSighting {
                environment,
                settings,
                running: None,
                by_pages: false,
            }]),
            others: 0,
            elsewhere: BTreeMap::new(),
            platforms: BTreeMap::new(),
            recommended: BTreeMap::new(),
            images: BTreeMap::new(),
            counterparts: Default::default(),
            troubles: Vec::new(),
            pages_unread: Vec::new(),
        }
    }

    fn learnt() -> Recall {
        Recall::default().after(&sighting(environment(), Seen::Known(settings()), now()))
    }

    #[test]
    fn settings_are_believed_of_the_same_environment_alone() {
        type Change = fn(&mut Environment);
        let changes: [(&str, Change, bool); 7] = [
            ("nothing", |_| {}, true),
            ("an update", |of| of.updated = Some(now()), false),
            (
                "an older date",
                |of| of.updated = Some(now() - HOUR * 2),
                false,
            ),
            ("no date", |of| of.updated = None, false),
            ("a platform", |of| of.platform = Some("arn:2".into()), false),
            ("a status", |of| of.status = "Updating".to_owned(), false),
            (
                "a name",
                |of| of.target.environment = "other".to_owned(),
                false,
            ),
        ];
        for (what, change, believed) in changes {
            let mut environment = environment();
            change(&mut environment);
            let of = learnt().of(&environment, now() + HOUR).cloned();
            assert_eq!(of, believed.then(settings), "{what}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_not_kept() {
        let kept = |change: fn(&mut Environment, &mut DeployedSettings)| {
            let (mut environment, mut settings) = (environment(), settings());
            change(&mut environment, &mut settings);
            let seen = sighting(environment, Seen::Known(settings), now());
            !Recall::default().after(&seen).settings.is_empty()
        };
        assert!(kept(|_, _| {}));
        assert!(!kept(|of, _| of.status = "Launching".to_owned()));
        assert!(!kept(
            |of, _| of.updated = Some(now() - TimeDelta::minutes(9))
        ));
        assert!(!kept(|of, _| of.updated = None));
        assert!(!kept(|of, _| of.platform = None));
        assert!(!kept(|_, settings| settings.image = None));
        assert!(!kept(
            |_, settings| settings.draft = Some(DraftStatus::Failed)
        ));
        assert!(!kept(
            |_, settings| settings.draft = Some(DraftStatus::Pending)
        ));
    }

    #[test]
    fn nothing_is_believed_for_a_day_and_everything_for_half_of_one() {
        for n in 0..500 {
            let name = format!("env-{n}");
            assert!(fresh(now(), &name, now() + HOUR * 12), "{name}");
            assert!(!fresh(now(), &name, now() + HOUR * 24), "{name}");
            assert!(!fresh(now(), &name, now() - HOUR), "the clock was set back");
        }
        let ends = |from, to| {
            let early = TimeDelta::hours(from)..TimeDelta::hours(to);
            (0..500)
                .filter(|n| early.contains(&spread(&format!("env-{n}"))))
                .count()
        };
        for from in [0, 3, 6, 9] {
            assert!(
                ends(from, from + 3) > 60,
                "spread evenly: {}",
                ends(from, from + 3)
            );
        }
    }

    #[test]
    fn what_was_believed_does_not_grow_younger() {
        let before = learnt();
        let later = sighting(environment(), Seen::Known(settings()), now() + HOUR);
        assert_eq!(before.after(&later), before);
        // After its end it was read anew, and may be another one.
        let other = DeployedSettings {
            image: Some(ImageId::from("ami-2")),
            not_set: false,
            draft: None,
            managed_updates: false,
        };
        let at = now() + HOUR * 25;
        let after = before.after(&sighting(environment(), Seen::Known(other.clone()), at));
        assert_eq!(after.of(&environment(), at), Some(&other));
    }

    #[test]
    fn what_is_gone_or_changed_is_forgotten_and_silence_forgets_nothing() {
        let trouble = Trouble {
            what: "environments".to_owned(),
            why: "no answer".to_owned(),
            denied: false,
        };
        let mut unlisted = sighting(environment(), Seen::Absent, now() + HOUR);
        unlisted.environments = Seen::Unreachable(trouble.clone());
        assert_eq!(learnt().after(&unlisted), learnt());

        let mut changed = environment();
        changed.updated = Some(now());
        let unread = sighting(changed, Seen::Unreachable(trouble), now() + HOUR);
        assert_eq!(learnt().after(&unread), Recall::default());

        let mut gone = unlisted;
        gone.environments = Seen::Known(Vec::new());
        assert_eq!(learnt().after(&gone), Recall::default());
    }
}
