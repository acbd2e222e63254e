//! Where every image of an account and region stands: the ladder for each, and the document of it. Plain.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ladder::{LadderCase, stand_on_ladder};
use super::line::{place_in_line, watch_of};
use super::words::why_in_words;
use crate::model::ids::{AccountId, Architecture, ImageId, Installation, Region, Scope, WatchName};
use crate::model::image_uses::{ImageReferences, PlaceUses};
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_rules::RetireRules;
use crate::model::retiring::{LadderVerdict, RungWhy};
use crate::model::sighting::{Seen, Trouble};
use crate::model::tags;

/// Who else may launch each image that this was asked of.
pub type ShareAnswers = BTreeMap<ImageId, Seen<BTreeSet<LaunchGrant>>>;

/// Everything that was read of an account and region.
#[derive(Debug, Clone)]
pub struct ImagesSeen {
    pub scope: Scope,
    /// Every image that carries the installation's tag, of whichever watch.
    pub images: Vec<OwnedImage>,
    pub uses: PlaceUses,
    pub shares: ShareAnswers,
}

/// What the config says about them.
#[derive(Debug, Clone, Copy)]
pub struct RetireConfig<'a> {
    pub installation: &'a Installation,
    /// By watch; a watch that is not here retires nothing.
    pub rules: &'a BTreeMap<WatchName, RetireRules>,
    pub own_accounts: &'a BTreeSet<AccountId>,
    pub now: DateTime<Utc>,
}

/// Where one image stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageStanding {
    pub account: AccountId,
    pub region: Region,
    pub image: ImageId,
    pub name: String,
    pub watch: String,
    pub base_version: Option<String>,
    pub architecture: Option<Architecture>,
    pub created: Option<DateTime<Utc>>,
    pub snapshots: usize,
    #[serde(flatten)]
    pub verdict: SaidVerdict,
}

/// The ladder's word with its sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidVerdict {
    #[serde(flatten)]
    pub verdict: LadderVerdict,
    /// The sentences of `why`, in its order.
    pub said: Vec<String>,
}

impl ImagesSeen {
    /// What the ladder says of one of these images.
    pub fn verdict(&self, image: &OwnedImage, config: RetireConfig<'_>) -> LadderVerdict {
        let references = self.references(image, config.now);
        self.verdict_by(image, &references, config)
    }

    fn verdict_by(
        &self,
        image: &OwnedImage,
        references: &ImageReferences,
        config: RetireConfig<'_>,
    ) -> LadderVerdict {
        let place = place_in_line(&image.image, &self.images);
        let not_asked = Seen::Unreachable(shares_not_asked());
        let watch = WatchName::from(watch_of(&image.image));
        stand_on_ladder(&LadderCase {
            installation: config.installation,
            rules: config.rules.get(&watch),
            image,
            place: &place,
            disabled_at: None,
            references,
            shares: self.shares.get(&image.image.id).unwrap_or(&not_asked),
            own_accounts: config.own_accounts,
            now: config.now,
        })
    }

    /// What names it, by kind.
    pub fn references(&self, image: &OwnedImage, now: DateTime<Utc>) -> ImageReferences {
        self.uses
            .of_image(&image.image.id, &image.launch_facts(), now)
    }

    /// Where each of them stands, by watch, the newest first.
    pub fn standings(&self, config: RetireConfig<'_>) -> Vec<ImageStanding> {
        let mut images: Vec<&OwnedImage> = self.images.iter().collect();
        images.sort_by(|one, other| {
            let (one, other) = (&one.image, &other.image);
            watch_of(one)
                .cmp(watch_of(other))
                .then(other.created.cmp(&one.created))
                .then(one.id.cmp(&other.id))
        });
        let stands = images.into_iter().map(|image| self.standing(image, config));
        stands.collect()
    }

    fn standing(&self, owned: &OwnedImage, config: RetireConfig<'_>) -> ImageStanding {
        let references = self.references(owned, config.now);
        self.standing_by(owned, &references, config)
    }

    /// Where one of them stands, by what names it.
    pub fn standing_by(
        &self,
        owned: &OwnedImage,
        references: &ImageReferences,
        config: RetireConfig<'_>,
    ) -> ImageStanding {
        let image = &owned.image;
        ImageStanding {
            account: self.scope.account.clone(),
            region: self.scope.region.clone(),
            image: image.id.clone(),
            name: image.name.clone(),
            watch: watch_of(image).to_owned(),
            base_version: image.tags.get(tags::BASE_VERSION).cloned(),
            architecture: image.architecture,
            created: image.created,
            snapshots: image.snapshots.len(),
            verdict: SaidVerdict::of(self.verdict_by(owned, references, config)),
        }
    }
}

impl SaidVerdict {
    fn of(verdict: LadderVerdict) -> Self {
        let said = verdict.why.iter().map(why_in_words).collect();
        Self { verdict, said }
    }

    /// Something that may keep the image could not be asked.
    pub fn is_untold(&self) -> bool {
        self.verdict.why.iter().any(|why| {
            matches!(
                why,
                RungWhy::Unreachable { .. } | RungWhy::SharesUnreachable { .. }
            )
        })
    }
}

fn shares_not_asked() -> Trouble {
    Trouble {
        what: "who else may launch it".to_owned(),
        why: "this was not asked".to_owned(),
        denied: false,
    }
}
