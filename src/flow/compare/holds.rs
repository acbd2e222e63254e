//! What people hold, as reasons. A hold has no say in what is drift: it says what is not done about it.

use super::Case;
use crate::model::bake::RecipeDigest;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::ImageId;
use crate::model::reason::{About, HeldOn, HoldSaid, Quarantine, Reason};

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

/// Images of ours that are held and were made of what would be baked now: baking the same again would
/// most likely make the same image.
pub(super) fn of_images(case: &Case<'_>, recipe: &RecipeDigest) -> Vec<Reason> {
    let Some(release) = case.choice.eligible.or(case.release()) else {
        return Vec::new();
    };
    let same = case
        .own
        .quarantined
        .iter()
        .filter(|(made, _)| made.is_of(&release.image, recipe));
    same.map(|(made, hold)| {
        let place = Quarantine::MadeOf {
            base_image: made.base_image.clone(),
            version: release.version.clone(),
        };
        quarantined(case, &made.image, place, hold)
    })
    .collect()
}

/// An environment runs an image that is held.
pub(super) fn of_target(case: &Case<'_>, image: Option<&ImageId>) -> Option<Reason> {
    let image = image?;
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

/// A held thing as the person named it.
fn what(hold: &Hold) -> String {
    match &hold.on {
        HeldThing::Release(what) => what.clone(),
        HeldThing::Image(image) => image.to_string(),
        HeldThing::Watch => String::new(),
    }
}
