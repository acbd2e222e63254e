//! One account and region in which images are retired: the way there, its records, and how they are written.
//!
//! What is begun with an image is written before it is sent, and its end in one batch with the notice and the
//! watch's chronicle. So whoever is stopped anywhere leaves a record that says what to look for.

use chrono::{DateTime, Utc};

use super::{accounts_of, rules_by_watch};
use crate::cloud::Cloud;
use crate::flow::notify::{self, FailedAct, RetireTeller};
use crate::flow::retire::choose::pause_after;
use crate::flow::retire::line::watch_of;
use crate::flow::retire::standing::RetireConfig;
use crate::model::chronicle::{Entry, EntryWhat, RetiredEntry};
use crate::model::ids::{ImageId, Installation, Region, Scope, WatchName};
use crate::model::image::Image;
use crate::model::notice::{Notice, RetiredTold, SnapshotsTold};
use crate::model::retire_record::{ActFailing, ActUnderWay, ImageRecord, RetireAct, SparedImage};
use crate::model::tags;
use crate::service::Service;
use crate::store::records::chronicle::append_entries;
use crate::store::records::{Versioned, notice_ops};
use crate::store::{Batch, Lease, Op, StoreError, retired};

/// Who acts by itself.
pub(super) const US: &str = "amiwatch";
/// How often a batch is made anew because somebody wrote into the chronicle meanwhile.
const TRIES: usize = 8;

/// An account and region, with all that is needed to work there.
pub(crate) struct RetireRoom<'a> {
    pub(super) service: &'a Service<'a>,
    pub(super) installation: &'a Installation,
    /// Absent for a person's command, which works beside the driver.
    pub(super) lease: Option<Lease>,
    pub(super) cloud: Cloud,
    pub(super) scope: Scope,
}

/// How the end of an act was written.
pub(super) enum Written {
    Yes,
    /// Somebody began something else with the image meanwhile.
    Overtaken,
}

/// Why an act did not succeed.
pub(super) struct ActFailure<'f> {
    /// The failure's stable word.
    pub(super) fault: &'f str,
    pub(super) why: &'f str,
    /// It may have happened all the same: the next look finds out.
    pub(super) unsure: bool,
    /// Time mends it: people are told when it goes on.
    pub(super) passes: bool,
}

impl<'a> RetireRoom<'a> {
    /// For a person's command, which works beside the driver.
    pub(crate) fn of_person(
        service: &'a Service<'a>,
        installation: &'a Installation,
        cloud: Cloud,
        scope: Scope,
    ) -> Self {
        Self {
            service,
            installation,
            lease: None,
            cloud,
            scope,
        }
    }
}

impl RetireRoom<'_> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.service.clock.now()
    }

    /// What the config says of images here, for a plain function.
    pub(super) fn with_config<T>(&self, ask: impl FnOnce(RetireConfig<'_>) -> T) -> T {
        let rules = rules_by_watch(self.service.settings);
        let own_accounts = accounts_of(&self.scope);
        ask(RetireConfig {
            installation: self.installation,
            rules: &rules,
            own_accounts: &own_accounts,
            now: self.now(),
        })
    }

    pub(super) fn teller<'t>(&'t self, watch: &'t WatchName) -> RetireTeller<'t> {
        RetireTeller {
            installation: self.installation,
            watch,
            scope: &self.scope,
        }
    }

    /// What is remembered of an image; a new record where nothing is.
    pub(super) async fn record(&self, image: &Image) -> Result<Versioned<ImageRecord>, StoreError> {
        let known = retired::image_record(self.service.store, &self.scope, &image.id).await?;
        Ok(known.unwrap_or_else(|| Versioned {
            version: 0,
            value: new_record(image),
        }))
    }

    /// Writes what is remembered of an image; `false` when somebody else did meanwhile.
    pub(super) async fn put(
        &self,
        image: &ImageId,
        record: &mut Versioned<ImageRecord>,
    ) -> Result<bool, StoreError> {
        let op = retired::put_image_record(&self.scope, image, record);
        let written = self.commit(vec![op]).await?;
        record.version += u64::from(written);
        Ok(written)
    }

    /// `false` when somebody else wrote meanwhile.
    pub(super) async fn commit(&self, mut ops: Vec<Op>) -> Result<bool, StoreError> {
        ops.extend(
            self.lease
                .map(|lease| Op::CheckLease { epoch: lease.epoch }),
        );
        match self.service.store.commit(Batch::of_ops(ops)).await {
            Err(StoreError::Conflict { .. }) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// The writes that tell people something once.
    pub(super) async fn told(&self, notice: &Notice) -> Result<Vec<Op>, StoreError> {
        let who = self.service.told();
        notice_ops(self.service.store, notice, &who).await
    }

    /// The end of an act in one batch: what is remembered, the notice, the chronicle. `begun` is the act as it was
    /// written when it began.
    pub(super) async fn close(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        ended: &ImageRecord,
        snapshots: SnapshotsTold,
    ) -> Result<Written, StoreError> {
        let now = self.now();
        for _ in 0..TRIES {
            let known = retired::image_record(self.service.store, &self.scope, image).await?;
            let Some(known) = known.filter(|known| known.value.under_way.as_ref() == Some(begun))
            else {
                return Ok(Written::Overtaken);
            };
            let record = Versioned {
                version: known.version,
                value: ended.clone(),
            };
            let mut ops = vec![retired::put_image_record(&self.scope, image, &record)];
            let told = told_of(image, &record.value, begun);
            let teller = self.teller(&record.value.watch);
            let notice = notify::image_retired(teller, told, snapshots.clone(), begun.since, now);
            ops.extend(self.told(&notice).await?);
            ops.extend(self.chronicle(image, &record.value, begun).await?);
            ops.extend(self.works_again(&record.value.watch, begun.act).await?);
            if self.commit(ops).await? {
                let (act, watch) = (begun.act.as_str(), record.value.watch.as_str());
                let (image, region) = (image.as_str(), self.scope.region.as_str());
                tracing::info!(watch, image, region, act, "an older image");
                return Ok(Written::Yes);
            }
        }
        // The record still says what was begun: the next look closes it.
        Ok(Written::Overtaken)
    }

    async fn chronicle(
        &self,
        image: &ImageId,
        record: &ImageRecord,
        begun: &ActUnderWay,
    ) -> Result<Vec<Op>, StoreError> {
        let home = Scope {
            region: record.home.clone(),
            ..self.scope.clone()
        };
        let entry = RetiredEntry {
            image: image.clone(),
            region: self.scope.region.clone(),
            act: begun.act,
            base_version: record.base_version.clone(),
            by: begun.by.clone(),
        };
        let entry = Entry {
            at: self.now(),
            what: EntryWhat::Retired(entry),
        };
        append_entries(self.service.store, &home, &record.watch, &entry).await
    }

    /// Acts of this sort succeed once more: should one fail later, people are told again.
    async fn works_again(&self, watch: &WatchName, act: RetireAct) -> Result<Vec<Op>, StoreError> {
        let mut look = retired::retire_look(self.service.store, &self.scope).await?;
        let Some(known) = look.value.watches.get_mut(watch) else {
            return Ok(Vec::new());
        };
        let before = known.failing.len();
        let of_act = format!("{} ", act.as_str());
        known.failing.retain(|name, _| !name.starts_with(&of_act));
        let changed = known.failing.len() < before;
        let put = changed.then(|| retired::put_retire_look(&self.scope, &look));
        Ok(put.into_iter().collect())
    }

    /// Writes that an act did not succeed, and tells it once for each act and kind of failure.
    pub(super) async fn failed(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        failure: &ActFailure<'_>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        for _ in 0..TRIES {
            let known = retired::image_record(self.service.store, &self.scope, image).await?;
            let Some(mut known) =
                known.filter(|known| known.value.under_way.as_ref() == Some(begun))
            else {
                return Ok(());
            };
            let record = &mut known.value;
            let failing = record.failing.as_ref().filter(|one| one.act == begun.act);
            let attempts = failing.map_or(0, |one| one.attempts) + 1;
            let next_at = now + pause_after(attempts);
            record.failing = Some(ActFailing {
                act: begun.act,
                attempts,
                next_at,
                why: failure.why.to_owned(),
            });
            if !failure.unsure {
                record.nothing_was_done();
            }
            let mut ops = vec![retired::put_image_record(&self.scope, image, &known)];
            // What time mends is told when it has not.
            if !failure.passes || attempts > 2 {
                ops.extend(
                    self.tell_failed(image, begun, failure, &known.value, next_at)
                        .await?,
                );
            }
            if self.commit(ops).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn tell_failed(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        failure: &ActFailure<'_>,
        record: &ImageRecord,
        next_at: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        let now = self.now();
        let mut look = retired::retire_look(self.service.store, &self.scope).await?;
        let known = look.value.watches.entry(record.watch.clone()).or_default();
        let name = format!("{} {}", begun.act.as_str(), failure.fault);
        let fresh = !known.failing.contains_key(&name);
        let since = *known.failing.entry(name).or_insert(now);
        let failed = FailedAct {
            fault: failure.fault,
            why: failure.why,
            since,
            next_at: Some(next_at),
            lift: None,
        };
        let teller = self.teller(&record.watch);
        let told = told_of(image, record, begun);
        let mut ops = self
            .told(&notify::retiring_failed(teller, told, &failed, now))
            .await?;
        if fresh {
            ops.push(retired::put_retire_look(&self.scope, &look));
        }
        Ok(ops)
    }

    /// Something spoke against it right before: what was begun is taken back in the record, and nothing was sent.
    pub(super) async fn spared(
        &self,
        image: &ImageId,
        record: &mut Versioned<ImageRecord>,
        why: &str,
    ) -> Result<(), StoreError> {
        record.value.nothing_was_done();
        record.value.spared = Some(SparedImage {
            at: self.now(),
            why: why.to_owned(),
        });
        // Whoever wrote meanwhile took it back as well.
        self.put(image, record).await.map(drop)
    }
}

/// What is told of an act.
pub(super) fn told_of(image: &ImageId, record: &ImageRecord, begun: &ActUnderWay) -> RetiredTold {
    RetiredTold {
        image: image.clone(),
        act: begun.act,
        base_version: record.base_version.clone(),
        by: begun.by.clone(),
    }
}

fn new_record(image: &Image) -> ImageRecord {
    let copied = image.tags.get(tags::COPY_OF);
    let home = copied.and_then(|of| of.split_once('/'));
    let home = home.map_or_else(|| image.region.clone(), |(region, _)| Region::from(region));
    ImageRecord {
        name: image.name.clone(),
        base_version: image.tags.get(tags::BASE_VERSION).cloned(),
        ..ImageRecord::untouched(WatchName::from(watch_of(image)), home)
    }
}
