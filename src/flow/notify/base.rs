//! News of a base itself: another release where no recipe of ours follows it, and the end of a branch
//! or of an image. Plain functions; what was known is remembered with the drift.

use std::collections::BTreeSet;

use super::watch_story::{NewsLook, begun_by_release};
use crate::model::bake::digest;
use crate::model::base::Release;
use crate::model::chronicle::ReleasePoint;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::ids::ImageId;
use crate::model::notice::{
    FirstOf, Link, NextByItself, Notice, PastedCommand, ReleasedTold, RunTold, What,
};
use crate::model::reason::{About, Reason};
use crate::model::told::ToldDrift;

/// What is new of a watch's base. `before` is what people know; a first look tells nobody.
pub fn of_the_base(look: &NewsLook<'_>, before: Option<&ToldDrift>) -> Vec<Notice> {
    let Some(known) = before else {
        return Vec::new();
    };
    let base = Base { look };
    base.released(known)
        .into_iter()
        .chain(base.ends(known))
        .collect()
}

/// Everything that is known to come to its end after this look. What was known once stays so: it is
/// told once.
pub(super) fn known_ends(drift: &Drift, known: &ToldDrift) -> BTreeSet<String> {
    let now = drift.all_reasons().filter_map(end_of).map(|(name, _)| name);
    let before = known.ends.iter().flatten().cloned();
    now.chain(before).take(ToldDrift::ENDS_MAX).collect()
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
    look: &'a NewsLook<'a>,
}

impl Base<'_> {
    /// Key: the watch, how often its release has moved, from where to where.
    fn released(&self, known: &ToldDrift) -> Option<Notice> {
        let NewsLook {
            installation,
            scope,
            watch,
            drift,
            ..
        } = *self.look;
        if watch.recipe.is_some() {
            return None; // with a recipe it is drift, and told as such
        }
        let story = begun_by_release(self.look, known)?.story;
        let (from, to) = (known.release.as_ref()?, drift.release.as_ref()?);
        let key = digest(&[
            "amiwatch released notice 1",
            &scope.to_string(),
            &known.moves.to_string(),
            from.as_str(),
            to.image.as_str(),
        ]);
        let name = &watch.name;
        let key = format!("released:{installation}:{name}:{key:.16}");
        let commands = vec![
            PastedCommand::new(
                format!("amiwatch check --watch {name}"),
                "every environment and what its image was made from",
            ),
            PastedCommand::new("amiwatch survey", "the same of every environment"),
        ];
        let what = What::Released(self.told(from, known, to));
        let branch = watch.base.source.branch();
        let links = branch.map(|branch| Link::on_branch(&scope.region, branch));
        Some(Notice {
            links: links.unwrap_or_default(),
            ..self.notice(key, story, what, commands)
        })
    }

    fn told(&self, from: &ImageId, known: &ToldDrift, to: &Release) -> ReleasedTold {
        let run = |target: &TargetDrift| RunTold {
            target: target.target.clone(),
            image: target.image.clone(),
            kind: target.kind,
            base_image: target.base_image.clone(),
        };
        ReleasedTold {
            base: self.look.watch.base.to_string(),
            from: from.clone(),
            from_version: known.version.clone(),
            to: ReleasePoint::of_release(to),
            created: to.created,
            runs: FirstOf::all_of(self.look.drift.targets.iter().map(run)),
        }
    }

    /// Key: the watch, and what comes to its end.
    fn ends(&self, known: &ToldDrift) -> Option<Notice> {
        let before = known.ends.as_ref()?;
        let mut seen = BTreeSet::new();
        let mut fresh: Vec<(String, &About)> = Vec::new();
        for (name, about) in self.look.drift.all_reasons().filter_map(end_of) {
            if !before.contains(&name) && told_of(about, known) && seen.insert(name.clone()) {
                fresh.push((name, about));
            }
        }
        if fresh.is_empty() {
            return None;
        }
        let NewsLook {
            installation,
            scope,
            watch,
            ..
        } = *self.look;
        let scope = scope.to_string();
        let mut fields = vec!["amiwatch lifecycle notice 1", scope.as_str()];
        fields.extend(fresh.iter().map(|(name, _)| name.as_str()));
        let key = digest(&fields);
        let name = &watch.name;
        let key = format!("lifecycle:{installation}:{name}:{key:.16}");
        let commands = vec![PastedCommand::new(
            format!("amiwatch check --watch {name}"),
            "what it concerns",
        )];
        let what = What::Lifecycle {
            base: watch.base.to_string(),
            ends: FirstOf::all_of(fresh.into_iter().map(|(_, about)| about.clone())),
        };
        let story = format!("base:{installation}:{name}");
        Some(self.notice(key, story, what, commands))
    }

    fn notice(
        &self,
        key: String,
        story: String,
        what: What,
        commands: Vec<PastedCommand>,
    ) -> Notice {
        let look = self.look;
        Notice {
            key,
            story,
            at: look.at,
            installation: look.installation.named().cloned(),
            watch: Some(look.watch.name.clone()),
            scope: Some(look.scope.clone()),
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
