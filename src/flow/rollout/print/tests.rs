//! The three forms, as people read them.

use super::*;
use crate::model::base::BranchLifecycle;
use crate::model::ids::{ImageId, Scope};

fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
        },
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
    }
}

fn platform(stack: Option<&str>) -> PlatformVersion {
    let branch = "ECS running on 64bit Amazon Linux 2023";
    PlatformVersion {
        arn: format!("arn:aws:elasticbeanstalk:eu-west-1::platform/{branch}/4.5.1")
            .as_str()
            .into(),
        branch: branch.to_owned(),
        version: "4.5.1".to_owned(),
        solution_stack: stack.map(str::to_owned),
        recommended: true,
        branch_lifecycle: BranchLifecycle::Supported,
        operating_system: None,
        created: None,
        images: Vec::new(),
    }
}

/// The three forms of one move.
fn forms(
    image: ImageSetting,
    platform: Option<&PlatformVersion>,
    parameter: Option<&str>,
) -> String {
    let target = target();
    let change = EnvironmentChange {
        image,
        platform: platform.map(|platform| platform.arn.clone()),
    };
    let printed = PrintedMove {
        target: &target,
        change: &change,
        platform,
        parameter,
    };
    [cli(&printed), terraform(&printed), cloudformation(&printed)].join("\n")
}

fn to_ours() -> ImageSetting {
    ImageSetting::Image(ImageId::from("ami-1"))
}

#[test]
fn image_and_platform_version() {
    let platform = platform(Some("64bit Amazon Linux 2023 v4.5.1 running ECS"));
    insta::assert_snapshot!(forms(to_ours(), Some(&platform), None));
}

#[test]
fn an_image_that_a_parameter_names() {
    let platform = platform(None);
    insta::assert_snapshot!(forms(to_ours(), Some(&platform), Some("/amis/shop/x86_64")));
}

#[test]
fn the_image_alone() {
    insta::assert_snapshot!(forms(to_ours(), None, None));
}

#[test]
fn back_to_the_platform_versions_own_image() {
    let platform = platform(None);
    let own = ImageSetting::PlatformOwn(Some("ami-0".into()));
    let said = forms(own, Some(&platform), None);
    assert!(!said.contains("ami-0"), "{said}");
    insta::assert_snapshot!(said);
}

/// What people call things ends no comment and begins no template.
#[test]
fn names_stay_names() {
    let mut target = target();
    target.application = "a\nresource \"x\" {}".to_owned();
    let change = EnvironmentChange {
        image: to_ours(),
        platform: None,
    };
    let printed = PrintedMove {
        target: &target,
        change: &change,
        platform: None,
        parameter: Some("/a${file(\"/etc/passwd\")}%{x}"),
    };
    for text in [terraform(&printed), cloudformation(&printed), cli(&printed)] {
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("# a resource"), "{text}");
    }
    let hcl = terraform(&printed);
    assert!(
        hcl.contains(r#"name = "/a$${file(\"/etc/passwd\")}%%{x}""#),
        "{hcl}"
    );
}
