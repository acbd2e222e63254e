//! What is told of what people do.

use chrono::{DateTime, Utc};

use crate::model::bake::digest;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::{Installation, WatchName};
use crate::model::notice::{NextByItself, Notice, PastedCommand, What};

/// A person holds a watch, a release or an image. One notice a hold.
pub fn held_by_a_person(
    installation: &Installation,
    watch: &WatchName,
    hold: &Hold,
    at: DateTime<Utc>,
) -> Notice {
    let (on, since) = (hold.on.to_string(), hold.since.to_rfc3339());
    let key = digest(&[
        "amiwatch hold notice 1",
        installation.as_str(),
        watch.as_str(),
        &on,
        &since,
        &hold.by,
        &hold.reason,
    ]);
    let key = format!("hold:{installation}:{watch}:{key:.16}");
    Notice {
        story: key.clone(),
        key,
        at,
        installation: Some(installation.clone()),
        watch: Some(watch.clone()),
        scope: None,
        what: What::HeldByPerson { hold: hold.clone() },
        next: hold
            .until
            .map_or(NextByItself::Person, |until| NextByItself::Again {
                not_before: until,
            }),
        commands: vec![
            PastedCommand::new("amiwatch hold", "everything that is held"),
            PastedCommand::new(
                format!("amiwatch unhold {watch}{}", flag(&hold.on)),
                "ends it",
            ),
        ],
        links: Vec::new(),
    }
}

/// The flag that names a held thing.
fn flag(held: &HeldThing) -> String {
    match held {
        HeldThing::Watch => String::new(),
        HeldThing::Release(release) => format!(" --release {release}"),
        HeldThing::Image(image) => format!(" --image {image}"),
    }
}
