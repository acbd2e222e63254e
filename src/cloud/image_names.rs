//! How Elastic Beanstalk names its images.

use super::call::Cloud;
use super::error::CloudError;
use crate::model::image::Image;

/// The name pattern of the arm64 image beside an x86_64 one, for EC2's `name` filter.
///
/// `...20260831.64bit-eb_X-hvm-<time>` has its sibling at `...20260831.64bit_arm-eb_X-hvm-*`: the
/// same OS date, another build time. `None` for names without that form (AL1, Windows, strangers).
pub fn arm64_name_pattern(x86_64_name: &str) -> Option<String> {
    todo!()
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
        todo!()
    }
}
