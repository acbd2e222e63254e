//! Images and answers for the tests of this stage.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::standing::{ImagesSeen, ShareAnswers};
use crate::model::ids::{AccountId, Architecture, ImageId, Region, Scope, SnapshotId};
use crate::model::image::{Image, ImageState};
use crate::model::image_uses::{AskedKind, ImageReferences, KindAnswer, PlaceUses, ReferenceKind};
use crate::model::owned_image::OwnedImage;
use crate::model::sighting::Seen;
use crate::model::tags;

/// A verified image of the watch `shop`, as a bake of the installation `acme` leaves it.
pub(crate) fn ladder_image(id: &str, created: DateTime<Utc>) -> OwnedImage {
    let tags = [
        (tags::INSTALLATION, "acme"),
        (tags::ROLE, tags::role::IMAGE),
        (tags::KEY, id),
        (tags::WATCH, "shop"),
        (tags::STATE, tags::state::VERIFIED),
    ];
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    OwnedImage {
        image: Image {
            id: ImageId::from(id),
            region: Region::from("eu-west-1"),
            name: format!("amiwatch/shop/{id}"),
            owner: AccountId::from("000000000000"),
            ours: true,
            owner_alias: None,
            public: false,
            architecture: Some(Architecture::X86_64),
            state: ImageState::Available,
            state_reason: None,
            created: Some(created),
            deprecated_from: None,
            source_image: None,
            source_region: None,
            source_instance: None,
            snapshots: vec![SnapshotId::new(format!("snap-{id}"))],
            tags: tags.into_iter().map(own).collect(),
        },
        protected: false,
        last_launched: None,
    }
}

/// Everything was asked, and nothing names it.
pub(crate) fn none_names() -> ImageReferences {
    let kinds = ReferenceKind::NEEDED.into_iter();
    let absent = |kind| {
        let asked = "x:Y".to_owned();
        let seen = Seen::Absent;
        (kind, AskedKind { asked, seen })
    };
    ImageReferences(kinds.map(absent).collect())
}

/// These images, of which everything was asked, and that nothing names.
pub(crate) fn nothing_names(images: Vec<OwnedImage>) -> ImagesSeen {
    let kinds = ReferenceKind::NEEDED.into_iter();
    let absent = kinds.map(|kind| (kind, KindAnswer::of_calls("x:Y")));
    ImagesSeen {
        scope: Scope {
            partition: "aws".into(),
            account: "000000000000".into(),
            region: "eu-west-1".into(),
        },
        images,
        uses: PlaceUses(absent.collect()),
        shares: ShareAnswers::new(),
        records: BTreeMap::new(),
        unreadable: BTreeSet::new(),
        looked_in: BTreeSet::new(),
    }
}
