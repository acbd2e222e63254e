//! adopt: whether an image that somebody made may stand as a watch's own, and as what. A plain function
//! of what was seen and of what the person says.
//!
//! EC2 is believed before the person: what the image was made from is asked of it, and only where it
//! does not know does the person's word count. The recipe cannot be read off an image: unless its own
//! tags tell, it counts as made with the watch's present one, since the person vouches for it.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use crate::model::bake::{BakeKey, BakedImage, RecipeDigest, digest};
use crate::model::base::{BaseSource, PlatformVersion};
use crate::model::genuine::contradiction;
use crate::model::ids::{Architecture, ImageId};
use crate::model::image::{Image, ImageState};
use crate::model::made::{Made, MadeStage};
use crate::model::sighting::{Lineage, LineageSource, Seen, Sighting, Trouble, WatchSighting};
use crate::model::tags;
use crate::model::watch::{Wanted, Watch};

/// Everything that is decided from.
#[derive(Debug, Clone, Copy)]
pub struct AdoptCase<'a> {
    pub watch: &'a Watch,
    pub wanted: &'a Wanted,
    /// A look that was also for the image and, when the person names one, its base.
    pub sighting: &'a Sighting,
    pub seen: &'a WatchSighting,
    pub image: &'a ImageId,
    /// What the person says it was made from.
    pub base: Option<&'a ImageId>,
    /// The person says that it was made with another recipe.
    pub other_recipe: bool,
    pub now: DateTime<Utc>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    pub baked: BakedImage,
    /// Who told what it was made from; absent where it is the person's word.
    pub told_by: Option<LineageSource>,
    /// The image's own tags tell the recipe.
    pub recipe_by_tag: bool,
}

/// Why it may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{what}: {why}")]
    Untold { what: String, why: String },
    #[error(
        "EC2 does not list {0} in this account and region; check the id and the region, or have it \
         shared with this account"
    )]
    Gone(ImageId),
    #[error(
        "{0} is Amazon's own image: there is nothing of yours in it to adopt; name the one that you \
         made from it"
    )]
    Amazon(ImageId),
    #[error(
        "{image} belongs to account {owner} and is public, so that anybody can have made it; copy \
         it into this account first"
    )]
    Strangers { image: ImageId, owner: String },
    #[error("{image} is {found}, the watch's base is for {wanted}; adopt it into another watch")]
    Architecture {
        image: ImageId,
        found: String,
        wanted: Architecture,
    },
    #[error("{image} is {state}: no instance can start from it; {next}")]
    State {
        image: ImageId,
        state: &'static str,
        next: &'static str,
    },
    #[error("{image} carries the tag amiwatch:state={stage}: {next}")]
    Stage {
        image: ImageId,
        stage: String,
        next: &'static str,
    },
    #[error(
        "LINEAGE_UNKNOWN: EC2 does not know what {0} was made from; name the Amazon image with \
         --base ami-..."
    )]
    Lineage(ImageId),
    #[error("EC2 knows that {image} was made from {base}, not from {said}; leave --base out")]
    OtherBase {
        image: ImageId,
        base: ImageId,
        said: ImageId,
    },
    #[error(
        "{0} is neither Amazon's nor of an owner that the watch's base names; name the image that the \
         line began with"
    )]
    NotABase(ImageId),
    #[error("the watch {0} has no recipe, and so no image of its own; give it one first")]
    NoRecipe(String),
    #[error("{by} holds {image} ({reason}); end that first with `amiwatch unhold`")]
    Held {
        image: ImageId,
        by: String,
        reason: String,
    },
    #[error(
        "the watch {watch} has {current}, a verified image of the newest release, and every pass \
         would go back to it; for the older one, first say that nobody wants that one: \
         `amiwatch hold {watch} --image {current} --reason \"...\"`"
    )]
    Overruled { watch: String, current: ImageId },
}

/// Decides.
///
/// # Errors
/// [`Refusal`], each with what to do.
pub fn adopt(case: &AdoptCase<'_>) -> Result<Adopted, Refusal> {
    let Some(present) = &case.wanted.recipe_digest else {
        return Err(Refusal::NoRecipe(case.watch.name.to_string()));
    };
    let (image, lineage) = looked_at(case)?;
    fit(case, image)?;
    let (base, told_by) = base(case, image, lineage)?;
    let made = Made::read_tags(image);
    let recipe_digest = match &made {
        Some(made) => made.recipe_digest.clone(),
        None if case.other_recipe => RecipeDigest::from_tag(NOT_TOLD),
        None => present.clone(),
    };
    let baked = BakedImage {
        image: image.id.clone(),
        key: key(image),
        generation: made.as_ref().map_or(0, |made| made.generation),
        base_version: base_version(case, &base, made.as_ref()),
        base_image: base,
        recipe_digest,
        baked_at: image.created.unwrap_or(case.now),
        redundant: false,
        checks_digest: None,
        adopted_at: Some(case.now),
        changes: None,
        story: None,
    };
    Ok(Adopted {
        baked,
        told_by,
        recipe_by_tag: made.is_some(),
    })
}

/// Stands for a recipe that is not the present one and that nobody knows.
const NOT_TOLD: &str = "not-told";

fn looked_at<'a>(case: &AdoptCase<'a>) -> Result<(&'a Image, &'a Lineage), Refusal> {
    let Some(seen) = case.sighting.images.get(case.image) else {
        return Err(Refusal::Gone(case.image.clone()));
    };
    match &seen.image {
        Seen::Known(image) => Ok((image, &seen.lineage)),
        Seen::Absent => Err(Refusal::Gone(case.image.clone())),
        Seen::Unreachable(trouble) => Err(untold(trouble)),
    }
}

fn untold(trouble: &Trouble) -> Refusal {
    Refusal::Untold {
        what: trouble.what.clone(),
        why: trouble.why.clone(),
    }
}

fn fit(case: &AdoptCase<'_>, image: &Image) -> Result<(), Refusal> {
    let id = image.id.clone();
    if image.by_amazon() {
        return Err(Refusal::Amazon(id));
    }
    if !image.ours && image.public {
        return Err(Refusal::Strangers {
            image: id,
            owner: image.owner.to_string(),
        });
    }
    let wanted = case.watch.base.architecture;
    if image.architecture != Some(wanted) {
        let found = image
            .architecture
            .map_or("of another architecture", Architecture::as_str);
        return Err(Refusal::Architecture {
            image: id,
            found: found.to_owned(),
            wanted,
        });
    }
    launchable(image)?;
    proved(image)
}

fn launchable(image: &Image) -> Result<(), Refusal> {
    let (state, next) = match image.state {
        ImageState::Available => return Ok(()),
        ImageState::Pending => ("still being made", "try again when it is available"),
        ImageState::Disabled => ("disabled", "enable it first"),
        ImageState::Failed | ImageState::Deregistered | ImageState::Other => {
            ("not available", "make it anew")
        }
    };
    Err(Refusal::State {
        image: image.id.clone(),
        state,
        next,
    })
}

/// What amiwatch said of it before, in its tags.
fn proved(image: &Image) -> Result<(), Refusal> {
    let Some(word) = image.tags.get(tags::STATE) else {
        return Ok(());
    };
    let next = match Made::read_tags(image).map(|made| made.stage) {
        Some(MadeStage::Verified) => return Ok(()),
        Some(MadeStage::Candidate) => "its proof is not done; let its bake end, then look again",
        _ => "it was found wrong or taken out of use; make another one",
    };
    Err(Refusal::Stage {
        image: image.id.clone(),
        stage: word.clone(),
        next,
    })
}

/// What it was made from, and who told; a person's word where EC2 has none.
fn base(
    case: &AdoptCase<'_>,
    image: &Image,
    lineage: &Lineage,
) -> Result<(ImageId, Option<LineageSource>), Refusal> {
    if let Some(source) = of_the_release(case, image) {
        return Ok((source, Some(LineageSource::SourceImage)));
    }
    match (lineage, case.base) {
        (Lineage::From { base, told_by }, None) => Ok((base.clone(), Some(*told_by))),
        (Lineage::From { base, told_by }, Some(said)) if said == base => {
            Ok((base.clone(), Some(*told_by)))
        }
        (
            Lineage::From {
                told_by: LineageSource::Person,
                ..
            }
            | Lineage::NotKnown,
            Some(said),
        ) => a_base(case, said).map(|base| (base, None)),
        (Lineage::From { base, .. }, Some(said)) => Err(Refusal::OtherBase {
            image: image.id.clone(),
            base: base.clone(),
            said: said.clone(),
        }),
        (Lineage::NotKnown, None) => Err(Refusal::Lineage(image.id.clone())),
        (Lineage::Unreachable(trouble), _) => Err(untold(trouble)),
        (Lineage::IsBase, _) => Err(Refusal::Amazon(image.id.clone())),
    }
}

/// Copies of copies are two or three long.
const COPIES_MAX: usize = 8;

/// A base may be one of the account's own images: then the line to Amazon leads past it. An image that was
/// copied from another region was made from what that one was made from.
fn of_the_release(case: &AdoptCase<'_>, image: &Image) -> Option<ImageId> {
    let release = case.seen.release.known()?;
    let mut made = image;
    for _ in 0..COPIES_MAX {
        let copied_from = made.source_image.as_ref().filter(|_| made.copied_across());
        let Some(source) = copied_from else { break };
        made = case.sighting.images.get(source)?.image.known()?;
    }
    let source = made.source_image.as_ref()?;
    let here = case.sighting.at_home(source, Some(&release.image)).ok()?;
    let said_otherwise = case
        .base
        .is_some_and(|said| *said != here && said != source);
    (here == release.image && !said_otherwise).then_some(here)
}

/// Amazon's, or of whom the watch's base names.
fn may_be_a_base(case: &AdoptCase<'_>, image: &Image) -> bool {
    let named = match &case.watch.base.source {
        BaseSource::Images { owners, .. } => image.is_of(owners),
        BaseSource::Beanstalk { .. } | BaseSource::Ssm { .. } => false,
    };
    named || image.by_amazon()
}

/// A base that EC2 does not list any more is taken at the person's word: old ones go.
fn a_base(case: &AdoptCase<'_>, said: &ImageId) -> Result<ImageId, Refusal> {
    match case.sighting.images.get(said).map(|seen| &seen.image) {
        Some(Seen::Known(image)) if !may_be_a_base(case, image) => {
            Err(Refusal::NotABase(said.clone()))
        }
        Some(Seen::Unreachable(trouble)) => Err(untold(trouble)),
        _ => Ok(said.clone()),
    }
}

/// The key of an image that no bake of ours made is its own: it must not pass for another's.
fn key(image: &Image) -> BakeKey {
    let borne_out = contradiction(image).is_none();
    match image.tags.get(tags::KEY).filter(|_| borne_out) {
        Some(tag) => BakeKey::from_tag(tag),
        None => BakeKey::from_tag(&digest(&["amiwatch adopted 1", image.id.as_str()])),
    }
}

/// The version under which the base was released, as far as this look tells; else the base's name.
fn base_version(case: &AdoptCase<'_>, base: &ImageId, made: Option<&Made>) -> String {
    let release = case.seen.release.known();
    let newest = release.filter(|release| release.image == *base);
    let tagged = made.and_then(|made| made.base_version.clone());
    let name = case
        .sighting
        .images
        .get(base)
        .and_then(|seen| seen.image.known());
    newest
        .map(|release| release.version.clone())
        .or(tagged)
        .or_else(|| listed(case.sighting, base))
        .or_else(|| name.map(|image| image.name.clone()))
        .unwrap_or_else(|| base.to_string())
}

fn listed(sighting: &Sighting, base: &ImageId) -> Option<String> {
    let lists = |platform: &&PlatformVersion| {
        let mut images = platform.images.iter();
        images.any(|(_, image)| image == base)
    };
    let seen = sighting
        .platforms
        .values()
        .chain(sighting.recommended.values());
    let mut platforms = seen.filter_map(Seen::known);
    platforms
        .find(lists)
        .map(|platform| platform.version.clone())
}
