//! Targets in another account than the watch's: looked at by a role there, judged by what that account sees,
//! told of and not moved. One account that does not answer keeps nothing else from being done.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::drift::TargetDrift;
use amiwatch::model::plan::PlanItem;
use amiwatch::model::reason::ReasonCode;
use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications};
use sim::{Account, AccountSpec, Action, EnvironmentChange, EnvironmentSpec, RoleSpec};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, REGION};

const PROD: &str = "000000000011";

/// An account beside the own one, with a target there.
fn beside(environment: &str) -> String {
    format!(
        "\n[account.prod]\nrole_arn = \"arn:aws:iam::{PROD}:role/amiwatch\"\nexternal_id = \"of-us\"\n\n\
         [[watch.shop.target]]\nbeanstalk = {{ account = \"prod\", application = \"shop\", environment = \"{environment}\" }}\n"
    )
}

fn trusts(prod: &Account) {
    let role = RoleSpec::trusting("amiwatch", &[sim::ACCOUNT_ID]).external_id("of-us");
    prod.perform(REGION, Action::Role(role)).unwrap();
}

/// A life beside an account with one environment, whose role is there or not.
fn life(trusting: bool) -> (Life, Account) {
    let mut life = Life::brisk();
    life.set_config(&format!("{CONFIG}{}", beside("shop-live")));
    let prod = life.account.open(AccountSpec::new(PROD)).unwrap();
    life.release("4.5.1");
    let live = EnvironmentSpec::new("shop", "shop-live", BRANCH);
    prod.at(REGION).environment(live).unwrap();
    if trusting {
        trusts(&prod);
    }
    (life, prod)
}

fn live(items: &[PlanItem]) -> &TargetDrift {
    let mut targets = items.iter().flat_map(|item| &item.drift.targets);
    let found = targets.find(|one| one.target.environment == "shop-live");
    found.expect("the other account's environment is in the verdict")
}

fn codes(target: &TargetDrift) -> Vec<ReasonCode> {
    target.reasons.iter().map(|reason| reason.code).collect()
}

async fn share(life: &Life, image: &str, with: Option<&str>, without: Option<&str>) {
    let of = |id: &str| LaunchPermission::builder().user_id(id).build();
    let change = LaunchPermissionModifications::builder()
        .set_add(with.map(|id| vec![of(id)]))
        .set_remove(without.map(|id| vec![of(id)]));
    let modify = life.stranger().modify_image_attribute().image_id(image);
    modify
        .launch_permission(change.build())
        .send()
        .await
        .unwrap();
}

#[test]
fn an_image_that_the_other_account_cannot_see_is_not_shared_and_never_gone() {
    paused(async || {
        let (life, prod) = life(true);
        life.until_settled().await;
        let image = life.verified().remove(0).id;
        let (items, exit) = life.check().await;
        let seen = live(&items);
        assert_eq!(seen.name(), "prod:shop/shop-live");
        let behind = [ReasonCode::NotOnNewest, ReasonCode::Stock];
        let unshared = [&behind[..], &[ReasonCode::ImageNotShared]].concat();
        assert_eq!(codes(seen), unshared);
        assert_eq!(
            seen.move_to, None,
            "what it cannot launch it is not to be moved to"
        );
        let said = &seen.reasons[2].message;
        for words in [
            format!(
                "aws ec2 modify-image-attribute --image-id {image} --launch-permission 'Add=[{{UserId={PROD}}}]' --region {REGION}"
            ),
            "aws ec2 modify-snapshot-attribute --snapshot-id snap-".to_owned(),
            format!("share = {{ accounts = [\"{PROD}\"] }}"),
        ] {
            assert!(said.contains(&words), "{words}: {said}");
        }
        assert_eq!(exit, Exit::Drift);

        share(&life, &image, Some(PROD), None).await;
        let (items, _) = life.check().await;
        assert_eq!(codes(live(&items)), behind);
        let to = live(&items).move_to.as_ref().map(|to| to.image.as_str());
        assert_eq!(to, Some(image.as_str()));

        let set = EnvironmentChange::Image(image.clone());
        prod.at(REGION)
            .change_environment("shop-live", set)
            .unwrap();
        let (items, _) = life.check().await;
        assert_eq!(
            codes(live(&items)),
            [],
            "in step by the tags that its owner sees"
        );

        share(&life, &image, None, Some(PROD)).await;
        let (items, _) = life.check().await;
        assert_eq!(codes(live(&items)), [ReasonCode::ImageNotShared]);
        // Nothing of it was changed by us.
        let changes = prod.ledger().into_iter();
        let changes = changes.filter(|call| call.operation.starts_with("Update"));
        assert_eq!(changes.count(), 0);
    });
}

#[test]
fn an_account_whose_role_is_missing_is_unknown_and_keeps_nothing_from_being_baked() {
    paused(async || {
        let (life, prod) = life(false);
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::CannotTell);
        assert_eq!(life.verified().len(), 1, "baked all the same");
        let (items, exit) = life.check().await;
        assert_eq!(exit, Exit::CannotTell);
        let said: Vec<&str> = items[0]
            .drift
            .reasons
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        let said = said.join("\n");
        assert!(
            said.contains("[account.prod] environments of eu-west-1"),
            "{said}"
        );
        assert!(
            said.contains(&format!(
                "add to the trust policy of the role amiwatch in account {PROD}"
            )),
            "{said}"
        );
        for target in &items[0].drift.targets {
            assert_eq!(
                target.elsewhere, None,
                "what could not be listed has no row"
            );
            assert!(
                !target.reasons.iter().any(|one| one.is_doubt()),
                "{target:?}"
            );
        }

        // It lasts, and is told with whose it is; then the role comes, and that is told too.
        for _ in 0..5 {
            life.wait(Duration::from_secs(1800)).await;
            life.pass().await;
        }
        let told = life.heard_of("blind");
        assert!(
            told.subject
                .contains(&format!("{PROD}/{REGION} ([account.prod])")),
            "{}",
            told.subject
        );
        assert!(told.body.contains("trust policy"), "{}", told.body);
        trusts(&prod);
        life.pass().await;
        let over = life.heard_of("resolved");
        assert!(over.subject.contains("[account.prod]"), "{}", over.subject);
        life.each_notice_came_once();
        let caller = prod.ledger().pop().unwrap().caller;
        assert_eq!(
            caller,
            format!("arn:aws:sts::{PROD}:assumed-role/amiwatch/amiwatch-acme")
        );
    });
}
