//! What we know ourselves: environments' earlier images, what is published, holds, runs under way, what watches
//! remember.
//! Reads the store and asks nobody else.

mod published;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::flow::bake::steps::key_in;
use crate::flow::publish::kind::PublishKind;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::model::hold::HeldThing;
use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::image_uses::{ImageUse, KindAnswer, PlaceUses, ReferenceKind};
use crate::model::owned_image::OwnedImage;
use crate::model::rollout::TargetMoves;
use crate::model::rollout_memory::RolloutMemory;
use crate::model::sighting::Trouble;
use crate::model::tags;
use crate::store::{Store, StoreError, moves, records};
use crate::workflow::open::{OpenRun, all_open_runs};
use crate::workflow::recovery::replay;
use crate::workflow::{RunError, WorkflowKind as _};

/// Whose memory is read, for which images.
#[derive(Clone, Copy)]
pub(super) struct StoredAsk<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) installation: &'a Installation,
    pub(super) scope: &'a Scope,
    pub(super) images: &'a [OwnedImage],
    /// For how long an image that an environment ran may have to come back, by watch.
    pub(super) horizons: &'a BTreeMap<WatchName, Duration>,
    pub(super) now: DateTime<Utc>,
}

impl<'a> StoredAsk<'a> {
    /// The images among them that are copies of what this says: `eu-west-1/ami-1`.
    fn copies(self, of: impl Fn(&str) -> bool) -> impl Iterator<Item = &'a ImageId> {
        let copies = self.images.iter().map(|one| &one.image);
        copies
            .filter(move |one| one.tags.get(tags::COPY_OF).is_some_and(|said| of(said)))
            .map(|one| &one.id)
    }

    /// What an image of some region is called here: itself, or its copies.
    fn called(self, region: &str, image: &ImageId) -> Vec<ImageId> {
        let here = region == self.scope.region.as_str();
        let of = format!("{region}/{image}");
        let copies = self.copies(|said| said == of).cloned();
        here.then(|| image.clone())
            .into_iter()
            .chain(copies)
            .collect()
    }
}

/// What the store says of every kind that it knows of.
///
/// # Errors
/// When the store cannot be read. One record that makes no sense leaves its kind unread.
pub(super) async fn read_stored_uses(ask: StoredAsk<'_>) -> Result<PlaceUses, StoreError> {
    Ok(PlaceUses(BTreeMap::from([
        (ReferenceKind::RecordedBefore, read_before(ask).await?),
        (
            ReferenceKind::Published,
            published::read_published(ask).await?,
        ),
        (ReferenceKind::Hold, read_holds(ask).await?),
        (ReferenceKind::OpenRun, read_open_runs(ask).await?),
        (ReferenceKind::Remembered, read_memories(ask).await?),
    ])))
}

/// What was read; a record that makes no sense is missed instead.
fn or_missed<T>(
    read: Result<T, StoreError>,
    answer: &mut KindAnswer,
) -> Result<Option<T>, StoreError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_about_one_record() => {
            answer.missed(Trouble {
                what: format!("{} of the store", answer.asked),
                why: error.to_string(),
                denied: false,
            });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn read_before(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("remembered moves");
    for read in moves::each_moved_in_region(ask.store, ask.scope).await? {
        let Some((target, moves)) = or_missed(read, &mut answer)? else {
            continue;
        };
        let by = match target.scope == *ask.scope {
            true => target.name(),
            false => format!("{}:{}", target.scope.account, target.name()),
        };
        for (image, at) in ran(&moves) {
            let until = at.checked_add_signed(horizon_of(ask, image));
            let until = Some(until.unwrap_or(DateTime::<Utc>::MAX_UTC));
            let by = format!("{by} ran it until {}", at.format("%Y-%m-%d"));
            answer.add(image.clone(), ImageUse { by, until });
        }
    }
    Ok(answer)
}

/// The images that an environment's last move was between, and what it can be taken back to, with the time
/// until which it certainly ran them.
fn ran(moves: &TargetMoves) -> Vec<(&ImageId, DateTime<Utc>)> {
    let last = moves.last.iter();
    let last = last.flat_map(|last| {
        let both = last.from.iter().chain(&last.to);
        both.map(|image| (image, last.at))
    });
    let undo = moves.undo.iter().flat_map(|undo| {
        let moved = moves
            .last
            .as_ref()
            .filter(|last| last.journal == undo.journal);
        let at = moved.map_or(undo.before.at, |moved| moved.at);
        let images = [undo.before.image.image(), undo.from.image()];
        images.into_iter().flatten().map(move |image| (image, at))
    });
    last.chain(undo).collect()
}

/// By the watch that the image says it was made for; of a watch without rules it is nobody's question.
fn horizon_of(ask: StoredAsk<'_>, image: &ImageId) -> TimeDelta {
    let image = ask.images.iter().find(|one| one.image.id == *image);
    let watch = image.and_then(|one| one.image.tags.get(tags::WATCH));
    let horizon = watch.and_then(|name| ask.horizons.get(&WatchName::from(name.as_str())));
    let longest = ask.horizons.values().max();
    let horizon = horizon.or(longest).copied().unwrap_or_default();
    TimeDelta::from_std(horizon).unwrap_or(TimeDelta::MAX)
}

/// Holds of the watches that the images say they were made for.
async fn read_holds(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("holds");
    let mut by_watch: BTreeMap<WatchName, Vec<&ImageId>> = BTreeMap::new();
    for one in ask.images {
        if let Some(watch) = one.image.tags.get(tags::WATCH) {
            let images = by_watch.entry(WatchName::from(watch.as_str())).or_default();
            images.push(&one.image.id);
        }
    }
    for (watch, images) in by_watch {
        let read = records::remembered_holds(ask.store, Some(ask.installation), &watch).await;
        let holds = or_missed(read, &mut answer)?.map(|holds| holds.value);
        for hold in holds.unwrap_or_default() {
            if !hold.in_force(ask.now) {
                continue;
            }
            let by = format!("{} holds {}: {}", hold.by, hold.on, hold.reason);
            let held = ImageUse {
                by,
                until: hold.until,
            };
            match &hold.on {
                HeldThing::Watch => images
                    .iter()
                    .for_each(|image| answer.add((*image).clone(), held.clone())),
                HeldThing::Image(image) => {
                    answer.add(image.clone(), held.clone());
                    // A hold names no region; ids are given once.
                    let copies = ask.copies(|of| of.rsplit('/').next() == Some(image.as_str()));
                    copies.for_each(|copy| answer.add(copy.clone(), held.clone()));
                }
                // Nothing is baked from it; what was baked is another question.
                HeldThing::Release(_) => {}
            }
        }
    }
    Ok(answer)
}

/// A run of a kind that this stage does not know may be about any image.
async fn read_open_runs(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("runs under way");
    for run in all_open_runs(ask.store).await? {
        let elsewhere = run.header.as_ref().is_some_and(|header| {
            // A publication is where its destination is, and reads its image where the watch works.
            let home = format!("{}/", ask.scope);
            let from_here = header.kind == PublishKind::NAME && header.subject.starts_with(&home);
            // A move may be in another account, to an image of this one.
            let may_move_to_ours =
                header.kind == MoveKind::NAME && header.scope.region == ask.scope.region;
            header.scope != *ask.scope && !from_here && !may_move_to_ours
        });
        if elsewhere {
            continue;
        }
        match images_of_run(ask, &run).await {
            Ok(images) => images.into_iter().for_each(|image| {
                answer.add(image, ImageUse::lasting(run.journal.clone()));
            }),
            Err(RunError::Store(error)) if !error.is_about_one_record() => return Err(error),
            Err(error) => answer.missed(Trouble {
                what: format!("what {} is about", run.journal),
                why: error.to_string(),
                denied: false,
            }),
        }
    }
    Ok(answer)
}

async fn images_of_run(ask: StoredAsk<'_>, run: &OpenRun) -> Result<Vec<ImageId>, RunError> {
    if let Some(key) = key_in(&run.journal) {
        let made = ask.images.iter().filter(|one| {
            let of = one.image.tags.get(tags::KEY);
            of.is_some_and(|of| of == key)
        });
        return Ok(made.map(|one| one.image.id.clone()).collect());
    }
    let header = run.known()?;
    if header.kind == MoveKind::NAME {
        let run = replay::<MoveKind>(ask.store, &run.journal).await?;
        let (from, to) = run.input().from_to();
        return Ok(from.into_iter().chain(to).cloned().collect());
    }
    if header.kind == PublishKind::NAME {
        let run = replay::<PublishKind>(ask.store, &run.journal).await?;
        let order = run.input();
        let images = [Some(&order.image), order.copy.as_ref()];
        let made = ask.called(order.home.region.as_str(), &order.image);
        return Ok(images.into_iter().flatten().cloned().chain(made).collect());
    }
    Err(RunError::Unknown {
        journal: run.journal.clone(),
    })
}

/// The present image of each watch here, and an image whose rollout is not through.
async fn read_memories(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("what watches remember");
    let account = format!("{}/", ask.scope.account);
    // `<region>/<watch>` of this account.
    let named = |name: &str| {
        let (region, watch) = name.strip_prefix(&account)?.split_once('/')?;
        Some((region.to_owned(), watch.to_owned()))
    };
    for read in records::each_watch(ask.store).await? {
        let Some((place, history)) = or_missed(read, &mut answer)? else {
            continue;
        };
        if let (Some((region, watch)), Some(current)) = (named(&place), history.current) {
            let by = format!("the present image of {watch}");
            let images = ask.called(&region, &current.image).into_iter();
            images.for_each(|image| answer.add(image, ImageUse::lasting(by.as_str())));
        }
    }
    for read in moves::each_rollout(ask.store).await? {
        let Some(rollout) = or_missed(read, &mut answer)? else {
            continue;
        };
        if let Some((region, watch)) = named(&rollout.name) {
            for image in rolling_images(&rollout.memory.value, ask.now) {
                let by = format!("the rollout of {watch}, which is not through");
                let images = ask.called(&region, image).into_iter();
                images.for_each(|image| answer.add(image, ImageUse::lasting(by.as_str())));
            }
        }
    }
    Ok(answer)
}

fn rolling_images(memory: &RolloutMemory, now: DateTime<Utc>) -> Vec<&ImageId> {
    let rolling = memory.image.as_ref();
    let rolling = rolling.filter(|rollout| rollout.finished_at.is_none());
    let asked = memory.approval.as_ref().filter(|asked| asked.is_open(now));
    let rolling = rolling.map(|rollout| &rollout.image);
    rolling
        .into_iter()
        .chain(asked.map(|asked| &asked.image))
        .collect()
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
