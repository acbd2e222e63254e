//! A look at all images with what follows from it: what was begun is seen through, what is due is remembered and
//! told, and, where the config says so, done: one act after the other, each bounded by what a look may do.
//!
//! A look is due every few hours, and before that only where something was begun or failed. Whether it is costs no
//! call.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::Serialize;

use super::acting::ActEnd;
use super::due::due_places;
use super::restoring::RestoreEnd;
use super::room::{RetireRoom, US, told_of};
use super::{ImagesUnseen, image_regions, see_images};
use crate::cloud::Identity;
use crate::flow::notify;
use crate::flow::retire::choose::{chosen_acts, has_come_about};
use crate::flow::retire::line::watch_of;
use crate::flow::retire::standing::ImagesSeen;
use crate::flow::retire::tell::{TaughtLook, taught};
use crate::model::ids::{ImageId, Installation, Region, WatchName};
use crate::model::owned_image::OwnedImage;
use crate::model::retire_record::{ActUnderWay, ImageRecord, RetireAct};
use crate::service::Service;
use crate::service::telemetry::source_chain;
use crate::store::{Lease, Op, StoreError, retired};

/// After this an act that did not come about is not waited for any more.
const SETTLES_WITHIN: TimeDelta = TimeDelta::hours(1);
/// Notices of one batch.
const TOLD_AT_ONCE: usize = 8;
/// For so long it is remembered that an image was deregistered.
const GONE_KEPT: TimeDelta = TimeDelta::days(90);

/// What looks at images did.
#[derive(Debug, Default)]
pub struct Retired {
    pub acts: Vec<RetiredImage>,
}

/// One act, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetiredImage {
    pub watch: WatchName,
    pub region: Region,
    pub image: ImageId,
    pub act: RetireAct,
    /// `done`, `spared`, `failed`, `unsettled`
    pub end: &'static str,
    pub why: Option<String>,
}

impl RetiredImage {
    /// AWS refused it.
    pub fn failed(&self) -> bool {
        self.end == "failed"
    }
}

/// Looks where a look is due. AWS's troubles are logged, and left to the next pass.
///
/// # Errors
/// When the store fails.
pub async fn retire_after_pass(service: &Service<'_>, lease: Lease) -> Result<Retired, StoreError> {
    let mut retired = Retired::default();
    let Some(installation) = &service.settings.installation else {
        return Ok(retired);
    };
    let places = due_places(service).await?;
    if places.is_empty() {
        return Ok(retired);
    }
    for region in image_regions(service).await? {
        if !places.is_due(region.as_ref(), service) {
            continue;
        }
        let looked = look_at_region(service, installation, region.as_ref(), lease);
        match Box::pin(looked).await {
            Ok(acts) => retired.acts.extend(acts),
            Err(ImagesUnseen::Store(error)) if !error.is_about_one_record() => return Err(error),
            Err(error) => {
                let region = region.as_ref().map_or("the default region", Region::as_str);
                let why = source_chain(&error);
                tracing::warn!(region, why, "images are not looked at; the next pass tries");
            }
        }
    }
    Ok(retired)
}

async fn look_at_region(
    service: &Service<'_>,
    installation: &Installation,
    region: Option<&Region>,
    lease: Lease,
) -> Result<Vec<RetiredImage>, ImagesUnseen> {
    let cloud = service.connection.cloud(&Identity::Own, region)?;
    let room = RetireRoom {
        scope: cloud.caller().await?,
        cloud,
        service,
        installation,
        lease: Some(lease),
    };
    let mut acts = Box::pin(room.see_through()).await?;
    let seen_through = acts.len();
    let seen = see_images(service, installation, region, None).await?;
    room.remember(&seen).await?;
    room.forget_removed(&seen).await?;
    for chosen in room.with_config(|config| chosen_acts(&seen, config)) {
        let end = Box::pin(room.act(&chosen)).await?;
        let of = seen.images.iter().map(|one| &one.image);
        let watch = of.clone().find(|one| one.id == chosen.image);
        let watch = watch.map_or("", watch_of);
        acts.push(room.told_act(
            &WatchName::from(watch),
            &chosen.image,
            chosen.step.into(),
            end,
        ));
    }
    room.has_looked(&acts[seen_through..]).await?;
    Ok(acts)
}

impl RetireRoom<'_> {
    fn told_act(
        &self,
        watch: &WatchName,
        image: &ImageId,
        act: RetireAct,
        end: ActEnd,
    ) -> RetiredImage {
        let (end, why) = match end {
            ActEnd::Done => ("done", None),
            ActEnd::Spared { why } => ("spared", Some(why)),
            ActEnd::Failed { why } => ("failed", Some(why)),
            ActEnd::Unsettled => ("unsettled", None),
        };
        let region = self.scope.region.clone();
        if end != "done" {
            let (image, act) = (image.as_str(), act.as_str());
            let region = region.as_str();
            tracing::warn!(image, region, act, end, why, "an older image stays");
        }
        RetiredImage {
            watch: watch.clone(),
            region,
            image: image.clone(),
            act,
            end,
            why,
        }
    }

    /// What was begun and not closed is found out by looking, and seen through.
    async fn see_through(&self) -> Result<Vec<RetiredImage>, ImagesUnseen> {
        let records = retired::image_records(self.service.store, &self.scope).await?;
        let mut acts = Vec::new();
        for (image, record) in records.known {
            let waits = record.value.failing.as_ref();
            let waits = waits.is_some_and(|failing| failing.next_at > self.now());
            let forgotten = record
                .value
                .gone_at
                .filter(|at| *at + GONE_KEPT < self.now());
            match (record.value.under_way.clone(), forgotten) {
                (Some(begun), _) if !waits => {
                    let end = self.see_one_through(&image, &begun, &record.value).await?;
                    acts.extend(
                        end.map(|end| self.told_act(&record.value.watch, &image, begun.act, end)),
                    );
                }
                (None, Some(_)) => {
                    let forget = retired::forget_image_record(&self.scope, &image, record.version);
                    self.commit(vec![forget]).await?;
                }
                _ => {}
            }
        }
        Ok(acts)
    }

    /// Nothing where it did not come about: the ladder decides anew.
    async fn see_one_through(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        record: &ImageRecord,
    ) -> Result<Option<ActEnd>, ImagesUnseen> {
        if begun.act == RetireAct::Restore {
            return Ok(Some(match self.bring_back(image).await {
                Ok(RestoreEnd::Done) => ActEnd::Done,
                Ok(RestoreEnd::Gone) => ActEnd::Spared {
                    why: "it is gone".to_owned(),
                },
                Ok(RestoreEnd::Unsettled) => ActEnd::Unsettled,
                Err(ImagesUnseen::Store(error)) => return Err(error.into()),
                Err(ImagesUnseen::Cloud(error)) => {
                    self.did_not_succeed(image, begun, &error).await?
                }
            }));
        }
        let shown = self.cloud.owned_image(image).await?;
        if has_come_about(begun.act, shown.as_ref(), self.now()) {
            let end = self.came_about(image, begun, record, shown.as_ref()).await;
            return Ok(Some(end?));
        }
        // Whoever is left here was never sent, or has waited for long enough.
        if self.now() - begun.since > SETTLES_WITHIN {
            let known = retired::image_record(self.service.store, &self.scope, image).await?;
            if let Some(mut known) = known.filter(|known| known.value == *record) {
                known.value.nothing_was_done();
                self.put(image, &mut known).await?;
            }
        }
        Ok(None)
    }

    /// Remembers what is due, and tells what people were not told yet: with the notices in one batch each.
    async fn remember(&self, seen: &ImagesSeen) -> Result<(), StoreError> {
        let mut before = retired::retire_look(self.service.store, &self.scope).await?;
        let TaughtLook {
            mut look,
            due,
            protected,
        } = self.with_config(|config| taught(seen, &before.value, config));
        let mut told = Vec::new();
        for (nth, (watch, due)) in due.into_iter().enumerate() {
            if nth < TOLD_AT_ONCE {
                let notice = notify::images_due(self.teller(&watch), due, self.now());
                told.extend(self.told(&notice).await?);
            } else if let Some(untold) = look.watches.get_mut(&watch) {
                // A batch holds no more: the next look tells it.
                let known = before.value.watches.get(&watch);
                untold.told = known.map(|known| known.told.clone()).unwrap_or_default();
            }
        }
        for one in &protected {
            if told.len() / 2 < TOLD_AT_ONCE {
                told.extend(self.tell_protected(one).await?);
            }
        }
        if look == before.value && told.is_empty() {
            return Ok(());
        }
        before.value = look;
        let mut ops: Vec<Op> = vec![retired::put_retire_look(&self.scope, &before)];
        ops.extend(told);
        // Somebody told the same meanwhile: the next look goes on.
        self.commit(ops).await.map(drop)
    }

    /// The writes that tell once that nothing but its protection keeps an image.
    async fn tell_protected(&self, one: &OwnedImage) -> Result<Vec<Op>, StoreError> {
        let record = self.record(&one.image).await?.value;
        let begun = ActUnderWay {
            act: RetireAct::Deregister,
            since: self.now(),
            by: US.to_owned(),
        };
        let retired = told_of(&one.image.id, &record, &begun);
        let teller = self.teller(&record.watch);
        let notice = notify::protected_image_stays(teller, retired, self.now());
        self.told(&notice).await
    }

    /// What others removed is forgotten like what was deregistered here.
    async fn forget_removed(&self, seen: &ImagesSeen) -> Result<(), StoreError> {
        let there: BTreeSet<&ImageId> = seen.images.iter().map(|one| &one.image.id).collect();
        let left = seen.records.iter().filter(|(image, record)| {
            let open = record.under_way.is_some() || record.gone_at.is_some();
            !open && !there.contains(image)
        });
        for (image, record) in left {
            let known = retired::image_record(self.service.store, &self.scope, image).await?;
            if let Some(mut known) = known.filter(|known| known.value == *record) {
                known.value.gone_at = Some(self.now());
                self.put(image, &mut known).await?;
            }
        }
        Ok(())
    }

    /// The look has come to its end: the next one is due in some hours. What is done is due no more.
    async fn has_looked(&self, acts: &[RetiredImage]) -> Result<(), StoreError> {
        let mut look = retired::retire_look(self.service.store, &self.scope).await?;
        look.value.looked_at = Some(self.now());
        for one in acts.iter().filter(|one| one.end == "done") {
            if let Some(watch) = look.value.watches.get_mut(&one.watch)
                && let Some(count) = watch.due.get_mut(&one.act)
            {
                *count = count.saturating_sub(1);
                watch.due.retain(|_, count| *count > 0);
            }
        }
        let ops = vec![retired::put_retire_look(&self.scope, &look)];
        self.commit(ops).await.map(drop)
    }
}
