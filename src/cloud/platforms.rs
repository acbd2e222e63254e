//! Platform branches and versions: which version is recommended, which images it starts.

use super::call::Cloud;
use super::error::CloudError;
use crate::model::base::{BranchLifecycle, PlatformVersion};
use crate::model::ids::PlatformArn;

impl Cloud {
    /// One platform version with its default image per architecture, as far as AWS says.
    /// `None`: there is no such version.
    ///
    /// # Errors
    /// `Empty` when AWS answered without a description.
    pub async fn platform_version(
        &self,
        arn: &PlatformArn,
    ) -> Result<Option<PlatformVersion>, CloudError> {
        todo!()
    }

    /// The version that AWS recommends for a branch.
    /// `None`: the branch is there and recommends none (it is retired, deprecated or in beta).
    ///
    /// # Errors
    /// `Empty` when a supported branch comes back without one, or no branch of that name is seen.
    pub async fn recommended(&self, branch: &str) -> Result<Option<PlatformArn>, CloudError> {
        todo!()
    }

    /// The lifecycle of a branch. `None`: no branch of that name is visible.
    ///
    /// # Errors
    /// Any kind but `Empty`.
    pub async fn branch(&self, name: &str) -> Result<Option<BranchLifecycle>, CloudError> {
        todo!()
    }
}
