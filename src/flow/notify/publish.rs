//! What is told of publishing: an image stands at a destination, it could not be put there, or one that is
//! not for use stays where it is.

use chrono::{DateTime, Utc};

use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::notice::{Link, NextByItself, Notice, PastedCommand, PublishTold, What};
use crate::model::publish::{PublishOrder, TakenFrom};
use crate::model::publish_rules::{Destination, PublishAs};

/// How a publication failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPublication<'a> {
    pub why: &'a str,
    /// The failure's stable word.
    pub fault: &'a str,
    /// It is tried again, not before.
    pub next_at: Option<DateTime<Utc>>,
    /// Something else is tried next.
    pub goes_on: bool,
    /// The command that shows what stands there.
    pub look: String,
}

/// A destination names the image now. One notice a run.
pub fn image_published(
    order: &PublishOrder,
    journal: &str,
    copy: Option<&ImageId>,
    from: Option<&ImageId>,
    version: Option<i64>,
    at: DateTime<Utc>,
) -> Notice {
    let what = What::Published {
        published: told(order, journal, copy, from),
        version,
    };
    let key = format!("published:{}:{journal}", order.installation);
    let status = PastedCommand::new("amiwatch status", "what stands where");
    of_a_run(order, key, at, what, NextByItself::Nothing, vec![status])
}

/// A destination could not be made to name the image. One notice a run.
pub fn publication_failed(
    order: &PublishOrder,
    journal: &str,
    failed: &FailedPublication<'_>,
    at: DateTime<Utc>,
) -> Notice {
    let what = What::PublishFailed {
        published: told(order, journal, order.copy.as_ref(), None),
        fault: failed.fault.to_owned(),
        why: failed.why.to_owned(),
        tried_again: failed.next_at.is_some() || failed.goes_on,
    };
    let next = match (failed.next_at, failed.goes_on) {
        (Some(not_before), _) => NextByItself::Again { not_before },
        (None, true) => NextByItself::Look,
        (None, false) => NextByItself::Person,
    };
    let commands = vec![
        PastedCommand::new(failed.look.clone(), "what stands there"),
        PastedCommand::new(
            format!(
                "amiwatch publish {} --to {}",
                order.watch, order.destination
            ),
            "shows what would be done, asks, and does it; what somebody else wrote is written over",
        ),
    ];
    let key = format!("publish-failed:{}:{journal}", order.installation);
    of_a_run(order, key, at, what, next, commands)
}

fn of_a_run(
    order: &PublishOrder,
    key: String,
    at: DateTime<Utc>,
    what: What,
    next: NextByItself,
    commands: Vec<PastedCommand>,
) -> Notice {
    let of = match &order.back {
        Some(back) => &back.image,
        None => &order.image,
    };
    // With the bake of the image, where there was one: a watch's other destinations are the same story.
    let story = format!("publish:{}/{}:{of}", order.home, order.watch);
    let link = match order.publish {
        // What is copied is where the watch works.
        PublishAs::Copy { .. } => Link::to_image(&order.home.region, &order.image),
        _ => Link::to_image(&order.scope.region, order.image_here()),
    };
    Notice {
        key,
        story: order.story.clone().unwrap_or(story),
        at,
        installation: Some(order.installation.clone()),
        watch: Some(order.watch.clone()),
        scope: Some(order.scope.clone()),
        what,
        next,
        commands,
        links: vec![link],
    }
}

fn told(
    order: &PublishOrder,
    journal: &str,
    copy: Option<&ImageId>,
    from: Option<&ImageId>,
) -> PublishTold {
    PublishTold {
        destination: order.destination.clone(),
        publish: order.publish.clone(),
        journal: journal.to_owned(),
        from: from.cloned(),
        image: copy.unwrap_or(&order.image).clone(),
        copy_of: copy.map(|_| order.image.clone()),
        base_version: order.base_version.clone(),
        back: order.back.clone(),
        by: order.by.clone(),
    }
}

/// Whose image stays where it is not for use.
#[derive(Debug, Clone, Copy)]
pub struct StaysBad<'a> {
    pub installation: &'a Installation,
    pub watch: &'a WatchName,
    /// Where the watch works.
    pub home: &'a Scope,
    pub destination: &'a Destination,
    /// What stands there: `parameter /amis/shop`.
    pub published: &'a str,
    pub bad: &'a TakenFrom,
    /// What is published is a release that no recipe follows.
    pub feed: bool,
}

/// An image that is not for use stays at a destination, since nothing good is remembered that stood there
/// before. One notice a destination and image.
pub fn bad_image_stays(stays: &StaysBad<'_>, at: DateTime<Utc>) -> Notice {
    let StaysBad {
        installation,
        watch,
        home,
        destination,
        published,
        bad,
        feed,
    } = *stays;
    let what = What::BadImageStays {
        destination: destination.clone(),
        published: published.to_owned(),
        image: bad.image.clone(),
        why: bad.why.clone(),
    };
    let commands = match feed {
        true => vec![PastedCommand::new(
            "amiwatch hold",
            "what is held, and by whom",
        )],
        false => vec![
            PastedCommand::new(
                format!("amiwatch bake {watch} --force"),
                "makes another image, which takes its place",
            ),
            PastedCommand::new(
                format!("amiwatch unhold {watch} --image {}", bad.image),
                "says that it is for use after all",
            ),
        ],
    };
    Notice {
        key: format!(
            "bad-stays:{installation}:{home}/{watch}:{destination}:{}",
            bad.image
        ),
        story: format!("publish:{home}/{watch}:{}", bad.image),
        at,
        installation: Some(installation.clone()),
        watch: Some(watch.clone()),
        scope: Some(Scope {
            region: destination.region.clone(),
            ..home.clone()
        }),
        what,
        next: NextByItself::Person,
        commands,
        links: vec![Link::to_image(&destination.region, &bad.image)],
    }
}
