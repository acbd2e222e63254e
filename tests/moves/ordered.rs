//! Moves that a person orders and a daemon makes: an account whose images a daemon takes for proved, the
//! order as the commands leave it, and what an environment looks like when everything has ended.

use std::time::Duration;

use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::model::request::{MoveWish, RequestAnswer, RequestedAct, WishedWay};
use amiwatch::service::runs::under_way;
use chrono::TimeDelta;
use sim::{Branch, EnvironmentSpec, UpdateView};

use super::world::{NEW, OLD, immutable};
use crate::common::life::Life;
use crate::common::proved::MadeFrom;
use crate::common::watching::Watching;
use crate::common::world::{BRANCH, QUEUE, RECIPE, REGION, TOPIC, release};

/// A watch whose images are baked, and whose environments a person moves.
const CONFIG: &str = r#"
installation = "acme"

[schedule]
cron = "0 * * * *"

[watch.shop]
region = "eu-west-1"
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023" }
recipe = "logging"
on_drift = "notify"

[[watch.shop.target]]
beanstalk = { application = "shop", environment = "*" }

[watch.shop.rollout]
settle = "5m"
allow_downtime = ["shop-blue"]

[recipe.logging]
user_data = "logging.yaml"
checks = [{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }]

[notify.ops]
events = ["rolled_out", "rolled_back", "failed", "attention"]
sns = { topic_arn = "arn:aws:sns:eu-west-1:000000000000:amiwatch" }
"#;

/// More than a move, breaking it off and two tries to take it back are given.
const ENDS_WITHIN: TimeDelta = TimeDelta::hours(24);

/// An account with this environment on the older of two images that are proved.
pub(crate) fn proved_with(environment: EnvironmentSpec) -> Life {
    let life = Life::empty(CONFIG);
    let here = life.account.at(REGION);
    here.branch(Branch::new(BRANCH)).unwrap();
    here.release(release("4.5.0")).unwrap();
    proved(&life, OLD, "4.5.0");
    here.environment(environment).unwrap();
    here.release(release("4.5.1")).unwrap();
    proved(&life, NEW, "4.5.1");
    here.topic(TOPIC).unwrap();
    here.queue(QUEUE).unwrap();
    here.subscribe(TOPIC, QUEUE).unwrap();
    life
}

/// An image as a bake of this version, the newest one, leaves it.
fn proved(life: &Life, id: &str, version: &str) {
    let platform = life.account.platform(&super::world::platform(version));
    let base = platform.expect("it was released").images["x86_64"].clone();
    let made = MadeFrom {
        base_image: &base,
        base_version: version,
        recipe: RECIPE,
        generation: 1,
    };
    made.make(&life.account, id);
}

/// Where everything takes seconds: for sweeps over all of it.
pub(crate) fn brisk() -> Life {
    let life = proved_with(immutable());
    life.account.set_timing(sim::Timing {
        update_stage: Duration::from_secs(5),
        health: Duration::from_secs(20),
        ..crate::common::world::brisk()
    });
    life
}

/// What a person's command asks for.
pub(crate) fn wish(way: WishedWay) -> MoveWish {
    MoveWish {
        watch: "shop".into(),
        account: None,
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
        way,
        by: "jo".to_owned(),
    }
}

/// To the watch's present image.
pub(crate) fn forward() -> WishedWay {
    WishedWay::To { image: None }
}

impl Watching<'_> {
    /// Orders a move as `rollout` and `rollback` do.
    pub(crate) async fn orders(&self, way: WishedWay) -> RequestAnswer {
        self.ask(RequestedAct::Move(wish(way))).await
    }

    /// Lets time pass until no move is open.
    pub(crate) async fn until_moved(&self) {
        let end = self.life.clock.now() + ENDS_WITHIN;
        while !under_way::<MoveKind>(&self.life.store())
            .await
            .unwrap()
            .is_empty()
        {
            assert!(self.life.clock.now() < end, "a move never ends");
            self.life.wait(Duration::from_secs(30)).await;
        }
    }
}

/// An update that amiwatch sent.
pub(crate) fn is_ours(update: &UpdateView) -> bool {
    !matches!(update.by.as_str(), "elasticbeanstalk" | "somebody else")
}

impl Life {
    /// Our updates of the environment towards an image.
    pub(crate) fn ours_towards(&self, image: &str) -> usize {
        let updates = self.account.updates("shop-blue").into_iter();
        updates
            .filter(|one| is_ours(one) && one.image_id.as_deref() == Some(image))
            .count()
    }

    /// A person was told that something did not go as it was ordered.
    pub(crate) fn was_told_of_trouble(&self) -> bool {
        let heard = self.heard_events();
        heard
            .iter()
            .any(|event| matches!(event.as_str(), "failed" | "attention"))
    }
}
