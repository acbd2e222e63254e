//! A release, its bake and its rollout are one story, up to the end, whoever restarts in between; and what
//! earlier versions of amiwatch began is ended where they began it.

use std::collections::BTreeSet;
use std::time::Duration;

use amiwatch::model::ids::WatchName;
use amiwatch::store::records;
use amiwatch::store::{Batch, Store as _};
use serde_json::Value;
use sim::EnvironmentChange;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::watching::Watching;
use crate::common::world::{CONFIG, REGION};
use crate::rollouts::world::{UNASKED, config, scope, town};

const FORM: (&str, &str) = ("sns = { topic_arn", "sns = { format = \"json\", topic_arn");

/// Events with their stories, in the order in which they arrived.
fn told(life: &Life) -> Vec<(String, String)> {
    let heard = life.heard().into_iter().map(|one| {
        let body: Value = serde_json::from_str(&one.body).expect("JSON");
        let story = body["data"]["story"].as_str().expect("a story").to_owned();
        (one.event, story)
    });
    heard.collect()
}

fn in_json(config: &str) -> String {
    let (text, json) = FORM;
    assert!(config.contains(text), "{config}");
    config.replace(text, json)
}

async fn until_resolved(watching: &Watching<'_>, times: usize) {
    let over = |one: &Watching<'_>| {
        let events = one.life.heard_events();
        events.iter().filter(|event| *event == "resolved").count() == times
    };
    watching.until("nothing is out of step", over).await;
}

#[test]
fn a_release_its_bake_and_its_rollout_are_one_story_to_its_end() {
    paused(async || {
        let mut life = town(UNASKED);
        life.set_config(&in_json(&config(UNASKED)));
        life.daemon(async |watching| {
            watching.rolled_out().await;
            until_resolved(watching, 1).await;
            let waves = |one: &Watching<'_>| one.life.told("rolled_out").len() == 2;
            watching.until("both waves are told", waves).await;
            life.release("4.5.1");
        })
        .await;
        // Another process goes on with it.
        let before = told(&life).len();
        life.daemon(async |watching| {
            until_resolved(watching, 2).await;
            let waves = |one: &Watching<'_>| one.life.told("rolled_out").len() == 4;
            watching.until("both waves are told", waves).await;
        })
        .await;
        let all = told(&life);
        let (first, second) = all.split_at(before);
        let stories = |of: &[(String, String)]| -> BTreeSet<String> {
            of.iter().map(|(_, story)| story.clone()).collect()
        };
        // What nobody released while amiwatch looked begins with its bake.
        assert_eq!(stories(first).len(), 1, "{first:?}");
        assert!(first[0].1.starts_with("bake:"), "{first:?}");
        let mut events: Vec<&str> = second.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events[..2], ["drift", "baked"], "{second:?}");
        // That nothing is out of step any more may be seen before the last environment has settled.
        events.sort_unstable();
        let once = ["baked", "drift", "resolved", "rolled_out", "rolled_out"];
        assert_eq!(events, once, "each change is one message");
        assert_eq!(stories(second).len(), 1, "{second:?}");
        assert!(second[0].1.starts_with("release:acme:shop:"), "{second:?}");
        life.each_notice_came_once();
    });
}

#[test]
fn a_release_that_comes_before_the_last_is_through_takes_its_place() {
    paused(async || {
        let telling = in_json(&CONFIG.replace("\"bake\"", "\"notify\""));
        let life = Life::with_config(&telling);
        life.pass().await;
        life.release("4.5.1");
        life.pass().await;
        life.release("4.5.2");
        life.pass().await;
        let heard = life.heard();
        let details = |at: usize| -> Value {
            let body: Value = serde_json::from_str(&heard[at].body).expect("JSON");
            body["data"]["details"].clone()
        };
        let stories: Vec<String> = told(&life).into_iter().map(|(_, story)| story).collect();
        assert_eq!(stories.len(), 2, "{stories:?}");
        assert_ne!(stories[0], stories[1]);
        assert_eq!(details(1)["instead_of"], stories[0].as_str());
        assert_eq!(details(1)["step"]["from_version"], "4.5.1");
        assert!(
            heard[1].subject.contains("release 4.5.1 -> 4.5.2"),
            "{heard:?}"
        );
        // Somebody changes an environment: no release, and the same story.
        let environment = |to| {
            let here = life.account.at(REGION);
            here.change_environment("shop-blue", to).unwrap();
        };
        environment(EnvironmentChange::Image(life.base_image()));
        life.pass().await;
        let after = told(&life);
        assert!(
            after[2..].iter().all(|(_, story)| *story == stories[1]),
            "{after:?}"
        );
    });
}

/// A record as an earlier version left it: a drift that was told, and no story of it.
async fn as_it_was_stored_before(life: &Life) -> String {
    let store = life.store();
    let watch = WatchName::new("shop");
    let told = records::remembered_told(&store, &scope(), &watch).await;
    let mut told = told.unwrap().expect("it was looked at");
    told.value.stories.clear();
    let notice = told.value.notice.clone().expect("a drift was told");
    let op = records::put_told(&scope(), &watch, &told);
    store.commit(Batch::of_ops(vec![op])).await.unwrap();
    notice
}

#[test]
fn a_drift_that_an_earlier_version_told_ends_in_the_story_that_it_was_told_in() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&in_json(CONFIG));
        life.until_settled().await;
        let ends = as_it_was_stored_before(&life).await;
        let image = life.verified()[0].id.clone();
        let here = life.account.at(REGION);
        here.change_environment("shop-blue", EnvironmentChange::Image(image))
            .unwrap();
        life.pass().await;
        let (event, story) = told(&life).pop().expect("something was told");
        assert_eq!((&*event, &*story), ("resolved", "drift:acme:shop"));
        let over: Value = serde_json::from_str(&life.heard_of("resolved").body).unwrap();
        assert_eq!(over["data"]["details"]["ends"], ends.as_str());
        assert_eq!(over["data"]["ends"], true);
    });
}

#[test]
fn whoever_heard_of_a_failure_alone_hears_the_end_of_its_story() {
    use crate::common::guest::{Cast, Day};
    paused(async || {
        let mut life = Life::brisk();
        let alone = "events = [\"failed\"]\n";
        life.set_config(&format!("{}{alone}", in_json(CONFIG)));
        life.until_settled().await;
        assert_eq!(life.heard_events(), [""; 0]);
        life.release("4.5.1");
        life.guests(Cast::both(Day::FailsChecks));
        life.pass().await;
        life.guests(Cast::both(Day::Quick));
        life.wait(Duration::from_secs(3600)).await;
        life.until_settled().await;
        let image = life.verified().into_iter().max_by_key(|one| one.id.clone());
        let here = life.account.at(REGION);
        for change in [
            EnvironmentChange::Version("4.5.1".to_owned()),
            EnvironmentChange::Image(image.unwrap().id),
        ] {
            here.change_environment("shop-blue", change).unwrap();
        }
        life.pass().await;
        life.pass().await;
        let all = told(&life);
        let events: Vec<&str> = all.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events.first(), Some(&"failed"), "{events:?}");
        assert!(events.contains(&"baked"), "{events:?}");
        assert_eq!(events.last(), Some(&"resolved"), "{events:?}");
        let stories: BTreeSet<&String> = all.iter().map(|(_, story)| story).collect();
        assert_eq!(stories.len(), 1, "{all:?}");
    });
}
