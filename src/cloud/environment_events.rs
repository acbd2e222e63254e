//! What Elastic Beanstalk says happened to an environment. Events carry the id of the request that they
//! belong to; UpdateEnvironment knows no other way to be found again.

use aws_sdk_elasticbeanstalk::types::EventDescription;
use chrono::{DateTime, Utc};

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::CloudError;
use super::tagging::our_time;
use crate::model::environment::{EnvironmentEvent, EventSeverity};
use crate::model::ids::PlatformArn;

const DESCRIBE_EVENTS: Operation = Operation::read("elasticbeanstalk:DescribeEvents");

/// The most that AWS puts into one page.
const EVENTS_PER_PAGE: i32 = 1_000;

impl Cloud {
    /// The events of an environment from `since` on, newest first. Beanstalk keeps them for six weeks.
    /// An empty list can also mean that the credentials may not see any: AWS does not say.
    ///
    /// # Errors
    /// Any kind; an answer that does not end is `Transient`, never a shorter list.
    pub async fn environment_events(
        &self,
        id: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<EnvironmentEvent>, CloudError> {
        let mut events = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .beanstalk(DESCRIBE_EVENTS)
                .describe_events()
                .environment_id(id)
                .start_time(sdk_time(since))
                .max_records(EVENTS_PER_PAGE)
                .set_next_token(token)
                .send();
            let page = self.call(DESCRIBE_EVENTS, id, request).await?;
            events.extend(page.events().iter().filter_map(our_event));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                events.retain(|event: &EnvironmentEvent| event.at >= since);
                // Stable: of one moment, the order is AWS's.
                events.sort_by_key(|event| std::cmp::Reverse(event.at));
                return Ok(events);
            }
        }
        Err(self.endless(DESCRIBE_EVENTS, id))
    }
}

fn sdk_time(at: DateTime<Utc>) -> aws_smithy_types::DateTime {
    aws_smithy_types::DateTime::from_millis(at.timestamp_millis())
}

/// `None` for an entry without a time, of which nobody could say whether it was before or after.
fn our_event(said: &EventDescription) -> Option<EnvironmentEvent> {
    let word = |word: Option<&str>| word.filter(|word| !word.is_empty()).map(str::to_owned);
    let severity = said.severity().map_or("", |severity| severity.as_str());
    Some(EnvironmentEvent {
        at: said.event_date().and_then(our_time)?,
        severity: our_severity(severity),
        message: said.message().unwrap_or_default().to_owned(),
        request_id: word(said.request_id()),
        platform: said.platform_arn().map(PlatformArn::from),
        version_label: word(said.version_label()),
    })
}

/// A word that this version does not know is worth a look, and no error.
fn our_severity(word: &str) -> EventSeverity {
    match word {
        "TRACE" => EventSeverity::Trace,
        "DEBUG" => EventSeverity::Debug,
        "INFO" => EventSeverity::Info,
        "ERROR" => EventSeverity::Error,
        "FATAL" => EventSeverity::Fatal,
        _ => EventSeverity::Warn,
    }
}
