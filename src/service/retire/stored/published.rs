//! Images that stand where watches make them known, and those that taking back may put there again: from what
//! the store remembers of each destination. Asks nobody; what AWS shows of a parameter is another kind.

use super::{StoredAsk, horizon_of, or_missed};
use crate::model::ids::ImageId;
use crate::model::image_uses::{ImageUse, KindAnswer};
use crate::model::publish::PublishedImage;
use crate::model::publish_rules::PublishAs;
use crate::store::StoreError;
use crate::store::publications::{NamedLedger, each_ledger_of_account};

/// What every destination names, of the watches that work in this account and region, and of those whose
/// destinations are here: they name copies.
pub(super) async fn read_published(ask: StoredAsk<'_>) -> Result<KindAnswer, StoreError> {
    let mut answer = KindAnswer::of_calls("remembered publications");
    for read in each_ledger_of_account(ask.store, &ask.scope.account).await? {
        let Some(named) = or_missed(read, &mut answer)? else {
            continue;
        };
        let (home, watch) = named.watch.split_once('/').unwrap_or(("", &named.watch));
        let here = &ask.scope.region;
        let place = format!("{} of {watch}", named.destination);
        if home == here.as_str() {
            let whole = |one: &PublishedImage| Some(one.image.clone());
            let unsure = named.ledger.unsure.as_ref();
            count_named(ask, &named, &place, (whole, unsure), &mut answer);
        } else if named.destination.region == *here {
            let copy = |one: &PublishedImage| one.copy.clone();
            let unsure = named.ledger.unsure_copy.as_ref();
            count_named(ask, &named, &place, (copy, unsure), &mut answer);
        }
    }
    Ok(answer)
}

/// What stands there, or may since a run that failed; what stood there. The newest of those is where the way back
/// leads, however long ago it stood there; the older ones are needed where that one is held as well, for as long as
/// an environment may have to come back. What others may launch stands until it is taken back.
///
/// What an image is called depends on the region that is looked at: its own id, or its copy's.
fn count_named(
    ask: StoredAsk<'_>,
    named: &NamedLedger,
    place: &str,
    (called, unsure): (
        impl Fn(&PublishedImage) -> Option<ImageId>,
        Option<&ImageId>,
    ),
    answer: &mut KindAnswer,
) {
    let (ledger, destination) = (&named.ledger, &named.destination);
    if let Some(image) = ledger.now.as_ref().and_then(&called) {
        answer.add(image, ImageUse::lasting(place));
    }
    if let Some(unsure) = unsure {
        let by = format!("it may stand at {place}");
        answer.add(unsure.clone(), ImageUse::lasting(by));
    }
    let mut replaced = ledger.now.as_ref().map(|now| now.at);
    for (nth, stood) in ledger.before.iter().enumerate() {
        let until = replaced.replace(stood.at);
        let Some(image) = called(stood) else {
            continue;
        };
        let used = match (&stood.published, nth, until) {
            (PublishAs::Share { .. }, _, _) => {
                ImageUse::lasting(format!("{place}, from an earlier publication"))
            }
            (PublishAs::Template { .. } | PublishAs::Parameter { .. }, 0, _) | (_, _, None) => {
                ImageUse::lasting(format!("{destination} may be taken back to it"))
            }
            // An earlier copy launches nothing by being there: what names it, or shares it, is a destination of its own.
            (
                PublishAs::Template { .. } | PublishAs::Parameter { .. } | PublishAs::Copy { .. },
                _,
                Some(at),
            ) => ImageUse {
                by: format!("{destination} named it until {}", at.format("%Y-%m-%d")),
                until: at.checked_add_signed(horizon_of(ask, &image)),
            },
        };
        answer.add(image, used);
    }
}
