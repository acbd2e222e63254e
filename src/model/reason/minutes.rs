//! How a sentence tells a moment.

use chrono::{DateTime, Utc};

/// To the minute: `2026-11-02 08:00 UTC`.
pub(super) fn said_minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
