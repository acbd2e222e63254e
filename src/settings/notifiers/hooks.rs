//! Reads receivers that are told by a secret address or key of theirs: Slack, Teams, PagerDuty.

use super::super::fault::{Problem, quoted_value};
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::secret::read_secret;
use super::super::values;
use super::NotifierKind;
use crate::model::loopback::is_loopback;

/// Where PagerDuty's events go unless the account is in another of its regions.
const PAGERDUTY: &str = "https://events.pagerduty.com";
/// Where Slack's methods are, unless it is GovSlack.
const SLACK: &str = "https://slack.com/api";

pub(super) fn slack(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let token = section.place_of("token");
    match (&token, section.place_of("webhook_url")) {
        (None, None) => {
            let right = "add `webhook_url = { env = \"...\" }`, or `token` and `channel` of an app";
            let problem = Problem::new("nothing says how Slack is told", right);
            reading.fault_in_context(section.at.clone(), problem);
            return None;
        }
        (Some(at), Some(_)) => {
            let right = "leave one of them out: an app's token keeps a story in one thread";
            let wrong = "Slack is told by a webhook or by a token";
            reading.fault(at.clone(), Problem::new(wrong, right));
            return None;
        }
        (Some(_), None) => return slack_app(section, reading),
        (None, Some(_)) => {}
    }
    for of_an_app in ["channel", "url"] {
        if let Some(at) = section.place_of(of_an_app) {
            let wrong = format!("a webhook has its own channel, and takes no `{of_an_app}`");
            let right = "remove it, or write `token` instead of `webhook_url`";
            reading.fault(at, Problem::new(wrong, right));
        }
    }
    let webhook_url = read_secret(section, "webhook_url", reading)?;
    Some(NotifierKind::Slack { webhook_url })
}

fn slack_app(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<NotifierKind> {
    let url = match section.place_of("url") {
        None => Some(SLACK.to_owned()),
        Some(_) => reading.parsed(section.text("url"), api_url),
    };
    let channel = reading.required(section, "channel", channel);
    let token = read_secret(section, "token", reading)?;
    Some(NotifierKind::SlackApp {
        token,
        channel: channel?,
        url: url?,
    })
}

/// The id: a message is changed by it alone, and a channel that is renamed keeps it.
fn channel(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let id = text.starts_with(['C', 'G', 'D']) && (9..=30).contains(&text.len());
    match id && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(
            format!("{} is not a channel's id", quoted_value(text)),
            "write what stands at the end of the channel's details in Slack, such as \"C0123456789\"",
        )),
    }
}

fn api_url(text: &str) -> Result<String, Problem> {
    let text = values::endpoint_url(text)?;
    match text.starts_with("https://") || is_here(&text) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(Problem::new(
            "the address of Slack's API is not https",
            "write \"https://slack.com/api\", or \"https://slack-gov.com/api\"",
        )),
    }
}

fn is_here(text: &str) -> bool {
    let here = |url: url::Url| url.host().is_some_and(|host| is_loopback(&host));
    url::Url::parse(text).is_ok_and(here)
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
    let safe = text.starts_with("https://") || is_here(&text);
    match bare && safe {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(Problem::new(
            "the address of PagerDuty's events is not https and a host alone",
            "write \"https://events.pagerduty.com\" or \"https://events.eu.pagerduty.com\"",
        )),
    }
}
