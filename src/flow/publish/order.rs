//! The order for one destination: what a decision becomes when it is begun. Plain.

use super::decide::{DestinationStand, PublishCandidate, PublishStep};
use crate::model::ids::{Installation, Scope, WatchName};
use crate::model::publish::{DestinationLedger, ImageProof, PublishOrder};

/// Whose publication it is, and who orders it.
#[derive(Debug, Clone, Copy)]
pub struct Publisher<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    /// Where the watch works.
    pub home: &'a Scope,
    /// Absent: amiwatch does, by itself.
    pub person: Option<&'a str>,
}

/// The order; none where nothing is begun.
pub fn publish_order(
    publisher: &Publisher<'_>,
    stand: &DestinationStand,
    candidate: Option<&PublishCandidate>,
    ledger: &DestinationLedger,
) -> Option<PublishOrder> {
    let empty = |image, base_version, proof| PublishOrder {
        installation: publisher.installation.clone(),
        watch: publisher.watch.clone(),
        scope: Scope {
            region: stand.destination.region.clone(),
            ..publisher.home.clone()
        },
        home: publisher.home.clone(),
        destination: stand.destination.clone(),
        number: ledger.ordered + 1,
        image,
        copy: None,
        base_version,
        publish: stand.publish.clone(),
        proof,
        back: None,
        stood: ledger.now.clone(),
        persons: publisher.person.is_some(),
        by: publisher.person.unwrap_or("amiwatch").to_owned(),
        story: None,
    };
    match &stand.does {
        PublishStep::Publish => {
            let one = candidate?;
            Some(PublishOrder {
                story: one.story.clone(),
                copy: stand.copy.clone(),
                ..empty(one.image.clone(), one.base_version.clone(), one.proof)
            })
        }
        // Where the bad one stands is where it is taken from, whatever the config says by now. That the
        // good one was good was looked at when it was published.
        PublishStep::TakeBack { from, to } => Some(PublishOrder {
            back: Some(from.clone()),
            copy: to.copy.clone(),
            publish: match &ledger.now {
                Some(now) => now.published.clone(),
                None => stand.publish.clone(),
            },
            ..empty(
                to.image.clone(),
                to.base_version.clone(),
                ImageProof::Persons,
            )
        }),
        PublishStep::Withdraw { from } => {
            let mut known = ledger.now.iter().chain(&ledger.before);
            let known = known.find(|one| one.image == from.image);
            Some(PublishOrder {
                back: Some(from.clone()),
                copy: from.copy.clone(),
                publish: known.map_or(stand.publish.clone(), |known| known.published.clone()),
                ..empty(
                    from.image.clone(),
                    known.and_then(|known| known.base_version.clone()),
                    ImageProof::Persons,
                )
            })
        }
        PublishStep::Stands
        | PublishStep::UnderWay { .. }
        | PublishStep::Wait(_)
        | PublishStep::Person { .. } => None,
    }
}
