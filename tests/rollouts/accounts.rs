//! A rollout that ends in another account: the image is shared when it is proved, the account's own wave comes last,
//! and its environment is moved by the role that the config names for it, and by nobody else.

use std::time::Duration;

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::ids::ImageId;
use amiwatch::model::reason::ReasonCode;
use amiwatch::service::desk::back_all::{move_each, plan_each, wishes_back};
use amiwatch::service::desk::moving::MoveTeller;
use amiwatch::workflow::observer::Unobserved;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use sim::{Account, AccountSpec, Action, ImageChange, RoleSpec, Serves};

use super::world::{ALL, CANARY, UNASKED, build_town, config, environment};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;
use crate::crash::points::Points;
use crate::crash::sweep::{Act, AtStop, Form, Store, Story, in_forms};

const PROD: &str = "000000000011";
const LIVE: &str = "live";
const LOOKER: &str = "amiwatch";
const MOVER: &str = "amiwatch-rollout";
/// As shipped, for environments of the application shop: what a move does, and what Beanstalk does with its rights.
const MOVES: [&str; 2] = [
    include_str!("../../deploy/iam/rollout.json"),
    include_str!("../../deploy/iam/rollout-through-beanstalk.json"),
];

/// The last wave is the other account's.
const LAST: &str = "\"shop-canary\", \"shop-*\", \"prod:*\"";
/// The first is.
const FIRST: &str = "\"prod:*\", \"shop-*\"";

fn rolling(waves: &str) -> String {
    let config = config(UNASKED).replace("\"shop-canary\", \"shop-*\"", waves);
    format!(
        "{config}\n[account.prod]\nrole_arn = \"arn:aws:iam::{PROD}:role/{LOOKER}\"\n\
         rollout_role_arn = \"arn:aws:iam::{PROD}:role/{MOVER}\"\nexternal_id = \"of-us\"\n\n\
         [[watch.shop.target]]\nbeanstalk = {{ account = \"prod\", application = \"shop\", environment = \"*\" }}\n\n\
         [watch.shop.publish]\nshare = {{ accounts = [\"{PROD}\"] }}\n"
    )
}

/// Whoever looks changes nothing.
fn looks_alone() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": ["elasticbeanstalk:Update*", "elasticbeanstalk:Delete*"], "Resource": "*" },
    ] })
}

/// What the role that moves may do.
fn moves() -> Value {
    let policies = MOVES.map(|policy| policy.replace("111122223333", PROD));
    let policies = policies.map(|policy| serde_json::from_str::<Value>(&policy).unwrap());
    let statements = policies
        .iter()
        .flat_map(|one| one["Statement"].as_array().unwrap());
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

fn role(name: &str, policy: Value) -> Action {
    let role = RoleSpec::trusting(name, &[sim::ACCOUNT_ID]).external_id("of-us");
    Action::Role(RoleSpec {
        policy: Some(policy),
        ..role
    })
}

fn lets_look(prod: &Account) {
    prod.perform(REGION, role(LOOKER, looks_alone())).unwrap();
}

/// The town, and beside it an account with one environment.
fn two_accounts() -> (Life, Account) {
    two_accounts_of(&ALL)
}

/// The same with these environments in our own account.
fn two_accounts_of(names: &[&str]) -> (Life, Account) {
    let life = Life::empty(&rolling(LAST));
    // What AWS releases, it releases in every account that is there.
    let prod = life.account.open(AccountSpec::new(PROD)).unwrap();
    build_town(&life, names);
    prod.at(REGION).environment(environment(LIVE)).unwrap();
    prod.perform(REGION, role(MOVER, moves())).unwrap();
    (life, prod)
}

fn runs(account: &Account, image: &str) -> bool {
    let live = account.environment(LIVE).expect("it is there");
    let all = live.instances.values().all(|one| one == image);
    live.status == "Ready" && live.image_id == image && all
}

/// Who changed an environment there, in turn.
fn changers(account: &Account) -> Vec<String> {
    let ledger = account.ledger().into_iter();
    let changes =
        ledger.filter(|call| call.operation == "UpdateEnvironment" && call.outcome == "ok");
    changes.map(|call| call.caller).collect()
}

fn mover() -> String {
    format!("arn:aws:sts::{PROD}:assumed-role/{MOVER}/amiwatch-acme")
}

const HOURS: Duration = Duration::from_secs(2 * 60 * 60);

#[test]
fn the_last_wave_is_another_account_s_and_its_role_moves_it() {
    paused(async || {
        let (life, prod) = two_accounts();
        lets_look(&prod);
        life.daemon(async |watching| {
            watching.rolled_out().await;
        })
        .await;
        let image = life.newest();
        assert!(runs(&prod, &image), "{:#?}", prod.environment(LIVE));
        assert_eq!(changers(&prod), [mover()]);
        assert_eq!(life.updated().len(), ALL.len(), "each of ours once");
        let said = life.told("rolled_out");
        assert!(said[2].contains("is rolled out"), "{said:?}");
        assert!(life.remembered().await.has_succeeded);
        life.each_notice_came_once();
    });
}

#[test]
fn an_account_that_cannot_be_read_holds_what_may_be_of_an_earlier_wave() {
    paused(async || {
        let (life, prod) = two_accounts();
        life.bakes_first().await;
        life.passes(3).await;
        assert_eq!(life.updated(), [""; 0], "not even the canary is begun");
        let (items, exit) = life.check().await;
        assert_eq!(exit, Exit::CannotTell);
        let mut said = items.iter().flat_map(|item| &item.drift.reasons);
        assert!(said.any(|one| one.message.contains("[account.prod]")));

        lets_look(&prod);
        life.daemon(async |watching| {
            watching.rolled_out().await;
        })
        .await;
        assert_eq!(changers(&prod), [mover()]);
    });
}

#[test]
fn what_fails_in_the_other_account_is_taken_back_there_and_quarantined_here() {
    paused(async || {
        let (mut life, prod) = two_accounts();
        life.set_config(&rolling(FIRST));
        lets_look(&prod);
        let stock = prod.environment(LIVE).unwrap().image_id;
        let image = life.bakes_first().await;
        let ill = Serves {
            status: "Severe".to_owned(),
            after_s: 90.0,
            causes: vec!["100 % of requests fail with HTTP 5xx.".to_owned()],
        };
        let change = ImageChange::Serves(ill);
        life.account
            .at(REGION)
            .change_image(&image, change)
            .unwrap();
        life.daemon(async |watching| {
            let back = |one: &crate::common::watching::Watching<'_>| {
                one.life.heard_events().contains(&"rolled_back".to_owned())
            };
            watching.until("it is back", back).await;
            one_hour(watching.life).await;
        })
        .await;
        assert!(runs(&prod, &stock), "{:#?}", prod.environment(LIVE));
        assert_eq!(changers(&prod), [mover(), mover()], "there and back");
        let (items, _) = life.check().await;
        let held = items[0]
            .drift
            .holds
            .iter()
            .find(|hold| hold.by == "amiwatch");
        let held = held.map(|hold| hold.on.to_string()).unwrap_or_default();
        assert!(held.contains(&image), "{held}");
        assert_eq!(life.updated(), [""; 0], "it goes nowhere else");
        assert!(!life.remembered().await.has_succeeded);
    });
}

async fn one_hour(life: &Life) {
    life.wait(HOURS / 2).await;
}

#[test]
fn a_person_takes_all_of_it_back_in_both_accounts() {
    paused(async || {
        let (life, prod) = two_accounts();
        lets_look(&prod);
        let stock = prod.environment(LIVE).unwrap().image_id;
        life.daemon(async |watching| {
            watching.rolled_out().await;
        })
        .await;
        let silent = MoveTeller {
            meanwhile: &|_| {},
            observers: &|_| Box::new(Unobserved),
        };
        life.command(async |service| {
            let service = &service;
            let back = wishes_back(service, &"shop".into(), "jo").await.unwrap();
            let names: Vec<String> = back.wishes.iter().map(|wish| wish.name()).collect();
            assert!(names.contains(&"prod:shop/live".to_owned()), "{names:?}");
            for (wish, plan) in plan_each(service, &back.wishes).await {
                let plan = plan.unwrap().expect("nothing is under way");
                assert_eq!(plan.name(), wish.name());
                assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
            }
            let moved = move_each(service, &back.wishes, &silent).await.unwrap();
            let ended = moved.into_iter().map(|(_, end)| end.unwrap().exit());
            assert_eq!(ended.collect::<Vec<_>>(), [Exit::Done; 4]);
        })
        .await;
        assert!(runs(&prod, &stock), "{:#?}", prod.environment(LIVE));
        assert_eq!(changers(&prod), [mover(), mover()]);
    });
}

/// The canary here, and the other account's environment after it.
fn begun() -> Life {
    let (life, prod) = two_accounts_of(&[CANARY]);
    lets_look(&prod);
    life
}

fn baked(life: &Life) -> LocalBoxFuture<'_, ()> {
    async {
        life.bakes_first().await;
        life.wait(Duration::from_secs(60)).await;
    }
    .boxed_local()
}

fn moved_once_each(life: &Life, _: &AtStop) {
    let prod = life.account.other(PROD).expect("it is there");
    let image = life.newest();
    assert!(
        life.is_on(CANARY, &image),
        "{:#?}",
        life.environment(CANARY)
    );
    assert!(runs(&prod, &image), "{:#?}", prod.environment(LIVE));
    assert_eq!(life.updated(), [CANARY]);
    assert_eq!(changers(&prod), [mover()]);
}

#[test]
fn a_rollout_into_another_account_ends_the_same_wherever_its_daemon_is_stopped() {
    let story = Story {
        begin: begun,
        before: baked,
        act: Act::Daemon(Duration::from_secs(30 * 60)),
        points: Points::Kinds,
        dead_for: Duration::from_secs(10),
        meanwhile: |_| {},
        proof: moved_once_each,
        proof_after_loss: moved_once_each,
    };
    let forms = [(Form::Stopped(Store::Kept), 12), (Form::Unanswered, 12)];
    in_forms("rollout into another account", story, &forms);
}

/// A namesake in our own account is never touched for it.
#[test]
fn an_account_without_a_role_for_it_is_told_of_and_not_moved() {
    paused(async || {
        let (mut life, prod) = two_accounts();
        lets_look(&prod);
        let rollout_role = format!("rollout_role_arn = \"arn:aws:iam::{PROD}:role/{MOVER}\"\n");
        let without = rolling(LAST).replace(&rollout_role, "");
        life.set_config(&without.replace(", \"prod:*\"", ""));
        let names = environment(LIVE);
        life.account.at(REGION).environment(names).unwrap();
        life.daemon(async |watching| {
            watching.rolled_out().await;
            one_hour(watching.life).await;
        })
        .await;
        let image: ImageId = life.newest().as_str().into();
        assert_eq!(changers(&prod), [""; 0]);
        let ours = life.account.environment(LIVE).unwrap();
        assert_ne!(ours.image_id, image.as_str(), "it is no target");
        let (items, _) = life.check().await;
        let mut targets = items.iter().flat_map(|item| &item.drift.targets);
        let live = targets.find(|one| one.target.environment == LIVE).unwrap();
        assert!(live.moved_by_others);
        let behind = live
            .reasons
            .iter()
            .any(|one| one.code == ReasonCode::NotOnNewest);
        assert!(behind, "{:?}", live.reasons);
    });
}
