//! Looks once at what the config names: verdicts with reasons. Writes nothing.

use serde::Serialize;

use crate::flow::detect::LookDepth;
use crate::flow::exit_code::{self, Exit};
use crate::model::drift::Drift;
use crate::model::ids::WatchName;
use crate::service::Service;
use crate::service::pass::look::{LookedWatch, look_so_deep};
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
    /// What it follows, as people read it.
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
    let looked = look_so_deep(service, only, depth).await?.into_iter();
    let watches = looked.map(|LookedWatch { watch, item, .. }| CheckedWatch {
        drift: item.drift,
        base: watch.base.to_string(),
    });
    Ok(CheckedNow {
        schema: "amiwatch.check/1",
        watches: watches.collect(),
    })
}
