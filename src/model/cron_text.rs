//! Cron text as checked: which seconds, minutes, hours, days, months and years it names. `settings` makes
//! it; when it is due is `flow::timetable`'s.

use std::collections::BTreeSet;

/// A schedule as written, and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronText {
    /// As written.
    pub text: String,
    /// `{0}` for five fields.
    pub seconds: CronField,
    pub minutes: CronField,
    pub hours: CronField,
    pub days_of_month: CronField,
    pub months: CronField,
    /// 0 to 6, Sunday is 0.
    pub days_of_week: CronField,
    /// Every year unless there are seven fields.
    pub years: CronField,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronField {
    /// What it names, never empty.
    pub values: BTreeSet<u16>,
    /// Written with a leading `*`. A day field that is not restricted leaves the other to decide.
    pub unrestricted: bool,
}

impl CronText {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
