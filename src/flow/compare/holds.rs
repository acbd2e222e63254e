//! What people hold, as reasons. A hold has no say in what is drift: it says what is not done about it.

use super::Case;
use super::own::QuarantinedImage;
use crate::model::bake::RecipeDigest;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::ImageId;
use crate::model::made::Made;
use crate::model::reason::{About, HeldOn, HoldSaid, Quarantine, Reason};
use crate::model::tags;

/// The watch itself is held: nothing of it starts.
pub(super) fn of_watch(case: &Case<'_>) -> Option<Reason> {
    let hold = case.memory.watch_hold(case.now)?;
    let said = HoldSaid::of_hold(hold);
    Some(held(case, HeldOn::Watch { said }, hold))
}

/// The newest release is held: it is passed over.
pub(super) fn of_release(case: &Case<'_>) -> Option<Reason> {
    let (hold, release) = (case.choice.held?, case.release()?);
    let on = HeldOn::Release {
        image: release.image.clone(),
        version: release.version.clone(),
        named: what(hold),
        said: HoldSaid::of_hold(hold),
    };
    Some(held(case, on, hold))
}

/// Images of ours that are held, or marked as such, and were made of what would be baked now: baking the same
/// again would most likely make the same image.
pub(super) fn of_images(case: &Case<'_>, recipe: &RecipeDigest) -> Vec<Reason> {
    let Some(release) = case.choice.eligible.or(case.release()) else {
        return Vec::new();
    };
    let same = case
        .own
        .quarantined
        .iter()
        .filter(|one| one.made.is_of(&release.image, recipe));
    same.map(|QuarantinedImage { made, hold }| {
        let base_image = made.base_image.clone();
        let version = release.version.clone();
        match hold {
            Some(hold) => {
                let place = Quarantine::MadeOf {
                    base_image,
                    version,
                };
                quarantined(case, &made.image, place, hold)
            }
            None => {
                let place = Quarantine::MarkedMadeOf {
                    base_image,
                    version,
                };
                marked(case, made, place)
            }
        }
    })
    .collect()
}

/// An environment runs an image that is held.
pub(super) fn of_target(case: &Case<'_>, image: Option<&ImageId>) -> Option<Reason> {
    let image = case.at_source(image?);
    let hold = case.memory.image_hold(image, case.now)?;
    Some(quarantined(case, image, Quarantine::Runs, hold))
}

fn held(case: &Case<'_>, on: HeldOn, hold: &Hold) -> Reason {
    Reason::from_about(About::Held {
        watch: case.watch.name.clone(),
        on,
        until: hold.until,
    })
}

fn quarantined(case: &Case<'_>, image: &ImageId, place: Quarantine, hold: &Hold) -> Reason {
    Reason::from_about(About::Quarantined {
        watch: case.watch.name.clone(),
        image: image.clone(),
        place,
        said: HoldSaid::of_hold(hold),
        until: hold.until,
    })
}

/// Nobody here remembers who held it: its tag alone says so.
fn marked(case: &Case<'_>, made: &Made, place: Quarantine) -> Reason {
    Reason::from_about(About::Quarantined {
        watch: case.watch.name.clone(),
        image: made.image.clone(),
        place,
        said: HoldSaid {
            since: made.created.unwrap_or(case.now),
            by: "amiwatch".to_owned(),
            reason: format!(
                "it carries the tag {} = {}",
                tags::STATE,
                tags::state::QUARANTINED
            ),
        },
        until: None,
    })
}

/// A held thing as the person named it.
fn what(hold: &Hold) -> String {
    match &hold.on {
        HeldThing::Release(what) => what.clone(),
        HeldThing::Image(image) => image.to_string(),
        HeldThing::Watch => String::new(),
    }
}
