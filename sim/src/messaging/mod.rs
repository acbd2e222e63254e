//! SNS and SQS: topics, queues, and the subscriptions that lead from one to the other; and the default event
//! bus, of which nothing leads anywhere.

pub(crate) mod bus;
pub(crate) mod model;
pub(crate) mod sns;
pub(crate) mod sqs;
