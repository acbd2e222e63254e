//! What people ask of the daemon: requests in the store, read in turn, begun or answered, and those for a pass
//! answered when one ends.
//!
//! Decides nothing about what is asked for: `desk` does, in a lane of its own.

use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::acts::unless_replaced;
use super::lanes::{self, AskEnd};
use super::timers::Tick;
use super::{Daemon, Host, publishing};
use crate::flow::bake::kind::BakeKind;
use crate::model::request::{Request, RequestAnswer, RequestedAct};
use crate::service::runs::{self, RunUnderWay};
use crate::service::vitals::PassResult;
use crate::store::StoreError;
use crate::store::requests::{self, StoredRequest};

/// Requests for a pass. One that is under way may have looked before they came: it is not theirs.
#[derive(Default)]
pub(super) struct Looks {
    pub(super) next: Vec<StoredRequest>,
    pub(super) present: Vec<StoredRequest>,
}

impl Looks {
    /// The next pass begins.
    pub(super) fn begin(&mut self) {
        self.present.append(&mut self.next);
    }
}

impl<H: Host> Daemon<'_, H> {
    /// Looks at the requests: answers what can be answered at once, begins with the rest, removes what
    /// nobody waits for.
    pub(super) async fn read_requests(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        // The oldest first, so that what nobody waits for any more goes before anything is begun.
        let all = match requests::all_requests(self.ground.store).await {
            Ok(all) => all,
            Err(error) => return unless_replaced(error, "requests cannot be read"),
        };
        for asked in all {
            let request = &asked.request.value;
            // What is in hand is answered, however long that takes: whoever asked may wait longer.
            let in_hand = request.answer.is_none() && self.is_looked_at(&asked);
            let done = if in_hand {
                Ok(())
            } else if request.stale(now) {
                requests::remove_request(self.ground.store, &asked).await
            } else if request.answer.is_none() {
                self.begin_request(asked).await
            } else {
                Ok(())
            };
            // A store that is full or cannot be read ends no daemon: the next look finds it again.
            done.or_else(|error| unless_replaced(error, "a request waits"))?;
        }
        Ok(())
    }

    fn is_looked_at(&self, asked: &StoredRequest) -> bool {
        let mut waiting = self.waiting.values();
        self.asking.contains(&asked.id)
            || waiting.any(|(_, one)| one.as_ref().is_some_and(|one| one.id == asked.id))
    }

    async fn begin_request(&mut self, asked: StoredRequest) -> Result<(), StoreError> {
        let Request { ask, by, .. } = &asked.request.value;
        let (watch, force) = match ask {
            RequestedAct::Bake { watch, force } => (watch.clone(), *force),
            RequestedAct::Reload => {
                tracing::info!(by, "a reload is asked for");
                self.asking.insert(asked.id.clone());
                self.reloads.push_back(Some(asked));
                return Ok(());
            }
            RequestedAct::Look => {
                tracing::info!(by, "a pass is asked for");
                self.asking.insert(asked.id.clone());
                self.looks.next.push(asked);
                let now = self.ground.clock.now();
                self.tick = Some(Tick::new(now, now));
                return Ok(());
            }
            RequestedAct::Publish(wish) => {
                let (watch, to) = (wish.watch.as_str(), wish.destination.to_string());
                tracing::info!(by, watch, to, "a publication is asked for");
                let (wish, live) = (wish.clone(), Rc::clone(&self.live));
                self.asking.insert(asked.id.clone());
                self.asks.push(publishing::asking_publication(
                    self.ground,
                    live,
                    asked,
                    wish,
                ));
                return Ok(());
            }
            RequestedAct::Move(wish) => {
                tracing::info!(by, target = wish.name(), "a move is asked for");
                let (wish, live) = (wish.clone(), Rc::clone(&self.live));
                self.asking.insert(asked.id.clone());
                self.asks
                    .push(lanes::asking_move(self.ground, live, asked, wish));
                return Ok(());
            }
        };
        if !self.baking.contains(watch.as_str()) {
            tracing::info!(by, watch = watch.as_str(), force, "a bake is asked for");
            self.asking.insert(asked.id.clone());
            let live = Rc::clone(&self.live);
            self.asks
                .push(lanes::asking(self.ground, live, asked, watch, force));
            return Ok(());
        }
        // One is under way: whoever asks joins it, as soon as it has a journal.
        let open = runs::under_way::<BakeKind>(self.ground.store).await?;
        let mut open = open.into_iter();
        match open.find(|one| one.subject.as_deref() == Some(watch.as_str())) {
            Some(RunUnderWay { journal, .. }) => {
                lanes::answer_lane(self.ground, &asked, RequestAnswer::Driving { journal }).await
            }
            None => Ok(()),
        }
    }

    pub(super) async fn asked(
        &mut self,
        end: AskEnd,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // Looking for somebody's bake may have taught something that is to be told.
        self.tell_soon(now);
        match end {
            AskEnd::Answered(id) => {
                self.asking.remove(&id);
            }
            AskEnd::Begun(id) => {
                self.asking.remove(&id);
                let begun = self.drive_open_moves().await;
                begun.or_else(|error| {
                    unless_replaced(error, "moves that are open cannot be read")
                })?;
                let begun = self.drive_open_publications().await;
                begun.or_else(|error| {
                    unless_replaced(error, "publications that are open cannot be read")
                })?;
            }
            AskEnd::Failed(id, error) => {
                self.asking.remove(&id);
                unless_replaced(error, "a request cannot be answered now; it is read again")?;
            }
            AskEnd::Start(start, asked, live) => {
                let name = start.watch.to_string();
                self.asking.remove(&asked.id);
                // With a bake of the watch under way by now, the next look answers with its journal;
                // with another config by now, it asks anew.
                let same = Rc::ptr_eq(&live, &self.live);
                if same && !self.baking.contains(&name) {
                    self.waiting.insert(name, (*start, Some(asked)));
                }
            }
        }
        Ok(())
    }

    /// Tells those who asked for a pass how it ended; for those who asked meanwhile the next one begins.
    pub(super) async fn answer_looks(
        &mut self,
        result: PassResult,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for asked in std::mem::take(&mut self.looks.present) {
            self.asking.remove(&asked.id);
            let result = result.as_str().to_owned();
            let said = RequestAnswer::Passed { result, at: now };
            let answered = lanes::answer_lane(self.ground, &asked, said).await;
            answered.or_else(|error| unless_replaced(error, "a request cannot be answered"))?;
        }
        if !self.looks.next.is_empty() {
            self.tick = Some(Tick::new(now, now));
        }
        Ok(())
    }
}
