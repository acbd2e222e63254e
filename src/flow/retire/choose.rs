//! Which acts are begun now, of all that are due; whether one came about, by what EC2 shows; and which snapshots
//! go with their image. Plain functions of values.

use chrono::{DateTime, TimeDelta, Utc};

use super::ladder::HIDDEN_SOON;
use super::line::watch_of;
use super::standing::{ImagesSeen, RetireConfig};
use crate::cloud::Snapshot;
use crate::model::ids::{ImageId, Installation, SnapshotId, WatchName};
use crate::model::image::{Image, ImageState};
use crate::model::owned_image::OwnedImage;
use crate::model::retire_record::RetireAct;
use crate::model::retire_rules::RetireMode;
use crate::model::retiring::RungStep;
use crate::model::tags;

/// Acts that are begun in one look at an account and region: each is preceded by a look at everything that may name
/// the image, and what is wrong with one is wrong with few.
pub const ACTS_MAX: usize = 10;

/// How long an act that did not succeed is left alone, by how often it was tried.
const PAUSES: [TimeDelta; 5] = [
    TimeDelta::minutes(15),
    TimeDelta::hours(1),
    TimeDelta::hours(4),
    TimeDelta::hours(12),
    TimeDelta::hours(24),
];

/// One act that is begun now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenAct {
    pub image: ImageId,
    pub step: RungStep,
}

/// The acts that are due, that the config wants done and that do not wait after a failure. What was spared longest
/// ago comes first, so that what is spared each time holds nobody up.
pub fn chosen_acts(seen: &ImagesSeen, config: RetireConfig<'_>) -> Vec<ChosenAct> {
    let mut due: Vec<_> = seen
        .images
        .iter()
        .filter(|one| applies(&one.image, config))
        .filter_map(|one| {
            let id = &one.image.id;
            let record = seen.records.get(id);
            let failing = record.and_then(|record| record.failing.as_ref());
            let waits = failing.is_some_and(|failing| failing.next_at > config.now);
            let step = seen.verdict(one, config).due.filter(|_| !waits)?;
            let spared = record.and_then(|record| record.spared.as_ref());
            let spared = spared.map(|spared| spared.at);
            Some((spared, one.image.created, id.clone(), step))
        })
        .collect();
    due.sort_by(|one, other| (one.0, one.1, &one.2).cmp(&(other.0, other.1, &other.2)));
    let acts = due.into_iter().take(ACTS_MAX);
    acts.map(|(_, _, image, step)| ChosenAct { image, step })
        .collect()
}

/// The config wants this image's acts done, and not only told.
pub fn applies(image: &Image, config: RetireConfig<'_>) -> bool {
    let rules = config.rules.get(&WatchName::from(watch_of(image)));
    rules.is_some_and(|rules| rules.mode == RetireMode::Apply)
}

/// How long an act waits that failed so often in a row.
pub fn pause_after(attempts: u32) -> TimeDelta {
    let nth = usize::try_from(attempts).unwrap_or(usize::MAX);
    PAUSES[nth.saturating_sub(1).min(PAUSES.len() - 1)]
}

/// Whether an act came about. `None`: EC2 does not list the image.
pub fn has_come_about(act: RetireAct, image: Option<&OwnedImage>, now: DateTime<Utc>) -> bool {
    let image = image.map(|one| &one.image);
    let state = image.map(|image| image.state);
    let hidden = |image: &Image| image.deprecated_from.is_some();
    match act {
        RetireAct::Deprecate => image.is_some_and(|image| {
            let from = image.deprecated_from;
            from.is_some_and(|from| from <= now + HIDDEN_SOON)
        }),
        RetireAct::Disable => state == Some(ImageState::Disabled),
        RetireAct::Deregister => matches!(state, None | Some(ImageState::Deregistered)),
        RetireAct::Restore => {
            image.is_some_and(|image| image.state == ImageState::Available && !hidden(image))
        }
    }
}

/// What becomes of the snapshots of an image that is gone: those that go, and those that stay with why.
pub fn fate_of_snapshots(
    installation: &Installation,
    of_image: &[SnapshotId],
    there: &[Snapshot],
    having: &[OwnedImage],
) -> (Vec<SnapshotId>, Vec<(SnapshotId, String)>) {
    let (mut going, mut staying) = (Vec::new(), Vec::new());
    for id in of_image {
        // What is gone already needs nothing.
        let Some(snapshot) = there.iter().find(|one| one.id == *id) else {
            continue;
        };
        let mut images = having.iter().map(|one| &one.image);
        let named = images.find(|one| {
            one.state != ImageState::Deregistered && one.snapshots.contains(&snapshot.id)
        });
        let whose = snapshot.tags.get(tags::INSTALLATION).map(String::as_str);
        match (named, whose == Some(installation.as_str())) {
            (Some(image), _) => staying.push((id.clone(), format!("{} has it too", image.id))),
            (None, false) => {
                let why = "it does not carry this installation's tag".to_owned();
                staying.push((id.clone(), why));
            }
            (None, true) => going.push(id.clone()),
        }
    }
    (going, staying)
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
