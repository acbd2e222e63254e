//! What a survey reads by pages, from answers as AWS declares them, put through the real SDK.

use super::canned::{AskedBodies, Reply, answering_cloud, query_answer};
use super::{Cloud, ErrorKind};

/// EC2's answer, the same to every call.
fn answering(operation: &'static str, inside: &'static str) -> (Cloud, AskedBodies) {
    answering_cloud(move |_, _| {
        let text = format!("<{operation}Response>{inside}</{operation}Response>");
        Reply::Answer(200, text)
    })
}

#[tokio::test(start_paused = true)]
async fn only_groups_of_environments_are_asked_for_and_without_their_instances() {
    let (cloud, asked) = answering_cloud(|_, _| {
        let group = "<member><AutoScalingGroupName>awseb-e-1</AutoScalingGroupName>\
                     <LaunchConfigurationName>lc</LaunchConfigurationName>\
                     <Tags><member><Key>elasticbeanstalk:environment-id</Key><Value>e-1</Value></member></Tags>\
                     </member>";
        let list = format!("<AutoScalingGroups>{group}</AutoScalingGroups>");
        query_answer("DescribeAutoScalingGroups", &list)
    });
    let groups = cloud.environment_groups().await.unwrap();
    assert_eq!(groups[0].configuration.as_deref(), Some("lc"));
    assert_eq!(groups[0].environment.as_deref(), Some("e-1"));
    let asked = &asked.lock().unwrap()[0];
    for part in [
        "Filters.member.1.Name=tag-key",
        "Filters.member.1.Values.member.1=elasticbeanstalk%3Aenvironment-id",
        "IncludeInstances=false",
        "MaxRecords=100",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_version_of_every_template_says_when_it_was_made() {
    let (cloud, asked) = answering(
        "DescribeLaunchTemplateVersions",
        "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
         <versionNumber>3</versionNumber><createTime>2026-10-01T12:00:00.000Z</createTime>\
         <launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item></launchTemplateVersionSet>",
    );
    let newest = cloud.newest_templates().await.unwrap();
    let created = newest[0].created.map(|at| at.to_rfc3339());
    assert_eq!(created.as_deref(), Some("2026-10-01T12:00:00+00:00"));
    let asked = &asked.lock().unwrap()[0];
    assert!(
        asked.contains("LaunchTemplateVersion.1=%24Latest"),
        "{asked}"
    );
    assert!(!asked.contains("%24Default"), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_launch_configuration_says_when_it_was_made() {
    let (cloud, _) = answering_cloud(|_, _| {
        let list = "<LaunchConfigurations><member><LaunchConfigurationName>a</LaunchConfigurationName>\
                    <ImageId>ami-1</ImageId><CreatedTime>2026-10-01T12:00:00.5Z</CreatedTime></member>\
                    </LaunchConfigurations>";
        query_answer("DescribeLaunchConfigurations", list)
    });
    let found = cloud.launch_configurations().await.unwrap();
    let created = found[0].created.map(|at| at.to_rfc3339());
    assert_eq!(created.as_deref(), Some("2026-10-01T12:00:00.500+00:00"));
}

/// An instance with these tags, as EC2 writes it.
macro_rules! item {
    ($inside:literal $(, $key:literal = $value:literal)*) => {
        concat!(
            "<item><instancesSet><item>", $inside, "<tagSet>",
            $("<item><key>", $key, "</key><value>", $value, "</value></item>",)*
            "</tagSet></item></instancesSet></item>"
        )
    };
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_an_environments_by_auto_scalings_own_tag() {
    let (cloud, asked) = answering(
        "DescribeInstances",
        concat!(
            "<reservationSet>",
            item!(
                "<instanceId>i-1</instanceId><imageId>ami-1</imageId>\
                 <instanceState><name>running</name></instanceState>",
                "elasticbeanstalk:environment-id" = "e-1",
                "aws:autoscaling:groupName" = "awseb-e-1",
                "aws:ec2launchtemplate:id" = "lt-1",
                "aws:ec2launchtemplate:version" = "3"
            ),
            item!(
                "<instanceId>i-2</instanceId><imageId>ami-2</imageId>\
                 <instanceState><name>stopped</name></instanceState>",
                "elasticbeanstalk:environment-id" = "e-1",
                "aws:autoscaling:groupName" = "awseb-e-1"
            ),
            item!(
                "<instanceId>i-3</instanceId><imageId>ami-3</imageId>\
                 <instanceState><name>running</name></instanceState>",
                "elasticbeanstalk:environment-id" = "e-1"
            ),
            "</reservationSet>"
        ),
    );
    let found = cloud.instances_in_environment_groups().await.unwrap();
    let of = |nth: usize| {
        let one = &found[nth];
        let version = one.template.as_ref().map(|named| named.version.as_str());
        (
            one.environment.as_str(),
            one.running.image.as_str(),
            one.running.ends,
            version,
        )
    };
    assert_eq!(found.len(), 2, "a copied tag makes no instance of a group");
    assert_eq!(of(0), ("e-1", "ami-1", false, Some("3")));
    assert_eq!(of(1), ("e-1", "ami-2", true, None));
    let asked = &asked.lock().unwrap()[0];
    for part in [
        "Filter.1.Name=tag-key",
        "Filter.1.Value.1=elasticbeanstalk%3Aenvironment-id",
        "Filter.2.Name=instance-state-name",
        "MaxResults=500",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_an_image_is_no_answer() {
    let (cloud, _) = answering(
        "DescribeInstances",
        concat!(
            "<reservationSet>",
            item!(
                "<instanceId>i-1</instanceId>",
                "elasticbeanstalk:environment-id" = "e-1",
                "aws:autoscaling:groupName" = "awseb-e-1"
            ),
            "</reservationSet>"
        ),
    );
    let error = cloud.instances_in_environment_groups().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
}
