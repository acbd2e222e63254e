//! Asks what names our images, kind by kind, in one account and region. Writes nothing
//! and decides nothing: each kind's answer says what was read and what was not.
//!
//! The questions are put for all images together, so that their number does not grow with the images
//! beyond a page's size; only with the environments and saved configurations of the account.

mod beanstalk;

mod ec2;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::cloud::{Cloud, CloudError, has_beanstalk};
use crate::model::ids::ImageId;
use crate::model::image_uses::{AskedKind, ImageUse, KindAnswer, PlaceUses, ReferenceKind};
use crate::model::sighting::Seen;

/// What is known beforehand of an account and region.
#[derive(Debug, Clone, Copy)]
pub struct PlaceAsk<'a> {
    pub cloud: &'a Cloud,
    /// Whose users are looked for.
    pub images: &'a [ImageId],
    /// A watch of the config follows Beanstalk here, so that an empty list is no answer.
    pub has_environments: bool,
    pub now: DateTime<Utc>,
}

/// What AWS says of every kind that it can be asked about.
pub async fn read_place_uses(ask: PlaceAsk<'_>) -> PlaceUses {
    let (scaling, groups) = ec2::read_scaling(ask.cloud).await;
    let groups = groups.as_deref();
    let beanstalk = match has_beanstalk(ask.cloud.region()) {
        true => Box::pin(beanstalk::read_beanstalk(ask, groups)).await,
        // There is nobody to ask, and nothing that could name an image.
        false => beanstalk::BeanstalkUses::of_nobody(),
    };
    PlaceUses(BTreeMap::from([
        (ReferenceKind::Instance, ec2::read_instances(ask).await),
        (
            ReferenceKind::LaunchTemplate,
            ec2::read_templates(ask.cloud, groups).await,
        ),
        (ReferenceKind::ScalingGroup, scaling),
        (ReferenceKind::Environment, beanstalk.environments),
        (ReferenceKind::TerminatedEnvironment, beanstalk.terminated),
        (ReferenceKind::SavedConfiguration, beanstalk.saved),
        (
            ReferenceKind::Parameter,
            ec2::read_parameters(ask.cloud).await,
        ),
    ]))
}

/// What EC2 itself lists for one image: asked right before an act, and for a person who asks about it.
pub async fn read_listed(cloud: &Cloud, image: &ImageId) -> AskedKind {
    let seen = match cloud.listed_references(image).await {
        Ok(found) if found.is_empty() => Seen::Absent,
        Ok(found) => Seen::Known(found.into_iter().map(ImageUse::lasting).collect()),
        Err(error) => Seen::Unreachable(error.trouble(format!("what EC2 lists for {image}"))),
    };
    AskedKind {
        asked: "ec2:DescribeImageReferences".to_owned(),
        seen,
    }
}

/// A question that got no answer: whatever it is about may be named there.
fn missed(answer: &mut KindAnswer, error: &CloudError, what: impl Into<String>) {
    answer.missed(error.trouble(what));
}

#[cfg(test)]
mod tests;
