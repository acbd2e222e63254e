//! Asks EC2 what a builder may be launched as, and where: the facts that an order is made from. And
//! whether the name that an order has given its image is still to be had.

use super::order::Site;
use crate::cloud::{Cloud, CloudError};
use crate::model::aws_command::AwsCommand;
use crate::model::bake::BakeOrder;
use crate::model::ids::{ImageId, InstanceType};
use crate::model::image::Image;
use crate::model::tags;
use crate::model::watch::Builder;

/// Reads subnets, offerings, instance types and the base's root device.
///
/// # Errors
/// When one of them cannot be read; nothing is ordered from a part of the facts.
pub async fn site(cloud: &Cloud, builder: &Builder, base: &ImageId) -> Result<Site, CloudError> {
    let types: Vec<InstanceType> = builder.instance_types.values().flatten().cloned().collect();
    let subnets = async {
        match builder.subnets.as_slice() {
            [] => cloud.default_subnets().await,
            named => cloud.subnets(named).await,
        }
    };
    let (subnets, offerings, types, root_device) = tokio::try_join!(
        subnets,
        cloud.offerings(&types),
        cloud.instance_types(&types),
        cloud.root_device(base),
    )?;
    Ok(Site {
        subnets,
        offerings,
        types,
        root_device,
    })
}

/// The order, or why it is impossible: its image's name is taken by an image that is not of its key.
///
/// # Errors
/// When EC2 cannot be asked.
pub async fn unless_name_taken(cloud: &Cloud, order: BakeOrder) -> Result<BakeOrder, CloudError> {
    if order.impossible.is_some() {
        return Ok(order);
    }
    let named = cloud.own_image_by_name(&order.image_name).await?;
    let taken = named.filter(|image| !of_this_key(image, &order));
    Ok(BakeOrder {
        impossible: taken.map(|image| name_taken(&order, &image.id)),
        ..order
    })
}

/// What to do about a name that is somebody else's.
fn name_taken(order: &BakeOrder, by: &ImageId) -> String {
    let remove = AwsCommand::new("ec2 deregister-image", &order.scope.region)
        .with("--image-id", by.as_str());
    format!(
        "the name {} is taken by {by}, which is not this bake's, and an image cannot be renamed: keep \
         a copy under another name if it is needed, then `{remove}`",
        order.image_name
    )
}

pub(super) fn of_this_key(image: &Image, order: &BakeOrder) -> bool {
    image.tags.get(tags::KEY).map(String::as_str) == Some(order.key.as_str())
        && image.tags.get(tags::INSTALLATION).map(String::as_str)
            == Some(order.installation.as_str())
}
