//! Where guests can live: subnets, instance types, and which zone offers which.

use aws_sdk_ec2::types::{
    Filter, InstanceTypeHypervisor, InstanceTypeInfo, LocationType, Subnet as SdkSubnet,
};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::tagging::filter;
use crate::model::ids::{Architecture, InstanceType, SubnetId, VpcId};

const DESCRIBE_SUBNETS: Operation = Operation::read("ec2:DescribeSubnets");
const DESCRIBE_OFFERINGS: Operation = Operation::read("ec2:DescribeInstanceTypeOfferings");
const DESCRIBE_TYPES: Operation = Operation::read("ec2:DescribeInstanceTypes");

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

impl Cloud {
    /// The subnets of the default VPC, sorted by availability zone. Empty: there is no default VPC.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn default_subnets(&self) -> Result<Vec<Subnet>, CloudError> {
        let default = vec![filter("default-for-az", ["true"])];
        let mut subnets = self.describe_subnets("default subnets", default).await?;
        subnets.sort_by(|one, other| {
            (&one.availability_zone, &one.id).cmp(&(&other.availability_zone, &other.id))
        });
        Ok(subnets)
    }

    /// These subnets, in the order given.
    ///
    /// # Errors
    /// `NotFound` when one of them is not there.
    pub async fn subnets(&self, ids: &[SubnetId]) -> Result<Vec<Subnet>, CloudError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let by_id = vec![filter("subnet-id", ids.iter().map(|id| id.as_str()))];
        let listed = self.describe_subnets("subnets by id", by_id).await?;
        let in_order = ids.iter().map(|id| {
            let found = listed.iter().find(|subnet| subnet.id == *id);
            found.cloned().ok_or_else(|| {
                let message = "there is no such subnet";
                self.fault(DESCRIBE_SUBNETS, id, ErrorKind::NotFound, message)
            })
        });
        in_order.collect()
    }

    /// Which of these types each availability zone of the region offers, sorted.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn offerings(&self, types: &[InstanceType]) -> Result<Vec<Offering>, CloudError> {
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let mut offerings = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_OFFERINGS)
                .describe_instance_type_offerings()
                .location_type(LocationType::AvailabilityZone)
                .filters(by_type(types))
                .set_next_token(token)
                .send();
            let page = self
                .call(DESCRIBE_OFFERINGS, listed(types), request)
                .await?;
            offerings.extend(page.instance_type_offerings().iter().filter_map(|row| {
                Some(Offering {
                    instance_type: InstanceType::from(row.instance_type()?.as_str()),
                    availability_zone: row.location()?.to_owned(),
                })
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        offerings.sort();
        Ok(offerings)
    }

    /// Facts of these types, in the order given; one that the region does not know is left out.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn instance_types(
        &self,
        types: &[InstanceType],
    ) -> Result<Vec<InstanceTypeFacts>, CloudError> {
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let mut facts = Vec::new();
        let mut token = None;
        loop {
            // By filter: one unknown type fails a call by names as a whole.
            let request = self
                .ec2(DESCRIBE_TYPES)
                .describe_instance_types()
                .filters(by_type(types))
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_TYPES, listed(types), request).await?;
            facts.extend(page.instance_types().iter().filter_map(our_facts));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        facts.sort_by_key(|fact| types.iter().position(|of| *of == fact.instance_type));
        Ok(facts)
    }

    async fn describe_subnets(
        &self,
        resource: &str,
        filters: Vec<Filter>,
    ) -> Result<Vec<Subnet>, CloudError> {
        let mut subnets = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_SUBNETS)
                .describe_subnets()
                .set_filters(Some(filters.clone()))
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_SUBNETS, resource, request).await?;
            subnets.extend(page.subnets().iter().filter_map(our_subnet));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(subnets);
            }
        }
    }
}

fn by_type(types: &[InstanceType]) -> Filter {
    filter("instance-type", types.iter().map(|of| of.as_str()))
}

fn listed(types: &[InstanceType]) -> String {
    let names: Vec<_> = types.iter().map(|of| of.as_str()).collect();
    names.join(", ")
}

/// `None` for an entry that names no place.
fn our_subnet(subnet: &SdkSubnet) -> Option<Subnet> {
    Some(Subnet {
        id: SubnetId::from(subnet.subnet_id()?),
        vpc: VpcId::from(subnet.vpc_id()?),
        availability_zone: subnet.availability_zone()?.to_owned(),
    })
}

fn our_facts(info: &InstanceTypeInfo) -> Option<InstanceTypeFacts> {
    let processor = info.processor_info();
    let architectures = processor.map_or(&[][..], |of| of.supported_architectures());
    let on_nitro = info.hypervisor() == Some(&InstanceTypeHypervisor::Nitro);
    Some(InstanceTypeFacts {
        instance_type: InstanceType::from(info.instance_type()?.as_str()),
        nitro: on_nitro || info.bare_metal() == Some(true),
        architectures: architectures
            .iter()
            .filter_map(|of| of.as_str().parse::<Architecture>().ok())
            .collect(),
    })
}
