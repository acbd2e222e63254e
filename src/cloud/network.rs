//! Where guests can live: subnets, instance types and where they are offered, security groups.

use std::collections::BTreeMap;

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::{Architecture, InstanceType, SecurityGroupId, SubnetId, VpcId};

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: SubnetId,
    pub vpc: VpcId,
    pub availability_zone: String,
}

/// An instance type that an availability zone offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offering {
    pub instance_type: InstanceType,
    pub availability_zone: String,
}

/// What matters to us of an instance type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceTypeFacts {
    pub instance_type: InstanceType,
    /// Only Nitro types give the console while the guest runs. Bare metal counts.
    pub nitro: bool,
    pub architectures: Vec<Architecture>,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    pub id: SecurityGroupId,
    pub vpc: VpcId,
    pub name: String,
    pub inbound: Vec<InboundRule>,
    pub tags: BTreeMap<String, String>,
}

/// What a security group lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRule {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for everything.
    pub protocol: String,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    /// Address ranges, groups and prefix lists, in that order.
    pub sources: Vec<String>,
}

impl Cloud {
    /// The subnets of the default VPC, sorted by availability zone. Empty: there is no default VPC.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn default_subnets(&self) -> Result<Vec<Subnet>, CloudError> {
        todo!()
    }

    /// These subnets, in the order given.
    ///
    /// # Errors
    /// `NotFound` when one of them is not there.
    pub async fn subnets(&self, ids: &[SubnetId]) -> Result<Vec<Subnet>, CloudError> {
        todo!()
    }

    /// Which of these types each availability zone of the region offers, sorted.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn offerings(&self, types: &[InstanceType]) -> Result<Vec<Offering>, CloudError> {
        todo!()
    }

    /// Facts of these types, in the order given; one that the region does not know is left out.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance_types(
        &self,
        types: &[InstanceType],
    ) -> Result<Vec<InstanceTypeFacts>, CloudError> {
        todo!()
    }

    /// The group of this name in a VPC.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn security_group(
        &self,
        vpc: &VpcId,
        name: &str,
    ) -> Result<Option<SecurityGroup>, CloudError> {
        todo!()
    }

    /// The groups that carry all of these tags, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn security_groups_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        todo!()
    }

    /// Makes a group without any inbound rule; AWS's default, everything outbound, is kept.
    ///
    /// # Errors
    /// `Conflict` when the VPC has a group of that name (find it); `Unknown` when it may have.
    pub async fn create_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<SecurityGroupId, CloudError> {
        todo!()
    }

    /// Deletes a group; one that is gone already counts as deleted.
    ///
    /// # Errors
    /// `Conflict` while something uses it.
    pub async fn delete_security_group(&self, id: &SecurityGroupId) -> Result<(), CloudError> {
        todo!()
    }
}
