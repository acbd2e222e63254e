//! Environments that were terminated: remembered for 42 days, rebuilt with the image that they had.

use sim::{EnvironmentChange, EnvironmentSpec};

use crate::shop::{HOUR, Shop};
use crate::support::{BRANCH, call, ec2};

fn listed(shop: &Shop, more: &str) -> usize {
    let reply = call(
        &shop.account,
        "elasticbeanstalk",
        &format!("Action=DescribeEnvironments&{more}"),
    );
    reply.body.matches("<EnvironmentId>").count()
}

fn ended(shop: &Shop) {
    let change = EnvironmentChange::Terminated;
    shop.at().change_environment("shop", change).unwrap();
}

#[test]
fn they_are_listed_when_they_are_asked_for_and_for_42_days() {
    let shop = Shop::new(|spec| spec);
    ended(&shop);
    shop.pass(HOUR);
    let again = EnvironmentSpec::new("shop", "shop", BRANCH);
    shop.at().environment(again).unwrap();
    assert_eq!(listed(&shop, ""), 1);
    assert_eq!(listed(&shop, "IncludeDeleted=true"), 2, "under one name");
    let back_to = "IncludeDeleted=true&IncludedDeletedBackTo=2026-11-01T12:30:00Z";
    assert_eq!(listed(&shop, back_to), 1);
    let odd = "Action=DescribeEnvironments&IncludeDeleted=true&IncludedDeletedBackTo=yesterday";
    let odd = call(&shop.account, "elasticbeanstalk", odd);
    assert_eq!(odd.code(), "InvalidParameterValue");
    shop.hand.advance(HOUR * 24 * 42);
    assert_eq!(listed(&shop, "IncludeDeleted=true"), 1);
}

#[test]
fn their_settings_cannot_be_read() {
    let shop = Shop::new(|spec| spec);
    ended(&shop);
    let form = "Action=DescribeConfigurationSettings&ApplicationName=shop&EnvironmentName=shop";
    assert_eq!(shop.call(form), "InvalidParameterValue");
}

#[test]
fn one_that_is_rebuilt_needs_the_image_that_it_had() {
    for (disabled, works) in [(false, true), (true, false)] {
        let shop = Shop::new(|spec| spec);
        shop.move_to(&shop.image);
        shop.pass(HOUR);
        ended(&shop);
        shop.pass(HOUR);
        if disabled {
            let form = format!("Action=DisableImage&ImageId={}", shop.image);
            assert_eq!(ec2(&shop.account, &form).code(), "ok");
        }
        let rebuilt = shop
            .at()
            .change_environment("shop", EnvironmentChange::Rebuilt);
        assert_eq!(rebuilt.is_ok(), works, "{rebuilt:?}");
        assert_eq!(shop.account.environment("shop").is_some(), works);
        if works {
            assert_eq!(shop.running(&shop.image), 1);
        }
    }
    let shop = Shop::new(|spec| spec);
    ended(&shop);
    shop.hand.advance(HOUR * 24 * 43);
    let late = shop
        .at()
        .change_environment("shop", EnvironmentChange::Rebuilt);
    assert!(late.is_err(), "it is forgotten");
}
