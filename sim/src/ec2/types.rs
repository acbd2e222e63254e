//! Instance types and where they are offered.

use super::Room;
use super::filters::{Filters, page};
use crate::state::Tags;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::InstanceTypeSpec;

/// Whether a type is offered in a zone; a spec names zones by their letter.
pub(crate) fn is_offered(kind: &InstanceTypeSpec, zone: &str) -> bool {
    kind.zones.is_empty()
        || kind
            .zones
            .iter()
            .any(|letter| zone.ends_with(letter.as_str()))
}

pub(crate) fn offerings(room: &mut Room<'_>) -> Result<String, Fail> {
    let filters = Filters::of(room.p)?;
    let by = room.p.get("LocationType").unwrap_or("region").to_owned();
    let places = match by.as_str() {
        "availability-zone" => room.ec2.zones.clone(),
        "region" => vec![room.region.to_owned()],
        other => {
            let message = format!("The location type '{other}' is not simulated");
            return Err(Fail::invalid(message));
        }
    };
    let mut shown = Vec::new();
    for kind in room.ec2.types.values() {
        for place in &places {
            let values = |name: &str| match name {
                "instance-type" => Some(vec![kind.name.clone()]),
                "location" => Some(vec![place.clone()]),
                _ => None,
            };
            let offered = by == "region" || is_offered(kind, place);
            if offered && filters.pass(&Tags::new(), values)? {
                shown.push((
                    format!("{} {place}", kind.name),
                    kind.name.clone(),
                    place.clone(),
                ));
            }
        }
    }
    let (rows, token) = page(room, shown, |(key, _, _)| key)?;
    let mut x = Xml::new();
    x.items("instanceTypeOfferingSet", &rows, |x, (_, kind, place)| {
        x.text("instanceType", kind);
        x.text("locationType", &by);
        x.text("location", place);
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, names) = (Filters::of(room.p)?, room.p.list("InstanceType"));
    let unknown: Vec<&String> = names
        .iter()
        .filter(|name| !room.ec2.types.contains_key(*name))
        .collect();
    if !unknown.is_empty() {
        let message = format!("The following supplied instance types do not exist: {unknown:?}");
        return Err(Fail::new("InvalidInstanceType", message));
    }
    let mut shown = Vec::new();
    for kind in room.ec2.types.values() {
        let values = |name: &str| match name {
            "instance-type" => Some(vec![kind.name.clone()]),
            "hypervisor" => Some(vec![kind.hypervisor.clone()]),
            "processor-info.supported-architecture" => Some(vec![kind.architecture.clone()]),
            _ => None,
        };
        let asked = names.is_empty() || names.contains(&kind.name);
        if asked && filters.pass(&Tags::new(), values)? {
            shown.push(kind.clone());
        }
    }
    let (kinds, token) = page(room, shown, |kind| &kind.name)?;
    let mut x = Xml::new();
    x.items("instanceTypeSet", &kinds, |x, kind| {
        x.text("instanceType", &kind.name);
        x.text("currentGeneration", !kind.name.starts_with("t2."));
        x.text("hypervisor", &kind.hypervisor);
        x.text("bareMetal", false);
        x.node("processorInfo", |x| {
            x.node("supportedArchitectures", |x| {
                x.text("item", &kind.architecture)
            });
        });
        x.node("vCpuInfo", |x| x.text("defaultVCpus", kind.vcpus));
        x.node("memoryInfo", |x| x.text("sizeInMiB", 2048));
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}
