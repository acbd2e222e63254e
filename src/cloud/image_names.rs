//! How Elastic Beanstalk names its images, and what that tells where its API says nothing.
//!
//! `aws-elasticbeanstalk-amzn-<OS date>.64bit-eb_<runtime and OS>-hvm-<build time>`, and `64bit_arm`
//! for arm64. The name carries no platform version: several versions can share one image.

use super::call::Cloud;
use super::error::CloudError;
use super::tagging::filter;
use crate::model::ids::Architecture;
use crate::model::image::{Image, ImageState};

/// The name pattern of the arm64 image beside an x86_64 one, for EC2's `name` filter.
///
/// `...20260831.64bit-eb_X-hvm-<time>` has its sibling at `...20260831.64bit_arm-eb_X-hvm-*`: the
/// same OS date, another build time. `None` for names without that form (AL1, Windows, strangers).
pub fn arm64_name_pattern(x86_64_name: &str) -> Option<String> {
    let (os, runtime_and_build) = x86_64_name.split_once(".64bit-eb_")?;
    let (runtime, _build) = runtime_and_build.split_once("-hvm-")?;
    let plain = |part: &str| !part.is_empty() && !part.contains(['*', '?', '\\']);
    let known = os.starts_with("aws-elasticbeanstalk-amzn-") && plain(os) && plain(runtime);
    known.then(|| format!("{os}.64bit_arm-eb_{runtime}-hvm-*"))
}

impl Cloud {
    /// The arm64 image beside an x86_64 stock image: Amazon's newest of the same OS date.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn stock_image_by_name(
        &self,
        x86_64_name: &str,
    ) -> Result<Option<Image>, CloudError> {
        let Some(pattern) = arm64_name_pattern(x86_64_name) else {
            return Ok(None);
        };
        // By alias: the account that owns these images differs from region to region.
        let named = vec![filter("name", [pattern.as_str()])];
        let found = self
            .describe_images(&pattern, Some("amazon"), named)
            .await?;
        Ok(newest(found))
    }
}

fn newest(images: Vec<Image>) -> Option<Image> {
    images
        .into_iter()
        .filter(|image| image.architecture == Some(Architecture::Arm64))
        .filter(|image| image.state == ImageState::Available)
        .max_by(|one, other| (one.created, &one.name).cmp(&(other.created, &other.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sibling_has_the_same_os_date_and_runtime() {
        let cases = [
            (
                "aws-elasticbeanstalk-amzn-2023.12.20260831.64bit-eb_tomcat11corretto17_amazon_linux_2023-hvm-2026-09-09T01-41-48.770Z",
                Some(
                    "aws-elasticbeanstalk-amzn-2023.12.20260831.64bit_arm-eb_tomcat11corretto17_amazon_linux_2023-hvm-*",
                ),
            ),
            (
                "aws-elasticbeanstalk-amzn-2.0.20250623.64bit-eb_corretto8_amazon_linux_2-hvm-2025-06-25T16-04-11.870Z",
                Some(
                    "aws-elasticbeanstalk-amzn-2.0.20250623.64bit_arm-eb_corretto8_amazon_linux_2-hvm-*",
                ),
            ),
            (
                "aws-elasticbeanstalk-amzn-2.0.20250623.64bit_arm-eb_ecs_amazon_linux_2-hvm-2025-06-25T16-04-11.870Z",
                None,
            ),
            (
                "aws-elasticbeanstalk-amzn-2017.09.1.x86_64-ecs-hvm-201710010000",
                None,
            ),
            (
                "aws-elasticbeanstalk-amzn-2024.10.09.x86_64-WindowsServer2019-V2-hvm-2024-10-13T22-50-20.812Z",
                None,
            ),
            ("al2023-ami-ecs-hvm-2023.0.20260302-kernel-6.1-x86_64", None),
            ("somebody.64bit-eb_ecs-hvm-1", None),
            ("aws-elasticbeanstalk-amzn-*.64bit-eb_ecs-hvm-1", None),
            ("", None),
        ];
        for (name, pattern) in cases {
            assert_eq!(arm64_name_pattern(name).as_deref(), pattern, "{name}");
        }
    }
}
