//! What is told of a drift and of its end, in words.

use super::parts::{MessagePart, notice_installation};
use crate::model::chronicle::ReleasePoint;
use crate::model::ids::{ImageId, TargetId};
use crate::model::notice::{DriftTold, FirstOf, Notice};
use crate::model::reason::{About, Reason};

/// What the subject says behind the watch's name.
pub(super) fn drift_headline(told: &DriftTold) -> String {
    let release = told.release.as_ref();
    let version = release.map_or("unknown", |release| release.version.as_str());
    format!(
        "drift, newest release {version}, {}",
        environments(told.behind)
    )
}

/// The message but for its commands.
pub(super) fn drifted(notice: &Notice, told: &DriftTold) -> Vec<MessagePart> {
    let whose = whose_watch(notice);
    let release = match &told.release {
        Some(release) => format!(
            "{whose}: the newest release is {} ({}).",
            release.version, release.image
        ),
        None => format!("{whose}: the newest release could not be told."),
    };
    let own = each(&told.watch, say);
    // What was said of the watch is not said once more for each environment.
    let said: Vec<String> = own.first.clone();
    let environments = each(&told.environments, |one| {
        let reason = say(&one.reason);
        match said.contains(&reason) {
            true => {
                let code = Reason::from_about(one.reason.clone()).code;
                format!("{}: {code}, as above", one.target.name())
            }
            false => format!("{}: {reason}", one.target.name()),
        }
    });
    let lists = [
        MessagePart::list("The watch:", own),
        MessagePart::list("Environments:", environments),
        MessagePart::list(
            "Could not be read this time:",
            each(&told.unread, TargetId::name),
        ),
    ];
    let first = MessagePart::lines([release]);
    [Some(first)].into_iter().chain(lists).flatten().collect()
}

/// The end of a drift, but for its commands.
pub(super) fn resolved(
    notice: &Notice,
    release: Option<&ReleasePoint>,
    current: Option<&ImageId>,
) -> Vec<MessagePart> {
    let over = format!("{}: nothing is out of step any more.", whose_watch(notice));
    let release = release.map(|release| {
        format!(
            "The newest release is {} ({}).",
            release.version, release.image
        )
    });
    let current = current.map(|current| format!("The verified image is {current}."));
    let lines = [Some(over), release, current];
    vec![MessagePart::Lines(lines.into_iter().flatten().collect())]
}

pub(super) fn each<T>(of: &FirstOf<T>, say: impl Fn(&T) -> String) -> FirstOf<String> {
    FirstOf {
        first: of.first.iter().map(say).collect(),
        more: of.more,
    }
}

pub(super) fn say(about: &About) -> String {
    let reason = Reason::from_about(about.clone());
    format!("{}: {}", reason.code, reason.message)
}

/// A config that makes nothing may have no installation.
pub(super) fn whose_watch(notice: &Notice) -> String {
    let watch = notice.watch_or_dash();
    match notice_installation(notice) {
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
