//! Where watches publish, held against each other and against the rest of the config: two must not publish to
//! one place, since each would take the other's image away.

use std::ops::Range;

use crate::model::ids::Region;

use super::copies::CopyDraft;
use super::fault::{Problem, quoted_value};
use super::publish::PublishDraft;
use super::reading::{ConfigReading, ConfigSection};
use super::watches::WatchDraft;

/// The account's own key for EBS lets nobody else in, whatever an image's permissions say.
pub(super) fn check_shared_keys(
    root: &ConfigSection<'_>,
    watches: &[WatchDraft<'_>],
    reading: &mut ConfigReading<'_>,
) {
    let encrypt = root.section("builder").text("encrypt");
    let encrypt = encrypt.map_or("", |encrypt| encrypt.text);
    let publish = watches.iter().filter_map(|watch| watch.publish.as_ref());
    for publish in publish {
        let Some(at) = &publish.share_at else {
            continue;
        };
        if is_accounts_own(encrypt) {
            let problem = Problem::new(
                "the image is shared, and its snapshots are encrypted with a key that nobody else can use",
                "set `encrypt` of `[builder]` to a KMS key of yours that they may use, or to \"none\"",
            );
            reading.fault_in_context(at.clone(), problem);
        }
        for copy in &publish.copies {
            check_shared_copy(copy, encrypt.starts_with("arn:"), reading);
        }
    }
}

fn is_accounts_own(key: &str) -> bool {
    key.contains(":alias/aws/")
}

/// A copy of an encrypted image is encrypted, with the account's own key where none is named.
fn check_shared_copy(copy: &CopyDraft, encrypted: bool, reading: &mut ConfigReading<'_>) {
    let forbids = match &copy.key {
        Some(key) => is_accounts_own(key),
        None => encrypted,
    };
    if forbids {
        let region = &copy.region;
        let problem = Problem::new(
            format!(
                "the image is shared, and its copy in {region} is encrypted with a key that nobody else can use"
            ),
            format!(
                "name a KMS key of yours that they may use: `encrypt = {{ {region} = \"arn:...\" }}`"
            ),
        );
        reading.fault_in_context(copy.at.clone(), problem);
    }
}

/// Tells of copies that go nowhere: to where the image is, and to where no account of its partition is.
pub(super) fn check_copies(
    root: &ConfigSection<'_>,
    watches: &[WatchDraft<'_>],
    reading: &mut ConfigReading<'_>,
) {
    let own = root.section("aws").text("region").map(|own| own.text);
    for watch in watches {
        let copies = watch.publish.as_ref().map_or(&[][..], |one| &one.copies);
        let home = watch.region.as_ref().map(Region::as_str).or(own);
        // Without a home, those of one list must at least be of one partition.
        let first = copies.first().map(|one| one.region.as_str());
        let beside = home.or(first);
        for copy in copies {
            let region = copy.region.as_str();
            let problem = match beside {
                _ if home == Some(region) => Problem::new(
                    format!("the watch is in {region}: its image is there"),
                    "name other regions than the watch's own",
                ),
                Some(beside) if Region::from(beside).partition() != copy.region.partition() => {
                    Problem::new(
                        format!(
                            "no image is copied from {beside} to {region}: they are of two partitions of AWS"
                        ),
                        "let a watch of that region, with credentials of its own, bake there",
                    )
                }
                _ => continue,
            };
            reading.fault_in_context(copy.at.clone(), problem);
        }
    }
}

/// Tells where two watches publish to one place. One that names no region may be in any.
pub(super) fn check_publishers(watches: &[WatchDraft<'_>], reading: &mut ConfigReading<'_>) {
    check_rivals(watches, "a parameter", parameter_of, reading);
    check_rivals(watches, "a launch template", template_of, reading);
}

/// A name that only one watch may publish to, and where it stands.
type Named<'a> = (&'a str, &'a Range<usize>);

fn parameter_of(publish: &PublishDraft) -> Option<Named<'_>> {
    Some((publish.rules.ssm.as_deref()?, &publish.ssm_at))
}

fn template_of(publish: &PublishDraft) -> Option<Named<'_>> {
    let rules = publish.rules.template.as_ref()?;
    Some((rules.template.as_str(), &publish.template_at))
}

fn check_rivals(
    watches: &[WatchDraft<'_>],
    what: &str,
    of: impl Fn(&PublishDraft) -> Option<Named<'_>>,
    reading: &mut ConfigReading<'_>,
) {
    let publishers = watches.iter().filter_map(|watch| {
        let publish = watch.publish.as_ref()?;
        Some((watch, of(publish)?))
    });
    let publishers: Vec<_> = publishers.collect();
    for (nth, (watch, (name, at))) in publishers.iter().enumerate() {
        let rival =
            |(other, (its, _)): &&(&WatchDraft<'_>, Named<'_>)| its == name && meet(other, watch);
        let Some((other, _)) = publishers[..nth].iter().find(rival) else {
            continue;
        };
        let right = match other.architecture() == watch.architecture() {
            true => "give each a name of its own".to_owned(),
            false => format!(
                "put {{architecture}} into the name: they are of different processors, and {what} names \
                 one image"
            ),
        };
        let problem = Problem::new(
            format!(
                "the watch publishes to {}, and so does {}",
                quoted_value(name),
                other.name_for_people()
            ),
            right,
        );
        reading.fault_in_context((*at).clone(), problem);
    }
}

/// One publishes in a region in which the other may do so too.
fn meet(one: &WatchDraft<'_>, other: &WatchDraft<'_>) -> bool {
    let (ones, others) = (regions(one), regions(other));
    let mut pairs = ones
        .iter()
        .flat_map(|one| others.iter().map(move |other| (*one, *other)));
    pairs.any(|(one, other)| may_be_one(one, other))
}

/// Where it publishes: its own region, as far as it names it, and those that it copies to.
fn regions<'a>(watch: &'a WatchDraft<'_>) -> Vec<Option<&'a Region>> {
    let copies = watch.publish.iter().flat_map(|publish| &publish.copies);
    let copies = copies.map(|copy| Some(&copy.region));
    [watch.region.as_ref()].into_iter().chain(copies).collect()
}

fn may_be_one(one: Option<&Region>, other: Option<&Region>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}
