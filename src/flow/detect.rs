//! detect: asks what runs, what is recommended, and what we own. Touches the world; decides nothing,
//! stores nothing. A question without an answer stays one: it is in the sighting as `Unreachable`.
//!
//! One [`sight`] serves every watch of an account and region. What it costs: one call for the
//! environments, one for the settings of each that the look is for, one for each distinct platform
//! version, one or two for each branch, and images by the batch; ancestry is asked only where
//! `SourceImageId` leads nowhere. What instances run is read only for who asks ([`LookDepth`]): one
//! call for each environment, and one for up to 200 instances. A survey reads by pages instead: groups
//! by the hundred, launch templates by two hundred, instances by five hundred, and the settings of those
//! environments of which these do not agree. Settings and descriptions that an
//! earlier look has read are not asked for while they can be believed ([`LookScope::recall`]).

mod agreed;

mod arm;

mod described;

mod earlier;

mod environments;

mod images;

mod lineage;

mod pages;

mod platforms;

mod release;

mod running;

mod watch;

#[cfg(test)]
mod agreed_tests;

#[cfg(test)]
#[cfg(feature = "sim")]
mod tests;

#[cfg(test)]
#[cfg(feature = "sim")]
mod pace_tests;

#[cfg(test)]
#[cfg(feature = "sim")]
mod recall_tests;

#[cfg(test)]
#[cfg(feature = "sim")]
mod shapes_tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::model::base::Base;
use crate::model::history::WatchHistory;
use crate::model::ids::ImageId;
use crate::model::recall::Recall;
use crate::model::sighting::{Environment, Seen, Sighting, Trouble};
use crate::model::watch::{TargetPattern, Watch};

use pages::ReadByPages;

pub use watch::watch_sighting;

/// Questions asked at once. The door has a limit of its own over all regions; this one keeps a
/// thousand half-made requests out of memory.
const IN_FLIGHT_MAX: usize = 16;

/// What one look is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookScope {
    pub environments: Which,
    /// Their branches' recommended versions are read whether or not an environment is on them.
    pub bases: Vec<Base>,
    /// Images that the store remembers.
    pub images: BTreeSet<ImageId>,
    /// What earlier looks read, to be asked again only where it cannot be believed. Empty: all is
    /// read afresh.
    pub recall: Recall,
    /// By a person's word, what an adopted image was made from; believed where nobody else knows.
    pub by_word: BTreeMap<ImageId, ImageId>,
    pub depth: LookDepth,
}

/// How far a look goes into an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LookDepth {
    /// What its settings name.
    #[default]
    Settings,
    /// What its instances run as well, which costs calls of its own.
    Instances,
    /// What Auto Scaling launches and what runs, by pages of both; its settings only where those do not
    /// agree. Stored options and drafts are then not known.
    Pages,
}

/// Which environments are read further than their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those that some pattern names. Without a pattern the list is not even asked for.
    Matching(Vec<TargetPattern>),
}

impl LookScope {
    /// Everything there is: survey's look.
    pub fn everything() -> Self {
        Self {
            environments: Which::All,
            bases: Vec::new(),
            images: BTreeSet::new(),
            recall: Recall::default(),
            by_word: BTreeMap::new(),
            depth: LookDepth::Settings,
        }
    }

    /// What these watches of one region name and remember.
    pub fn of_watches<'a>(
        watches: impl IntoIterator<Item = (&'a Watch, &'a WatchHistory)>,
    ) -> Self {
        let mut look = Self {
            environments: Which::Matching(Vec::new()),
            ..Self::everything()
        };
        let mut patterns = Vec::new();
        for (watch, history) in watches {
            patterns.extend(watch.targets.iter().cloned());
            look.bases.push(watch.base.clone());
            look.images
                .extend(history.current.iter().map(|baked| baked.image.clone()));
            if let Some(adopted) = history.adopted() {
                look.images.insert(adopted.base_image.clone());
                look.by_word
                    .insert(adopted.image.clone(), adopted.base_image.clone());
            }
        }
        look.environments = Which::Matching(patterns);
        look
    }
}

/// Looks once at the region that `cloud` leads to. Never fails: what failed is in the sighting.
pub async fn sight(cloud: &Cloud, clock: &Clock, look: &LookScope) -> Sighting {
    let at = clock.now();
    let listed = environments::list_environments(cloud, &look.environments).await;
    let (read, platforms) = tokio::join!(
        read(cloud, &listed.wanted, look, at),
        platforms::read_platforms(cloud, &listed.wanted, look, at),
    );
    let mut environments = read.environments;
    if look.depth == LookDepth::Instances {
        running::read_running(cloud, &mut environments).await;
    }
    let mut sighting = Sighting {
        at,
        scope: listed.scope,
        environments: listed.list.map(|()| environments),
        others: listed.others,
        elsewhere: listed.elsewhere,
        platforms: platforms.versions,
        recommended: platforms.recommended,
        images: Default::default(),
        counterparts: Default::default(),
        troubles: Vec::new(),
        pages_unread: read.unread,
    };
    images::read_images(cloud, look, &mut sighting).await;
    lineage::believe(&look.by_word, &mut sighting.images);
    let by_name = arm::read_arm(cloud, look, &mut sighting).await;
    sighting.troubles = troubles(&sighting);
    sighting.troubles.extend(by_name);
    sighting
}

async fn read(
    cloud: &Cloud,
    wanted: &[Environment],
    look: &LookScope,
    at: DateTime<Utc>,
) -> ReadByPages {
    match look.depth {
        LookDepth::Pages => pages::read_by_pages(cloud, wanted, look, at).await,
        LookDepth::Settings | LookDepth::Instances => ReadByPages {
            environments: environments::read_environments(cloud, wanted, look, at).await,
            unread: Vec::new(),
        },
    }
}

/// Every question of a sighting that got no answer, in the order of asking, each once.
fn troubles(sighting: &Sighting) -> Vec<Trouble> {
    let environments = sighting.environments.known().into_iter().flatten();
    let asked = sighting
        .environments
        .trouble()
        .into_iter()
        .chain(sighting.scope.trouble())
        .chain(
            environments
                .clone()
                .filter_map(|seen| seen.settings.trouble()),
        )
        .chain(environments.filter_map(|seen| seen.running.as_ref()?.trouble()))
        .chain(sighting.platforms.values().filter_map(Seen::trouble))
        .chain(sighting.recommended.values().filter_map(Seen::trouble))
        .chain(sighting.images.values().filter_map(|seen| {
            let lineage = lineage::lineage_trouble(&seen.lineage);
            seen.image.trouble().or(lineage)
        }));
    let mut seen = BTreeSet::new();
    asked
        .filter(|trouble| seen.insert(*trouble))
        .cloned()
        .collect()
}
