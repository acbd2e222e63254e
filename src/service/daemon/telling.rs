//! Telling: the lane that delivers notices, what it does beside that, and when each is due.
//!
//! What is to be told was stored by whoever learnt it; nothing is decided here but when to look.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::acts::unless_replaced;
use super::host::LiveConfig;
use super::lanes::Ground;
use super::{Daemon, Host};
use crate::outbox::{self, Delivered};
use crate::service::desk::Desk;
use crate::service::desk::digest::tell_due_digests;
use crate::service::telemetry::source_chain;
use crate::service::vitals::NoticeCount;
use crate::store::records::lines::{self, Count};
use crate::store::{StoreError, UnderLease};

/// Counting more notices than this costs more than a look at the lines.
const MANY_NOTICES: u64 = 200;
/// How often they are counted then.
pub(super) const COUNT_EVERY: TimeDelta = TimeDelta::seconds(60);

/// How often what there is to remind of is looked for, though nothing happened here: people act in other processes.
pub(super) const REMIND_LOOK_EVERY: TimeDelta = TimeDelta::hours(1);

/// Why nothing could be delivered at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTold {
    #[error("notices cannot be sent")]
    Cloud(#[from] crate::cloud::CloudError),
    #[error("notices cannot be read or crossed off")]
    Store(#[from] StoreError),
}

/// What a delivery did, and who waits after it.
pub(super) struct DeliveryEnd {
    pub(super) delivered: Delivered,
    /// Absent when it was not its turn to be counted.
    pub(super) count: Option<Count>,
    /// When the next reminder is due; absent when none is, or nobody looked.
    pub(super) remind_at: Option<DateTime<Utc>>,
}

/// What a delivery does beside it.
#[derive(Debug, Clone, Copy)]
struct Besides {
    /// Counts who waits after it.
    counts: bool,
    /// Looks for what there is to remind of.
    reminds: bool,
}

/// Delivers what is due.
fn tell_lane<'a>(
    ground: Ground<'a>,
    live: Rc<LiveConfig>,
    besides: Besides,
) -> LocalBoxFuture<'a, Result<DeliveryEnd, NotTold>> {
    async move {
        let service = ground.service(&live);
        let senders = service.senders()?;
        let held = UnderLease::new(ground.store, ground.lease);
        let desk = Desk {
            store: &held,
            ..service.desk()
        };
        let digests = tell_due_digests(&desk, besides.reminds).await;
        let mut delivered = outbox::deliver(&held, &senders, ground.clock).await?;
        let next_at = delivered.next_at.into_iter().chain(digests.next_at);
        delivered.next_at = next_at.min();
        let count = match besides.counts {
            true => Some(lines::count_waiting(ground.store).await?),
            false => None,
        };
        Ok(DeliveryEnd {
            delivered,
            count,
            remind_at: digests.remind_at,
        })
    }
    .boxed_local()
}

impl<H: Host> Daemon<'_, H> {
    /// Delivers what is due, and what else it is the turn of.
    pub(super) fn begin_telling(&mut self, now: DateTime<Utc>) {
        self.notices.restart(now);
        let besides = Besides {
            counts: self.counts(now),
            reminds: self.reminds(now),
        };
        let live = Rc::clone(&self.live);
        self.telling = Some(tell_lane(self.ground, live, besides));
    }

    /// Whether who waits for notices is counted after this delivery: always while they are few.
    fn counts(&mut self, now: DateTime<Utc>) -> bool {
        let NoticeCount { waiting, dead } = self.vitals.change(|pulse| pulse.notices);
        let counts = waiting + dead < MANY_NOTICES || self.counting.is_due(now);
        if counts {
            self.counting.restart(now);
        }
        counts
    }

    /// Something happened that may be to be told.
    pub(super) fn tell_soon(&mut self, now: DateTime<Utc>) {
        self.notices.set(now, now);
        self.reminding.set(now, now);
    }

    /// Whether what there is to remind of is looked for: after something happened, when the next is due, and now and
    /// then.
    fn reminds(&mut self, now: DateTime<Utc>) -> bool {
        let reminds = self.reminding.is_due(now);
        if reminds {
            self.reminding.restart(now);
        }
        reminds
    }

    pub(super) async fn told(
        &mut self,
        end: Result<DeliveryEnd, NotTold>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        match end {
            Ok(DeliveryEnd {
                delivered,
                count,
                remind_at,
            }) => {
                if let Some(at) = remind_at {
                    // Not later than what happened since asks for.
                    self.reminding.set(at.min(self.reminding.at()), now);
                }
                if let Some(Count { waiting, dead }) = count {
                    let counted = NoticeCount { waiting, dead };
                    self.vitals.change(|pulse| pulse.notices = counted);
                }
                if let Some(next) = delivered.next_at {
                    self.notices.set(next.min(self.notices.at()), now);
                }
            }
            Err(error) => {
                // It may have looked for nothing.
                self.reminding.set(now, now);
                match error {
                    NotTold::Store(error) => unless_replaced(error, "notices wait")?,
                    error => tracing::warn!(why = source_chain(&error), "notices wait"),
                }
            }
        }
        Ok(())
    }
}
