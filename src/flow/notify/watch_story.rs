//! In which story a look's news are told. A release begins one of its own; the bake of it, the rollout of the image
//! and whatever else is out of step meanwhile go on with it, until nothing is. Plain functions of what is remembered;
//! what a bake and a rollout go on with is asked of that memory.

use chrono::{DateTime, Utc};

use crate::model::bake::{BakedImage, digest};
use crate::model::drift::Drift;
use crate::model::ids::{Installation, Scope};
use crate::model::notice::lasting_drift_story;
use crate::model::reason::About;
use crate::model::told::{ToldDrift, WatchStory};
use crate::model::watch::Watch;

/// A look at a watch that there may be news in.
#[derive(Debug, Clone, Copy)]
pub struct NewsLook<'a> {
    pub installation: &'a Installation,
    pub scope: &'a Scope,
    pub watch: &'a Watch,
    pub drift: &'a Drift,
    /// The watch's image, as it is remembered.
    pub image: Option<&'a BakedImage>,
    /// A move has an environment of it in hand: what that runs may be taken back.
    pub moving: bool,
    pub at: DateTime<Utc>,
}

/// The stories that go on before a look's news, the present one last, and the one that it begins.
pub(super) struct WatchStories<'a> {
    look: &'a NewsLook<'a>,
    before: Vec<WatchStory>,
    begun: Option<WatchStory>,
}

/// Where a drift is told.
pub(super) struct DriftStory {
    pub(super) story: String,
    pub(super) instead_of: Option<String>,
    pub(super) after: Vec<WatchStory>,
}

/// Where it is told that nothing is out of step any more.
pub(super) struct OverStory {
    pub(super) story: String,
    /// The others that are over with it.
    pub(super) also: Vec<String>,
    pub(super) after: Vec<WatchStory>,
}

/// The release is another one than the one that people know.
pub(super) fn release_moved(drift: &Drift, known: &ToldDrift) -> bool {
    let release = drift.release.as_ref().filter(|_| readable(drift));
    let known = known.release.as_ref();
    release.is_some_and(|release| known.is_some_and(|known| *known != release.image))
}

/// The watch's image is one that people do not know yet.
pub(super) fn image_moved(known: &ToldDrift, now: &ToldDrift) -> bool {
    let mut current = now.current.iter();
    current.any(|image| !known.was_current(image))
}

/// EC2 lists the release: one that it does not list is no release to move to.
fn readable(drift: &Drift) -> bool {
    let mut own = drift.reasons.iter();
    !own.any(|reason| matches!(reason.about, About::ReleaseNotListed { .. }))
}

/// The story that another release begins: by the watch, how often its release has moved, from where to where.
pub(super) fn begun_by_release(look: &NewsLook<'_>, known: &ToldDrift) -> Option<WatchStory> {
    if !release_moved(look.drift, known) {
        return None;
    }
    let (from, to) = (known.release.as_ref()?, look.drift.release.as_ref()?);
    let name = digest(&[
        "amiwatch release story 1",
        &look.scope.to_string(),
        &known.moves.to_string(),
        from.as_str(),
        to.image.as_str(),
    ]);
    let (installation, watch) = (look.installation, &look.watch.name);
    Some(WatchStory {
        story: format!("release:{installation}:{watch}:{name:.16}"),
        release: Some(to.image.clone()),
    })
}

impl<'a> WatchStories<'a> {
    /// What was told by an earlier version of amiwatch goes on in its one story of the watch.
    pub(super) fn of_look(look: &'a NewsLook<'a>, known: &ToldDrift) -> Self {
        let mut before = known.stories.clone();
        if before.is_empty() && known.notice.is_some() {
            before.push(WatchStory {
                story: lasting_drift_story(look.installation, &look.watch.name),
                release: known.release.clone(),
            });
        }
        Self {
            look,
            before,
            begun: begun_by_release(look, known),
        }
    }

    /// Something is told to be out of step, under this key: in the story of the release where that moved, else in
    /// the one that goes on, or in that of a new image; else it begins one.
    pub(super) fn of_drift(&self, known: &ToldDrift, key: &str) -> DriftStory {
        let mut after = self.before.clone();
        let mut instead_of = None;
        if after.is_empty() {
            after.extend(self.of_new_image(known));
        }
        if let Some(begun) = &self.begun {
            instead_of = after.last().map(|one| one.story.clone());
            after.push(begun.clone());
        } else if after.is_empty() {
            let release = self.look.drift.release.as_ref();
            after.push(WatchStory {
                story: key.to_owned(),
                release: release.map(|release| release.image.clone()),
            });
        }
        let present = after.last().map(|one| one.story.clone());
        DriftStory {
            story: present.unwrap_or_else(|| key.to_owned()),
            instead_of,
            after: bounded(after),
        }
    }

    /// Nothing is out of step any more.
    pub(super) fn over(&self) -> OverStory {
        let mut stories: Vec<String> = self.before.iter().map(|one| one.story.clone()).collect();
        let story = stories.pop();
        let lasting = || lasting_drift_story(self.look.installation, &self.look.watch.name);
        OverStory {
            story: story.unwrap_or_else(lasting),
            also: stories,
            after: self.untold(true),
        }
    }

    /// What goes on after a look of which nothing is told as drift. Where nothing is out of step, nothing does; but
    /// what is published of a release that no recipe follows is told in its story.
    pub(super) fn untold(&self, in_step: bool) -> Vec<WatchStory> {
        let feed = self.look.watch.recipe.is_none();
        let released = self.begun.iter().filter(|_| feed);
        let all = self.before.iter().chain(released);
        match (in_step, feed) {
            (true, false) => Vec::new(),
            (true, true) => all.last().cloned().into_iter().collect(),
            (false, _) => bounded(all.cloned().collect()),
        }
    }

    /// The image's story, where people do not know the image yet.
    fn of_new_image(&self, known: &ToldDrift) -> Option<WatchStory> {
        let image = self.look.image?;
        let current = self.look.drift.current.as_ref() == Some(&image.image);
        (current && !known.was_current(&image.image)).then(|| of_image(image))
    }
}

fn of_image(image: &BakedImage) -> WatchStory {
    WatchStory {
        story: image.told_in(),
        release: Some(image.base_image.clone()),
    }
}

/// The last of them.
fn bounded(mut stories: Vec<WatchStory>) -> Vec<WatchStory> {
    stories.split_off(stories.len().saturating_sub(ToldDrift::STORIES_MAX))
}
