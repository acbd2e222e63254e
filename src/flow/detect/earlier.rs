//! The releases before a base's newest: asked for only while the newest soaks or is held.
//!
//! Where they come from hangs on the base: a branch lists its versions, a name pattern has found older
//! images already, and of a parameter only what this watch saw before is known.

use std::collections::BTreeSet;

use super::described::{DESCRIBED_MAX, Describing, usable_version};
use super::images;
use super::release::AnnouncedRelease;
use crate::cloud::Cloud;
use crate::flow::compare::lines::shape;
use crate::model::base::{BaseSource, Release};
use crate::model::history::Memory;
use crate::model::ids::{Architecture, ImageId};
use crate::model::image::{Image, ImageState};
use crate::model::sighting::{Seen, Sighting, Trouble};
use crate::model::version::{Version, VersionPattern, VersionWish};
use crate::model::watch::Watch;

/// Earlier releases that are looked at: older ones are further behind than anybody wants to fall back.
const EARLIER_MAX: usize = 5;

/// What came before the newest.
#[derive(Default)]
pub(super) struct Earlier {
    pub releases: Vec<Release>,
    pub untold: Vec<Trouble>,
}

/// Reads the releases before `newest`, newest first.
pub(super) async fn earlier(
    cloud: &Cloud,
    watch: &Watch,
    memory: &Memory,
    newest: &Release,
    others: &[Image],
    sighting: &mut Sighting,
) -> Earlier {
    let mut untold = Vec::new();
    let announced = match &watch.base.source {
        BaseSource::Beanstalk { branch, version } => {
            let pattern = match version {
                VersionWish::Recommended => None,
                VersionWish::Matching(pattern) => Some(pattern),
                VersionWish::Environment => return Earlier::default(),
            };
            let describing = Describing {
                cloud,
                sighting,
                architecture: watch.base.architecture,
            };
            versions(&describing, branch, pattern, newest, memory, &mut untold).await
        }
        BaseSource::Images { .. } => others
            .iter()
            .take(EARLIER_MAX)
            .map(AnnouncedRelease::of_image)
            .collect(),
        BaseSource::Ssm { .. } => seen_before(cloud, memory, newest, sighting).await,
    };
    let wanted: BTreeSet<ImageId> = announced.iter().map(|one| one.image.clone()).collect();
    images::read_more(cloud, wanted, sighting).await;
    let releases = launchable(announced, watch.base.architecture, sighting, &mut untold);
    Earlier { releases, untold }
}

/// Older versions of the branch, down to the one whose image the watch has. AWS hides some from this
/// account: those are passed over. Past a question without an answer nothing is looked at, or an older
/// one would be taken for the newest that there is.
async fn versions(
    describing: &Describing<'_>,
    branch: &str,
    pattern: Option<&VersionPattern>,
    newest: &Release,
    memory: &Memory,
    untold: &mut Vec<Trouble>,
) -> Vec<AnnouncedRelease> {
    let all = match describing.cloud.versions(branch).await {
        Ok(all) => all,
        Err(error) => {
            untold.push(error.trouble(format!("earlier versions of {branch}")));
            return Vec::new();
        }
    };
    let limit = Version::parse(&newest.version);
    let fits = |version: Version| {
        limit.is_some_and(|limit| version < limit)
            && pattern.is_none_or(|pattern| pattern.matches(version))
    };
    let ours = memory
        .history
        .current
        .as_ref()
        .map(|baked| &baked.base_image);
    let mut found: Vec<AnnouncedRelease> = Vec::new();
    let older = all.iter().filter(|(version, _)| fits(*version));
    for (_, arn) in older.take(DESCRIBED_MAX) {
        let platform = match usable_version(describing.version(arn).await) {
            Ok(Some(platform)) => platform,
            Ok(None) => continue,
            Err(trouble) => {
                let hidden = trouble.denied;
                untold.push(trouble);
                if hidden {
                    continue;
                }
                return found;
            }
        };
        let Some(image) = platform.image(describing.architecture).cloned() else {
            continue;
        };
        // Several versions can share one image: it is one release, under its newest version.
        let known = image == newest.image || found.iter().any(|one| one.image == image);
        let enough = ours == Some(&image) || found.len() + 1 >= EARLIER_MAX;
        if !known {
            found.push(AnnouncedRelease::of_platform(platform, image));
        }
        if enough {
            break;
        }
    }
    found
}

/// What this watch saw under the parameter before, as far as it is of the newest one's line: the
/// parameter in the config may have been another one then.
async fn seen_before(
    cloud: &Cloud,
    memory: &Memory,
    newest: &Release,
    sighting: &mut Sighting,
) -> Vec<AnnouncedRelease> {
    let remembered = memory.history.first_seen.keys();
    let others: BTreeSet<ImageId> = remembered
        .filter(|image| **image != newest.image)
        .cloned()
        .collect();
    images::read_more(cloud, others.clone(), sighting).await;
    let line = newest.image_name.as_deref().map(shape);
    let mut found: Vec<&Image> = others
        .iter()
        .filter_map(|image| sighting.images.get(image)?.image.known())
        .filter(|image| Some(shape(&image.name)) == line && image.created <= newest.created)
        .collect();
    found.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
    found.truncate(EARLIER_MAX);
    found.into_iter().map(AnnouncedRelease::of_image).collect()
}

/// Those that EC2 lists as available, for this architecture, in their order.
fn launchable(
    announced: Vec<AnnouncedRelease>,
    architecture: Architecture,
    sighting: &Sighting,
    untold: &mut Vec<Trouble>,
) -> Vec<Release> {
    let mut releases = Vec::new();
    for one in announced {
        match sighting.images.get(&one.image).map(|seen| &seen.image) {
            Some(Seen::Known(image))
                if image.state == ImageState::Available
                    && image.architecture == Some(architecture) =>
            {
                releases.push(one.with_facts(architecture, Some(image)));
            }
            Some(Seen::Unreachable(trouble)) => {
                untold.push(trouble.clone());
                return releases;
            }
            Some(Seen::Known(_) | Seen::Absent) | None => {}
        }
    }
    releases
}
