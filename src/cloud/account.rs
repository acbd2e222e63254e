//! Who is asking, and where: STS and the list of regions.

use super::call::Cloud;
use super::error::CloudError;
use crate::model::ids::{Region, Scope};

impl Cloud {
    /// Account and partition of the credentials, with this door's region. Asked once a connection.
    ///
    /// # Errors
    /// Any kind; `NoCredentials` is the usual one.
    pub async fn caller(&self) -> Result<Scope, CloudError> {
        todo!()
    }

    /// The regions that are enabled for the account, sorted.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn regions(&self) -> Result<Vec<Region>, CloudError> {
        todo!()
    }
}
