//! DescribeImageReferences: who names an image, as far as EC2 knows, and what it does not know.

use serde_json::json;
use sim::{Account, Action, EnvironmentSpec, ImageSpec, LaunchConfigurationSpec, Release};

use crate::support::{BRANCH, REGION, account, ec2, instant, launch};
use crate::templates::{all, create, version};

fn references(account: &Account, image: &str, more: &str) -> Vec<(String, String)> {
    let reply = ec2(
        account,
        &format!("Action=DescribeImageReferences&ImageId.1={image}&{more}"),
    );
    let (kinds, arns) = (all(&reply, "resourceType"), all(&reply, "arn"));
    kinds.into_iter().zip(arns).collect()
}

const EVERYTHING: &str = "IncludeAllResourceTypes=true";

#[test]
fn references_are_instances_templates_and_parameters_and_nothing_else() {
    let (account, _hand, _) = instant();
    let at = account.at(REGION);
    let image = at.image(ImageSpec::mine("ours")).unwrap();
    let instance = launch(&account, &image, "");
    ec2(
        &account,
        &format!("Action=StopInstances&InstanceId.1={instance}"),
    );
    create(&account, "deep", &image, "");
    for _ in 0..9 {
        version(
            &account,
            "deep",
            "LaunchTemplateData.ImageId=ami-513fffffffffffff9",
        );
    }
    let put =
        json!({ "Name": "/amis/x", "Value": image, "Type": "String", "DataType": "aws:ec2:image" });
    crate::parameters::ssm(&account, "PutParameter", put).unwrap();
    at.release(Release::new(BRANCH, "4.5.0")).unwrap();
    at.environment(EnvironmentSpec::new("shop", "shop", BRANCH).image(&image))
        .unwrap();
    let configuration = LaunchConfigurationSpec {
        name: "old".to_owned(),
        image_id: image.clone(),
        ..LaunchConfigurationSpec::default()
    };
    at.act(Action::LaunchConfiguration(configuration)).unwrap();
    let kinds = |more: &str| -> Vec<String> {
        let found = references(&account, &image, more);
        found.into_iter().map(|(kind, _)| kind).collect()
    };
    let found = references(&account, &image, EVERYTHING);
    assert_eq!(
        found[0].1,
        format!("arn:aws:ec2:{REGION}:000000000000:instance/{instance}")
    );
    assert_eq!(
        kinds(EVERYTHING),
        [
            "ec2:Instance",
            "ec2:LaunchTemplate",
            "ec2:LaunchTemplate",
            "ssm:Parameter"
        ],
        "its own template and the environment's; not its settings, not the configuration"
    );
    version(
        &account,
        "deep",
        "LaunchTemplateData.ImageId=ami-513fffffffffffff9",
    );
    assert_eq!(
        kinds(EVERYTHING).len(),
        3,
        "its eleventh version is too old"
    );
    let deeper = "ResourceType.1.ResourceType=ec2:LaunchTemplate&\
                  ResourceType.1.ResourceTypeOption.1.OptionName=version-depth&\
                  ResourceType.1.ResourceTypeOption.1.OptionValue.1=20";
    assert_eq!(kinds(deeper), ["ec2:LaunchTemplate", "ec2:LaunchTemplate"]);
    let running = "ResourceType.1.ResourceType=ec2:Instance&\
                   ResourceType.1.ResourceTypeOption.1.OptionName=state-name&\
                   ResourceType.1.ResourceTypeOption.1.OptionValue.1=running";
    assert!(kinds(running).is_empty(), "it is stopped");
}

#[test]
fn references_need_the_rights_of_what_they_read() {
    let (account, _hand) = account();
    let image = account.at(REGION).image(ImageSpec::mine("ours")).unwrap();
    let ask = |more: &str| {
        let form = format!("Action=DescribeImageReferences&ImageId.1={image}&{more}");
        ec2(&account, &form).code()
    };
    assert_eq!(ask(""), "MissingParameter");
    let many: Vec<String> = (2..12).map(|n| format!("ImageId.{n}={image}")).collect();
    assert_eq!(
        ask(&format!("{EVERYTHING}&{}", many.join("&"))),
        "InvalidParameterValue"
    );
    account.deny("ssm:GetParameters");
    assert_eq!(ask(EVERYTHING), "UnauthorizedOperation");
    assert_eq!(
        ask("ResourceType.1.ResourceType=ec2:Instance"),
        "ok",
        "not for what it does not read"
    );
}
