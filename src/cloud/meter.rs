//! Counts what goes out: requests as sent (retries included), throttles, and how many at once.
//!
//! The counting sits in an SDK interceptor, since the SDK's own retries pass no other place that
//! knows an operation's name. The pace does not read these counters; it sees each answer itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::codes;

/// What one connection has asked of AWS so far, over all regions and clones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calls {
    /// By IAM action: `ec2:DescribeImages`.
    pub by_operation: BTreeMap<String, OperationCalls>,
    /// Requests under way now; what waits for its turn is not.
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

/// The counters of one connection; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Calls>>);

impl Meter {
    pub(super) fn snapshot(&self) -> Calls {
        self.with(|calls| calls.clone())
    }

    /// The same into an earlier snapshot, which is left alone where nothing was counted since.
    pub(super) fn read(&self, into: &mut Calls) {
        self.with(|calls| {
            if calls != into {
                into.clone_from(calls);
            }
        });
    }

    /// Counts a call as under way until the guard is dropped, however it ends.
    pub(super) fn enter(&self) -> CallUnderWay {
        self.with(|calls| {
            calls.in_flight += 1;
            calls.in_flight_peak = calls.in_flight_peak.max(calls.in_flight);
        });
        CallUnderWay(self.clone())
    }

    /// The interceptor that counts for one service; `service` as IAM writes it.
    pub(super) fn of_service(&self, service: &'static str) -> impl Intercept + use<> {
        ServiceMeter {
            service,
            meter: self.clone(),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Calls) -> T) -> T {
        // Counters stay usable after a panic elsewhere: each change is complete in itself.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One call under way.
#[derive(Debug)]
pub(super) struct CallUnderWay(Meter);

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        self.0.with(|calls| calls.in_flight -= 1);
    }
}

#[derive(Debug)]
struct ServiceMeter {
    service: &'static str,
    meter: Meter,
}

impl ServiceMeter {
    fn count(&self, cfg: &ConfigBag, change: impl FnOnce(&mut OperationCalls)) {
        let operation = cfg.load::<Metadata>().map_or("?", Metadata::name);
        let action = format!("{}:{operation}", self.service);
        self.meter
            .with(|calls| change(calls.by_operation.entry(action).or_default()));
    }
}

#[dyn_dispatch_hint]
impl Intercept for ServiceMeter {
    fn name(&self) -> &'static str {
        "amiwatch::ServiceMeter"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.count(cfg, |calls| calls.sent += 1);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        if !response.status().is_success() && says_too_often(response.status().as_u16(), body) {
            self.count(cfg, |calls| calls.throttled += 1);
        }
        Ok(())
    }
}

/// Whether an error answer is a throttle: by its code, in XML (`<Code>`) or JSON (`__type`).
pub(super) fn says_too_often(status: u16, body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    let after = |mark: &str| body.split_once(mark).map(|(_, rest)| rest);
    let code = after("<Code>")
        .or_else(|| after("\"__type\":\""))
        .or_else(|| after("\"__type\": \""))
        .and_then(|rest| rest.split(['<', '"']).next())
        .map(|code| code.rsplit_once('#').map_or(code, |(_, name)| name));
    status == 429 || code.is_some_and(codes::is_throttle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_are_known_in_both_protocols() {
        let cases: &[(u16, &str, bool)] = &[
            (400, "<Error><Code>Throttling</Code></Error>", true),
            (
                503,
                "<Errors><Error><Code>RequestLimitExceeded</Code>",
                true,
            ),
            (400, r#"{"__type":"ThrottlingException"}"#, true),
            (
                400,
                r#"{"__type": "com.amazonaws.ssm#ThrottlingException"}"#,
                true,
            ),
            (429, "", true),
            (400, "<Error><Code>VcpuLimitExceeded</Code></Error>", false),
            (503, "<Error><Code>ServiceUnavailable</Code></Error>", false),
        ];
        for (status, body, throttle) in cases {
            assert_eq!(
                says_too_often(*status, body.as_bytes()),
                *throttle,
                "{body}"
            );
        }
    }
}
