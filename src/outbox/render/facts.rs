//! A notice's facts: ids, versions and times as text, for programs. The names are contract.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::parts::notice_installation;
use super::{digest, withheld};
use crate::model::blind::BlindOf;
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::ReleasePoint;
use crate::model::hold::Hold;
use crate::model::ids::{AccountId, ImageId, Installation, PlatformArn, Region, SnapshotId};
use crate::model::notice::{
    BakeTold, DriftStep, DriftTold, MoveTold, NextByItself, Notice, PublishTold, RetiredTold,
    RolledImage, What,
};
use crate::model::plain_text::clean;
use crate::model::reason::ReasonCode;

type Facts = BTreeMap<String, String>;

/// What a program is told of a notice.
pub(super) fn notice_facts(notice: &Notice) -> Facts {
    match &notice.what {
        What::Drift(told) => drifted(notice, told),
        What::Resolved {
            release,
            current,
            ends,
            ..
        } => facts([
            ("installation", notice_installation(notice).to_owned()),
            ("release_image", image_of(release.as_ref())),
            ("image", text_of(current.as_ref())),
            ("resolves", ends.clone()),
        ]),
        What::Released(told) => facts([
            ("installation", notice_installation(notice).to_owned()),
            ("from_image", told.from.to_string()),
            (
                "from_version",
                told.from_version.clone().unwrap_or("-".into()),
            ),
            ("release_image", told.to.image.to_string()),
            ("release_version", told.to.version.clone()),
        ]),
        What::Lifecycle { ends, .. } => {
            let codes: BTreeSet<&str> = ends.first.iter().map(|end| end.code().as_str()).collect();
            facts([
                ("installation", notice_installation(notice).to_owned()),
                ("codes", codes.into_iter().collect::<Vec<_>>().join(",")),
            ])
        }
        What::Moved { moved, .. } | What::Proved { moved, .. } => moving(notice, moved),
        What::TakenBack { moved, why, .. } | What::Unproved { moved, why } => {
            let mut all = moving(notice, moved);
            all.extend([fact("why", why)]);
            all
        }
        What::MoveFailed {
            moved, fault, why, ..
        } => {
            let mut all = moving(notice, moved);
            all.extend([fact("fault", fault.as_str()), fact("why", why)]);
            if let NextByItself::Again { not_before } = notice.next {
                all.extend([fact("next_at", &not_before.to_rfc3339())]);
            }
            all
        }
        What::ApprovalNeeded(_)
        | What::ApprovalLapsed { .. }
        | What::RolloutSuperseded(_)
        | What::WaveThrough(_)
        | What::RolloutBlocked(_)
        | What::HandsNeeded(_) => rolling(notice),
        What::Published { published, version } => {
            let mut all = publishing(notice, published);
            all.extend(version.map(|version| fact("version", &version.to_string())));
            all
        }
        What::PublishFailed {
            published,
            fault,
            why,
            ..
        } => {
            let mut all = publishing(notice, published);
            all.extend([fact("fault", fault), fact("why", why)]);
            if let NextByItself::Again { not_before } = notice.next {
                all.extend([fact("next_at", &not_before.to_rfc3339())]);
            }
            all
        }
        What::BadImageStays {
            destination,
            image,
            why,
            ..
        } => facts([
            ("installation", notice_installation(notice).to_owned()),
            ("destination", destination.to_string()),
            ("image", image.to_string()),
            ("why", why.clone()),
        ]),
        What::RetireDue { due } => {
            let count = (due.first.len() + due.more).to_string();
            let images: Vec<&str> = due.first.iter().map(|one| one.image.as_str()).collect();
            facts([
                ("installation", notice_installation(notice).to_owned()),
                ("count", count),
                ("images", images.join(",")),
            ])
        }
        What::Retired { retired, snapshots } => {
            let mut all = retiring(notice, retired);
            let removed: Vec<&str> = snapshots.removed.iter().map(SnapshotId::as_str).collect();
            all.extend([fact("snapshots_removed", &removed.join(","))]);
            all
        }
        What::RetireFailed {
            retired,
            fault,
            why,
        } => {
            let mut all = retiring(notice, retired);
            all.extend([fact("fault", fault), fact("why", why)]);
            if let NextByItself::Again { not_before } = notice.next {
                all.extend([fact("next_at", &not_before.to_rfc3339())]);
            }
            all
        }
        What::Blind(told) => {
            let mut all = blind(notice, &told.of, told.since);
            all.extend([
                fact("denied", &told.denied.to_string()),
                fact("why", &told.why),
            ]);
            all
        }
        What::BlindOver {
            of, since, ends, ..
        } => {
            let mut all = blind(notice, of, *since);
            all.extend([fact("resolves", ends)]);
            all
        }
        What::HeldByPerson { hold } => held(notice, hold),
        What::Stray { kind, id, .. } => {
            let scope = notice.scope.as_ref();
            let account = scope.map_or("-".into(), |scope| scope.account.to_string());
            let region = scope.map_or("-".into(), |scope| scope.region.to_string());
            facts([
                ("installation", notice_installation(notice).to_owned()),
                ("kind", kind.as_str().to_owned()),
                ("id", id.clone()),
                ("account", account),
                ("region", region),
            ])
        }
        What::PassCut { began, limit_s } => facts([
            ("installation", notice_installation(notice).to_owned()),
            ("limit_s", limit_s.to_string()),
            ("since", began.to_rfc3339()),
        ]),
        What::Sample { receiver } => {
            let whose = notice.installation.as_ref();
            let whose = whose.map_or("-", Installation::as_str).to_owned();
            facts([("installation", whose), ("receiver", receiver.clone())])
        }
        What::Withheld(told) => facts(withheld::withheld_facts(told)),
        What::Digest(told) => facts(digest::digest_facts(told)),
        What::Reminder(told) => facts(digest::reminder_facts(told)),
        What::Prose(prose) => prose.facts().clone(),
        of_a_bake => baked(notice, of_a_bake),
    }
}

fn blind(notice: &Notice, of: &BlindOf, since: DateTime<Utc>) -> Facts {
    let account = of.account.as_ref().map_or("-", AccountId::as_str);
    let region = of.region.as_ref().map_or("-", Region::as_str);
    facts([
        ("installation", notice_installation(notice).to_owned()),
        ("account", account.to_owned()),
        ("region", region.to_owned()),
        ("base", of.base.clone().unwrap_or("-".into())),
        ("since", since.to_rfc3339()),
    ])
}

fn drifted(notice: &Notice, told: &DriftTold) -> Facts {
    let release = told.release.as_ref();
    let version = release.map_or("unknown", |release| release.version.as_str());
    let mut codes: Vec<&str> = told.codes.iter().copied().map(ReasonCode::as_str).collect();
    codes.sort_unstable();
    let mut all = facts([
        ("installation", notice_installation(notice).to_owned()),
        ("release_image", image_of(release)),
        ("release_version", version.to_owned()),
        ("environments", told.behind.to_string()),
        ("codes", codes.join(",")),
    ]);
    match &told.step {
        DriftStep::Release { from, from_version } => {
            all.extend([fact("from_image", from.as_str())]);
            let version = from_version.as_deref();
            all.extend(version.map(|version| fact("from_version", version)));
        }
        DriftStep::Image { from } => {
            let images = [("from_image", from), ("image", &told.current)];
            let images = images.map(|(name, image)| fact(name, &text_of(image.as_ref())));
            all.extend(images);
        }
        DriftStep::Neither => {}
    }
    all
}

fn held(notice: &Notice, hold: &Hold) -> Facts {
    let mut all = facts([
        ("installation", notice_installation(notice).to_owned()),
        ("held", hold.on.to_string()),
        ("by", hold.by.clone()),
        ("reason", hold.reason.clone()),
        ("since", hold.since.to_rfc3339()),
    ]);
    all.extend(hold.until.map(|until| fact("until", &until.to_rfc3339())));
    all
}

/// What is told of a bake.
fn baked(notice: &Notice, what: &What) -> Facts {
    match what {
        What::Baked {
            bake,
            image,
            changes,
            ..
        } => {
            let mut all = order(notice, bake);
            all.extend([fact("image", image.as_str())]);
            all.extend(changes.as_ref().map(changed).unwrap_or_default());
            all
        }
        What::Redundant { bake, image } => {
            let mut all = order(notice, bake);
            all.extend([fact("image", image.as_str())]);
            all
        }
        What::Failed {
            bake, why, kept, ..
        } => {
            let mut all = order(notice, bake);
            all.extend([fact("why", why)]);
            let stands = kept.as_ref().and_then(|kept| Some((kept, kept.until?)));
            if let Some((kept, until)) = stands {
                let id = kept.instance.as_str();
                all.extend([fact("kept", id), fact("kept_until", &until.to_rfc3339())]);
            }
            if let NextByItself::Again { not_before } = notice.next {
                all.extend([fact("next_at", &not_before.to_rfc3339())]);
            }
            all
        }
        What::GaveUp {
            bake,
            attempts,
            why,
        } => {
            let mut all = order(notice, bake);
            all.extend([fact("attempts", &attempts.to_string()), fact("why", why)]);
            all
        }
        What::LeftBehind { bake, .. } => order(notice, bake),
        _ => Facts::new(),
    }
}

/// What is told of a watch's rollout.
fn rolling(notice: &Notice) -> Facts {
    let (of, more): (&RolledImage, Vec<(String, String)>) = match &notice.what {
        What::ApprovalNeeded(told) => {
            let lapses = fact("lapses_at", &told.lapses_at.to_rfc3339());
            (&told.of, vec![fact("question", &told.id), lapses])
        }
        What::ApprovalLapsed { id, of, .. } => (of, vec![fact("question", id)]),
        What::RolloutSuperseded(told) => {
            let older = fact("older_image", told.image.as_str());
            (&told.newer, vec![older])
        }
        What::WaveThrough(told) => {
            let counts = [("wave", told.wave), ("waves", told.waves)];
            let counts = counts.map(|(name, count)| fact(name, &count.to_string()));
            (&told.of, counts.into())
        }
        What::RolloutBlocked(told) => {
            let target = fact("target", &told.target.to_string());
            (
                &told.of,
                vec![target, fact("code", told.reason.code().as_str())],
            )
        }
        What::HandsNeeded(told) => {
            let count = told.changes.first.len() + told.changes.more;
            (&told.of, vec![fact("environments", &count.to_string())])
        }
        _ => return Facts::new(),
    };
    let mut all = facts([
        ("installation", notice_installation(notice).to_owned()),
        ("image", of.image.to_string()),
        (
            "release_version",
            of.base_version.clone().unwrap_or("-".into()),
        ),
    ]);
    all.extend(more);
    all
}

fn moving(notice: &Notice, moved: &MoveTold) -> Facts {
    let platform = |arn: &Option<PlatformArn>| {
        let arn = arn.as_ref().map(ToString::to_string);
        arn.unwrap_or("-".to_owned())
    };
    facts([
        ("installation", notice_installation(notice).to_owned()),
        ("target", moved.target.to_string()),
        ("from_image", text_of(moved.from.as_ref())),
        ("to_image", text_of(moved.to.as_ref())),
        ("from_platform", platform(&moved.from_platform)),
        ("to_platform", platform(&moved.to_platform)),
        ("by", moved.by.clone()),
        ("journal", moved.journal.clone()),
    ])
}

fn publishing(notice: &Notice, told: &PublishTold) -> Facts {
    let mut all = facts([
        ("installation", notice_installation(notice).to_owned()),
        ("destination", told.destination.to_string()),
        ("published_as", told.publish.what()),
        ("from_image", text_of(told.from.as_ref())),
        ("image", told.image.to_string()),
        (
            "release_version",
            told.base_version.clone().unwrap_or("-".into()),
        ),
        ("by", told.by.clone()),
        ("journal", told.journal.clone()),
    ]);
    let back = told.back.as_ref();
    all.extend(back.map(|back| fact("taken_back", back.image.as_str())));
    all
}

/// What is told of an older image.
fn retiring(notice: &Notice, retired: &RetiredTold) -> Facts {
    let scope = notice.scope.as_ref();
    facts([
        ("installation", notice_installation(notice).to_owned()),
        (
            "region",
            scope.map_or("-".into(), |scope| scope.region.to_string()),
        ),
        ("image", retired.image.to_string()),
        ("act", retired.act.as_str().to_owned()),
        (
            "release_version",
            retired.base_version.clone().unwrap_or("-".into()),
        ),
        ("by", retired.by.clone()),
    ])
}

fn order(notice: &Notice, bake: &BakeTold) -> Facts {
    facts([
        ("installation", notice_installation(notice).to_owned()),
        ("key", bake.key.to_string()),
        ("generation", bake.generation.to_string()),
        ("attempt", bake.attempt.to_string()),
        ("release_image", bake.release.image.to_string()),
        ("release_version", bake.release.version.clone()),
        ("recipe", bake.recipe.clone()),
        ("architecture", bake.architecture.to_string()),
    ])
}

/// What changed since the image before.
fn changed(changes: &ChangesInShort) -> Facts {
    facts([
        ("changes", changes.line.clone()),
        ("changes_since", changes.since.to_string()),
        ("packages_changed", changes.changed.to_string()),
        ("packages_added", changes.added.to_string()),
        ("packages_removed", changes.removed.to_string()),
    ])
}

fn facts<const N: usize>(pairs: [(&str, String); N]) -> Facts {
    let pairs = pairs.iter();
    pairs.map(|(name, value)| fact(name, value)).collect()
}

fn fact(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), clean(value))
}

fn image_of(release: Option<&ReleasePoint>) -> String {
    text_of(release.map(|release| &release.image))
}

fn text_of(image: Option<&ImageId>) -> String {
    image.map_or("-", ImageId::as_str).to_owned()
}
