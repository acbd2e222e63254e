//! What changed from one image to the next, in full: worked out anew from the two reports that are kept.
//! Reads the store alone.

use crate::flow::bake::packed::Packed;
use crate::flow::verify::changes::changes;
use crate::model::changes::{ChangesInFull, ChangesInShort, PackageChange};
use crate::model::ids::ImageId;
use crate::store::{Store, StoreError, records};

/// The changes of this image against the one that it replaced, with the list where both reports are
/// kept. `watch`: `<account>/<region>/<watch>`.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn in_full(
    store: &dyn Store,
    watch: &str,
    image: &ImageId,
    short: ChangesInShort,
) -> Result<ChangesInFull, StoreError> {
    let place = watch.rsplit_once('/').map_or("", |(place, _)| place);
    let before = records::report_at(store, place, &short.since).await?;
    let after = records::report_at(store, place, image).await?;
    let packages = before
        .zip(after)
        .and_then(|(before, after)| listed(before.value, after.value));
    Ok(ChangesInFull { short, packages })
}

/// A report that cannot be read is as good as none.
fn listed(before: String, after: String) -> Option<Vec<PackageChange>> {
    let before = Packed::stored(before).unpack().ok()?;
    let after = Packed::stored(after).unpack().ok()?;
    Some(changes(&before, &after).packages)
}
