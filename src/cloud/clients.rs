//! The SDK's clients of one region: per service one that asks and one that changes.
//!
//! Two, because they differ in what a failure costs: a question is cheap to repeat and should give
//! up soon, a change must never be repeated blindly and may take its time.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};
use aws_types::region::Region as SdkRegion;

use super::call::{Cloud, Operation};
use super::codes::Effect;
use super::meter::Meter;
use crate::model::ids::Region;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The first attempt and three more, with the waits between them.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const READ_ATTEMPTS: u32 = 4;
const CHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The two clients of one service, made when first used.
#[derive(Debug)]
struct Pair<C> {
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

    fn get(&self, effect: Effect, make: impl FnOnce() -> C) -> &C {
        match effect {
            Effect::Read => self.read.get_or_init(make),
            Effect::Change => self.change.get_or_init(make),
        }
    }
}

/// The clients of one region.
#[derive(Debug)]
pub(super) struct Clients {
    read: SdkConfig,
    change: SdkConfig,
    meter: Meter,
    ec2: Pair<aws_sdk_ec2::Client>,
    beanstalk: Pair<aws_sdk_elasticbeanstalk::Client>,
    sns: Pair<aws_sdk_sns::Client>,
    ssm: Pair<aws_sdk_ssm::Client>,
    sts: Pair<aws_sdk_sts::Client>,
}

impl Clients {
    pub(super) fn new(sdk: &SdkConfig, region: &Region, meter: &Meter) -> Self {
        let region = SdkRegion::new(region.as_str().to_owned());
        let of = |retry: RetryConfig, attempt: Duration, whole: Duration| {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(attempt)
                .operation_timeout(whole)
                .build();
            let sdk = sdk.to_builder().region(region.clone());
            sdk.retry_config(retry).timeout_config(timeouts).build()
        };
        let retry = RetryConfig::standard().with_max_attempts(READ_ATTEMPTS);
        Self {
            read: of(retry, READ_ATTEMPT_TIMEOUT, READ_TIMEOUT),
            change: of(RetryConfig::disabled(), CHANGE_TIMEOUT, CHANGE_TIMEOUT),
            meter: meter.clone(),
            ec2: Pair::new(),
            beanstalk: Pair::new(),
            sns: Pair::new(),
            ssm: Pair::new(),
            sts: Pair::new(),
        }
    }

    fn sdk(&self, effect: Effect) -> &SdkConfig {
        match effect {
            Effect::Read => &self.read,
            Effect::Change => &self.change,
        }
    }
}

/// A retry budget of the client's own. The SDK's default one is a static of the process: another
/// connection's bad day would use it up, and no two tests would see the same.
fn own_retry_budget() -> RetryPartition {
    RetryPartition::custom("amiwatch")
        .token_bucket(TokenBucket::default())
        .build()
}

/// Declares a service's accessor: the client that fits the operation.
macro_rules! accessors {
    ($($service:ident: $sdk:ident as $iam:literal),+ $(,)?) => {$(
        impl Cloud {
            pub(super) fn $service(&self, operation: Operation) -> &$sdk::Client {
                let clients = &self.clients;
                clients.$service.get(operation.effect, || {
                    let sdk = clients.sdk(operation.effect);
                    let config = $sdk::config::Builder::from(sdk)
                        .retry_partition(own_retry_budget())
                        .interceptor(clients.meter.of_service($iam))
                        .build();
                    $sdk::Client::from_conf(config)
                })
            }
        }
    )+};
}

accessors! {
    ec2: aws_sdk_ec2 as "ec2",
    beanstalk: aws_sdk_elasticbeanstalk as "elasticbeanstalk",
    sns: aws_sdk_sns as "sns",
    ssm: aws_sdk_ssm as "ssm",
    sts: aws_sdk_sts as "sts",
}
