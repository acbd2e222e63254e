//! Security groups and their rules.

use super::filters::{Filters, page, tag_set, tags_for};
use super::model::{Group, Rule};
use super::{Room, done};
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

fn not_found(id: &str) -> Fail {
    let message = format!("The security group '{id}' does not exist");
    Fail::new("InvalidGroup.NotFound", message)
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("GroupId"));
    let names = room.p.list("GroupName");
    if let Some(missing) = ids.iter().find(|id| !room.ec2.groups.contains_key(*id)) {
        return Err(not_found(missing));
    }
    let mut shown = Vec::new();
    for group in room.ec2.groups.values() {
        let asked = (ids.is_empty() || ids.contains(&group.id))
            && (names.is_empty() || names.contains(&group.name));
        if asked && filters.pass(&group.tags, |name| values(group, name))? {
            shown.push(group.clone());
        }
    }
    let (groups, token) = page(room, shown, |g| &g.id)?;
    let mut x = Xml::new();
    x.items("securityGroupInfo", &groups, |x, g| {
        x.text("groupId", &g.id);
        x.text("groupName", &g.name);
        x.text("groupDescription", &g.description);
        x.text("vpcId", &g.vpc_id);
        x.text("ownerId", &room.core.account);
        x.items("ipPermissions", &g.ingress, write_rule);
        x.items("ipPermissionsEgress", &g.egress, write_rule);
        tag_set(x, &g.tags);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

fn values(g: &Group, filter: &str) -> Option<Vec<String>> {
    let one = |value: &str| Some(vec![value.to_owned()]);
    match filter {
        "group-id" => one(&g.id),
        "group-name" => one(&g.name),
        "description" => one(&g.description),
        "vpc-id" => one(&g.vpc_id),
        _ => None,
    }
}

fn write_rule(x: &mut Xml, rule: &Rule) {
    x.text("ipProtocol", &rule.protocol);
    x.opt("fromPort", rule.from.as_ref());
    x.opt("toPort", rule.to.as_ref());
    x.items("ipRanges", [rule], |x, rule| x.text("cidrIp", &rule.cidr));
}

/// A group without any inbound rule, and AWS's outbound rule for everything.
pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let name = p.need("GroupName")?.to_owned();
    let description = p.need("GroupDescription")?.to_owned();
    let vpc_id = match p.get("VpcId") {
        Some(id) => id.to_owned(),
        None => room
            .ec2
            .default_vpc()
            .map(|vpc| vpc.id.clone())
            .ok_or_else(|| Fail::new("VPCIdNotSpecified", "No default VPC for this user"))?,
    };
    if !room.ec2.vpcs.contains_key(&vpc_id) {
        let message = format!("The vpc ID '{vpc_id}' does not exist");
        return Err(Fail::new("InvalidVpcID.NotFound", message));
    }
    if room
        .ec2
        .groups
        .values()
        .any(|g| g.vpc_id == vpc_id && g.name == name)
    {
        let message = format!("The security group '{name}' already exists for VPC '{vpc_id}'");
        return Err(Fail::new("InvalidGroup.Duplicate", message));
    }
    let group = Group {
        id: room.core.id("sg"),
        name,
        description,
        vpc_id,
        ingress: Vec::new(),
        egress: vec![Rule::everything()],
        tags: tags_for(p, "security-group", &["security-group"])?,
        world: false,
    };
    let mut x = Xml::new();
    x.text("return", true);
    x.text("groupId", &group.id);
    tag_set(&mut x, &group.tags);
    room.ec2.groups.insert(group.id.clone(), group);
    Ok(x.into_string())
}

pub(crate) fn delete(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = group_id(room)?;
    let group = &room.ec2.groups[&id];
    if group.name == "default" {
        let message = "the specified group: \"default\" cannot be deleted by a user";
        return Err(Fail::new("CannotDelete", message));
    }
    let uses = |i: &&super::model::Instance| {
        i.state != super::model::Phase::Terminated && i.group_ids.contains(&id)
    };
    if room.ec2.instances.values().any(|i| uses(&i)) {
        let message = format!("resource {id} has a dependent object");
        return Err(Fail::new("DependencyViolation", message));
    }
    room.ec2.groups.remove(&id);
    Ok(format!("<return>true</return><groupId>{id}</groupId>"))
}

/// The group that a call names, by id or by name in the default VPC.
fn group_id(room: &Room<'_>) -> Result<String, Fail> {
    if let Some(id) = room.p.get("GroupId") {
        let known = room.ec2.groups.contains_key(id);
        return if known {
            Ok(id.to_owned())
        } else {
            Err(not_found(id))
        };
    }
    let name = room.p.need("GroupName")?;
    let found = room.ec2.groups.values().find(|g| g.name == name);
    found.map(|g| g.id.clone()).ok_or_else(|| not_found(name))
}

fn rules(p: &Params) -> Vec<Rule> {
    let mut rules = Vec::new();
    for group in p.groups("IpPermissions") {
        let get = |field: &str| p.get(&format!("{group}.{field}")).map(str::to_owned);
        let cidrs = (1..).map_while(|n| get(&format!("IpRanges.{n}.CidrIp")));
        let rule = |cidr| Rule {
            protocol: get("IpProtocol").unwrap_or_else(|| "-1".to_owned()),
            from: get("FromPort"),
            to: get("ToPort"),
            cidr,
        };
        rules.extend(cidrs.map(rule));
    }
    rules
}

fn on_rules(
    room: &mut Room<'_>,
    act: fn(&mut Group, Vec<Rule>) -> Result<(), Fail>,
) -> Result<String, Fail> {
    let id = group_id(room)?;
    let rules = rules(room.p);
    match room.ec2.groups.get_mut(&id) {
        Some(group) => act(group, rules).and_then(|()| done()),
        None => Err(not_found(&id)),
    }
}

fn authorize(have: &mut Vec<Rule>, new: Vec<Rule>) -> Result<(), Fail> {
    if new.iter().any(|rule| have.contains(rule)) {
        let message = "the specified rule already exists";
        return Err(Fail::new("InvalidPermission.Duplicate", message));
    }
    have.extend(new);
    Ok(())
}

fn revoke(have: &mut Vec<Rule>, old: &[Rule]) -> Result<(), Fail> {
    if old.iter().any(|rule| !have.contains(rule)) {
        let message = "The specified rule does not exist in this security group.";
        return Err(Fail::new("InvalidPermission.NotFound", message));
    }
    have.retain(|rule| !old.contains(rule));
    Ok(())
}

pub(crate) fn authorize_ingress(room: &mut Room<'_>) -> Result<String, Fail> {
    on_rules(room, |group, rules| authorize(&mut group.ingress, rules))
}

pub(crate) fn authorize_egress(room: &mut Room<'_>) -> Result<String, Fail> {
    on_rules(room, |group, rules| authorize(&mut group.egress, rules))
}

pub(crate) fn revoke_ingress(room: &mut Room<'_>) -> Result<String, Fail> {
    on_rules(room, |group, rules| revoke(&mut group.ingress, &rules))
}

pub(crate) fn revoke_egress(room: &mut Room<'_>) -> Result<String, Fail> {
    on_rules(room, |group, rules| revoke(&mut group.egress, &rules))
}
