//! A publication's steps and what each leaves, and how its journals are called.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::bake::digest;
use crate::model::ids::{ImageId, Scope, WatchName};
use crate::model::publish_rules::Destination;

/// Publishing to one destination, as a kind of workflow.
#[derive(Debug, Clone, Copy)]
pub struct PublishKind;

/// What is done, in order, whichever sort of destination it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicationStep {
    /// The image is fit for it, and the destination is as it was when this was ordered.
    LookAtIt,
    /// It is written.
    Write,
    /// It stands there.
    ReadBack,
}

/// The steps in order.
pub(super) const STEPS: &[PublicationStep] = &[
    PublicationStep::LookAtIt,
    PublicationStep::Write,
    PublicationStep::ReadBack,
];

/// What a step leaves for the later ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "left")]
pub enum PublicationOutput {
    /// What stands there before anything is written.
    LookedAt {
        /// The image that the parameter names.
        image: Option<ImageId>,
        version: Option<i64>,
    },
    /// What is copied: its name, and those of its tags that a copy carries on.
    Source {
        name: String,
        tags: BTreeMap<String, String>,
    },
    /// The copy, which EC2 may be making still.
    Copied {
        image: ImageId,
    },
    Written {
        /// The parameter's version, as it was announced.
        version: Option<i64>,
        /// Nothing was written: it stood there.
        already: bool,
    },
    Stands {
        version: Option<i64>,
    },
}

/// `publish/<destination>/<number>`: one journal for each run at a destination of a watch. The destination is
/// a digest: a journal's name may not hold what a watch's place is written with.
pub fn publish_journal(
    home: &Scope,
    watch: &WatchName,
    destination: &Destination,
    number: u32,
) -> String {
    let name = digest(&[
        "amiwatch publish 1",
        home.partition.as_str(),
        &home.to_string(),
        watch.as_str(),
        &destination.to_string(),
    ]);
    format!("publish/{name:.16}/{number:04}")
}
