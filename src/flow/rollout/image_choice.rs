//! To which image an environment is moved: the watch's present one, or the verified one that a person
//! named. A plain function of what was seen and is remembered.

use crate::model::drift::Drift;
use crate::model::genuine::contradiction;
use crate::model::history::WatchHistory;
use crate::model::ids::ImageId;
use crate::model::made::Made;
use crate::model::sighting::WatchSighting;

/// An image, and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenImage {
    pub image: ImageId,
    pub base_image: ImageId,
    /// Absent where it is not remembered.
    pub base_version: Option<String>,
}

/// Chooses the image.
///
/// # Errors
/// Why there is none, and what helps.
pub fn image_to_move_to(
    wanted: Option<&ImageId>,
    drift: &Drift,
    seen: &WatchSighting,
    history: &WatchHistory,
) -> Result<ChosenImage, String> {
    let watch = &drift.watch;
    let current = drift.current.as_ref();
    let Some(image) = wanted.or(current) else {
        return Err(format!(
            "the watch {watch} has no verified image to move to; bake one first: `amiwatch bake {watch}`"
        ));
    };
    let remembered = history.current.as_ref();
    let remembered = remembered.filter(|baked| baked.image == *image && current == Some(image));
    if let Some(baked) = remembered {
        return Ok(ChosenImage {
            image: image.clone(),
            base_image: baked.base_image.clone(),
            base_version: Some(baked.base_version.clone()),
        });
    }
    let Some(ours) = seen.ours.known() else {
        return Err(format!(
            "the images of {watch} could not be read, so nothing is known of {image}; ask again"
        ));
    };
    let facts = ours.iter().find(|one| one.id == *image);
    let made = facts.filter(|one| contradiction(one).is_none());
    let made = made.and_then(Made::read_tags).filter(Made::usable);
    match made {
        Some(made) => Ok(ChosenImage {
            image: made.image,
            base_image: made.base_image,
            base_version: made.base_version,
        }),
        None => Err(format!(
            "{image} is no verified image of {watch} that can be launched; `amiwatch history {watch}` \
             lists those that were baked, and `amiwatch adopt {watch} {image}` takes one that was made \
             by hand"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::test_world::{BASE_450, BASE_451, World};
    use crate::model::image::ImageState;
    use crate::model::tags;

    fn chosen(world: &World, wanted: Option<&str>) -> Result<ChosenImage, String> {
        let wanted = wanted.map(ImageId::from);
        image_to_move_to(wanted.as_ref(), &world.drift(), &world.seen, &world.history)
    }

    fn image(id: &str, base: &str) -> (ImageId, ImageId) {
        (id.into(), base.into())
    }

    #[test]
    fn the_present_image_or_the_verified_one_that_was_named() {
        let mut world = World::new();
        world.ours("ami-old", BASE_450, 0);
        world.ours("ami-new", BASE_451, 0);
        let of = |wanted| chosen(&world, wanted).map(|one| (one.image, one.base_image));
        assert_eq!(of(None), Ok(image("ami-new", BASE_451)));
        assert_eq!(of(Some("ami-old")), Ok(image("ami-old", BASE_450)));
        assert!(
            of(Some("ami-strange"))
                .unwrap_err()
                .contains("amiwatch history shop")
        );
    }

    #[test]
    fn what_is_not_verified_or_cannot_be_launched_is_no_choice() {
        let mut world = World::new();
        assert!(
            chosen(&world, None)
                .unwrap_err()
                .contains("amiwatch bake shop")
        );
        world.ours_in_stage("ami-candidate", BASE_451, 0, tags::state::CANDIDATE);
        world.ours("ami-disabled", BASE_451, 1);
        world.change_ours(|ours| ours[1].state = ImageState::Disabled);
        for id in ["ami-candidate", "ami-disabled"] {
            assert!(chosen(&world, Some(id)).is_err(), "{id}");
        }
    }
}
