//! Leases of a store in a table: taken, renewed beside whatever is done under them, given back, taken over.
//!
//! A holder writes its beat every [`RENEW_EVERY`]. Who waits reads epoch and beat, and takes the lease over when both
//! have stood still for a whole [`TERM`] of its *own* steady clock; clocks of two machines are never compared. A
//! holder trusts its lease for [`TRUSTED`] from *sending* the last renewal that was confirmed, which ends before anybody
//! can have taken it over; then it is lost, even where nobody else wants it. A renewal counts from its sending, so
//! that a process which was frozen between sending and answer gains nothing by it.
//!
//! Must not know what is done under a lease.

use std::sync::Arc;
use std::time::Duration;

use super::rows::{BEAT, EPOCH, HOLDER, Span, beat_key, epoch_key};
use super::{DynamoStore, Shared, locked};
use crate::clock::Clock;
use crate::cloud::{Cell, Obstacle, Row, RowTest, RowWrite, Transacted};
use crate::store::{Holder, Lease, LeaseTaken, StoreError};

/// How long a lease that is not renewed keeps others out.
pub const TERM: Duration = Duration::from_secs(15);
/// How often it is renewed.
pub const RENEW_EVERY: Duration = Duration::from_secs(4);
/// How long its holder acts on it, from sending a renewal that was confirmed.
pub const TRUSTED: Duration = Duration::from_secs(10);
/// How soon a renewal is tried again that failed.
const RENEW_AGAIN: Duration = Duration::from_secs(1);
/// How long one renewal may take.
const BEAT_MAX: Duration = Duration::from_secs(3);
/// How often it is worth asking for a lease that somebody has: one that is given back is taken soon.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// A lease that this process has.
#[derive(Debug)]
pub(super) struct HeldTerm {
    pub(super) me: String,
    pub(super) epoch: u64,
    /// The last beat that was sent.
    beat: u64,
    /// When the last renewal that was confirmed was sent, on the steady clock.
    sent: Duration,
}

impl HeldTerm {
    /// How long it can be acted on from now; absent once that is over.
    pub(super) fn left(&self, clock: &Clock) -> Option<Duration> {
        let left = (self.sent + TRUSTED).checked_sub(clock.steady());
        left.filter(|left| !left.is_zero())
    }
}

/// What was last seen of a lease, and since when it has been so.
#[derive(Debug)]
pub(super) struct SeenLease {
    standing: Standing,
    since: Duration,
}

/// A lease as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Standing {
    /// 0: nobody ever had it.
    epoch: u64,
    holder: Option<String>,
    beat: u64,
}

impl DynamoStore {
    pub(super) async fn take_now(&self, name: &str, me: &str) -> Result<LeaseTaken, StoreError> {
        let shared = &self.shared;
        let other = |again_in| Ok(LeaseTaken::Other { again_in });
        let standing = shared.standing(name).await?;
        let own = match locked(&shared.held).get(name) {
            Some(held) if held.me != me => return other(ASK_EVERY),
            held => held.is_some_and(|held| held.epoch == standing.epoch),
        };
        let free = own || standing.holder.is_none();
        if !free && let Some(left) = shared.stands_for(name, &standing) {
            return other(left.min(ASK_EVERY));
        }
        let sent = shared.clock.steady();
        let writes = taking(name, me, &standing, free);
        if shared
            .settle("take the lease", None, &writes)
            .await?
            .is_some()
        {
            return other(ASK_EVERY);
        }
        let epoch = standing.epoch + 1;
        self.keep(
            name,
            HeldTerm {
                me: me.to_owned(),
                epoch,
                beat: 0,
                sent,
            },
        );
        let term = Some(TERM);
        Ok(LeaseTaken::Mine(Lease { epoch, term }))
    }

    /// From now on it is renewed, beside whatever is done under it.
    fn keep(&self, name: &str, held: HeldTerm) {
        let (epoch, shared) = (held.epoch, Arc::clone(&self.shared));
        shared.fence.renewed(held.sent, TRUSTED);
        locked(&shared.held).insert(name.to_owned(), held);
        shared.changed.notify_waiters();
        let name = name.to_owned();
        let mut keepers = locked(&self.keepers);
        while keepers.try_join_next().is_some() {}
        keepers.spawn(async move { shared.keep_beating(&name, epoch).await });
    }

    pub(super) async fn release_now(&self, name: &str, lease: Lease) -> Result<(), StoreError> {
        let shared = &self.shared;
        if !shared.has(name, lease.epoch) {
            return Err(StoreError::LeaseLost);
        }
        // The epoch goes on, so that nothing which is still under way writes under the old one.
        let given = Row::new(epoch_key(name)).with(EPOCH, Cell::Number(lease.epoch + 1));
        let given = RowWrite::Put {
            row: given,
            when: vec![RowTest::Is(EPOCH, Cell::Number(lease.epoch))],
        };
        let refused = shared.settle("give the lease back", None, &[given]).await?;
        shared.drop_lease(name, lease.epoch);
        match refused {
            None => {
                shared.fence.reopen();
                Ok(())
            }
            Some(_) => Err(StoreError::LeaseLost),
        }
    }

    pub(super) async fn holder_now(&self, name: &str) -> Result<Option<Holder>, StoreError> {
        let standing = self.shared.standing(name).await?;
        if standing.holder.is_none() || self.shared.stands_for(name, &standing).is_none() {
            return Ok(None);
        }
        Ok(standing.holder.map(|who| Holder { who: Some(who) }))
    }
}

/// Both rows at once. Over somebody who is silent it holds only while he still is.
fn taking(name: &str, me: &str, standing: &Standing, free: bool) -> [RowWrite; 2] {
    let (before, epoch) = (standing.epoch, standing.epoch + 1);
    let as_seen = match before {
        0 => vec![RowTest::Absent],
        before => vec![RowTest::Is(EPOCH, Cell::Number(before))],
    };
    let silent = match free {
        true => Vec::new(),
        false => vec![
            RowTest::Is(EPOCH, Cell::Number(before)),
            RowTest::Is(BEAT, Cell::Number(standing.beat)),
        ],
    };
    let mine = Row::new(epoch_key(name))
        .with(EPOCH, Cell::Number(epoch))
        .with(HOLDER, Cell::Text(me.to_owned()));
    [
        RowWrite::Put {
            row: mine,
            when: as_seen,
        },
        RowWrite::Put {
            row: beat_row(name, epoch, 0),
            when: silent,
        },
    ]
}

fn beat_row(name: &str, epoch: u64, beat: u64) -> Row {
    Row::new(beat_key(name))
        .with(EPOCH, Cell::Number(epoch))
        .with(BEAT, Cell::Number(beat))
}

impl Shared {
    /// One read gives both rows. Between the two somebody may have written: what is made of them is written under
    /// conditions.
    async fn standing(&self, name: &str) -> Result<Standing, StoreError> {
        let Span {
            partition,
            from,
            to,
        } = Span::of_lease(name);
        let page = self.table.rows(&partition, (&from, &to), None, 2).await;
        let page = page.map_err(|error| self.failed("read the lease", error))?;
        let row = |key| page.rows.iter().find(|row| row.key == key);
        let (epoch, beat) = (row(epoch_key(name)), row(beat_key(name)));
        let holder = epoch.and_then(|row| row.text(HOLDER)).map(str::to_owned);
        Ok(Standing {
            epoch: epoch.and_then(|row| row.number(EPOCH)).unwrap_or_default(),
            holder,
            beat: beat.and_then(|row| row.number(BEAT)).unwrap_or_default(),
        })
    }

    /// How much longer it would have to stand still to count as left; absent once it has done so for a whole term,
    /// as this process itself has watched it.
    fn stands_for(&self, name: &str, standing: &Standing) -> Option<Duration> {
        let now = self.clock.steady();
        let mut seen = locked(&self.seen);
        let last = seen.entry(name.to_owned()).or_insert_with(|| SeenLease {
            standing: standing.clone(),
            since: now,
        });
        if last.standing != *standing {
            *last = SeenLease {
                standing: standing.clone(),
                since: now,
            };
        }
        let left = TERM.checked_sub(now - last.since);
        left.filter(|left| !left.is_zero())
    }

    fn has(&self, name: &str, epoch: u64) -> bool {
        let held = locked(&self.held);
        held.get(name).is_some_and(|held| held.epoch == epoch)
    }

    /// It is not this process's any more, and nothing passes the fence; whoever waits for that is told. Whether it
    /// was, until now.
    fn drop_lease(&self, name: &str, epoch: u64) -> bool {
        let mut held = locked(&self.held);
        let had = held.get(name).is_some_and(|held| held.epoch == epoch);
        if had {
            held.remove(name);
            // While nobody can renew it.
            self.fence.close();
        }
        drop(held);
        self.changed.notify_waiters();
        had
    }

    /// Waits until this process does not have it any more.
    pub(super) async fn until_lost(&self, name: &str, epoch: u64) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is noticed, so that none falls between looking and waiting.
            changed.as_mut().enable();
            if !self.has(name, epoch) {
                return;
            }
            changed.await;
        }
    }

    /// Renews it until it is given back or lost.
    async fn keep_beating(&self, name: &str, epoch: u64) {
        let mut pause = RENEW_EVERY;
        while self.has(name, epoch) {
            self.clock.sleep(pause.min(self.left(name, epoch))).await;
            let left = self.left(name, epoch);
            if left.is_zero() {
                break;
            }
            let beat = self.beat(name, epoch);
            pause = match self.clock.timeout(left.min(BEAT_MAX), beat).await {
                Ok(Ok(())) => RENEW_EVERY,
                Ok(Err(StoreError::LeaseLost)) => break,
                Ok(Err(error)) => {
                    tracing::warn!(error = %error, "the lease could not be renewed; trying again");
                    RENEW_AGAIN
                }
                Err(late) => {
                    tracing::warn!(error = %late, "the lease could not be renewed; trying again");
                    RENEW_AGAIN
                }
            };
        }
        if self.drop_lease(name, epoch) {
            tracing::warn!(
                lease = name,
                epoch,
                "the lease is lost: nothing is changed under it any more"
            );
        }
    }

    /// How long it can still be acted on.
    fn left(&self, name: &str, epoch: u64) -> Duration {
        let held = locked(&self.held);
        let held = held.get(name).filter(|held| held.epoch == epoch);
        let left = held.and_then(|held| held.left(&self.clock));
        left.unwrap_or_default()
    }

    /// Renews it once. It is not sent again under the same token: the next one is another number, and an answer
    /// that is lost leaves the term as it was.
    pub(super) async fn beat(&self, name: &str, epoch: u64) -> Result<(), StoreError> {
        let Some(beat) = self.next_beat(name, epoch) else {
            return Err(StoreError::LeaseLost);
        };
        let sent = self.clock.steady();
        let write = RowWrite::Put {
            row: beat_row(name, epoch, beat),
            when: vec![RowTest::Is(EPOCH, Cell::Number(epoch))],
        };
        let answer = self.table.transact(&self.next_token(epoch), &[write]).await;
        match answer.map_err(|error| self.failed("renew the lease", error))? {
            Transacted::Done => {
                self.confirmed(name, epoch, sent);
                Ok(())
            }
            Transacted::Cancelled(obstacles) if obstacles.contains(&Obstacle::Condition) => {
                Err(StoreError::LeaseLost)
            }
            Transacted::Cancelled(_) => {
                Err(self.refused("renew the lease", "it was contended or throttled"))
            }
        }
    }

    fn next_beat(&self, name: &str, epoch: u64) -> Option<u64> {
        let mut held = locked(&self.held);
        let held = held.get_mut(name).filter(|held| held.epoch == epoch)?;
        held.left(&self.clock)?;
        held.beat += 1;
        Some(held.beat)
    }

    fn confirmed(&self, name: &str, epoch: u64, sent: Duration) {
        let mut held = locked(&self.held);
        let Some(held) = held.get_mut(name).filter(|held| held.epoch == epoch) else {
            return;
        };
        held.sent = held.sent.max(sent);
        self.fence.renewed(held.sent, TRUSTED);
    }
}
