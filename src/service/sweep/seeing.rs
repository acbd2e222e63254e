//! A sweep's eyes: one whole look at a region, and what the store knows of what is there. Writes
//! nothing and removes nothing.
//!
//! Claims are read before and after what is there is listed: what a bake makes in between is not in the
//! list, and what a bake that ends in between is about to remove is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Done, SweepError, SweptThing, Unreachable};
use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::bake::kind::BakeKind;
use crate::flow::bake::steps::key_in;
use crate::flow::sweep::decide::{Known, decide_things};
use crate::flow::sweep::inventory::{Inventory, inventory};
use crate::model::ids::{Installation, Region, Scope};
use crate::model::sighting::Trouble;
use crate::model::stray::StrayVerdict;
use crate::service::Service;
use crate::store::strays::{self, Stray};
use crate::store::{StoreError, records};
use crate::workflow::RunError;
use crate::workflow::open::open_runs;

/// Why one region was not swept.
pub(super) enum Blind {
    Cloud(CloudError),
    /// An open journal cannot be read: nobody knows what it claims.
    Journal(Trouble),
    Store(StoreError),
}

impl From<CloudError> for Blind {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

impl From<StoreError> for Blind {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Blind {
    /// What is told of it; a store that fails ends the whole sweep.
    pub(super) fn told(self, region: Option<&Region>) -> Result<Unreachable, SweepError> {
        let trouble = match self {
            Self::Cloud(error) => error.trouble("what carries our tag"),
            Self::Journal(trouble) => trouble,
            Self::Store(error) => return Err(error.into()),
        };
        let region = region.map_or("the default region", Region::as_str);
        Ok(Unreachable {
            region: region.to_owned(),
            trouble,
        })
    }
}

pub(super) struct SweepLook<'a> {
    pub(super) service: &'a Service<'a>,
    pub(super) installation: &'a Installation,
    older_than: Duration,
}

/// One whole look at a region: what is there, and what is known of it.
pub(super) struct SweepSeen {
    pub(super) cloud: Cloud,
    pub(super) scope: Scope,
    pub(super) there: Inventory,
    pub(super) known: Known,
    pub(super) remembered: BTreeMap<String, Stray>,
}

impl SweepSeen {
    pub(super) fn verdicts(&self, now: DateTime<Utc>) -> Vec<StrayVerdict> {
        decide_things(&self.there.things, &self.known, now)
    }

    pub(super) fn listed(self, now: DateTime<Utc>) -> Vec<SweptThing> {
        let verdicts = self.verdicts(now);
        let things = self.there.things.into_iter().zip(verdicts);
        things
            .map(|(thing, verdict)| SweptThing {
                scope: self.scope.clone(),
                thing,
                verdict,
                done: Done::Listed,
            })
            .collect()
    }
}

impl<'a> SweepLook<'a> {
    pub(super) fn new(service: &'a Service<'a>, older_than: Duration) -> Result<Self, SweepError> {
        Ok(Self {
            service,
            installation: service.settings.require_installation()?,
            older_than,
        })
    }

    /// The regions of the config's watches, and those that the store remembers watches in. `None` is
    /// the connection's own.
    pub(super) async fn regions(&self) -> Result<BTreeSet<Option<Region>>, StoreError> {
        let own = self.service.connection.region();
        let watches = self.service.settings.watches.values();
        let named = watches.map(|watch| watch.region.clone().or(own.clone()));
        let mut regions: BTreeSet<Option<Region>> = named.collect();
        for (place, _) in records::remembered_watches(self.service.store).await? {
            regions.extend(place.split('/').nth(1).map(|region| Some(region.into())));
        }
        if regions.is_empty() {
            regions.insert(own);
        }
        Ok(regions)
    }

    pub(super) async fn see(&self, region: Option<&Region>) -> Result<SweepSeen, Blind> {
        let cloud = self.service.connection.cloud(&Identity::Own, region)?;
        let scope = cloud.caller().await?;
        let mut claimed = self.claimed(&scope).await?;
        let there = Box::pin(inventory(&cloud, self.installation)).await?;
        claimed.extend(self.claimed(&scope).await?);
        let remembered = strays::strays(self.service.store, &scope).await?;
        let first_seen = remembered
            .iter()
            .map(|(id, stray)| (id.clone(), stray.first_seen));
        let known = Known {
            installation: self.installation.clone(),
            claimed,
            current: BTreeSet::new(),
            first_seen: first_seen.collect(),
            baseline: true,
            older_than: self.older_than,
        };
        let known = self.with_histories(known, &scope).await?;
        Ok(SweepSeen {
            cloud,
            scope,
            there,
            known,
            remembered,
        })
    }

    /// The keys of the bakes that are under way in this account and region.
    async fn claimed(&self, scope: &Scope) -> Result<BTreeSet<String>, Blind> {
        let mut claimed = BTreeSet::new();
        for one in open_runs::<BakeKind>(self.service.store).await? {
            let unknown = || RunError::Unknown {
                journal: one.journal.clone(),
            };
            let key = key_in(&one.journal).ok_or_else(unknown);
            let (header, key) = match (one.known(), key) {
                (Ok(header), Ok(key)) => (header, key),
                (Err(error), _) | (_, Err(error)) => {
                    return Err(Blind::Journal(Trouble {
                        what: format!("what the open bake {} claims", one.journal),
                        why: error.to_string(),
                        denied: false,
                    }));
                }
            };
            if header.scope == *scope {
                claimed.insert(key.to_owned());
            }
        }
        Ok(claimed)
    }

    /// What watches remember here, and whether every watch of the config has been looked at.
    async fn with_histories(&self, mut known: Known, scope: &Scope) -> Result<Known, StoreError> {
        let here = format!("{scope}/");
        let mut seen = BTreeSet::new();
        for (place, history) in records::remembered_watches(self.service.store).await? {
            if let Some(watch) = place.strip_prefix(&here) {
                seen.insert(watch.to_owned());
                known
                    .current
                    .extend(history.current.map(|image| image.image));
            }
        }
        let own = self.service.connection.region();
        let watches = self.service.settings.watches.values();
        let mut of_here =
            watches.filter(|watch| watch.region.as_ref().or(own.as_ref()) == Some(&scope.region));
        known.baseline = of_here.all(|watch| seen.contains(watch.name.as_str()));
        Ok(known)
    }
}
