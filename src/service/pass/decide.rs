//! The part of a pass that ends soon: looks, decides what is to be started, and writes down what the
//! look taught. Starts nothing.

use super::Start;
use super::blind;
use super::look::{LookedWatch, look_in_pass};
use super::publish::{PublishPass, PublishingWatch, keep_publishing};
use super::quarantine::mark_quarantined;
use super::recall;
use super::remember::{KnownBefore, RememberedPass, remember_pass};
use super::rollout::{RolloutPass, keep_rollout};
use crate::model::blind::BlindSpots;
use crate::model::ids::WatchName;
use crate::model::plan::{Action, PlanItem};
use crate::service::Service;
use crate::service::telemetry::source_chain;
use crate::store::{Lease, StoreError};

/// What a look led to.
pub struct Decided {
    pub items: Vec<PlanItem>,
    /// The bakes among them, in the order of the watches' names.
    pub starts: Vec<Start>,
    /// The moves of watches that roll out by themselves.
    pub rollout: RolloutPass,
    /// What is published or taken back, and the watches that publish.
    pub publish: PublishPass,
    /// What could not be read, place by place and base by base.
    pub blind: BlindSpots,
}

/// Looks, decides and remembers. A watch that is `busy` has a bake under way and starts no other.
///
/// # Errors
/// When the store fails. Everything else is in what is returned.
pub async fn decide_pass(
    service: &Service<'_>,
    lease: Lease,
    busy: &[WatchName],
) -> Result<Decided, StoreError> {
    let (mut looked, learnt) = look_in_pass(service).await?;
    let mut rollout = RolloutPass::default();
    let mut publish = PublishPass::default();
    for one in &mut looked {
        let error = match keep(service, lease, one).await {
            Ok(kept) => {
                rollout.merge(kept.rollout);
                publish.merge(kept.publish);
                continue;
            }
            Err(error) => error,
        };
        if !error.is_about_one_record() {
            return Err(error);
        }
        // Nothing may start of which nothing would be remembered; the other watches go on.
        let region = one.region.take();
        *one = LookedWatch::unremembered(one.watch, region.as_ref(), &error);
    }
    let blind = match blind::keep_blind(service, lease, &looked).await {
        // What cannot be remembered of it is told by the next pass.
        Err(error) if error.is_about_one_record() => {
            tracing::error!(
                why = source_chain(&error),
                "what cannot be read is not remembered"
            );
            BlindSpots::new()
        }
        kept => kept?,
    };
    recall::keep(service, lease, &learnt).await?;
    for one in looked
        .iter_mut()
        .filter(|one| busy.contains(&one.watch.name))
    {
        wait_for_bake(&mut one.item);
    }
    let starts = looked.iter_mut().filter_map(Start::planned).collect();
    Ok(Decided {
        items: looked.into_iter().map(|one| one.item).collect(),
        starts,
        rollout,
        publish,
        blind,
    })
}

/// Writes down what was seen and decided of one watch. With an empty store nothing is moved: the first
/// whole look is where a rollout begins from. What these writes raise is carried on into what is begun: else
/// the pass would overtake itself, and nothing of it would begin.
async fn keep(
    service: &Service<'_>,
    lease: Lease,
    one: &mut LookedWatch<'_>,
) -> Result<KeptWatch, StoreError> {
    let RememberedPass { known, holds } = remember_pass(service, lease, one).await?;
    if let Some(raised) = holds {
        one.holds_version = raised.carry(one.holds_version);
    }
    if known == KnownBefore::Nothing {
        mark_quarantined(service, lease, one).await?;
        return Ok(KeptWatch::default());
    }
    let mut rollout = keep_rollout(service, lease, one).await?;
    if let Some(raised) = mark_quarantined(service, lease, one).await? {
        rollout.carry_on(raised);
    }
    // After the rollout: an image that has just gone through its last wave is published now.
    let publish = match one.publishing() {
        Some(watch) => {
            let (publish, planned) = keep_publishing(service, lease, watch).await?;
            one.item.publications = planned;
            publish
        }
        None => PublishPass::default(),
    };
    Ok(KeptWatch { rollout, publish })
}

/// What was decided of one watch beside its image.
#[derive(Default)]
struct KeptWatch {
    rollout: RolloutPass,
    publish: PublishPass,
}

impl LookedWatch<'_> {
    /// What publishing it goes by; nothing where not even the account could be told.
    pub(crate) fn publishing(&self) -> Option<PublishingWatch> {
        let place = self.place.as_ref()?;
        self.watch.publish.as_ref()?;
        Some(PublishingWatch {
            watch: self.watch.name.clone(),
            scope: place.scope.clone(),
            release: self.item.drift.eligible.clone(),
        })
    }
}

/// A watch whose earlier bake is still being driven: it is not begun a second time.
fn wait_for_bake(item: &mut PlanItem) {
    if let Action::Bake(_) = item.action {
        item.action = Action::Hold { until: None };
        item.because = vec!["An earlier bake of this watch is still under way.".to_owned()];
    }
}
