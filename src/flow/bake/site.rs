//! Asks EC2 what a builder may be launched as, and where: the facts that an order is made from.

use super::order::Site;
use crate::cloud::{Cloud, CloudError};
use crate::model::ids::{ImageId, InstanceType};
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
