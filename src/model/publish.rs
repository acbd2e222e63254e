//! What stands at the places where a watch's image is made known, and the order to change one of them.
//! Values; `flow::publish` decides and does, `store::publications` keeps them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::{ImageId, Installation, Scope, WatchName};
use super::publish_rules::{Destination, DestinationKind, PublishAs};

/// Good images that a destination remembers, for the way back. More were never taken back in a row.
pub const BEFORE_MAX: usize = 10;

/// What is remembered of one destination.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DestinationLedger {
    /// The number of the last run that was begun here.
    pub ordered: u32,
    /// The journal of the run that has it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way: Option<String>,
    /// What stands there by our doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<PublishedImage>,
    /// What stood there before, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<PublishedImage>,
    /// A run that failed may have put this there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<ImageId>,
    /// What that is called there, where it is a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure_copy: Option<ImageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<PublishFailing>,
}

/// An image as it stands, or stood, at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedImage {
    /// The watch's image.
    pub image: ImageId,
    /// Its copy, where the destination is in another region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ImageId>,
    /// What its release was called; absent where it is not known.
    pub base_version: Option<String>,
    pub at: DateTime<Utc>,
    /// What held there.
    pub published: PublishAs,
    /// The parameter's version, or the template's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// It was there before amiwatch first wrote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// Publishing that did not succeed, while that is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishFailing {
    /// The image that should stand there.
    pub image: ImageId,
    /// Failed attempts so far, at least 1.
    pub attempts: u32,
    /// Not tried again before this; absent where a person is needed.
    pub next_at: Option<DateTime<Utc>>,
    pub why: String,
}

impl PublishedImage {
    /// What the image is called in the destination's region.
    pub fn image_here(&self) -> &ImageId {
        self.copy.as_ref().unwrap_or(&self.image)
    }
}

impl DestinationLedger {
    /// The copy of an image, as far as this destination has ever held it.
    pub fn copy_of(&self, image: &ImageId) -> Option<&ImageId> {
        let mut stood = self.now.iter().chain(&self.before);
        let known = stood.find(|one| one.image == *image);
        let unsure = self.unsure.as_ref().filter(|unsure| *unsure == image);
        known
            .and_then(|one| one.copy.as_ref())
            .or(unsure.and(self.unsure_copy.as_ref()))
    }

    /// What an image that is not for use is taken back from: what stands there, or may; of what others may
    /// launch, whatever ever stood there, since that lasts.
    pub fn names(&self, kind: DestinationKind) -> impl Iterator<Item = &ImageId> {
        let lasts = match kind {
            DestinationKind::Copy | DestinationKind::Share => &self.before[..],
            DestinationKind::Template | DestinationKind::Parameter => &[],
        };
        let stood = self.now.iter().chain(lasts).map(|one| &one.image);
        stood.chain(&self.unsure)
    }

    /// Something else stands there from now on; what stood there is kept for the way back.
    pub fn stands(&mut self, published: PublishedImage) {
        if let Some(now) = self.now.take() {
            self.keep(now);
        }
        self.before.retain(|one| one.image != published.image);
        self.now = Some(published);
        self.unsure = None;
        self.unsure_copy = None;
        self.failing = None;
    }

    /// An image stands there no more; of what lasts, the one before it does still.
    pub fn withdrawn(&mut self, image: &ImageId) {
        self.before.retain(|one| one.image != *image);
        if self.now.as_ref().is_some_and(|now| now.image == *image) {
            self.now = match self.before.is_empty() {
                true => None,
                false => Some(self.before.remove(0)),
            };
        }
        self.unsure = None;
        self.unsure_copy = None;
        self.failing = None;
    }

    /// What stood there, if it is not known yet: one of each image, the newest first.
    pub fn keep(&mut self, stood: PublishedImage) {
        self.before.retain(|one| one.image != stood.image);
        self.before.insert(0, stood);
        self.before.truncate(BEFORE_MAX);
    }
}

/// One run at one destination, decided: it goes from the decision to the journal as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishOrder {
    pub installation: Installation,
    pub watch: WatchName,
    /// Where the destination is.
    pub scope: Scope,
    /// Where the watch works.
    pub home: Scope,
    pub destination: Destination,
    /// Counted for each destination.
    pub number: u32,
    /// The image that is to stand there, or, where others may launch it no more, that one.
    pub image: ImageId,
    /// Its copy in the destination's region, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ImageId>,
    pub base_version: Option<String>,
    pub publish: PublishAs,
    pub proof: ImageProof,
    /// What it takes back, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<TakenFrom>,
    /// What stood there when it was ordered, as far as it was our doing.
    pub stood: Option<PublishedImage>,
    /// A person ordered it: what somebody else put there meanwhile is written over.
    pub persons: bool,
    pub by: String,
    /// What it belongs to: the bake of the image.
    pub story: Option<String>,
}

impl PublishOrder {
    /// What the image is called in the destination's region.
    pub fn image_here(&self) -> &ImageId {
        self.copy.as_ref().unwrap_or(&self.image)
    }

    /// What copies of the image say of themselves: `eu-west-1/ami-1`.
    pub fn copied_from(&self) -> String {
        format!("{}/{}", self.home.region, self.image)
    }
}

/// Why an image is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenFrom {
    pub image: ImageId,
    /// Its copy in the destination's region, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<ImageId>,
    pub why: String,
}

/// What makes an image fit for others, looked at once more before it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageProof {
    /// Its tags say that it was verified, and for whom.
    Verified,
    /// A person said so: it was adopted, or stood there before amiwatch did.
    Persons,
    /// It is a release of a base that no recipe follows: somebody else's, for all to use.
    Release,
}
