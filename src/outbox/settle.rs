//! What is written down about deliveries: that a try begins, and how it ended.
//!
//! Written by compare-and-set. Where another process wrote meanwhile, its row is read and the ends of
//! our tries are put into that one: what was sent is crossed off, whoever changed what.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{NotSent, Round, Sort};
use crate::store::memory::{self, Delivery, Versioned, Waiting};
use crate::store::{Batch, Store, StoreError};

/// Pauses after the first, second, ... failed delivery; the last one repeats.
const PAUSES_S: [u64; 6] = [5, 30, 120, 600, 1800, 3600];
/// After so many failures (about two days) a delivery is dead: kept, and no more tried by itself.
const ATTEMPTS_MAX: u32 = 50;
/// The shortest pause after being told to wait, whatever the receiver says.
const THROTTLED_S: u64 = PAUSES_S[0];

/// How the tries of one round ended, by notifier.
pub(super) type Tried = BTreeMap<String, Result<(), NotSent>>;

/// Writes down that a try begins. False when another process changed the row: it has the say.
pub(super) async fn begin(
    store: &dyn Store,
    key: &str,
    name: &str,
    entry: &mut Versioned<Waiting>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if let Some(delivery) = entry.value.to.get_mut(name) {
        delivery.begun = Some(now);
    }
    let op = memory::put_waiting(key, entry);
    match store.commit(Batch::of(vec![op])).await {
        Ok(()) => {
            entry.version += 1;
            Ok(true)
        }
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes down how the tries ended; gives what is left, absent when nobody waits any more.
pub(super) async fn settle(
    round: &Round<'_>,
    key: &str,
    mut entry: Versioned<Waiting>,
    tried: &Tried,
) -> Result<Option<Waiting>, StoreError> {
    loop {
        let mut after = entry.clone();
        for (name, ended) in tried {
            conclude(&mut after.value, name, ended, round.clock.now());
        }
        // A notifier that the config no longer names waits for nothing.
        let to = &mut after.value.to;
        to.retain(|name, _| round.senders.contains_key(name));
        let left = (!to.is_empty()).then(|| after.value.clone());
        if after.value == entry.value && left.is_some() {
            return Ok(left);
        }
        let op = memory::put_waiting(key, &after);
        match round.store.commit(Batch::of(vec![op])).await {
            Err(StoreError::Conflict { .. }) => match memory::waiting(round.store, key).await? {
                Some(fresh) => entry = fresh,
                None => return Ok(None),
            },
            other => return other.map(|()| left),
        }
    }
}

fn conclude(waiting: &mut Waiting, name: &str, ended: &Result<(), NotSent>, now: DateTime<Utc>) {
    match ended {
        Ok(()) => {
            waiting.to.remove(name);
        }
        Err(error) => {
            if let Some(delivery) = waiting.to.get_mut(name) {
                put_off(delivery, error, now);
            }
        }
    }
}

fn put_off(delivery: &mut Delivery, error: &NotSent, now: DateTime<Utc>) {
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
    delivery.next_at = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX);
    if error.sort != Sort::Unknown {
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
        put_off(delivery, &error, now);
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
        }
    }
}
