//! The account that moves happen in: an environment on an older image of ours, and a newer one with the
//! platform version that it was made from.

use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, TargetId, WatchName};
use amiwatch::service::runs::under_way;
use amiwatch::store::{Batch, Store as _, moves, records};
use sim::{Branch, EnvironmentSpec, ImageSpec, Serves};

use crate::common::life::Life;
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

impl Life {
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
