//! Orders for the moves of these tests: given as the desk and the passes give them, and driven to their ends.

use amiwatch::cloud::Identity;
use amiwatch::flow::rollout::before::MoveRules;
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::flow::rollout::order::{MoveRefusal, Ordering, back_order, forward_order};
use amiwatch::flow::rollout::proving::{needs_proof, proof_order};
use amiwatch::flow::rollout::read::{EnvironmentReading, read_environment};
use amiwatch::model::ids::{Installation, WatchName};
use amiwatch::model::platform_choice::{MoveTo, PlatformChoice};
use amiwatch::model::reason::ReasonCode;
use amiwatch::model::rollout::{MoveOrder, MoveProof};
use amiwatch::model::rollout_rules::{HealthBar, OnFailure};
use amiwatch::service::Service;
use amiwatch::service::runs::DriveError;
use amiwatch::service::runs::moving::{DecidedFrom, MoveBegun, MoveResult, begin_move, drive_move};
use amiwatch::service::runs::under_way;
use amiwatch::store::{Lease, records};
use amiwatch::workflow::observer::{ObserverOf, Unobserved};

use super::world::{NEW, platform, target};
use crate::common::life::{Life, Stopped};
use crate::common::world::{INSTALLATION, REGION};

/// The rules of these moves: settled after two minutes.
pub(crate) fn rules() -> MoveRules {
    MoveRules {
        proof: MoveProof {
            bar: HealthBar::Info,
            settle_s: 120,
            probe: None,
        },
        on_failure: OnFailure::Rollback,
        allow_downtime: true,
    }
}

/// What one process came to.
#[derive(Debug)]
pub(crate) enum Moved {
    Ended(Vec<MoveResult>),
    Refused(Vec<MoveRefusal>),
    Gone,
    /// It goes on at the next start.
    PutOff,
}

impl Moved {
    /// Every move of it succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self, Self::Ended(results) if results.iter().all(|one| one.failure().is_none()))
    }
}

/// Which order is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To the newer image.
    Forward,
    /// Back to what was before.
    Back,
    /// It runs the newer image already, and nobody remembers why: to prove it there.
    Proof,
}

/// Drives what is open; where nothing is, gives one order and drives that.
pub(crate) async fn move_in(service: &Service<'_>, lease: Lease, wish: Wish) -> Moved {
    let open = under_way::<MoveKind>(service.store).await.unwrap();
    let silent = |_: &MoveOrder| -> Box<ObserverOf<MoveKind>> { Box::new(Unobserved) };
    if let Some(one) = open.first() {
        let driven = drive_move(service, lease, &one.journal, &silent).await;
        return driven.map_or_else(|why| put_off(&why), Moved::Ended);
    }
    match begin(service, lease, wish, |_| {}).await {
        Err(not_begun) => not_begun,
        Ok(journal) => {
            let driven = drive_move(service, lease, &journal, &silent).await;
            driven.map_or_else(|why| put_off(&why), Moved::Ended)
        }
    }
}

/// Begins an order, or says why not. `alter` has the last word on the order.
pub(crate) async fn begin(
    service: &Service<'_>,
    lease: Lease,
    wish: Wish,
    alter: impl Fn(&mut MoveOrder),
) -> Result<String, Moved> {
    loop {
        let Some(reading) = reading(service).await else {
            return Err(Moved::Gone);
        };
        let (us, watch) = (Installation::new(INSTALLATION), WatchName::new("shop"));
        let placed = (&watch, &target().scope);
        let from = DecidedFrom::read(service.store, &target(), Some(&us), placed)
            .await
            .unwrap();
        let order = order(service, &reading, &from, wish).await;
        let mut order = order.map_err(Moved::Refused)?;
        alter(&mut order);
        match begin_move(service, lease, &order, &from).await {
            Err(why) => return Err(put_off(&why)),
            Ok(MoveBegun::DecideAgain) => {}
            Ok(MoveBegun::Begun { journal }) => return Ok(journal),
        }
    }
}

fn put_off(why: &DriveError) -> Moved {
    eprintln!("put off: {why:?}");
    Moved::PutOff
}

async fn reading(service: &Service<'_>) -> Option<EnvironmentReading> {
    let region = REGION.into();
    let cloud = service
        .connection
        .cloud(&Identity::Own, Some(&region))
        .unwrap();
    for _ in 0..20 {
        match read_environment(&cloud, &target()).await {
            Ok(reading) => return reading,
            Err(_) => {
                service
                    .clock
                    .sleep(std::time::Duration::from_secs(30))
                    .await
            }
        }
    }
    panic!("the environment cannot be read for ten minutes");
}

async fn order(
    service: &Service<'_>,
    reading: &EnvironmentReading,
    from: &DecidedFrom,
    wish: Wish,
) -> Result<MoveOrder, Vec<MoveRefusal>> {
    let (installation, watch) = (Installation::new(INSTALLATION), WatchName::new("shop"));
    let holds = records::remembered_holds(service.store, Some(&installation), &watch)
        .await
        .unwrap();
    let ordering = Ordering {
        installation: &installation,
        watch: &watch,
        home: &reading.scope,
        number: from.next_number(),
        by: "ops@host",
        because: &[],
    };
    let read = reading.as_read();
    match wish {
        Wish::Back => {
            return back_order(&read, from.moves.value.undo.as_ref(), &rules(), &ordering);
        }
        Wish::Proof if needs_proof(&from.moves.value, &NEW.into()) => {
            return proof_order(&read, &rules(), &ordering);
        }
        // Remembered as proved, it is an order that finds nothing to do.
        Wish::Proof | Wish::Forward => {}
    }
    let to = MoveTo {
        image: NEW.into(),
        platform: PlatformChoice::Moves {
            to: platform("4.5.1").as_str().into(),
            version: "4.5.1".to_owned(),
        },
    };
    forward_order(&read, &to, &rules(), &holds.value, &ordering)
}

impl Life {
    /// Orders in a process of its own, which the armed point may stop.
    pub(crate) async fn try_move(&self, wish: Wish) -> Result<Moved, Stopped> {
        self.process(async |service, lease| move_in(&service, lease, wish).await)
            .await
    }

    /// Orders as a person does who waits until the environment is ready, for half an hour.
    pub(crate) async fn moves_when_ready(&self, wish: Wish) -> Moved {
        let mut left = 30;
        loop {
            let moved = self.try_move(wish).await.expect("nothing is armed");
            left -= 1;
            let waits = |why: &MoveRefusal| {
                let code = why.reason().map(|reason| reason.code);
                matches!(
                    code,
                    Some(ReasonCode::NotReady | ReasonCode::UnhealthyBefore)
                )
            };
            match &moved {
                Moved::Refused(why) if left > 0 && why.iter().any(waits) => {
                    self.wait(std::time::Duration::from_secs(60)).await;
                }
                _ => return moved,
            }
        }
    }

    /// Orders in a process of its own, and tells what is to be told.
    pub(crate) async fn moves(&self, wish: Wish) -> Moved {
        let moved = self.try_move(wish).await.expect("nothing is armed");
        self.pass().await;
        moved
    }
}
