//! The facts that a bake's end leaves, and the notices about them: one batch with the end itself.
//!
//! The base counts as done only here, after everything has succeeded.

use chrono::{DateTime, TimeDelta, Utc};

use super::hands::BakeHands;
use super::image;
use super::keep;
use super::packed::Packed;
use super::steps::{BakeKind, BakeOutput, BakeStep, journal_name};
use crate::flow::notify;
use crate::flow::plan::retry::retry_after;
use crate::flow::verify::changes::{changes, in_short};
use crate::model::bake::{BakeOrder, BakedImage};
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::{BakedEntry, Entry, EntryWhat, ReleasePoint};
use crate::model::history::{Failing, WatchHistory};
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::kept::KeptBuilder;
use crate::model::notice::Notice;
use crate::store::left::{self, leave_behind, settled};
use crate::store::records::chronicle;
use crate::store::{Op, StoreError, records};
use crate::workflow::journal::LeftUndone;
use crate::workflow::{Run, RunOutcome, StepFailure};

/// The writes that go with the end of a bake.
pub(super) async fn closing_ops(
    bake: &BakeHands<'_>,
    run: &Run<BakeKind>,
    outcome: &RunOutcome,
    now: DateTime<Utc>,
) -> Result<Vec<Op>, StoreError> {
    let order = run.input();
    let mut history = records::remembered_watch(bake.store, &order.scope, &order.watch).await?;
    let behind = match outcome {
        RunOutcome::Succeeded { left } if left.is_empty() => settled(bake.store, order).await?,
        RunOutcome::Succeeded { left } | RunOutcome::Failed { left, .. } => {
            leave_behind(bake.store, order, left.iter().map(what).collect(), now).await?
        }
    };
    let there = match outcome {
        RunOutcome::Succeeded { .. } => None,
        RunOutcome::Failed { .. } => image::verified(bake, order).await,
    };
    let mut kept = None;
    let mut baked = entry(run, outcome);
    let notices = match (outcome, &there) {
        (RunOutcome::Succeeded { left }, _) => {
            let before = history.value.current.as_ref();
            let reported = reported(bake, run, before).await?;
            kept = reported.keep;
            baked.changes.clone_from(&reported.changes);
            succeeded(&mut history.value, run, left, reported.changes, now)
        }
        (RunOutcome::Failed { left, .. }, Some(image)) => {
            baked.image = Some(image.id.clone());
            baked.why = None;
            found(&mut history.value, order, image, left, now)
        }
        (
            RunOutcome::Failed {
                step,
                failure,
                left,
            },
            None,
        ) => {
            // An image of this name was made and found wrong: the next one is another generation.
            if run.failure().is_some_and(spoils_the_name) {
                remember_generation(&mut history.value, order, order.generation + 1);
            }
            let failure = with_left(failure, left);
            let kept = keep::kept_builder(bake, run).await;
            failed(&mut history.value, order, step, &failure, kept, now)
        }
    };
    let mut ops = vec![records::put_watch(&order.scope, &order.watch, &history)];
    ops.extend(behind);
    ops.extend(kept);
    for notice in notices {
        ops.extend(records::notice_ops(bake.store, &notice, bake.told).await?);
    }
    let entry = Entry {
        at: now,
        what: EntryWhat::Baked(baked.within_bounds()),
    };
    ops.extend(chronicle::append_entries(bake.store, &order.scope, &order.watch, &entry).await?);
    Ok(ops)
}

/// The end of the bake, for the chronicle.
fn entry(run: &Run<BakeKind>, outcome: &RunOutcome) -> BakedEntry {
    let order = run.input();
    let (image, why) = match (outcome, run.output(BakeStep::CreateImage)) {
        (RunOutcome::Succeeded { .. }, Some(BakeOutput::Image { id })) => (Some(id.clone()), None),
        (RunOutcome::Succeeded { .. }, _) => (None, None),
        (RunOutcome::Failed { step, failure, .. }, _) => (None, Some(format!("{step}: {failure}"))),
    };
    BakedEntry {
        journal: journal_name(&order.key, order.attempt),
        release: ReleasePoint::of_release(&order.release),
        generation: order.generation,
        attempt: order.attempt,
        image,
        why,
        changes: None,
    }
}

fn what(left: &LeftUndone) -> left::LeftThing {
    left::LeftThing {
        why: left.why.clone(),
        by_hand: left.by_hand.clone(),
    }
}

/// What the image's own report gives: a record of it, and what changed since the image before.
#[derive(Default)]
struct Reported {
    keep: Option<Op>,
    changes: Option<ChangesInShort>,
}

/// A report that cannot be read is no reason to lose an image: then nothing is said of changes.
async fn reported(
    bake: &BakeHands<'_>,
    run: &Run<BakeKind>,
    before: Option<&BakedImage>,
) -> Result<Reported, StoreError> {
    let scope = &run.input().scope;
    let (Some(BakeOutput::Image { id }), Some(BakeOutput::Report { report, .. })) = (
        run.output(BakeStep::CreateImage),
        run.output(BakeStep::BootReport),
    ) else {
        return Ok(Reported::default());
    };
    let version = records::remembered_report(bake.store, scope, id).await?;
    let version = version.map_or(0, |kept| kept.version);
    let keep = records::put_report(scope, id, version, report.as_str());
    let changes = match before {
        None => None,
        Some(before) => {
            let old = records::remembered_report(bake.store, scope, &before.image).await?;
            old.and_then(|old| {
                let old = Packed::stored(old.value).unpack().ok()?;
                in_short(&changes(&old, &report.unpack().ok()?), &before.image)
            })
        }
    };
    Ok(Reported {
        keep: Some(keep),
        changes,
    })
}

/// The generation belongs to these inputs; others begin at 0.
fn remember_generation(history: &mut WatchHistory, order: &BakeOrder, generation: u32) {
    history.generation = generation;
    history.generation_of = Some((order.release.image.clone(), order.recipe_digest.clone()));
}

/// The failure as people are told it: with what could not be removed, and what to do about it.
fn with_left(failure: &StepFailure, left: &[LeftUndone]) -> StepFailure {
    let mut told = failure.clone();
    for one in left {
        told.why = format!("{}; left behind: {}; {}", told.why, one.why, one.by_hand);
    }
    told
}

fn succeeded(
    history: &mut WatchHistory,
    run: &Run<BakeKind>,
    left: &[LeftUndone],
    changes: Option<ChangesInShort>,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let order = run.input();
    let Some(BakeOutput::Image { id }) = run.output(BakeStep::CreateImage) else {
        return Vec::new();
    };
    let redundant = matches!(
        run.output(BakeStep::Report),
        Some(BakeOutput::Report {
            redundant: true,
            ..
        })
    );
    let baked = BakedImage {
        redundant,
        changes,
        ..baked_image(order, id, now)
    };
    let mut notices = vec![notify::baked_notice(order, &baked, now)];
    notices.extend(notify::redundant(order, &baked, now));
    notices.extend(left_behind(order, left, now));
    history.current = Some(baked);
    history.failing = None;
    remember_generation(history, order, order.generation);
    notices
}

/// The image of this key is there and verified, and the bake was told of: this journal is an old one,
/// from a backup that was made before its end. Its failure is none.
fn found(
    history: &mut WatchHistory,
    order: &BakeOrder,
    image: &Image,
    left: &[LeftUndone],
    now: DateTime<Utc>,
) -> Vec<Notice> {
    history.current = Some(BakedImage {
        baked_at: image.created.unwrap_or(now),
        ..baked_image(order, &image.id, now)
    });
    history.failing = None;
    remember_generation(history, order, order.generation);
    left_behind(order, left, now).into_iter().collect()
}

/// The image of an order, as the watch's history holds it.
fn baked_image(order: &BakeOrder, image: &ImageId, now: DateTime<Utc>) -> BakedImage {
    BakedImage {
        image: image.clone(),
        key: order.key.clone(),
        generation: order.generation,
        base_image: order.release.image.clone(),
        base_version: order.release.version.clone(),
        recipe_digest: order.recipe_digest.clone(),
        baked_at: now,
        redundant: false,
        checks_digest: order.checks_digest.clone(),
        adopted_at: None,
        changes: None,
        story: order.story.clone(),
    }
}

/// The image of this name was found wrong, was changed by somebody, or is somebody else's.
fn spoils_the_name((step, failure): &(BakeStep, StepFailure)) -> bool {
    *step == BakeStep::BootReport
        || ["name_taken", "image_changed"].contains(&failure.kind.as_str())
}

/// What a person must remove, when there is anything.
fn left_behind(order: &BakeOrder, left: &[LeftUndone], now: DateTime<Utc>) -> Option<Notice> {
    let both = |one: &LeftUndone| format!("{}; {}", one.why, one.by_hand);
    let what: Vec<String> = left.iter().map(both).collect();
    (!what.is_empty()).then(|| notify::attention(order, "clean_up", &what, now))
}

fn failed(
    history: &mut WatchHistory,
    order: &BakeOrder,
    step: &str,
    failure: &StepFailure,
    kept: Option<KeptBuilder>,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let pause = retry_after(order.attempt).and_then(|pause| TimeDelta::from_std(pause).ok());
    let failing = Failing {
        key: order.key.clone(),
        attempts: order.attempt,
        last_at: now,
        last_why: format!("{step}: {failure}"),
        next_at: pause.map(|pause| now + pause),
        kept,
        story: order.story.clone(),
    };
    let attempt = notify::FailedAttempt {
        kind: &failure.kind,
        why: &failing.last_why,
        console: failure.detail.as_deref(),
        kept: failing.kept.as_ref(),
    };
    let mut notices = vec![notify::failed_notice(order, &attempt, failing.next_at, now)];
    if failing.next_at.is_none() {
        notices.push(notify::held(order, &failing, now));
    }
    history.failing = Some(failing);
    notices
}
