//! The account that moves happen in: an environment on an older image of ours, and a newer one with the
//! platform version that it was made from.

use amiwatch::cloud::Identity;
use amiwatch::flow::rollout::before::MoveRules;
use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::flow::rollout::order::{MoveRefusal, Ordering, back_order, forward_order};
use amiwatch::flow::rollout::proving::{needs_proof, proof_order};
use amiwatch::flow::rollout::read::{EnvironmentReading, read_environment};
use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, TargetId, WatchName};
use amiwatch::model::platform_choice::{MoveTo, PlatformChoice};
use amiwatch::model::reason::ReasonCode;
use amiwatch::model::rollout::{MoveOrder, MoveProof};
use amiwatch::model::rollout_rules::{HealthBar, OnFailure};
use amiwatch::service::Service;
use amiwatch::service::runs::DriveError;
use amiwatch::service::runs::moving::{DecidedFrom, MoveBegun, MoveResult, begin_move, drive_move};
use amiwatch::service::runs::under_way;
use amiwatch::store::{Batch, Lease, Store as _, moves, records};
use amiwatch::workflow::observer::{ObserverOf, Unobserved};
use sim::{Branch, EnvironmentSpec, ImageSpec, Serves};

use crate::common::life::{Life, Stopped};
use crate::common::world::{BRANCH, INSTALLATION, QUEUE, REGION, TOPIC, release};

pub(crate) const OLD: &str = "ami-0000000000000000a";
pub(crate) const NEW: &str = "ami-0000000000000000b";
const HEALTH: &str = "aws:elasticbeanstalk:healthreporting:system";
const GROUP: &str = "aws:autoscaling:asg";

/// The watch only tells: what moves, these tests order.
const CONFIG: &str = r#"
installation = "acme"

[watch.shop]
region = "eu-west-1"
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023" }
on_drift = "notify"

[[watch.shop.target]]
beanstalk = { application = "shop", environment = "*" }

[notify.ops]
events = ["rolled_out", "rolled_back", "failed", "attention", "held"]
sns = { topic_arn = "arn:aws:sns:eu-west-1:000000000000:amiwatch" }
"#;

/// An environment of two instances that replaces them immutably.
pub(crate) fn immutable() -> EnvironmentSpec {
    environment().immutable()
}

/// The same before anything is said of how its instances are replaced.
pub(crate) fn environment() -> EnvironmentSpec {
    EnvironmentSpec::new("shop", "shop-blue", BRANCH)
        .version("4.5.0")
        .image(OLD)
        .instances(2)
        .option(HEALTH, "SystemType", "enhanced")
        .option(GROUP, "MinSize", "2")
        .option(GROUP, "MaxSize", "4")
}

/// An account with this environment, on the older image.
pub(crate) fn with(environment: EnvironmentSpec) -> Life {
    let life = Life::empty(CONFIG);
    let here = life.account.at(REGION);
    here.branch(Branch::new(BRANCH)).unwrap();
    here.release(release("4.5.0")).unwrap();
    let base = life.base_image();
    here.image(ImageSpec::mine("old").id(OLD).source(&base))
        .unwrap();
    here.environment(environment).unwrap();
    here.release(release("4.5.1")).unwrap();
    let bases = life.account.images().into_iter();
    let newest = bases.filter(|image| image.owner_id != sim::ACCOUNT_ID);
    let newest = newest.max_by_key(|image| image.id.clone()).unwrap().id;
    here.image(ImageSpec::mine("new").id(NEW).source(&newest))
        .unwrap();
    here.topic(TOPIC).unwrap();
    here.queue(QUEUE).unwrap();
    here.subscribe(TOPIC, QUEUE).unwrap();
    life
}

/// The usual one.
pub(crate) fn usual() -> Life {
    with(immutable())
}

/// The usual one, where everything takes seconds: for sweeps over all of it.
pub(crate) fn brisk() -> Life {
    let life = usual();
    life.account.set_timing(sim::Timing {
        update_stage: std::time::Duration::from_secs(5),
        health: std::time::Duration::from_secs(20),
        ..crate::common::world::brisk()
    });
    life
}

/// On the newer image and its platform version, by somebody else's hands.
pub(crate) async fn moved_by_others(life: &Life) {
    let theirs = sim::Edit {
        image: Some(NEW.to_owned()),
        version: "4.5.1".to_owned(),
        ..sim::Edit::default()
    };
    let here = life.account.at(REGION);
    here.somebody_edits("shop-blue", theirs).unwrap();
    life.wait(std::time::Duration::from_secs(3600)).await;
    let is = life.shop_blue();
    assert_eq!((is.status.as_str(), is.image_id.as_str()), ("Ready", NEW));
}

/// The application does not work on the newer image.
pub(crate) fn new_image_is_ill(life: &Life) {
    serves(life, NEW, "Severe", 0.0);
}

/// How the application fares on an image.
pub(crate) fn serves(life: &Life, image: &str, status: &str, after_s: f64) {
    let serves = Serves {
        status: status.to_owned(),
        after_s,
        causes: vec!["100 % of requests fail with HTTP 5xx.".to_owned()],
    };
    let here = life.account.at(REGION);
    here.change_image(image, sim::ImageChange::Serves(serves))
        .unwrap();
}

pub(crate) fn platform(version: &str) -> String {
    format!("arn:aws:elasticbeanstalk:{REGION}::platform/{BRANCH}/{version}")
}

pub(crate) fn target() -> TargetId {
    TargetId {
        scope: amiwatch::model::ids::Scope {
            partition: "aws".into(),
            account: sim::ACCOUNT_ID.into(),
            region: REGION.into(),
        },
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
    }
}

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
        let from = DecidedFrom::read(service.store, &target(), Some(&us), &watch)
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

    /// How often environments were changed.
    pub(crate) fn updates(&self) -> usize {
        let ledger = self.account.ledger();
        let updates = ledger.iter().filter(|entry| {
            entry.operation == "UpdateEnvironment" && entry.took_effect && entry.outcome == "ok"
        });
        updates.count()
    }

    /// The images that the environment's instances run, by image.
    pub(crate) fn runs(&self) -> std::collections::BTreeSet<String> {
        let instances = self.account.instances().into_iter();
        let serving = instances.filter(|one| {
            one.tags
                .get("elasticbeanstalk:environment-name")
                .map(String::as_str)
                == Some("shop-blue")
                && matches!(one.state.as_str(), "pending" | "running")
        });
        serving.map(|one| one.image_id).collect()
    }

    /// The watch's images that wait for the mark of a quarantine.
    pub(crate) async fn to_mark(&self) -> Vec<String> {
        let (scope, watch) = (target().scope, WatchName::new("shop"));
        let store = self.store();
        let memory = moves::rollout(&store, &scope, &watch).await.unwrap();
        let images = memory.value.to_mark.iter();
        images.map(|image| image.as_str().to_owned()).collect()
    }

    /// An image is to be marked, as the end of a failed move leaves it.
    pub(crate) async fn quarantine(&self, image: &str) {
        let (scope, watch) = (target().scope, WatchName::new("shop"));
        let store = self.store();
        let mut memory = moves::rollout(&store, &scope, &watch).await.unwrap();
        memory.value.mark(&image.into());
        let us = Installation::new(INSTALLATION);
        let mut holds = records::remembered_holds(&store, Some(&us), &watch)
            .await
            .unwrap();
        holds.value.push(Hold {
            on: HeldThing::Image(image.into()),
            reason: "moving to it failed".to_owned(),
            by: "amiwatch".to_owned(),
            since: self.process_clock().now(),
            until: None,
        });
        let held = records::put_holds(Some(&us), &watch, &holds);
        let mut ops = vec![moves::put_rollout(&scope, &watch, &memory)];
        ops.extend(held);
        store.commit(Batch::of_ops(ops)).await.unwrap();
    }

    /// A person ends every hold of the watch.
    pub(crate) async fn unquarantine(&self, image: &str) {
        let (us, watch) = (Installation::new(INSTALLATION), WatchName::new("shop"));
        let store = self.store();
        let mut holds = records::remembered_holds(&store, Some(&us), &watch)
            .await
            .unwrap();
        let on = HeldThing::Image(image.into());
        holds.value.retain(|hold| hold.on != on);
        let op = records::put_holds(Some(&us), &watch, &holds).into_iter();
        store.commit(Batch::of_ops(op.collect())).await.unwrap();
    }

    /// The environment as the account has it.
    pub(crate) fn shop_blue(&self) -> sim::EnvironmentView {
        let found = self.account.environment("shop-blue");
        found.expect("it is there")
    }

    /// No journal of a move is open.
    pub(crate) async fn no_move_is_open(&self) {
        let open = under_way::<MoveKind>(&self.store()).await.unwrap();
        assert!(open.is_empty(), "{open:?}");
    }
}
