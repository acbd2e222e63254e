//! Environment updates in time, without a client: what the contract with boto3 does not turn.

use std::time::Duration;

use sim::{Account, EnvironmentChange, EnvironmentSpec, HandClock, ImageSpec, Release};

use crate::support::{BRANCH, REGION, Reply, account, call};

const IMAGE: &str = "OptionSettings.member.1.Namespace=aws:autoscaling:launchconfiguration&\
                     OptionSettings.member.1.OptionName=ImageId&OptionSettings.member.1.Value=";

/// An account with an environment `shop` of so many instances, and an image to move it to.
fn shop(spec: impl FnOnce(EnvironmentSpec) -> EnvironmentSpec) -> (Account, HandClock, String) {
    let (account, hand) = account();
    let at = account.at(REGION);
    at.release(Release::new(BRANCH, "4.5.0")).unwrap();
    let environment = EnvironmentSpec::new("shop", "shop", BRANCH).instances(2);
    at.environment(spec(environment)).unwrap();
    let image = at.image(ImageSpec::mine("ours")).unwrap();
    (account, hand, image)
}

fn update(account: &Account, image: &str) -> Reply {
    let form = format!("Action=UpdateEnvironment&EnvironmentName=shop&{IMAGE}{image}");
    call(account, "elasticbeanstalk", &form)
}

fn status(account: &Account) -> String {
    let form = "Action=DescribeEnvironments&EnvironmentNames.member.1=shop&IncludeDeleted=true";
    let shown = call(account, "elasticbeanstalk", form);
    shown.text("Status").unwrap()
}

/// How many of the environment's instances run each image.
fn running(account: &Account, image: &str) -> usize {
    let up = account.instances().into_iter();
    up.filter(|i| i.image_id == image && i.state == "running")
        .count()
}

#[test]
fn the_account_behaves_alike_however_often_it_is_asked() {
    let walk = |looks: usize| {
        let (account, hand, image) = shop(EnvironmentSpec::immutable);
        update(&account, &image);
        for _ in 0..30 {
            hand.advance(Duration::from_secs(30));
            (0..looks).for_each(|_| drop(status(&account)));
        }
        account
            .instances()
            .into_iter()
            .map(|i| (i.id, i.image_id, i.state))
            .collect::<Vec<_>>()
    };
    assert_eq!(walk(1), walk(7));
}

#[test]
fn a_second_update_is_refused_and_changes_nothing() {
    let (account, hand, image) = shop(EnvironmentSpec::immutable);
    assert_eq!(update(&account, &image).code(), "ok");
    assert_eq!(update(&account, &image).code(), "InvalidParameterValue");
    hand.advance(Duration::from_secs(3600));
    assert_eq!(status(&account), "Ready");
    assert_eq!(running(&account, &image), 2);
}

#[test]
fn what_is_terminated_midway_is_updated_no_more() {
    let (account, hand, image) = shop(EnvironmentSpec::immutable);
    update(&account, &image);
    hand.advance(Duration::from_secs(60));
    let at = account.at(REGION);
    at.change_environment("shop", EnvironmentChange::Terminated)
        .unwrap();
    hand.advance(Duration::from_secs(3600));
    assert_eq!(status(&account), "Terminated");
    assert_eq!(running(&account, &image), 0);
}

#[test]
fn a_quota_leaves_what_was_there() {
    let (account, hand, image) = shop(EnvironmentSpec::immutable);
    account
        .at(REGION)
        .act(sim::Action::VcpuQuota { vcpus: 4 })
        .unwrap();
    update(&account, &image);
    hand.advance(Duration::from_secs(3600));
    assert_eq!(status(&account), "Ready");
    assert_eq!(running(&account, &image), 0);
    let up = account.instances();
    let up = up.iter().filter(|i| i.state == "running").count();
    assert_eq!(up, 2, "the old ones serve");
}

#[test]
fn instances_of_an_environment_are_no_leftovers() {
    let (account, hand, image) = shop(|spec| spec);
    update(&account, &image);
    hand.advance(Duration::from_secs(3600));
    assert_eq!(running(&account, &image), 2);
    let left = account.leftovers();
    assert!(left.is_empty(), "{left:?}");
}
