//! What a pass does about a watch's destinations: reads what is remembered, has it decided what is published
//! or taken back, tells what only a person can mend, and hands back what is to be begun. Begins nothing.
//!
//! Costs no call: AWS is asked by each run, right before it writes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::flow::notify::{self, StaysBad, story_of_image};
use crate::flow::publish::decide::{
    DestinationStand, PublishCandidate, PublishCase, PublishStep, WithheldImages,
    decide_publishing, next_try,
};
use crate::flow::publish::document::planned_publication;
use crate::flow::publish::kind::PublishKind;
use crate::flow::publish::order::{Publisher, publish_order};
use crate::model::bake::BakedImage;
use crate::model::base::Release;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{Scope, WatchName};
use crate::model::notice::Notice;
use crate::model::plan::PlannedPublication;
use crate::model::publish::{DestinationLedger, ImageProof, PublishOrder, TakenFrom};
use crate::model::publish_rules::{Destination, PublishRules};
use crate::model::rollout_memory::RolloutMemory;
use crate::model::told::ToldDrift;
use crate::model::watch::Watch;
use crate::service::Service;
use crate::service::runs::publishing::{PublicationResult, PublicationStart, begin_publication};
use crate::service::runs::{DriveError, resume_one};
use crate::store::publications::{WatchLedger, watch_ledger};
use crate::store::records::{self, Versioned};
use crate::store::{Batch, Lease, Op, StoreError, moves};
use crate::workflow::observer::Unobserved;

/// A watch that publishes: where it works, and the release that it follows without a recipe.
#[derive(Debug, Clone)]
pub struct PublishingWatch {
    pub watch: WatchName,
    pub scope: Scope,
    /// Absent where it could not be told, or may not be used yet.
    pub release: Option<Release>,
}

/// What a pass leaves of its watches' destinations.
#[derive(Default)]
pub struct PublishPass {
    pub starts: Vec<PublicationStart>,
    pub watches: Vec<PublishingWatch>,
    /// When the first pause after a failure ends.
    pub look_at: Option<DateTime<Utc>>,
}

impl PublishPass {
    /// Of several watches.
    pub(super) fn merge(&mut self, other: Self) {
        self.starts.extend(other.starts);
        self.watches.extend(other.watches);
        self.look_at = self.look_at.into_iter().chain(other.look_at).min();
    }
}

/// What is known of a watch's destinations, and what is decided of them.
pub struct LookedPublishing<'a> {
    watch: &'a Watch,
    rules: &'a PublishRules,
    scope: Scope,
    candidate: Option<PublishCandidate>,
    withheld: WithheldImages,
    held: Option<String>,
    ledger: WatchLedger,
    holds_version: u64,
    now: DateTime<Utc>,
}

/// Reads what is remembered; nothing for a watch that publishes nowhere.
///
/// # Errors
/// When the store cannot be read.
pub async fn look_at_publishing<'a>(
    service: &Service<'a>,
    one: &PublishingWatch,
) -> Result<Option<LookedPublishing<'a>>, StoreError> {
    let watch = service.settings.watches.get(&one.watch);
    let Some((watch, rules)) = watch.and_then(|watch| Some((watch, watch.publish.as_ref()?)))
    else {
        return Ok(None);
    };
    let (store, scope, name) = (service.store, &one.scope, &one.watch);
    let installation = service.settings.installation.as_ref();
    let history = records::remembered_watch(store, scope, name).await?.value;
    let rollout = moves::rollout(store, scope, name).await?.value;
    let holds = records::remembered_holds(store, installation, name).await?;
    let now = service.clock.now();
    let in_force: Vec<&Hold> = holds.value.iter().filter(|one| one.in_force(now)).collect();
    let told = records::remembered_told(store, scope, name).await?;
    let told = told.as_ref().map(|told| &told.value);
    let candidate = match &watch.recipe {
        Some(_) => history
            .current
            .as_ref()
            .map(|baked| of_baked(baked, &rollout, told)),
        None => one
            .release
            .as_ref()
            .map(|release| of_release(release, told)),
    };
    let on_watch = in_force.iter().find(|hold| hold.on == HeldThing::Watch);
    Ok(Some(LookedPublishing {
        watch,
        rules,
        scope: scope.clone(),
        candidate,
        withheld: withheld(&in_force, watch.recipe.is_none()),
        held: on_watch.map(|hold| said(hold)),
        ledger: watch_ledger(store, scope, name).await?,
        holds_version: holds.version,
        now,
    }))
}

fn of_baked(
    baked: &BakedImage,
    rollout: &RolloutMemory,
    told: Option<&ToldDrift>,
) -> PublishCandidate {
    let through = rollout.rollout_of(&baked.image);
    PublishCandidate {
        image: baked.image.clone(),
        base_version: Some(baked.base_version.clone()),
        proof: match baked.adopted_at {
            Some(_) => ImageProof::Persons,
            None => ImageProof::Verified,
        },
        rolled_out: through.is_some_and(|rollout| rollout.finished_at.is_some()),
        story: Some(story_of_image(baked, told)),
    }
}

fn of_release(release: &Release, told: Option<&ToldDrift>) -> PublishCandidate {
    PublishCandidate {
        image: release.image.clone(),
        base_version: Some(release.version.clone()),
        proof: ImageProof::Release,
        rolled_out: true,
        story: told
            .and_then(|told| told.story_of(&release.image))
            .map(str::to_owned),
    }
}

/// A held release says nothing of images that were made from it; where it is published itself it does.
fn withheld(holds: &[&Hold], releases: bool) -> WithheldImages {
    let mut withheld = WithheldImages::default();
    for hold in holds {
        match &hold.on {
            HeldThing::Image(image) => {
                withheld.images.insert(image.clone(), said(hold));
            }
            HeldThing::Release(release) if releases => {
                withheld.releases.insert(release.clone(), said(hold));
            }
            HeldThing::Release(_) | HeldThing::Watch => {}
        }
    }
    withheld
}

fn said(hold: &Hold) -> String {
    format!("{} says: {}", hold.by, hold.reason)
}

impl LookedPublishing<'_> {
    /// What is decided; `asked`: a person asked for it now.
    pub fn decide(&self, asked: bool) -> Vec<DestinationStand> {
        let ledger: BTreeMap<Destination, DestinationLedger> = self
            .ledger
            .iter()
            .map(|(destination, known)| (destination.clone(), known.value.clone()))
            .collect();
        decide_publishing(&PublishCase {
            rules: self.rules,
            home: &self.scope.region,
            candidate: self.candidate.as_ref(),
            withheld: &self.withheld,
            held: self.held.as_deref(),
            ledger: &ledger,
            asked,
            now: self.now,
        })
    }

    fn known(&self, destination: &Destination) -> Versioned<DestinationLedger> {
        self.ledger.get(destination).cloned().unwrap_or(Versioned {
            version: 0,
            value: DestinationLedger::default(),
        })
    }

    /// The plan's lines, in the order in which destinations are published to.
    pub fn planned(&self, stands: &[DestinationStand]) -> Vec<PlannedPublication> {
        let planned = stands.iter().map(|stand| {
            let ledger = self.ledger.get(&stand.destination);
            planned_publication(
                stand,
                self.candidate.as_ref(),
                ledger.map(|known| &known.value),
            )
        });
        planned.collect()
    }

    /// What is to be begun of it. A config that names no installation publishes nothing.
    pub fn starts(
        &self,
        service: &Service<'_>,
        stands: &[DestinationStand],
        person: Option<&str>,
    ) -> Vec<PublicationStart> {
        let Some(installation) = &service.settings.installation else {
            return Vec::new();
        };
        let publisher = Publisher {
            installation,
            watch: &self.watch.name,
            home: &self.scope,
            person,
        };
        let starts = stands.iter().filter_map(|stand| {
            let ledger = self.known(&stand.destination);
            let candidate = self.candidate.as_ref();
            Some(PublicationStart {
                order: publish_order(&publisher, stand, candidate, &ledger.value)?,
                ledger,
                holds_version: self.holds_version,
            })
        });
        starts.collect()
    }

    /// What stays where it is not for use, since nothing good is remembered: a person is told, once.
    fn stays(&self, service: &Service<'_>, stands: &[DestinationStand]) -> Vec<Notice> {
        let Some(installation) = &service.settings.installation else {
            return Vec::new();
        };
        let persons = |stand: &&DestinationStand| matches!(stand.does, PublishStep::Person { .. });
        let notices = stands.iter().filter(persons).filter_map(|stand| {
            let known = self.ledger.get(&stand.destination)?;
            let kind = stand.destination.kind;
            let bad = known.value.names(kind).find_map(|image| {
                let version = known.value.now.as_ref();
                let version = version.and_then(|now| now.base_version.as_deref());
                let why = self.withheld.why(image, version)?;
                Some(TakenFrom {
                    image: image.clone(),
                    copy: known.value.copy_of(image).cloned(),
                    why: why.to_owned(),
                })
            })?;
            // One that failed is told by its run.
            let failing = known.value.failing.is_some();
            let stays = StaysBad {
                installation,
                watch: &self.watch.name,
                home: &self.scope,
                destination: &stand.destination,
                published: &stand.publish.what(),
                bad: &bad,
                feed: self.watch.recipe.is_none(),
            };
            (!failing).then(|| notify::bad_image_stays(&stays, self.now))
        });
        notices.collect()
    }
}

/// Decides for one watch, and tells what only a person can mend.
///
/// # Errors
/// When the store fails.
pub(super) async fn keep_publishing(
    service: &Service<'_>,
    lease: Lease,
    one: PublishingWatch,
) -> Result<(PublishPass, Vec<PlannedPublication>), StoreError> {
    let Some(looked) = look_at_publishing(service, &one).await? else {
        return Ok((PublishPass::default(), Vec::new()));
    };
    let stands = looked.decide(false);
    let who = service.told();
    for notice in looked.stays(service, &stands) {
        let told = records::notice_ops(service.store, &notice, &who).await?;
        if !told.is_empty() {
            let guard = Op::CheckLease { epoch: lease.epoch };
            let ops = [guard].into_iter().chain(told).collect();
            service.store.commit(Batch::of_ops(ops)).await?;
        }
    }
    let pass = PublishPass {
        starts: looked.starts(service, &stands, None),
        look_at: next_try(&stands),
        watches: vec![one],
    };
    Ok((pass, looked.planned(&stands)))
}

/// Publishes a watch as far as it goes now: decides, begins, drives, and decides again, since what stands at
/// one destination lets the next begin. Each destination is begun once.
///
/// # Errors
/// When the store fails, or a publication cannot be driven on now.
pub async fn publish_watch(
    service: &Service<'_>,
    lease: Lease,
    one: &PublishingWatch,
) -> Result<Vec<PublicationResult>, DriveError> {
    let mut begun: BTreeSet<Destination> = BTreeSet::new();
    let mut results = Vec::new();
    // A copy takes hours, and holds nothing up but what promises it.
    let mut running = FuturesUnordered::new();
    while let Some(looked) = look_at_publishing(service, one).await? {
        let mut starts = looked.starts(service, &looked.decide(false), None);
        starts.retain(|start| begun.insert(start.order.destination.clone()));
        let starts = starts.into_iter();
        running.extend(starts.map(|start| begin_and_drive(service, lease, start)));
        match running.next().await {
            Some(ended) => results.extend(ended?),
            None => break,
        }
    }
    Ok(results)
}

async fn begin_and_drive(
    service: &Service<'_>,
    lease: Lease,
    start: PublicationStart,
) -> Result<Option<PublicationResult>, DriveError> {
    let Some(journal) = begin_publication(service, lease, &start).await? else {
        return Ok(None);
    };
    let observers = &|_: &PublishOrder| Box::new(Unobserved) as _;
    let ended = resume_one::<PublishKind>(service, lease, &journal, observers).await?;
    Ok(Some(ended))
}
