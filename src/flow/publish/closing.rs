//! The facts that a publication's end leaves, and the notice about it: one batch with the end itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::hands::Publication;
use super::kind::{journal_of, look_command};
use super::steps::{PublicationOutput, PublicationStep, PublishKind};
use super::trouble::PublishFault;
use crate::flow::notify::{self, FailedPublication};
use crate::flow::plan::retry::retry_after;
use crate::model::chronicle::{Entry, EntryWhat, PublishedEntry};
use crate::model::ids::ImageId;
use crate::model::notice::Notice;
use crate::model::publish::{DestinationLedger, PublishFailing, PublishOrder, PublishedImage};
use crate::store::publications::{destination_ledger, put_ledger};
use crate::store::records::chronicle;
use crate::store::{Op, StoreError, records};
use crate::workflow::{Run, RunOutcome, StepFailure};

/// The writes that go with the end of a publication.
pub(super) async fn closing_ops(
    hands: &Publication<'_>,
    run: &Run<PublishKind>,
    outcome: &RunOutcome,
    now: DateTime<Utc>,
) -> Result<Vec<Op>, StoreError> {
    let order = run.input();
    let (home, watch, destination) = (&order.home, &order.watch, &order.destination);
    let mut ledger = destination_ledger(hands.store, home, watch, destination).await?;
    remember(&mut ledger.value, run, outcome, now);
    let mut ops = vec![put_ledger(home, watch, destination, &ledger)];
    if let Some(notice) = notice(run, outcome, &ledger.value, now) {
        ops.extend(records::notice_ops(hands.store, &notice, hands.told).await?);
    }
    let entry = Entry {
        at: now,
        what: EntryWhat::Published(entry(order, run, outcome).within_bounds()),
    };
    ops.extend(chronicle::append_entries(hands.store, home, watch, &entry).await?);
    Ok(ops)
}

/// What is remembered of the destination from now on.
fn remember(
    ledger: &mut DestinationLedger,
    run: &Run<PublishKind>,
    outcome: &RunOutcome,
    now: DateTime<Utc>,
) {
    let order = run.input();
    ledger.under_way = None;
    ledger.ordered = ledger.ordered.max(order.number);
    match outcome {
        RunOutcome::Succeeded { .. } => succeeded(ledger, run, now),
        RunOutcome::Failed { failure, .. } => {
            if run.output(PublicationStep::Write).is_some() {
                ledger.unsure = Some(order.image.clone());
                ledger.unsure_copy.clone_from(&order.copy);
            }
            failed(ledger, order, failure, now);
        }
    }
}

fn succeeded(ledger: &mut DestinationLedger, run: &Run<PublishKind>, now: DateTime<Utc>) {
    let order = run.input();
    let version = match run.output(PublicationStep::ReadBack) {
        Some(PublicationOutput::Stands { version }) => *version,
        _ => None,
    };
    if let (true, Some(back)) = (order.publish.lasts(), &order.back) {
        return ledger.withdrawn(&back.image);
    }
    if ledger.now.is_none() {
        // What was there before amiwatch first wrote is good until somebody says otherwise.
        ledger.before.extend(found_before(run, now));
    }
    ledger.stands(PublishedImage {
        image: order.image.clone(),
        copy: copy_of_run(run).cloned(),
        base_version: order.base_version.clone(),
        at: now,
        published: order.publish.clone(),
        version,
        found: false,
    });
    // What is not for use is nothing to go back to, even when nobody says so any more.
    if let Some(back) = &order.back {
        ledger.before.retain(|one| one.image != back.image);
    }
}

/// What the image is called in the destination's region, where it is a copy: the one that the run made, or
/// the one that it made known.
fn copy_of_run(run: &Run<PublishKind>) -> Option<&ImageId> {
    match run.output(PublicationStep::Write) {
        Some(PublicationOutput::Copied { image }) => Some(image),
        _ => run.input().copy.as_ref(),
    }
}

fn found_before(run: &Run<PublishKind>, now: DateTime<Utc>) -> Option<PublishedImage> {
    let Some(PublicationOutput::LookedAt {
        image: Some(image),
        version,
    }) = run.output(PublicationStep::LookAtIt)
    else {
        return None;
    };
    // The copy that this run makes known, found under its own name: the image itself, and none before it.
    if image == run.input().image_here() {
        return None;
    }
    Some(PublishedImage {
        image: image.clone(),
        copy: None,
        base_version: None,
        at: now,
        published: run.input().publish.clone(),
        version: *version,
        found: true,
    })
}

/// Tried again with pauses that grow, unless only a person helps. An old good image that is gone is none to go
/// back to: the next decision takes the one before it.
fn failed(
    ledger: &mut DestinationLedger,
    order: &PublishOrder,
    failure: &StepFailure,
    now: DateTime<Utc>,
) {
    let fault = PublishFault::of_kind(&failure.kind);
    let gone = matches!(
        fault,
        Some(PublishFault::ImageGone | PublishFault::ImageUnfit)
    );
    if order.back.is_some() && gone && !order.publish.lasts() {
        ledger.before.retain(|one| one.image != order.image);
        ledger.failing = None;
        return;
    }
    let before = ledger.failing.as_ref();
    let before = before.filter(|failing| failing.image == order.image);
    let attempts = before.map_or(0, |failing| failing.attempts) + 1;
    let pause = match fault {
        Some(fault) if fault.stays() => None,
        _ => retry_after(attempts).and_then(|pause| TimeDelta::from_std(pause).ok()),
    };
    ledger.failing = Some(PublishFailing {
        image: order.image.clone(),
        attempts,
        next_at: pause.map(|pause| now + pause),
        why: failure.why.clone(),
    });
}

/// One notice a run. What failed as it failed before is not told again, until it is given to a person.
fn notice(
    run: &Run<PublishKind>,
    outcome: &RunOutcome,
    after: &DestinationLedger,
    now: DateTime<Utc>,
) -> Option<Notice> {
    let order = run.input();
    let journal = journal_of(order);
    match outcome {
        RunOutcome::Succeeded { .. } => {
            let from = stood_before(run);
            Some(notify::image_published(
                order,
                &journal,
                copy_of_run(run),
                from.as_ref(),
                after.now.as_ref().and_then(|stands| stands.version),
                now,
            ))
        }
        RunOutcome::Failed { failure, .. } => {
            let failing = after.failing.as_ref();
            let failed = FailedPublication {
                why: &failure.why,
                fault: &failure.kind,
                next_at: failing.and_then(|failing| failing.next_at),
                goes_on: failing.is_none(),
                look: look_command(order).to_string(),
            };
            let attempts = failing.map_or(1, |failing| failing.attempts);
            let persons = failing.is_some_and(|failing| failing.next_at.is_none());
            (attempts == 1 || persons)
                .then(|| notify::publication_failed(order, &journal, &failed, now))
        }
    }
}

/// What stood there, by whomever.
fn stood_before(run: &Run<PublishKind>) -> Option<ImageId> {
    match run.output(PublicationStep::LookAtIt) {
        Some(PublicationOutput::LookedAt { image, .. }) => image.clone(),
        _ => None,
    }
}

fn entry(order: &PublishOrder, run: &Run<PublishKind>, outcome: &RunOutcome) -> PublishedEntry {
    let why = match outcome {
        RunOutcome::Succeeded { .. } => order.back.as_ref().map(|back| back.why.clone()),
        RunOutcome::Failed { failure, .. } => Some(failure.why.clone()),
    };
    PublishedEntry {
        journal: journal_of(order),
        destination: order.destination.clone(),
        published: order.publish.what(),
        from: stood_before(run),
        to: copy_of_run(run).unwrap_or(&order.image).clone(),
        back: order.back.is_some(),
        failed: matches!(outcome, RunOutcome::Failed { .. }),
        why,
        by: Some(order.by.clone()),
    }
}
