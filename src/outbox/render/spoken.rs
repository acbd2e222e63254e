//! A notice as it is said to somebody: with the zone that times are said in. Where nothing is asked for that is UTC,
//! as in everything that programs read.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::notice::Notice;

/// A notice, and the zone of whoever reads it.
#[derive(Debug, Clone, Copy)]
pub struct SpokenNotice<'n> {
    notice: &'n Notice,
    zone: Tz,
}

impl<'n> SpokenNotice<'n> {
    /// As somebody in this zone reads it.
    pub fn in_zone(notice: &'n Notice, zone: Tz) -> Self {
        Self { notice, zone }
    }

    /// Where its times are said.
    pub(super) fn zone(self) -> Tz {
        self.zone
    }

    /// `2026-11-02 09:00 CET`
    pub(in crate::outbox) fn minute(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone)
            .format("%Y-%m-%d %H:%M %Z")
            .to_string()
    }
}

impl<'n> From<&'n Notice> for SpokenNotice<'n> {
    fn from(notice: &'n Notice) -> Self {
        Self::in_zone(notice, Tz::UTC)
    }
}

impl Deref for SpokenNotice<'_> {
    type Target = Notice;

    fn deref(&self) -> &Notice {
        self.notice
    }
}
