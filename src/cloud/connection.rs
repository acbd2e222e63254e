//! How AWS is reached: through the SDK's default chain, or by hand for the simulated account.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::call::Cloud;
use super::error::CloudError;
use crate::clock::Clock;
use crate::model::ids::Region;

/// What the config's `[aws]` section overrides of the SDK's default chain. Empty: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    pub region: Option<Region>,
    pub profile: Option<String>,
    /// The ARN of a role to assume with the credentials of the chain.
    pub role: Option<String>,
    pub endpoint: Option<String>,
    /// Calls under way at once, over all regions; absent: 16.
    pub in_flight_max: Option<usize>,
}

/// Everything that the default chain would have found. Reads no environment variable and no file.
#[derive(Debug, Clone)]
pub struct ByHand {
    pub http: SharedHttpClient,
    pub region: Region,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Absent: AWS's own host names (an in-process connector does not resolve them).
    pub endpoint: Option<String>,
    /// Absent: 16.
    pub in_flight_max: Option<usize>,
}

/// A way to AWS: credentials, HTTP client, time, and the limit on calls under way, shared by the
/// [`Cloud`]s of all its regions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {}

impl Connection {
    /// Builds one from the SDK's default chain (environment, profile files, container, instance).
    /// Calls nothing: missing credentials show at the first call.
    pub async fn from_chain(reach: &Reach, clock: &Clock) -> Self {
        todo!()
    }

    /// Builds one from its parts.
    pub fn by_hand(parts: ByHand, clock: &Clock) -> Self {
        todo!()
    }

    /// The region that the overrides or the chain name.
    pub fn region(&self) -> Option<Region> {
        todo!()
    }

    /// The door to one region; absent: the connection's own.
    ///
    /// # Errors
    /// `Invalid` when no region is named anywhere.
    pub fn cloud(&self, region: Option<&Region>) -> Result<Cloud, CloudError> {
        todo!()
    }
}
