//! What is told of publishing, in words: from what to what first, then why, and what is next.

use super::parts::{MessagePart, minute};
use crate::model::ids::ImageId;
use crate::model::notice::{NextByItself, Notice, PublishTold, What};

/// What the subject says behind the watch's name; absent for what is not about publishing.
pub(super) fn publish_headline(what: &What) -> Option<String> {
    Some(match what {
        What::Published { published, .. } => {
            let PublishTold {
                destination, image, ..
            } = published;
            match published.back.is_some() {
                true => format!("{destination} was taken back to {image}"),
                false => format!("{destination} names {image}"),
            }
        }
        What::PublishFailed { published, .. } => format!(
            "{} could not be made to name {}",
            published.destination, published.image
        ),
        What::BadImageStays {
            destination, image, ..
        } => format!("{destination} names {image}, which is not for use"),
        _ => return None,
    })
}

/// The message but for its commands; nothing for what is not about publishing.
pub(super) fn publish_parts(notice: &Notice) -> Vec<MessagePart> {
    match &notice.what {
        What::Published { published, version } => stands(notice, published, *version),
        What::PublishFailed { published, why, .. } => failed(notice, published, why),
        What::BadImageStays {
            published,
            image,
            why,
            ..
        } => {
            let lines = [
                format!("The {published} names {image}, which is not for use: {why}"),
                "No good image is remembered that stood there before it, so that it is left as it is: \
                 whoever reads it gets that image until another takes its place."
                    .to_owned(),
            ];
            vec![MessagePart::lines(lines), about(notice, None)]
        }
        _ => Vec::new(),
    }
}

fn stands(notice: &Notice, told: &PublishTold, version: Option<i64>) -> Vec<MessagePart> {
    let version = version.map_or(String::new(), |version| format!(" (version {version})"));
    let first = format!("{}: {}{version}", told.publish.what(), from_to(told));
    let second = match &told.back {
        Some(back) => format!("{} is not for use: {}", back.image, back.why),
        None => "Whoever reads it from now on gets that image.".to_owned(),
    };
    vec![
        MessagePart::lines([first, second]),
        about(notice, Some(told)),
    ]
}

fn failed(notice: &Notice, told: &PublishTold, why: &str) -> Vec<MessagePart> {
    let next = match notice.next {
        NextByItself::Again { not_before } => {
            format!("It is tried again after {}.", minute(not_before))
        }
        NextByItself::Look => "The next look decides what stands there instead.".to_owned(),
        NextByItself::Nothing | NextByItself::Person => {
            "It is not tried again by itself. What stood there stands there still.".to_owned()
        }
    };
    let mut lines = vec![
        format!("{}: {} is not there.", told.publish.what(), told.image),
        format!("Why not: {why}"),
    ];
    if let Some(back) = &told.back {
        lines.push(format!("{} is not for use: {}", back.image, back.why));
    }
    lines.push(next);
    vec![MessagePart::Lines(lines), about(notice, Some(told))]
}

/// `ami-1 -> ami-2 (of release 4.5.1)`
fn from_to(told: &PublishTold) -> String {
    let from = told.from.as_ref();
    let from = from.map_or("nothing", ImageId::as_str);
    let version = told.base_version.as_ref();
    let version = version.map_or(String::new(), |version| format!(" (of release {version})"));
    format!("{from} -> {}{version}", told.image)
}

fn about(notice: &Notice, told: Option<&PublishTold>) -> MessagePart {
    let scope = notice.scope.as_ref();
    let scope = scope.map_or("-".into(), ToString::to_string);
    let mut fields = vec![("watch", notice.watch_or_dash().to_owned()), ("in", scope)];
    if let Some(told) = told {
        fields.push(("destination", told.destination.to_string()));
        fields.push(("by", told.by.clone()));
    }
    MessagePart::Fields(fields)
}
