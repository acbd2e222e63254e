//! Which generation the next bake of the same release and recipe gets.
//!
//! 0 for inputs that never made an image. One more than the last image of the same inputs that is no
//! use any more: too old, rejected, or gone. A candidate is not counted: its bake is under way or died,
//! and the same key finds it again, with the builder that it was made of.

use crate::model::bake::RecipeDigest;
use crate::model::base::Release;
use crate::model::genuine::contradiction;
use crate::model::history::WatchHistory;
use crate::model::ids::ImageId;
use crate::model::made::{Made, MadeStage};
use crate::model::sighting::WatchSighting;

/// The generation of a bake that starts now.
pub fn next_generation(
    release: &Release,
    recipe: &RecipeDigest,
    seen: &WatchSighting,
    history: &WatchHistory,
) -> u32 {
    let listed = made(seen)
        .filter(|made| made.is_of(&release.image, recipe) && made.stage != MadeStage::Candidate)
        .map(|made| made.generation);
    let remembered = history
        .current
        .iter()
        .filter(|baked| baked.base_image == release.image && baked.recipe_digest == *recipe)
        .map(|baked| baked.generation);
    listed
        .chain(remembered)
        .max()
        .map_or(0, |last| last.saturating_add(1))
        .max(history.generation_for(&release.image, recipe))
}

/// The generation of an image of ours; absent for one that does not carry our tags.
pub(super) fn image_generation(image: &ImageId, seen: &WatchSighting) -> Option<u32> {
    made(seen)
        .find(|made| made.image == *image)
        .map(|made| made.generation)
}

fn made(seen: &WatchSighting) -> impl Iterator<Item = Made> {
    let images = seen.ours.known().map_or(&[][..], Vec::as_slice);
    // A name that nobody of ours has made is not one that is taken.
    let ours = images.iter().filter(|image| contradiction(image).is_none());
    ours.filter_map(Made::read_tags)
}
