//! To which image an environment is moved: the watch's present one, or the verified one that a person
//! named. A plain function of what was seen and is remembered.

use crate::model::aws_command::AwsCommand;
use crate::model::drift::Drift;
use crate::model::genuine::contradiction;
use crate::model::history::WatchHistory;
use crate::model::ids::{ImageId, Region};
use crate::model::image::Image;
use crate::model::made::Made;
use crate::model::sighting::WatchSighting;
use crate::model::tags;

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
    region: &Region,
) -> Result<ChosenImage, String> {
    let watch = &drift.watch;
    let current = drift.current.as_ref();
    let Some(image) = wanted.or(current) else {
        let marked = seen.ours.known().into_iter().flatten();
        let marked = marked
            .filter(|one| is_marked(one))
            .max_by_key(|one| one.created);
        return Err(match marked {
            Some(marked) => quarantined(marked, region),
            None => format!(
                "the watch {watch} has no verified image to move to; bake one first: `amiwatch bake {watch}`"
            ),
        });
    };
    let facts = seen.ours.known().into_iter().flatten();
    let facts = facts.into_iter().find(|one| one.id == *image);
    if let Some(marked) = facts.filter(|one| is_marked(one)) {
        return Err(quarantined(marked, region));
    }
    let remembered = history.current.as_ref();
    let remembered = remembered.filter(|baked| baked.image == *image && current == Some(image));
    if let Some(baked) = remembered {
        return Ok(ChosenImage {
            image: image.clone(),
            base_image: baked.base_image.clone(),
            base_version: Some(baked.base_version.clone()),
        });
    }
    if seen.ours.known().is_none() {
        return Err(format!(
            "the images of {watch} could not be read, so nothing is known of {image}; ask again"
        ));
    }
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

/// It carries the mark of a quarantine, which outlives the store.
fn is_marked(image: &Image) -> bool {
    image.tags.get(tags::STATE).map(String::as_str) == Some(tags::state::QUARANTINED)
}

fn quarantined(image: &Image, region: &Region) -> String {
    let id = &image.id;
    let watch = image.tags.get(tags::WATCH).map_or("-", String::as_str);
    let says = format!("Key={},Value={}", tags::STATE, tags::state::VERIFIED);
    let command = AwsCommand::new("ec2 create-tags", region)
        .with("--resources", id.as_str())
        .with("--tags", says);
    format!(
        "QUARANTINED: {id} carries the tag {} = {}: moving an environment to it failed, and the image was to \
         blame. Where a hold is remembered, `amiwatch unhold {watch} --image {id}` ends that and the next pass \
         changes the tag; where the store was lost, `{command}` does",
        tags::STATE,
        tags::state::QUARANTINED
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::test_world::{BASE_450, BASE_451, World};
    use crate::model::image::ImageState;

    fn chosen(world: &World, wanted: Option<&str>) -> Result<ChosenImage, String> {
        let wanted = wanted.map(ImageId::from);
        let (drift, region) = (world.drift(), "eu-west-1".into());
        image_to_move_to(
            wanted.as_ref(),
            &drift,
            &world.seen,
            &world.history,
            &region,
        )
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

    /// The tag outlives the store: what failed before is not tried again because nobody remembers it.
    #[test]
    fn an_image_that_carries_the_mark_is_refused_with_its_reason() {
        let mut world = World::new();
        world.ours_in_stage("ami-bad", BASE_451, 0, tags::state::QUARANTINED);
        for wanted in [None, Some("ami-bad")] {
            let why = chosen(&world, wanted).unwrap_err();
            assert!(why.starts_with("QUARANTINED: ami-bad"), "{why}");
            assert!(
                why.contains("aws ec2 create-tags --resources ami-bad"),
                "{why}"
            );
        }
        world.ours("ami-good", BASE_451, 1);
        assert_eq!(
            chosen(&world, None).map(|one| one.image),
            Ok("ami-good".into())
        );
    }
}
