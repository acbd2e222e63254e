//! Images that are encrypted with a customer's key: no move is begun that Auto Scaling's role could not launch,
//! and only where that is known.

use amiwatch::model::drift::NoteCode;
use amiwatch::model::ids::{ImageId, WatchName};
use amiwatch::model::reason::{Reason, ReasonCode};
use amiwatch::service::desk::adopt::{AdoptRequest, take_over};
use amiwatch::service::pass::Passed;
use aws_sdk_kms::types::GrantOperation;
use sim::ImageSpec;

use super::world::{CANARY, UNASKED, config, town};
use crate::common::life::{Life, settings};
use crate::common::paused;
use crate::common::world::{RECIPE, REGION};

const ROLE: &str = "arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";

/// Somebody who administers the account's keys.
fn keeper(life: &Life) -> aws_sdk_kms::Client {
    let credentials = aws_sdk_kms::config::Credentials::new("KEEPER", "keeper", None, None, "test");
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(aws_sdk_kms::config::BehaviorVersion::latest())
        .region(aws_sdk_kms::config::Region::new(REGION))
        .credentials_provider(credentials)
        .http_client(life.account.connector_on_tokio())
        .build();
    aws_sdk_kms::Client::from_conf(config)
}

/// A town whose image is encrypted with a new key, which has KMS's default policy.
async fn encrypted() -> (Life, String) {
    let mut life = town(UNASKED);
    let made = keeper(&life).create_key().send().await.unwrap();
    let key = made.key_metadata().and_then(|key| key.arn()).unwrap();
    let key = key.to_owned();
    let encrypts = format!("{}\n[builder]\nencrypt = \"{key}\"\n", config(UNASKED));
    life.settings = settings(&encrypts, RECIPE);
    life.bakes_first().await;
    (life, key)
}

fn gate(passed: &Passed) -> Option<Reason> {
    let mut targets = passed.items[0].drift.targets.iter();
    let one = targets.find(|one| one.target.environment == CANARY)?;
    let mut reasons = one.reasons.iter();
    let gate = reasons.find(|reason| reason.code == ReasonCode::KeyUnusable);
    gate.cloned()
}

fn untold(passed: &Passed) -> Vec<String> {
    let notes = passed.items[0].drift.notes.iter();
    let untold = notes.filter(|note| note.code == NoteCode::KeyUntold);
    untold.map(|note| note.message.clone()).collect()
}

/// Before anything is moved, and once: a grant opens it.
#[test]
fn a_key_that_admits_nobody_of_auto_scaling_holds_the_move_until_a_grant_does() {
    paused(async || {
        let (life, key) = encrypted().await;
        let passed = life.pass().await;
        let reason = gate(&passed).expect("it stands");
        let facts = reason.facts();
        assert_eq!(
            (facts["key"].as_str(), facts["role"].as_str()),
            (&*key, ROLE)
        );
        let command = format!("`aws kms create-grant --key-id {key} --grantee-principal {ROLE} ");
        assert!(reason.message.contains(&command), "{}", reason.message);
        life.passes(2).await;
        assert_eq!(life.updated(), [] as [&str; 0]);
        assert_eq!(life.told("attention").len(), 1, "{:?}", life.heard());
        let operations = ["CreateGrant", "Decrypt"].map(GrantOperation::from);
        let grant = keeper(&life)
            .create_grant()
            .key_id(&key)
            .grantee_principal(ROLE);
        let grant = grant.set_operations(Some(operations.to_vec()));
        grant.send().await.unwrap();
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY]);
    });
}

#[test]
fn a_statement_of_the_key_s_policy_opens_it_and_a_disabled_key_does_not() {
    paused(async || {
        let (life, key) = encrypted().await;
        let keys = keeper(&life);
        let statements = gate(&life.pass().await).expect("it stands");
        let statements = &statements.facts()["policy"];
        let policy = format!("{{\"Version\":\"2012-10-17\",\"Statement\":{statements}}}");
        let put = keys.put_key_policy().key_id(&key).policy(policy);
        put.send().await.unwrap();
        keys.disable_key().key_id(&key).send().await.unwrap();
        let reason = gate(&life.pass().await).expect("nobody launches by it");
        assert!(reason.message.contains("the key is Disabled"), "{reason:?}");
        keys.enable_key().key_id(&key).send().await.unwrap();
        life.passes(1).await;
        assert_eq!(life.updated(), [CANARY]);
    });
}

/// What is not told is not "no": the move fails for the key, is taken back, and then the gate is known.
#[test]
fn who_may_not_ask_moves_and_is_told_that_it_is_not_known() {
    paused(async || {
        let (life, _) = encrypted().await;
        life.account.deny("kms:GetKeyPolicy");
        let passed = life.pass().await;
        assert_eq!(gate(&passed), None);
        let said = untold(&passed);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("kms:GetKeyPolicy"), "{said:?}");
        assert_eq!(life.updated().first().map(String::as_str), Some(CANARY));
    });
}

/// An image that somebody made by hand, and that was adopted, carries no tag of ours: EC2 is asked for its snapshots.
#[test]
fn the_key_of_an_adopted_image_is_asked_about_as_well() {
    paused(async || {
        let life = town(UNASKED);
        let made = keeper(&life).create_key().send().await.unwrap();
        let key = made.key_metadata().and_then(|key| key.arn()).unwrap();
        let by_hand = ImageSpec {
            kms_key: key.to_owned(),
            ..ImageSpec::mine("by-hand").source(&life.base_image())
        };
        let by_hand = life.account.at(REGION).image(by_hand).unwrap();
        let by_hand = ImageId::from(by_hand.as_str());
        let adopted = life.process(async |service, _| {
            let asked = AdoptRequest {
                watch: &service.settings.watches[&WatchName::from("shop")],
                image: &by_hand,
                base: None,
                other_recipe: false,
                by: "jo",
            };
            take_over(&service, &asked).await.map(|_| ())
        });
        adopted
            .await
            .expect("nothing is armed")
            .expect("it is taken over");
        let passed = life.pass().await;
        let reason = gate(&passed).unwrap_or_else(|| panic!("{:?}", untold(&passed)));
        assert_eq!(reason.facts()["key"], key, "{reason:?}");
        assert_eq!(life.updated(), [] as [&str; 0]);

        life.account.deny("kms:DescribeKey");
        let said = untold(&life.pass().await);
        assert_eq!(said.len(), 1, "{said:?}");
    });
}

/// The account's own key for EBS, which every service role may use, and no key at all.
#[test]
fn the_account_s_own_key_and_none_hold_nobody() {
    for encrypt in ["account-default", "none"] {
        paused(async || {
            let mut life = town(UNASKED);
            let config = format!("{}\n[builder]\nencrypt = \"{encrypt}\"\n", config(UNASKED));
            life.settings = settings(&config, RECIPE);
            life.bakes_first().await;
            let passed = life.pass().await;
            assert_eq!(
                (gate(&passed), untold(&passed)),
                (None, Vec::new()),
                "{encrypt}"
            );
            assert_eq!(life.updated(), [CANARY], "{encrypt}");
        });
    }
}
