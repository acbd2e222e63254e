//! What a look teaches, written down: when a release was first seen, an adopted image, the drift with
//! the notice about it, and the chronicle's entry when this look differs from the last, in one batch.
//! Decides nothing: plan and notify have.

use super::Service;
use super::look::Looked;
use crate::flow::notify::{self, News};
use crate::flow::verdict::{self, Exit};
use crate::model::bake::{BakeKey, BakedImage};
use crate::model::chronicle::{Entry, Seen, What};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::ids::{ImageId, Installation, WatchName};
use crate::model::made::Made;
use crate::model::notice::Notice;
use crate::model::plan::Action;
use crate::model::reason::Class;
use crate::model::tags;
use crate::model::told::ToldDrift;
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
        let told = memory::told(service.store, &place.scope, name).await?;
        let mut notices = held(service, name, &holds.value);
        if let Some(news) = news(service, looked, told.as_ref().map(|told| &told.value)) {
            if told.is_none() {
                baseline(looked, &news);
            }
            let after = Versioned {
                version: told.map_or(0, |told| told.version),
                value: news.after,
            };
            ops.push(memory::put_told(&place.scope, name, &after));
            notices.extend(news.notice);
        }
        for notice in notices {
            let who = service.told();
            ops.extend(memory::tell(service.store, &notice, who.of(notice.event())).await?);
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

/// What people hold of a watch, to be told.
fn held(service: &Service<'_>, watch: &WatchName, holds: &[Hold]) -> Vec<Notice> {
    let now = service.clock.now();
    let Some(installation) = &service.settings.installation else {
        return Vec::new();
    };
    let held = holds.iter().filter(|hold| hold.in_force(now));
    held.map(|hold| notify::held_by_a_person(installation, watch, hold, now))
        .collect()
}

fn news(service: &Service<'_>, looked: &Looked<'_>, told: Option<&ToldDrift>) -> Option<News> {
    let installation = service.settings.installation.clone();
    // A config that makes nothing may have none, and is told of drift all the same.
    let installation = installation.unwrap_or_else(|| Installation::new(""));
    let scope = &looked.place.as_ref()?.scope;
    let (drift, now) = (&looked.item.drift, service.clock.now());
    notify::drift(&installation, scope, drift, told, now)
}

/// The first look at a watch tells nobody; the log may have it.
fn baseline(looked: &Looked<'_>, news: &News) {
    let watch = looked.watch.name.as_str();
    let out_of_step = news.after.said.len();
    tracing::info!(
        watch,
        out_of_step,
        "the first look at this watch: what is out of step already is told to nobody"
    );
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
            changes: None,
        })
    }
}
