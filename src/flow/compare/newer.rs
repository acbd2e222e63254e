//! Whether one image of a line is newer than another: how a recommendation that moved back is told
//! from one that moved on. Only images of the same line are compared; anything else is not an answer.

use super::lines::shape;
use crate::model::base::PlatformVersion;
use crate::model::ids::ImageId;
use crate::model::image::Image;
use crate::model::sighting::{Seen, Sighting};

/// An image, with the version that a tag, a platform or the release gives it.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionedImage<'a> {
    pub image: &'a ImageId,
    pub version: Option<&'a str>,
}

/// True when `a` is certainly a newer image of the same line as `b`.
///
/// By the images' own dates; where EC2 does not list one of them any more, by version. Where EC2
/// could not be asked, the answer is no: nothing is concluded from silence.
pub(super) fn newer(
    sighting: &Sighting,
    branch: Option<&str>,
    a: VersionedImage<'_>,
    b: VersionedImage<'_>,
) -> bool {
    let (Some(a_facts), Some(b_facts)) = (facts(sighting, a), facts(sighting, b)) else {
        return false;
    };
    if a.image == b.image || !same_line(sighting, branch, a, a_facts, b_facts) {
        return false;
    }
    let created = |facts: Option<&Image>| facts.and_then(|image| image.created);
    match (created(a_facts), created(b_facts)) {
        (Some(a), Some(b)) if a != b => a > b,
        _ => match (a.version.and_then(numbers), b.version.and_then(numbers)) {
            (Some(a), Some(b)) => a > b,
            _ => false,
        },
    }
}

/// What EC2 answered about the image: facts, or that there is none. Absent when it did not answer.
fn facts<'a>(sighting: &'a Sighting, point: VersionedImage<'_>) -> Option<Option<&'a Image>> {
    match &sighting.images.get(point.image)?.image {
        Seen::Known(image) => Some(Some(image)),
        Seen::Absent => Some(None),
        Seen::Unreachable(_) => None,
    }
}

/// True when both are certainly images of one line, whichever is newer.
pub(super) fn of_one_line(
    sighting: &Sighting,
    branch: Option<&str>,
    a: &ImageId,
    b: &ImageId,
) -> bool {
    let point = |image| VersionedImage {
        image,
        version: None,
    };
    match (facts(sighting, point(a)), facts(sighting, point(b))) {
        (Some(a_facts), Some(b_facts)) => same_line(sighting, branch, point(a), a_facts, b_facts),
        _ => false,
    }
}

/// The names are of one line, or a platform version of this branch lists `a`, or `a` is gone and its
/// own tag gives it a version of this branch. Of a gone image of any other base nothing but its version
/// is known, and that does not tell whose version it is.
fn same_line(
    sighting: &Sighting,
    branch: Option<&str>,
    a: VersionedImage<'_>,
    a_facts: Option<&Image>,
    b_facts: Option<&Image>,
) -> bool {
    let named = matches!((a_facts, b_facts), (Some(a), Some(b)) if line(&a.name) == line(&b.name));
    let listed = branch.is_some_and(|branch| {
        platforms(sighting).any(|platform| {
            platform.branch == branch && platform.images.iter().any(|(_, own)| own == a.image)
        })
    });
    let tagged = branch.is_some() && a_facts.is_none() && a.version.is_some();
    named || listed || tagged
}

fn platforms(sighting: &Sighting) -> impl Iterator<Item = &PlatformVersion> {
    let recommended = sighting.recommended.values();
    sighting
        .platforms
        .values()
        .chain(recommended)
        .filter_map(|seen| seen.known())
}

/// What stays the same in the names of one line's images: the platform's part of a Beanstalk image's
/// name (`64bit-eb_ecs_amazon_linux_2023`), and elsewhere its [`shape`]: kernel 6.1 and 6.12, Debian 12
/// and 13 are told apart by their numbers alone.
fn line(name: &str) -> String {
    let platform = name
        .split_once("-eb_")
        .and_then(|(head, rest)| Some((head.rsplit('.').next()?, rest.split_once("-hvm")?.0)));
    match platform {
        Some((bits, platform)) => format!("{bits}-{platform}"),
        None => shape(name),
    }
}

/// `4.5.0` as numbers. Versions are compared by number, never as text.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_beanstalk_image_is_its_platform() {
        let old = "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit-eb_ecs_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z";
        let new = "aws-elasticbeanstalk-amzn-2023.12.20260831.64bit-eb_ecs_amazon_linux_2023-hvm-2026-09-09T01-41-48.770Z";
        let arm = "aws-elasticbeanstalk-amzn-2023.12.20260831.64bit_arm-eb_ecs_amazon_linux_2023-hvm-2026-09-09T01-41-48.770Z";
        let tomcat9 = "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit-eb_tomcat9corretto11_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z";
        let tomcat11 = "aws-elasticbeanstalk-amzn-2023.9.20251208.64bit-eb_tomcat11corretto17_amazon_linux_2023-hvm-2025-12-10T01-41-48.770Z";
        assert_eq!(line(old), line(new));
        assert_ne!(line(new), line(arm));
        assert_ne!(line(tomcat9), line(tomcat11));
    }

    #[test]
    fn the_line_of_another_image_is_its_name_without_what_changes_from_build_to_build() {
        let old = "al2023-ami-ecs-hvm-2023.0.20251010-kernel-6.1-x86_64";
        let new = "al2023-ami-ecs-hvm-2023.0.20260302-kernel-6.1-x86_64";
        assert_eq!(line(old), line(new));
        assert_ne!(
            line(new),
            line("al2023-ami-hvm-2023.0.20260302-kernel-6.1-x86_64")
        );
        for (one, other) in [
            (
                "al2023-ami-2023.10.20260302.1-kernel-6.1-arm64",
                "al2023-ami-2023.10.20260302.1-kernel-6.12-arm64",
            ),
            (
                "debian-12-arm64-20250316-2053",
                "debian-13-arm64-20250316-2053",
            ),
            (
                "RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3",
                "RHEL-8.10.0_HVM-20240605-x86_64-82-Hourly2-GP3",
            ),
        ] {
            assert_ne!(line(one), line(other));
        }
    }

    #[test]
    fn versions_are_numbers() {
        assert!(numbers("4.10.0") > numbers("4.9.9"));
        assert_eq!(numbers("4.x"), None);
    }
}
