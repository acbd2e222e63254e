//! What becomes of an order for a whole watch: done here, pass by pass, where nobody drives the store; else the
//! driver does it, and is followed until everything that was ordered has ended. A driver that makes no passes (a
//! `run --once`, a bake) is waited for, as long as any that says nothing and moves nothing; one that goes away in the middle is followed by this process.
//!
//! What follows from an order is decided as by any pass.

use std::collections::BTreeMap;

use super::follow::Follow;
use super::moved::MovedEnvironment;
use super::moving::{MoveMeanwhile, MoveTeller};
use super::opening::{driver, leave_lease, take_lease};
use super::requests::{ANSWER_MAX, LOOK_AGAIN, LeftRequest, unanswered_by};
use super::rollout::MoveError;
use super::whole_rollout::{WholeEnd, WholeOrder, give_whole, look_at_rolling, no_watch};
use crate::flow::rollout::case::TargetStand;
use crate::flow::rollout::moving::kind::MoveKind;
use crate::model::ids::ImageId;
use crate::model::request::RequestedAct;
use crate::model::rollout::{Direction, MoveOrder};
use crate::outbox;
use crate::service::Service;
use crate::service::pass::TELL_MAX;
use crate::service::pass::look::LookedWatch;
use crate::service::pass::rolled::BegunMoves;
use crate::service::pass::rollout::{RolloutPass, keep_rollout};
use crate::service::runs::moving::resume_moves;
use crate::store::{Lease, UnderLease};
use crate::workflow::RunError;
use crate::workflow::open::open_runs;
use crate::workflow::recovery::replay;

/// Somebody else changes what it is decided from, again and again, or the driver does not begin what there is
/// to begin: then a person is told.
const DECIDE_MAX: usize = 5;

/// Gives the order, and sees it through until everything that was ordered has ended.
///
/// # Errors
/// When the store fails, or not everything could be read.
pub async fn order_whole(
    service: &Service<'_>,
    order: &WholeOrder,
    image: &ImageId,
    teller: &MoveTeller<'_>,
) -> Result<WholeEnd, MoveError> {
    let watch = service.settings.watches.get(&order.watch);
    let watch = watch.ok_or_else(|| no_watch(&order.watch))?;
    give_whole(service, &service.scope_of(watch).await?, order, image).await?;
    let given = GivenOrder::new(service, order, image, teller);
    Box::pin(given.until_ended()).await
}

/// An order that was given, and how far it has come.
struct GivenOrder<'a> {
    service: &'a Service<'a>,
    order: &'a WholeOrder,
    image: &'a ImageId,
    teller: &'a MoveTeller<'a>,
    /// Moves of it that another process drives, by journal.
    followed: BTreeMap<String, Option<Follow<MoveKind>>>,
    ended: Vec<MovedEnvironment>,
}

impl<'a> GivenOrder<'a> {
    /// Nothing of it was done yet.
    fn new(
        service: &'a Service<'a>,
        order: &'a WholeOrder,
        image: &'a ImageId,
        teller: &'a MoveTeller<'a>,
    ) -> Self {
        Self {
            service,
            order,
            image,
            teller,
            followed: BTreeMap::new(),
            ended: Vec::new(),
        }
    }

    /// Until everything that was ordered has ended, as far as it goes now.
    ///
    /// # Errors
    /// When the store fails, or not everything could be read.
    async fn until_ended(mut self) -> Result<WholeEnd, MoveError> {
        let lease = match take_lease(self.service.store).await? {
            Some(lease) => lease,
            None => match self.follow().await? {
                Followed::Ended(looked) => return Ok(self.end(&looked)),
                Followed::Mine(lease) => lease,
            },
        };
        let ended = self.roll_here(lease).await;
        let told = self.tell(lease).await;
        leave_lease(self.service.store, lease).await;
        told?;
        Ok(self.end(&ended?))
    }

    async fn tell(&self, lease: Lease) -> Result<(), MoveError> {
        let Service { store, clock, .. } = *self.service;
        let held = UnderLease::new(store, lease);
        outbox::drain(&held, &self.service.senders()?, clock, TELL_MAX).await?;
        Ok(())
    }

    fn end(mut self, looked: &LookedWatch<'_>) -> WholeEnd {
        let decided = || looked.rollout.iter().flat_map(|one| &one.decision.targets);
        let unbegun = decided().filter_map(|one| match &one.stand {
            TargetStand::Move(order) => Some(MovedEnvironment::unended(order, unbegun())),
            _ => None,
        });
        let known = |one: &MovedEnvironment| {
            let mut ended = self.ended.iter();
            ended.any(|other| other.environment == one.environment)
        };
        let unbegun: Vec<MovedEnvironment> = unbegun.filter(|one| !known(one)).collect();
        self.ended.extend(unbegun);
        let waits = decided().flat_map(|one| one.gates.iter().cloned());
        WholeEnd {
            ended: self.ended,
            waits: waits.collect(),
        }
    }

    /// Goes on with what is open, then decides, begins and drives, until nothing can be begun.
    async fn roll_here(&mut self, lease: Lease) -> Result<LookedWatch<'a>, MoveError> {
        let (service, observers) = (self.service, self.teller.observers);
        let ours = |order: &MoveOrder| order.watch == self.order.watch;
        for resumed in resume_moves(service, lease, observers).await? {
            // What becomes of another watch's moves is in their notices: this order is not theirs.
            if resumed.order.as_ref().is_some_and(ours) {
                self.ended.extend(MovedEnvironment::of_resumed(&resumed));
            }
        }
        let mut left = DECIDE_MAX;
        loop {
            let looked = look_at_rolling(service, &self.order.watch).await?;
            let RolloutPass { starts, again, .. } = keep_rollout(service, lease, &looked).await?;
            let mut begun = BegunMoves::default();
            begun.begin(service, lease, starts).await;
            let (moved, again) = (
                !begun.is_empty(),
                !(again.is_empty() && begun.again.is_empty()),
            );
            let mut failed = false;
            for rolled in begun.drive(service, lease, observers).await {
                // Its journal stays open, or nothing of it was begun: it is not tried again here.
                failed |= rolled.ended.is_err();
                self.ended.extend(MovedEnvironment::of_rolled(&rolled));
            }
            left = if moved { DECIDE_MAX } else { left - 1 };
            if failed || (!moved && (!again || left == 0)) {
                return Ok(looked);
            }
        }
    }

    /// Has the driver look at the order, and follows what it begins of it.
    async fn follow(&mut self) -> Result<Followed<'a>, MoveError> {
        let (store, clock) = (self.service.store, self.service.clock);
        let mut asked = Some(self.ask().await?);
        let (mut answered, mut said, mut left) = (false, false, DECIDE_MAX);
        let mut heard = clock.steady();
        loop {
            let under_way = self.look().await?;
            if under_way || asked.is_none() {
                heard = clock.steady();
            }
            if let Some(lease) = take_lease(store).await? {
                if let Some(asked) = asked {
                    asked.give_up().await?;
                }
                if said || under_way || !self.ended.is_empty() {
                    (self.teller.meanwhile)(MoveMeanwhile::GoingOn);
                }
                return Ok(Followed::Mine(lease));
            }
            // Whatever a pass began stands in the store before it is answered: what is under way now is not
            // all of it until a pass that came after the last end has begun nothing.
            match (&asked, under_way, answered) {
                (Some(left_request), ..) => match left_request.is_done().await? {
                    true => {
                        (asked, answered) = (None, true);
                        continue;
                    }
                    false if clock.steady() >= heard + ANSWER_MAX => {
                        left_request.give_up().await?;
                        return Err(self.unanswered().await?);
                    }
                    false if !said && !under_way => {
                        (self.teller.meanwhile)(MoveMeanwhile::Waiting);
                        said = true;
                    }
                    false => {}
                },
                (None, true, _) => (answered, left) = (false, DECIDE_MAX),
                (None, false, false) => asked = Some(self.ask().await?),
                (None, false, true) => {
                    let looked = look_at_rolling(self.service, &self.order.watch).await?;
                    left -= 1;
                    if !goes_on(&looked) || left == 0 {
                        return Ok(Followed::Ended(Box::new(looked)));
                    }
                    answered = false;
                }
            }
            clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// The order stands, and is taken up by whoever makes the next pass; nobody knows when that is.
    async fn unanswered(&self) -> Result<MoveError, MoveError> {
        let who = driver(self.service.store).await?;
        let who = who.as_deref().unwrap_or("whoever works on this store");
        let again = format!("amiwatch rollout {}", self.order.watch);
        let why = format!("the order stands; {}", unanswered_by(who, &again));
        Ok(MoveError::Untold(vec![why]))
    }

    async fn ask(&self) -> Result<LeftRequest<'a>, MoveError> {
        Ok(LeftRequest::leave(self.service.desk(), RequestedAct::Look).await?)
    }

    /// One look at what is under way of it: tells what is new. Whether something is.
    async fn look(&mut self) -> Result<bool, MoveError> {
        let store = self.service.store;
        for one in open_runs::<MoveKind>(store).await? {
            if self.followed.contains_key(&one.journal) {
                continue;
            }
            // One that cannot be read is driven by nobody: nothing of it would ever be told.
            let run = match replay::<MoveKind>(store, &one.journal).await {
                Ok(run) => run,
                Err(RunError::Store(error)) => return Err(error.into()),
                Err(_) => continue,
            };
            if self.is_of_it(run.input()) {
                let follow = Follow::new(one.journal.clone());
                self.followed.insert(one.journal, Some(follow));
            }
        }
        let mut under_way = false;
        for following in self.followed.values_mut() {
            let Some(follow) = following else { continue };
            match follow.look(store, self.teller.observers).await? {
                Some(ended) => {
                    self.ended.push(MovedEnvironment::of_result(&ended));
                    *following = None;
                }
                None => under_way = true,
            }
        }
        Ok(under_way)
    }

    /// A move to the image that was ordered, or one that takes such a move back.
    fn is_of_it(&self, order: &MoveOrder) -> bool {
        let ours = order.watch == self.order.watch;
        ours && match &order.direction {
            Direction::Back { of, .. } => {
                of.as_ref().is_some_and(|of| self.followed.contains_key(of))
            }
            Direction::Forward | Direction::Proof => order.to.image.image() == Some(self.image),
        }
    }
}

/// How following ended.
enum Followed<'a> {
    /// Nothing of the order is under way, and nothing more can be begun now.
    Ended(Box<LookedWatch<'a>>),
    /// Nobody else drives any more: this process has the place now.
    Mine(Lease),
}

fn unbegun() -> String {
    "nothing stands against it, and it was not begun: what it is decided from changed again and again, or the \
     process that works on the store could not begin it, as its log says; give the order again"
        .to_owned()
}

/// Something of it is to be begun, or is under way: the driver's next pass has to do with it.
fn goes_on(looked: &LookedWatch<'_>) -> bool {
    let mut decided = looked.rollout.iter().flat_map(|one| &one.decision.targets);
    decided.any(|one| {
        matches!(
            one.stand,
            TargetStand::Move(_) | TargetStand::UnderWay { .. } | TargetStand::Unread
        )
    })
}
