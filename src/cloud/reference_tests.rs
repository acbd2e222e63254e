//! What is read of launch templates, groups, parameters and images of one's own, from answers as AWS
//! declares them, put through the real SDK.

use std::collections::BTreeSet;

use super::canned::{AskedBodies, Reply, answering_cloud, ec2_error, query_answer};
use super::{Cloud, ErrorKind, NamedTemplate};
use crate::model::ids::ImageId;
use crate::model::owned_image::LaunchGrant;

/// An account whose pages are given in turn, each as EC2 writes it.
fn paged(operation: &'static str, pages: &'static [&'static str]) -> (Cloud, AskedBodies) {
    answering_cloud(move |nth, _| {
        let page = pages[(nth - 1).min(pages.len() - 1)];
        let text = format!("<{operation}Response>{page}</{operation}Response>");
        Reply::Answer(200, text)
    })
}

#[tokio::test(start_paused = true)]
async fn the_newest_and_default_versions_of_all_templates_are_read_page_by_page() {
    let (cloud, asked) = paged(
        "DescribeLaunchTemplateVersions",
        &[
            "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
             <launchTemplateName>web</launchTemplateName><versionNumber>3</versionNumber>\
             <launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item>\
             </launchTemplateVersionSet><nextToken>more</nextToken>",
            "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
             <versionNumber>1</versionNumber><launchTemplateData>\
             <imageId>resolve:ssm:/amis/web</imageId></launchTemplateData></item>\
             <item><launchTemplateId>lt-2</launchTemplateId><versionNumber>1</versionNumber>\
             <launchTemplateData/></item></launchTemplateVersionSet>",
        ],
    );
    let found = cloud.templates_in_force().await.unwrap();
    let read: Vec<_> = found
        .iter()
        .map(|one| (one.template.as_str(), one.number, one.image.as_deref()))
        .collect();
    let expected = [
        ("lt-1", 1, Some("resolve:ssm:/amis/web")),
        ("lt-1", 3, Some("ami-1")),
        ("lt-2", 1, None),
    ];
    assert_eq!(
        read.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(expected)
    );
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].contains("LaunchTemplateVersion.1=%24Latest"),
        "{asked:?}"
    );
    assert!(
        asked[0].contains("LaunchTemplateVersion.2=%24Default"),
        "{asked:?}"
    );
    assert!(!asked[0].contains("LaunchTemplateId"), "{asked:?}");
    assert!(asked[1].contains("NextToken=more"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn one_version_is_asked_for_by_id_or_by_name() {
    for (by_id, key) in [
        (true, "LaunchTemplateId=web"),
        (false, "LaunchTemplateName=web"),
    ] {
        let (cloud, asked) = paged(
            "DescribeLaunchTemplateVersions",
            &[
                "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
               <versionNumber>7</versionNumber><launchTemplateData><imageId>ami-7</imageId>\
               </launchTemplateData></item></launchTemplateVersionSet>",
            ],
        );
        let named = NamedTemplate {
            template: "web".to_owned(),
            by_id,
            version: "7".to_owned(),
        };
        let found = cloud.template_version(&named).await.unwrap();
        assert_eq!((found.number, found.image.as_deref()), (7, Some("ami-7")));
        assert!(asked.lock().unwrap()[0].contains(key), "{key}");
    }
    let (cloud, _) = paged(
        "DescribeLaunchTemplateVersions",
        &["<launchTemplateVersionSet/>"],
    );
    let named = NamedTemplate {
        template: "lt-1".to_owned(),
        by_id: true,
        version: "7".to_owned(),
    };
    let error = cloud.template_version(&named).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
}

#[tokio::test(start_paused = true)]
async fn a_group_names_templates_images_and_its_environment() {
    let specification = |id: &str, version: &str| {
        format!("<LaunchTemplateId>{id}</LaunchTemplateId><Version>{version}</Version>")
    };
    let plain = format!(
        "<member><AutoScalingGroupName>plain</AutoScalingGroupName><LaunchTemplate>{}</LaunchTemplate>\
         <Tags><member><Key>elasticbeanstalk:environment-id</Key><Value>e-1</Value></member></Tags></member>",
        specification("lt-1", "4")
    );
    let mixed = format!(
        "<member><AutoScalingGroupName>mixed</AutoScalingGroupName><MixedInstancesPolicy><LaunchTemplate>\
         <LaunchTemplateSpecification><LaunchTemplateName>web</LaunchTemplateName></LaunchTemplateSpecification>\
         <Overrides><member><InstanceType>t4g.small</InstanceType><LaunchTemplateSpecification>{}</LaunchTemplateSpecification>\
         </member><member><InstanceType>t3.small</InstanceType><ImageId>ami-9</ImageId></member></Overrides>\
         </LaunchTemplate></MixedInstancesPolicy></member>",
        specification("lt-2", "$Latest")
    );
    let old = "<member><AutoScalingGroupName>old</AutoScalingGroupName>\
               <LaunchConfigurationName>lc</LaunchConfigurationName></member>";
    let result = format!("<AutoScalingGroups>{plain}{mixed}{old}</AutoScalingGroups>");
    let (cloud, _) =
        answering_cloud(move |_, _| query_answer("DescribeAutoScalingGroups", &result));
    let groups = cloud.scaling_groups().await.unwrap();
    let templates = |nth: usize| {
        let named = groups[nth].templates.iter();
        let shown = named.map(|one| format!("{} {} {}", one.template, one.by_id, one.version));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(templates(0), ["lt-1 true 4"]);
    assert_eq!(groups[0].environment.as_deref(), Some("e-1"));
    assert_eq!(templates(1), ["lt-2 true $Latest", "web false $Default"]);
    assert_eq!(groups[1].images, ["ami-9"]);
    assert_eq!(
        (templates(2).len(), groups[2].environment.as_deref()),
        (0, None)
    );
}

#[tokio::test(start_paused = true)]
async fn launch_configurations_are_read_to_the_last_page() {
    let (cloud, _) = answering_cloud(|nth, _| {
        let of = |name: &str, image: &str| {
            format!(
                "<member><LaunchConfigurationName>{name}</LaunchConfigurationName>\
                 <ImageId>{image}</ImageId></member>"
            )
        };
        let list =
            |inside: String| format!("<LaunchConfigurations>{inside}</LaunchConfigurations>");
        let page = match nth {
            1 => list(of("a", "ami-1")) + "<NextToken>more</NextToken>",
            _ => list(of("b", "ami-2") + &of("without", "")),
        };
        query_answer("DescribeLaunchConfigurations", &page)
    });
    let found = cloud.launch_configurations().await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.name.as_str(), one.image.as_str()))
        .collect();
    assert_eq!(found, [("a", "ami-1"), ("b", "ami-2")]);
}

#[tokio::test(start_paused = true)]
async fn protection_and_the_last_launch_are_told_of_ones_own_images() {
    let (cloud, asked) = paged(
        "DescribeImages",
        &["<imagesSet>\
           <item><imageId>ami-1</imageId><imageOwnerId>1</imageOwnerId>\
           <deregistrationProtection>enabled-with-cooldown</deregistrationProtection>\
           <lastLaunchedTime>2026-10-01T00:00:00.000Z</lastLaunchedTime></item>\
           <item><imageId>ami-2</imageId><imageOwnerId>1</imageOwnerId>\
           <deregistrationProtection>disabled</deregistrationProtection></item>\
           <item><imageId>ami-3</imageId><imageOwnerId>1</imageOwnerId></item></imagesSet>"],
    );
    let found = cloud.owned_images(&[("a", "b")]).await.unwrap();
    let protected: Vec<bool> = found.iter().map(|one| one.protected).collect();
    assert_eq!(protected, [true, false, false]);
    assert!(found.iter().all(|one| one.image.ours));
    let launched = found[0].last_launched.map(|at| at.to_rfc3339());
    assert_eq!(launched.as_deref(), Some("2026-10-01T00:00:00+00:00"));
    assert_eq!(found[1].last_launched, None);
    let asked = &asked.lock().unwrap()[0];
    for part in [
        "Owner.1=self",
        "IncludeDisabled=true",
        "IncludeDeprecated=true",
        "tag%3Aa",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_may_launch_an_image_is_somebody_in_whatever_form() {
    let (cloud, asked) = paged(
        "DescribeImageAttribute",
        &["<imageId>ami-1</imageId><launchPermission>\
           <item><userId>111122223333</userId></item>\
           <item><organizationArn>arn:aws:organizations::1:organization/o-1</organizationArn></item>\
           <item><organizationalUnitArn>arn:aws:organizations::1:ou/o-1/ou-1</organizationalUnitArn></item>\
           <item><group>all</group></item><item/></launchPermission>"],
    );
    let grants = cloud.launch_grants(&ImageId::from("ami-1")).await.unwrap();
    assert_eq!(grants.len(), 5, "{grants:?}");
    assert!(grants.contains(&LaunchGrant::Everybody));
    assert!(grants.contains(&LaunchGrant::Account("111122223333".into())));
    assert!(asked.lock().unwrap()[0].contains("Attribute=launchPermission"));
    let (cloud, _) = paged("DescribeImageAttribute", &["<launchPermission/>"]);
    let grants = cloud.launch_grants(&ImageId::from("ami-1")).await.unwrap();
    assert_eq!(grants, BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn what_ec2_lists_of_another_image_is_not_this_ones() {
    let (cloud, _) = paged(
        "DescribeImageReferences",
        &["<imageReferenceSet>\
           <item><imageId>ami-1</imageId><resourceType>ssm:Parameter</resourceType><arn>arn:p</arn></item>\
           <item><imageId>ami-2</imageId><resourceType>ec2:Instance</resourceType><arn>arn:i</arn></item>\
           </imageReferenceSet>"],
    );
    let found = cloud.listed_references(&ImageId::from("ami-1")).await;
    assert_eq!(found.unwrap(), ["arn:p"]);
    let (cloud, _) = answering_cloud(|_, _| ec2_error(403, "UnauthorizedOperation", "no"));
    let error = cloud
        .listed_references(&ImageId::from("ami-1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test(start_paused = true)]
async fn parameters_of_plain_text_are_read_ten_at_once_and_again_when_they_have_changed() {
    let listed = |changed: i64| {
        let versions = (0..12).map(|nth| {
            let version = if nth == 3 { changed } else { 1 };
            serde_json::json!({ "Name": format!("/amis/{nth:02}"), "Version": version })
        });
        serde_json::json!({ "Parameters": versions.collect::<Vec<_>>() }).to_string()
    };
    let lists = std::sync::atomic::AtomicI64::new(0);
    let (cloud, asked) = answering_cloud(move |_, request| {
        let body = match request.contains("ParameterFilters") {
            true => listed(
                lists
                    .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                    .max(1),
            ),
            false => {
                let body = &request[request.find('{').unwrap()..];
                let asked: serde_json::Value = serde_json::from_str(body).unwrap();
                let names = asked["Names"].as_array().unwrap();
                let named = names.iter().map(|name| {
                    let again = *name == "/amis/03" && names.len() == 1;
                    let value = match name.as_str() {
                        Some("/amis/00") => "ami-00000000000000001",
                        Some("/amis/03") if again => "ami-00000000000000002",
                        _ => "a text",
                    };
                    serde_json::json!({ "Name": name, "Value": value, "Version": 1 + i64::from(again) })
                });
                serde_json::json!({ "Parameters": named.collect::<Vec<_>>() }).to_string()
            }
        };
        Reply::Answer(200, body)
    });
    let named = async || {
        let found = cloud.parameters_naming_images().await.unwrap();
        let images = found.into_iter().flat_map(|one| one.images);
        images.map(|image| image.to_string()).collect::<Vec<_>>()
    };
    let first = "ami-00000000000000001";
    assert_eq!(named().await, [first]);
    assert_eq!(asked.lock().unwrap().len(), 3, "a list, ten and two");
    assert_eq!(named().await, [first]);
    assert_eq!(asked.lock().unwrap().len(), 4, "nothing has changed");
    assert_eq!(named().await, [first, "ami-00000000000000002"]);
    assert_eq!(asked.lock().unwrap().len(), 6, "one has");
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].contains("StringList") && !asked[0].contains("Secure"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_what_is_terminated_was_terminated() {
    let of = |name: &str, status: &str| {
        format!(
            "<member><ApplicationName>shop</ApplicationName><EnvironmentName>{name}</EnvironmentName>\
             <EnvironmentArn>arn:aws:elasticbeanstalk:eu-west-1:1:environment/shop/{name}</EnvironmentArn>\
             <DateCreated>2026-10-01T00:00:00Z</DateCreated><DateUpdated>2026-10-20T00:00:00Z</DateUpdated>\
             <Status>{status}</Status></member>"
        )
    };
    let list = of("blue", "Ready") + &of("old", "Terminated") + &of("going", "Terminating");
    let result = format!("<Environments>{list}</Environments>");
    let (cloud, asked) = answering_cloud(move |_, _| query_answer("DescribeEnvironments", &result));
    let since = "2026-10-01T00:00:00Z".parse().unwrap();
    let found = cloud.terminated_environments(since).await.unwrap();
    let names: Vec<&str> = found
        .iter()
        .map(|one| one.target.environment.as_str())
        .collect();
    assert_eq!(names, ["old"]);
    assert!(found[0].created < found[0].terminated);
    let asked = &asked.lock().unwrap()[0];
    assert!(asked.contains("IncludeDeleted=true"), "{asked}");
    assert!(
        asked.contains("IncludedDeletedBackTo=2026-10-01"),
        "{asked}"
    );
}

#[tokio::test(start_paused = true)]
async fn saved_configurations_are_listed_for_every_application() {
    let (cloud, _) = answering_cloud(|_, _| {
        query_answer(
            "DescribeApplications",
            "<Applications><member><ApplicationName>shop</ApplicationName><ConfigurationTemplates>\
             <member>spring</member><member>autumn</member></ConfigurationTemplates></member>\
             <member><ApplicationName>bare</ApplicationName></member></Applications>",
        )
    });
    let found = cloud.all_saved_configurations().await.unwrap();
    assert_eq!(found["shop"], ["spring", "autumn"]);
    assert_eq!(found["bare"], Vec::<String>::new());
}
