//! What is written down about deliveries: that a try begins, and how it ended.
//!
//! Written by compare-and-set. Where another process wrote meanwhile, its row is read and the end of
//! our try is put into that one: what was sent is crossed off, whoever changed what.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{LOG, NotSent, PAUSE_MAX, Sort};
use crate::store::records::lines::{self, OutboxRow};
use crate::store::records::sent::{self, LastSent};
use crate::store::records::sent_hour;
use crate::store::records::{self, Delivery};
use crate::store::{Batch, Store, StoreError};

/// Pauses after the first, second, ... failed delivery; the last one repeats.
const PAUSES_S: [u64; 6] = [5, 30, 120, 600, 1800, 3600];
/// After so many failures (about two days) a delivery is dead: kept, and no more tried by itself.
const ATTEMPTS_MAX: u32 = 50;
/// The shortest pause after being told to wait, whatever the receiver says.
const THROTTLED_S: u64 = PAUSES_S[0];

/// Writes down that a try begins. False when another process changed the row: it has the say.
pub(super) async fn begin_delivery(
    store: &dyn Store,
    name: &str,
    row: &mut OutboxRow,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if let Some(delivery) = row.1.value.to.get_mut(name) {
        delivery.begun = Some(now);
    }
    match store.commit(Batch::of_ops(vec![lines::put_off(row)])).await {
        Ok(()) => {
            row.1.version += 1;
            Ok(true)
        }
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes down that a try failed (`again`: one before it may have arrived); gives when it is tried again,
/// absent when it left its line.
pub(super) async fn put_off_failed(
    store: &dyn Store,
    name: &str,
    mut row: OutboxRow,
    error: &NotSent,
    again: bool,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    loop {
        let mut after = row.clone();
        let Some(delivery) = after.1.value.to.get_mut(name) else {
            return Ok(None);
        };
        put_off(delivery, error, again, now);
        let (dead, next_at) = (delivery.dead, delivery.next_at);
        let ops = match dead {
            true => lines::bury(&after),
            false => vec![lines::put_off(&after)],
        };
        match store.commit(Batch::of_ops(ops)).await {
            Ok(()) => return Ok((!dead).then_some(next_at)),
            Err(StoreError::Conflict { .. }) => match fresh(store, &row).await? {
                Some(fresh) => row = fresh,
                None => return Ok(None),
            },
            Err(error) => return Err(error),
        }
    }
}

/// Crosses off what was sent, and remembers it as the last that its receiver took; the log's lines tell
/// that themselves. `counted`: its receiver has a limit.
pub(super) async fn cross_off_sent(
    store: &dyn Store,
    name: &str,
    mut row: OutboxRow,
    counted: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if name == LOG {
        return cross_off(store, row).await;
    }
    let notice = &row.1.value.notice;
    let sent = LastSent {
        at: now,
        key: notice.key.clone(),
        event: notice.event(),
    };
    loop {
        let remember = sent::last_sent_op(store, name, &sent).await?;
        let mut ops = vec![lines::cross_off(&row.0, row.1.version), remember];
        if counted {
            let mut hour = sent_hour::sent_hour(store, name, now).await?;
            hour.value.sent = hour.value.sent.saturating_add(1);
            ops.push(sent_hour::sent_hour_op(name, hour.version, &hour.value));
        }
        match store.commit(Batch::of_ops(ops)).await {
            Err(StoreError::Conflict { .. }) => match fresh(store, &row).await? {
                Some(fresh) => row = fresh,
                None => return Ok(()),
            },
            other => return other,
        }
    }
}

/// Crosses off what its receiver's limit keeps from it, and counts it. Gives when the count is told.
pub(super) async fn withhold(
    store: &dyn Store,
    name: &str,
    mut row: OutboxRow,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, StoreError> {
    let event = row.1.value.notice.event();
    loop {
        let mut hour = sent_hour::sent_hour(store, name, now).await?;
        *hour.value.withheld.entry(event).or_default() += 1;
        let told_at = hour.value.ends_at(now);
        let count = sent_hour::sent_hour_op(name, hour.version, &hour.value);
        let ops = vec![lines::cross_off(&row.0, row.1.version), count];
        match store.commit(Batch::of_ops(ops)).await {
            Err(StoreError::Conflict { .. }) => match fresh(store, &row).await? {
                Some(fresh) => row = fresh,
                None => return Ok(told_at),
            },
            other => return other.map(|()| told_at),
        }
    }
}

/// Crosses a row off, whoever changed it meanwhile.
pub(super) async fn cross_off(store: &dyn Store, mut row: OutboxRow) -> Result<(), StoreError> {
    loop {
        let op = lines::cross_off(&row.0, row.1.version);
        match store.commit(Batch::of_ops(vec![op])).await {
            Err(StoreError::Conflict { .. }) => match fresh(store, &row).await? {
                Some(fresh) => row = fresh,
                None => return Ok(()),
            },
            other => return other,
        }
    }
}

/// The row as it is now; absent when it is gone.
async fn fresh(store: &dyn Store, row: &OutboxRow) -> Result<Option<OutboxRow>, StoreError> {
    let found = records::waiting_row(store, &row.0).await?;
    Ok(found.map(|found| (row.0.clone(), found)))
}

fn put_off(delivery: &mut Delivery, error: &NotSent, again: bool, now: DateTime<Utc>) {
    let at = usize::try_from(delivery.attempts).unwrap_or(usize::MAX);
    let pause = Duration::from_secs(PAUSES_S[at.min(PAUSES_S.len() - 1)]);
    delivery.attempts += 1;
    delivery.last_why = Some(error.why.clone());
    // Being told to wait is no failure that counts: the message is as good as it was.
    let (pause, dead) = match error.sort {
        Sort::Throttled { after: Some(after) } => {
            (after.max(Duration::from_secs(THROTTLED_S)), false)
        }
        Sort::Throttled { after: None } => (pause, false),
        Sort::Refused => (pause, true),
        Sort::Later | Sort::Unknown => (pause, delivery.attempts >= ATTEMPTS_MAX),
    };
    delivery.dead = dead;
    delivery.next_at = now + TimeDelta::from_std(pause).map_or(PAUSE_MAX, |p| p.min(PAUSE_MAX));
    // An earlier try may still have arrived, however clearly this one did not.
    if error.sort != Sort::Unknown && !again {
        delivery.begun = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(delivery: &mut Delivery, sort: Sort) -> i64 {
        let now = DateTime::UNIX_EPOCH;
        let error = NotSent {
            sort,
            why: "because".to_owned(),
        };
        put_off(delivery, &error, false, now);
        (delivery.next_at - now).num_seconds()
    }

    #[test]
    fn failures_pause_longer_and_longer_and_then_it_is_given_up() {
        let mut delivery = Delivery::due(DateTime::UNIX_EPOCH);
        let mut pauses = Vec::new();
        while !delivery.dead {
            pauses.push(after(&mut delivery, Sort::Later));
        }
        assert_eq!(pauses[..7], [5, 30, 120, 600, 1800, 3600, 3600]);
        assert_eq!(pauses.len(), 50);
        let days = pauses.iter().sum::<i64>() as f64 / 86_400.0;
        assert!((1.5..2.5).contains(&days), "{days} days");
    }

    #[test]
    fn what_is_refused_is_given_up_at_once_and_what_is_throttled_never() {
        let mut delivery = Delivery::due(DateTime::UNIX_EPOCH);
        for _ in 0..200 {
            let asked = Sort::Throttled {
                after: Some(Duration::from_secs(17)),
            };
            assert_eq!(after(&mut delivery, asked), 17);
        }
        assert!(!delivery.dead);
        after(&mut delivery, Sort::Refused);
        assert!(delivery.dead);
    }

    #[test]
    fn only_a_try_that_may_have_arrived_stays_marked() {
        let begun = Some(DateTime::UNIX_EPOCH);
        for (sort, left) in [
            (Sort::Unknown, begun),
            (Sort::Later, None),
            (Sort::Refused, None),
            (Sort::Throttled { after: None }, None),
        ] {
            let mut delivery = Delivery::due(DateTime::UNIX_EPOCH);
            delivery.begun = begun;
            after(&mut delivery, sort);
            assert_eq!(delivery.begun, left, "{sort:?}");
            // A try before it may have arrived.
            let error = NotSent {
                sort,
                why: "because".to_owned(),
            };
            delivery.begun = begun;
            put_off(&mut delivery, &error, true, DateTime::UNIX_EPOCH);
            assert_eq!(delivery.begun, begun, "{sort:?}");
        }
    }
}
