//! What each receiver that has a limit was sent in the hour that is running, and what was kept from it:
//! `sent-hour/<receiver>`. Written in the batch that crosses a notice off, so that no restart forgets one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Versioned;
use crate::model::notice::{LIMIT_HOUR, NoticeEvent};
use crate::store::{Op, Store, StoreError};

/// An hour, from the first that was sent in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentHour {
    pub began: DateTime<Utc>,
    pub sent: u32,
    /// By event, what was not sent.
    #[serde(default)]
    pub withheld: BTreeMap<NoticeEvent, u64>,
}

impl SentHour {
    /// Nothing was sent in it yet.
    pub fn beginning(now: DateTime<Utc>) -> Self {
        Self {
            began: now,
            sent: 0,
            withheld: BTreeMap::new(),
        }
    }

    /// The first moment after it.
    pub fn ends_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.began.min(now) + LIMIT_HOUR
    }

    /// The hour that runs now. One with a count that was not told goes on until it is. One that begins later than
    /// now is over: it would withhold, and keep its count, until the clock that was wrong is right.
    pub fn running_at(mut self, now: DateTime<Utc>) -> Self {
        if self.began > now {
            self.began = now - LIMIT_HOUR;
        }
        match self.ends_at(now) <= now && self.withheld.is_empty() {
            true => Self::beginning(now),
            false => self,
        }
    }
}

fn hour_key(receiver: &str) -> String {
    format!("sent-hour/{receiver}")
}

/// The hour that runs now: the one that was written last, or a new one. A record that makes no sense is written
/// over: it must not keep anybody from being told.
///
/// # Errors
/// When the store cannot be read.
pub async fn sent_hour(
    store: &dyn Store,
    receiver: &str,
    now: DateTime<Utc>,
) -> Result<Versioned<SentHour>, StoreError> {
    let record = store.get(&hour_key(receiver)).await?;
    let version = record.as_ref().map_or(0, |record| record.version);
    let known = record.and_then(|record| serde_json::from_value(record.value).ok());
    let value = known.map_or_else(
        || SentHour::beginning(now),
        |hour: SentHour| hour.running_at(now),
    );
    Ok(Versioned { version, value })
}

/// The write that remembers it, over the version that was read (0 for none).
pub fn sent_hour_op(receiver: &str, version: u64, hour: &SentHour) -> Op {
    Op::CompareAndSet {
        key: hour_key(receiver),
        expected: version,
        value: json!(hour),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn an_hour_that_a_wrong_clock_began_is_over_and_its_count_is_told() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let ahead = SentHour {
            began: now + TimeDelta::days(400),
            sent: 30,
            withheld: BTreeMap::new(),
        };
        assert_eq!(ahead.clone().running_at(now), SentHour::beginning(now));
        let counted = SentHour {
            withheld: BTreeMap::from([(NoticeEvent::Drift, 3)]),
            ..ahead
        };
        let counted = counted.running_at(now);
        assert_eq!(counted.withheld[&NoticeEvent::Drift], 3);
        assert!(counted.ends_at(now) <= now, "it is told at once");
        let present = SentHour::beginning(now - TimeDelta::minutes(59));
        assert_eq!(present.clone().running_at(now), present);
    }
}
