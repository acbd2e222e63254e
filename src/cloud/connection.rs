//! How AWS is reached: through the SDK's default chain, or by hand for the simulated account.
//!
//! Both ways end in one shared SDK configuration with our clock, one HTTP client, our time-outs.
//! Only the first may look at the environment and at files.

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, ConnectorBuilder, proxy, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_types::region::Region as SdkRegion;

use super::call::{Cloud, Shared};
use super::error::{CallFailure, CloudError, ErrorKind};
use super::fence::Fence;
use super::identity::{AssumedRole, Identity, Principal, renewed_early};
use super::lane::Lanes;
use super::meter::Calls;
use super::pace::Pace;
use super::sdk_clock::SdkClock;
use crate::clock::Clock;
use crate::model::ids::Region;

/// Calls under way at once when nobody says otherwise: enough to hide 20 ms of latency, few enough
/// to leave the account's shared request buckets to others.
const IN_FLIGHT_MAX_DEFAULT: usize = 16;

/// What the config's `[aws]` section overrides of the SDK's default chain. Empty: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    pub region: Option<Region>,
    pub profile: Option<String>,
    /// A role to assume with the credentials of the chain.
    pub role: Option<AssumedRole>,
    pub endpoint: Option<String>,
    /// Calls under way at once, of one identity in one region; absent: 16.
    pub in_flight_max: Option<usize>,
}

/// Everything that the default chain would have found. Reads no environment variable and no file.
#[derive(Clone)]
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

/// A way to AWS: credentials, HTTP client, time, and the limits on calls under way, shared by the
/// [`Cloud`]s of all its identities and regions. Cheap to clone.
///
/// The pace belongs to an account and a region, whoever asks: a second identity of one account waits
/// in the lines of the first. A role's account is in its ARN; credentials whose account is not known
/// yet have lines of their own, which become the account's once it is known.
#[derive(Debug, Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    region: Option<Region>,
}

impl Connection {
    /// Builds one from the SDK's default chain (environment, profile files, container, instance).
    /// Calls nothing unless the chain must ask the instance for its region; missing credentials
    /// show at the first call.
    pub async fn from_chain(reach: &Reach, clock: &Clock) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .time_source(SdkClock(clock.clone()))
            .sleep_impl(SdkClock(clock.clone()))
            .stalled_stream_protection(no_stalled_stream_protection())
            .http_client(https_client());
        if let Some(region) = &reach.region {
            loader = loader.region(SdkRegion::new(region.as_str().to_owned()));
        }
        if let Some(profile) = &reach.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(endpoint) = &reach.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let mut sdk = loader.load().await;
        if let Some(role) = &reach.role {
            sdk = assuming(role, sdk).await;
        }
        Self::new(sdk, reach.role.clone(), clock, reach.in_flight_max)
    }

    /// Builds one from its parts.
    ///
    /// Retries of the SDK wait a random while, from a generator of the calling thread. It is seeded
    /// here, since a simulated account wants the same run twice; [`Self::from_chain`] leaves it be.
    pub fn by_hand(parts: ByHand, clock: &Clock) -> Self {
        const SEED: u64 = 42;
        fastrand::seed(SEED);
        let credentials = Credentials::new(
            parts.access_key_id,
            parts.secret_access_key,
            None,
            None,
            "by hand",
        );
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(SdkRegion::new(parts.region.as_str().to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .time_source(SdkClock(clock.clone()))
            .sleep_impl(SdkClock(clock.clone()))
            .stalled_stream_protection(no_stalled_stream_protection())
            .http_client(parts.http);
        sdk.set_endpoint_url(parts.endpoint);
        Self::new(sdk.build(), None, clock, parts.in_flight_max)
    }

    /// `role`: the one that these credentials are of, where they are of one.
    pub(super) fn new(
        sdk: SdkConfig,
        role: Option<AssumedRole>,
        clock: &Clock,
        in_flight_max: Option<usize>,
    ) -> Self {
        let region = sdk.region().map(|region| Region::new(region.as_ref()));
        let in_flight_max = in_flight_max.unwrap_or(IN_FLIGHT_MAX_DEFAULT).max(1);
        let lanes = Arc::new(Lanes::new(clock, Pace::Eager));
        let own = Principal::own(sdk, role);
        Self {
            shared: Arc::new(Shared::new(own, in_flight_max, lanes)),
            region,
        }
    }

    /// The same way to AWS at another pace, with counters and limits of its own. Until this is
    /// called a connection is [`Pace::Eager`].
    #[must_use]
    pub fn at_pace(&self, pace: Pace) -> Self {
        let lanes = Arc::new(Lanes::new(self.shared.clock(), pace));
        self.in_lanes(lanes)
    }

    /// The same way to AWS in the lines of an earlier one, whose callers may still be asking: both
    /// together keep this one's pace, and what the earlier one has learnt of throttling is not forgotten.
    /// The counters are its own.
    #[must_use]
    pub fn in_lines_of(&self, earlier: &Self) -> Self {
        let lanes = earlier.shared.lanes();
        lanes.set_pace(self.shared.lanes().pace());
        self.in_lanes(Arc::clone(lanes))
    }

    /// The same way to AWS, on which changes are sent only while the fence lets them pass. Whoever goes on in its
    /// lines ([`Self::in_lines_of`]) is behind the same fence.
    #[must_use]
    pub fn behind(self, fence: &Fence) -> Self {
        self.shared.lanes().set_fence(fence);
        self
    }

    fn in_lanes(&self, lanes: Arc<Lanes>) -> Self {
        Self {
            shared: Arc::new(self.shared.anew(lanes)),
            region: self.region.clone(),
        }
    }

    /// The region that the overrides or the chain name.
    pub fn region(&self) -> Option<Region> {
        self.region.clone()
    }

    /// What was sent so far, over all regions; into what was read before, which mostly still holds.
    pub fn read_calls(&self, into: &mut Calls) {
        self.shared.read_calls(into);
    }

    /// The door to one region as one identity; absent: the connection's own region. Calls nothing: a
    /// role is assumed by the first request that needs it, and again before its session ends.
    ///
    /// # Errors
    /// `Invalid` when no region is named anywhere.
    pub fn cloud(&self, identity: &Identity, region: Option<&Region>) -> Result<Cloud, CloudError> {
        match region.or(self.region.as_ref()) {
            Some(region) => Ok(Cloud::new(&self.shared, identity, region)),
            None => Err(no_region()),
        }
    }
}

/// Credentials must not print with the parts.
impl std::fmt::Debug for ByHand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByHand")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("in_flight_max", &self.in_flight_max)
            .finish_non_exhaustive()
    }
}

async fn assuming(role: &AssumedRole, sdk: SdkConfig) -> SdkConfig {
    let provider = role.provider(&sdk).await;
    sdk.into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .identity_cache(renewed_early())
        .build()
}

/// One client for all services and regions. Left to itself each SDK client would make its own, with
/// a pool and a set of trusted roots each. It obeys the proxy variables, as the SDK's own does.
fn https_client() -> SharedHttpClient {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(provider.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(proxy::ProxyConfig::from_env()));
        connector.build()
    })
}

/// Nothing here streams: bodies are small and the attempt's own time-out bounds them. The watch on
/// throughput would only add false alarms in scaled time.
fn no_stalled_stream_protection() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

fn no_region() -> CloudError {
    CloudError::from(CallFailure {
        kind: ErrorKind::Invalid,
        region: "no region".into(),
        operation: "",
        resource: String::new(),
        code: None,
        request_id: None,
        message: "no region is named: pass --region, set AWS_REGION or `region` in [aws]".into(),
        remedy: None,
        source: None,
    })
}
