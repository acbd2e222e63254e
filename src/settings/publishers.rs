//! Two watches must not publish to one place: each would take the other's image away.

use crate::model::ids::Region;

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
    let Some(encrypt) = root.section("builder").text("encrypt") else {
        return;
    };
    if !encrypt.text.contains(":alias/aws/") {
        return;
    }
    let shares = watches.iter().filter_map(|watch| watch.publish.as_ref());
    for at in shares.filter_map(|publish| publish.share_at.clone()) {
        let problem = Problem::new(
            "the image is shared, and its snapshots are encrypted with a key that nobody else can use",
            "set `encrypt` of `[builder]` to a KMS key of yours that they may use, or to \"none\"",
        );
        reading.fault_in_context(at, problem);
    }
}

/// Tells where two watches publish to one parameter. One that names no region may be in any.
pub(super) fn check_publishers(watches: &[WatchDraft<'_>], reading: &mut ConfigReading<'_>) {
    let publishers = watches.iter().filter_map(|watch| {
        let publish = watch.publish.as_ref()?;
        Some((watch, publish, publish.rules.ssm.as_deref()?))
    });
    let publishers: Vec<_> = publishers.collect();
    for (nth, (watch, publish, name)) in publishers.iter().enumerate() {
        let rival = |(other, _, its): &&(&WatchDraft<'_>, &PublishDraft, &str)| {
            its == name && may_be_one(other.region.as_ref(), watch.region.as_ref())
        };
        let Some((other, _, _)) = publishers[..nth].iter().find(rival) else {
            continue;
        };
        let right = match other.architecture() == watch.architecture() {
            true => "give each a name of its own",
            false => {
                "put {architecture} into the name: they are of different processors, and a parameter names \
                 one image"
            }
        };
        let problem = Problem::new(
            format!(
                "the watch publishes to {}, and so does {}",
                quoted_value(name),
                other.name_for_people()
            ),
            right,
        );
        reading.fault_in_context(publish.ssm_at.clone(), problem);
    }
}

fn may_be_one(one: Option<&Region>, other: Option<&Region>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}
