//! Images that stand where watches make them known, and those that taking back may put there again: from what
//! the store remembers of each destination. Asks nobody; what AWS shows of a parameter is another kind.

use super::{StoredAsk, horizon_of, or_missed};
use crate::model::image_uses::{ImageUse, KindAnswer};
use crate::model::publish::DestinationLedger;
use crate::model::publish_rules::Destination;
use crate::store::StoreError;
use crate::store::publications::each_ledger_of_scope;

/// What every destination names, of the watches of this account and region.
pub(super) async fn read_published(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("remembered publications");
    for read in each_ledger_of_scope(ask.store, ask.scope).await? {
        let Some(named) = or_missed(read, &mut answer)? else {
            continue;
        };
        let place = format!("{} of {}", named.destination, named.watch);
        count_present(&named.ledger, &place, &mut answer);
        count_earlier(ask, &named.destination, &named.ledger, &place, &mut answer);
    }
    Ok(answer)
}

/// What stands there, or may since a run that failed.
fn count_present(ledger: &DestinationLedger, place: &str, answer: &mut KindAnswer) {
    if let Some(now) = &ledger.now {
        answer.add(now.image.clone(), ImageUse::lasting(place));
    }
    if let Some(unsure) = &ledger.unsure {
        let by = format!("it may stand at {place}");
        answer.add(unsure.clone(), ImageUse::lasting(by));
    }
}

/// What stood there. The newest of them is where the way back leads, however long ago it stood there; the older
/// ones are needed where that one is held as well, for as long as an environment may have to come back. What
/// others may launch stands until it is taken back.
fn count_earlier(
    ask: StoredAsk<'_>,
    destination: &Destination,
    ledger: &DestinationLedger,
    place: &str,
    answer: &mut KindAnswer,
) {
    let mut replaced = ledger.now.as_ref().map(|now| now.at);
    for (nth, stood) in ledger.before.iter().enumerate() {
        let used = match (stood.published.lasts(), nth, replaced) {
            (true, _, _) => ImageUse::lasting(format!("{place}, from an earlier publication")),
            (false, 0, _) | (false, _, None) => {
                ImageUse::lasting(format!("{destination} may be taken back to it"))
            }
            (false, _, Some(at)) => ImageUse {
                by: format!("{destination} named it until {}", at.format("%Y-%m-%d")),
                until: at.checked_add_signed(horizon_of(ask, &stood.image)),
            },
        };
        replaced = Some(stood.at);
        answer.add(stood.image.clone(), used);
    }
}
