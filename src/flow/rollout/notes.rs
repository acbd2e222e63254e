//! What a person should know of a planned move beside what it does: what would come back where the
//! image's option is removed, and what Beanstalk does to the environment by itself. Plain functions.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::before::EnvironmentRead;
use crate::flow::move_commands::managed_updates_off_command;
use crate::model::environment::{MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED};
use crate::model::ids::ImageId;
use crate::model::saved_images::{SavedImage, SavedImages};

/// Managed updates that are on: they change the platform version every week, and leave the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedOn {
    /// What is scheduled, as far as it is shown.
    pub next: Option<ManagedNext>,
    /// The command that turns them off.
    pub command: String,
}

/// The next thing that Beanstalk means to do by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedNext {
    pub kind: String,
    pub at: Option<DateTime<Utc>>,
}

/// Whether they are on, by the deployed settings. A list of actions that is empty says nothing: Beanstalk
/// leaves out what the credentials may not see.
pub fn managed_on(read: &EnvironmentRead<'_>) -> Option<ManagedOn> {
    let deployed = read.sets.deployed.as_ref()?;
    let on = deployed.value(MANAGED_ACTIONS, MANAGED_ACTIONS_ENABLED) == Some("true");
    on.then(|| ManagedOn {
        next: read
            .managed
            .iter()
            .min_by_key(|action| action.at)
            .map(|action| ManagedNext {
                kind: action.kind.clone(),
                at: action.at,
            }),
        command: managed_updates_off_command(&read.now.target).to_string(),
    })
}

impl ManagedOn {
    /// One sentence, with the command.
    pub fn sentence(&self) -> String {
        let next = match &self.next {
            Some(ManagedNext { kind, at: Some(at) }) => {
                format!(
                    "{kind} is scheduled for {}",
                    at.format("%Y-%m-%d %H:%M UTC")
                )
            }
            Some(ManagedNext { kind, at: None }) => format!("{kind} is scheduled"),
            None => "none is shown to be scheduled".to_owned(),
        };
        format!(
            "managed updates are on ({next}): they change the platform version and leave the image behind; \
             `{}` turns them off",
            self.command
        )
    }
}

/// What would come back where the option is removed, one sentence each. `later`: not by this move, by the
/// one that takes it back.
pub fn come_back(saved: &SavedImages, later: bool) -> Vec<String> {
    let when = match later {
        true => "on the way back the option ImageId is removed, not set",
        false => "the option ImageId is removed, not set",
    };
    let first = match &saved.launched_with {
        Some(SavedImage {
            name,
            image: Some(image),
        }) => format!(
            "{when}: the saved configuration {name}, with which it was launched, names {image}, and that comes \
             back instead of the platform's own"
        ),
        Some(SavedImage { name, image: None }) => format!(
            "{when}; the saved configuration {name}, with which it was launched, names no image"
        ),
        None => format!("{when}; it was launched with no saved configuration that could be read"),
    };
    let others = saved.others.iter().filter_map(named).collect::<Vec<_>>();
    let others = (!others.is_empty()).then(|| {
        format!(
            "these saved configurations name an image, which counts where somebody applies one: {}",
            others.join(", ")
        )
    });
    let unread = saved
        .unread
        .iter()
        .map(|what| format!("could not be read: {what}"));
    let never = ".ebextensions inside the application's bundle cannot be read from here: an image that they \
                 name comes back as well"
        .to_owned();
    std::iter::once(first)
        .chain(others)
        .chain(unread)
        .chain([never])
        .collect()
}

fn named(saved: &SavedImage) -> Option<String> {
    let image: &ImageId = saved.image.as_ref()?;
    Some(format!("{} ({image})", saved.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(name: &str, image: Option<&str>) -> SavedImage {
        SavedImage {
            name: name.to_owned(),
            image: image.map(ImageId::from),
        }
    }

    #[test]
    fn what_comes_back_is_named_and_what_cannot_be_read_is_said() {
        let found = SavedImages {
            launched_with: Some(saved("blessed", Some("ami-old"))),
            others: vec![saved("spring", Some("ami-older"))],
            unread: vec!["the saved configuration x: denied".to_owned()],
        };
        insta::assert_snapshot!(come_back(&found, false).join("\n"), @r"
        the option ImageId is removed, not set: the saved configuration blessed, with which it was launched, names ami-old, and that comes back instead of the platform's own
        these saved configurations name an image, which counts where somebody applies one: spring (ami-older)
        could not be read: the saved configuration x: denied
        .ebextensions inside the application's bundle cannot be read from here: an image that they name comes back as well
        ");
        let bare = SavedImages {
            launched_with: Some(saved("blessed", None)),
            ..SavedImages::default()
        };
        insta::assert_snapshot!(come_back(&bare, true).join("\n"), @r"
        on the way back the option ImageId is removed, not set; the saved configuration blessed, with which it was launched, names no image
        .ebextensions inside the application's bundle cannot be read from here: an image that they name comes back as well
        ");
    }
}
