//! The SDK's clients of one identity in one region: per service one that asks and one that changes.
//!
//! Two, because they differ in what a failure costs: a question is cheap to repeat and should give
//! up soon, a change must never be repeated blindly and may take its time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_types::region::Region as SdkRegion;

use super::codes::CallEffect;
use super::known_texts::KnownTexts;
use super::lane::{CHANGES, CallLine, Gate, Road};
use super::payer::Payer;
use crate::model::ids::Region;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_ATTEMPTS: u32 = 4;
const CHANGE_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// Last resort for a whole call: its attempts, the pauses between them, and its turns, which an
/// account that throttles everything makes long.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(300);

/// The two clients of one service, made when first used.
#[derive(Debug)]
pub(super) struct Pair<C> {
    read: OnceLock<C>,
    change: OnceLock<C>,
}

impl<C> Pair<C> {
    fn new() -> Self {
        Self {
            read: OnceLock::new(),
            change: OnceLock::new(),
        }
    }

    pub(super) fn get(&self, effect: CallEffect, make: impl FnOnce() -> C) -> &C {
        match effect {
            CallEffect::Read => self.read.get_or_init(make),
            CallEffect::Change => self.change.get_or_init(make),
        }
    }
}

/// The clients of one identity in one region.
#[derive(Debug)]
pub(super) struct Clients {
    read: SdkConfig,
    change: SdkConfig,
    region: Region,
    payer: Arc<Payer>,
    pub(super) road: Road,
    pub(super) autoscaling: Pair<aws_sdk_autoscaling::Client>,
    pub(super) dynamodb: Pair<aws_sdk_dynamodb::Client>,
    pub(super) ec2: Pair<aws_sdk_ec2::Client>,
    pub(super) beanstalk: Pair<aws_sdk_elasticbeanstalk::Client>,
    pub(super) events: Pair<aws_sdk_eventbridge::Client>,
    pub(super) kms: Pair<aws_sdk_kms::Client>,
    pub(super) sns: Pair<aws_sdk_sns::Client>,
    pub(super) ssm: Pair<aws_sdk_ssm::Client>,
    pub(super) sts: Pair<aws_sdk_sts::Client>,
    /// What parameters were seen to name.
    pub(super) texts: KnownTexts,
}

impl Clients {
    pub(super) fn new(sdk: &SdkConfig, region: &Region, payer: &Arc<Payer>, road: &Road) -> Self {
        let of = |retry: RetryConfig| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build();
            let region = SdkRegion::new(region.as_str().to_owned());
            let sdk = sdk.to_builder().region(region);
            sdk.retry_config(retry).timeout_config(timeouts).build()
        };
        let retry = RetryConfig::standard().with_max_attempts(READ_ATTEMPTS);
        Self {
            read: of(retry),
            change: of(RetryConfig::disabled()),
            region: region.clone(),
            payer: Arc::clone(payer),
            road: road.in_own_room(),
            autoscaling: Pair::new(),
            dynamodb: Pair::new(),
            ec2: Pair::new(),
            beanstalk: Pair::new(),
            events: Pair::new(),
            kms: Pair::new(),
            sns: Pair::new(),
            ssm: Pair::new(),
            sts: Pair::new(),
            texts: KnownTexts::default(),
        }
    }

    /// The SDK's configuration for one client, with the line that it waits in before the wire.
    pub(super) fn sdk(&self, service: &'static str, effect: CallEffect) -> SdkConfig {
        let (sdk, what, attempt_max) = match effect {
            CallEffect::Read => (&self.read, "reads", READ_ATTEMPT_TIMEOUT),
            CallEffect::Change => (&self.change, CHANGES, CHANGE_ATTEMPT_TIMEOUT),
        };
        let line = CallLine {
            service,
            what,
            region: self.region.clone(),
        };
        let wire = sdk.http_client().map(|wire| {
            let payer = Arc::clone(&self.payer);
            Gate::new(line, payer, &self.road, attempt_max).before(wire)
        });
        let mut sdk = sdk.to_builder();
        sdk.set_http_client(wire);
        sdk.build()
    }

    /// What roles are assumed with. A session that nobody got is no harm, so that asking again is right.
    pub(super) fn sts_for_roles(&self) -> SdkConfig {
        self.sdk("sts", CallEffect::Read)
    }
}
