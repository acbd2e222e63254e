//! Looks once at what the config names: verdicts with reasons. Writes nothing.

use serde::Serialize;

use crate::flow::verdict::{self, Exit};
use crate::model::drift::Drift;
use crate::model::ids::WatchName;
use crate::service::Service;
use crate::service::pass::look::{Looked, Patience, look};
use crate::store::StoreError;

/// `check --format json`
#[derive(Debug, Serialize)]
pub struct Checked {
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

impl Checked {
    /// How `check` ends.
    pub fn exit(&self) -> Exit {
        verdict::exit(self.watches.iter().map(|one| &one.drift))
    }
}

/// Looks at every watch, or at one.
///
/// # Errors
/// When the store cannot be read. What AWS does not answer is in the verdicts.
pub async fn check(service: &Service<'_>, only: Option<&WatchName>) -> Result<Checked, StoreError> {
    let looked = look(service, only, Patience::Waits).await?.into_iter();
    let watches = looked.map(|Looked { watch, item, .. }| CheckedWatch {
        drift: item.drift,
        base: watch.base.to_string(),
    });
    Ok(Checked {
        schema: "amiwatch.check/1",
        watches: watches.collect(),
    })
}
