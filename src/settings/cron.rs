//! Checks cron text: which seconds, minutes, hours, days, months and years it names.
//!
//! Five fields are POSIX cron. Six start with seconds, seven end with years. In all three Sunday is
//! 0 (or 7), and when both days are restricted a day needs to match only one of them, as POSIX has
//! it. Libraries differ on both points, so what was meant is kept as sets.

use std::collections::BTreeSet;

use super::fault::{Problem, quoted_value};
use crate::model::cron_text::{CronField, CronText};

/// What a field may hold.
struct Rules {
    name: &'static str,
    first: u16,
    last: u16,
    /// Three-letter names for `first`, `first + 1` and so on.
    words: &'static [&'static str],
}

const SECOND: Rules = Rules::new("second", 0, 59);
const MINUTE: Rules = Rules::new("minute", 0, 59);
const HOUR: Rules = Rules::new("hour", 0, 23);
const DAY_OF_MONTH: Rules = Rules::new("day of month", 1, 31);
const MONTH: Rules = Rules {
    words: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    ..Rules::new("month", 1, 12)
};
const DAY_OF_WEEK: Rules = Rules {
    words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    ..Rules::new("day of week", 0, 7)
};
const YEAR: Rules = Rules::new("year", 1970, 2099);

/// The nicknames of some crons, which are not POSIX, and what each stands for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Reads cron text.
///
/// # Errors
/// Says which field is wrong and what it may hold; or that the date never comes.
pub fn parse_cron(text: &str) -> Result<CronText, Problem> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let (seconds, five, years) = match fields.as_slice() {
        five if five.len() == 5 => ("0", five, "*"),
        [seconds, five @ ..] if five.len() == 5 => (*seconds, five, "*"),
        [seconds, five @ .., years] if five.len() == 5 => (*seconds, five, *years),
        _ => return Err(wrong_count(text, fields.len())),
    };
    let parsed = CronText {
        text: text.to_owned(),
        seconds: SECOND.parse(seconds)?,
        minutes: MINUTE.parse(five[0])?,
        hours: HOUR.parse(five[1])?,
        days_of_month: DAY_OF_MONTH.parse(five[2])?,
        months: MONTH.parse(five[3])?,
        days_of_week: with_sunday_as_zero(DAY_OF_WEEK.parse(five[4])?),
        years: YEAR.parse(years)?,
    };
    check_that_a_day_exists(&parsed)?;
    Ok(parsed)
}

/// The default schedule.
pub(super) fn every_quarter() -> CronText {
    parse_cron("*/15 * * * *").expect("the default is a schedule")
}

/// `30 February` never comes, unless a day of the week can stand in for it.
fn check_that_a_day_exists(cron: &CronText) -> Result<(), Problem> {
    if !cron.days_of_week.unrestricted && !cron.days_of_month.unrestricted {
        return Ok(());
    }
    let longest = cron
        .months
        .values
        .iter()
        .map(|month| longest_day(*month, &cron.years))
        .max();
    if cron.days_of_month.values.first() > longest.as_ref() {
        return Err(Problem::new(
            format!(
                "the schedule {} names a day that no such month has",
                quoted_value(&cron.text)
            ),
            "name a day of the month that comes in one of its months",
        ));
    }
    Ok(())
}

fn longest_day(month: u16, years: &CronField) -> u16 {
    // No year that is allowed here ends in a century without its leap day: 2000 has one.
    let leap = |year: &u16| year.is_multiple_of(4);
    match month {
        2 if !years.values.iter().any(leap) => 28,
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn wrong_count(text: &str, count: usize) -> Problem {
    let nickname = NICKNAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    if let Some((name, fields)) = nickname {
        return Problem::new(
            format!("`{name}` is not POSIX cron"),
            format!("write \"{fields}\""),
        );
    }
    Problem::new(
        format!("the schedule {} has {count} fields", quoted_value(text)),
        "write five (minute hour day month weekday), six (seconds first) or seven (years last), \
         such as \"*/15 * * * *\"",
    )
}

fn with_sunday_as_zero(mut days: CronField) -> CronField {
    if days.values.remove(&7) {
        days.values.insert(0);
    }
    days
}

impl Rules {
    const fn new(name: &'static str, first: u16, last: u16) -> Self {
        Self {
            name,
            first,
            last,
            words: &[],
        }
    }

    /// A list of parts: `0-30/10,45`.
    fn parse(&self, field: &str) -> Result<CronField, Problem> {
        let mut values = BTreeSet::new();
        for part in field.split(',') {
            values.extend(self.part(part)?);
        }
        Ok(CronField {
            values,
            unrestricted: field.starts_with('*'),
        })
    }

    /// `*`, `5`, `1-5`, each with `/step` or without. `5/10` means from 5 on.
    fn part(&self, part: &str) -> Result<Vec<u16>, Problem> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last),
            Some((from, to)) => (self.value(from, false)?, self.value(to, true)?),
            None if step.is_some() => (self.value(range, false)?, self.last),
            None => {
                let only = self.value(range, false)?;
                (only, only)
            }
        };
        if from > to {
            return Err(self.problem(part, "runs backwards", "split it into two ranges"));
        }
        Ok((from..=to).step_by(step.unwrap_or(1)).collect())
    }

    fn step(&self, text: &str) -> Result<usize, Problem> {
        match text.parse::<u16>() {
            Ok(step) if (1..=self.last).contains(&step) => Ok(usize::from(step)),
            _ => {
                let right = format!("use a step from 1 to {}", self.last);
                Err(self.problem(text, "is not a step", &right))
            }
        }
    }

    /// A number or a name. `SAT-SUN` is a range, so that Sunday at a range's end is 7.
    fn value(&self, text: &str, ends_range: bool) -> Result<u16, Problem> {
        let named = self
            .words
            .iter()
            .position(|word| word.eq_ignore_ascii_case(text));
        if let Some(at) = named {
            let value = self.first + at as u16;
            let sunday_at_end = ends_range && self.last == 7 && value == 0;
            return Ok(if sunday_at_end { 7 } else { value });
        }
        // `u16::from_str` takes a leading plus, cron does not.
        let number = text
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse().ok());
        match number.flatten() {
            Some(value) if (self.first..=self.last).contains(&value) => Ok(value),
            _ => Err(self.problem(text, "is out of place", &self.allowed())),
        }
    }

    fn allowed(&self) -> String {
        let Self { first, last, .. } = self;
        match self.words {
            [a, .., z] => format!("use {first} to {last} or {a} to {z}, `*`, ranges, lists, steps"),
            _ => format!("use {first} to {last}, `*`, ranges, lists, steps"),
        }
    }

    fn problem(&self, part: &str, wrong: &str, right: &str) -> Problem {
        Problem::new(
            format!("{} in the {} field {wrong}", quoted_value(part), self.name),
            right,
        )
    }
}
