//! Where every image of an account and region stands: the ladder for each, and the document of it. Plain.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ladder::{LadderCase, stand_on_ladder};
use super::line::{place_in_line, watch_of};
use super::words::{open_in_words, why_in_words};
use crate::model::ids::{AccountId, Architecture, ImageId, Installation, Region, Scope, WatchName};
use crate::model::image_uses::{AskedKind, ImageReferences, PlaceUses, ReferenceKind};
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_record::ImageRecord;
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
    /// What is remembered of those that something was begun with.
    pub records: BTreeMap<ImageId, ImageRecord>,
    /// Those of which that cannot be read.
    pub unreadable: BTreeSet<ImageId>,
    /// Other accounts of which `uses` tells, as far as they may launch something.
    pub looked_in: BTreeSet<AccountId>,
}

/// What the config says about them.
#[derive(Debug, Clone, Copy)]
pub struct RetireConfig<'a> {
    pub installation: &'a Installation,
    /// By watch; a watch that is not here retires nothing.
    pub rules: &'a BTreeMap<WatchName, RetireRules>,
    /// That of the images.
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
    /// What it is a copy of, `<region>/<image>`; absent for what a bake made.
    pub copy_of: Option<String>,
    /// From when others do not find it.
    pub deprecated_from: Option<DateTime<Utc>>,
    /// When amiwatch disabled it, as far as that is remembered.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When a person brought it back.
    pub restored_at: Option<DateTime<Utc>>,
    /// `tell` or `apply`: what becomes of an image of its watch that is due; absent without rules.
    pub mode: Option<&'static str>,
    /// What was begun with it and not seen through, or did not succeed; absent where nothing is open.
    pub open: Option<String>,
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

    /// The same by what is known to name it.
    pub fn verdict_by(
        &self,
        image: &OwnedImage,
        references: &ImageReferences,
        config: RetireConfig<'_>,
    ) -> LadderVerdict {
        let place = place_in_line(&image.image, &self.images);
        let not_asked = Seen::Unreachable(shares_not_asked());
        let watch = WatchName::from(watch_of(&image.image));
        let record = self.records.get(&image.image.id);
        let visible = config.own_accounts | &self.looked_in;
        stand_on_ladder(&LadderCase {
            installation: config.installation,
            rules: config.rules.get(&watch),
            image,
            place: &place,
            disabled_at: record.and_then(|record| record.disabled_at),
            restored_at: record.and_then(|record| record.restored.as_ref().map(|one| one.at)),
            references,
            shares: self.shares.get(&image.image.id).unwrap_or(&not_asked),
            own_accounts: &visible,
            now: config.now,
        })
    }

    /// What names it, by kind.
    pub fn references(&self, image: &OwnedImage, now: DateTime<Utc>) -> ImageReferences {
        let id = &image.image.id;
        let mut references = self.uses.of_image(id, &image.launch_facts(), now);
        if self.unreadable.contains(id) {
            let asked = AskedKind {
                asked: "what was begun with it".to_owned(),
                seen: Seen::Unreachable(unreadable_record(id)),
            };
            references.0.insert(ReferenceKind::Remembered, asked);
        }
        references
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
        let record = self.records.get(&image.id);
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
            copy_of: image.tags.get(tags::COPY_OF).cloned(),
            deprecated_from: image.deprecated_from,
            disabled_at: record.and_then(|record| record.disabled_at),
            restored_at: record.and_then(|record| record.restored.as_ref().map(|one| one.at)),
            mode: config
                .rules
                .get(&WatchName::from(watch_of(image)))
                .map(|rules| rules.mode.as_str()),
            open: record.and_then(open_in_words),
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

fn unreadable_record(image: &ImageId) -> Trouble {
    Trouble {
        what: format!("what was begun with {image}"),
        why: "its record in the store makes no sense".to_owned(),
        denied: false,
    }
}
