//! Counts what goes out: requests as sent (retries included), throttles, and how many at once.

use std::collections::BTreeMap;

/// What one connection has asked of AWS so far, over all regions and clones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// By IAM action: `ec2:DescribeImages`.
    pub by_operation: BTreeMap<String, OperationCalls>,
    /// Calls under way now.
    pub in_flight: usize,
    /// The most that were ever under way at once.
    pub in_flight_peak: usize,
}

/// Requests of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperationCalls {
    /// Requests sent, every retry counted.
    pub sent: u64,
    /// Answers that said "too often".
    pub throttled: u64,
}

impl Calls {
    /// Requests sent, over all operations.
    pub fn sent(&self) -> u64 {
        self.by_operation.values().map(|calls| calls.sent).sum()
    }

    /// Throttled answers, over all operations.
    pub fn throttled(&self) -> u64 {
        self.by_operation
            .values()
            .map(|calls| calls.throttled)
            .sum()
    }
}
