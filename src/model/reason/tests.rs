//! Every sort of reason has its code, its sentence and its facts, and is read back as it was written.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;

use crate::model::bake::{BakeKey, KeyInputs, RecipeDigest};
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{Architecture, ImageId, InstanceId, Region};

pub(super) fn at(hours: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(hours)
}

pub(super) fn text(word: &str) -> String {
    word.to_owned()
}

fn said() -> HoldSaid {
    HoldSaid {
        since: at(1),
        by: text("ann"),
        reason: text("it breaks logging"),
    }
}

fn held(on: HeldOn) -> About {
    About::Held {
        watch: "shop".into(),
        on,
        until: Some(at(9)),
    }
}

fn quarantined(place: Quarantine) -> About {
    About::Quarantined {
        watch: "shop".into(),
        image: "ami-1".into(),
        place,
        said: said(),
        until: None,
    }
}

fn untold(denied: bool, subject: Option<DoubtSubject>) -> About {
    About::Untold {
        elsewhere: None,
        denied,
        subject,
        what: text("settings of shop/blue"),
        why: text("AWS does not answer"),
    }
}

fn no_target(near: Near) -> About {
    About::NoTarget {
        application: text("shop"),
        environment: text("prod-*"),
        exact: false,
        near,
    }
}

/// One of each sort, and of each way in which one is said.
fn samples() -> Vec<About> {
    let mut samples = verdicts();
    samples.extend(super::gates_tests::sample_gates());
    samples
}

fn verdicts() -> Vec<About> {
    let image = || ImageId::from("ami-1");
    let base = || ImageId::from("ami-0");
    let newest = || ImageId::from("ami-9");
    let digest = RecipeDigest::of_user_data("#!/bin/sh", false);
    let inputs = KeyInputs {
        installation: &"acme".into(),
        watch: &"shop".into(),
        release_image: &newest(),
        recipe_digest: &digest,
        architecture: Architecture::X86_64,
        generation: 0,
    };
    let key = BakeKey::derive(&inputs);
    let (branch, version) = (|| text("ECS on AL2023"), || text("4.5.1"));
    let release = |quarantined| About::NothingBaked {
        base: branch(),
        newest: newest(),
        version: version(),
        created: Some(at(0)),
        quarantined,
    };
    vec![
        About::BranchNewer {
            image: image(),
            made_from: base(),
            branch: branch(),
            newest: newest(),
            version: version(),
        },
        About::ReleaseNewer {
            image: image(),
            made_from: base(),
            base: branch(),
            newest: newest(),
            version: version(),
            created: None,
        },
        release(false),
        release(true),
        About::RecipeChanged {
            image: image(),
            baked: digest.clone(),
            wanted: RecipeDigest::of_user_data("#!/bin/bash", false),
        },
        About::TooOld {
            image: image(),
            created: at(0),
            age_days: 31,
            max_age_s: 30 * 86_400,
        },
        About::BaseGone {
            image: image(),
            made_from: base(),
        },
        About::BaseWithdrawn {
            made_from: base(),
            newest: newest(),
            line: branch(),
        },
        About::ImageGone { image: image() },
        About::ImageEnded {
            image: image(),
            state: text("deregistered"),
        },
        About::ImageDisabled {
            image: image(),
            region: Some("eu-west-1".into()),
        },
        About::PinnedSkew {
            image: image(),
            platform_image: newest(),
            platform_version: version(),
        },
        About::ImageNotSet,
        About::PlatformSkew {
            image: image(),
            made_from: base(),
            platform_image: newest(),
            platform_version: version(),
        },
        About::NotOnNewest {
            image: image(),
            newest: newest(),
        },
        About::Stock { image: image() },
        About::InstancesBehind {
            image: image(),
            behind: 1,
            instances: 2,
            first: InstanceId::from("i-1"),
            runs: base(),
        },
        About::ManagedUpdatesOn {
            environment: text("shop-blue"),
            region: Region::from("eu-west-1"),
        },
        About::Soaking {
            newest: newest(),
            version: version(),
            until: at(9),
        },
        held(HeldOn::Watch { said: said() }),
        held(HeldOn::Release {
            image: newest(),
            version: version(),
            named: version(),
            said: said(),
        }),
        held(HeldOn::Bake {
            key,
            attempts: 6,
            last_at: at(2),
            last_why: text("report: it failed."),
        }),
        held(HeldOn::Move {
            environment: text("shop-blue"),
            image: image(),
            attempts: 2,
            last_at: Some(at(2)),
            last_why: text("update: quota exceeded."),
        }),
        quarantined(Quarantine::Runs),
        quarantined(Quarantine::MovesTo),
        quarantined(Quarantine::MarkedMadeOf {
            base_image: "ami-2".into(),
            version: text("4.5.1"),
        }),
        quarantined(Quarantine::MadeOf {
            base_image: base(),
            version: version(),
        }),
        About::NotReady {
            status: text("Updating"),
        },
        About::ImageNotShared {
            image: "ami-ours".into(),
            snapshots: vec!["snap-ours".into()],
            account: "222233334444".into(),
            region: "eu-west-1".into(),
        },
        About::ImageNotCopied {
            watch: "shop".into(),
            image: "ami-ours".into(),
            name: Some(text("acme-prod-shop-7")),
            from: Some("eu-west-1".into()),
            region: "eu-central-1".into(),
            pending: false,
        },
        About::ImageNotCopied {
            watch: "shop".into(),
            image: "ami-ours".into(),
            name: None,
            from: None,
            region: "eu-central-1".into(),
            pending: true,
        },
        About::ArchMismatch {
            found: Architecture::Arm64,
            wanted: Architecture::X86_64,
        },
        About::BranchMismatch {
            found: text("Docker"),
            wanted: branch(),
        },
        About::LineageUnknown { image: image() },
        About::Unsupported {
            why: text("it is Windows"),
        },
        About::PlatformBehind {
            branch: branch(),
            version: text("4.5.0"),
            recommended: version(),
        },
        About::StockPinned {
            image: image(),
            platform_version: version(),
            platform_image: Some(newest()),
        },
        About::BaseDeprecated {
            image: base(),
            from: at(0),
        },
        About::BranchDeprecated { branch: branch() },
        About::BranchRetired { branch: branch() },
        About::RecipeRedundant { base_image: base() },
        no_target(Near::Environments {
            application: text("shop"),
            count: 4,
            first: vec![text("shop-blue"), text("shop-green")],
        }),
        no_target(Near::Application {
            application: text("Shop"),
            count: 1,
        }),
        no_target(Near::Nothing {
            applications: vec![text("web")],
        }),
        no_target(Near::Nothing {
            applications: Vec::new(),
        }),
        About::ReleaseNotListed {
            image: newest(),
            base: branch(),
        },
        untold(false, None),
        untold(true, Some(DoubtSubject::Targets)),
        About::Unasked {
            denied: false,
            what: text("whose account this is"),
            why: text("no credentials"),
        },
    ]
}

#[test]
fn every_code_has_a_sample_a_sentence_and_facts() {
    let samples: Vec<Reason> = samples().into_iter().map(Reason::from_about).collect();
    let seen: BTreeSet<ReasonCode> = samples.iter().map(|reason| reason.code).collect();
    let all: BTreeSet<ReasonCode> = ReasonCode::ALL.iter().copied().collect();
    assert_eq!(seen, all);
    let said: BTreeSet<(ReasonCode, &str)> = samples
        .iter()
        .map(|one| (one.code, one.message.as_str()))
        .collect();
    assert_eq!(said.len(), samples.len(), "two say the same");
    for reason in &samples {
        assert!(reason.message.len() > 10, "{reason:?}");
        assert!(!reason.facts().is_empty(), "{reason:?}");
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    for about in samples() {
        let written = serde_json::to_string(&about).unwrap();
        let read: About = serde_json::from_str(&written).unwrap();
        assert_eq!(
            Reason::from_about(read),
            Reason::from_about(about),
            "{written}"
        );
    }
}

#[test]
fn a_hold_is_told_by_the_reasons_that_come_of_it() {
    let hold = Hold {
        on: HeldThing::Watch,
        reason: text("it breaks logging"),
        by: text("ann"),
        since: at(1),
        until: None,
    };
    let other = Hold {
        since: at(2),
        ..hold.clone()
    };
    let tells = |hold: &Hold| samples().iter().filter(|one| one.tells_of(hold)).count();
    assert_eq!(
        (tells(&hold), tells(&other)),
        (6, 0),
        "a failed bake is no hold"
    );
}

#[test]
fn the_facts_of_a_hold_and_of_a_doubt_keep_their_names() {
    let shown = |about: About| serde_json::to_value(Reason::from_about(about)).unwrap();
    let watch = shown(held(HeldOn::Watch { said: said() }));
    assert_eq!(watch["facts"]["held"], "watch");
    assert_eq!(watch["facts"]["until"], "1970-01-01T09:00:00+00:00");
    let doubt = shown(untold(true, Some(DoubtSubject::Release)));
    assert_eq!(doubt["code"], "DENIED");
    assert_eq!(doubt["facts"]["about"], "release");
    assert_eq!(
        doubt["message"],
        "settings of shop/blue: AWS does not answer"
    );
}
