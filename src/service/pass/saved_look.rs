//! What a person's look asks beside the verdict: whether saved configurations name older images of the watch,
//! for the applications whose environments amiwatch moves or has moved. A pass asks none of it: it is an
//! information that nothing hangs on, and its calls would be made every quarter of an hour.

use std::collections::{BTreeMap, BTreeSet};

use super::rollout_look::LookedRollout;
use crate::cloud::CloudError;
use crate::flow::rollout::beneath::read_application_images;
use crate::flow::rollout::case::TargetStand;
use crate::flow::rollout::elsewhere::{add_named_elsewhere, applications, older_images};
use crate::model::drift::Drift;
use crate::model::ids::{ImageId, Scope, TargetId};
use crate::model::rollout::TargetMoves;
use crate::model::saved_images::SavedImages;
use crate::model::sighting::WatchSighting;
use crate::service::Service;
use crate::store::{StoreError, moves};

/// Applications whose saved configurations one look reads; of more it says that they were not.
const APPLICATIONS_MAX: usize = 10;

/// A watch whose verdict is there.
pub(super) struct SavedScene<'a> {
    /// Where the watch works.
    pub(super) home: &'a Scope,
    pub(super) seen: Option<&'a WatchSighting>,
    pub(super) rollout: Option<&'a LookedRollout>,
    pub(super) drift: &'a mut Drift,
}

/// Looks, and puts what was found into the verdict.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdict.
pub(super) async fn look_at_saved(
    service: &Service<'_>,
    one: &mut SavedScene<'_>,
) -> Result<(), StoreError> {
    let Some(older) = older(one).filter(|older| !older.is_empty()) else {
        return Ok(());
    };
    let moved = moved_or_moving(service, one).await?;
    let mut saved = BTreeMap::new();
    for (nth, place) in applications(&moved).into_iter().enumerate() {
        let (there, application) = &place;
        let mover = service.mover_there(one.home, there);
        let found = match (&mover, nth < APPLICATIONS_MAX) {
            (Ok(mover), true) => read_application_images(mover, application).await,
            (Err(error), _) => unread(application, &said(error)),
            (Ok(_), false) => unread(
                application,
                "there are more applications than one look asks",
            ),
        };
        saved.insert(place, found);
    }
    add_named_elsewhere(one.drift, &moved, &older, &saved);
    Ok(())
}

/// The older images of the watch; absent where they are not known, or there is none to be older than.
fn older(one: &SavedScene<'_>) -> Option<BTreeSet<ImageId>> {
    let ours = one.seen?.ours.known()?;
    let chosen = one
        .rollout
        .as_ref()
        .and_then(|rollout| rollout.chosen.as_ref());
    let newest = match chosen {
        Some(chosen) => &chosen.image,
        None => one.drift.current.as_ref()?,
    };
    Some(older_images(ours, newest))
}

/// Environments that are moved now, and those that a move of ours brought to where they were last.
async fn moved_or_moving(
    service: &Service<'_>,
    one: &SavedScene<'_>,
) -> Result<BTreeSet<TargetId>, StoreError> {
    let decided = one.rollout.iter().flat_map(|one| &one.decision.targets);
    let moving = decided.filter(|one| {
        matches!(
            one.stand,
            TargetStand::Move(_) | TargetStand::UnderWay { .. }
        )
    });
    let mut found: BTreeSet<TargetId> = moving.map(|one| one.target.clone()).collect();
    for target in &one.drift.targets {
        let moves = moves::target_moves(service.store, &target.target)
            .await?
            .value;
        let moves = moves.of_environment(target.environment_id.as_deref());
        if was_moved(&moves) {
            found.insert(target.target.clone());
        }
    }
    Ok(found)
}

fn was_moved(moves: &TargetMoves) -> bool {
    let last = moves.last.as_ref();
    last.is_some_and(|last| !last.back && last.fault.is_none())
}

fn unread(application: &str, why: &str) -> SavedImages {
    SavedImages {
        unread: vec![format!("the saved configurations of {application}: {why}")],
        ..SavedImages::default()
    }
}

fn said(error: &CloudError) -> String {
    error.to_string()
}
