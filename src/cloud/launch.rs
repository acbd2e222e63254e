//! Launching the guests of a bake.

use std::collections::BTreeMap;

use super::call::Cloud;
use super::error::CloudError;
use crate::model::bake::RootVolume;
use crate::model::ids::{ImageId, InstanceId, InstanceType, SecurityGroupId, SubnetId};

/// One instance to launch. Everything is in it: the same request under the same token is the same
/// instance, and a changed request under an old token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRequest {
    pub image: ImageId,
    pub instance_type: InstanceType,
    pub subnet: SubnetId,
    pub groups: Vec<SecurityGroupId>,
    /// As the guest shall find it, before EC2's base64. At most 16,384 bytes.
    pub user_data: Vec<u8>,
    /// At most 64 ASCII characters. Zonal: the same token in another subnet is another instance.
    pub client_token: String,
    /// A name or an ARN.
    pub instance_profile: Option<String>,
    /// Absent: the subnet's own rule.
    pub public_ip: Option<bool>,
    pub root_volume: RootVolume,
    pub on_shutdown: OnShutdown,
    /// On the instance, its volumes and its network interface, from birth.
    pub tags: BTreeMap<String, String>,
}

/// What EC2 does when the guest powers itself off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnShutdown {
    Stop,
    Terminate,
}

impl Cloud {
    /// Launches one instance: IMDSv2 only, no key pair, tagged from birth.
    ///
    /// # Errors
    /// `Capacity`: nothing was launched, try the next type or subnet. `Unknown`: look for the token.
    /// `Conflict`: the token was used for another request. `Invalid` also where a root volume is to
    /// be changed without its device name.
    pub async fn launch(&self, request: &LaunchRequest) -> Result<InstanceId, CloudError> {
        todo!()
    }
}
