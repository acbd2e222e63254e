//! The images that a watch has of its own: which one is its current one, and which is lost.
//!
//! The tags on the images are believed before the store: they outlive it. An image that only the
//! store remembers (one that a person adopted) counts while EC2 lists it.

use chrono::{DateTime, Utc};

use crate::model::bake::RecipeDigest;
use crate::model::history::Memory;
use crate::model::hold::Hold;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::made::{Made, Stage};
use crate::model::sighting::{Seen, Sighting, Trouble, WatchSighting};
use crate::model::watch::{Wanted, Watch};

/// A watch's own images, as far as they could be told.
#[derive(Debug)]
pub(super) struct Own {
    /// The verified image that the watch has now. With several, the one of the newest release and
    /// recipe; failing that, the one that a person adopted; failing that, the newest. Absent also where
    /// that choice cannot be made.
    pub current: Option<Made>,
    /// The image that the store remembers and EC2 does not list, while nothing took its place.
    pub lost: Option<Made>,
    /// Images that people hold: never the current one, whatever their tags say.
    pub quarantined: Vec<(Made, Hold)>,
    /// Why it could not be told, when that is so.
    pub trouble: Option<Trouble>,
    /// The highest generation among them.
    pub generation: u32,
}

impl Own {
    pub(super) fn of(
        watch: &Watch,
        wanted: &Wanted,
        sighting: &Sighting,
        seen: &WatchSighting,
        memory: &Memory,
        now: DateTime<Utc>,
    ) -> Self {
        let images = match &seen.ours {
            Seen::Known(images) => images.as_slice(),
            Seen::Absent => &[],
            Seen::Unreachable(trouble) => return Self::untold(trouble.clone()),
        };
        let mut made: Vec<Made> = images.iter().filter_map(Made::read).collect();
        let mut lost = None;
        if let Some(remembered) = &memory.history.current
            && !made.iter().any(|made| made.image == remembered.image)
        {
            match sighting
                .images
                .get(&remembered.image)
                .map(|seen| &seen.image)
            {
                Some(Seen::Known(image)) => made.push(Made::remembered(remembered, image)),
                Some(Seen::Unreachable(trouble)) => return Self::untold(trouble.clone()),
                Some(Seen::Absent) | None => lost = Some(Made::lost(remembered)),
            }
        }
        let generation = made.iter().map(|made| made.generation).max().unwrap_or(0);
        let quarantined = made
            .iter()
            .chain(&lost)
            .filter(|made| made.stage == Stage::Verified)
            .filter_map(|made| Some((made.clone(), memory.image_hold(&made.image, now)?.clone())))
            .collect();
        made.retain(|made| stands(made, watch, memory, now));
        let chosen = Chosen {
            release: seen.release.known().map(|release| &release.image),
            recipe: wanted.recipe_digest.as_ref(),
            by_person: memory.history.adopted().map(|baked| &baked.image),
        };
        let current = chosen.of(made);
        Self {
            lost: lost.filter(|_| current.is_none()),
            current,
            quarantined,
            trouble: None,
            generation,
        }
    }

    fn untold(trouble: Trouble) -> Self {
        Self {
            current: None,
            lost: None,
            quarantined: Vec::new(),
            trouble: Some(trouble),
            generation: 0,
        }
    }
}

/// Whether an image may be the watch's current one.
fn stands(made: &Made, watch: &Watch, memory: &Memory, now: DateTime<Utc>) -> bool {
    let architecture = watch.base.architecture;
    made.usable()
        && memory.image_hold(&made.image, now).is_none()
        && made.architecture.is_none_or(|of| of == architecture)
}

/// The only image of many whose base the verdict can ask about, beside those that every look reads: of
/// what was made from the newest release that one is the base, and a person's choice is remembered.
pub fn youngest(
    images: &[Image],
    watch: &Watch,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Option<Made> {
    let made = images.iter().filter_map(Made::read);
    made.filter(|made| stands(made, watch, memory, now))
        .max_by_key(age)
}

/// The order of those that fit a release equally well.
fn age(made: &Made) -> (Option<DateTime<Utc>>, u32, ImageId) {
    (made.created, made.generation, made.image.clone())
}

/// By what one of several is chosen.
struct Chosen<'a> {
    release: Option<&'a ImageId>,
    recipe: Option<&'a RecipeDigest>,
    /// The image that a person adopted.
    by_person: Option<&'a ImageId>,
}

impl Chosen<'_> {
    /// Without a release to choose by, one of several would be a guess, unless a person has chosen. A
    /// person's choice stands before younger images, not before one that fits the release better.
    fn of(&self, mut made: Vec<Made>) -> Option<Made> {
        let Some(release) = self.release else {
            let adopted = made
                .iter()
                .position(|made| Some(&made.image) == self.by_person);
            return match adopted {
                Some(at) => Some(made.swap_remove(at)),
                None => made.pop().filter(|_| made.is_empty()),
            };
        };
        made.into_iter().max_by_key(|made| {
            let fits = made.base_image == *release;
            let same_recipe = self
                .recipe
                .is_none_or(|recipe| made.recipe_digest == *recipe);
            (
                fits && same_recipe,
                fits,
                Some(&made.image) == self.by_person,
                age(made),
            )
        })
    }
}
