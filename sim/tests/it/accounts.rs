//! Several accounts in one world: who lands where, and what they see of each other.

use bytes::Bytes;
use sim::{Account, AccountSpec, Action, ImageSpec, RoleSpec, Timing, World};

use crate::support::{BRANCH, REGION, Reply, account, reply_to};

pub(crate) const MEMBER: &str = "000000000011";
pub(crate) const OTHER: &str = "000000000012";

struct Signer<'a> {
    key: &'a str,
    token: Option<&'a str>,
}

fn call(account: &Account, signer: &Signer<'_>, service: &str, form: &str) -> Reply {
    let scope = format!("{}/20261101/{REGION}/{service}/aws4_request", signer.key);
    let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=none");
    let mut request =
        http::Request::post("http://sim.invalid/").header("authorization", authorization);
    if let Some(token) = signer.token {
        request = request.header("x-amz-security-token", token);
    }
    let request = request.body(Bytes::from(form.to_owned())).unwrap();
    reply_to(account, &request)
}

/// The first account and two members, nothing takes time.
pub(crate) fn world() -> (Account, Account, Account, sim::HandClock) {
    let (hub, hand) = account();
    hub.set_timing(Timing::instant());
    let member = hub.open(AccountSpec::new(MEMBER)).unwrap();
    let other = hub.open(AccountSpec::new(OTHER)).unwrap();
    (hub, member, other, hand)
}

fn user(account: &Account) -> String {
    account.access_key()
}

pub(crate) fn as_user(account: &Account, service: &str, form: &str) -> Reply {
    let key = user(account);
    call(
        account,
        &Signer {
            key: &key,
            token: None,
        },
        service,
        form,
    )
}

fn assume(hub: &Account, arn: &str, more: &str) -> Reply {
    let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=amiwatch-acme{more}");
    as_user(hub, "sts", &form)
}

#[test]
fn credentials_decide_in_which_account_a_call_lands() {
    let (hub, member, ..) = world();
    for (key, id) in [
        ("anything".to_owned(), sim::ACCOUNT_ID),
        (user(&hub), sim::ACCOUNT_ID),
        (user(&member), MEMBER),
    ] {
        let signer = Signer {
            key: &key,
            token: None,
        };
        let who = call(&hub, &signer, "sts", "Action=GetCallerIdentity");
        assert_eq!(who.text("Account").as_deref(), Some(id));
    }
    let stranger = Signer {
        key: "AKIA000000000099",
        token: None,
    };
    let refused = call(&hub, &stranger, "sts", "Action=GetCallerIdentity");
    assert_eq!(refused.code(), "InvalidClientTokenId");
    let callers: Vec<String> = member
        .ledger()
        .into_iter()
        .map(|call| call.caller)
        .collect();
    assert_eq!(callers, [format!("arn:aws:iam::{MEMBER}:user/simulated")]);
}

#[test]
fn a_role_of_another_account_lets_in_whom_it_trusts_under_the_name_that_was_given() {
    let (hub, member, other, hand) = world();
    let role = RoleSpec::trusting("amiwatch", &[sim::ACCOUNT_ID]).external_id("of-us");
    let arn = member.perform(REGION, Action::Role(role)).unwrap();
    assert_eq!(arn, format!("arn:aws:iam::{MEMBER}:role/amiwatch"));

    let refused = assume(&hub, &arn, "");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "AccessDenied")
    );
    let words = format!(
        "User: arn:aws:iam::{}:user/simulated is not authorized to perform: sts:AssumeRole on resource: {arn}",
        sim::ACCOUNT_ID
    );
    assert_eq!(refused.text("Message"), Some(words));
    let stranger = assume(&other, &arn, "&ExternalId=of-us");
    assert_eq!(stranger.code(), "AccessDenied");

    let given = assume(&hub, &arn, "&ExternalId=of-us&DurationSeconds=900");
    let (key, token) = (
        given.text("AccessKeyId").unwrap(),
        given.text("SessionToken").unwrap(),
    );
    let session = Signer {
        key: &key,
        token: Some(&token),
    };
    let who = call(&hub, &session, "sts", "Action=GetCallerIdentity");
    assert_eq!(who.text("Account").as_deref(), Some(MEMBER));
    let name = format!("arn:aws:sts::{MEMBER}:assumed-role/amiwatch/amiwatch-acme");
    assert_eq!(who.text("Arn"), Some(name.clone()));
    assert_eq!(member.ledger().last().unwrap().caller, name);
    let without = Signer {
        key: &key,
        token: None,
    };
    assert_eq!(
        call(&hub, &without, "sts", "Action=GetCallerIdentity").code(),
        "InvalidClientTokenId"
    );

    hand.advance(std::time::Duration::from_secs(901));
    let late = call(
        &hub,
        &session,
        "elasticbeanstalk",
        "Action=DescribeEnvironments",
    );
    assert_eq!(late.code(), "ExpiredToken");
    member.role_gone("amiwatch");
    assert_eq!(
        assume(&hub, &arn, "&ExternalId=of-us").code(),
        "AccessDenied"
    );
}

#[test]
fn how_long_a_session_lasts_is_bounded_by_the_role_and_by_chains() {
    let (hub, member, ..) = world();
    let mut role = RoleSpec::trusting("long", &["*"]);
    role.max_session_s = 7200;
    let arn = member.perform(REGION, Action::Role(role)).unwrap();
    for (asked, code) in [
        ("900", "ok"),
        ("899", "ValidationError"),
        ("7200", "ok"),
        ("7201", "ValidationError"),
    ] {
        let given = assume(&hub, &arn, &format!("&DurationSeconds={asked}"));
        assert_eq!(given.code(), code, "{asked}");
    }
    let given = assume(&hub, &arn, "");
    let (key, token) = (
        given.text("AccessKeyId").unwrap(),
        given.text("SessionToken").unwrap(),
    );
    let session = Signer {
        key: &key,
        token: Some(&token),
    };
    let form =
        format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=chained&DurationSeconds=7200");
    let chained = call(&hub, &session, "sts", &form);
    assert!(chained.body.contains("role chaining"), "{}", chained.body);
    for name in ["a b", "x"] {
        let form = format!(
            "Action=AssumeRole&RoleArn={arn}&RoleSessionName={}",
            name.replace(' ', "+")
        );
        assert_eq!(
            as_user(&hub, "sts", &form).code(),
            "ValidationError",
            "{name}"
        );
    }
}

#[test]
fn who_may_not_ask_is_refused_in_the_same_words() {
    let (hub, member, ..) = world();
    let arn = member.role("amiwatch", None);
    let policy = serde_json::json!({ "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/amiwatch",
    }]});
    let hub_role = hub.role("hub", None);
    hub.set_role_policy(&hub_role, Some(&policy)).unwrap();
    let other_arn = member.role("another", None);
    let given = assume(&hub, &hub_role, "");
    let (key, token) = (
        given.text("AccessKeyId").unwrap(),
        given.text("SessionToken").unwrap(),
    );
    let session = Signer {
        key: &key,
        token: Some(&token),
    };
    let ask = |arn: &str| {
        let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=chained");
        call(&hub, &session, "sts", &form)
    };
    assert_eq!(ask(&arn).code(), "ok");
    let refused = ask(&other_arn);
    assert_eq!(refused.code(), "AccessDenied");
    assert!(
        refused.body.contains(&format!("on resource: {other_arn}")),
        "{}",
        refused.body
    );
}

#[test]
fn each_account_has_its_own_buckets_environments_and_numbers() {
    let (hub, member, ..) = world();
    let (one, two) = (hub.at(REGION), member.at(REGION));
    let (mine, theirs) = (
        one.image(ImageSpec::mine("x")).unwrap(),
        two.image(ImageSpec::mine("x")).unwrap(),
    );
    assert_ne!(mine, theirs);
    hub.set_throttling(sim::Throttling {
        beanstalk_all: Some(sim::Rate::new(1.0, 0.001)),
        ..Default::default()
    });
    let ask = |account: &Account| {
        as_user(account, "elasticbeanstalk", "Action=DescribeEnvironments").code()
    };
    assert_eq!(
        (ask(&hub), ask(&hub)),
        ("ok".to_owned(), "Throttling".to_owned())
    );
    assert_eq!(
        (ask(&member), ask(&member)),
        ("ok".to_owned(), "ok".to_owned())
    );
}

#[test]
fn what_aws_releases_is_the_same_everywhere() {
    let (hub, member, ..) = world();
    let arn = hub
        .at(REGION)
        .release(sim::Release::new(BRANCH, "4.5.1").with_arm64())
        .unwrap();
    let (one, two) = (hub.platform(&arn).unwrap(), member.platform(&arn).unwrap());
    assert_eq!(one.images, two.images);
    let later = hub.now() + chrono::TimeDelta::minutes(1);
    hub.schedule(
        REGION,
        later,
        Action::Release(sim::Release::new(BRANCH, "4.5.2")),
    );
    hub.advance(std::time::Duration::from_secs(61));
    let versions = |account: &Account| {
        let found = as_user(account, "elasticbeanstalk", "Action=ListPlatformVersions");
        found.body.matches("<PlatformVersion>4.5.2").count()
    };
    assert_eq!((versions(&hub), versions(&member)), (1, 1));
}

#[test]
fn a_world_file_names_accounts_and_whose_a_step_is() {
    let (hub, _) = account();
    let world = format!(
        r#"{{ "accounts": [{{ "id": "{MEMBER}", "deny": ["sns:*"] }}], "steps": [
            {{ "region": "{REGION}", "do": {{ "release": {{ "branch": "{BRANCH}", "version": "4.5.1" }} }} }},
            {{ "region": "{REGION}", "account": "{MEMBER}", "do": {{ "role": {{ "name": "amiwatch", "trusts": ["000000000000"] }} }} }},
            {{ "region": "{REGION}", "account": "{MEMBER}", "do": {{ "environment": {{ "application": "shop", "name": "shop-live", "branch": "{BRANCH}", "version": "4.5.1" }} }} }} ] }}"#
    );
    hub.load(World::parse(&world).unwrap()).unwrap();
    let member = hub.other(MEMBER).unwrap();
    let list = |account: &Account| {
        as_user(account, "elasticbeanstalk", "Action=DescribeEnvironments").body
    };
    assert!(list(&member).contains(&format!("{MEMBER}:environment/shop/shop-live")));
    assert!(!list(&hub).contains("shop-live"));
    assert_eq!(
        as_user(&member, "sns", "Action=ListTopics").code(),
        "AccessDenied"
    );
    assert_eq!(as_user(&hub, "sns", "Action=ListTopics").code(), "ok");
    for id in ["111122223333", "000000000002", "11", "000000010000"] {
        assert!(hub.open(AccountSpec::new(id)).is_err(), "{id}");
    }
    let lost = r#"{ "steps": [{ "region": "x", "account": "000000000099", "do": { "drop_default_vpc": null } }] }"#;
    assert!(World::parse(lost).is_err() || hub.load(World::parse(lost).unwrap()).is_err());
}
