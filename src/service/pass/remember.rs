//! Writes down what a look taught: reads once what is remembered of the watch, has [`super::learn`] say
//! what is new, and commits it in one batch. Decides nothing.

use super::learn::{Before, Learned, WatchLook, learn};
use super::look::LookedWatch;
use super::raised::RaisedVersion;
use crate::model::bake::{BakeKey, BakedImage};
use crate::model::history::WatchHistory;
use crate::model::hold::Hold;
use crate::model::ids::{ImageId, WatchName};
use crate::model::made::Made;
use crate::model::notice::{Notice, ToldBy, What};
use crate::model::plan::Action;
use crate::model::tags;
use crate::model::told::ToldDrift;
use crate::outbox::LOG;
use crate::service::Service;
use crate::service::place::WatchPlace;
use crate::store::records::{self, Versioned, chronicle};
use crate::store::{BATCH_MAX, Batch, Lease, Op, Store, StoreError, moves};

/// What was known of a watch before a pass looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBefore {
    /// An earlier pass saw the whole of it.
    Whole,
    /// None did: whatever this one sees is what there is to begin from.
    Nothing,
}

/// What writing a look down came to.
#[derive(Debug, Clone, Copy)]
pub struct RememberedPass {
    pub known: KnownBefore,
    /// What people hold was written: without those that have ended.
    pub(super) holds: Option<RaisedVersion>,
}

/// Stores what the look taught: when a release was first seen, an adopted image, the drift with the
/// notice about it, and the chronicle's entry when this look differs from the last.
///
/// # Errors
/// When the store fails.
pub async fn remember_pass(
    service: &Service<'_>,
    lease: Lease,
    looked: &LookedWatch<'_>,
) -> Result<RememberedPass, StoreError> {
    let Some(place) = &looked.place else {
        return Ok(RememberedPass {
            known: KnownBefore::Nothing,
            holds: None,
        });
    };
    let adopted = looked.adopted();
    loop {
        let before = Remembered::read(service, place, &looked.watch.name).await?;
        let moving = before.is_moving(service.store).await?;
        let learned = learn(
            &before.values(),
            &WatchLook {
                installation: service.settings.installation.as_ref(),
                scope: &place.scope,
                watch: looked.watch,
                item: &looked.item,
                adopted: adopted.as_ref(),
                moving,
                now: service.clock.now(),
            },
        );
        let known = match before.told {
            Some(_) => KnownBefore::Whole,
            None => KnownBefore::Nothing,
        };
        if known == KnownBefore::Nothing {
            baseline(&looked.watch.name, learned.told.as_ref());
        }
        let holds = learned.holds.as_ref();
        let holds = holds.map(|_| RaisedVersion::over(before.holds.version));
        let ops = before.writes(service, place, learned).await?;
        if ops.is_empty() {
            return Ok(RememberedPass { known, holds: None });
        }
        let guarded = [Op::CheckLease { epoch: lease.epoch }];
        let batch = guarded.into_iter().chain(ops).collect();
        match service.store.commit(Batch::of_ops(batch)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => return other.map(|()| RememberedPass { known, holds }),
        }
    }
}

/// Everything that is remembered of a watch, with the versions that it was read under.
struct Remembered<'a> {
    watch: &'a WatchName,
    history: Versioned<WatchHistory>,
    holds: Versioned<Vec<Hold>>,
    told: Option<Versioned<ToldDrift>>,
}

impl<'a> Remembered<'a> {
    /// A move has an environment of it in hand. Only who was told something waits for its end: of a watch in step the
    /// claims are not read, in every pass, for nothing.
    async fn is_moving(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let told = self.told.as_ref().map(|told| &told.value);
        let goes_on = |told: &ToldDrift| told.notice.is_some() || !told.stories.is_empty();
        match told.is_some_and(goes_on) {
            true => moves::any_moving_of(store, self.watch).await,
            false => Ok(false),
        }
    }

    async fn read(
        service: &Service<'_>,
        place: &WatchPlace,
        watch: &'a WatchName,
    ) -> Result<Self, StoreError> {
        let (store, scope) = (service.store, &place.scope);
        let installation = service.settings.installation.as_ref();
        Ok(Self {
            watch,
            history: records::remembered_watch(store, scope, watch).await?,
            holds: records::remembered_holds(store, installation, watch).await?,
            told: records::remembered_told(store, scope, watch).await?,
        })
    }

    fn values(&self) -> Before<'_> {
        Before {
            history: &self.history.value,
            holds: &self.holds.value,
            told: self.told.as_ref().map(|told| &told.value),
        }
    }

    /// The writes that make this into what was learned; none when nothing was. A batch holds so much: the
    /// holds that it has no room for are told by the passes that follow.
    async fn writes(
        self,
        service: &Service<'_>,
        place: &WatchPlace,
        learned: Learned,
    ) -> Result<Vec<Op>, StoreError> {
        let (scope, watch) = (&place.scope, self.watch);
        let mut ops = Vec::new();
        if let Some(value) = learned.history {
            let version = self.history.version;
            let history = Versioned { version, value };
            ops.push(records::put_watch(scope, watch, &history));
        }
        if let Some(value) = learned.holds {
            let version = self.holds.version;
            let installation = service.settings.installation.as_ref();
            let holds = Versioned { version, value };
            ops.extend(records::put_holds(installation, watch, &holds));
        }
        if let Some(value) = learned.told {
            let version = self.told.map_or(0, |told| told.version);
            let told = Versioned { version, value };
            ops.push(records::put_told(scope, watch, &told));
        }
        for (notice, who) in one_message_each(&learned.news, &service.told()) {
            ops.extend(records::notice_ops(service.store, notice, &who).await?);
        }
        let entry = &learned.entry;
        ops.extend(chronicle::append_entries(service.store, scope, watch, entry).await?);
        for notice in &learned.held {
            let told = tell(service, notice).await?;
            if ops.len() + told.len() < BATCH_MAX {
                ops.extend(told);
            }
        }
        Ok(ops)
    }
}

/// Who is told of what: that a base has another release and that environments are behind it is one change, and one
/// message to whoever wants to hear of both.
fn one_message_each<'n>(news: &'n [Notice], all: &ToldBy) -> Vec<(&'n Notice, ToldBy)> {
    let mut drifts = news.iter();
    let drift = drifts.find(|one| matches!(one.what, What::Drift(_)));
    let who = |notice: &Notice| match (&notice.what, drift) {
        (What::Released(_), Some(drift)) => all.without_those_who_want(drift, LOG),
        _ => all.clone(),
    };
    news.iter().map(|notice| (notice, who(notice))).collect()
}

async fn tell(service: &Service<'_>, notice: &Notice) -> Result<Vec<Op>, StoreError> {
    let who = service.told();
    records::notice_ops(service.store, notice, &who).await
}

/// The first look at a watch tells nobody; the log may have it.
fn baseline(watch: &WatchName, told: Option<&ToldDrift>) {
    let Some(told) = told else {
        return;
    };
    let (watch, out_of_step) = (watch.as_str(), told.said.len());
    tracing::info!(
        watch,
        out_of_step,
        "the first look at this watch: what is out of step already is told to nobody"
    );
}

impl LookedWatch<'_> {
    /// The image that the plan adopts, as its tags tell it.
    fn adopted(&self) -> Option<BakedImage> {
        let Action::Adopt { image: id, .. } = &self.item.action else {
            return None;
        };
        self.image_of_ours(id)
    }

    fn image_of_ours(&self, id: &ImageId) -> Option<BakedImage> {
        let ours = self.seen.as_ref()?.ours.known()?;
        let image = ours.iter().find(|image| image.id == *id)?;
        let made = Made::read_tags(image)?;
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
            story: None,
        })
    }
}
