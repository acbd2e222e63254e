//! Security groups: the guests' own one lets nothing in.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_ec2::types::{Filter, IpPermission, ResourceType, SecurityGroup as SdkGroup};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::image_changes::gone_is_fine;
use super::tagging::{filter, from_birth, our_tags, tag_filters};
use crate::model::ids::{SecurityGroupId, VpcId};

const DESCRIBE_GROUPS: Operation = Operation::read("ec2:DescribeSecurityGroups");
const CREATE_GROUP: Operation = Operation::change("ec2:CreateSecurityGroup");
const DELETE_GROUP: Operation = Operation::change("ec2:DeleteSecurityGroup");

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    pub id: SecurityGroupId,
    pub vpc: VpcId,
    pub name: String,
    pub description: String,
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

/// `tcp 22-22 from 0.0.0.0/0`
impl fmt::Display for InboundRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol.as_str() {
            "-1" => f.write_str("everything")?,
            protocol => f.write_str(protocol)?,
        }
        if let (Some(from), Some(to)) = (self.from_port, self.to_port) {
            write!(f, " {from}-{to}")?;
        }
        write!(f, " from {}", self.sources.join(", "))
    }
}

impl Cloud {
    /// The group of this name in a VPC.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn security_group(
        &self,
        vpc: &VpcId,
        name: &str,
    ) -> Result<Option<SecurityGroup>, CloudError> {
        let filters = vec![
            filter("vpc-id", [vpc.as_str()]),
            filter("group-name", [name]),
        ];
        let groups = self.describe_groups(name, filters).await?;
        // The filter reads `*` and `?` as wildcards; a name is a name here.
        Ok(groups.into_iter().find(|group| group.name == name))
    }

    /// The groups of these ids, sorted; one that EC2 does not list is not among them.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn security_groups(
        &self,
        ids: &[SecurityGroupId],
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        let by_id = vec![filter("group-id", ids.iter().map(SecurityGroupId::as_str))];
        let named: Vec<&str> = ids.iter().map(SecurityGroupId::as_str).collect();
        self.describe_groups(&named.join(", "), by_id).await
    }

    /// The groups that carry all of these tags, sorted by id.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn security_groups_tagged(
        &self,
        tags: &[(&str, &str)],
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        self.describe_groups("security groups by tag", tag_filters(tags))
            .await
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
        let resource = format!("{name} in {vpc}");
        let request = self
            .ec2(CREATE_GROUP)
            .create_security_group()
            .vpc_id(vpc.as_str())
            .group_name(name)
            .description(description)
            .set_tag_specifications(from_birth(&[ResourceType::SecurityGroup], tags))
            .send();
        let answer = self.call(CREATE_GROUP, &resource, request).await?;
        answer.group_id().map(SecurityGroupId::from).ok_or_else(|| {
            let message = "the answer holds no group id";
            self.fault(CREATE_GROUP, &resource, ErrorKind::Unknown, message)
        })
    }

    /// Deletes a group; one that is gone already counts as deleted.
    ///
    /// # Errors
    /// `Conflict` while something uses it.
    pub async fn delete_security_group(&self, id: &SecurityGroupId) -> Result<(), CloudError> {
        let request = self
            .ec2(DELETE_GROUP)
            .delete_security_group()
            .group_id(id.as_str())
            .send();
        gone_is_fine(self.call(DELETE_GROUP, id, request).await)
    }

    async fn describe_groups(
        &self,
        resource: &str,
        filters: Vec<Filter>,
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        let mut groups = Vec::new();
        let mut token = None;
        loop {
            let request = self
                .ec2(DESCRIBE_GROUPS)
                .describe_security_groups()
                .set_filters(Some(filters.clone()))
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_GROUPS, resource, request).await?;
            groups.extend(page.security_groups().iter().filter_map(our_group));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        groups.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(groups)
    }
}

/// `None` for an entry without an id, which names nothing.
fn our_group(group: &SdkGroup) -> Option<SecurityGroup> {
    Some(SecurityGroup {
        id: SecurityGroupId::from(group.group_id()?),
        vpc: VpcId::from(group.vpc_id().unwrap_or_default()),
        name: group.group_name().unwrap_or_default().to_owned(),
        description: group.description().unwrap_or_default().to_owned(),
        inbound: group.ip_permissions().iter().map(our_rule).collect(),
        tags: our_tags(group.tags()),
    })
}

fn our_rule(rule: &IpPermission) -> InboundRule {
    let ranges = rule.ip_ranges().iter().filter_map(|range| range.cidr_ip());
    let ranges_v6 = rule.ipv6_ranges().iter();
    let groups = rule.user_id_group_pairs().iter();
    let lists = rule.prefix_list_ids().iter();
    let sources = ranges
        .chain(ranges_v6.filter_map(|range| range.cidr_ipv6()))
        .chain(groups.filter_map(|group| group.group_id()))
        .chain(lists.filter_map(|list| list.prefix_list_id()));
    InboundRule {
        protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
        from_port: rule.from_port(),
        to_port: rule.to_port(),
        sources: sources.map(str::to_owned).collect(),
    }
}
