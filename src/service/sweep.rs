//! Sweeps: looks in every region that the config or the store names, decides, tells, and, when asked
//! to, removes. Fails closed: where one look failed, nothing in that region is removed.

mod seeing;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Service;
use crate::flow::exit_code::Exit;
use crate::flow::notify;
use crate::flow::sweep::decide::{is_foretold, kept_until};
use crate::flow::sweep::remove::{Removal, remove_thing};
use crate::model::ids::{Region, Scope};
use crate::model::sighting::Trouble;
use crate::model::stray::{StrayKind, StrayVerdict, Thing};
use crate::model::tags;
use crate::store::left;
use crate::store::strays;
use crate::store::{Batch, Lease, Op, StoreError, records};

use seeing::{Blind, SweepLook, SweepSeen};

/// How old a thing must be when nobody says otherwise: longer than any guest of ours runs by default.
pub const OLDER_THAN: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a sweep waits for the instances that it ended, before it looks at what they held.
const ENDING_MAX: Duration = Duration::from_secs(5 * 60);
const ENDING_PAUSE: Duration = Duration::from_secs(5);

/// What a sweep found, and did.
#[derive(Debug, Default, Serialize)]
pub struct Swept {
    pub found: Vec<SweptThing>,
    /// What could not be looked at; nothing was removed there.
    pub unreachable: Vec<Unreachable>,
}

/// A region that could not be looked at as a whole.
#[derive(Debug, Serialize)]
pub struct Unreachable {
    pub region: String,
    #[serde(flatten)]
    pub trouble: Trouble,
}

/// One thing that carries our tag.
#[derive(Debug, Serialize)]
pub struct SweptThing {
    pub scope: Scope,
    #[serde(flatten)]
    pub thing: Thing,
    pub verdict: StrayVerdict,
    pub done: Done,
}

/// What was done about a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Nothing.
    Listed,
    Removed,
    /// Right before its removal it was no stray any more, or something used it.
    Spared {
        why: String,
    },
    /// EC2 refused or did not answer.
    Failed {
        why: String,
    },
}

impl Swept {
    /// When the first builder that is kept for people may go.
    pub fn kept_until(&self) -> Option<DateTime<Utc>> {
        let there = self.found.iter().filter(|one| one.done != Done::Removed);
        there.filter_map(|one| kept_until(&one.thing)).min()
    }

    /// How `sweep` ends: 1 when a removal failed, 4 when something could not be looked at.
    pub fn exit(&self) -> Exit {
        let failed = |found: &SweptThing| matches!(found.done, Done::Failed { .. });
        let removal = match self.found.iter().any(failed) {
            true => Exit::Failed,
            false => Exit::Done,
        };
        match self.unreachable.is_empty() {
            true => removal,
            false => removal.and(Exit::CannotTell),
        }
    }
}

/// Looks at everything and writes nothing.
///
/// # Errors
/// When the store cannot be read, or the config names no installation.
pub async fn look_only(service: &Service<'_>, older_than: Duration) -> Result<Swept, SweepError> {
    let sweep = SweepLook::new(service, older_than)?;
    let mut swept = Swept::default();
    for region in sweep.regions().await? {
        match sweep.see(region.as_ref()).await {
            Ok(seen) => swept.found.extend(seen.listed(service.clock.now())),
            Err(error) => swept.unreachable.push(error.told(region.as_ref())?),
        }
    }
    Ok(swept)
}

/// Looks, stores what nothing claims with the notice about it, and with `apply` removes it.
///
/// # Errors
/// When the store cannot be read or written, or the config names no installation.
pub async fn sweep_now(
    service: &Service<'_>,
    lease: Lease,
    apply: bool,
) -> Result<Swept, SweepError> {
    sweep_older(service, lease, apply, OLDER_THAN).await
}

/// As [`sweep_now`], for things of another age.
///
/// # Errors
/// As [`sweep_now`].
pub async fn sweep_older(
    service: &Service<'_>,
    lease: Lease,
    apply: bool,
    older_than: Duration,
) -> Result<Swept, SweepError> {
    let sweep = SweepLook::new(service, older_than)?;
    let mut swept = Swept::default();
    for region in sweep.regions().await? {
        let done = Box::pin(sweep.region(region.as_ref(), lease, apply, &mut swept.found)).await;
        if let Err(error) = done {
            swept.unreachable.push(error.told(region.as_ref())?);
        }
    }
    Ok(swept)
}

/// Why there was no sweep at all.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the config does not say whose things to look for")]
    Settings(#[from] crate::settings::Faults),
}

impl SweepLook<'_> {
    async fn region(
        &self,
        region: Option<&Region>,
        lease: Lease,
        apply: bool,
        into: &mut Vec<SweptThing>,
    ) -> Result<(), Blind> {
        let seen = self.see(region).await?;
        self.remember(&seen, lease).await?;
        let found = seen.listed(self.service.clock.now());
        let mut waited = false;
        for mut one in found {
            let goes = apply || is_foretold(&one.thing);
            if goes && one.verdict.is_stray() {
                if one.thing.kind != StrayKind::Instance && !waited {
                    self.wait_for_ending(region).await?;
                    waited = true;
                }
                one.done = self.remove(region, &one.thing, lease).await?;
            }
            into.push(one);
        }
        Ok(())
    }

    /// Stores when a thing was first seen, and the notice about what nothing claims; forgets what is
    /// gone. One batch a thing: a fact and its notice are had together or not at all.
    async fn remember(&self, seen: &SweepSeen, lease: Lease) -> Result<(), StoreError> {
        let now = self.service.clock.now();
        let (scope, store) = (&seen.scope, self.service.store);
        let who = self.service.told();
        for (thing, verdict) in seen.there.things.iter().zip(seen.verdicts(now)) {
            let mut ops = Vec::new();
            if thing.since.is_none() {
                let known = seen.remembered.get(&thing.id);
                ops.extend(strays::remember_stray(scope, &thing.id, known, now));
            }
            if verdict.is_stray() && !is_foretold(thing) {
                let notice = notify::stray(self.installation, scope, thing, &verdict, now);
                ops.extend(records::notice_ops(store, &notice, &who).await?);
            }
            self.commit(ops, lease).await?;
        }
        self.forget_left(seen, lease).await?;
        let there: BTreeSet<&str> = seen
            .there
            .things
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        let gone = seen
            .remembered
            .iter()
            .filter(|(id, _)| !there.contains(id.as_str()));
        for (id, stray) in gone {
            self.commit(vec![strays::forget_stray(scope, id, stray)], lease)
                .await?;
        }
        Ok(())
    }

    /// What bakes left is forgotten once nothing that could be it is there.
    async fn forget_left(&self, seen: &SweepSeen, lease: Lease) -> Result<(), StoreError> {
        let store = self.service.store;
        for (record, left) in left::left_behind(store, Some(&seen.scope)).await? {
            let still = seen.there.things.iter().any(|thing| {
                let verified = thing.tag(tags::STATE) == tags::state::VERIFIED;
                let group = thing.kind == StrayKind::SecurityGroup;
                group || (thing.tag(tags::KEY) == left.value.key && !verified)
            });
            if !still && !seen.known.claimed.contains(&left.value.key) {
                let forgotten = left::forget_left(&record, left.version);
                self.commit(vec![forgotten], lease).await?;
            }
        }
        Ok(())
    }

    async fn commit(&self, mut ops: Vec<Op>, lease: Lease) -> Result<(), StoreError> {
        if ops.is_empty() {
            return Ok(());
        }
        ops.push(Op::CheckLease { epoch: lease.epoch });
        match self.service.store.commit(Batch::of_ops(ops)).await {
            // A person's command told the same meanwhile: the next sweep sees it.
            Err(StoreError::Conflict { .. }) => Ok(()),
            other => other,
        }
    }

    /// Waits until the instances that were ended are gone, for they hold groups and volumes.
    async fn wait_for_ending(&self, region: Option<&Region>) -> Result<(), Blind> {
        let clock = self.service.clock;
        let until = clock.now() + TimeDelta::from_std(ENDING_MAX).unwrap_or_default();
        while self.see(region).await?.there.ending > 0 && clock.now() < until {
            clock.sleep(ENDING_PAUSE).await;
        }
        Ok(())
    }

    /// Looks again, decides again, and only then removes.
    async fn remove(
        &self,
        region: Option<&Region>,
        thing: &Thing,
        lease: Lease,
    ) -> Result<Done, Blind> {
        let seen = self.see(region).await?;
        let verdicts = seen.verdicts(self.service.clock.now());
        let mut again = seen.there.things.iter().zip(&verdicts);
        let Some((thing, verdict)) = again.find(|(one, _)| one.id == thing.id) else {
            return Ok(Done::Removed);
        };
        if !verdict.is_stray() {
            let why = verdict.why.clone();
            return Ok(Done::Spared { why });
        }
        // A driver that has been replaced meanwhile removes nothing.
        let held = Op::CheckLease { epoch: lease.epoch };
        self.service.store.commit(Batch::of_ops(vec![held])).await?;
        let (kind, id, region) = (thing.kind.as_str(), &thing.id, &seen.scope.region);
        tracing::info!(kind, id, %region, "sweeping what nothing claims");
        Ok(match remove_thing(&seen.cloud, thing).await {
            Ok(Removal::Gone) => Done::Removed,
            Ok(Removal::InUse(why)) => Done::Spared { why },
            Err(error) => Done::Failed {
                why: error.to_string(),
            },
        })
    }
}
