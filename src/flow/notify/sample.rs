//! The samples that `notify test` sends: of any event, as it would be told, and told apart by a key that
//! begins with `test:`, a watch called `sample`, and an account that nobody has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::bake::BakeKey;
use crate::model::blind::BlindOf;
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::ReleasePoint;
use crate::model::ids::{Architecture, ImageId, Installation, Partition, Region, Scope, TargetId};
use crate::model::image::ImageKind;
use crate::model::notice::{
    ApprovalTold, BakeTold, BlindTold, DigestImage, DigestTold, DigestWatch, DriftStep, DriftTold,
    EnvironmentTold, FirstOf, Link, MoveTold, NextByItself, Notice, NoticeEvent, PastedCommand,
    PublishTold, ReleasedTold, ReminderTold, RetiredTold, RolledImage, RunTold, SnapshotsTold,
    StandsCount, TargetFrom, What, WithheldTold,
};
use crate::model::publish_rules::{Destination, DestinationKind, PublishAs};
use crate::model::reason::About;
use crate::model::retire_record::RetireAct;
use crate::model::watch::OnDrift;

const WATCH: &str = "sample";
const OLD_BASE: &str = "ami-0000000000000ba5e";
const BASE: &str = "ami-0000000000001ba5e";
const OLD_IMAGE: &str = "ami-00000000000000a1d";
const IMAGE: &str = "ami-00000000000001a1d";
const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";
const CONSOLE: &str =
    "cloud-init[1234]: ok\namiwatch: check `driver` FAILED\n  expected \"awslogs\"\n";

/// A notice that tells nothing but that telling works. Each is an event of its own.
pub fn sample(installation: Option<&Installation>, to: &str, at: DateTime<Utc>) -> Notice {
    let receiver = to.to_owned();
    Notice {
        watch: None,
        scope: None,
        links: Vec::new(),
        ..sample_of(
            NoticeEvent::Test,
            installation,
            to,
            at,
            What::Sample { receiver },
        )
    }
}

/// A sample of one event. All samples to a receiver are one story, so that an end of it can be tried.
pub fn event_sample(
    event: NoticeEvent,
    installation: Option<&Installation>,
    to: &str,
    at: DateTime<Utc>,
) -> Notice {
    match happened(event, to, at) {
        Some(what) => sample_of(event, installation, to, at, what),
        None => sample(installation, to, at),
    }
}

fn sample_of(
    event: NoticeEvent,
    installation: Option<&Installation>,
    to: &str,
    at: DateTime<Utc>,
    what: What,
) -> Notice {
    let whose = installation.map_or("-", Installation::as_str);
    let key = match event {
        NoticeEvent::Test => format!("test:{whose}:{to}:{}", at.timestamp_millis()),
        event => format!(
            "test:{whose}:{to}:{}:{}",
            event.as_str(),
            at.timestamp_millis()
        ),
    };
    Notice {
        key,
        story: format!("test:{whose}:{to}"),
        at,
        installation: installation.cloned(),
        watch: Some(WATCH.into()),
        scope: Some(scope()),
        what,
        next: NextByItself::Nothing,
        commands: vec![PastedCommand::new(
            "amiwatch status",
            "every watch and its image",
        )],
        links: links_of(event),
    }
}

/// As what has happened is told with them.
fn links_of(event: NoticeEvent) -> Vec<Link> {
    let region = scope().region;
    let image = || Link::to_image(&region, &ImageId::from(IMAGE));
    match event {
        NoticeEvent::Drift | NoticeEvent::Released => Link::on_branch(&region, BRANCH),
        NoticeEvent::RolledOut => {
            let platform = Link::on_branch(&region, BRANCH);
            [image()].into_iter().chain(platform).collect()
        }
        NoticeEvent::Baked
        | NoticeEvent::Redundant
        | NoticeEvent::ApprovalNeeded
        | NoticeEvent::RolledBack
        | NoticeEvent::Published => vec![image()],
        _ => Vec::new(),
    }
}

fn scope() -> Scope {
    Scope {
        partition: Partition::from("aws"),
        account: "000000000000".into(),
        region: Region::from("eu-west-1"),
    }
}

/// What each event may tell; nothing of the sample of samples.
fn happened(event: NoticeEvent, to: &str, at: DateTime<Utc>) -> Option<What> {
    let image = || ImageId::from(IMAGE);
    Some(match event {
        NoticeEvent::Drift => What::Drift(drift(at)),
        NoticeEvent::Resolved => What::Resolved {
            release: Some(release()),
            current: Some(image()),
            ends: "test:drift".to_owned(),
            also: Vec::new(),
        },
        NoticeEvent::Baked => What::Baked {
            bake: bake(),
            image: image(),
            because: FirstOf::all_of(["The base has a newer release.".to_owned()]),
            changes: Some(ChangesInShort {
                since: OLD_IMAGE.into(),
                line: "openssl 3.2.2-1 -> 3.2.2-3".to_owned(),
                changed: 1,
                added: 0,
                removed: 0,
                kernel: None,
                partial: false,
            }),
        },
        NoticeEvent::Failed => What::Failed {
            bake: bake(),
            why: "report: checks failed in the builder: driver".to_owned(),
            console: Some(CONSOLE.to_owned()),
            kept: None,
        },
        NoticeEvent::Held => What::GaveUp {
            bake: bake(),
            attempts: 6,
            why: "report: checks failed in the builder: driver".to_owned(),
        },
        NoticeEvent::Redundant => What::Redundant {
            bake: bake(),
            image: image(),
        },
        NoticeEvent::ApprovalNeeded => What::ApprovalNeeded(approval(at)),
        NoticeEvent::RolledOut => What::Moved {
            moved: moved(OLD_IMAGE, IMAGE),
            instances: 3,
            weak_proof: false,
        },
        NoticeEvent::RolledBack => What::TakenBack {
            moved: moved(IMAGE, OLD_IMAGE),
            why: "settle: health is Severe: 100 % of requests fail with HTTP 5xx".to_owned(),
            image_alone: false,
        },
        NoticeEvent::Attention => What::LeftBehind {
            bake: bake(),
            step: "clean_up".to_owned(),
            left: FirstOf::all_of(["i-00000000000000a1d (terminate it)".to_owned()]),
        },
        NoticeEvent::Released => What::Released(released(at)),
        NoticeEvent::Lifecycle => What::Lifecycle {
            base: BRANCH.to_owned(),
            ends: FirstOf::all_of([About::BranchDeprecated {
                branch: BRANCH.to_owned(),
            }]),
        },
        NoticeEvent::Blind => What::Blind(BlindTold {
            of: BlindOf {
                account_name: None,
                region: Some(scope().region),
                account: Some(scope().account),
                base: None,
            },
            since: at - TimeDelta::hours(2),
            why: "elasticbeanstalk:DescribeEnvironments was refused".to_owned(),
            denied: true,
            watches: FirstOf::all_of([WATCH.into()]),
        }),
        NoticeEvent::Published => What::Published {
            published: published(),
            version: Some(7),
        },
        NoticeEvent::Retired => What::Retired {
            retired: RetiredTold {
                image: OLD_IMAGE.into(),
                act: RetireAct::Deprecate,
                base_version: Some("4.5.0".to_owned()),
                by: "amiwatch".to_owned(),
            },
            snapshots: SnapshotsTold::default(),
        },
        NoticeEvent::Withheld => What::Withheld(WithheldTold {
            receiver: to.to_owned(),
            from: at - TimeDelta::hours(1),
            until: at,
            by_event: BTreeMap::from([(NoticeEvent::Drift, 9), (NoticeEvent::Failed, 5)]),
        }),
        NoticeEvent::Digest => What::Digest(digest(to, at)),
        NoticeEvent::Reminder => What::Reminder(ReminderTold {
            receiver: to.to_owned(),
            of: failing_watch(),
            since: at - TimeDelta::days(7),
            until: at,
        }),
        NoticeEvent::Test => return None,
    })
}

fn failing_watch() -> DigestWatch {
    DigestWatch {
        watch: WATCH.into(),
        scope: scope(),
        stands: "failing".to_owned(),
        behind: FirstOf::all_of(["sample/sample-blue".to_owned()]),
        decided: Some("pause until 14:18: attempt 2 of 6".to_owned()),
    }
}

fn digest(to: &str, at: DateTime<Utc>) -> DigestTold {
    let account = scope().account;
    let stands = StandsCount(BTreeMap::from([
        ("in step".to_owned(), 2),
        ("failing".to_owned(), 1),
    ]));
    DigestTold {
        receiver: to.to_owned(),
        due: at,
        all: stands.clone(),
        behind: 1,
        watches: FirstOf::all_of([failing_watch()]),
        oldest: Some(DigestImage {
            watch: WATCH.into(),
            image: OLD_IMAGE.into(),
            base_version: "4.5.0".to_owned(),
            baked_at: at - TimeDelta::days(41),
        }),
        accounts: BTreeMap::from([(account, stands)]),
        blind: FirstOf::all_of([]),
    }
}

fn release() -> ReleasePoint {
    ReleasePoint {
        image: BASE.into(),
        version: "4.5.1".to_owned(),
    }
}

fn bake() -> BakeTold {
    BakeTold {
        key: BakeKey::from_tag("5a5a5a5a5a5a"),
        generation: 0,
        attempt: 1,
        release: release(),
        recipe: "sample".to_owned(),
        architecture: Architecture::X86_64,
    }
}

fn target() -> TargetId {
    TargetId {
        scope: scope(),
        application: WATCH.to_owned(),
        environment: "sample-blue".to_owned(),
    }
}

fn drift(at: DateTime<Utc>) -> DriftTold {
    let newer = |created| About::ReleaseNewer {
        image: OLD_IMAGE.into(),
        made_from: OLD_BASE.into(),
        base: BRANCH.to_owned(),
        newest: BASE.into(),
        version: "4.5.1".to_owned(),
        created,
    };
    DriftTold {
        release: Some(release()),
        current: Some(OLD_IMAGE.into()),
        watch: FirstOf::all_of([newer(Some(at - TimeDelta::days(1)))]),
        environments: FirstOf::all_of([EnvironmentTold {
            target: target(),
            reason: newer(None),
        }]),
        behind: 1,
        unread: FirstOf::all_of([]),
        codes: BTreeSet::from([newer(None).code()]),
        follows: None,
        step: DriftStep::Release {
            from: OLD_BASE.into(),
            from_version: Some("4.5.0".to_owned()),
        },
        moves: FirstOf::empty(),
        goes: Some(OnDrift::Bake),
        instead_of: None,
    }
}

fn approval(at: DateTime<Utc>) -> ApprovalTold {
    ApprovalTold {
        id: "sample-1".to_owned(),
        of: RolledImage {
            image: IMAGE.into(),
            base_version: Some("4.5.1".to_owned()),
        },
        changes: None,
        waiting: FirstOf::all_of([TargetFrom {
            target: target(),
            from: Some(OLD_IMAGE.into()),
        }]),
        lapses_at: at + TimeDelta::days(3),
        replaces: None,
    }
}

fn moved(from: &str, to: &str) -> MoveTold {
    MoveTold {
        target: target(),
        journal: "sample/1".to_owned(),
        from: Some(from.into()),
        to: Some(to.into()),
        from_platform: None,
        to_platform: None,
        by: "amiwatch".to_owned(),
    }
}

fn released(at: DateTime<Utc>) -> ReleasedTold {
    ReleasedTold {
        base: BRANCH.to_owned(),
        from: OLD_BASE.into(),
        from_version: Some("4.5.0".to_owned()),
        to: release(),
        created: Some(at - TimeDelta::days(1)),
        runs: FirstOf::all_of([RunTold {
            target: target(),
            image: Some(OLD_BASE.into()),
            kind: ImageKind::Stock,
            base_image: Some(OLD_BASE.into()),
        }]),
    }
}

fn published() -> PublishTold {
    PublishTold {
        destination: Destination {
            kind: DestinationKind::Parameter,
            region: scope().region,
        },
        publish: PublishAs::Parameter {
            name: "/amis/sample".to_owned(),
        },
        journal: "sample/2".to_owned(),
        from: Some(OLD_IMAGE.into()),
        image: IMAGE.into(),
        copy_of: None,
        base_version: Some("4.5.1".to_owned()),
        back: None,
        by: "amiwatch".to_owned(),
    }
}
