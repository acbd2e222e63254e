//! What is in an image, and what changed with it: from the reports of its own fresh boot and of that of the image
//! before it. Reads the store alone; an image whose report is not kept has no contents to show.

use serde::Serialize;

use crate::flow::bake::packed::Packed;
use crate::flow::verify::changes::changes;
use crate::model::changes::Changes;
use crate::model::ids::{ImageId, Scope};
use crate::model::image::Image;
use crate::model::owned_image::OwnedImage;
use crate::model::report::Report;
use crate::model::tags;
use crate::store::{Store, StoreError, records};

/// What an image's own report says of it.
#[derive(Debug, Serialize)]
pub struct ImageContents {
    /// The kernel that its fresh boot ran.
    pub kernel: String,
    /// `name version` each, sorted; empty where there is no package manager.
    pub packages: Vec<String>,
    /// Those that the report had no room for.
    pub packages_omitted: u32,
    /// The image of the watch before it; absent where none is there any more.
    pub since: Option<ImageId>,
    /// Against that one; absent where its report is not kept.
    pub changes: Option<Changes>,
}

/// The contents; nothing where no report of it is kept.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn contents_of(
    store: &dyn Store,
    scope: &Scope,
    owned: &OwnedImage,
    all: &[OwnedImage],
) -> Result<Option<ImageContents>, StoreError> {
    let image = &owned.image;
    let Some(report) = report_of(store, scope, image).await? else {
        return Ok(None);
    };
    let before = image_before(image, all.iter().map(|one| &one.image));
    let changes = match before {
        None => None,
        Some(before) => {
            let old = report_of(store, scope, before).await?;
            old.map(|old| changes(&old, &report))
        }
    };
    Ok(Some(ImageContents {
        since: before.map(|before| before.id.clone()),
        changes,
        kernel: report.kernel,
        packages: report.packages,
        packages_omitted: report.packages_omitted,
    }))
}

/// A copy is what it is a copy of. A report that cannot be read is as good as none.
async fn report_of(
    store: &dyn Store,
    scope: &Scope,
    image: &Image,
) -> Result<Option<Report>, StoreError> {
    let copied = image.tags.get(tags::COPY_OF);
    let copied = copied.and_then(|of| of.split_once('/'));
    let (region, id) = match copied {
        Some((region, id)) => (region.into(), ImageId::new(id)),
        None => (scope.region.clone(), image.id.clone()),
    };
    let home = Scope {
        region,
        ..scope.clone()
    };
    let kept = records::remembered_report(store, &home, &id).await?;
    Ok(kept.and_then(|kept| Packed::stored(kept.value).unpack().ok()))
}

/// The newest of the same watch and processor that is older and was verified once.
fn image_before<'a>(image: &Image, all: impl Iterator<Item = &'a Image>) -> Option<&'a Image> {
    let tag = |one: &Image, name: &str| one.tags.get(name).cloned();
    let same = |one: &&Image| {
        let alike = [tags::WATCH, tags::ROLE];
        one.id != image.id
            && one.architecture == image.architecture
            && alike.iter().all(|name| tag(one, name) == tag(image, name))
            && tag(image, tags::WATCH).is_some()
            && one.created < image.created
    };
    let proved = |one: &&Image| {
        let unproved = [tags::state::CANDIDATE, tags::state::REJECTED];
        tag(one, tags::STATE).is_some_and(|state| !unproved.contains(&state.as_str()))
    };
    all.filter(same)
        .filter(proved)
        .max_by_key(|one| one.created)
}
