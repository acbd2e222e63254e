//! Elastic Beanstalk environments and what their deployed settings say.

use super::call::Cloud;
use super::error::CloudError;
use crate::model::sighting::{Environment, Settings};

impl Cloud {
    /// Every environment of the region that is not terminated; one call where AWS allows it.
    ///
    /// An empty list can also mean that the credentials may not see any: AWS does not say.
    ///
    /// # Errors
    /// Any kind but `NotFound` and `Empty`.
    pub async fn environments(&self) -> Result<Vec<Environment>, CloudError> {
        todo!()
    }

    /// What the deployed configuration set of one environment says.
    ///
    /// # Errors
    /// `NotFound` when there is no such environment; `Empty` when AWS answered without any set,
    /// which is how it says that the credentials may not read them.
    pub async fn settings(
        &self,
        application: &str,
        environment: &str,
    ) -> Result<Settings, CloudError> {
        todo!()
    }
}
