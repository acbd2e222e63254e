//! Platform versions beside the ones that environments run and branches recommend: described one by
//! one, with the image for the watch's architecture.

use crate::cloud::{Cloud, ErrorKind};
use crate::model::base::PlatformVersion;
use crate::model::ids::{Architecture, PlatformArn};
use crate::model::sighting::{Seen, Sighting, Trouble};

/// Versions that are described in search of one that can be used. A branch gets one every week or two:
/// this reaches back months, and bounds what a branch full of hidden versions costs.
pub(super) const DESCRIBED_MAX: usize = 10;

/// What describing needs.
pub(super) struct Describing<'a> {
    pub cloud: &'a Cloud,
    pub sighting: &'a Sighting,
    pub architecture: Architecture,
}

impl Describing<'_> {
    /// One version, from the sighting where that has it; with its arm64 image, found by name where AWS
    /// does not tell it and the watch is about arm64.
    pub(super) async fn version(&self, arn: &PlatformArn) -> Seen<PlatformVersion> {
        let platform = match self.known(arn) {
            Some(platform) => platform,
            None => match self.cloud.platform_version(arn).await {
                Ok(Some(platform)) => platform,
                Ok(None) => return Seen::Absent,
                // AWS listed this ARN itself: refusing to describe it is another word for hidden.
                Err(error) if error.kind == ErrorKind::Invalid => return Seen::Absent,
                Err(error) => {
                    return Seen::Unreachable(error.trouble(format!("platform version {arn}")));
                }
            },
        };
        self.with_arm_image(platform).await
    }

    fn known(&self, arn: &PlatformArn) -> Option<PlatformVersion> {
        let versions = self.sighting.platforms.values();
        versions
            .chain(self.sighting.recommended.values())
            .filter_map(Seen::known)
            .find(|platform| platform.arn == *arn)
            .cloned()
    }

    async fn with_arm_image(&self, mut platform: PlatformVersion) -> Seen<PlatformVersion> {
        let told = platform.image(Architecture::Arm64).is_some();
        let x86 = platform.image(Architecture::X86_64).cloned();
        let (Architecture::Arm64, false, Some(x86)) = (self.architecture, told, x86) else {
            return Seen::Known(platform);
        };
        let what = || format!("arm64 image of {}", platform.arn);
        let named = match self.cloud.images(std::slice::from_ref(&x86)).await {
            Ok(found) => found.into_values().next(),
            Err(error) => return Seen::Unreachable(error.trouble(what())),
        };
        let Some(named) = named else {
            return Seen::Known(platform);
        };
        match self.cloud.stock_image_by_name(&named.name).await {
            Ok(Some(image)) => platform.images.push((Architecture::Arm64, image.id)),
            Ok(None) => {}
            Err(error) => return Seen::Unreachable(error.trouble(what())),
        }
        Seen::Known(platform)
    }
}

/// The version, when it can be used; `None` for one that AWS does not describe to this account.
///
/// # Errors
/// The question that had no answer.
pub(super) fn usable_version(
    seen: Seen<PlatformVersion>,
) -> Result<Option<PlatformVersion>, Trouble> {
    match seen {
        Seen::Known(platform) => Ok(Some(platform)),
        Seen::Absent => Ok(None),
        Seen::Unreachable(trouble) => Err(trouble),
    }
}
