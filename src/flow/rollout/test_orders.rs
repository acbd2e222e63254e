//! Orders and looks that the tests of this room share.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::replacement::update_max_s;
use super::seen::MoveSeen;
use crate::model::environment::{
    EnhancedStatus, EnvironmentEvent, EnvironmentHealth, EnvironmentNow, EnvironmentStatus,
    EventSeverity, HealthColor, IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION, OptionSet,
    OptionSets, RunningImage,
};
use crate::model::ids::{Scope, TargetId};
use crate::model::rollout::{
    Aim, BeforeMove, Direction, MoveOrder, MoveProof, Replacement, ReplacementMethod,
};
use crate::model::rollout_rules::{HealthBar, OnFailure};
use crate::model::sighting::Tier;

pub(crate) const OLD: &str = "ami-old";
pub(crate) const NEW: &str = "ami-new";

/// When the update was begun.
pub(crate) fn began() -> DateTime<Utc> {
    "2026-11-29T02:00:00Z".parse().unwrap()
}

pub(crate) fn platform(version: &str) -> crate::model::ids::PlatformArn {
    format!("arn:aws:elasticbeanstalk:eu-west-1::platform/Docker/{version}")
        .as_str()
        .into()
}

pub(crate) fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        },
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
    }
}

/// A move from the old image to the new one, with its platform version.
pub(crate) fn forward() -> MoveOrder {
    let replacement = Replacement {
        method: ReplacementMethod::Immutable,
        batches: 2,
        batch_timeout_s: 1800,
        downtime: false,
    };
    MoveOrder {
        installation: "prod".into(),
        scope: target().scope,
        home: None,
        watch: "shop".into(),
        target: target(),
        environment_id: "e-1".to_owned(),
        number: 1,
        direction: Direction::Forward,
        before: BeforeMove {
            image: ImageSetting::Image(OLD.into()),
            platform: Some(platform("4.5.0")),
            version_label: Some("v7".to_owned()),
            cname: Some("shop.example".to_owned()),
            health: EnvironmentHealth::Enhanced {
                status: EnhancedStatus::Ok,
                causes: Vec::new(),
            },
            instances: 2,
            updated: Some(began() - TimeDelta::days(9)),
            at: began(),
            draft: None,
        },
        to: Aim {
            image: ImageSetting::Image(NEW.into()),
            platform: Some(platform("4.5.1")),
        },
        update_max_s: update_max_s(&replacement),
        replacement,
        proof: MoveProof {
            bar: HealthBar::Info,
            settle_s: 600,
            probe: None,
        },
        on_failure: OnFailure::Rollback,
        by: "ops@host".to_owned(),
        because: Vec::new(),
        story: None,
        told_with_wave: false,
    }
}

/// Taking it back.
pub(crate) fn taking_back(attempt: u32) -> MoveOrder {
    let forward = forward();
    MoveOrder {
        number: 1 + attempt,
        direction: Direction::Back {
            of: Some("move/1".to_owned()),
            attempt,
            why: "settle: ill".to_owned(),
        },
        before: BeforeMove {
            image: forward.to.image.clone(),
            platform: forward.to.platform.clone(),
            ..forward.before.clone()
        },
        to: Aim {
            image: forward.before.image.clone(),
            platform: forward.before.platform.clone(),
        },
        ..forward
    }
}

pub(crate) fn set(image: &str, version: &str, minutes: i64) -> OptionSet {
    OptionSet {
        platform: Some(platform(version)),
        updated: Some(began() + TimeDelta::minutes(minutes)),
        values: BTreeMap::from([(
            (LAUNCH_CONFIGURATION.to_owned(), IMAGE_ID.to_owned()),
            image.to_owned(),
        )]),
    }
}

/// Ready, as it was before: deployed long ago, two instances.
pub(crate) fn untouched() -> MoveSeen {
    MoveSeen {
        now: EnvironmentNow {
            target: target(),
            id: "e-1".to_owned(),
            status: EnvironmentStatus::Ready,
            color: HealthColor::Green,
            abortable: false,
            platform: Some(platform("4.5.0")),
            version_label: Some("v7".to_owned()),
            cname: Some("shop.example".to_owned()),
            template: None,
            updated: Some(began() - TimeDelta::days(9)),
            tier: Tier::WebServer,
        },
        sets: OptionSets {
            deployed: Some(set(OLD, "4.5.0", -9000)),
            ..OptionSets::default()
        },
        events: Vec::new(),
        running: running(&[OLD, OLD]),
    }
}

/// Ready, with the new image everywhere.
pub(crate) fn all_moved() -> MoveSeen {
    let mut seen = untouched();
    seen.now.platform = Some(platform("4.5.1"));
    seen.sets.deployed = Some(set(NEW, "4.5.1", 5));
    seen.running = running(&[NEW, NEW]);
    seen
}

pub(crate) fn running(images: &[&str]) -> Vec<RunningImage> {
    let images = (0..).zip(images);
    let running = images.map(|(n, image)| RunningImage {
        instance: format!("i-{n}").as_str().into(),
        image: (*image).into(),
        ends: false,
    });
    running.collect()
}

pub(crate) fn event(
    minutes: i64,
    severity: EventSeverity,
    request: Option<&str>,
    message: &str,
) -> EnvironmentEvent {
    EnvironmentEvent {
        at: began() + TimeDelta::minutes(minutes),
        severity,
        message: message.to_owned(),
        request_id: request.map(str::to_owned),
        platform: None,
        version_label: None,
    }
}

pub(crate) fn update_starts(minutes: i64, request: &str) -> EnvironmentEvent {
    event(
        minutes,
        EventSeverity::Info,
        Some(request),
        "Environment update is starting.",
    )
}
