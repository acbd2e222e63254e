//! What is told of publishing, in words: from what to what first, then why, and what is next.

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::ids::ImageId;
use crate::model::notice::{NextByItself, PublishTold, What};
use crate::model::publish_rules::PublishAs;

/// What the subject says behind the watch's name; absent for what is not about publishing.
pub(super) fn publish_headline(what: &What) -> Option<String> {
    Some(match what {
        What::Published { published, .. } => {
            let back = published.back.is_some();
            published.destination.said_done(&published.image, back)
        }
        What::PublishFailed { published, .. } => {
            let back = published.back.is_some();
            published.destination.said_failed(&published.image, back)
        }
        What::BadImageStays {
            destination, image, ..
        } => format!("{destination} names {image}, which is not for use"),
        _ => return None,
    })
}

/// The message but for its commands; nothing for what is not about publishing.
pub(super) fn publish_parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
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

fn stands(notice: SpokenNotice<'_>, told: &PublishTold, version: Option<i64>) -> Vec<MessagePart> {
    match told.publish {
        PublishAs::Copy { .. } => return copied(notice, told),
        PublishAs::Share { .. } => return shared(notice, told),
        PublishAs::Template { .. } | PublishAs::Parameter { .. } => {}
    }
    let version = version.map_or(String::new(), |version| format!(", as version {version}"));
    let first = format!("{}: {}{version}", told.publish.what(), from_to(told));
    let second = match &told.back {
        Some(back) => format!("{} is not for use: {}", back.image, back.why),
        None => match told.publish {
            PublishAs::Template { .. } => "Whoever launches by it from now on gets that image.",
            _ => "Whoever reads it from now on gets that image.",
        }
        .to_owned(),
    };
    vec![
        MessagePart::lines([first, second]),
        about(notice, Some(told)),
    ]
}

fn copied(notice: SpokenNotice<'_>, told: &PublishTold) -> Vec<MessagePart> {
    let image = &told.image;
    let lines = match &told.back {
        None => {
            let of = told.copy_of.as_ref().unwrap_or(image);
            let region = &told.destination.region;
            vec![format!(
                "{image} is the copy of {of} in {region}{}.",
                of_release(told)
            )]
        }
        Some(back) => vec![
            format!("{} is not for use: {}", back.image, back.why),
            "Its copy says so too: it is marked, and stays where it is.".to_owned(),
        ],
    };
    vec![MessagePart::Lines(lines), about(notice, Some(told))]
}

fn shared(notice: SpokenNotice<'_>, told: &PublishTold) -> Vec<MessagePart> {
    let image = &told.image;
    let lines = match &told.back {
        None => vec![format!(
            "{}{}: they may launch it from now on.",
            told.publish.said_of(image),
            of_release(told)
        )],
        Some(back) => vec![
            format!("{image} is not for use: {}", back.why),
            format!(
                "It was {}: they may not launch it any more. Instances that run it go on.",
                told.publish.what()
            ),
        ],
    };
    vec![MessagePart::Lines(lines), about(notice, Some(told))]
}

fn failed(notice: SpokenNotice<'_>, told: &PublishTold, why: &str) -> Vec<MessagePart> {
    let next = match notice.next {
        NextByItself::Again { not_before } => {
            format!("It is tried again after {}.", notice.minute(not_before))
        }
        NextByItself::Look => "The next look decides what stands there instead.".to_owned(),
        NextByItself::Nothing | NextByItself::Person => {
            "It is not tried again by itself: what stood there stands there still.".to_owned()
        }
    };
    let mut lines = vec![
        format!(
            "{}.",
            told.destination
                .said_failed(&told.image, told.back.is_some())
        ),
        format!("What was to hold there: {}", told.publish.what()),
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
    format!("{from} -> {}{}", told.image, of_release(told))
}

fn of_release(told: &PublishTold) -> String {
    let version = told.base_version.as_ref();
    version.map_or(String::new(), |version| format!(" (of release {version})"))
}

fn about(notice: SpokenNotice<'_>, told: Option<&PublishTold>) -> MessagePart {
    let scope = notice.scope.as_ref();
    let scope = scope.map_or("-".into(), ToString::to_string);
    let mut fields = vec![("watch", notice.watch_or_dash().to_owned()), ("in", scope)];
    if let Some(told) = told {
        fields.push(("destination", told.destination.to_string()));
        fields.push(("by", told.by.clone()));
    }
    MessagePart::Fields(fields)
}
