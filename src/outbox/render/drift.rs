//! What is told of a drift and of its end, in words.

use super::layout::{Part, installation};
use crate::model::chronicle::Point;
use crate::model::ids::{ImageId, TargetId};
use crate::model::notice::{DriftTold, Listed, Notice};
use crate::model::reason::{About, Reason};

/// What the subject says behind the watch's name.
pub(super) fn headline(told: &DriftTold) -> String {
    let release = told.release.as_ref();
    let version = release.map_or("unknown", |release| release.version.as_str());
    format!(
        "drift, newest release {version}, {}",
        environments(told.behind)
    )
}

/// The message but for its commands.
pub(super) fn drifted(notice: &Notice, told: &DriftTold) -> Vec<Part> {
    let whose = whose_watch(notice);
    let release = match &told.release {
        Some(release) => format!(
            "{whose}: the newest release is {} ({}).",
            release.version, release.image
        ),
        None => format!("{whose}: the newest release could not be told."),
    };
    let own = each(&told.watch, say);
    let environments = each(&told.environments, |one| {
        format!("{}: {}", name(&one.target), say(&one.reason))
    });
    let lists = [
        Part::list("The watch:", own),
        Part::list("Environments:", environments),
        Part::list("Could not be read this time:", each(&told.unread, name)),
    ];
    let first = Part::lines([release]);
    [Some(first)].into_iter().chain(lists).flatten().collect()
}

/// The end of a drift, but for its commands.
pub(super) fn resolved(
    notice: &Notice,
    release: Option<&Point>,
    current: Option<&ImageId>,
) -> Vec<Part> {
    let over = format!("{}: nothing is out of step any more.", whose_watch(notice));
    let release = release.map(|release| {
        format!(
            "The newest release is {} ({}).",
            release.version, release.image
        )
    });
    let current = current.map(|current| format!("The verified image is {current}."));
    let lines = [Some(over), release, current];
    vec![Part::Lines(lines.into_iter().flatten().collect())]
}

pub(super) fn each<T>(of: &Listed<T>, say: impl Fn(&T) -> String) -> Listed<String> {
    Listed {
        first: of.first.iter().map(say).collect(),
        more: of.more,
    }
}

pub(super) fn say(about: &About) -> String {
    let reason = Reason::of(about.clone());
    format!("{}: {}", reason.code, reason.message)
}

pub(super) fn name(target: &TargetId) -> String {
    format!("{}/{}", target.application, target.environment)
}

/// A config that makes nothing may have no installation.
pub(super) fn whose_watch(notice: &Notice) -> String {
    let watch = notice.watch_or_dash();
    match installation(notice) {
        "" => format!("Watch {watch}"),
        installation => format!("Watch {watch} of {installation}"),
    }
}

fn environments(count: usize) -> String {
    match count {
        0 => "no environment affected".to_owned(),
        1 => "1 environment".to_owned(),
        many => format!("{many} environments"),
    }
}
