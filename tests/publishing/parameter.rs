//! The parameter of a watch that bakes: written, written again, taken back, and everything that stands
//! against it.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::hold::HeldThing;
use amiwatch::model::ids::ImageId;
use amiwatch::model::request::PublishWish;
use amiwatch::service::desk::Desk;
use amiwatch::service::desk::publish::{PublishEnd, publish_now};
use amiwatch::service::desk::status::status;
use amiwatch::workflow::observer::Unobserved;
use serde_json::json;
use sim::Action;

use super::world::{NAME, destination, shop};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world::REGION;

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);

/// Whether SSM finds the images that it is given right.
fn failing(failing: bool) -> Action {
    Action::ParameterChecksFail { failing }
}

impl Life {
    /// The next release is baked and published.
    async fn next_release(&self, version: &str) -> String {
        self.wait(DAY).await;
        self.release(version);
        self.until_settled().await;
        self.newest_verified()
    }

    /// A person publishes to the watch's parameter.
    async fn person_publishes(&self) -> PublishEnd {
        let wish = PublishWish {
            watch: "shop".into(),
            destination: destination(),
            by: "ann".to_owned(),
        };
        let ended = self.command(async |service| {
            publish_now(&service, &wish, || {}, &|_| Box::new(Unobserved)).await
        });
        ended.await.unwrap()
    }

    async fn status_lines(&self) -> Vec<String> {
        let store = self.store();
        let desk = Desk {
            settings: &self.settings,
            store: &store,
            clock: &self.clock,
        };
        let status = status(&desk).await.unwrap();
        status.published.iter().map(|one| one.line()).collect()
    }
}

#[test]
fn a_verified_image_stands_in_the_parameter_and_is_told_once() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let image = life.newest_verified();
        let parameter = life.parameter().expect("it is there");
        assert_eq!(parameter.versions, [(1, image.clone())]);
        assert_eq!(parameter.data_type, "aws:ec2:image");
        assert_eq!(parameter.tags["amiwatch:installation"], "acme");
        assert_eq!(parameter.tags["amiwatch:watch"], "shop");
        let told = life.heard_of("published");
        assert!(
            told.subject
                .ends_with(&format!("ssm:eu-west-1 names {image}")),
            "{told:?}"
        );
        life.wait(DAY).await;
        life.until_settled().await;
        assert_eq!(life.values(), [image.as_str()], "written once");
        life.each_notice_came_once();
        let [line] = &life.status_lines().await[..] else {
            panic!("one destination");
        };
        let said =
            format!("shop, ssm:eu-west-1: parameter {NAME} names {image} (4.5.0), version 1");
        assert!(line.starts_with(&said), "{line}");
    });
}

#[test]
fn the_next_image_is_its_next_version_and_the_last_one_is_remembered() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let first = life.newest_verified();
        let second = life.next_release("4.5.1").await;
        assert_eq!(life.values(), [first.clone(), second.clone()]);
        let told = life.heard_of_publishing();
        assert_eq!(told.len(), 2, "{told:?}");
        let ledger = life.ledger().await;
        assert_eq!(ledger.before[0].image, ImageId::new(&first));
        assert_eq!(ledger.now.unwrap().image, ImageId::new(&second));
    });
}

#[test]
fn an_image_that_is_not_for_use_is_taken_back_and_returns_when_it_is() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let first = life.newest_verified();
        let second = life.next_release("4.5.1").await;
        life.withhold(HeldThing::Image(ImageId::new(&second))).await;
        life.until_settled().await;
        assert_eq!(
            life.values(),
            [first.clone(), second.clone(), first.clone()]
        );
        let (event, subject) = life.heard_of_publishing().pop().unwrap();
        assert_eq!(event, "published");
        assert!(
            subject.ends_with(&format!("was taken back to {first}")),
            "{subject}"
        );
        life.wait(DAY).await;
        life.until_settled().await;
        assert_eq!(life.values().len(), 3, "once");
        life.release_everything().await;
        life.until_settled().await;
        assert_eq!(life.values().last(), Some(&second));
        life.each_notice_came_once();
    });
}

#[test]
fn the_first_image_has_nothing_to_be_taken_back_to_and_a_person_is_told_once() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let first = life.newest_verified();
        life.withhold(HeldThing::Image(ImageId::new(&first))).await;
        life.until_settled().await;
        life.wait(DAY).await;
        life.until_settled().await;
        assert_eq!(life.values(), [first.as_str()]);
        let told = life.heard_of_publishing();
        let stays: Vec<_> = told
            .iter()
            .filter(|(event, _)| event == "attention")
            .collect();
        assert_eq!(stays.len(), 1, "{told:?}");
        assert!(stays[0].1.ends_with("which is not for use"), "{stays:?}");
    });
}

#[test]
fn what_stood_there_before_is_written_over_once_and_gone_back_to() {
    paused(async || {
        let life = shop();
        let theirs = life.base_image();
        life.somebody_writes(&theirs).await;
        life.until_settled().await;
        let first = life.newest_verified();
        assert_eq!(life.values(), [theirs.clone(), first.clone()]);
        assert!(life.ledger().await.before[0].found);
        life.withhold(HeldThing::Image(ImageId::new(&first))).await;
        life.until_settled().await;
        assert_eq!(life.values(), [theirs.clone(), first, theirs]);
    });
}

#[test]
fn what_somebody_wrote_over_us_is_theirs_until_a_person_says_so() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let first = life.newest_verified();
        let theirs = life.base_image();
        life.somebody_writes(&theirs).await;
        let second = life.next_release("4.5.1").await;
        life.wait(DAY).await;
        life.until_settled().await;
        assert_eq!(life.values(), [first.clone(), theirs.clone()], "not fought");
        let told = life.heard_of_publishing();
        assert_eq!(told.len(), 2, "told once: {told:?}");
        assert_eq!(told[1].0, "attention");
        let body = life.heard_of("attention").body;
        assert!(body.contains("somebody else wrote version 2"), "{body}");
        assert!(
            body.contains("amiwatch publish shop --to ssm:eu-west-1"),
            "{body}"
        );
        let end = life.person_publishes().await;
        assert_eq!(end.exit(), Exit::Done);
        assert_eq!(life.values(), [first, theirs, second]);
        life.until_settled().await;
        life.each_notice_came_once();
    });
}

#[test]
fn a_person_s_publication_of_what_stands_writes_nothing() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let end = life.person_publishes().await;
        assert!(matches!(end, PublishEnd::NothingToDo { .. }));
        assert_eq!(life.values().len(), 1);
        let first = ImageId::new(life.newest_verified());
        life.withhold(HeldThing::Image(first)).await;
        let end = life.person_publishes().await;
        assert_eq!(end.exit(), Exit::Failed, "a quarantine binds people");
        assert_eq!(life.values().len(), 1);
    });
}

/// The history says that it stood there; what somebody put over it since is theirs.
#[test]
fn a_write_whose_answer_was_lost_is_known_under_what_somebody_wrote_over_it() {
    paused(async || {
        let life = shop();
        life.seam.arm(Arm::StopOn("PutParameter, answer lost"));
        while life.try_pass().await.is_ok() {}
        life.seam.arm(Arm::Nowhere);
        life.wait(Duration::from_secs(30)).await;
        let ours = life.newest_verified();
        assert_eq!(life.values(), [ours.as_str()]);
        let theirs = life.base_image();
        life.somebody_writes(&theirs).await;
        life.until_settled().await;
        life.wait(DAY).await;
        life.until_settled().await;
        assert_eq!(life.values(), [ours, theirs], "it is not written over them");
        let told = life.heard_of_publishing();
        assert_eq!(
            (told.len(), told[0].0.as_str()),
            (1, "attention"),
            "{told:?}"
        );
        let body = life.heard_of("attention").body;
        assert!(body.contains("somebody else wrote version 2"), "{body}");
    });
}

/// Versions of another parameter say nothing of this one.
#[test]
fn a_parameter_that_the_config_names_anew_is_written_over_as_any_first_one() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let mut life = life;
        let image = life.newest_verified();
        let base = life.base_image();
        for _ in 0..3 {
            let written = life.somebody().put_parameter();
            let written = written
                .name("/amis/till")
                .value(&base)
                .r#type(aws_sdk_ssm::types::ParameterType::String)
                .data_type("aws:ec2:image")
                .overwrite(true);
            written.send().await.unwrap();
            life.wait(Duration::from_secs(30)).await;
        }
        life.set_config(&super::world::config().replace("/amis/shop/{architecture}", "/amis/till"));
        life.until_settled().await;
        let all = life.account.parameters();
        let till = all.iter().find(|one| one.name == "/amis/till").unwrap();
        assert_eq!(
            till.versions.last().map(|one| one.1.as_str()),
            Some(image.as_str())
        );
    });
}

#[test]
fn a_version_that_never_appears_is_a_failure_and_is_tried_again() {
    paused(async || {
        let life = shop();
        let here = life.account.at(REGION);
        here.act(failing(true)).unwrap();
        life.pass().await;
        life.pass().await;
        let image = life.newest_verified();
        assert_eq!(life.values(), [""; 0]);
        let told = life.heard_of_publishing();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "failed");
        let body = life.heard_of("failed").body;
        assert!(body.contains("is not shown yet"), "{body}");
        let refused = life.account.parameters()[0].refused.len();
        life.pass().await;
        assert_eq!(
            life.account.parameters()[0].refused.len(),
            refused,
            "not before the pause is over"
        );
        here.act(failing(false)).unwrap();
        life.wait(HOUR).await;
        life.until_settled().await;
        assert_eq!(life.values(), [image]);
        assert_eq!(life.heard_of_publishing().len(), 2, "and that it stands");
    });
}

#[test]
fn a_parameter_that_is_plain_text_is_somebody_else_s() {
    paused(async || {
        let life = shop();
        life.account.at(REGION).parameter(NAME, "hello").unwrap();
        life.until_settled().await;
        life.wait(2 * DAY).await;
        life.until_settled().await;
        assert_eq!(life.values(), ["hello"]);
        let told = life.heard_of_publishing();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "attention");
    });
}

#[test]
fn a_right_that_is_missing_is_told_and_tried_again() {
    paused(async || {
        let life = shop();
        let denied = json!({ "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*" },
        ]});
        life.account.set_policy(Some(&denied)).unwrap();
        life.pass().await;
        life.pass().await;
        assert_eq!(life.heard_of_publishing()[0].0, "failed");
        life.account.set_policy(None).unwrap();
        life.wait(HOUR).await;
        life.until_settled().await;
        assert_eq!(life.values().len(), 1);
    });
}

/// An image that is marked as rejected since is not published, whatever the store says.
#[test]
fn what_the_account_says_of_an_image_is_looked_at_before_it_is_written() {
    paused(async || {
        let life = shop();
        let here = life.account.at(REGION);
        here.act(failing(true)).unwrap();
        life.pass().await;
        life.pass().await;
        here.act(failing(false)).unwrap();
        let image = life.newest_verified();
        let tag = aws_sdk_ec2::types::Tag::builder()
            .key("amiwatch:state")
            .value("quarantined")
            .build();
        life.stranger()
            .create_tags()
            .resources(&image)
            .tags(tag)
            .send()
            .await
            .unwrap();
        life.wait(HOUR).await;
        life.until_settled().await;
        let values = life.values();
        assert!(!values.contains(&image), "{values:?}");
    });
}

#[test]
fn the_daemon_publishes_what_it_has_baked_without_waiting_for_its_timetable() {
    paused(async || {
        let life = shop();
        life.daemon(async |watching| {
            let stands = |one: &crate::common::watching::Watching<'_>| {
                let heard = one.life.heard_events();
                one.life.values().len() == 1 && heard.contains(&"published".to_owned())
            };
            watching.until("it is published", stands).await;
        })
        .await;
        assert_eq!(life.values(), [life.newest_verified()]);
    });
}

#[test]
fn the_daemon_publishes_for_a_person() {
    paused(async || {
        let life = shop();
        life.until_settled().await;
        let theirs = life.base_image();
        life.somebody_writes(&theirs).await;
        let second = life.next_release("4.5.1").await;
        assert_eq!(life.values().last(), Some(&theirs));
        life.daemon(async |watching| {
            let wish = PublishWish {
                watch: "shop".into(),
                destination: destination(),
                by: "ann".to_owned(),
            };
            let said = watching
                .ask(amiwatch::model::request::RequestedAct::Publish(wish))
                .await;
            let driving = amiwatch::model::request::RequestAnswer::Driving {
                journal: String::new(),
            };
            assert_eq!(
                std::mem::discriminant(&said),
                std::mem::discriminant(&driving),
                "{said:?}"
            );
            let newest = |one: &crate::common::watching::Watching<'_>| {
                one.life.values().last() == Some(&second)
            };
            watching.until("it is published", newest).await;
        })
        .await;
    });
}
