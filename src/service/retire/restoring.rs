//! The way back up: an image is enabled, hidden no more, and given back to those who might launch it. A person's
//! order, written down first; whoever finds it half done sees it through.

use super::ImagesUnseen;
use super::room::{RetireRoom, Written};
use crate::cloud::can_be_granted;
use crate::flow::retire::choose::has_come_about;
use crate::model::ids::ImageId;
use crate::model::image::ImageState;
use crate::model::notice::SnapshotsTold;
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_record::{ActUnderWay, ImageRecord, RestoredImage, RetireAct};
use crate::store::StoreError;
use crate::store::records::Versioned;
use crate::store::retired;

/// How bringing an image back ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreEnd {
    Done,
    /// It is gone.
    Gone,
    /// Somebody else did something with it meanwhile, or EC2 does not show it yet.
    Unsettled,
}

impl RetireRoom<'_> {
    /// Writes down that a person wants it back: from now on no step down is begun.
    pub(crate) async fn order_back(&self, owned: &OwnedImage, by: &str) -> Result<(), StoreError> {
        loop {
            let mut record = self.record(&owned.image).await?;
            let (now, by) = (self.now(), by.to_owned());
            record.value.under_way = Some(ActUnderWay {
                act: RetireAct::Restore,
                since: now,
                by: by.clone(),
            });
            record.value.restored = Some(RestoredImage { at: now, by });
            record.value.failing = None;
            record.value.spared = None;
            if self.put(&owned.image.id, &mut record).await? {
                return Ok(());
            }
        }
    }

    /// Sees an order through, whoever gave it.
    pub(crate) async fn bring_back(&self, image: &ImageId) -> Result<RestoreEnd, ImagesUnseen> {
        let known = retired::image_record(self.service.store, &self.scope, image).await?;
        let Some((record, begun)) = known.and_then(of_restore) else {
            return Ok(RestoreEnd::Unsettled);
        };
        let Some(owned) = self.there(image).await? else {
            return self.is_gone(image, &begun, &record).await;
        };
        if owned.image.state == ImageState::Disabled {
            self.cloud.enable_image(image).await?;
        }
        if owned.image.deprecated_from.is_some() {
            self.cloud.undeprecate_image(image).await?;
        }
        let missing = self.not_granted(image, &record).await?;
        if !missing.is_empty() {
            self.cloud.grant_launches(image, &missing).await?;
        }
        let shown = self.there(image).await?;
        let whole = missing.is_empty() || self.not_granted(image, &record).await?.is_empty();
        if !whole || !has_come_about(RetireAct::Restore, shown.as_ref(), self.now()) {
            return Ok(RestoreEnd::Unsettled);
        }
        let ended = ImageRecord {
            under_way: None,
            disabled_at: None,
            grants: Vec::new(),
            failing: None,
            spared: None,
            ..record
        };
        let written = self
            .close(image, &begun, &ended, SnapshotsTold::default())
            .await?;
        Ok(match written {
            Written::Yes => RestoreEnd::Done,
            Written::Overtaken => RestoreEnd::Unsettled,
        })
    }

    /// Who might launch it before, and may not now.
    async fn not_granted(
        &self,
        image: &ImageId,
        record: &ImageRecord,
    ) -> Result<Vec<LaunchGrant>, ImagesUnseen> {
        let given = self.cloud.launch_grants(image).await?;
        let wanted = record.grants.iter().filter(|one| can_be_granted(one));
        Ok(wanted
            .filter(|one| !given.contains(*one))
            .cloned()
            .collect())
    }

    /// The image, unless it is gone.
    async fn there(&self, image: &ImageId) -> Result<Option<OwnedImage>, ImagesUnseen> {
        let shown = self.cloud.owned_image(image).await?;
        Ok(shown.filter(|one| one.image.state != ImageState::Deregistered))
    }

    /// There is nothing to bring back: what is left of it is removed like that of any image that is gone.
    async fn is_gone(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        record: &ImageRecord,
    ) -> Result<RestoreEnd, ImagesUnseen> {
        let mut record = record.clone();
        record.restored = None;
        record.under_way = (!record.snapshots.is_empty()).then(|| ActUnderWay {
            act: RetireAct::Deregister,
            ..begun.clone()
        });
        let known = retired::image_record(self.service.store, &self.scope, image).await?;
        if let Some(known) = known.filter(|known| known.value.under_way.as_ref() == Some(begun)) {
            let mut record = Versioned {
                version: known.version,
                value: record,
            };
            self.put(image, &mut record).await?;
        }
        Ok(RestoreEnd::Gone)
    }

    /// A person had it brought back while it was being disabled, and the disabling came last: it is brought back
    /// once more, with what was recorded before.
    pub(super) async fn give_way(
        &self,
        image: &ImageId,
        disabled: &ImageRecord,
    ) -> Result<(), StoreError> {
        let known = retired::image_record(self.service.store, &self.scope, image).await?;
        let Some(mut known) = known else {
            return Ok(());
        };
        let Some(restored) = known.value.restored.clone() else {
            return Ok(());
        };
        known.value.grants.clone_from(&disabled.grants);
        known.value.under_way = Some(ActUnderWay {
            act: RetireAct::Restore,
            since: restored.at,
            by: restored.by,
        });
        // Whoever writes first decides; the next look finds what is left.
        self.put(image, &mut known).await.map(drop)
    }
}

fn of_restore(known: Versioned<ImageRecord>) -> Option<(ImageRecord, ActUnderWay)> {
    let record = known.value;
    let begun = record.under_way.clone();
    let begun = begun.filter(|begun| begun.act == RetireAct::Restore)?;
    Some((record, begun))
}
