//! Regions, zones, VPCs and subnets: what a launch can land in.

use std::collections::BTreeSet;

use super::Room;
use super::filters::{Filters, page, tag_set};
use super::model::{Subnet, Vpc};
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

/// Regions that are listed even when nothing is in them.
const ALWAYS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

pub(crate) fn regions(open: &BTreeSet<&str>, p: &Params) -> Result<String, Fail> {
    let asked = p.list("RegionName");
    let mut names: BTreeSet<&str> = ALWAYS.into_iter().collect();
    names.extend(open);
    names.retain(|name| asked.is_empty() || asked.iter().any(|a| a == name));
    let mut x = Xml::new();
    x.items("regionInfo", names, |x, name| {
        x.text("regionName", name);
        x.text("regionEndpoint", format!("ec2.{name}.amazonaws.com"));
        x.text("optInStatus", "opt-in-not-required");
    });
    Ok(x.into_string())
}

pub(crate) fn zones(room: &mut Room<'_>) -> Result<String, Fail> {
    let asked = room.p.list("ZoneName");
    let shown = room
        .ec2
        .zones
        .iter()
        .filter(|z| asked.is_empty() || asked.contains(z));
    let mut x = Xml::new();
    x.items("availabilityZoneInfo", shown, |x, zone| {
        x.text("zoneName", zone);
        x.text("zoneState", "available");
        x.text("regionName", room.region);
        x.text("zoneType", "availability-zone");
    });
    Ok(x.into_string())
}

pub(crate) fn vpcs(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("VpcId"));
    if let Some(missing) = ids.iter().find(|id| !room.ec2.vpcs.contains_key(*id)) {
        let message = format!("The vpc ID '{missing}' does not exist");
        return Err(Fail::new("InvalidVpcID.NotFound", message));
    }
    let mut shown: Vec<Vpc> = Vec::new();
    for vpc in room.ec2.vpcs.values() {
        let asked = ids.is_empty() || ids.contains(&vpc.id);
        let values = |name: &str| match name {
            "vpc-id" => Some(vec![vpc.id.clone()]),
            "is-default" | "isDefault" => Some(vec![vpc.is_default.to_string()]),
            "state" => Some(vec!["available".to_owned()]),
            _ => None,
        };
        if asked && filters.pass(&vpc.tags, values)? {
            shown.push(vpc.clone());
        }
    }
    let (vpcs, token) = page(room, shown, |v| &v.id)?;
    let mut x = Xml::new();
    x.items("vpcSet", &vpcs, |x, vpc| {
        x.text("vpcId", &vpc.id);
        x.text("ownerId", &room.core.account);
        x.text("state", "available");
        x.text("cidrBlock", "172.31.0.0/16");
        x.text("isDefault", vpc.is_default);
        tag_set(x, &vpc.tags);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

pub(crate) fn subnets(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("SubnetId"));
    if let Some(missing) = ids.iter().find(|id| !room.ec2.subnets.contains_key(*id)) {
        let message = format!("The subnet ID '{missing}' does not exist");
        return Err(Fail::new("InvalidSubnetID.NotFound", message));
    }
    let mut shown = Vec::new();
    for subnet in room.ec2.subnets.values() {
        let asked = ids.is_empty() || ids.contains(&subnet.id);
        if asked && filters.pass(&subnet.tags, |name| subnet_values(subnet, name))? {
            shown.push(subnet.clone());
        }
    }
    let (subnets, token) = page(room, shown, |s| &s.id)?;
    let mut x = Xml::new();
    x.items("subnetSet", &subnets, |x, s| {
        x.text("subnetId", &s.id);
        x.text("vpcId", &s.vpc_id);
        x.text("ownerId", &room.core.account);
        x.text("state", "available");
        x.text("cidrBlock", cidr(s));
        x.text("availabilityZone", &s.zone);
        x.text("availableIpAddressCount", 4091);
        x.text("defaultForAz", s.is_default);
        x.text("mapPublicIpOnLaunch", s.is_default);
        tag_set(x, &s.tags);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

fn cidr(s: &Subnet) -> String {
    format!("172.31.{}.0/20", s.number * 16 % 256)
}

fn subnet_values(s: &Subnet, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    match filter {
        "subnet-id" => one(&s.id),
        "vpc-id" => one(&s.vpc_id),
        "availability-zone" | "availabilityZone" => one(&s.zone),
        "default-for-az" | "defaultForAz" => one(if s.is_default { "true" } else { "false" }),
        "state" => one("available"),
        _ => None,
    }
}
