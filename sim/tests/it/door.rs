//! The door: signatures, faults, throttling, permission, the ledger.

use std::time::Duration;

use sim::{Delivery, FaultKind, FaultRule, Rate, Throttling, When};

use crate::support::{account, call, ec2, instant, launch, request};

#[test]
fn an_unsigned_request_is_refused_in_the_services_own_form() {
    let (account, _hand) = account();
    let mut bare = request("ec2", "Action=DescribeImages");
    bare.headers_mut().remove("authorization");
    let answer = account.handle(&bare);
    assert_eq!(answer.response.status(), 403);
    let mut odd = request("ec2", "Action=DescribeImages");
    odd.headers_mut().insert(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=x".parse().unwrap(),
    );
    let body = String::from_utf8(account.handle(&odd).response.body().to_vec()).unwrap();
    assert!(body.contains("<Code>IncompleteSignature</Code>"), "{body}");
    assert!(
        account.ledger().is_empty(),
        "what is no call is not written down"
    );
}

#[test]
fn faults_strike_before_or_after_the_effect() {
    let cases = [
        (FaultKind::Http5xx, false, Delivery::Arrives),
        (FaultKind::Throttle, false, Delivery::Arrives),
        (FaultKind::Denied, false, Delivery::Arrives),
        (FaultKind::TimeoutBeforeEffect, false, Delivery::Never),
        (FaultKind::DropBeforeEffect, false, Delivery::Drops),
        (FaultKind::TimeoutAfterEffect, true, Delivery::Never),
        (FaultKind::DropAfterEffect, true, Delivery::Drops),
        (FaultKind::ErrorAfterEffect, true, Delivery::Arrives),
    ];
    for (kind, done, delivery) in cases {
        let (account, _hand) = account();
        let name = format!("{kind:?}");
        account.fault(FaultRule::new(kind).on("ec2:CreateSecurityGroup").times(1));
        let form = "Action=CreateSecurityGroup&GroupName=g&GroupDescription=d";
        let reply = ec2(&account, form);
        assert_eq!(reply.delivery, delivery, "{name}");
        assert_ne!(
            (reply.status, reply.delivery),
            (200, Delivery::Arrives),
            "{name}"
        );
        let again = ec2(&account, form).code();
        assert_eq!(again == "InvalidGroup.Duplicate", done, "{name}: {again}");
        let first = &account.ledger()[0];
        assert_eq!(
            (first.took_effect, first.answered),
            (done, delivery == Delivery::Arrives),
            "{name}"
        );
    }
}

#[test]
fn a_rule_counts_only_its_own_calls() {
    let (account, _hand) = account();
    let on = |kind, when| FaultRule::new(kind).on("ec2:DescribeVpcs").when(when);
    let custom = FaultKind::Custom {
        code: "Odd".to_owned(),
        status: 418,
        message: "odd".to_owned(),
    };
    account.fault(on(custom, When::Nth(2)));
    account.fault(on(FaultKind::Http5xx, When::EveryNth(3)));
    let mut codes = Vec::new();
    for _ in 0..6 {
        ec2(&account, "Action=DescribeSubnets");
        codes.push(ec2(&account, "Action=DescribeVpcs").code());
    }
    assert_eq!(
        codes,
        ["ok", "Odd", "InternalError", "ok", "ok", "InternalError"]
    );
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let run = |seed| {
        let (account, _hand) = account();
        account.fault(FaultRule::new(FaultKind::Http5xx).when(When::Chance { p: 0.3, seed }));
        let codes = (0..200).map(|_| ec2(&account, "Action=DescribeVpcs").code());
        codes.map(|code| code != "ok").collect::<Vec<bool>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let struck = run(1).into_iter().filter(|struck| *struck).count();
    assert!((40..80).contains(&struck), "{struck} of 200 at 0.3");
}

#[test]
fn buckets_empty_and_refill() {
    let (account, hand, image) = instant();
    account.set_throttling(Throttling::like_aws());
    let form =
        format!("Action=RunInstances&ImageId={image}&InstanceType=t3.small&MinCount=1&MaxCount=1");
    let codes: Vec<String> = (0..6).map(|_| ec2(&account, &form).code()).collect();
    assert_eq!(
        codes.iter().filter(|code| *code == "ok").count(),
        5,
        "{codes:?}"
    );
    let refused = ec2(&account, &form);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "RequestLimitExceeded")
    );
    hand.advance(Duration::from_millis(500));
    assert_eq!(ec2(&account, &form).code(), "ok", "two a second come back");
    let all = Rate::new(2.0, 1.0);
    account.set_throttling(Throttling {
        beanstalk_all: Some(all),
        ..Throttling::default()
    });
    let eb = |form| call(&account, "elasticbeanstalk", form).code();
    let codes = [(); 3].map(|()| eb("Action=DescribeApplications"));
    assert_eq!(codes, ["ok", "ok", "Throttling"]);
}

#[test]
fn a_policy_allows_by_action() {
    let (account, _hand) = account();
    let policy = serde_json::json!({ "Statement": [
        { "Effect": "Allow", "Action": ["ec2:Describe*", "elasticbeanstalk:List*"], "Resource": "*" },
        { "Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*" },
    ]});
    account.set_policy(Some(&policy)).unwrap();
    assert_eq!(ec2(&account, "Action=DescribeSubnets").code(), "ok");
    assert_eq!(
        ec2(&account, "Action=DescribeVpcs").code(),
        "UnauthorizedOperation"
    );
    let create = "Action=CreateSecurityGroup&GroupName=g&GroupDescription=d&DryRun=true";
    assert_eq!(
        ec2(&account, create).code(),
        "UnauthorizedOperation",
        "dry runs ask too"
    );
    account.set_policy(None).unwrap();
    assert_eq!(ec2(&account, create).code(), "DryRunOperation");
    assert!(account.set_policy(Some(&serde_json::json!({}))).is_err());
}

#[test]
fn the_ledger_has_calls_in_order_with_their_parameters() {
    let (account, _hand, image) = instant();
    let id = launch(&account, &image, "ClientToken=t");
    ec2(
        &account,
        "Action=DescribeImages&ImageId.1=ami-51300000000009999",
    );
    let ledger = account.ledger();
    let shown: Vec<_> = ledger
        .iter()
        .map(|e| (e.operation.as_str(), e.outcome.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("RunInstances", "ok"),
            ("DescribeImages", "InvalidAMIID.NotFound")
        ]
    );
    assert_eq!(ledger[0].params["ClientToken"], "t");
    assert_ne!(ledger[0].request_id, ledger[1].request_id);
    let open = [account.begin_call(), account.begin_call()];
    drop(open);
    let counters = account.counters();
    assert_eq!(
        (counters.calls, counters.in_flight, counters.max_in_flight),
        (2, 0, 2)
    );
    let left = account.leftovers();
    assert_eq!(
        left.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(),
        [id.as_str()]
    );
}
