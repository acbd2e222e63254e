//! EventBridge: one event onto a bus, and whether the bus is there, in the bus's own region.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};

const PUT_EVENTS: Operation = Operation::change("events:PutEvents");
const DESCRIBE_BUS: Operation = Operation::read("events:DescribeEventBus");

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    pub source: &'static str,
    pub detail_type: String,
    /// JSON.
    pub detail: String,
    pub at: DateTime<Utc>,
}

impl Cloud {
    /// Puts an event onto a bus, by its name or ARN.
    ///
    /// # Errors
    /// `Unknown` when it may have been put; `Throttled` and others also where EventBridge took the call and
    /// not the event.
    pub async fn put_event(&self, bus: &str, event: &BusEvent) -> Result<(), CloudError> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(event.source)
            .detail_type(&event.detail_type)
            .detail(&event.detail)
            .time(SdkTime::from_secs(event.at.timestamp()))
            .build();
        let request = self.events(PUT_EVENTS).put_events().entries(entry).send();
        let answer = self.call(PUT_EVENTS, bus, request).await?;
        let refused = answer
            .entries()
            .iter()
            .find(|one| one.error_code().is_some());
        match refused {
            None if answer.failed_entry_count() == 0 => Ok(()),
            None => Err(self.fault(
                PUT_EVENTS,
                bus,
                ErrorKind::Transient,
                "the event was not taken",
            )),
            Some(one) => {
                let code = one.error_code().unwrap_or_default();
                let message = one.error_message().unwrap_or_default();
                let said = format!("{code}: {message}");
                Err(self.fault(PUT_EVENTS, bus, ErrorKind::Transient, &said))
            }
        }
    }

    /// Whether there is such a bus, by its name or ARN.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn bus_is_there(&self, bus: &str) -> Result<bool, CloudError> {
        let request = self
            .events(DESCRIBE_BUS)
            .describe_event_bus()
            .name(bus)
            .send();
        match self.call(DESCRIBE_BUS, bus, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::canned::{Reply, answering_cloud};

    fn event() -> BusEvent {
        BusEvent {
            source: "amiwatch",
            detail_type: "amiwatch baked".to_owned(),
            detail: "{}".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_bus_is_there_or_not_and_a_refusal_tells_neither() {
        let (cloud, asked) = answering_cloud(|nth, _| {
            match nth {
            1 => Reply::Answer(200, "{\"Name\":\"ops\"}".to_owned()),
            2 => Reply::Answer(
                400,
                "{\"__type\":\"ResourceNotFoundException\",\"message\":\"Event bus ops does not exist.\"}"
                    .to_owned(),
            ),
            _ => Reply::Answer(
                400,
                "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}".to_owned(),
            ),
        }
        });
        assert!(cloud.bus_is_there("ops").await.unwrap());
        assert!(!cloud.bus_is_there("ops").await.unwrap());
        let error = cloud.bus_is_there("ops").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("\"Name\":\"ops\""), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_is_not_taken_is_a_failure_although_the_call_is_none() {
        let (cloud, asked) = answering_cloud(|nth, _| {
            let body = match nth {
                1 => "{\"FailedEntryCount\":0,\"Entries\":[{\"EventId\":\"e\"}]}",
                2 => {
                    "{\"FailedEntryCount\":1,\"Entries\":[{\"ErrorCode\":\"ThrottlingException\",\
                     \"ErrorMessage\":\"Rate exceeded\"}]}"
                }
                _ => "{\"FailedEntryCount\":1,\"Entries\":[]}",
            };
            Reply::Answer(200, body.to_owned())
        });
        cloud.put_event("default", &event()).await.unwrap();
        let error = cloud.put_event("default", &event()).await.unwrap_err();
        assert!(error.to_string().contains("Rate exceeded"), "{error}");
        cloud.put_event("default", &event()).await.unwrap_err();
        let asked = asked.lock().unwrap();
        assert!(
            asked[0].contains("\"EventBusName\":\"default\""),
            "{asked:?}"
        );
        assert!(
            asked[0].contains("\"DetailType\":\"amiwatch baked\""),
            "{asked:?}"
        );
    }
}
