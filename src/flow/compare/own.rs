//! The images that a watch has of its own: which one is its current one, and which is lost.
//!
//! The tags on the images are believed before the store, as far as EC2 bears them out: they outlive it. An image that only the
//! store remembers (one that a person adopted) counts while EC2 lists it.

use chrono::{DateTime, Utc};

use crate::model::bake::RecipeDigest;
use crate::model::genuine::contradiction;
use crate::model::history::Memory;
use crate::model::hold::Hold;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::made::{Made, MadeStage};
use crate::model::sighting::{Seen, Sighting, Trouble, WatchSighting};
use crate::model::watch::{Wanted, Watch};

/// A watch's own images, as far as they could be told.
#[derive(Debug)]
pub(super) struct Own {
    /// The verified image that the watch has now. With several, the one of the newest release and
    /// recipe; failing that, the one that a person adopted; failing that, the newest. Absent also where
    /// that choice cannot be made.
    pub current: Option<Made>,
    /// The verified image that starts no instance any more, while nothing took its place: the one that
    /// the store remembers and EC2 does not list, or one that is disabled.
    pub lost: Option<Made>,
    /// Images that people hold: never the current one, whatever their tags say. And those that carry the
    /// mark of a quarantine which nobody here remembers: the tags outlive the store.
    pub quarantined: Vec<QuarantinedImage>,
    /// Images that claim by their tags to be verified ones of this watch, and what EC2 says otherwise.
    pub not_borne_out: Vec<(ImageId, String)>,
    /// Why it could not be told, when that is so.
    pub trouble: Option<Trouble>,
    /// The highest generation among them.
    pub generation: u32,
}

/// An image that is not for use.
#[derive(Debug)]
pub(super) struct QuarantinedImage {
    pub made: Made,
    /// Absent where only its mark says so.
    pub hold: Option<Hold>,
}

impl QuarantinedImage {
    fn of(made: &Made, memory: &Memory, now: DateTime<Utc>) -> Option<Self> {
        // Held is held, whether or not it carries the mark of that by now.
        let proved = matches!(
            made.stage,
            MadeStage::Verified | MadeStage::Quarantined | MadeStage::Withdrawn
        );
        let hold = memory.image_hold(&made.image, now).filter(|_| proved);
        (hold.is_some() || made.stage == MadeStage::Quarantined).then(|| Self {
            made: made.clone(),
            hold: hold.cloned(),
        })
    }
}

impl Own {
    pub(super) fn of_watch(
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
        let remembered = memory.history.current.as_ref();
        let mut not_borne_out = Vec::new();
        let mut made: Vec<Made> = Vec::new();
        for image in images {
            let Some(read) = Made::read_tags(image) else {
                continue;
            };
            // What the store has baked, or a person has adopted, is known by more than its tags.
            let known = remembered.is_some_and(|baked| baked.image == image.id);
            match contradiction(image).filter(|_| !known) {
                None => made.push(read),
                Some(why) if read.stage == MadeStage::Verified => {
                    not_borne_out.push((image.id.clone(), why));
                }
                Some(_) => {}
            }
        }
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
        let release = seen.release.known().map(|release| &release.image);
        for made in &mut made {
            match sighting.at_home(&made.base_image, release) {
                Ok(base) => made.base_image = base,
                Err(trouble) => return Self::untold(trouble),
            }
        }
        let generation = made.iter().map(|made| made.generation).max().unwrap_or(0);
        let quarantined = made
            .iter()
            .chain(&lost)
            .filter_map(|made| QuarantinedImage::of(made, memory, now))
            .collect();
        lost = lost.or_else(|| ended(&made, watch, memory, now));
        made.retain(|made| stands(made, watch, memory, now));
        let chosen = Chosen {
            release,
            recipe: wanted.recipe_digest.as_ref(),
            by_person: memory.history.adopted().map(|baked| &baked.image),
        };
        let current = chosen.of(made);
        Self {
            lost: lost.filter(|_| current.is_none()),
            current,
            quarantined,
            not_borne_out,
            trouble: None,
            generation,
        }
    }

    fn untold(trouble: Trouble) -> Self {
        Self {
            current: None,
            lost: None,
            quarantined: Vec::new(),
            not_borne_out: Vec::new(),
            trouble: Some(trouble),
            generation: 0,
        }
    }
}

/// The verified image that the watch would have if it started instances: the remembered one, else the
/// youngest.
fn ended(made: &[Made], watch: &Watch, memory: &Memory, now: DateTime<Utc>) -> Option<Made> {
    let remembered = memory.history.current.as_ref().map(|baked| &baked.image);
    let ended = made.iter().filter(|made| {
        made.starts_nothing()
            && memory.image_hold(&made.image, now).is_none()
            && made.fits(watch.base.architecture)
    });
    ended
        .max_by_key(|made| (Some(&made.image) == remembered, age(made)))
        .cloned()
}

/// Whether an image may be the watch's current one.
fn stands(made: &Made, watch: &Watch, memory: &Memory, now: DateTime<Utc>) -> bool {
    made.usable()
        && memory.image_hold(&made.image, now).is_none()
        && made.fits(watch.base.architecture)
}

/// The only image of many whose base the verdict can ask about, beside those that every look reads: of
/// what was made from the newest release that one is the base, and a person's choice is remembered.
pub fn youngest(
    images: &[Image],
    watch: &Watch,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Option<Made> {
    let remembered = memory.history.current.as_ref();
    let known = |image: &&Image| remembered.is_some_and(|baked| baked.image == image.id);
    let images = images
        .iter()
        .filter(|image| known(image) || contradiction(image).is_none());
    images
        .filter_map(Made::read_tags)
        .filter(|made| stands(made, watch, memory, now))
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
