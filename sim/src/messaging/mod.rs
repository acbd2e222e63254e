//! SNS and SQS: topics, queues, and the subscriptions that lead from one to the other.

pub(crate) mod model;
pub(crate) mod sns;
pub(crate) mod sqs;
