//! What is published, what waits and for what, what is taken back to which image.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::decide::*;
use crate::flow::test_world::now;
use crate::model::ids::{ImageId, Region};
use crate::model::publish::{DestinationLedger, ImageProof, PublishFailing, PublishedImage};
use crate::model::publish_rules::{
    Destination, DestinationKind, PublishAs, PublishRules, PublishWhen, ShareWith,
};

const NEW: &str = "ami-new";
const OLD: &str = "ami-old";
const OLDER: &str = "ami-older";

fn home() -> Region {
    "eu-west-1".into()
}

fn parameter() -> Destination {
    Destination {
        kind: DestinationKind::Parameter,
        region: home(),
    }
}

fn name() -> PublishAs {
    PublishAs::Parameter {
        name: "/amis/shop/x86_64".to_owned(),
    }
}

/// A watch with a new image, and one parameter.
struct Shop {
    rules: PublishRules,
    candidate: Option<PublishCandidate>,
    withheld: WithheldImages,
    held: Option<&'static str>,
    ledger: DestinationLedger,
    asked: bool,
    now: DateTime<Utc>,
}

impl Shop {
    fn new() -> Self {
        Self {
            rules: PublishRules {
                when: PublishWhen::Verified,
                ssm: Some("/amis/shop/x86_64".to_owned()),
                copy_to: BTreeMap::new(),
                share: ShareWith::default(),
                share_first: false,
                template: None,
            },
            candidate: Some(PublishCandidate {
                image: NEW.into(),
                base_version: Some("4.5.1".to_owned()),
                proof: ImageProof::Verified,
                rolled_out: false,
                story: None,
            }),
            withheld: WithheldImages::default(),
            held: None,
            ledger: DestinationLedger::default(),
            asked: false,
            now: now(),
        }
    }

    /// These stood there, the last one does.
    fn stood(mut self, images: &[&str]) -> Self {
        for image in images {
            self.ledger.stands(stands(image));
        }
        self
    }

    fn withhold(&mut self, image: &str) {
        let why = "ann says: it eats memory".to_owned();
        self.withheld.images.insert(image.into(), why);
    }

    fn fails(&mut self, image: &str, next_at: Option<DateTime<Utc>>) {
        self.ledger.failing = Some(PublishFailing {
            image: image.into(),
            attempts: 1,
            next_at,
            why: "SSM said no".to_owned(),
        });
    }

    fn does(&self) -> PublishStep {
        let ledger = BTreeMap::from([(parameter(), self.ledger.clone())]);
        let home = home();
        let stands = decide_publishing(&PublishCase {
            rules: &self.rules,
            home: &home,
            candidate: self.candidate.as_ref(),
            withheld: &self.withheld,
            held: self.held,
            ledger: &ledger,
            asked: self.asked,
            now: self.now,
        });
        let [one] = stands.as_slice() else {
            panic!("{stands:#?}");
        };
        assert_eq!((&one.destination, &one.publish), (&parameter(), &name()));
        one.does.clone()
    }
}

fn stands(image: &str) -> PublishedImage {
    PublishedImage {
        image: image.into(),
        copy: None,
        base_version: Some(format!("of {image}")),
        at: now(),
        published: name(),
        version: Some(1),
        found: false,
    }
}

/// To which image it is taken back.
fn taken_back_to(step: &PublishStep) -> Option<&ImageId> {
    match step {
        PublishStep::TakeBack { to, .. } => Some(&to.image),
        _ => None,
    }
}

#[test]
fn a_new_image_is_published_once() {
    let shop = Shop::new().stood(&[OLD]);
    assert_eq!(shop.does(), PublishStep::Publish);
    assert_eq!(shop.stood(&[NEW]).does(), PublishStep::Stands);
}

#[test]
fn another_name_in_the_config_is_another_place_to_publish_to() {
    let mut shop = Shop::new().stood(&[NEW]);
    let renamed = |now: &mut PublishedImage| {
        now.published = PublishAs::Parameter {
            name: "/amis/before".to_owned(),
        };
    };
    shop.ledger.now.as_mut().map(renamed).unwrap();
    assert_eq!(shop.does(), PublishStep::Publish);
}

#[test]
fn what_waits_for_a_rollout_waits_unless_a_person_asks() {
    let mut shop = Shop::new();
    shop.rules.when = PublishWhen::RolledOut;
    assert_eq!(shop.does(), PublishStep::Wait(PublishWait::Rollout));
    shop.asked = true;
    assert_eq!(shop.does(), PublishStep::Publish);
    shop.asked = false;
    shop.candidate.as_mut().unwrap().rolled_out = true;
    assert_eq!(shop.does(), PublishStep::Publish);
}

/// Who moves environments of other accounts must let them launch the image first; the parameter still waits.
#[test]
fn what_other_accounts_are_to_run_is_shared_before_it_is_rolled_out() {
    let mut shop = Shop::new();
    shop.rules.when = PublishWhen::RolledOut;
    shop.rules.share_first = true;
    let at = |region: &str, kind| Destination {
        kind,
        region: region.into(),
    };
    let home = "eu-west-1".into();
    for (region, kind, when) in [
        ("eu-west-1", DestinationKind::Share, PublishWhen::Verified),
        (
            "eu-west-1",
            DestinationKind::Parameter,
            PublishWhen::RolledOut,
        ),
        ("us-east-1", DestinationKind::Share, PublishWhen::RolledOut),
    ] {
        assert_eq!(shop.rules.when_at(&at(region, kind), &home), when);
    }
    assert_eq!(shop.does(), PublishStep::Wait(PublishWait::Rollout));
}

#[test]
fn nothing_is_published_that_is_not_there_and_what_stands_is_left() {
    let mut shop = Shop::new();
    shop.candidate = None;
    assert_eq!(shop.does(), PublishStep::Wait(PublishWait::NoImage));
    let mut shop = Shop::new().stood(&[OLD]);
    shop.candidate = None;
    assert_eq!(shop.does(), PublishStep::Stands);
}

#[test]
fn a_hold_binds_people_too() {
    let mut shop = Shop::new();
    shop.held = Some("ann says: not today");
    for asked in [false, true] {
        shop.asked = asked;
        let held = |step: &PublishStep| matches!(step, PublishStep::Wait(PublishWait::Held { .. }));
        assert!(held(&shop.does()), "{:?}", shop.does());
    }
}

#[test]
fn an_image_that_is_not_for_use_goes_nowhere() {
    let mut shop = Shop::new().stood(&[OLD]);
    shop.withhold(NEW);
    let why = "ann says: it eats memory".to_owned();
    assert_eq!(
        shop.does(),
        PublishStep::Wait(PublishWait::Withheld { why })
    );
}

#[test]
fn what_is_not_for_use_any_more_is_taken_back_to_the_last_good_one() {
    let mut shop = Shop::new().stood(&[OLDER, OLD, NEW]);
    shop.withhold(NEW);
    assert_eq!(taken_back_to(&shop.does()), Some(&OLD.into()));
    shop.withhold(OLD);
    assert_eq!(taken_back_to(&shop.does()), Some(&OLDER.into()));
    // A hold on the watch keeps nothing bad where it is.
    shop.held = Some("ann says: not today");
    assert_eq!(taken_back_to(&shop.does()), Some(&OLDER.into()));
    shop.withhold(OLDER);
    assert!(matches!(shop.does(), PublishStep::Person { .. }));
}

#[test]
fn a_release_that_people_hold_is_taken_back_by_its_name() {
    let mut shop = Shop::new().stood(&[OLDER, OLD]);
    let why = "ann says: it does not boot".to_owned();
    shop.withheld.releases.insert(format!("of {OLD}"), why);
    assert_eq!(taken_back_to(&shop.does()), Some(&OLDER.into()));
}

#[test]
fn what_a_failed_run_may_have_put_there_is_taken_back_as_well() {
    let mut shop = Shop::new().stood(&[OLD]);
    shop.ledger.unsure = Some(NEW.into());
    shop.withhold(NEW);
    assert_eq!(taken_back_to(&shop.does()), Some(&OLD.into()));
}

#[test]
fn after_a_failure_it_waits_for_its_pause_and_then_for_a_person() {
    let mut shop = Shop::new();
    let until = now() + TimeDelta::minutes(5);
    shop.fails(NEW, Some(until));
    let why = "SSM said no".to_owned();
    assert_eq!(
        shop.does(),
        PublishStep::Wait(PublishWait::Pause {
            until,
            why: why.clone()
        })
    );
    shop.now = until;
    assert_eq!(shop.does(), PublishStep::Publish);
    shop.fails(NEW, None);
    assert_eq!(shop.does(), PublishStep::Person { why });
    shop.asked = true;
    assert_eq!(shop.does(), PublishStep::Publish);
}

#[test]
fn another_image_does_not_wait_for_the_pause_of_the_one_before() {
    let mut shop = Shop::new();
    shop.fails(OLD, None);
    assert_eq!(shop.does(), PublishStep::Publish);
}

#[test]
fn one_run_at_a_time() {
    let mut shop = Shop::new().stood(&[OLD]);
    shop.withhold(OLD);
    shop.ledger.under_way = Some("publish/1/0001".to_owned());
    let journal = "publish/1/0001".to_owned();
    assert_eq!(shop.does(), PublishStep::UnderWay { journal });
}

#[test]
fn what_stood_before_is_bounded_and_each_image_stands_once() {
    let mut shop = Shop::new();
    for nth in 0..100 {
        shop.ledger.stands(stands(&format!("ami-{nth}")));
    }
    shop.ledger.stands(stands("ami-98"));
    let before: Vec<&str> = shop
        .ledger
        .before
        .iter()
        .map(|one| one.image.as_str())
        .collect();
    assert!(before.len() <= crate::model::publish::BEFORE_MAX);
    assert_eq!(before[..2], ["ami-99", "ami-97"]);
}

/// A watch that shares its image and names it in a parameter.
struct Sharing {
    shop: Shop,
    shared: DestinationLedger,
}

fn with() -> ShareWith {
    ShareWith {
        accounts: ["222233334444".into()].into(),
        ..ShareWith::default()
    }
}

fn shared(image: &str) -> PublishedImage {
    PublishedImage {
        published: PublishAs::Share { with: with() },
        version: None,
        ..stands(image)
    }
}

impl Sharing {
    fn new() -> Self {
        let mut shop = Shop::new();
        shop.rules.share = with();
        Self {
            shop,
            shared: DestinationLedger::default(),
        }
    }

    /// What is done about sharing, and about the parameter.
    fn do_both(&self) -> [PublishStep; 2] {
        let share = Destination {
            kind: DestinationKind::Share,
            region: home(),
        };
        let shop = &self.shop;
        let ledger = BTreeMap::from([
            (share, self.shared.clone()),
            (parameter(), shop.ledger.clone()),
        ]);
        let home = home();
        let stands = decide_publishing(&PublishCase {
            rules: &shop.rules,
            home: &home,
            candidate: shop.candidate.as_ref(),
            withheld: &shop.withheld,
            held: shop.held,
            ledger: &ledger,
            asked: shop.asked,
            now: shop.now,
        });
        let does = stands.into_iter().map(|stand| stand.does);
        does.collect::<Vec<_>>().try_into().expect("two")
    }
}

#[test]
fn the_parameter_waits_until_everybody_whom_it_promises_the_image_can_launch_it() {
    let mut sharing = Sharing::new();
    let waits = |step: &PublishStep| {
        matches!(step, PublishStep::Wait(PublishWait::Before { destination })
            if destination.kind == DestinationKind::Share)
    };
    let [share, parameter] = sharing.do_both();
    assert_eq!(share, PublishStep::Publish);
    assert!(waits(&parameter), "{parameter:?}");
    // A person's word does not change what a parameter promises.
    sharing.shop.asked = true;
    assert!(waits(&sharing.do_both()[1]));
    sharing.shared.stands(shared(OLD));
    assert!(waits(&sharing.do_both()[1]), "that was another image");
    sharing.shared.stands(shared(NEW));
    assert_eq!(
        sharing.do_both(),
        [PublishStep::Stands, PublishStep::Publish]
    );
    // Somebody more in the config is somebody more to share with first.
    sharing
        .shop
        .rules
        .share
        .accounts
        .insert("555566667777".into());
    let [share, parameter] = sharing.do_both();
    assert_eq!(share, PublishStep::Publish);
    assert!(waits(&parameter), "{parameter:?}");
}

#[test]
fn what_is_not_for_use_is_shared_no_more_whenever_it_was() {
    let mut sharing = Sharing::new();
    for image in [OLD, NEW] {
        sharing.shared.stands(shared(image));
        sharing.shop.ledger.stands(stands(image));
    }
    sharing.shop.withhold(OLD);
    let withdraws = |step: &PublishStep, image: &str| matches!(step, PublishStep::Withdraw { from } if from.image == image.into());
    let [share, parameter] = sharing.do_both();
    assert!(withdraws(&share, OLD), "{share:?}");
    assert_eq!(parameter, PublishStep::Stands);
    sharing.shared.withdrawn(&OLD.into());
    assert_eq!(sharing.do_both()[0], PublishStep::Stands);
    // The very first image is taken from others too: nothing need take its place.
    sharing.shop.withhold(NEW);
    let [share, _] = sharing.do_both();
    assert!(withdraws(&share, NEW), "{share:?}");
    sharing.shared.withdrawn(&NEW.into());
    assert_eq!(sharing.shared.now, None);
}
