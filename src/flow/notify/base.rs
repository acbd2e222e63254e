//! News of a base itself: another release where no recipe of ours follows it, and the end of a branch
//! or of an image. Plain functions; what was known is remembered with the drift.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::bake::digest;
use crate::model::base::Release;
use crate::model::chronicle::ReleasePoint;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::ids::{ImageId, Installation, Scope};
use crate::model::notice::{
    FirstOf, NextByItself, Notice, PastedCommand, ReleasedTold, RunTold, What,
};
use crate::model::reason::{About, Reason};
use crate::model::told::ToldDrift;
use crate::model::watch::Watch;

/// What is new of a watch's base. `before` is what people know; a first look tells nobody.
pub fn of_the_base(
    installation: &Installation,
    scope: &Scope,
    watch: &Watch,
    drift: &Drift,
    before: Option<&ToldDrift>,
    at: DateTime<Utc>,
) -> Vec<Notice> {
    let Some(known) = before else {
        return Vec::new();
    };
    let base = Base {
        installation,
        scope,
        watch,
        drift,
        at,
    };
    base.released(known)
        .into_iter()
        .chain(base.ends(known))
        .collect()
}

/// The release is another one than the one that people know.
pub(super) fn moved(drift: &Drift, known: &ToldDrift) -> bool {
    let release = drift.release.as_ref().filter(|_| readable(drift));
    let known = known.release.as_ref();
    release.is_some_and(|release| known.is_some_and(|known| *known != release.image))
}

/// Everything that is known to come to its end after this look. What was known once stays so: it is
/// told once.
pub(super) fn known_ends(drift: &Drift, known: &ToldDrift) -> BTreeSet<String> {
    let now = drift.all_reasons().filter_map(end_of).map(|(name, _)| name);
    let before = known.ends.iter().flatten().cloned();
    now.chain(before).take(ToldDrift::ENDS_MAX).collect()
}

/// EC2 lists the release: one that it does not list is no release to move to.
fn readable(drift: &Drift) -> bool {
    let mut own = drift.reasons.iter();
    !own.any(|reason| matches!(reason.about, About::ReleaseNotListed { .. }))
}

/// The name under which an end is remembered, and the end.
fn end_of(reason: &Reason) -> Option<(String, &About)> {
    let what = match &reason.about {
        About::BranchDeprecated { branch } | About::BranchRetired { branch } => branch.as_str(),
        About::BaseDeprecated { image, .. } | About::ReleaseNotListed { image, .. } => {
            image.as_str()
        }
        About::BaseWithdrawn { made_from, .. } => made_from.as_str(),
        _ => return None,
    };
    let name = digest(&["amiwatch end 1", reason.code.as_str(), what]);
    let name = ToldDrift::name_of(&name);
    Some((name, &reason.about))
}

struct Base<'a> {
    installation: &'a Installation,
    scope: &'a Scope,
    watch: &'a Watch,
    drift: &'a Drift,
    at: DateTime<Utc>,
}

impl Base<'_> {
    /// Key: the watch, how often its release has moved, from where to where.
    fn released(&self, known: &ToldDrift) -> Option<Notice> {
        if self.watch.recipe.is_some() || !moved(self.drift, known) {
            return None; // with a recipe it is drift, and told as such
        }
        let (from, to) = (known.release.as_ref()?, self.drift.release.as_ref()?);
        let key = digest(&[
            "amiwatch released notice 1",
            &self.scope.to_string(),
            &known.moves.to_string(),
            from.as_str(),
            to.image.as_str(),
        ]);
        let name = &self.watch.name;
        let key = format!("released:{}:{name}:{key:.16}", self.installation);
        let commands = vec![
            PastedCommand::new(
                format!("amiwatch check --watch {name}"),
                "every environment and what its image was made from",
            ),
            PastedCommand::new("amiwatch survey", "the same of every environment"),
        ];
        let what = What::Released(self.told(from, known, to));
        Some(self.notice(key, what, commands))
    }

    fn told(&self, from: &ImageId, known: &ToldDrift, to: &Release) -> ReleasedTold {
        let run = |target: &TargetDrift| RunTold {
            target: target.target.clone(),
            image: target.image.clone(),
            kind: target.kind,
            base_image: target.base_image.clone(),
        };
        ReleasedTold {
            base: self.watch.base.to_string(),
            from: from.clone(),
            from_version: known.version.clone(),
            to: ReleasePoint::of_release(to),
            created: to.created,
            runs: FirstOf::all_of(self.drift.targets.iter().map(run)),
        }
    }

    /// Key: the watch, and what comes to its end.
    fn ends(&self, known: &ToldDrift) -> Option<Notice> {
        let before = known.ends.as_ref()?;
        let mut seen = BTreeSet::new();
        let mut fresh: Vec<(String, &About)> = Vec::new();
        for (name, about) in self.drift.all_reasons().filter_map(end_of) {
            if !before.contains(&name) && told_of(about, known) && seen.insert(name.clone()) {
                fresh.push((name, about));
            }
        }
        if fresh.is_empty() {
            return None;
        }
        let scope = self.scope.to_string();
        let mut fields = vec!["amiwatch lifecycle notice 1", scope.as_str()];
        fields.extend(fresh.iter().map(|(name, _)| name.as_str()));
        let key = digest(&fields);
        let name = &self.watch.name;
        let key = format!("lifecycle:{}:{name}:{key:.16}", self.installation);
        let commands = vec![PastedCommand::new(
            format!("amiwatch check --watch {name}"),
            "what it concerns",
        )];
        let what = What::Lifecycle {
            base: self.watch.base.to_string(),
            ends: FirstOf::all_of(fresh.into_iter().map(|(_, about)| about.clone())),
        };
        Some(self.notice(key, what, commands))
    }

    fn notice(&self, key: String, what: What, commands: Vec<PastedCommand>) -> Notice {
        Notice {
            key,
            story: format!("base:{}:{}", self.installation, self.watch.name),
            at: self.at,
            installation: self.installation.named().cloned(),
            watch: Some(self.watch.name.clone()),
            scope: Some(self.scope.clone()),
            what,
            next: NextByItself::Look,
            commands,
            links: Vec::new(),
        }
    }
}

/// A release that EC2 does not list yet is announced before it is there; one that people know was
/// there, and is gone or private.
fn told_of(about: &About, known: &ToldDrift) -> bool {
    match about {
        About::ReleaseNotListed { image, .. } => known.release.as_ref() == Some(image),
        _ => true,
    }
}
