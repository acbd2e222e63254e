//! Which stories are over with a notice. A story is what belongs together, from what began it to its end: a release,
//! the bake of it and the rollout of the image.

use super::{Notice, Severity, What};
use crate::model::ids::{Installation, WatchName};

/// The one story that everything of a watch's drift was told in before each release began its own.
pub fn lasting_drift_story(installation: &Installation, watch: &WatchName) -> String {
    format!("drift:{installation}:{watch}")
}

impl Notice {
    /// Its story is over with it. A verified image ends the story that its own bake began; in the story of a
    /// release the environments still wait for it.
    pub fn ends_story(&self) -> bool {
        match &self.what {
            What::Resolved { .. } | What::BlindOver { .. } => true,
            What::Baked { bake, .. } => self.story == bake.key.own_story(),
            _ => false,
        }
    }

    /// Earlier stories of the watch that are over with it: what was open in them goes on in its own, or is over
    /// too.
    pub fn ends_others(&self) -> &[String] {
        match &self.what {
            What::Drift(told) => told.instead_of.as_slice(),
            What::Resolved { also, .. } => also,
            _ => &[],
        }
    }

    /// People may have to be told when it is over: it warns, or needs somebody, and ends nothing itself.
    pub fn wants_an_end(&self) -> bool {
        self.severity() > Severity::Info && !self.ends_story()
    }
}
