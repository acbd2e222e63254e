//! Whether an image is what its tags say, held against what tagging alone cannot forge: the source and
//! the instance that EC2 records, the name, which is unique in the account and cannot be changed, and
//! the key, which follows from the rest.
//!
//! Who may make images in the account under any name can still make one that looks like ours: that is
//! for IAM to forbid (docs/iam.md). What this forbids is that a tag makes ours out of a thing that is
//! there already.

use super::bake::{BakeKey, KeyInputs};
use super::ids::{ImageId, Installation, WatchName};
use super::image::Image;
use super::made::Made;
use super::tags;

/// What its tags say and EC2 does not bear out; absent for an image that a bake can have made.
pub fn contradiction(image: &Image) -> Option<String> {
    let tag = |name: &str| image.tags.get(name).map(String::as_str).unwrap_or_default();
    let (Some(made), Some(architecture)) = (Made::read_tags(image), image.architecture) else {
        return Some("it lacks what every image that amiwatch makes carries".to_owned());
    };
    let (installation, watch) = (
        Installation::from(tag(tags::INSTALLATION)),
        WatchName::from(tag(tags::WATCH)),
    );
    let key = BakeKey::derive(&KeyInputs {
        installation: &installation,
        watch: &watch,
        release_image: &made.base_image,
        recipe_digest: &made.recipe_digest,
        architecture,
        generation: made.generation,
    });
    if key.as_str() != tag(tags::KEY) {
        return Some("its key is not that of its base, recipe and generation".to_owned());
    }
    if !is_named(&image.name, &watch, &key, made.generation) {
        return Some(format!(
            "its name `{}` is not one that amiwatch gives to it",
            image.name
        ));
    }
    of_its_source(image, &made.base_image)
}

/// `amiwatch/<watch>/<base version>/<key>-<generation>`
pub fn is_named(name: &str, watch: &WatchName, key: &BakeKey, generation: u32) -> bool {
    let version = name
        .strip_prefix(&format!("amiwatch/{watch}/"))
        .and_then(|rest| rest.strip_suffix(&format!("/{}-{generation}", key.short())));
    version.is_some_and(|version| !version.is_empty() && !version.contains('/'))
}

fn of_its_source(image: &Image, base: &ImageId) -> Option<String> {
    match (&image.source_image, &image.source_instance) {
        (Some(source), _) if source != base => {
            Some(format!("EC2 says that it was made from {source}"))
        }
        (None, _) => Some("EC2 does not say what it was made from".to_owned()),
        (Some(_), None) => Some("EC2 does not say of which instance it was made".to_owned()),
        (Some(_), Some(_)) => None,
    }
}
