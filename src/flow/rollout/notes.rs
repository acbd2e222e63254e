//! What a person should know of a planned move beside what it does: what would come back where the
//! image's option is removed. Plain functions.

use crate::model::ids::ImageId;
use crate::model::saved_images::{SavedImage, SavedImages};

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
        None => match &saved.launched_unread {
            Some(name) => format!(
                "{when}: an image that the saved configuration {name} names, with which it was launched, comes \
                 back instead of the platform's own; it could not be read"
            ),
            None => format!("{when}; it was launched without a saved configuration"),
        },
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
            ..SavedImages::default()
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

    #[test]
    fn none_is_told_from_one_that_could_not_be_read() {
        let none = come_back(&SavedImages::default(), false);
        let unread = SavedImages {
            launched_unread: Some("blessed".to_owned()),
            unread: vec!["the saved configuration blessed: denied".to_owned()],
            ..SavedImages::default()
        };
        let unread = come_back(&unread, false);
        insta::assert_snapshot!([&none[0], &unread[0], &unread[1]].map(String::as_str).join("\n"), @r"
        the option ImageId is removed, not set; it was launched without a saved configuration
        the option ImageId is removed, not set: an image that the saved configuration blessed names, with which it was launched, comes back instead of the platform's own; it could not be read
        could not be read: the saved configuration blessed: denied
        ");
    }
}
