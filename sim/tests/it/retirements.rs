//! What named an image when a call disabled or deregistered it.

use serde_json::json;
use sim::{
    Account, Action, EnvironmentChange, GroupSpec, ImageSpec, ImageUse, LaunchConfigurationSpec,
    LaunchTemplateSpec, SavedConfiguration,
};

use crate::parameters::ssm;
use crate::shop::Shop;
use crate::support::{ec2, launch};

/// What named it when it was disabled just now.
fn uses(account: &Account, image: &str) -> Vec<ImageUse> {
    assert_eq!(
        ec2(account, &format!("Action=DisableImage&ImageId={image}")).code(),
        "ok"
    );
    let last = account.retirements().pop().expect("it was retired");
    assert_eq!(
        (last.image_id.as_str(), last.operation.as_str()),
        (image, "DisableImage")
    );
    ec2(account, &format!("Action=EnableImage&ImageId={image}"));
    last.uses
}

#[test]
fn nothing_names_an_image_that_is_new_and_another_calls_retire_nothing() {
    let shop = Shop::new(|spec| spec);
    assert!(uses(&shop.account, &shop.image).is_empty());
    let gone = format!("Action=DeregisterImage&ImageId={}", shop.image);
    ec2(&shop.account, &gone);
    assert_eq!(ec2(&shop.account, &gone).code(), "InvalidAMIID.NotFound");
    let retired = shop.account.retirements();
    let operations: Vec<&str> = retired.iter().map(|r| r.operation.as_str()).collect();
    assert_eq!(
        operations,
        ["DisableImage", "DeregisterImage"],
        "not what was refused"
    );
}

#[test]
fn instances_and_environments_name_what_they_run() {
    let shop = Shop::new(|spec| spec);
    let account = &shop.account;
    let (image, at) = (shop.image.as_str(), shop.at());
    let id = launch(account, image, "");
    ec2(account, &format!("Action=StopInstances&InstanceId.1={id}"));
    let found = uses(account, image);
    assert!(
        matches!(&found[..], [ImageUse::Instance { id: one, .. }] if *one == id),
        "{found:?}"
    );
    ec2(
        account,
        &format!("Action=TerminateInstances&InstanceId.1={id}"),
    );
    assert!(uses(account, image).is_empty(), "it goes");
    let set = |change| at.change_environment("shop", change).unwrap();
    let settings = |set| ImageUse::Settings {
        environment: "shop".to_owned(),
        set,
    };
    set(EnvironmentChange::FailedImage(image.to_owned()));
    assert_eq!(uses(account, image), [settings("failed")]);
    set(EnvironmentChange::NoDrafts);
    set(EnvironmentChange::Image(image.to_owned()));
    let found = uses(account, image);
    assert!(found.contains(&settings("deployed")), "{found:?}");
    set(EnvironmentChange::Terminated);
    let found = uses(account, image);
    assert!(
        matches!(&found[..], [ImageUse::Terminated { .. }]),
        "{found:?}"
    );
}

#[test]
fn templates_configurations_and_parameters_name_what_they_launch() {
    let shop = Shop::new(|spec| spec);
    let (account, at) = (&shop.account, shop.at());
    let images = ["one", "two", "three"].map(|name| at.image(ImageSpec::mine(name)).unwrap());
    let template = LaunchTemplateSpec {
        name: "theirs".to_owned(),
        images: images.to_vec(),
        ..LaunchTemplateSpec::default()
    };
    at.act(Action::LaunchTemplate(template)).unwrap();
    let named_by = |image: &str| -> Vec<String> {
        let found = uses(account, image).into_iter();
        let names = found.map(|found| match found {
            ImageUse::Template { named_by, .. } => named_by,
            other => format!("{other:?}"),
        });
        names.collect()
    };
    assert_eq!(named_by(&images[0]), ["$Default"]);
    assert!(
        named_by(&images[1]).is_empty(),
        "a version that nobody launches"
    );
    assert_eq!(named_by(&images[2]), ["$Latest"]);
    let group = GroupSpec {
        name: "plain".to_owned(),
        launch_template: "theirs".to_owned(),
        version: "2".to_owned(),
        mixed: true,
        ..GroupSpec::default()
    };
    at.act(Action::Group(group)).unwrap();
    assert_eq!(named_by(&images[1]), ["plain"]);
    let image = shop.image.clone();
    at.act(Action::LaunchConfiguration(LaunchConfigurationSpec {
        name: "old".to_owned(),
        image_id: image.clone(),
        ..LaunchConfigurationSpec::default()
    }))
    .unwrap();
    let launch = [("ImageId".to_owned(), image.clone())].into();
    at.act(Action::SavedConfiguration(SavedConfiguration {
        application: "shop".to_owned(),
        name: "kept".to_owned(),
        options: [("aws:autoscaling:launchconfiguration".to_owned(), launch)].into(),
        ..SavedConfiguration::default()
    }))
    .unwrap();
    let put = json!({ "Name": "/amis/x", "Value": image, "Type": "String" });
    ssm(account, "PutParameter", put).unwrap();
    let found = uses(account, &image);
    assert!(
        matches!(
            &found[..],
            [
                ImageUse::LaunchConfiguration { .. },
                ImageUse::Saved { .. },
                ImageUse::Parameter { .. }
            ]
        ),
        "{found:?}"
    );
}
