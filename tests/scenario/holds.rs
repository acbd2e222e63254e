//! Soaking with a fall-back, age, and people's holds, over whole lives.

use std::time::Duration;

use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{Installation, WatchName};
use amiwatch::model::plan::Action;
use amiwatch::model::reason::ReasonCode;
use amiwatch::store::records::{self, Versioned};
use amiwatch::store::{Batch, DRIVER, Store as _};
use sim::EnvironmentChange;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, CONFIG, INSTALLATION, REGION};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The usual life with one more line about its watch, and quick bakes.
fn life_with(line: &str) -> Life {
    let config = CONFIG.replace(
        "on_drift = \"bake\"",
        &format!("on_drift = \"bake\"\n{line}"),
    );
    let life = Life::with_config(&config);
    life.account.set_timing(world::brisk());
    life.guests(Cast::both(Day::Quick));
    life
}

fn watch() -> WatchName {
    WatchName::new("shop")
}

impl Life {
    /// What `amiwatch hold` writes; `None` for `until` means never.
    async fn hold(&self, on: HeldThing, until: Option<Duration>) {
        let now = self.clock.now();
        let hold = Hold {
            on,
            reason: "it breaks logging".to_owned(),
            by: "ann".to_owned(),
            since: now,
            until: until.map(|until| now + until),
        };
        self.change_holds(|holds| holds.push(hold)).await;
    }

    async fn change_holds(&self, change: impl FnOnce(&mut Vec<Hold>)) {
        let store = self.store();
        let installation = Installation::new(INSTALLATION);
        let before = records::remembered_holds(&store, Some(&installation), &watch())
            .await
            .unwrap();
        let mut value = before.value;
        change(&mut value);
        let version = before.version;
        let after = Versioned { version, value };
        let op = records::put_holds(Some(&installation), &watch(), &after);
        store
            .commit(Batch::of_ops(op.into_iter().collect()))
            .await
            .unwrap();
    }

    async fn holds(&self) -> usize {
        let installation = Installation::new(INSTALLATION);
        let holds = records::remembered_holds(&self.store(), Some(&installation), &watch()).await;
        holds.unwrap().value.len()
    }

    /// The base versions of the verified images, sorted.
    fn versions(&self) -> Vec<String> {
        let images = self.verified().into_iter();
        let mut versions: Vec<String> = images
            .map(|image| image.tags["amiwatch:base-version"].clone())
            .collect();
        versions.sort();
        versions
    }

    async fn own_codes(&self) -> Vec<ReasonCode> {
        let (items, _) = self.check().await;
        let reasons = items[0].drift.reasons.iter();
        reasons.map(|reason| reason.code).collect()
    }

    async fn action(&self) -> Action {
        self.check().await.0.remove(0).action
    }
}

#[test]
fn releases_that_come_faster_than_they_soak_are_baked_one_behind_and_not_never() {
    paused(async || {
        let life = life_with("soak = \"5d\"");
        life.wait(6 * DAY).await;
        life.pass().await;
        assert_eq!(life.versions(), ["4.5.0"]);
        for version in ["4.5.1", "4.5.2", "4.5.3", "4.5.4"] {
            life.release(version);
            for _ in 0..3 {
                life.pass().await;
                life.wait(DAY).await;
            }
        }
        // 4.5.4 has been out for three days, 4.5.3 for six.
        life.pass().await;
        assert_eq!(life.versions(), ["4.5.0", "4.5.1", "4.5.2", "4.5.3"]);
        assert_eq!(
            life.own_codes().await,
            [ReasonCode::BaseNewer, ReasonCode::Soaking]
        );
        let (items, _) = life.check().await;
        let notes: Vec<_> = items[0]
            .drift
            .notes
            .iter()
            .map(|note| note.code.as_str())
            .collect();
        assert_eq!(notes, ["soak_longer_than_cadence"]);
        assert!(matches!(items[0].action, Action::Hold { until: Some(_) }));
        life.wait(3 * DAY).await;
        life.until_settled().await;
        assert_eq!(life.versions().last().map(String::as_str), Some("4.5.4"));
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_hidden_earlier_version_is_passed_over() {
    paused(async || {
        let life = life_with("soak = \"5d\"");
        life.pass().await;
        for version in ["4.5.1", "4.5.2"] {
            life.wait(DAY).await;
            life.release(version);
            life.pass().await;
        }
        life.wait(4 * DAY + HOUR).await;
        life.account
            .at(REGION)
            .hide_version(world::BRANCH, "4.5.1")
            .unwrap();
        // 4.5.1 would be old enough; 4.5.0 is.
        life.release("4.5.3");
        life.pass().await;
        assert_eq!(life.versions(), ["4.5.0"]);
        life.promises_hold();
    });
}

#[test]
fn an_image_older_than_max_age_is_baked_again_and_then_counts() {
    paused(async || {
        let life = life_with("max_age = \"7d\"");
        life.until_settled().await;
        let first = life.verified().remove(0).id;
        let here = life.account.at(REGION);
        here.change_environment("shop-blue", EnvironmentChange::Image(first.clone()))
            .unwrap();
        life.until_settled().await;
        life.wait(6 * DAY).await;
        assert_eq!(life.own_codes().await, []);
        life.wait(2 * DAY).await;
        assert_eq!(life.own_codes().await, [ReasonCode::TooOld]);
        life.until_settled().await;

        let images = life.verified();
        assert_eq!(images.len(), 2);
        let second = images.iter().find(|image| image.id != first).unwrap();
        assert_eq!(second.tags["amiwatch:generation"], "1");
        assert_eq!(
            second.tags["amiwatch:base-image"],
            images[0].tags["amiwatch:base-image"]
        );
        let (items, _) = life.check().await;
        let drift = &items[0].drift;
        assert_eq!(
            drift.current.as_ref().map(|image| image.as_str()),
            Some(&*second.id)
        );
        assert_eq!(drift.reasons, []);
        let target: Vec<_> = drift.targets[0]
            .reasons
            .iter()
            .map(|one| one.code)
            .collect();
        assert_eq!(target, [ReasonCode::TooOld, ReasonCode::NotOnNewest]);

        // The new one counts as well when the store is lost, and ages in its turn.
        life.lose_the_store();
        life.until_settled().await;
        assert_eq!(life.verified().len(), 2);
        life.wait(8 * DAY).await;
        life.until_settled().await;
        let mut generations: Vec<String> = life
            .verified()
            .into_iter()
            .map(|image| image.tags["amiwatch:generation"].clone())
            .collect();
        generations.sort();
        assert_eq!(generations, ["0", "1", "2"]);
        life.promises_hold();
    });
}

#[test]
fn a_held_watch_starts_nothing_is_told_once_and_goes_on_when_the_hold_ends() {
    paused(async || {
        let life = life_with("");
        life.hold(HeldThing::Watch, Some(2 * DAY)).await;
        for _ in 0..3 {
            let passed = life.pass().await;
            assert!(passed.bakes.is_empty());
            life.wait(HOUR).await;
        }
        assert_eq!(life.effects_of("RunInstances"), 0);
        assert_eq!(life.heard_events(), ["held"]);
        assert!(life.own_codes().await.contains(&ReasonCode::Held));
        life.wait(2 * DAY).await;
        life.until_settled().await;
        assert_eq!(life.versions(), ["4.5.0"]);
        assert_eq!(life.holds().await, 0, "what has ended is cleaned up");
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_held_release_is_passed_over_for_the_one_before_it_until_it_is_unheld() {
    paused(async || {
        let life = life_with("");
        life.release("4.5.1");
        life.hold(HeldThing::Release("4.5.1".to_owned()), None)
            .await;
        life.pass().await;
        assert_eq!(life.versions(), ["4.5.0"]);
        life.pass().await;
        assert_eq!(life.action().await, Action::Hold { until: None });
        life.change_holds(Vec::clear).await;
        life.until_settled().await;
        assert_eq!(life.versions(), ["4.5.0", "4.5.1"]);
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_quarantined_image_is_neither_recommended_nor_adopted_nor_made_again() {
    paused(async || {
        let life = life_with("");
        life.until_settled().await;
        let image = life.verified().remove(0).id;
        life.hold(HeldThing::Image(image.as_str().into()), None)
            .await;
        for _ in 0..2 {
            let passed = life.pass().await;
            assert!(passed.bakes.is_empty());
            let drift = &passed.items[0].drift;
            assert_eq!(drift.current, None);
            let codes: Vec<_> = drift.all_reasons().map(|one| one.code).collect();
            assert!(codes.contains(&ReasonCode::Quarantined), "{codes:?}");
            assert!(!codes.contains(&ReasonCode::NotOnNewest), "{codes:?}");
        }
        assert_eq!(life.versions(), ["4.5.0"]);
        life.release("4.5.1");
        life.until_settled().await;
        assert_eq!(life.versions(), ["4.5.0", "4.5.1"]);
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn a_person_s_hold_does_not_disturb_the_driver_that_is_writing() {
    paused(async || {
        let life = life_with("");
        // A hold between the driver's reading and its writing is a conflict for neither: the records
        // are different ones.
        let store = life.store();
        let lease = store.take(DRIVER, "me").await.unwrap().mine();
        assert!(lease.is_some());
        life.hold(HeldThing::Watch, None).await;
        assert_eq!(life.holds().await, 1);
    });
}

#[test]
fn more_holds_than_a_batch_has_room_for_are_told_by_the_passes_that_follow() {
    paused(async || {
        let life = life_with("");
        let holds = 30;
        for nth in 0..holds {
            let on = HeldThing::Release(format!("4.6.{nth}"));
            life.hold(on, None).await;
        }
        for _ in 0..5 {
            life.pass().await;
        }
        let told = life.heard_events().into_iter();
        let told = told.filter(|event| event == "held").count();
        assert_eq!(told, holds);
        assert_eq!(life.versions(), ["4.5.0"], "the pass itself went on");
        life.each_notice_came_once();
    });
}
