//! Reads how many messages a receiver is sent, and when it is not disturbed.

use std::time::Duration;

use chrono::{NaiveTime, Timelike as _};

use crate::model::cron_text::CronText;
use crate::model::notice::DailyHours;

use super::super::cron::parse_cron;
use super::super::fault::{Problem, quoted_value};
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::values;

const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const REMIND_MAX_DAYS: u32 = 30;
/// More is no limit.
const PER_HOUR_MAX: i64 = 1_000;

pub(super) fn per_hour(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<u32> {
    let written = section.integer("per_hour")?;
    if (1..=PER_HOUR_MAX).contains(&written) {
        return u32::try_from(written).ok();
    }
    let wrong = format!("{written} messages an hour cannot be sent");
    let right = format!("write 1 to {PER_HOUR_MAX}; leave it out for no limit");
    let at = section.place_of("per_hour").unwrap_or_default();
    reading.fault(at, Problem::new(wrong, right));
    None
}

/// `22:00-07:00`
pub(super) fn quiet_hours(text: &str) -> Result<DailyHours, Problem> {
    let both = text.split_once('-').and_then(|(from, to)| {
        let (from, to) = (clock_time(from)?, clock_time(to)?);
        Some(DailyHours { from, to })
    });
    let right = "write \"22:00-07:00\", by a clock of 24 hours";
    match both {
        Some(hours) if hours.from == hours.to => Err(Problem::new(
            "hours that end when they begin would be the whole day",
            "write when they end; `severity = \"warning\"` leaves out what only informs",
        )),
        Some(hours) => Ok(hours),
        None => Err(Problem::new(
            format!("{} are no hours of a day", quoted_value(text)),
            right,
        )),
    }
}

/// `mon 08:00`, or `daily 08:00`: in cron text, so that it is due as a schedule is.
pub(super) fn digest_time(text: &str) -> Result<CronText, Problem> {
    let written = text.split_once(' ').and_then(|(day, time)| {
        let day = match day {
            "daily" => "*",
            day => DAYS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(day))?,
        };
        let time = clock_time(time)?;
        Some(format!("{} {} * * {day}", time.minute(), time.hour()))
    });
    match written {
        Some(cron) => parse_cron(&cron),
        None => Err(Problem::new(
            format!("{} is no time of a week", quoted_value(text)),
            "write \"mon 08:00\" (mon, tue, wed, thu, fri, sat, sun) or \"daily 08:00\"",
        )),
    }
}

/// A day is the least: whoever wants it sooner has the notices themselves.
pub(super) fn remind_after(text: &str) -> Result<Duration, Problem> {
    values::parse_duration(text, values::DAY, REMIND_MAX_DAYS * values::DAY)
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| -> Option<u32> {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| digits.parse().ok())?
    };
    NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0)
}
