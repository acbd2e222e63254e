//! One act to one image, begun, done and settled: written down first, decided once more on a look at everything
//! about the image, sent, and closed by what EC2 shows.
//!
//! The order matters. The record comes before the last look, so that nothing but one call lies between the look
//! and the change; and what EC2 forgets (who might launch it, which snapshots were its) is in that record.

use super::room::{ActFailure, RetireRoom, US, Written};
use super::{ImagesUnseen, see_one_image};
use crate::cloud::{CloudError, ErrorKind};
use crate::flow::retire::act::{remove_snapshots, take_step};
use crate::flow::retire::choose::{ChosenAct, applies, has_come_about};
use crate::flow::retire::references::read_listed;
use crate::flow::retire::words::why_in_words;
use crate::model::ids::ImageId;
use crate::model::image_uses::ReferenceKind;
use crate::model::notice::SnapshotsTold;
use crate::model::owned_image::{LaunchGrant, OwnedImage};
use crate::model::retire_record::{ActUnderWay, ImageRecord, RetireAct};
use crate::model::retiring::{LadderVerdict, RungStep};
use crate::model::sighting::Seen;
use crate::store::records::Versioned;
use crate::store::{Op, StoreError, retired};

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActEnd {
    Done,
    /// Right before it, something spoke against it, or could not be asked.
    Spared {
        why: String,
    },
    /// AWS refused.
    Failed {
        why: String,
    },
    /// It was sent, and EC2 does not show it yet: the next look goes on.
    Unsettled,
}

impl RetireRoom<'_> {
    /// One act, from its record to its end.
    pub(super) async fn act(&self, chosen: &ChosenAct) -> Result<ActEnd, StoreError> {
        let image = &chosen.image;
        let begun = match Box::pin(self.begin(chosen)).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(why)) => return Ok(ActEnd::Spared { why }),
            Err(ImagesUnseen::Store(error)) => return Err(error),
            Err(ImagesUnseen::Cloud(error)) => {
                let why = error.to_string();
                return Ok(ActEnd::Spared { why });
            }
        };
        let (mut record, under_way) = begun;
        let against = match Box::pin(self.speaks_against(chosen, &record.value)).await {
            Ok(against) => against,
            Err(ImagesUnseen::Store(error)) => return Err(error),
            Err(ImagesUnseen::Cloud(error)) => Some(error.to_string()),
        };
        if let Some(why) = against {
            self.spared(image, &mut record, &why).await?;
            return Ok(ActEnd::Spared { why });
        }
        // A driver that was replaced changes nothing, nor one whom a person has overtaken.
        let key = Op::Expect {
            key: retired::image_record_key(&self.scope, image),
            version: record.version,
        };
        if !self.commit(vec![key]).await? {
            let why = "something else was begun with it meanwhile".to_owned();
            return Ok(ActEnd::Spared { why });
        }
        let sent = take_step(&self.cloud, image, chosen.step, self.now()).await;
        self.settle(image, &under_way, &record.value, sent.err())
            .await
    }

    /// Writes down what is begun, with what EC2 will not know afterwards. The inner error says why not.
    async fn begin(
        &self,
        chosen: &ChosenAct,
    ) -> Result<Result<(Versioned<ImageRecord>, ActUnderWay), String>, ImagesUnseen> {
        let image = &chosen.image;
        let Some(owned) = self.cloud.owned_image(image).await? else {
            return Ok(Err("EC2 does not list it any more".to_owned()));
        };
        let mut record = self.record(&owned.image).await?;
        let under_way = ActUnderWay {
            act: chosen.step.into(),
            since: self.now(),
            by: US.to_owned(),
        };
        match chosen.step {
            RungStep::Deprecate => {}
            RungStep::Disable => {
                let grants = self.cloud.launch_grants(image).await?;
                record.value.grants = grants.into_iter().collect();
            }
            RungStep::Deregister => record.value.snapshots = owned.image.snapshots.clone(),
        }
        record.value.under_way = Some(under_way.clone());
        record.value.spared = None;
        match self.put(image, &mut record).await? {
            true => Ok(Ok((record, under_way))),
            false => Ok(Err("something else was begun with it meanwhile".to_owned())),
        }
    }

    /// What speaks against it, by a look at everything about the image; nothing where it is due as it was chosen.
    async fn speaks_against(
        &self,
        chosen: &ChosenAct,
        record: &ImageRecord,
    ) -> Result<Option<String>, ImagesUnseen> {
        let (image, cloud) = (&chosen.image, &self.cloud);
        // Image by image, and EC2's own: asked first, so that what we ask ourselves is the newest.
        let by_ec2 = read_listed(cloud, image).await;
        let seen = see_one_image(self.service, self.installation, cloud, image).await?;
        let Some(owned) = seen.images.iter().find(|one| one.image.id == *image) else {
            return Ok(Some(
                "EC2 does not list it with this installation's tags any more".to_owned(),
            ));
        };
        let mut references = seen.references(owned, self.now());
        references.0.insert(ReferenceKind::ListedByEc2, by_ec2);
        let (verdict, wanted) = self.with_config(|config| {
            let verdict = seen.verdict_by(owned, &references, config);
            (verdict, applies(&owned.image, config))
        });
        if !wanted || verdict.due != Some(chosen.step) {
            return Ok(Some(keeps(&verdict)));
        }
        let now_granted: Vec<LaunchGrant> = match seen.shares.get(image) {
            Some(Seen::Known(grants)) => grants.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let disables = chosen.step == RungStep::Disable;
        Ok((disables && now_granted != record.grants)
            .then(|| "who may launch it was changed meanwhile".to_owned()))
    }

    /// Finds out what became of an act that was sent, and closes it.
    pub(super) async fn settle(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        record: &ImageRecord,
        error: Option<CloudError>,
    ) -> Result<ActEnd, StoreError> {
        let shown = match self.cloud.owned_image(image).await {
            Ok(shown) => shown,
            Err(_) if error.is_none() => return Ok(ActEnd::Unsettled),
            Err(unread) => {
                return self
                    .did_not_succeed(image, begun, &error.unwrap_or(unread))
                    .await;
            }
        };
        if has_come_about(begun.act, shown.as_ref(), self.now()) {
            return self.came_about(image, begun, record, shown.as_ref()).await;
        }
        match error {
            Some(error) => self.did_not_succeed(image, begun, &error).await,
            None => Ok(ActEnd::Unsettled),
        }
    }

    /// It is so: what is left of it is done, and it is closed.
    pub(super) async fn came_about(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        record: &ImageRecord,
        shown: Option<&OwnedImage>,
    ) -> Result<ActEnd, StoreError> {
        let mut ended = record.clone();
        let mut snapshots = SnapshotsTold::default();
        ended.under_way = None;
        ended.failing = None;
        ended.spared = None;
        match begun.act {
            RetireAct::Deprecate | RetireAct::Restore => {}
            RetireAct::Disable => ended.disabled_at = Some(self.now()),
            RetireAct::Deregister => {
                ended.gone_at = Some(self.now());
                let removed =
                    remove_snapshots(&self.cloud, self.installation, &record.snapshots).await;
                match removed {
                    Ok(told) => snapshots = told,
                    // The image is gone: the record says which snapshots are left.
                    Err(error) => return self.did_not_succeed(image, begun, &error).await,
                }
            }
        }
        match self.close(image, begun, &ended, snapshots).await? {
            Written::Yes => Ok(ActEnd::Done),
            Written::Overtaken => {
                if begun.act == RetireAct::Disable && shown.is_some() {
                    self.give_way(image, record).await?;
                }
                Ok(ActEnd::Unsettled)
            }
        }
    }

    pub(super) async fn did_not_succeed(
        &self,
        image: &ImageId,
        begun: &ActUnderWay,
        error: &CloudError,
    ) -> Result<ActEnd, StoreError> {
        let why = error.to_string();
        let failure = ActFailure {
            fault: word_of(error.kind),
            why: &why,
            // An image may be gone while its snapshots are not; a person's order stands until it is seen through.
            unsure: matches!(begun.act, RetireAct::Deregister | RetireAct::Restore)
                || matches!(error.kind, ErrorKind::Unknown | ErrorKind::Transient),
            passes: !matches!(
                error.kind,
                ErrorKind::Denied | ErrorKind::Invalid | ErrorKind::Quota | ErrorKind::Conflict
            ),
        };
        self.failed(image, begun, &failure).await?;
        Ok(ActEnd::Failed { why })
    }
}

/// What keeps it, the gravest first.
fn keeps(verdict: &LadderVerdict) -> String {
    let kept = verdict.why.iter().find(|why| why.keeps());
    kept.map_or_else(
        || format!("it is {} by now", verdict.rung.as_str()),
        why_in_words,
    )
}

/// A kind's word in keys.
fn word_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Denied => "denied",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Quota => "quota",
        ErrorKind::Invalid => "invalid",
        ErrorKind::NotFound => "not_found",
        ErrorKind::NoCredentials => "no_credentials",
        ErrorKind::Throttled
        | ErrorKind::Capacity
        | ErrorKind::Transient
        | ErrorKind::Empty
        | ErrorKind::Unknown => "unreachable",
    }
}
