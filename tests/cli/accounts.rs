//! `survey --account`: several accounts, and what a role that is missing in one of ten looks like.

use sim::{Account, AccountSpec, Action, EnvironmentSpec, RoleSpec};

use super::harness::{Desk, Served};
use crate::common::world::{BRANCH, REGION, release};

const MEMBERS: usize = 10;
/// The one whose role is not there.
const LOST: usize = 4;

fn id(nth: usize) -> String {
    format!("{:012}", 100 + nth)
}

/// A hub and its members, each with an environment and a role that trusts the hub under an external id.
fn fleet() -> Served {
    let served = Served::start();
    let hub = &served.account;
    for nth in 0..MEMBERS {
        hub.open(AccountSpec::new(&id(nth))).unwrap();
    }
    hub.at(REGION).release(release("4.5.1")).unwrap();
    for nth in 0..MEMBERS {
        let member = hub.other(&id(nth)).unwrap();
        let name = format!("shop-{nth}");
        let at = member.at(REGION);
        at.environment(EnvironmentSpec::new("shop", &name, BRANCH))
            .unwrap();
        if nth != LOST {
            trust(&member);
        }
    }
    served
}

fn trust(member: &Account) {
    let role = RoleSpec::trusting("amiwatch", &[sim::ACCOUNT_ID]).external_id("of-us");
    member.perform(REGION, Action::Role(role)).unwrap();
}

fn config() -> String {
    let accounts = (0..MEMBERS).map(|nth| {
        let id = id(nth);
        format!(
            "[account.m{nth}]\nrole_arn = \"arn:aws:iam::{id}:role/amiwatch\"\nexternal_id = \"of-us\"\n"
        )
    });
    let accounts: String = accounts.collect();
    format!("installation = \"acme-prod\"\n{accounts}")
}

fn desk(served: &Served) -> Desk {
    let desk = Desk::at(served.address);
    desk.file("amiwatch.toml", &config());
    desk
}

#[test]
fn a_role_that_is_missing_in_one_of_ten_keeps_no_other_from_being_shown() {
    let served = fleet();
    let desk = desk(&served);
    let ran = desk.run(&["survey", "--account", "all"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    for nth in 0..MEMBERS {
        let shown = ran.stdout.contains(&format!("shop/shop-{nth} "));
        assert_eq!(shown, nth != LOST, "{nth}: {}", ran.stdout);
    }
    assert!(ran.stdout.contains("ACCOUNT"), "{}", ran.stdout);
    let lost = id(LOST);
    assert!(
        ran.stdout
            .contains(&format!("m{LOST} ({lost}) in {REGION}")),
        "{}",
        ran.stdout
    );
    for said in [
        format!("[account.m{LOST}] environments of {REGION}"),
        format!("sts:AssumeRole (arn:aws:iam::{lost}:role/amiwatch)"),
        format!("add to the trust policy of the role amiwatch in account {lost}"),
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{}:user/simulated"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"of-us"}}}}}}"#,
            sim::ACCOUNT_ID
        ),
    ] {
        assert!(ran.stderr.contains(&said), "{said}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("[account.m1]"), "{}", ran.stderr);

    trust(&served.account.other(&lost).unwrap());
    let ran = desk.run(&["survey", "--account", "all"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains(&format!("shop/shop-{LOST} ")));
}

#[test]
fn accounts_are_looked_at_by_name_in_their_regions_and_as_whom_is_recorded() {
    let served = fleet();
    let desk = desk(&served);
    let named = [
        "survey",
        "--account",
        "m1",
        "--account",
        "m2",
        "--account",
        "m1",
    ];
    let ran = desk.run(&[&["--format", "json"][..], &named].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let survey = ran.json();
    let environments = survey["environments"].as_array().unwrap();
    let accounts: Vec<&str> = environments
        .iter()
        .map(|one| one["account"].as_str().unwrap())
        .collect();
    assert_eq!(accounts, [id(1), id(2)]);
    let looked = survey["looked_at"].as_array().unwrap();
    let names: Vec<&str> = looked
        .iter()
        .map(|one| one["account_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["m1", "m2"]);
    let member = served.account.other(&id(1)).unwrap();
    let callers = member.ledger().into_iter().map(|call| call.caller);
    let ours = format!(
        "arn:aws:sts::{}:assumed-role/amiwatch/amiwatch-acme-prod",
        id(1)
    );
    assert!(callers.into_iter().all(|caller| caller == ours));

    let regions = [
        "survey",
        "--account",
        "m3",
        "--region",
        "us-east-1",
        "--region",
        REGION,
    ];
    let ran = desk.run(&regions);
    let looked = format!("m3 ({}) in {REGION}, us-east-1", id(3));
    assert!(ran.stdout.contains(&looked), "{}", ran.stdout);
    assert_eq!(desk.run(&["survey", "--account", "own"]).code, 0);
}

#[test]
fn an_account_that_the_config_does_not_have_is_wrong_usage() {
    let served = fleet();
    let desk = desk(&served);
    let ran = desk.run(&["survey", "--account", "prod"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("the config has no account `prod`; it has m0, m1"),
        "{}",
        ran.stderr
    );
    let bare = Desk::at(served.address);
    bare.file("amiwatch.toml", "installation = \"acme-prod\"\n");
    let ran = bare.run(&["survey", "--account", "prod"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("add `[account.prod]`"),
        "{}",
        ran.stderr
    );
}
