//! A person's move through the desk, as `rollout` and `rollback` make it.

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::request::{MoveWish, WishedWay};
use amiwatch::service::desk::moving::{MoveEnd, MoveTeller, move_environment};
use amiwatch::workflow::observer::Unobserved;

use sim::{Branch, EnvironmentSpec};

use super::world::{NEW, OLD, serves, usual};
use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, QUEUE, REGION, TOPIC, release};

fn wish(way: WishedWay) -> MoveWish {
    MoveWish {
        watch: "shop".into(),
        account: None,
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
        way,
        by: "jo".to_owned(),
    }
}

async fn wished(life: &Life, way: WishedWay) -> MoveEnd {
    let wish = wish(way);
    let ended = life
        .process(async |service, lease| {
            amiwatch::service::desk::opening::leave_lease(service.store, lease).await;
            let teller = MoveTeller {
                meanwhile: &|_| {},
                observers: &|_| Box::new(Unobserved),
            };
            move_environment(&service, &wish, &teller).await
        })
        .await;
    ended.expect("nothing is armed").expect("the desk answers")
}

/// An image that is no watch's is not moved to, and nothing was moved that could be taken back.
#[test]
fn what_cannot_be_is_refused_before_anything_is_changed() {
    paused(async || {
        let life = usual();
        let to = wished(
            &life,
            WishedWay::To {
                image: Some(NEW.into()),
            },
        )
        .await;
        assert!(matches!(&to, MoveEnd::Refused { why, .. } if why[0].contains(NEW)));
        assert_eq!(to.exit(), Exit::Failed);
        let back = wished(&life, WishedWay::Back).await;
        assert_eq!(back.exit(), Exit::Failed);
        assert_eq!(life.updates(), 0);
        assert!(life.runs().contains(OLD));
    });
}

/// A watch that bakes, and an environment on the stock image.
fn baking() -> Life {
    let life = Life::empty(&format!(
        "{CONFIG}\n[watch.shop.rollout]\nsettle = \"1m\"\n"
    ));
    let here = life.account.at(REGION);
    here.branch(Branch::new(BRANCH)).unwrap();
    here.release(release("4.5.0")).unwrap();
    let blue = EnvironmentSpec::new("shop", "shop-blue", BRANCH).instances(2);
    here.environment(blue.between(2, 4).immutable()).unwrap();
    here.topic(TOPIC).unwrap();
    here.queue(QUEUE).unwrap();
    here.subscribe(TOPIC, QUEUE).unwrap();
    life.guests(Cast::both(Day::Good));
    life
}

/// An environment that was moved to an image of ours, of which nothing is remembered any more.
async fn forgotten() -> (Life, String) {
    let life = baking();
    life.pass().await;
    let moved = wished(&life, WishedWay::To { image: None }).await;
    assert_eq!(moved.exit(), Exit::Done);
    let ours = life.runs().pop_first().expect("it runs something");
    assert_eq!(life.updates(), 1);
    life.lose_the_store();
    (life, ours)
}

fn subjects(life: &Life) -> Vec<String> {
    life.heard().into_iter().map(|one| one.subject).collect()
}

#[test]
fn with_the_store_lost_an_environment_on_our_image_is_proved_and_told() {
    paused(async || {
        let (life, ours) = forgotten().await;
        let end = wished(&life, WishedWay::To { image: None }).await;
        assert!(
            matches!(&end, MoveEnd::Ended(results) if results.len() == 1 && results[0].order.direction.is_proof()),
        );
        assert_eq!(end.exit(), Exit::Done);
        assert_eq!(life.updates(), 1, "nothing was sent");
        let told = format!("[amiwatch] shop: shop/shop-blue is proved on {ours}");
        assert_eq!(
            subjects(&life).iter().filter(|one| **one == told).count(),
            1
        );

        let again = wished(&life, WishedWay::To { image: None }).await;
        assert!(matches!(again, MoveEnd::NothingToDo { .. }), "once");
        let back = wished(&life, WishedWay::Back).await;
        assert_eq!(back.exit(), Exit::Failed, "nobody knows to what");
        life.no_move_is_open().await;
    });
}

/// How it was before nobody knows: it is a person's to look at, and no image is to blame.
#[test]
fn with_the_store_lost_an_environment_that_is_ill_is_told_and_never_taken_back() {
    paused(async || {
        let (life, ours) = forgotten().await;
        serves(&life, &ours, "Severe", 0.0);
        let end = wished(&life, WishedWay::To { image: None }).await;
        let MoveEnd::Ended(results) = &end else {
            panic!("it was not proved");
        };
        assert_eq!(results.len(), 1, "nothing is taken back");
        let (_, why) = results[0].failure().expect("it is ill");
        assert!(why.contains("Severe"), "{why}");
        assert_eq!(life.updates(), 1);
        assert_eq!(life.runs().pop_first(), Some(ours.clone()));
        let told = life.heard_of("attention");
        assert!(told.subject.ends_with("and is not well"), "{told:?}");
        let (items, _) = life.check().await;
        assert_eq!(
            items[0].drift.current.as_ref().map(|one| one.as_str()),
            Some(&*ours),
            "not held"
        );
        let again = wished(&life, WishedWay::To { image: None }).await;
        assert!(matches!(again, MoveEnd::Ended(_)), "a person may ask again");
    });
}

/// The mark of a quarantine outlives the store.
#[test]
fn with_the_store_lost_a_marked_image_is_refused_with_its_reason() {
    paused(async || {
        let life = baking();
        life.pass().await;
        let images = life.account.images().into_iter();
        let ours = images.filter(|one| one.owner_id == sim::ACCOUNT_ID);
        let ours = ours.map(|one| one.id).next().expect("it was baked");
        serves(&life, &ours, "Severe", 120.0);
        let failed = wished(&life, WishedWay::To { image: None }).await;
        assert_eq!(failed.exit(), Exit::Failed);
        life.pass().await;
        let state = life.account.image(&ours).unwrap().tags["amiwatch:state"].clone();
        assert_eq!(state, "quarantined");
        life.lose_the_store();
        let updates = life.updates();
        for image in [None, Some(ours.as_str().into())] {
            let end = wished(&life, WishedWay::To { image }).await;
            let MoveEnd::Refused { why, .. } = &end else {
                panic!("it is moved again");
            };
            assert!(why[0].starts_with("QUARANTINED"), "{why:?}");
        }
        assert_eq!(life.updates(), updates);
    });
}
