//! Reads receivers that are told by a secret address or key of theirs: Slack, Teams, PagerDuty.

use super::super::fault::Problem;
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::secret::read_secret;
use super::super::values;
use super::NotifierKind;
use crate::model::loopback::is_loopback;

/// Where PagerDuty's events go unless the account is in another of its regions.
const PAGERDUTY: &str = "https://events.pagerduty.com";

pub(super) fn slack(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let webhook_url = read_secret(section, "webhook_url", reading)?;
    Some(NotifierKind::Slack { webhook_url })
}

pub(super) fn teams(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let webhook_url = read_secret(section, "webhook_url", reading)?;
    Some(NotifierKind::Teams { webhook_url })
}

pub(super) fn pagerduty(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let url = match section.place_of("url") {
        None => Some(PAGERDUTY.to_owned()),
        Some(_) => reading.parsed(section.text("url"), events_url),
    };
    let routing_key = read_secret(section, "routing_key", reading)?;
    Some(NotifierKind::PagerDuty {
        routing_key,
        url: url?,
    })
}

/// The host alone: the paths are PagerDuty's.
fn events_url(text: &str) -> Result<String, Problem> {
    let text = values::endpoint_url(text)?;
    let host = text.split_once("://").map_or("", |(_, rest)| rest);
    let bare = !host.trim_end_matches('/').contains(['/', '?', '#']);
    let here = |url: url::Url| url.host().is_some_and(|host| is_loopback(&host));
    let safe = text.starts_with("https://") || url::Url::parse(&text).is_ok_and(here);
    match bare && safe {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(Problem::new(
            "the address of PagerDuty's events is not https and a host alone",
            "write \"https://events.pagerduty.com\" or \"https://events.eu.pagerduty.com\"",
        )),
    }
}
