//! Looking at instances, their console, and ending them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::{ImageId, InstanceId, InstanceType, SubnetId, VpcId};

/// An instance as `DescribeInstances` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: InstanceId,
    pub state: InstanceState,
    /// Why it is in that state, in AWS's words: `Server.InsufficientInstanceCapacity: ...`.
    pub state_reason: Option<String>,
    pub launched: Option<DateTime<Utc>>,
    pub image: Option<ImageId>,
    pub instance_type: Option<InstanceType>,
    pub subnet: Option<SubnetId>,
    pub vpc: Option<VpcId>,
    pub availability_zone: Option<String>,
    pub client_token: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// The life of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
    /// A state that this version does not know.
    Other,
}

impl InstanceState {
    /// It is gone or on its way: nothing will bring it back.
    pub fn ended(self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl Cloud {
    /// One instance. `None`: EC2 does not list it, which soon after its launch (or long after its
    /// end) says nothing; the caller knows which.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, CloudError> {
        todo!()
    }

    /// The instances that carry all of these tags, terminated ones included while EC2 lists them,
    /// sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instances_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<Instance>, CloudError> {
        todo!()
    }

    /// The instance that a launch with this client token made, in any state. Where the token was
    /// used in several subnets, one that has not ended comes first.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance_by_token(
        &self,
        client_token: &str,
    ) -> Result<Option<Instance>, CloudError> {
        todo!()
    }

    /// Stops an instance. Stopping a stopped one changes nothing.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list it (yet); `Conflict` when it has ended.
    pub async fn stop(&self, id: &InstanceId) -> Result<(), CloudError> {
        todo!()
    }

    /// Ends an instance; one that is gone already counts as ended.
    ///
    /// Soon after a launch "gone" can also mean "not visible yet": look before believing it.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn terminate(&self, id: &InstanceId) -> Result<(), CloudError> {
        todo!()
    }

    /// What the guest wrote to its serial console, the last 64 KB of it, as far as EC2 has it.
    /// Empty before the first output is posted.
    ///
    /// # Errors
    /// `NotFound` when EC2 does not list the instance; `Invalid` on types that are not Nitro.
    pub async fn console(&self, id: &InstanceId) -> Result<Vec<u8>, CloudError> {
        todo!()
    }
}
