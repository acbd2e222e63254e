//! What is done in a region that the image is copied to: the copy first, then what is made of it.

use std::collections::BTreeMap;

use super::copies::wish;
use super::decide::*;
use super::kind::journal_of;
use super::order::{Publisher, publish_order};
use crate::flow::test_world::{now, scope};
use crate::model::ids::{Installation, Region, WatchName};
use crate::model::publish::{DestinationLedger, ImageProof, PublishOrder, PublishedImage};
use crate::model::publish_rules::{
    Destination, DestinationKind, PublishAs, PublishRules, PublishWhen, ShareWith,
};

const NEW: &str = "ami-new";
const OLD: &str = "ami-old";
const COPY: DestinationKind = DestinationKind::Copy;
const PARAMETER: DestinationKind = DestinationKind::Parameter;

fn there(kind: DestinationKind) -> Destination {
    Destination {
        kind,
        region: Region::from("eu-central-1"),
    }
}

/// A watch in eu-west-1 that names its image in a parameter of each of two regions.
struct Copying {
    rules: PublishRules,
    candidate: PublishCandidate,
    withheld: WithheldImages,
    ledger: BTreeMap<Destination, DestinationLedger>,
}

impl Copying {
    fn new() -> Self {
        Self {
            rules: PublishRules {
                when: PublishWhen::Verified,
                copy_to: [("eu-central-1".into(), None)].into(),
                ssm: Some("/amis/shop".to_owned()),
                share: ShareWith::default(),
                share_first: false,
                template: None,
            },
            candidate: PublishCandidate {
                image: NEW.into(),
                base_version: None,
                proof: ImageProof::Verified,
                rolled_out: true,
                story: None,
            },
            withheld: WithheldImages::default(),
            ledger: BTreeMap::new(),
        }
    }

    /// The image stands at this destination of the other region, as this copy.
    fn stands(&mut self, kind: DestinationKind, image: &str, copy: &str) {
        let published = match kind {
            DestinationKind::Copy => PublishAs::Copy { key: None },
            _ => PublishAs::Parameter {
                name: "/amis/shop".to_owned(),
            },
        };
        let ledger = self.ledger.entry(there(kind)).or_default();
        ledger.stands(PublishedImage {
            image: image.into(),
            copy: Some(copy.into()),
            base_version: None,
            at: now(),
            published,
            version: None,
            found: false,
        });
    }

    fn withhold(&mut self, image: &str) {
        let why = "ann says: it eats memory".to_owned();
        self.withheld.images.insert(image.into(), why);
    }

    fn stand(&self, kind: DestinationKind) -> DestinationStand {
        let stands = decide_publishing(&PublishCase {
            rules: &self.rules,
            home: &scope().region,
            candidate: Some(&self.candidate),
            withheld: &self.withheld,
            held: None,
            ledger: &self.ledger,
            asked: false,
            now: now(),
        });
        let found = stands
            .into_iter()
            .find(|one| one.destination == there(kind));
        found.expect("the config names it")
    }

    fn order(&self, kind: DestinationKind) -> Option<PublishOrder> {
        let publisher = Publisher {
            installation: &Installation::new("acme"),
            watch: &WatchName::new("shop"),
            home: &scope(),
            person: None,
        };
        let ledger = self.ledger.get(&there(kind)).cloned().unwrap_or_default();
        publish_order(
            &publisher,
            &self.stand(kind),
            Some(&self.candidate),
            &ledger,
        )
    }
}

#[test]
fn the_parameter_of_a_region_waits_for_its_copy_and_then_names_that() {
    let mut copying = Copying::new();
    assert_eq!(copying.stand(COPY).does, PublishStep::Publish);
    let destination = there(COPY);
    assert_eq!(
        copying.stand(PARAMETER).does,
        PublishStep::Wait(PublishWait::Before { destination })
    );
    copying.stands(COPY, OLD, "ami-oldcopy");
    assert_eq!(
        copying.order(PARAMETER),
        None,
        "that is the copy of another one"
    );
    copying.stands(COPY, NEW, "ami-newcopy");
    assert_eq!(copying.stand(COPY).does, PublishStep::Stands);
    let order = copying.order(PARAMETER).expect("the copy is there");
    assert_eq!(order.image_here().as_str(), "ami-newcopy");
    assert_eq!(order.image.as_str(), NEW);
    assert_eq!(order.scope.region, there(PARAMETER).region);
}

#[test]
fn home_waits_for_no_copy() {
    let copying = Copying::new();
    let home = scope().region;
    let stands = decide_publishing(&PublishCase {
        rules: &copying.rules,
        home: &home,
        candidate: Some(&copying.candidate),
        withheld: &copying.withheld,
        held: None,
        ledger: &copying.ledger,
        asked: false,
        now: now(),
    });
    let at_home = stands.iter().find(|one| one.destination.region == home);
    assert_eq!(at_home.map(|one| &one.does), Some(&PublishStep::Publish));
    assert!(
        stands
            .iter()
            .all(|one| one.destination.region != home || one.copy.is_none())
    );
}

#[test]
fn another_copy_of_the_same_image_is_made_known_in_its_place() {
    let mut copying = Copying::new();
    copying.stands(COPY, NEW, "ami-first");
    copying.stands(PARAMETER, NEW, "ami-first");
    assert_eq!(copying.stand(PARAMETER).does, PublishStep::Stands);
    copying.stands(COPY, NEW, "ami-second");
    let order = copying
        .order(PARAMETER)
        .expect("it names what is not there any more");
    assert_eq!(order.image_here().as_str(), "ami-second");
}

/// A store that was lost numbers its runs from the start.
#[test]
fn a_run_of_the_same_number_for_another_image_or_key_has_another_token() {
    let copying = Copying::new();
    let order = copying.order(COPY).expect("it is copied");
    let token = |order: &PublishOrder, key| wish(order, "name", &BTreeMap::new(), key).token;
    let mut other = order.clone();
    other.image = OLD.into();
    assert_eq!(journal_of(&order), journal_of(&other));
    assert_ne!(token(&order, None), token(&other, None));
    assert_ne!(token(&order, None), token(&order, Some("a key")));
    assert_eq!(token(&order, None), token(&order, None));
}

#[test]
fn another_key_is_for_later_copies() {
    let mut copying = Copying::new();
    copying.stands(COPY, NEW, "ami-newcopy");
    let key = Some("arn:aws:kms:eu-central-1:111122223333:key/mine".to_owned());
    copying.rules.copy_to = [("eu-central-1".into(), key)].into();
    assert_eq!(copying.stand(COPY).does, PublishStep::Stands);
    assert_eq!(copying.stand(PARAMETER).does, PublishStep::Publish);
}

#[test]
fn a_copy_of_what_is_not_for_use_is_marked_and_its_parameter_goes_back_to_the_last_good_copy() {
    let mut copying = Copying::new();
    for (image, copy) in [(OLD, "ami-oldcopy"), (NEW, "ami-newcopy")] {
        copying.stands(COPY, image, copy);
        copying.stands(PARAMETER, image, copy);
    }
    copying.withhold(NEW);
    let order = copying.order(COPY).expect("it is marked");
    assert_eq!(order.image_here().as_str(), "ami-newcopy");
    assert_eq!(order.back.expect("a reason").image.as_str(), NEW);
    let order = copying.order(PARAMETER).expect("it is taken back");
    assert_eq!(order.image_here().as_str(), "ami-oldcopy");
    let back = order.back.expect("a reason");
    assert_eq!(
        back.copy.as_ref().map(|copy| copy.as_str()),
        Some("ami-newcopy")
    );
    // Once marked it is none that stands, and the parameter still knows what the bad one was called.
    let ledger = copying.ledger.get_mut(&there(COPY)).unwrap();
    ledger.withdrawn(&NEW.into());
    assert_eq!(copying.order(COPY), None);
    let back = copying.order(PARAMETER).and_then(|order| order.back);
    assert_eq!(
        back.and_then(|back| back.copy)
            .as_ref()
            .map(|copy| copy.as_str()),
        Some("ami-newcopy")
    );
}

#[test]
fn what_a_failed_run_may_have_written_is_known_by_its_copy() {
    let mut copying = Copying::new();
    copying.stands(PARAMETER, OLD, "ami-oldcopy");
    let ledger = copying.ledger.get_mut(&there(PARAMETER)).unwrap();
    ledger.unsure = Some(NEW.into());
    ledger.unsure_copy = Some("ami-newcopy".into());
    copying.withhold(NEW);
    let order = copying.order(PARAMETER).expect("it is taken back");
    let back = order.back.as_ref().expect("a reason");
    assert_eq!(
        back.copy.as_ref().map(|copy| copy.as_str()),
        Some("ami-newcopy")
    );
    assert_eq!(order.image_here().as_str(), "ami-oldcopy");
}
