//! Rows of the gates that stand before a watch's environments together: what people hold and say, waves,
//! windows, others that are under way or not well.

use std::time::Duration;

use super::{CANARY, GateRow, health};
use crate::flow::rollout::tests_rollouts::NEW;
use crate::flow::test_world::{BASE_451, now, pattern, trouble};
use crate::model::environment::{EnhancedStatus, HealthColor};
use crate::model::hold::{HeldThing, Hold};
use crate::model::reason::ReasonCode;
use crate::model::rollout::MoveFault;
use crate::model::rollout_rules::{RolloutApproval, RolloutWindow};
use crate::model::sighting::Seen;
use crate::settings::parse_cron;

pub(super) const OF_WATCH: &[GateRow] = &[
    (
        "a person holds the watch",
        CANARY,
        ReasonCode::Held,
        |one| {
            one.world.hold(HeldThing::Watch, None);
        },
    ),
    (
        "a person holds what the image was made from",
        CANARY,
        ReasonCode::Held,
        |one| {
            let release = BASE_451.to_owned();
            one.world.hold(HeldThing::Release(release), None);
        },
    ),
    (
        "the image was quarantined meanwhile",
        CANARY,
        ReasonCode::Quarantined,
        |one| {
            one.alter = |drift| {
                drift.holds.push(Hold {
                    on: HeldThing::Image(NEW.into()),
                    reason: "ill".to_owned(),
                    by: "amiwatch".to_owned(),
                    since: now(),
                    until: None,
                });
            };
        },
    ),
    (
        "no window is open",
        CANARY,
        ReasonCode::OutOfWindow,
        |one| {
            one.rules().order.windows = vec![RolloutWindow {
                // The world stands on a Monday.
                cron: parse_cron("0 2 * * 2").unwrap(),
                duration: Duration::from_secs(3600),
                timezone: chrono_tz::UTC,
            }];
        },
    ),
    (
        "the canary comes first",
        "shop-1",
        ReasonCode::EarlierWave,
        |_| {},
    ),
    (
        "the canary has fallen ill since it was through",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            one.shows(CANARY, HealthColor::Red);
        },
    ),
    (
        "the canary is being changed by somebody",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            one.listed(CANARY).environment.status = "Updating".to_owned();
        },
    ),
    (
        "another one of its wave has fallen ill on it",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.moved("shop-1");
            one.shows("shop-1", HealthColor::Red);
        },
    ),
    (
        "nobody is in the wave before",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.world
                .environments()
                .retain(|one| one.environment.target.environment != CANARY);
        },
    ),
    (
        "another one of the wave is under way",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.claim("shop-1");
        },
    ),
    (
        "a move in another wave has not ended",
        CANARY,
        ReasonCode::Settling,
        |one| {
            one.claim("shop-1");
        },
    ),
    (
        "nobody has approved it",
        CANARY,
        ReasonCode::AwaitsApproval,
        |one| {
            one.rules().order.approval = RolloutApproval::Each;
        },
    ),
    (
        "another watch rolls out to it",
        CANARY,
        ReasonCode::Contested,
        |one| {
            let mut other = one.world.watch.clone();
            other.name = "other".into();
            other.targets = vec![pattern("*", "*-canary")];
            one.rivals.push(other);
        },
    ),
    ("no wave names it", "shop-1", ReasonCode::NoWave, |one| {
        one.rules().order.waves = vec![CANARY.to_owned()];
    }),
    (
        "the canary's health is not known any more",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            one.shows(CANARY, HealthColor::Grey);
        },
    ),
    (
        "the canary is worse than the watch asks for",
        "shop-1",
        ReasonCode::EarlierWave,
        |one| {
            one.moved(CANARY);
            one.shows(CANARY, HealthColor::Yellow);
        },
    ),
    (
        "another one of its wave cannot be read any more",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.moved("shop-1");
            let settings = Seen::Unreachable(trouble("settings of shop/shop-1"));
            one.listed("shop-1").settings = settings;
        },
    ),
    (
        "nobody could tell of another one of its wave",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.runs_new("shop-1");
            one.proof_ended("shop-1", Some(MoveFault::Inconclusive));
        },
    ),
    (
        "another one of its wave runs the image and is too ill to be proved",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.runs_new("shop-1");
            one.reads("shop-1", |read| health(read, EnhancedStatus::Severe, &[]));
        },
    ),
    (
        "another one of its wave is proved on it now",
        "shop-2",
        ReasonCode::Settling,
        |one| {
            one.moved(CANARY);
            one.runs_new("shop-1");
        },
    ),
];
