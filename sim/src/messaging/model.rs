//! What SNS and SQS hold in one region.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::state::Core;

#[derive(Clone, Debug, Default)]
pub(crate) struct Messaging {
    /// By ARN.
    pub(crate) topics: BTreeMap<String, Topic>,
    /// By name.
    pub(crate) queues: BTreeMap<String, Queue>,
    /// What FIFO topics were sent, by topic and deduplication id.
    pub(crate) published: BTreeMap<(String, String), Seen>,
    /// What the default event bus was given, oldest first.
    pub(crate) bus: Vec<BusEvent>,
}

/// A message that a FIFO topic took.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
}

/// An event as a bus was given it.
#[derive(Clone, Debug, PartialEq)]
pub struct BusEvent {
    pub source: String,
    pub detail_type: String,
    /// JSON.
    pub detail: Value,
}

impl Messaging {
    /// The id under which a FIFO topic took the same message in the last five minutes.
    pub(crate) fn seen(&self, topic: &str, message: &str, now: DateTime<Utc>) -> Option<String> {
        let seen = self
            .published
            .get(&(topic.to_owned(), message.to_owned()))?;
        (now - seen.at < TimeDelta::minutes(5)).then(|| seen.id.clone())
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Topic {
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) raw: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) messages: Vec<Queued>,
}

#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) sent: DateTime<Utc>,
    pub(crate) visible_from: DateTime<Utc>,
    pub(crate) receipt: String,
    pub(crate) received: u32,
}

pub(crate) fn topic_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:sns:{region}:{account}:{name}")
}

pub(crate) fn queue_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:sqs:{region}:{account}:{name}")
}

/// The last part of a queue's URL or ARN, or the name itself.
pub(crate) fn queue_name(name_url_or_arn: &str) -> &str {
    name_url_or_arn
        .rsplit(['/', ':'])
        .next()
        .unwrap_or(name_url_or_arn)
}

impl Queued {
    /// A message that is visible at once.
    pub(crate) fn new(core: &mut Core, body: String) -> Self {
        let id = format!("51300000-0000-4000-8000-{:012}", core.number());
        let receipt = String::new();
        Self {
            id,
            body,
            sent: core.now,
            visible_from: core.now,
            receipt,
            received: 0,
        }
    }
}
