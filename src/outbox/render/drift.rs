//! What is told of a drift and of its end, in words.

use super::parts::{MessagePart, notice_installation};
use super::rollout::platform_number;
use super::spoken::SpokenNotice;
use crate::model::chronicle::ReleasePoint;
use crate::model::ids::{ImageId, TargetId};
use crate::model::notice::{DriftStep, DriftTold, FirstOf, MoveAhead};
use crate::model::reason::{About, Class};
use crate::model::watch::OnDrift;

/// What the subject says behind the watch's name: from what to what, and whom it concerns.
pub(super) fn drift_headline(told: &DriftTold) -> String {
    let (behind, waits) = (told.behind, told.moves.first.len() + told.moves.more);
    match (&told.step, &told.release, &told.current) {
        (DriftStep::Release { from, from_version }, Some(release), _) => {
            let from = from_version.as_deref().unwrap_or(from.as_str());
            format!(
                "release {from} -> {}, {}",
                release.version,
                affected(behind)
            )
        }
        (DriftStep::Image { from: Some(from) }, _, Some(image)) => {
            format!("image {from} -> {image}, {}", waiting(waits))
        }
        (DriftStep::Image { from: None }, _, Some(image)) => {
            format!("image {image}, {}", waiting(waits))
        }
        _ => match only_move(told) {
            Some(one) => format!("{} is behind: {}", one.target.name(), images(one)),
            None => format!("{}, {}", codes(told), affected(behind)),
        },
    }
}

/// The message but for its commands.
pub(super) fn drifted(notice: SpokenNotice<'_>, told: &DriftTold) -> Vec<MessagePart> {
    let first = format!("{}: {}.", whose_watch(notice), from_to(told));
    let lines = [Some(first), by_itself(told)];
    let own = each(&told.watch, |about| say(notice, about));
    // What was said of the watch is not said once more for each environment.
    let said: Vec<String> = own.first.clone();
    let environments = each(&told.environments, |one| {
        let reason = say(notice, &one.reason);
        match said.contains(&reason) {
            true => {
                let code = one.reason.code();
                format!("{}: {code}, as above", one.target.name())
            }
            false => format!("{}: {reason}", one.target.name()),
        }
    });
    let moves = match only_move(told).filter(|_| told.step == DriftStep::Neither) {
        Some(_) => None,
        None => MessagePart::list("From and to:", each(&told.moves, ahead)),
    };
    let lists = [
        moves,
        MessagePart::list("The watch:", own),
        MessagePart::list("Environments:", environments),
        MessagePart::list(
            "Could not be read this time:",
            each(&told.unread, TargetId::name),
        ),
    ];
    let first = MessagePart::Lines(lines.into_iter().flatten().collect());
    [Some(first)].into_iter().chain(lists).flatten().collect()
}

/// What moved; where nothing did, what environments are measured by.
fn from_to(told: &DriftTold) -> String {
    let newest = match &told.release {
        Some(release) => format!(
            "the newest release is {} ({})",
            release.version, release.image
        ),
        None => "the newest release could not be told".to_owned(),
    };
    match (&told.step, &told.release, &told.current) {
        (DriftStep::Release { from, from_version }, Some(release), _) => {
            let (version, image) = (&release.version, &release.image);
            match from_version {
                Some(before) => format!("release {before} ({from}) -> {version} ({image})"),
                None => format!("release {from} -> {version} ({image})"),
            }
        }
        (DriftStep::Image { from: Some(from) }, _, Some(image)) => {
            format!("verified image {from} -> {image}; {newest}")
        }
        (DriftStep::Image { from: None }, _, Some(image)) => {
            format!("verified image {image}, its first; {newest}")
        }
        _ => match only_move(told) {
            Some(one) => format!("{}; {newest}", ahead(one)),
            None => newest,
        },
    }
}

/// What the watch does about it by itself, and what it leaves to people.
fn by_itself(told: &DriftTold) -> Option<String> {
    let own = || told.watch.first.iter().map(|about| about.code().class());
    let bakes = own().any(|class| class == Class::Drift);
    let held = own().any(|class| matches!(class, Class::Hold | Class::Blocked));
    let said = match (told.goes?, bakes) {
        (OnDrift::Notify, _) => {
            return Some("The watch only tells: what follows is yours.".to_owned());
        }
        (OnDrift::Bake, true) => "An image is baked by itself; the environments are yours to move",
        (OnDrift::Bake, false) => return Some("The environments are yours to move.".to_owned()),
        (OnDrift::Rollout, true) => "An image is baked and rolled out by itself",
        (OnDrift::Rollout, false) => "Environments are moved by themselves, as the config says",
    };
    Some(match held {
        true => format!("{said}, as soon as nothing stands against it."),
        false => format!("{said}."),
    })
}

/// The environment that it is all about, where an image waits for it.
fn only_move(told: &DriftTold) -> Option<&MoveAhead> {
    match told.moves.first.as_slice() {
        [one] if told.behind == 1 => Some(one),
        _ => None,
    }
}

/// `shop/blue: ami-1 (platform version 4.5.0) -> ami-2 (platform version 4.5.1)`
fn ahead(one: &MoveAhead) -> String {
    let name = one.target.name();
    let (Some(from), Some(to)) = (&one.from, &one.to_platform) else {
        return format!("{name}: {}", images(one));
    };
    let (before, after) = (
        platform_number(one.from_platform.as_ref()),
        platform_number(Some(to)),
    );
    format!("{name}: {from}{before} -> {}{after}", one.to)
}

fn images(one: &MoveAhead) -> String {
    let from = one.from.as_ref();
    let from = from.map_or("the platform's own image", ImageId::as_str);
    format!("{from} -> {}", one.to)
}

/// `BASE_NEWER, STOCK`
fn codes(told: &DriftTold) -> String {
    let mut codes: Vec<&str> = told.codes.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    match codes.is_empty() {
        true => "drift".to_owned(),
        false => codes.join(", "),
    }
}

/// The end of a drift, but for its commands.
pub(super) fn resolved(
    notice: SpokenNotice<'_>,
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

pub(super) fn say(notice: SpokenNotice<'_>, about: &About) -> String {
    format!("{}: {}", about.code(), about.said_in(notice.zone()))
}

/// A config that makes nothing may have no installation.
pub(super) fn whose_watch(notice: SpokenNotice<'_>) -> String {
    let watch = notice.watch_or_dash();
    match notice_installation(&notice) {
        "" => format!("Watch {watch}"),
        installation => format!("Watch {watch} of {installation}"),
    }
}

fn affected(count: usize) -> String {
    match count {
        0 => "no environment affected".to_owned(),
        1 => "1 environment behind".to_owned(),
        many => format!("{many} environments behind"),
    }
}

fn waiting(count: usize) -> String {
    match count {
        0 => "no environment waits for it".to_owned(),
        1 => "1 environment waits for it".to_owned(),
        many => format!("{many} environments wait for it"),
    }
}
