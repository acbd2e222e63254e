//! Which release may be baked: the newest; or, while that soaks or is held, the newest of the earlier
//! ones that neither soaks nor is held, if that is newer than what there is.
//!
//! Without this, a `soak` that is longer than the pause between two releases would mean that nothing
//! is ever baked, and a hold on one bad release that nothing is baked until the next.

use chrono::{DateTime, Utc};

use super::Case;
use super::newer::{VersionedImage, newer};
use super::watch::{against_recipe, too_old_at};
use crate::model::base::Release;
use crate::model::hold::Hold;
use crate::model::ids::ImageId;
use crate::model::made::Made;

/// What keeps the newest release from being baked, and which one may be baked now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choice<'a> {
    pub soaks_until: Option<DateTime<Utc>>,
    pub held: Option<&'a Hold>,
    pub eligible: Option<&'a Release>,
}

impl<'a> Case<'a> {
    /// Chooses among the releases that were seen.
    pub(super) fn choose(&self) -> Choice<'a> {
        let Some(newest) = self.seen.release.known() else {
            return Choice::default();
        };
        let soaks_until = self.soaks_until(newest);
        let held = self.memory.release_hold(newest, self.now);
        let eligible = match (soaks_until, held) {
            (None, None) => Some(newest),
            _ => self.earlier(),
        };
        Choice {
            soaks_until,
            held,
            eligible,
        }
    }

    /// A release that the current image was already made from does not soak again.
    fn soaks_until(&self, newest: &Release) -> Option<DateTime<Utc>> {
        let current = self.own.current.as_ref();
        if current.is_some_and(|current| current.base_image == newest.image) {
            return None;
        }
        let history = &self.memory.history;
        history.soaks_until(newest, self.watch.soak?, self.now)
    }

    /// None while our own images could not be read: what is newer than them is not known.
    fn earlier(&self) -> Option<&'a Release> {
        if self.own.trouble.is_some() {
            return None;
        }
        let free = |release: &&Release| {
            let soak = self.watch.soak.unwrap_or_default();
            let history = &self.memory.history;
            (self.watch.soak.is_none() || history.old_enough(release, soak, self.now))
                && self.memory.release_hold(release, self.now).is_none()
        };
        let found = self.seen.earlier.iter().find(free)?;
        self.is_worth_it(found).then_some(found)
    }

    /// Newer than what the watch has. The very release that it has is baked again only for another
    /// reason than a newer base.
    fn is_worth_it(&self, release: &Release) -> bool {
        let Some(made) = self.own.current.as_ref().or(self.own.lost.as_ref()) else {
            return true;
        };
        if made.base_image == release.image {
            return self.another_reason(made);
        }
        let place = |image: &ImageId| {
            let mut earlier = self.seen.earlier.iter();
            earlier.position(|release| release.image == *image)
        };
        match (place(&release.image), place(&made.base_image)) {
            (Some(release), Some(made)) => release < made,
            _ => {
                let from = VersionedImage {
                    image: &made.base_image,
                    version: made.base_version.as_deref(),
                };
                let to = VersionedImage {
                    image: &release.image,
                    version: Some(&release.version),
                };
                let branch = self.watch.base.source.branch();
                newer(self.sighting, branch, to, from)
            }
        }
    }

    fn another_reason(&self, made: &Made) -> bool {
        let recipe = self.wanted.recipe_digest.as_ref();
        self.own.current.is_none()
            || recipe.is_some_and(|recipe| against_recipe(made, recipe).is_some())
            || too_old_at(self.watch, made, self.now).is_some()
    }
}
