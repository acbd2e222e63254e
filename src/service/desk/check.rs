//! Looks once at what the config names: verdicts with reasons. Writes nothing.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::flow::detect::LookDepth;
use crate::flow::exit_code::{self, Exit};
use crate::model::drift::Drift;
use crate::model::ids::WatchName;
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, look_for_reader};
use crate::store::StoreError;

/// `check --format json`
#[derive(Debug, Serialize)]
pub struct CheckedNow {
    pub schema: &'static str,
    pub watches: Vec<CheckedWatch>,
}

/// The verdict on one watch.
#[derive(Debug, Serialize)]
pub struct CheckedWatch {
    #[serde(flatten)]
    pub drift: Drift,
    /// What it follows, as people read it; and where, where the watches are of several regions.
    #[serde(skip)]
    pub base: String,
}

impl CheckedNow {
    /// How `check` ends.
    pub fn exit(&self) -> Exit {
        exit_code::exit_of_drifts(self.watches.iter().map(|one| &one.drift))
    }
}

/// Looks at every watch, or at one, so deep.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn check_watches(
    service: &Service<'_>,
    only: Option<&WatchName>,
    depth: LookDepth,
) -> Result<CheckedNow, StoreError> {
    let looked = look_for_reader(service, only, depth).await?;
    let several = several_regions(&looked);
    let watches = looked.into_iter().map(|one| CheckedWatch {
        base: base(&one, several),
        drift: one.item.drift,
    });
    Ok(CheckedNow {
        schema: "amiwatch.check/1",
        watches: watches.collect(),
    })
}

/// Whether the watches look in several regions, so that each line says in which.
pub(super) fn several_regions(looked: &[LookedWatch<'_>]) -> bool {
    let regions: BTreeSet<_> = looked.iter().map(|one| one.region.as_ref()).collect();
    regions.len() > 1
}

/// `ECS running on 64bit Amazon Linux 2023 (x86_64) in eu-west-1`
pub(super) fn base(one: &LookedWatch<'_>, several: bool) -> String {
    let base = &one.watch.base;
    match one.region.as_ref().filter(|_| several) {
        Some(region) => format!("{base} in {region}"),
        None => base.to_string(),
    }
}
