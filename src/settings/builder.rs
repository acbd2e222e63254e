//! Reads `[builder]`: how builders are launched.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::bake::Proof;
use crate::model::ids::{Architecture, InstanceType, SecurityGroupId, SubnetId};
use crate::model::watch::{Builder, Encrypt};

use super::fault::Problem;
use super::reading::{ConfigReading, ConfigSection};
use super::{arns, values};

/// Pairs of instance type and subnet that a builder is tried in, one after the other.
const WAYS_MAX: usize = 128;

/// How long a failed builder can be kept: long enough to be found, and no thing of its own.
const KEEP_MIN: Duration = Duration::from_secs(10 * 60);
const KEEP_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// EBS's largest gp3 volume, in GiB.
const MAX_ROOT_VOLUME_GIB: i64 = 16_384;

pub(super) fn read_builder(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Builder {
    let timeout = reading.parsed(section.text("timeout"), |text| {
        values::parse_duration(text, values::SECOND, values::DAY)
    });
    let encrypt = reading.parsed(section.text("encrypt"), arns::encrypt);
    let instance_profile = reading.parsed(section.text("instance_profile"), arns::instance_profile);
    let proof = proof(section, reading);
    if proof == Proof::Ssm && section.text("instance_profile").is_none() {
        let wrong = "`proof = \"ssm\"` without an instance profile: no guest could be asked";
        let right = "name an `instance_profile` whose role has AmazonSSMManagedInstanceCore";
        let at = section.place_of("proof").unwrap_or_default();
        reading.fault(at, Problem::new(wrong, right));
    }
    let types = section.section("instance_types");
    let instance_types = instance_types(&types, reading);
    let subnets = ids(section, "subnets", "subnet-", SubnetId::new, reading);
    refuse_too_many(&types, &instance_types, subnets.len(), reading);
    Builder {
        instance_types,
        subnets,
        security_groups: ids(
            section,
            "security_groups",
            "sg-",
            SecurityGroupId::new,
            reading,
        ),
        instance_profile,
        proof,
        allow_inbound: section.boolean("allow_inbound").unwrap_or(false),
        public_ip: section.boolean("public_ip"),
        root_volume_gib: root_volume_gib(section, reading),
        timeout: timeout.unwrap_or(values::HOUR / 2),
        encrypt: encrypt.unwrap_or(Encrypt::AccountDefault),
        keep_failed: reading.parsed(section.text("keep_failed"), |text| {
            values::parse_duration(text, KEEP_MIN, KEEP_MAX)
        }),
    }
}

fn proof(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Proof {
    let read = |text: &str| match text {
        "console" => Ok(Proof::Console),
        "ssm" => Ok(Proof::Ssm),
        other => Err(Problem::new(
            format!("`{other}` is no way for a report to reach us"),
            "write \"console\" (the serial console) or \"ssm\" (SSM Run Command)",
        )),
    };
    reading
        .parsed(section.text("proof"), read)
        .unwrap_or_default()
}

fn instance_types(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> BTreeMap<Architecture, Vec<InstanceType>> {
    let defaults: [(Architecture, &[&str]); 2] = [
        (Architecture::X86_64, &["t3.small", "t3a.small"]),
        (Architecture::Arm64, &["t4g.small"]),
    ];
    let mut types = BTreeMap::new();
    for (architecture, default) in defaults {
        let key = architecture.as_str();
        let of_this = match section.texts(key) {
            Some(written) => {
                refuse_empty(section, key, "builders", reading);
                reading.each_parsed(written, |text| arns::instance_type(text, architecture))
            }
            None => default
                .iter()
                .map(|name| InstanceType::new(*name))
                .collect(),
        };
        types.insert(architecture, of_this);
    }
    types
}

/// A bake's order holds every pair, and must fit into one record of the store.
fn refuse_too_many(
    section: &ConfigSection<'_>,
    types: &BTreeMap<Architecture, Vec<InstanceType>>,
    subnets: usize,
    reading: &mut ConfigReading<'_>,
) {
    for (architecture, types) in types {
        let ways = types.len() * subnets.max(1);
        if ways > WAYS_MAX {
            let architecture = architecture.as_str();
            let wrong = format!("a builder of {architecture} would be tried in {ways} ways");
            let right = format!(
                "name fewer instance types or subnets: at most {WAYS_MAX} pairs of both are tried"
            );
            let at = section.place_of(architecture).unwrap_or_default();
            reading.fault(at, Problem::new(wrong, &right));
        }
    }
}

/// An empty list would mean something else than leaving the key out.
fn refuse_empty(section: &ConfigSection<'_>, key: &str, of: &str, reading: &mut ConfigReading<'_>) {
    if section.is_empty_list(key) {
        let wrong = format!("`{key}` leaves nothing to choose {of} from");
        let problem = Problem::new(wrong, "name at least one, or leave the key out");
        reading.fault(section.place_of(key).unwrap_or_default(), problem);
    }
}

fn ids<T>(
    section: &ConfigSection<'_>,
    key: &str,
    prefix: &str,
    wrap: impl Fn(String) -> T,
    reading: &mut ConfigReading<'_>,
) -> Vec<T> {
    refuse_empty(section, key, "networks", reading);
    let written = section.texts(key).unwrap_or_default();
    reading.each_parsed(written, |text| arns::resource_id(text, prefix).map(&wrap))
}

fn root_volume_gib(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<u32> {
    let gib = section.integer("root_volume_gib")?;
    if (1..=MAX_ROOT_VOLUME_GIB).contains(&gib) {
        return u32::try_from(gib).ok();
    }
    let wrong = format!("a root volume of {gib} GiB cannot be made");
    let right = format!("write 1 to {MAX_ROOT_VOLUME_GIB}, at least the base image's size");
    let at = section.place_of("root_volume_gib").unwrap_or_default();
    reading.fault(at, Problem::new(wrong, right));
    None
}
