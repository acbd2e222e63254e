//! Which client a call goes by: the one that fits its operation, made when it is first asked for.

use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};

use super::call::{Cloud, Operation};

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
                    let sdk = clients.sdk($iam, operation.effect);
                    let config = $sdk::config::Builder::from(&sdk)
                        .retry_partition(own_retry_budget())
                        .interceptor(clients.road.meter.of_service($iam))
                        .build();
                    $sdk::Client::from_conf(config)
                })
            }
        }
    )+};
}

accessors! {
    autoscaling: aws_sdk_autoscaling as "autoscaling",
    dynamodb: aws_sdk_dynamodb as "dynamodb",
    ec2: aws_sdk_ec2 as "ec2",
    beanstalk: aws_sdk_elasticbeanstalk as "elasticbeanstalk",
    events: aws_sdk_eventbridge as "events",
    kms: aws_sdk_kms as "kms",
    sns: aws_sdk_sns as "sns",
    ssm: aws_sdk_ssm as "ssm",
    sts: aws_sdk_sts as "sts",
}
