//! Keeps a failed bake's builder for people to look inside: marks it with until when, and stops it. One for a
//! watch: an older one gives way. What EC2 does not stop is ended as any other.
//!
//! The mark comes first: whoever finds the builder without a store to ask knows what it is and when it goes.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::hands::BakeHands;
use super::steps::{BakeKind, BakeOutput, BakeStep};
use super::trouble::undo_error;
use crate::cloud::{CloudError, ErrorKind, Instance, InstanceState};
use crate::model::bake::BakeOrder;
use crate::model::ids::InstanceId;
use crate::model::kept::{KeptBuilder, tag_value, until_in_tag};
use crate::model::tags;
use crate::workflow::{At, Run, StepError};

/// How far keeping a builder is.
pub(super) enum Keeping {
    /// It stands still, marked.
    Kept,
    /// On its way there.
    Pending,
    /// It cannot be kept: it goes as any other.
    Refused,
}

/// It carries the mark.
pub(super) fn is_marked(guest: &Instance) -> bool {
    guest.tags.contains_key(tags::KEPT_UNTIL)
}

/// The builder that is worth a look: it ran, and it or what was made of it was found wrong.
pub(super) fn builder_to_keep(run: &Run<BakeKind>) -> Option<&InstanceId> {
    run.input().keep_failed_s?;
    let (failed, failure) = run.failure()?;
    let found_wrong = matches!(
        failed,
        BakeStep::Report | BakeStep::Stopped | BakeStep::BootReport
    );
    // What ended meanwhile nobody looks into, nor what the person who stopped the bake wants gone.
    if !found_wrong || failure.kind == "builder_ended" {
        return None;
    }
    match run.output(BakeStep::LaunchBuilder) {
        Some(BakeOutput::Instance { id }) => Some(id),
        _ => None,
    }
}

/// One move towards keeping it.
pub(super) async fn keep_builder(
    bake: &BakeHands<'_>,
    at: &At<'_, BakeKind>,
    guest: &Instance,
) -> Result<Keeping, StepError> {
    if !is_marked(guest) {
        let seconds = at.run.input().keep_failed_s.unwrap_or_default();
        let for_now = TimeDelta::try_seconds(seconds.cast_signed()).unwrap_or_default();
        let mark = (tags::KEPT_UNTIL.to_owned(), tag_value(at.now + for_now));
        let mark = BTreeMap::from([mark]);
        return match bake.cloud.tag(&[guest.id.as_str()], &mark).await {
            Ok(()) => Ok(Keeping::Pending),
            Err(error) => refused(guest, &error),
        };
    }
    match guest.state {
        InstanceState::Stopped => {
            give_way(bake, at.run.input(), &guest.id).await?;
            Ok(Keeping::Kept)
        }
        InstanceState::Stopping => Ok(Keeping::Pending),
        InstanceState::ShuttingDown | InstanceState::Terminated => Ok(Keeping::Refused),
        InstanceState::Pending | InstanceState::Running | InstanceState::Other => {
            match bake.cloud.stop(&guest.id).await {
                Ok(()) => Ok(Keeping::Pending),
                Err(error) => refused(guest, &error),
            }
        }
    }
}

/// EC2 stops no instance whose root is not on EBS, and no one-time spot instance; or we may not.
fn refused(guest: &Instance, error: &CloudError) -> Result<Keeping, StepError> {
    match error.kind {
        ErrorKind::Throttled
        | ErrorKind::Transient
        | ErrorKind::Unknown
        | ErrorKind::Conflict
        | ErrorKind::NoCredentials => Err(undo_error(error)),
        ErrorKind::NotFound
        | ErrorKind::Denied
        | ErrorKind::Quota
        | ErrorKind::Capacity
        | ErrorKind::Invalid
        | ErrorKind::Empty => {
            let (id, why) = (guest.id.as_str(), error.to_string());
            tracing::warn!(id, why, "a failed builder cannot be kept");
            Ok(Keeping::Refused)
        }
    }
}

/// Ends those that were kept for the same watch before.
async fn give_way(
    bake: &BakeHands<'_>,
    order: &BakeOrder,
    newest: &InstanceId,
) -> Result<(), StepError> {
    let of_watch = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::WATCH, order.watch.as_str()),
        (tags::ROLE, tags::role::BUILDER),
    ];
    let found = bake.cloud.instances_tagged(&of_watch).await;
    let found = found.map_err(|error| undo_error(&error))?;
    let older = |one: &&Instance| is_marked(one) && one.id != *newest && !one.state.ended();
    for guest in found.iter().filter(older) {
        let ended = bake.cloud.terminate(&guest.id).await;
        ended.map_err(|error| undo_error(&error))?;
    }
    Ok(())
}

/// What became of it, for whoever is told of the failure. What cannot be asked is not told.
pub(super) async fn kept_builder(bake: &BakeHands<'_>, run: &Run<BakeKind>) -> Option<KeptBuilder> {
    let id = builder_to_keep(run)?;
    let order = run.input();
    let of_key = [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::KEY, order.key.as_str()),
        (tags::ROLE, tags::role::BUILDER),
    ];
    let found = bake.cloud.instances_tagged(&of_key).await.ok()?;
    let guest = found.iter().find(|one| one.id == *id);
    let stands = guest.filter(|one| !one.state.ended());
    let until = stands.and_then(|one| until_in_tag(one.tags.get(tags::KEPT_UNTIL)?));
    Some(KeptBuilder {
        instance: id.clone(),
        until,
    })
}
