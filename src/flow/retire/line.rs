//! Which images follow each other: those of one watch and architecture, as their tags say, that were
//! verified and can be launched. Plain; whether an image goes is the ladder's.

use chrono::{DateTime, Utc};

use crate::model::ids::ImageId;
use crate::model::image::{Image, ImageState};
use crate::model::owned_image::OwnedImage;
use crate::model::tags;

/// Where an image stands among those that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlaceInLine {
    /// How many newer ones can be launched.
    pub newer: usize,
    /// The one that took its place, and when: the first that was made after it.
    pub superseded: Option<(ImageId, DateTime<Utc>)>,
}

/// Where this image stands. One that EC2 does not date stands nowhere: nothing is newer than it.
pub fn place_in_line(image: &Image, all: &[OwnedImage]) -> PlaceInLine {
    let Some(created) = image.created else {
        return PlaceInLine::default();
    };
    let mut newer: Vec<(DateTime<Utc>, &ImageId)> = all
        .iter()
        .map(|one| &one.image)
        .filter(|one| one.id != image.id && follows_in_line(one, image) && counts(one))
        .filter_map(|one| Some((one.created?, &one.id)))
        .filter(|one| *one > (created, &image.id))
        .collect();
    newer.sort();
    PlaceInLine {
        newer: newer.len(),
        superseded: newer.first().map(|(at, id)| ((*id).clone(), *at)),
    }
}

/// The watch that an image says it was made for.
pub fn watch_of(image: &Image) -> &str {
    image.tags.get(tags::WATCH).map_or("", String::as_str)
}

fn follows_in_line(one: &Image, other: &Image) -> bool {
    let installation = |image: &Image| image.tags.get(tags::INSTALLATION).cloned();
    watch_of(one) == watch_of(other)
        && one.architecture == other.architecture
        && installation(one) == installation(other)
}

/// What is withdrawn, deprecated by a person or not yet proved takes nobody's place.
fn counts(image: &Image) -> bool {
    let state = image.tags.get(tags::STATE).map(String::as_str);
    state == Some(tags::state::VERIFIED) && image.state == ImageState::Available
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
