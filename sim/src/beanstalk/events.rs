//! What is said of environments, and DescribeEvents, which shows it newest first and a little late.

use chrono::{DateTime, TimeDelta, Utc};

use super::environment::Environment;
use super::model::{Beanstalk, EnvironmentEvent};
use super::{Room, environments, page};
use crate::clock::{delta, iso};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 1000;
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
/// How long events are kept: six weeks.
const KEPT: TimeDelta = TimeDelta::days(42);

/// How something is said: how bad it is, and of which request.
pub(crate) struct Said<'a> {
    pub(crate) severity: &'static str,
    pub(crate) request: Option<&'a str>,
}

pub(crate) fn say(
    beanstalk: &mut Beanstalk,
    at: DateTime<Utc>,
    environment: &Environment,
    said: Said<'_>,
    message: impl Into<String>,
) {
    beanstalk.events.push(EnvironmentEvent {
        at,
        application: environment.application.clone(),
        environment: environment.name.clone(),
        environment_id: environment.id.clone(),
        severity: said.severity,
        message: message.into(),
        request_id: said.request.map(str::to_owned),
    });
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let known = room.core.now - delta(room.core.timing.events_late);
    let wanted = Wanted::of(room)?;
    let all = room.beanstalk.events.iter().rev();
    let all = all.filter(|e| e.at <= known && wanted.admits(e)).collect();
    let (shown, token) = page(room, all, MOST)?;
    let mut x = Xml::new();
    x.members("Events", shown, write);
    x.opt("NextToken", token);
    Ok(x.into_string())
}

/// What a call asks for.
struct Wanted<'a> {
    room: &'a Room<'a>,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    least: usize,
}

impl<'a> Wanted<'a> {
    fn of(room: &'a Room<'a>) -> Result<Self, Fail> {
        let least = match room.p.get("Severity") {
            None => 0,
            Some(asked) => place(asked).ok_or_else(|| {
                let message = format!("Value '{asked}' at 'severity' failed to satisfy constraint");
                Fail::new("ValidationError", message)
            })?,
        };
        let kept = room.core.now - KEPT;
        Ok(Self {
            room,
            from: time(room, "StartTime")?.unwrap_or(kept).max(kept),
            to: time(room, "EndTime")?,
            least,
        })
    }

    fn admits(&self, e: &EnvironmentEvent) -> bool {
        let is = |field: &str, have: Option<&str>| {
            let want = self.room.p.get(field);
            want.is_none_or(|want| Some(want) == have)
        };
        is("ApplicationName", Some(&e.application))
            && is("EnvironmentName", Some(&e.environment))
            && is("EnvironmentId", Some(&e.environment_id))
            && is("RequestId", e.request_id.as_deref())
            && e.at >= self.from
            && self.to.is_none_or(|to| e.at < to)
            && place(e.severity).is_some_and(|severity| severity >= self.least)
            && self.may_see(e)
    }
}

impl Wanted<'_> {
    /// Events of environments that the caller may not see are left out.
    fn may_see(&self, e: &EnvironmentEvent) -> bool {
        let environment = self.room.beanstalk.environments.get(&e.environment);
        environment.is_none_or(|found| environments::is_allowed(self.room, "DescribeEvents", found))
    }
}

fn place(severity: &str) -> Option<usize> {
    SEVERITIES.iter().position(|known| *known == severity)
}

fn write(x: &mut Xml, e: &EnvironmentEvent) {
    x.text("EventDate", iso(e.at));
    x.text("Message", &e.message);
    x.text("ApplicationName", &e.application);
    x.text("EnvironmentName", &e.environment);
    x.opt("RequestId", e.request_id.as_ref());
    x.text("Severity", e.severity);
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
