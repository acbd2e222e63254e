//! The destination that is an SSM parameter: looked at, written, and read back until SSM has found the image
//! right. Its own history is the history: every publication is a version of it.
//!
//! PutParameter takes no token. A second write of the same image makes one version more, and changes nothing
//! for whoever reads it; still, what may have been sent is given the time to appear before it is sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use super::hands::Publication;
use super::steps::{PublicationOutput, PublicationStep, PublishKind};
use super::trouble::{PublishFault, change_error, look_error, step_failed};
use crate::cloud::ParameterNow;
use crate::model::ids::ImageId;
use crate::model::publish::PublishOrder;
use crate::model::tags;
use crate::workflow::{At, StepError, StepLook};

/// How long a write whose answer is lost has to appear.
const MAY_APPEAR: TimeDelta = TimeDelta::seconds(60);
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// Whether the parameter can be written to, and whether it is as we left it.
pub(super) async fn look_at_parameter(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    name: &str,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let now = parameter(hands, name).await?;
    if let Some(now) = &now {
        may_be_written(at.run.input(), name, now)?;
    }
    let image = now.as_ref().and_then(|now| image_in(&now.value));
    Ok(StepLook::Done(PublicationOutput::LookedAt {
        image,
        version: now.map(|now| now.version),
    }))
}

async fn parameter(hands: &Publication<'_>, name: &str) -> Result<Option<ParameterNow>, StepError> {
    let now = hands.cloud.parameter_now(name).await;
    now.map_err(|error| look_error(&error))
}

fn image_in(value: &str) -> Option<ImageId> {
    let value = value.trim();
    value.starts_with("ami-").then(|| ImageId::new(value))
}

/// A list or a secret of that name is somebody else's; and what somebody wrote over us is not written over
/// without a person's word.
fn may_be_written(order: &PublishOrder, name: &str, now: &ParameterNow) -> Result<(), StepError> {
    if !now.plain || !now.names_image {
        let why = format!(
            "the parameter {name} is there, and not of data type aws:ec2:image, which SSM does not let \
             anybody change; remove it, or give the watch another name"
        );
        return Err(step_failed(PublishFault::Misfit, why));
    }
    if order.persons || now.value == order.image_here().as_str() {
        return Ok(());
    }
    // What was published to another parameter says nothing of this one.
    let stood = order.stood.as_ref();
    let Some(stood) = stood.filter(|stood| stood.published == order.publish) else {
        return Ok(());
    };
    let theirs = stood.version.is_some_and(|ours| now.version > ours);
    let of_ours = |image: &ImageId| now.value == image.as_str();
    let bad = order.back.as_ref();
    let bad = bad.map(|back| back.copy.as_ref().unwrap_or(&back.image));
    if theirs && !of_ours(stood.image_here()) && !bad.is_some_and(of_ours) {
        let shown: String = now.value.chars().take(40).collect();
        let why = format!(
            "somebody else wrote version {} of {name} (`{shown}`) over ours ({}); it is not written over by \
             itself",
            now.version,
            stood.image_here()
        );
        return Err(step_failed(PublishFault::Contested, why));
    }
    Ok(())
}

/// It names the image already, by whomever; or it did, by our doing, and somebody wrote over it since.
pub(super) async fn find_written(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    name: &str,
) -> Result<Option<PublicationOutput>, StepError> {
    let order = at.run.input();
    let looked = match at.run.output(PublicationStep::LookAtIt) {
        Some(PublicationOutput::LookedAt { version, .. }) => *version,
        _ => None,
    };
    let now = parameter(hands, name).await?;
    let names_it = |now: &ParameterNow| now.names_image && now.value == order.image_here().as_str();
    if let Some(now) = now.as_ref().filter(|now| names_it(now)) {
        return Ok(Some(PublicationOutput::Written {
            version: Some(now.version),
            already: looked == Some(now.version),
        }));
    }
    if at.never_sent() {
        return Ok(None);
    }
    // Only a version that came after ours can hide it.
    if now.is_some_and(|now| looked.is_none_or(|looked| now.version > looked)) {
        let image = order.image_here();
        let versions = hands
            .cloud
            .parameter_versions_of(name, image, looked.unwrap_or(0));
        let versions = versions.await.map_err(|error| look_error(&error))?;
        if let Some(version) = versions.last() {
            return Ok(Some(PublicationOutput::Written {
                version: Some(*version),
                already: false,
            }));
        }
    }
    if at.now - at.since < MAY_APPEAR {
        let why =
            "it may be written and not be shown yet; looking again before it is written again";
        return Err(StepError::Again {
            why: why.to_owned(),
        });
    }
    Ok(None)
}

/// Writes it. What somebody else wrote since it was looked at is not written over.
pub(super) async fn write_parameter(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    name: &str,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let written = match parameter(hands, name).await? {
        Some(now) => {
            may_be_written(order, name, &now)?;
            let written = hands
                .cloud
                .set_image_parameter(name, order.image_here())
                .await;
            written.map_err(|error| change_error(&error))?
        }
        None => {
            let tags = parameter_tags(order);
            let made = hands
                .cloud
                .create_image_parameter(name, order.image_here(), &tags);
            made.await.map_err(|error| change_error(&error))?
        }
    };
    Ok(StepLook::Done(PublicationOutput::Written {
        version: Some(written),
        already: false,
    }))
}

/// Whose it is, from birth.
fn parameter_tags(order: &PublishOrder) -> BTreeMap<String, String> {
    [
        (tags::INSTALLATION, order.installation.as_str()),
        (tags::WATCH, order.watch.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// It names the image, and SSM has found that right.
pub(super) async fn read_back(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    name: &str,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let announced = match at.run.output(PublicationStep::Write) {
        Some(PublicationOutput::Written { version, .. }) => *version,
        _ => None,
    };
    let now = parameter(hands, name).await?;
    let Some(now) = now else {
        return Ok(pending(name, announced));
    };
    if now.value == order.image_here().as_str() {
        return Ok(StepLook::Done(PublicationOutput::Stands {
            version: Some(now.version),
        }));
    }
    // A number that was announced and never came may be somebody else's by now.
    if announced.is_some_and(|announced| now.version >= announced) {
        let why = format!(
            "somebody else wrote version {} of {name} meanwhile, and it does not name our image",
            now.version
        );
        return Err(step_failed(PublishFault::Contested, why));
    }
    Ok(pending(name, announced))
}

fn pending(name: &str, announced: Option<i64>) -> StepLook<PublicationOutput> {
    let version = announced.map_or("-".to_owned(), |version| version.to_string());
    StepLook::Pending {
        so_far: format!(
            "version {version} of {name} is not shown yet: SSM looks at the image first, and shows nothing \
             where it finds it wrong"
        ),
        again_in: Some(LOOK_AGAIN),
    }
}
