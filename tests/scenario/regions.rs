//! Targets in another region than the watch's: what runs there is a copy, under an id of its own; they are told of with
//! the command that moves them there, and not moved. One region that does not answer keeps nothing else from being done.

use amiwatch::flow::exit_code::Exit;
use amiwatch::flow::move_commands::moves_by_hand;
use amiwatch::model::drift::TargetDrift;
use amiwatch::model::plan::PlanItem;
use amiwatch::model::reason::ReasonCode;
use amiwatch::model::request::{MoveWish, WishedWay};
use amiwatch::service::desk::rollout::{MoveError, plan_move};
use sim::{
    Account, AccountSpec, Action, Branch, EnvironmentChange, EnvironmentSpec, FaultKind, FaultRule,
    RoleSpec,
};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{BRANCH, CONFIG, release};

const CENTRAL: &str = "eu-central-1";
const PROD: &str = "000000000011";
const COPIED: &str = "\n[watch.shop.publish]\ncopy_to = [\"eu-central-1\"]\n";

fn target(place: &str) -> String {
    format!(
        "\n[[watch.shop.target]]\nbeanstalk = {{ {place}, application = \"shop\", environment = \"shop-far\" }}\n"
    )
}

/// What AWS released in the watch's region, it released there as well, under ids of that region.
fn released_there(account: &Account) {
    let there = account.at(CENTRAL);
    there.branch(Branch::new(BRANCH)).unwrap();
    there.release(release("4.5.0")).unwrap();
}

/// A life with an environment in another region of the same account.
fn life(more: &str) -> Life {
    let mut life = Life::brisk();
    life.set_config(&format!(
        "{CONFIG}{}{more}",
        target("region = \"eu-central-1\"")
    ));
    released_there(&life.account);
    let far = EnvironmentSpec::new("shop", "shop-far", BRANCH);
    life.account.at(CENTRAL).environment(far).unwrap();
    life
}

fn far(items: &[PlanItem]) -> &TargetDrift {
    let mut targets = items.iter().flat_map(|item| &item.drift.targets);
    let found = targets.find(|one| one.target.environment == "shop-far");
    found.expect("the other region's environment is in the verdict")
}

fn codes(target: &TargetDrift) -> Vec<ReasonCode> {
    target.reasons.iter().map(|reason| reason.code).collect()
}

fn set_image(account: &Account, image: &str) {
    let set = EnvironmentChange::Image(image.to_owned());
    account
        .at(CENTRAL)
        .change_environment("shop-far", set)
        .unwrap();
}

#[test]
fn what_runs_in_another_region_is_held_against_the_copy_there() {
    paused(async || {
        let life = life(COPIED);
        life.until_settled().await;
        let copy = life.copies().remove(0);
        let (items, exit) = life.check().await;
        let seen = far(&items);
        assert_eq!(seen.name(), "eu-central-1:shop/shop-far");
        assert!(seen.moved_by_others, "it is told of");
        assert_eq!(codes(seen), [ReasonCode::NotOnNewest, ReasonCode::Stock]);
        let to = seen.move_to.as_ref().expect("it can be moved there");
        assert_eq!(to.image.as_str(), copy.id);
        let by_hand = moves_by_hand([(&seen.target, to)]);
        let command = by_hand[0].command.to_string();
        assert!(command.contains(&format!("Value={}", copy.id)), "{command}");
        assert!(command.ends_with("--region eu-central-1"), "{command}");
        assert_eq!(exit, Exit::Drift);

        set_image(&life.account, &copy.id);
        let (items, _) = life.check().await;
        assert_eq!(codes(far(&items)), [], "in step by its copy");
        let base = far(&items).base_image.as_ref().unwrap().to_string();
        let own = life.account.image(&base).expect("a base of that region");
        assert_eq!(own.region, CENTRAL);
    });
}

#[test]
fn who_orders_its_move_hears_that_it_is_told_of_and_where_the_command_is() {
    paused(async || {
        let life = life(COPIED);
        life.until_settled().await;
        let wish = MoveWish {
            watch: "shop".into(),
            account: None,
            application: "shop".to_owned(),
            environment: "shop-far".to_owned(),
            way: WishedWay::To { image: None },
            by: "jo".to_owned(),
        };
        life.command(async |service| match plan_move(&service, &wish).await {
            Err(MoveError::Refused(why)) => {
                let said = why.join("; ");
                assert!(
                    said.contains("eu-central-1:shop/shop-far is told of"),
                    "{said}"
                );
                assert!(said.contains("`amiwatch explain shop`"), "{said}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it is planned"),
        })
        .await;
    });
}

#[test]
fn a_release_leaves_it_behind_by_the_base_of_its_own_region() {
    paused(async || {
        let life = life(COPIED);
        life.until_settled().await;
        let first = life.copies().remove(0).id;
        set_image(&life.account, &first);
        life.release("4.5.1");
        life.account.at(CENTRAL).release(release("4.5.1")).unwrap();
        life.until_settled().await;
        let second = life.copies().pop().unwrap().id;
        assert_ne!(first, second);
        let (items, _) = life.check().await;
        let seen = far(&items);
        assert!(
            codes(seen).contains(&ReasonCode::NotOnNewest),
            "{:?}",
            codes(seen)
        );
        assert!(
            codes(seen).contains(&ReasonCode::BaseNewer),
            "{:?}",
            codes(seen)
        );
        let to = seen.move_to.as_ref().map(|to| to.image.as_str());
        assert_eq!(to, Some(second.as_str()));
    });
}

#[test]
fn without_a_copy_it_is_said_that_there_is_none_and_how_to_make_one() {
    paused(async || {
        let life = life("");
        life.until_settled().await;
        let image = life.verified().remove(0);
        let (items, _) = life.check().await;
        let seen = far(&items);
        let expected = [
            ReasonCode::NotOnNewest,
            ReasonCode::Stock,
            ReasonCode::ImageNotCopied,
        ];
        assert_eq!(codes(seen), expected);
        assert_eq!(seen.move_to, None);
        let said = &seen.reasons[2].message;
        for words in [
            "copy_to = [\"eu-central-1\"]".to_owned(),
            format!("--source-image-id {}", image.id),
            format!("--name {}", image.name),
        ] {
            assert!(said.contains(&words), "{words}: {said}");
        }
    });
}

#[test]
fn a_region_that_does_not_answer_is_unknown_and_keeps_nothing_from_being_baked() {
    paused(async || {
        let life = life("");
        let broken = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:*");
        life.account.fault(FaultRule {
            region: Some(CENTRAL.to_owned()),
            ..broken
        });
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::CannotTell);
        assert_eq!(life.verified().len(), 1, "baked all the same");
        let (items, _) = life.check().await;
        let said: Vec<&str> = items[0]
            .drift
            .reasons
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        assert!(said.join("\n").contains("[eu-central-1] "), "{said:?}");
    });
}

#[test]
fn every_region_of_an_account_is_looked_at_by_its_role() {
    paused(async || {
        let mut life = Life::brisk();
        life.set_config(&format!(
            "{CONFIG}{}\n[account.prod]\nrole_arn = \"arn:aws:iam::{PROD}:role/amiwatch\"\n\
             external_id = \"of-us\"\nregions = [\"eu-west-1\", \"eu-central-1\"]\n",
            target("account = \"prod\", regions = \"account\"")
        ));
        let prod = life.account.open(AccountSpec::new(PROD)).unwrap();
        let role = RoleSpec::trusting("amiwatch", &[sim::ACCOUNT_ID]).external_id("of-us");
        prod.perform(CENTRAL, Action::Role(role)).unwrap();
        life.release("4.5.1");
        released_there(&life.account);
        for region in ["eu-west-1", CENTRAL] {
            let far = EnvironmentSpec::new("shop", "shop-far", BRANCH);
            prod.at(region).environment(far).unwrap();
        }
        life.until_settled().await;
        let (items, _) = life.check().await;
        let targets = &items[0].drift.targets;
        let names: Vec<String> = targets.iter().map(TargetDrift::name).collect();
        assert_eq!(
            names,
            [
                "shop/shop-blue",
                "prod/eu-central-1:shop/shop-far",
                "prod:shop/shop-far"
            ]
        );
        assert!(codes(&targets[1]).contains(&ReasonCode::ImageNotCopied));
        assert!(codes(&targets[2]).contains(&ReasonCode::ImageNotShared));
    });
}
