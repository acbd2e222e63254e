//! Reads `copy_to` and `encrypt` of `[watch.NAME.publish]`: the other regions that the image is copied to, and
//! the keys of its copies there.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::model::ids::Region;

use super::fault::Problem;
use super::reading::{ConfigReading, ConfigSection};
use super::{arns, values};

/// A region that is copied to, and where it stands.
pub(super) struct CopyDraft {
    pub(super) region: Region,
    pub(super) at: Range<usize>,
    /// The key's ARN.
    pub(super) key: Option<String>,
}

/// The copies, as far as they are right.
pub(super) fn read_copies(
    publish: &ConfigSection<'_>,
    has_recipe: bool,
    reading: &mut ConfigReading<'_>,
) -> Vec<CopyDraft> {
    let mut keys = keys_by_region(publish, reading);
    let Some(at) = publish.place_of("copy_to") else {
        unused_keys(keys, reading);
        return Vec::new();
    };
    if publish.is_empty_list("copy_to") {
        let right = "name regions, such as [\"eu-central-1\"], or leave the key out";
        reading.fault(at.clone(), Problem::new("`copy_to` names no region", right));
    }
    if !has_recipe {
        let problem = Problem::new(
            "the watch copies an image that is not yours: without a recipe it publishes the base itself",
            "leave `copy_to` out, and let a watch of each region publish the base that is there",
        );
        reading.fault_in_context(at, problem);
    }
    let mut copies: Vec<CopyDraft> = Vec::new();
    for written in publish.texts("copy_to").unwrap_or_default() {
        let at = written.at.clone();
        let Some(region) = reading.parsed(Some(written), values::parse_region) else {
            continue;
        };
        if copies.iter().any(|one| one.region == region) {
            let problem = Problem::new(format!("{region} is named twice"), "name it once");
            reading.fault(at.clone(), problem);
            continue;
        }
        let key = keys.remove(&region).and_then(|(key, _)| key);
        copies.push(CopyDraft { region, at, key });
    }
    unused_keys(keys, reading);
    copies
}

/// Keys by their region, with where they stand; no key where it was wrong.
type Keys = BTreeMap<Region, (Option<String>, Range<usize>)>;

fn keys_by_region(publish: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Keys {
    let mut keys = Keys::new();
    for (region, key) in publish.section("encrypt").named_texts() {
        let at = region.at.clone();
        if let Some(region) = reading.parsed(Some(region), values::parse_region) {
            let key = reading.parsed(Some(key), |text| arns::key_in(text, &region));
            keys.insert(region, (key, at));
        }
    }
    keys
}

fn unused_keys(keys: Keys, reading: &mut ConfigReading<'_>) {
    for (region, (_, at)) in keys {
        let problem = Problem::new(
            format!("`encrypt` has a key for {region}, and nothing is copied there"),
            format!("add \"{region}\" to `copy_to`, or leave its key out"),
        );
        reading.fault_in_context(at, problem);
    }
}
