//! The usual watch, whose older images are retired within days, and what the account shows of them.

use std::time::Duration;

use amiwatch::flow::history::{ToldWhat, Window};
use amiwatch::model::retire_record::RetireAct;
use amiwatch::service::desk::restore::{RestoreError, RestorePlan, plan_restore, restore_now};
use sim::{ImageView, Retirement};

use crate::common::life::{Life, Stopped};
use crate::common::world::CONFIG;
use crate::publishing::world::brisk_life;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);

const RETIRE: &str = r#"
[watch.shop.retire]
keep_newest = 1
younger_than = "1d"
disable_after = "3d"
deregister_after = "6d"
rollback_horizon = "1d"
"#;

/// The usual config, which retires.
pub(crate) fn config(mode: &str) -> String {
    format!("{CONFIG}{RETIRE}mode = \"{mode}\"\n")
}

/// The usual watch, whose older images go.
pub(crate) fn applying() -> Life {
    brisk_life(&config("apply"))
}

/// How an image stands: `in force`, `deprecated`, `disabled`, `gone`.
pub(crate) fn stands(life: &Life, image: &str) -> &'static str {
    match life.account.image(image) {
        None => "gone",
        Some(one) if one.state == "disabled" => "disabled",
        Some(one) => match one.deprecated_at {
            Some(_) => "deprecated",
            None => "in force",
        },
    }
}

impl Life {
    /// Two images are baked, a day apart; the older first.
    pub(crate) async fn two_images(&self) -> [ImageView; 2] {
        self.until_settled().await;
        self.wait(DAY + HOUR).await;
        self.release("4.5.1");
        self.until_settled().await;
        let mut images = self.verified();
        images.sort_by_key(|one| one.created);
        images.try_into().expect("two are baked")
    }

    /// So many days, with passes every six hours.
    pub(crate) async fn days(&self, days: u32) {
        for _ in 0..4 * days {
            self.wait(6 * HOUR + Duration::from_secs(60)).await;
            self.until_settled().await;
        }
    }

    /// Passes until this image stands so.
    pub(crate) async fn until_it_stands(&self, image: &str, wanted: &str) {
        for _ in 0..60 {
            if stands(self, image) == wanted {
                return;
            }
            self.wait(6 * HOUR + Duration::from_secs(60)).await;
            self.until_settled().await;
        }
        panic!("{image} is {}, and was to be {wanted}", stands(self, image));
    }

    /// What was done to images that something named: nothing, ever.
    #[track_caller]
    pub(crate) fn no_image_in_use_was_retired(&self) -> Vec<Retirement> {
        let all = self.account.retirements();
        let used: Vec<_> = all.iter().filter(|one| !one.uses.is_empty()).collect();
        assert!(used.is_empty(), "retired while in use: {used:#?}");
        all
    }

    /// What was told of retiring, in order: `disabled`, `deregistered`.
    pub(crate) fn heard_of_retiring(&self) -> Vec<String> {
        let heard = self.heard().into_iter();
        let heard = heard.filter(|one| one.event == "retired");
        heard.map(|one| one.subject).collect()
    }

    /// What the history has of it, in order.
    pub(crate) async fn history_of_retiring(&self) -> Vec<(String, RetireAct)> {
        let chronicles = amiwatch::store::records::chronicle::chronicles(&self.store(), None).await;
        let window = Window {
            limit: 1000,
            since: None,
        };
        let history = amiwatch::flow::history::history(&chronicles.unwrap(), window);
        let entries = history.entries.into_iter();
        let retired = entries.filter_map(|told| match told.what {
            ToldWhat::Retired(one) => Some((one.image.to_string(), one.act)),
            _ => None,
        });
        retired.collect()
    }

    /// Whom the store says to have been able to launch an image before it was disabled.
    pub(crate) async fn restored_grants(&self, image: &str) -> Vec<String> {
        let records = amiwatch::store::retired::each_image_record(&self.store()).await;
        let mut records = records.unwrap().into_iter().map(Result::unwrap);
        let known = records.find(|(id, _)| id.as_str() == image);
        let grants = known.expect("it is remembered").1.record.grants;
        grants.iter().map(|one| one.named()).collect()
    }

    /// `restore AMI --yes`, which the armed point may stop.
    pub(crate) async fn try_restore(
        &self,
        image: &str,
    ) -> Result<Result<RestorePlan, RestoreError>, Stopped> {
        let image = image.into();
        self.process(async |service, _| {
            let plan = plan_restore(&service, &image).await?;
            match plan.to_do() {
                true => Box::pin(restore_now(&service, plan, "ann")).await,
                false => Ok(plan),
            }
        })
        .await
    }

    /// The same with nothing armed.
    pub(crate) async fn restore(&self, image: &str) -> Result<RestorePlan, RestoreError> {
        self.try_restore(image).await.expect("nothing is armed")
    }
}
