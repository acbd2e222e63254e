//! What was called, in order: the account's own record, against which promises are checked.
//!
//! It must not interpret calls; it keeps what came and what was answered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One call as it came and as it was answered.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Entry {
    /// When it arrived, on the account's clock.
    pub at: DateTime<Utc>,
    /// Region of the signature's scope.
    pub region: String,
    /// ARN of whoever signed it.
    pub caller: String,
    /// The access key of the signature.
    pub key: String,
    /// Endpoint prefix: `ec2`, `elasticbeanstalk`, `autoscaling`, `dynamodb`, `kms`, `sns`, `sqs`, `ssm`, `sts`.
    pub service: String,
    /// `DescribeImages` and so on.
    pub operation: String,
    /// The parameters, flat (`Filter.1.Name`, `EnvironmentNames.member.1`, `Tags.0.Key`).
    pub params: BTreeMap<String, String>,
    /// `ok`, or the error code that was sent.
    pub outcome: String,
    /// True when the call changed or read state as asked, even if the answer was lost on its way.
    pub took_effect: bool,
    /// False when the caller never got an answer.
    pub answered: bool,
    /// The request id in the answer.
    pub request_id: String,
}

/// Every call, and counters over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    pub(crate) keep: Option<usize>,
    pub(crate) total: u64,
    pub(crate) in_flight: usize,
    pub(crate) max_in_flight: usize,
}

impl Ledger {
    pub(crate) fn push(&mut self, entry: Entry) {
        self.total += 1;
        if self.keep == Some(0) {
            return;
        }
        self.entries.push(entry);
        if let Some(keep) = self.keep
            && self.entries.len() >= keep.saturating_mul(2)
        {
            self.entries.drain(..self.entries.len() - keep);
        }
    }

    pub(crate) fn begin(&mut self) {
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
    }

    pub(crate) fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }
}

/// Totals of the ledger.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Counters {
    /// Calls since the start, or since the last clearing.
    pub calls: u64,
    /// Calls that a door holds open right now.
    pub in_flight: usize,
    /// The most calls that were open at once.
    pub max_in_flight: usize,
    /// Calls by `service:Operation` (over the entries that are kept).
    pub by_operation: BTreeMap<String, u64>,
    /// Calls by outcome (over the entries that are kept).
    pub by_outcome: BTreeMap<String, u64>,
}

impl Ledger {
    pub(crate) fn counters(&self) -> Counters {
        let mut by_operation = BTreeMap::new();
        let mut by_outcome = BTreeMap::new();
        for entry in &self.entries {
            *by_operation
                .entry(format!("{}:{}", entry.service, entry.operation))
                .or_default() += 1;
            *by_outcome.entry(entry.outcome.clone()).or_default() += 1;
        }
        Counters {
            calls: self.total,
            in_flight: self.in_flight,
            max_in_flight: self.max_in_flight,
            by_operation,
            by_outcome,
        }
    }
}
