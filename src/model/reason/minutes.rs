//! How a sentence tells a moment.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// To the minute: `2026-11-02 08:00 UTC`, and in a zone of its own `2026-11-02 09:00 CET`.
pub(super) fn said_minute(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone)
        .format("%Y-%m-%d %H:%M %Z")
        .to_string()
}
