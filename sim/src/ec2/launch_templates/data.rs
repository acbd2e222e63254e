//! What a version launches: flat as it was sent, as a tree when it is shown, and merged into a launch.

use std::collections::BTreeMap;

use super::find;
use crate::ec2::Room;
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

const FIELD: &str = "LaunchTemplateData.";
/// What a call may say of a launch.
const TAKEN: [&str; 27] = [
    "BlockDeviceMapping",
    "CapacityReservationSpecification",
    "CpuOptions",
    "CreditSpecification",
    "DisableApiStop",
    "DisableApiTermination",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "IamInstanceProfile",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceMarketOptions",
    "InstanceRequirements",
    "InstanceType",
    "KernelId",
    "KeyName",
    "MaintenanceOptions",
    "MetadataOptions",
    "Monitoring",
    "NetworkInterface",
    "Placement",
    "PrivateDnsNameOptions",
    "SecurityGroup",
    "SecurityGroupId",
    "TagSpecification",
    "UserData",
];

/// Lists that are not shown under their singular and `Set`.
fn shown_as(name: &str) -> String {
    match name {
        "BlockDeviceMapping" => "blockDeviceMappingSet".to_owned(),
        "Tag" => "tagSet".to_owned(),
        list => format!("{}Set", small(list)),
    }
}

fn small(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// The data of a call; it must say something, and nothing that is not known.
pub(super) fn of(p: &Params) -> Result<BTreeMap<String, String>, Fail> {
    let fields = p.0.range(FIELD.to_owned()..);
    let fields = fields.map_while(|(key, value)| Some((key.strip_prefix(FIELD)?, value)));
    let data: BTreeMap<String, String> = fields.map(|(k, v)| (k.to_owned(), v.clone())).collect();
    if data.is_empty() {
        return Err(Fail::missing("LaunchTemplateData"));
    }
    match data.keys().find(|key| !TAKEN.contains(&head(key))) {
        Some(unknown) => Err(Fail::new(
            "UnknownParameter",
            format!("The parameter LaunchTemplateData.{unknown} is not recognized"),
        )),
        None => Ok(data),
    }
}

fn head(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

/// What another version says, with everything that this one says itself in its place.
pub(super) fn over(
    source: &BTreeMap<String, String>,
    own: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let says = |key: &str| own.keys().any(|own| head(own) == head(key));
    let kept = source.iter().filter(|(key, _)| !says(key));
    let mut both: BTreeMap<_, _> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
    both.extend(own);
    both
}

/// What another version says, as a version that is made of it takes it over: without the snapshots of its
/// disks, which EC2 leaves out unless they are named anew.
pub(super) fn carried(source: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let of_disk = |key: &str| head(key) == "BlockDeviceMapping" && key.ends_with(".Ebs.SnapshotId");
    let kept = source.iter().filter(|(key, _)| !of_disk(key));
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// A launch that names a template: what the version says, and what the call says in its place.
pub(crate) fn merged(room: &Room<'_>) -> Result<Option<Params>, Fail> {
    let names = |key: &String| key.starts_with("LaunchTemplate.");
    if !room.p.0.keys().any(names) {
        return Ok(None);
    }
    let template = find::one(room, "LaunchTemplate.")?;
    let word = room.p.get("LaunchTemplate.Version").unwrap_or("$Default");
    let version = find::version(template, word)?;
    let call = room.p.0.iter().filter(|(key, _)| !names(key));
    let call = call.map(|(key, value)| (key.clone(), value.clone()));
    Ok(Some(Params(over(&version.data, call.collect()))))
}

/// A place in the tree of what is shown.
#[derive(Default)]
struct Node {
    value: Option<String>,
    below: BTreeMap<String, Node>,
}

pub(super) fn write(x: &mut Xml, data: &BTreeMap<String, String>) {
    let mut root = Node::default();
    for (key, value) in data {
        let mut at = &mut root;
        for part in key.split('.') {
            at = at.below.entry(part.to_owned()).or_default();
        }
        at.value = Some(value.clone());
    }
    x.node("launchTemplateData", |x| write_below(x, &root));
}

fn write_below(x: &mut Xml, node: &Node) {
    for (name, child) in &node.below {
        let is_list = child
            .below
            .keys()
            .all(|key| key.bytes().all(|b| b.is_ascii_digit()));
        match &child.value {
            Some(value) => x.text(&small(name), value),
            None if is_list => write_list(x, name, child),
            None => x.node(&small(name), |x| write_below(x, child)),
        }
    }
}

fn write_list(x: &mut Xml, name: &str, list: &Node) {
    let mut items: Vec<(u64, &Node)> = list
        .below
        .iter()
        .map(|(number, item)| (number.parse().unwrap_or_default(), item))
        .collect();
    items.sort_by_key(|(number, _)| *number);
    x.node(&shown_as(name), |x| {
        for (_, item) in items {
            match &item.value {
                Some(value) => x.text("item", value),
                None => x.node("item", |x| write_below(x, item)),
            }
        }
    });
}
