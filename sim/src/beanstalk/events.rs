//! DescribeEvents: what was said of environments, newest first.

use chrono::{DateTime, Utc};

use super::model::EnvironmentEvent;
use super::{Room, page};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 1000;
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let p = room.p;
    let (from, to) = (time(room, "StartTime")?, time(room, "EndTime")?);
    let is = |field: &str, have: &str| p.get(field).is_none_or(|want| want == have);
    let least = p
        .get("Severity")
        .and_then(|s| SEVERITIES.iter().position(|known| *known == s));
    let wanted = |e: &&EnvironmentEvent| {
        is("ApplicationName", &e.application)
            && is("EnvironmentName", &e.environment)
            && p.get("RequestId")
                .is_none_or(|id| e.request_id.as_deref() == Some(id))
            && from.is_none_or(|from| e.at >= from)
            && to.is_none_or(|to| e.at < to)
            && least.is_none_or(|least| {
                SEVERITIES
                    .iter()
                    .position(|s| *s == e.severity)
                    .is_some_and(|s| s >= least)
            })
    };
    let all = room.beanstalk.events.iter().rev().filter(wanted).collect();
    let (shown, token) = page(room, all, MOST)?;
    let mut x = Xml::new();
    x.members("Events", shown, |x, e| {
        x.text("EventDate", iso(e.at));
        x.text("Message", &e.message);
        x.text("ApplicationName", &e.application);
        x.text("EnvironmentName", &e.environment);
        x.opt("RequestId", e.request_id.as_ref());
        x.text("Severity", e.severity);
    });
    x.opt("NextToken", token);
    Ok(x.into_string())
}

fn time(room: &Room<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Fail> {
    let Some(text) = room.p.get(name) else {
        return Ok(None);
    };
    let parsed = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    parsed
        .map(Some)
        .map_err(|_| Fail::invalid(format!("Value ({text}) for {name} is invalid.")))
}
