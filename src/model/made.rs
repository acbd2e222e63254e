//! An image that amiwatch made, as its tags tell it. The tags are the memory that outlives the store.

use chrono::{DateTime, Utc};

use super::bake::{BakedImage, RecipeDigest};
use super::ids::{Architecture, ImageId};
use super::image::{Image, ImageState};
use super::tags;

/// What the tags of one of our images say, with what EC2 says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub image: ImageId,
    pub generation: u32,
    pub base_image: ImageId,
    pub base_version: Option<String>,
    pub recipe_digest: RecipeDigest,
    /// Absent when it is one that we do not know.
    pub architecture: Option<Architecture>,
    pub stage: MadeStage,
    /// What EC2 says of it; deregistered where it does not list it.
    pub state: ImageState,
    pub created: Option<DateTime<Utc>>,
}

/// How far an image of ours came: the tag `amiwatch:state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeStage {
    /// Made, not proved: its bake is under way, or died.
    Candidate,
    Verified,
    /// Failed its proof.
    Rejected,
    /// Moving to it failed, and it was to blame: not for use, whoever remembers it.
    Quarantined,
    /// Superseded, or a word that this version does not know: not for use.
    Withdrawn,
}

impl Made {
    /// Reads the tags; absent when the image does not carry what every image of ours carries.
    pub fn read_tags(image: &Image) -> Option<Self> {
        let tag = |name: &str| image.tags.get(name).map(String::as_str);
        Some(Self {
            image: image.id.clone(),
            generation: tag(tags::GENERATION)?.parse().ok()?,
            base_image: tag(tags::BASE_IMAGE)?.into(),
            base_version: tag(tags::BASE_VERSION).map(str::to_owned),
            recipe_digest: RecipeDigest::from_tag(tag(tags::RECIPE_DIGEST)?),
            architecture: image.architecture,
            stage: MadeStage::read(tag(tags::STATE)?),
            state: image.state,
            created: image.created,
        })
    }

    /// An image that the store remembers as the watch's own, where EC2 still lists it.
    pub fn remembered(baked: &BakedImage, image: &Image) -> Self {
        Self {
            image: image.id.clone(),
            generation: baked.generation,
            base_image: baked.base_image.clone(),
            base_version: Some(baked.base_version.clone()),
            recipe_digest: baked.recipe_digest.clone(),
            architecture: image.architecture,
            stage: MadeStage::Verified,
            state: image.state,
            created: image.created,
        }
    }

    /// An image that the store remembers and EC2 does not list any more.
    pub fn lost(baked: &BakedImage) -> Self {
        Self {
            image: baked.image.clone(),
            generation: baked.generation,
            base_image: baked.base_image.clone(),
            base_version: Some(baked.base_version.clone()),
            recipe_digest: baked.recipe_digest.clone(),
            architecture: None,
            stage: MadeStage::Verified,
            state: ImageState::Deregistered,
            created: Some(baked.baked_at),
        }
    }

    /// Proved, and EC2 can launch it.
    pub fn usable(&self) -> bool {
        self.stage == MadeStage::Verified && self.state == ImageState::Available
    }

    /// Proved, and it will start no instance: disabled, or as good as gone.
    pub fn starts_nothing(&self) -> bool {
        let ended = [
            ImageState::Disabled,
            ImageState::Failed,
            ImageState::Deregistered,
        ];
        self.stage == MadeStage::Verified && ended.contains(&self.state)
    }

    /// Of this architecture, as far as EC2 tells.
    pub fn fits(&self, architecture: Architecture) -> bool {
        self.architecture.is_none_or(|of| of == architecture)
    }

    /// Made from this release with this recipe, whatever the generation.
    pub fn is_of(&self, release: &ImageId, recipe: &RecipeDigest) -> bool {
        self.base_image == *release && self.recipe_digest == *recipe
    }
}

impl MadeStage {
    fn read(word: &str) -> Self {
        match word {
            tags::state::CANDIDATE => Self::Candidate,
            tags::state::VERIFIED => Self::Verified,
            tags::state::REJECTED => Self::Rejected,
            tags::state::QUARANTINED => Self::Quarantined,
            _ => Self::Withdrawn,
        }
    }
}
