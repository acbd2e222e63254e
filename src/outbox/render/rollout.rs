//! What is told of moves, in words: from what to what in the first line, then why and what is next.

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::ids::{ImageId, PlatformArn};
use crate::model::notice::{MoveTold, NextByItself, What};
use crate::model::rollout::MoveFault;

/// What the subject says behind the watch's name.
pub(super) fn headline(what: &What) -> String {
    match what {
        What::Moved { moved, .. } => {
            let to = image(moved.to.as_ref());
            format!("{} runs {to}", moved.target.name())
        }
        What::TakenBack { moved, .. } => {
            let to = image(moved.to.as_ref());
            format!("{} was taken back to {to}", moved.target.name())
        }
        What::Proved { moved, .. } => {
            let to = image(moved.to.as_ref());
            format!("{} is proved on {to}", moved.target.name())
        }
        What::Unproved { moved, .. } => {
            let to = image(moved.to.as_ref());
            format!("{} runs {to}, and is not well", moved.target.name())
        }
        What::MoveFailed {
            moved,
            back: false,
            fault,
            ..
        } => {
            let (target, to) = (moved.target.name(), image(moved.to.as_ref()));
            format!("{target} was not moved to {to}: {}", whose(*fault))
        }
        What::MoveFailed { moved, .. } => {
            let (target, to) = (moved.target.name(), image(moved.to.as_ref()));
            format!("{target} could not be taken back to {to}")
        }
        other => other.event().as_str().to_owned(),
    }
}

/// The message but for its commands; nothing for what is not about a move.
pub(super) fn parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
    match &notice.what {
        What::Moved {
            moved,
            instances,
            weak_proof,
        } => {
            let mut lines = vec![
                from_to(moved),
                format!(
                    "{}, and the environment stayed well for as long as the watch asks for.",
                    all_run(*instances)
                ),
            ];
            lines.extend(weakness(*weak_proof));
            vec![MessagePart::Lines(lines), about(notice, moved)]
        }
        What::Proved {
            moved,
            instances,
            weak_proof,
        } => {
            let mut lines = vec![
                found_on(moved),
                format!(
                    "{}, and the environment stayed well for as long as the watch asks for. Nothing was \
                     changed.",
                    all_run(*instances)
                ),
            ];
            lines.extend(weakness(*weak_proof));
            vec![MessagePart::Lines(lines), about(notice, moved)]
        }
        What::Unproved { moved, why } => {
            let lines = vec![
                found_on(moved),
                format!("Why it is not proved: {why}"),
                "What it ran before is not known, and whose fault it is neither: nothing was changed, and \
                 nothing is taken back."
                    .to_owned(),
            ];
            vec![MessagePart::Lines(lines), about(notice, moved)]
        }
        What::TakenBack {
            moved,
            why,
            image_alone,
        } => {
            let mut lines = vec![from_to(moved), format!("Why: {why}")];
            if *image_alone {
                lines.push(
                    "Its old platform version cannot be used any more: the image alone was restored, \
                     and runs under newer platform scripts."
                        .to_owned(),
                );
            }
            vec![MessagePart::Lines(lines), about(notice, moved)]
        }
        What::MoveFailed {
            moved,
            fault,
            why,
            left,
            quarantined,
            goes_back,
            as_before,
            ..
        } => {
            let mut lines = vec![from_to(moved), format!("Why not: {why}")];
            lines.push(match fault {
                MoveFault::Image if *quarantined => format!(
                    "The image is to blame: {} is quarantined, and goes nowhere until somebody ends \
                     that with `amiwatch unhold`.",
                    image(moved.to.as_ref())
                ),
                MoveFault::Image => "The environment did not stay well.".to_owned(),
                MoveFault::Environment => {
                    "The image is not to blame: account, limits, keys or permissions are.".to_owned()
                }
                MoveFault::Inconclusive => {
                    "Somebody else changed the environment meanwhile: whose fault it is cannot be told."
                        .to_owned()
                }
            });
            if *as_before {
                lines.push("The environment runs what it ran before.".to_owned());
            }
            lines.push(next(notice, *goes_back));
            let mut parts = vec![MessagePart::Lines(lines), about(notice, moved)];
            parts.extend(MessagePart::list("Left behind:", left.clone()));
            parts
        }
        _ => Vec::new(),
    }
}

fn next(notice: SpokenNotice<'_>, goes_back: bool) -> String {
    match (goes_back, notice.next) {
        (true, _) => "It is being taken back to what it was; how that ends is told.".to_owned(),
        (false, NextByItself::Again { not_before }) => {
            format!(
                "It is not tried again before {}.",
                notice.minute(not_before)
            )
        }
        (false, _) => "Nothing more is done by itself.".to_owned(),
    }
}

fn whose(fault: MoveFault) -> &'static str {
    match fault {
        MoveFault::Image => "the image is to blame",
        MoveFault::Environment => "the image is not to blame",
        MoveFault::Inconclusive => "somebody changed it meanwhile",
    }
}

fn weakness(weak: bool) -> Option<String> {
    weak.then(|| {
        "The proof is weak: basic health says no more than a colour. Turn on enhanced health, or name a \
         `probe` in the watch's [rollout]."
            .to_owned()
    })
}

/// The store may have been lost, or somebody else's hands moved it.
fn found_on(moved: &MoveTold) -> String {
    format!(
        "{} runs {}{}, and no move to it is remembered here.",
        moved.target.name(),
        image(moved.to.as_ref()),
        platform_number(moved.to_platform.as_ref())
    )
}

/// `shop/blue: ami-1 (4.5.1) -> ami-2 (4.5.2)`
fn from_to(moved: &MoveTold) -> String {
    format!(
        "{}: {}{} -> {}{}",
        moved.target.name(),
        image(moved.from.as_ref()),
        platform_number(moved.from_platform.as_ref()),
        image(moved.to.as_ref()),
        platform_number(moved.to_platform.as_ref())
    )
}

fn image(image: Option<&ImageId>) -> &str {
    image.map_or("the platform's own image", ImageId::as_str)
}

/// The platform version's number, as its ARN ends with it.
pub(super) fn platform_number(arn: Option<&PlatformArn>) -> String {
    let number = arn.and_then(|arn| arn.as_str().rsplit('/').next());
    number.map_or(String::new(), |number| {
        format!(" (platform version {number})")
    })
}

fn about(notice: SpokenNotice<'_>, moved: &MoveTold) -> MessagePart {
    let scope = notice
        .scope
        .as_ref()
        .map_or("-".into(), ToString::to_string);
    MessagePart::Fields(vec![
        ("watch", notice.watch_or_dash().to_owned()),
        ("in", scope),
        ("ordered by", moved.by.clone()),
        ("journal", moved.journal.clone()),
    ])
}

/// All instances of an environment, as one sentence begins.
fn all_run(instances: usize) -> String {
    match instances {
        1 => "Its one instance runs it".to_owned(),
        many => format!("All {many} instances run it"),
    }
}
