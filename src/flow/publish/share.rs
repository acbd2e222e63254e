//! The destination that is the image itself: others may launch it. Read back, and taken from them when the
//! image is not for use.
//!
//! ModifyImageAttribute says the same when it is said again, so that nothing is looked for before it is sent.
//! Only those whom the config names are touched: what a person shared by hand stays.

use super::hands::Publication;
use super::steps::{PublicationOutput, PublishKind};
use super::trouble::{PublishFault, change_error, look_error, step_failed};
use crate::cloud::{CloudError, ErrorKind};
use crate::model::publish::PublishOrder;
use crate::model::publish_rules::{PublishAs, ShareWith};
use crate::workflow::{At, StepError, StepLook};

/// Nothing of what stands there is needed: what holds by now is told by whoever writes.
pub(super) fn look_at_share() -> StepLook<PublicationOutput> {
    StepLook::Done(PublicationOutput::LookedAt {
        image: None,
        version: None,
    })
}

/// Lets them launch it; those whom the config named before and names no more, not.
pub(super) async fn write_share(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    with: &ShareWith,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let nobody = ShareWith::default();
    let before = named_before(order).map_or(nobody.clone(), |before| before.without(with));
    let (add, remove) = match order.back {
        Some(_) => (&nobody, with),
        None => (with, &before),
    };
    match hands
        .cloud
        .share_image(order.image_here(), add, remove)
        .await
    {
        Ok(()) => {}
        // What is gone nobody launches.
        Err(error) if order.back.is_some() && error.kind == ErrorKind::NotFound => {}
        Err(error) => return Err(share_error(order, &error)),
    }
    Ok(StepLook::Done(PublicationOutput::Written {
        version: None,
        already: false,
    }))
}

/// Whom the same image was shared with by our doing.
fn named_before(order: &PublishOrder) -> Option<&ShareWith> {
    let stood = order.stood.as_ref()?;
    match &stood.published {
        PublishAs::Share { with } if stood.image_here() == order.image_here() => Some(with),
        PublishAs::Copy { .. }
        | PublishAs::Share { .. }
        | PublishAs::Template { .. }
        | PublishAs::Parameter { .. } => None,
    }
}

/// EC2 shows it as it shall be.
pub(super) async fn read_back(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    with: &ShareWith,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let now = hands.cloud.shared_with(order.image_here()).await;
    let now = now.map_err(|error| look_error(&error))?;
    let stands = match (&now, &order.back) {
        (None, Some(_)) => true,
        (None, None) => {
            let why = format!("EC2 does not list {} any more", order.image_here());
            return Err(step_failed(PublishFault::ImageGone, why));
        }
        (Some(now), Some(_)) => with.without(now) == *with,
        (Some(now), None) => with.without(now).is_empty(),
    };
    Ok(match stands {
        true => StepLook::Done(PublicationOutput::Stands { version: None }),
        false => StepLook::pending("EC2 does not show it yet"),
    })
}

/// A key that only this account can use keeps everybody else from the image, whatever they are allowed.
fn share_error(order: &PublishOrder, error: &CloudError) -> StepError {
    let forbidden = error.kind == ErrorKind::Invalid && error.message.contains("AWS Managed CMK");
    if !forbidden {
        return change_error(error);
    }
    let right = match order.copy {
        Some(_) => format!(
            "name a KMS key of yours that they may use for {} in `encrypt` of [watch.{}.publish]; it holds \
             for the copies that are made from then on",
            order.scope.region, order.watch
        ),
        None => "set [builder] encrypt to a KMS key of yours that they may use, and bake it again"
            .to_owned(),
    };
    let why = format!(
        "its snapshots are encrypted with the account's own key for EBS, which nobody else can use: {right} \
         ({error})"
    );
    step_failed(PublishFault::KeyForbids, why)
}
