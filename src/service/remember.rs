//! What a look teaches, written down: when a release was first seen, an adopted image, the drift with
//! the notice about it, and the chronicle's entry when this look differs from the last, in one batch. Decides nothing: the plan has.

use super::Service;
use super::look::Looked;
use crate::flow::notify;
use crate::flow::verdict::{self, Exit};
use crate::model::bake::{BakeKey, BakedImage};
use crate::model::chronicle::{Entry, Seen, What};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::ids::{ImageId, WatchName};
use crate::model::made::Made;
use crate::model::notice::Notice;
use crate::model::plan::Action;
use crate::model::reason::Class;
use crate::model::tags;
use crate::store::memory::{self, Versioned, chronicle};
use crate::store::{Batch, Lease, Op, StoreError};

/// Stores what the look taught: when a release was first seen, an adopted image, and the drift with
/// the notice about it, in one batch.
///
/// # Errors
/// When the store fails.
pub async fn remember(
    service: &Service<'_>,
    lease: Lease,
    looked: &Looked<'_>,
) -> Result<(), StoreError> {
    let Some(place) = &looked.place else {
        return Ok(());
    };
    loop {
        let name = &looked.watch.name;
        let before = memory::watch(service.store, &place.scope, name).await?;
        let after = learned(&before.value, looked, service);
        let mut ops = vec![Op::CheckLease { epoch: lease.epoch }];
        if after != before.value {
            let changed = Versioned {
                version: before.version,
                value: after,
            };
            ops.push(memory::put_watch(&place.scope, name, &changed));
        }
        let installation = service.settings.installation.as_ref();
        let holds = memory::holds(service.store, installation, name).await?;
        ops.extend(without_ended(service, name, &holds));
        for notice in notices(service, looked, &holds.value) {
            let who = service.told();
            ops.extend(memory::tell(service.store, &notice, who.of(notice.event)).await?);
        }
        let entry = Entry {
            at: service.clock.now(),
            what: What::Seen(Seen::of(&looked.item)),
        };
        ops.extend(chronicle::append(service.store, &place.scope, name, &entry).await?);
        if ops.len() == 1 {
            return Ok(());
        }
        match service.store.commit(Batch::of(ops)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other,
        }
    }
}

/// The memory after this look.
fn learned(before: &WatchHistory, looked: &Looked<'_>, service: &Service<'_>) -> WatchHistory {
    let mut after = before.clone();
    let now = service.clock.now();
    if let Some(release) = &looked.item.drift.release {
        // The very first release of a watch counts from its own date: nobody saw it come.
        let first = if before.first_seen.is_empty() {
            release.created.unwrap_or(now)
        } else {
            now
        };
        after.saw(&release.image, first);
    }
    let drift = &looked.item.drift;
    if drift.has(Class::Drift) || drift.has(Class::Behind) {
        after.drifted_since.get_or_insert(now);
    } else if looked.item.action != Action::CannotTell && verdict::exit([drift]) == Exit::Done {
        after.drifted_since = None;
    }
    if let Action::Adopt { image, .. } = &looked.item.action {
        after.current = looked.adopted(image).or(after.current);
        after.failing = None;
    }
    after
}

/// The write that drops holds which have ended, when there are any.
fn without_ended(
    service: &Service<'_>,
    watch: &WatchName,
    holds: &Versioned<Vec<Hold>>,
) -> Option<Op> {
    let now = service.clock.now();
    let mut kept = holds.clone();
    kept.value.retain(|hold| hold.in_force(now));
    let ended = kept.value.len() < holds.value.len();
    ended
        .then(|| memory::put_holds(service.settings.installation.as_ref(), watch, &kept))
        .flatten()
}

fn notices(service: &Service<'_>, looked: &Looked<'_>, holds: &[Hold]) -> Vec<Notice> {
    let now = service.clock.now();
    let Some(installation) = &service.settings.installation else {
        return Vec::new();
    };
    let watch = &looked.watch.name;
    let held = holds.iter().filter(|hold| hold.in_force(now));
    notify::drift(installation, &looked.item.drift, now)
        .into_iter()
        .chain(held.map(|hold| notify::held_by_a_person(installation, watch, hold, now)))
        .collect()
}

impl Looked<'_> {
    /// The image to adopt, as its tags tell it.
    fn adopted(&self, id: &ImageId) -> Option<BakedImage> {
        let image = self
            .seen
            .as_ref()?
            .ours
            .known()?
            .iter()
            .find(|image| image.id == *id)?;
        let made = Made::read(image)?;
        Some(BakedImage {
            image: made.image,
            key: BakeKey::from_tag(image.tags.get(tags::KEY)?),
            generation: made.generation,
            base_image: made.base_image,
            base_version: made.base_version.unwrap_or_default(),
            recipe_digest: made.recipe_digest,
            baked_at: made.created?,
            redundant: false,
            checks_digest: None,
            adopted_at: None,
        })
    }
}
