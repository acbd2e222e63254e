//! Takes an image as a watch's own: looks at it, decides, and writes the fact with its entry in the
//! chronicle in one batch. Needs no driver's place: the write names the version that it was decided
//! from, so that it works beside a running daemon. Changes nothing in AWS, not even a tag.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudError, Identity};
use crate::flow::adopt::{AdoptCase, Adopted, Refusal, adopt};
use crate::flow::compare::compare;
use crate::flow::detect::{LookScope, sight, watch_sighting};
use crate::model::bake::BakedImage;
use crate::model::chronicle::{DidEntry, Entry, EntryWhat};
use crate::model::drift::Drift;
use crate::model::history::Memory;
use crate::model::ids::{ImageId, Scope};
use crate::model::sighting::{Sighting, WatchSighting};
use crate::model::watch::{Wanted, Watch};
use crate::service::Service;
use crate::service::pass::look::wanted;
use crate::store::records::{self, Versioned, chronicle};
use crate::store::{Batch, StoreError};

/// What a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct AdoptRequest<'a> {
    pub watch: &'a Watch,
    pub image: &'a ImageId,
    /// What it was made from, by the person's word.
    pub base: Option<&'a ImageId>,
    pub other_recipe: bool,
    /// Who asks, as the system names them.
    pub by: &'a str,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct AdoptDone {
    pub adopted: Adopted,
    /// The image that the watch had before, as the store remembers it.
    pub before: Option<BakedImage>,
    /// What `check` says from now on.
    pub drift: Drift,
}

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the account cannot be asked")]
    Cloud(#[from] CloudError),
    #[error("the store cannot be read or written")]
    Store(#[from] StoreError),
}

/// Adopts.
///
/// # Errors
/// [`AdoptError`]; nothing is written then.
pub async fn take_over(
    service: &Service<'_>,
    asked: &AdoptRequest<'_>,
) -> Result<AdoptDone, AdoptError> {
    let watch = asked.watch;
    let cloud = service
        .connection
        .cloud(&Identity::Own, watch.region.as_ref())?;
    let scope = cloud.caller().await?;
    let memory = remembered(service, &scope, watch).await?.1;
    let seen = Looked::at(service, &cloud, asked, &memory).await;
    loop {
        let (version, mut memory) = remembered(service, &scope, watch).await?;
        let before = memory.history.current.clone();
        let (adopted, drift) = decide(service, asked, &seen, &mut memory)?;
        let told = records::remembered_told(service.store, &scope, &watch.name).await?;
        let told = told.as_ref().map(|told| &told.value);
        let current = memory.history.current.take();
        memory.history.current = current.map(|image| image.going_on(told));
        let history = Versioned {
            version,
            value: memory.history,
        };
        let entry = entry(service, asked, &adopted, before.as_ref());
        let mut ops = vec![records::put_watch(&scope, &watch.name, &history)];
        ops.extend(append(service, &scope, watch, &entry).await?);
        match service.store.commit(Batch::of_ops(ops)).await {
            // A pass wrote meanwhile: decide again from what is there now.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                return Ok(AdoptDone {
                    adopted,
                    before,
                    drift,
                });
            }
        }
    }
}

/// What is remembered of the watch, with the version under which its own part was read.
async fn remembered(
    service: &Service<'_>,
    scope: &Scope,
    watch: &Watch,
) -> Result<(u64, Memory), StoreError> {
    let installation = service.settings.installation.as_ref();
    let history = records::remembered_watch(service.store, scope, &watch.name).await?;
    let holds = records::remembered_holds(service.store, installation, &watch.name).await?;
    let memory = Memory {
        history: history.value,
        holds: holds.value,
    };
    Ok((history.version, memory))
}

async fn append(
    service: &Service<'_>,
    scope: &Scope,
    watch: &Watch,
    entry: &Entry,
) -> Result<Vec<crate::store::Op>, StoreError> {
    chronicle::append_entries(service.store, scope, &watch.name, entry).await
}

/// One look at the watch, the image and the base that the person names.
struct Looked {
    wanted: Wanted,
    sighting: Sighting,
    seen: WatchSighting,
}

impl Looked {
    async fn at(
        service: &Service<'_>,
        cloud: &Cloud,
        asked: &AdoptRequest<'_>,
        memory: &Memory,
    ) -> Self {
        let mut look = LookScope::of_watches([(asked.watch, &memory.history)]);
        look.images.insert(asked.image.clone());
        look.images.extend(asked.base.cloned());
        let mut sighting = Box::pin(sight(cloud, service.clock, &look)).await;
        let wanted = wanted(service, asked.watch);
        let installation = &wanted.installation;
        let seen = watch_sighting(cloud, installation, asked.watch, memory, &mut sighting).await;
        Self {
            wanted,
            sighting,
            seen,
        }
    }
}

/// Decides, and puts the image into the memory. One that `check` would not count as the watch's is
/// refused: the next pass would undo it.
fn decide(
    service: &Service<'_>,
    asked: &AdoptRequest<'_>,
    looked: &Looked,
    memory: &mut Memory,
) -> Result<(Adopted, Drift), Refusal> {
    let Looked {
        wanted,
        sighting,
        seen,
    } = looked;
    let now = service.clock.now();
    let adopted = adopt(&AdoptCase {
        watch: asked.watch,
        wanted,
        sighting,
        seen,
        image: asked.image,
        base: asked.base,
        other_recipe: asked.other_recipe,
        now,
    })?;
    if let Some(hold) = memory.image_hold(asked.image, now) {
        return Err(Refusal::Held {
            image: asked.image.clone(),
            by: hold.by.clone(),
            reason: hold.reason.clone(),
        });
    }
    memory.history.current = Some(adopted.baked.clone());
    memory.history.failing = None;
    let drift = compare(asked.watch, wanted, sighting, seen, memory, now);
    match &drift.current {
        Some(current) if current == asked.image => Ok((adopted, drift)),
        Some(current) => Err(Refusal::Overruled {
            watch: asked.watch.name.to_string(),
            current: current.clone(),
        }),
        None => Err(untold(&drift)),
    }
}

/// The watch's own images could not be read, so that nobody knows which one counts.
fn untold(drift: &Drift) -> Refusal {
    let why: Vec<&str> = drift
        .reasons
        .iter()
        .map(|reason| &*reason.message)
        .collect();
    Refusal::Untold {
        what: format!("images of the watch {}", drift.watch),
        why: why.join(" "),
    }
}

fn entry(
    service: &Service<'_>,
    asked: &AdoptRequest<'_>,
    adopted: &Adopted,
    before: Option<&BakedImage>,
) -> Entry {
    let BakedImage {
        image,
        base_image,
        base_version,
        ..
    } = &adopted.baked;
    let mut facts = BTreeMap::from([
        ("image".to_owned(), image.to_string()),
        ("base_image".to_owned(), base_image.to_string()),
        ("base_version".to_owned(), base_version.clone()),
        ("other_recipe".to_owned(), asked.other_recipe.to_string()),
    ]);
    facts.extend(before.map(|before| ("image_before".to_owned(), before.image.to_string())));
    Entry {
        at: service.clock.now(),
        what: EntryWhat::Did(DidEntry {
            verb: "adopt".to_owned(),
            sentence: format!("took {image}, made from {base_version} ({base_image})"),
            by: Some(asked.by.to_owned()),
            facts,
        }),
    }
}
