//! Images as a bake leaves them, without the bake: for lives in which moving is what matters. Tags, name
//! and source are those that amiwatch holds against each other.

use amiwatch::model::bake::{BakeKey, KeyInputs, RecipeDigest};
use amiwatch::model::ids::{Architecture, ImageId, Installation, WatchName};
use amiwatch::model::tags;
use sim::{Account, ImageSpec};

use super::world::{INSTALLATION, REGION};

/// What an image of the watch `shop` was made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeFrom<'a> {
    pub(crate) base_image: &'a str,
    pub(crate) base_version: &'a str,
    pub(crate) recipe: &'a str,
    pub(crate) generation: u32,
}

impl MadeFrom<'_> {
    /// The image, verified; an empty id is given a number.
    pub(crate) fn image(&self, id: &str) -> ImageSpec {
        let watch = WatchName::from("shop");
        let digest = RecipeDigest::of_user_data(self.recipe, false);
        let key = BakeKey::derive(&KeyInputs {
            installation: &Installation::from(INSTALLATION),
            watch: &watch,
            release_image: &ImageId::from(self.base_image),
            recipe_digest: &digest,
            architecture: Architecture::X86_64,
            generation: self.generation,
        });
        let (version, generation) = (self.base_version, self.generation);
        let tags = [
            (tags::INSTALLATION, INSTALLATION.to_owned()),
            (tags::WATCH, watch.to_string()),
            (tags::ROLE, tags::role::IMAGE.to_owned()),
            (tags::KEY, key.to_string()),
            (tags::GENERATION, generation.to_string()),
            (tags::BASE_IMAGE, self.base_image.to_owned()),
            (tags::BASE_VERSION, version.to_owned()),
            (tags::RECIPE_DIGEST, digest.as_str().to_owned()),
            (tags::STATE, tags::state::VERIFIED.to_owned()),
        ];
        ImageSpec {
            id: id.to_owned(),
            source_image_id: Some(self.base_image.to_owned()),
            source_instance_id: Some("i-00000000000000b0b".to_owned()),
            tags: tags.map(|(name, value)| (name.to_owned(), value)).into(),
            ..ImageSpec::mine(&format!(
                "amiwatch/shop/{version}/{}-{generation}",
                key.short()
            ))
        }
    }

    /// Puts it into the account; its id.
    pub(crate) fn make(&self, account: &Account, id: &str) -> String {
        account.at(REGION).image(self.image(id)).unwrap()
    }
}
