//! Launch templates, launch configurations and groups: what would be launched.

use sim::{Account, Action, GroupSpec, LaunchConfigurationSpec, LaunchTemplateSpec};

use crate::shop::{HOUR, Shop};
use crate::support::{REGION, Reply, account, call, ec2, instant};

pub(crate) fn all(reply: &Reply, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(&reply.body).unwrap();
    let found = document
        .descendants()
        .filter(|n| n.tag_name().name() == name);
    found
        .map(|n| n.text().unwrap_or_default().to_owned())
        .collect()
}

pub(crate) fn create(account: &Account, name: &str, image: &str, more: &str) -> Reply {
    let form = format!(
        "Action=CreateLaunchTemplate&LaunchTemplateName={name}&LaunchTemplateData.ImageId={image}&{more}"
    );
    ec2(account, &form)
}

pub(crate) fn version(account: &Account, name: &str, more: &str) -> Reply {
    let form = format!("Action=CreateLaunchTemplateVersion&LaunchTemplateName={name}&{more}");
    ec2(account, &form)
}

#[test]
fn versions_are_numbered_and_say_what_their_source_says() {
    let (account, _hand) = account();
    let more = "ClientToken=t&LaunchTemplateData.InstanceType=t3.small&\
                LaunchTemplateData.TagSpecification.1.ResourceType=instance&\
                LaunchTemplateData.TagSpecification.1.Tag.1.Key=app&\
                LaunchTemplateData.TagSpecification.1.Tag.1.Value=shop&\
                LaunchTemplateData.SecurityGroupId.1=sg-1";
    let made = create(&account, "shop", "ami-51300000000000001", more);
    let id = made.text("launchTemplateId").unwrap();
    let again = create(&account, "shop", "ami-51300000000000001", more);
    assert_eq!(again.text("launchTemplateId"), Some(id.clone()));
    let other = create(&account, "shop", "ami-51300000000000002", "ClientToken=t");
    assert_eq!(other.code(), "IdempotentParameterMismatch");
    let taken = create(&account, "shop", "ami-51300000000000001", "");
    assert_eq!(
        taken.code(),
        "InvalidLaunchTemplateName.AlreadyExistsException"
    );
    let bad = create(&account, "a*b", "ami-51300000000000001", "");
    assert_eq!(bad.code(), "InvalidLaunchTemplateName.MalformedException");
    let more =
        "ClientToken=v&SourceVersion=$Latest&LaunchTemplateData.ImageId=ami-51300000000000002";
    let second = version(&account, "shop", more);
    assert_eq!(second.text("versionNumber").as_deref(), Some("2"));
    assert_eq!(
        second.text("instanceType").as_deref(),
        Some("t3.small"),
        "inherited"
    );
    assert_eq!(
        all(&second, "item").len(),
        3,
        "and its lists: {}",
        second.body
    );
    assert_eq!(second.text("defaultVersion").as_deref(), Some("false"));
    let same = version(&account, "shop", more);
    assert_eq!(
        same.text("versionNumber").as_deref(),
        Some("2"),
        "the same token"
    );
    let bare = version(
        &account,
        "shop",
        "LaunchTemplateData.ImageId=ami-51300000000000003",
    );
    assert_eq!(bare.text("instanceType"), None, "without a source");
    assert_eq!(version(&account, "shop", "").code(), "MissingParameter");
    let none = version(&account, "none", "LaunchTemplateData.ImageId=ami-1");
    assert_eq!(none.code(), "InvalidLaunchTemplateName.NotFoundException");
    let odd = version(
        &account,
        "shop",
        "SourceVersion=9&LaunchTemplateData.ImageId=ami-1",
    );
    assert_eq!(odd.code(), "InvalidLaunchTemplateId.VersionNotFound");
}

#[test]
fn versions_are_described_by_number_by_word_and_over_all_templates() {
    let (account, _hand) = account();
    create(&account, "shop", "ami-51300000000000001", "");
    version(
        &account,
        "shop",
        "LaunchTemplateData.ImageId=ami-51300000000000002",
    );
    version(
        &account,
        "shop",
        "LaunchTemplateData.ImageId=ami-51300000000000003",
    );
    create(&account, "till", "ami-51300000000000004", "");
    let of = |more: &str| {
        let reply = ec2(
            &account,
            &format!("Action=DescribeLaunchTemplateVersions&{more}"),
        );
        let numbers = all(&reply, "versionNumber").join(" ");
        if reply.status == 200 {
            numbers
        } else {
            reply.code()
        }
    };
    let shop = "LaunchTemplateName=shop";
    assert_eq!(of(shop), "3 2 1", "newest first");
    assert_eq!(
        of(&format!(
            "{shop}&LaunchTemplateVersion.1=$Default&LaunchTemplateVersion.2=2"
        )),
        "2 1"
    );
    assert_eq!(of(&format!("{shop}&MinVersion=2&MaxVersion=2")), "2");
    assert_eq!(
        of(&format!("{shop}&LaunchTemplateVersion.1=7")),
        "InvalidLaunchTemplateId.VersionNotFound"
    );
    assert_eq!(
        of(&format!(
            "{shop}&Filter.1.Name=image-id&Filter.1.Value.1=ami-51300000000000002"
        )),
        "2"
    );
    assert_eq!(
        of("LaunchTemplateVersion.1=$Latest"),
        "3 1",
        "of all templates"
    );
    assert_eq!(
        of("LaunchTemplateVersion.1=$Latest&LaunchTemplateVersion.2=$Default"),
        "3 1 1"
    );
    assert_eq!(of(""), "MissingParameter");
    assert_eq!(of("LaunchTemplateVersion.1=1"), "MissingParameter");
    let set = |to: &str| {
        let form = format!("Action=ModifyLaunchTemplate&{shop}&SetDefaultVersion={to}");
        ec2(&account, &form)
    };
    assert_eq!(set("2").text("defaultVersionNumber").as_deref(), Some("2"));
    assert_eq!(set("9").code(), "InvalidLaunchTemplateId.VersionNotFound");
    let delete = format!(
        "Action=DeleteLaunchTemplateVersions&{shop}&LaunchTemplateVersion.1=1&LaunchTemplateVersion.2=2&\
         LaunchTemplateVersion.3=9"
    );
    let reply = ec2(&account, &delete);
    assert_eq!(
        all(&reply, "versionNumber"),
        ["1", "2", "9"],
        "gone, the default, none"
    );
    assert_eq!(all(&reply, "code").len(), 2);
    assert_eq!(of(shop), "3 2");
    let next = version(&account, "shop", "LaunchTemplateData.ImageId=ami-1");
    assert_eq!(
        next.text("versionNumber").as_deref(),
        Some("4"),
        "no number comes again"
    );
    assert_eq!(
        ec2(&account, &format!("Action=DeleteLaunchTemplate&{shop}")).code(),
        "ok"
    );
    assert_eq!(of(shop), "InvalidLaunchTemplateName.NotFoundException");
}

#[test]
fn a_launch_takes_what_its_template_says() {
    let (account, _hand, image) = instant();
    create(
        &account,
        "shop",
        &image,
        "LaunchTemplateData.InstanceType=t3.small",
    );
    let form = "Action=RunInstances&MinCount=1&MaxCount=1&LaunchTemplate.LaunchTemplateName=shop&\
                LaunchTemplate.Version=$Latest";
    let id = ec2(&account, form).text("instanceId").unwrap();
    let instance = account.instance(&id).unwrap();
    assert_eq!(
        (instance.image_id, instance.instance_type),
        (image, "t3.small".to_owned())
    );
    let lost = format!("{form}9");
    assert_eq!(
        ec2(&account, &lost).code(),
        "InvalidLaunchTemplateId.VersionNotFound"
    );
}

fn groups(account: &Account, more: &str) -> Reply {
    call(
        account,
        "autoscaling",
        &format!("Action=DescribeAutoScalingGroups&{more}"),
    )
}

#[test]
fn an_environments_template_has_a_version_for_each_deployment() {
    let shop = Shop::new(|spec| spec);
    let account = &shop.account;
    let stock = shop.now().image_id;
    assert_eq!(shop.move_to(&shop.image), "ok");
    shop.pass(HOUR);
    let group = groups(account, "");
    assert_eq!(group.text("Version").as_deref(), Some("2"));
    let id = group.text("LaunchTemplateId").unwrap();
    let form = format!("Action=DescribeLaunchTemplateVersions&LaunchTemplateId={id}");
    let versions = ec2(account, &form);
    assert_eq!(all(&versions, "imageId"), [shop.image.clone(), stock]);
    assert_eq!(
        all(&versions, "defaultVersion"),
        ["false", "true"],
        "CloudFormation's stays the first"
    );
    let form = format!("Action=ModifyLaunchTemplate&LaunchTemplateId={id}&SetDefaultVersion=2");
    assert_eq!(ec2(account, &form).code(), "OperationNotPermitted");
}

#[test]
fn an_environment_from_before_templates_has_a_launch_configuration() {
    const LAUNCH: &str = "aws:autoscaling:launchconfiguration";
    let shop = Shop::new(|spec| {
        spec.option(LAUNCH, "RootVolumeType", "gp2")
            .option(LAUNCH, "DisableIMDSv1", "false")
    });
    let account = &shop.account;
    let group = groups(account, "");
    assert_eq!(group.text("LaunchTemplateId"), None);
    let name = group.text("LaunchConfigurationName").unwrap();
    let form =
        format!("Action=DescribeLaunchConfigurations&LaunchConfigurationNames.member.1={name}");
    let shown = call(account, "autoscaling", &form);
    assert_eq!(shown.text("ImageId"), Some(shop.now().image_id));
}

#[test]
fn groups_of_others_name_templates_and_configurations() {
    let (account, _hand) = account();
    let at = account.at(REGION);
    let template = LaunchTemplateSpec {
        name: "theirs".to_owned(),
        images: vec![
            "ami-51300000000000001".to_owned(),
            "ami-51300000000000002".to_owned(),
        ],
        ..LaunchTemplateSpec::default()
    };
    let id = at.act(Action::LaunchTemplate(template)).unwrap();
    let configuration = LaunchConfigurationSpec {
        name: "old".to_owned(),
        image_id: "ami-51300000000000003".to_owned(),
        ..LaunchConfigurationSpec::default()
    };
    at.act(Action::LaunchConfiguration(configuration)).unwrap();
    let group = |name: &str| GroupSpec {
        name: name.to_owned(),
        ..GroupSpec::default()
    };
    let plain = GroupSpec {
        launch_template: "theirs".to_owned(),
        version: "1".to_owned(),
        suspended: vec!["Launch".to_owned()],
        tags: [("team".to_owned(), "blue".to_owned())].into(),
        ..group("plain")
    };
    let mixed = GroupSpec {
        mixed: true,
        version: "$Latest".to_owned(),
        launch_template: id.clone(),
        ..group("mixed")
    };
    let old = GroupSpec {
        launch_configuration: "old".to_owned(),
        ..group("old")
    };
    for group in [plain, mixed, old] {
        at.act(Action::Group(group)).unwrap();
    }
    assert!(
        at.act(Action::Group(group("nothing"))).is_err(),
        "it must launch something"
    );
    let named = |name: &str| groups(&account, &format!("AutoScalingGroupNames.member.1={name}"));
    let plain = named("plain");
    assert_eq!(plain.text("Version").as_deref(), Some("1"));
    assert_eq!(plain.text("ProcessName").as_deref(), Some("Launch"));
    let mixed = named("mixed");
    assert!(
        mixed
            .body
            .contains("<MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification>")
    );
    assert_eq!(mixed.text("LaunchTemplateId"), Some(id));
    assert_eq!(
        named("old").text("LaunchConfigurationName").as_deref(),
        Some("old")
    );
    let blue = groups(
        &account,
        "Filters.member.1.Name=tag:team&Filters.member.1.Values.member.1=blue",
    );
    assert_eq!(all(&blue, "AutoScalingGroupName"), ["plain"]);
    let resume = "Action=ResumeProcesses&AutoScalingGroupName=plain";
    assert_eq!(call(&account, "autoscaling", resume).code(), "ok");
    assert_eq!(named("plain").text("ProcessName"), None);
    at.act(Action::GroupGone {
        name: "mixed".to_owned(),
    })
    .unwrap();
    assert_eq!(
        all(&groups(&account, ""), "AutoScalingGroupName"),
        ["old", "plain"]
    );
}
