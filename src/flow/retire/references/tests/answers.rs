//! An account of fixed answers: one quiet day on which nothing names our image, and every answer that can be
//! put in the place of one of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone as _, Utc};

use crate::cloud::canned::{Reply, answering_cloud, query_answer};
use crate::flow::retire::references::{PlaceAsk, read_place_uses};
use crate::model::ids::ImageId;
use crate::model::image_uses::PlaceUses;

pub(super) const IMAGE: &str = "ami-1";

/// FixedAnswers by the operation's name.
#[derive(Clone)]
pub(super) struct FixedAnswers(BTreeMap<&'static str, Reply>);

pub(super) fn ec2(operation: &str, inside: &str) -> Reply {
    Reply::Answer(
        200,
        format!("<{operation}Response>{inside}</{operation}Response>"),
    )
}

pub(super) fn json(text: &str) -> Reply {
    Reply::Answer(200, text.to_owned())
}

pub(super) fn environment(name: &str, id: &str, status: &str) -> String {
    format!(
        "<member><ApplicationName>shop</ApplicationName><EnvironmentName>{name}</EnvironmentName>\
         <EnvironmentId>{id}</EnvironmentId><Status>{status}</Status>\
         <EnvironmentArn>arn:aws:elasticbeanstalk:eu-west-1:1:environment/shop/{name}</EnvironmentArn>\
         <DateCreated>2026-10-01T00:00:00Z</DateCreated><DateUpdated>2026-10-20T00:00:00Z</DateUpdated>\
         <Tier><Name>WebServer</Name></Tier></member>"
    )
}

pub(super) fn environments(list: &str) -> Reply {
    query_answer(
        "DescribeEnvironments",
        &format!("<Environments>{list}</Environments>"),
    )
}

pub(super) fn settings(status: &str, image: &str) -> String {
    format!(
        "<member><ApplicationName>shop</ApplicationName><DeploymentStatus>{status}</DeploymentStatus>\
         <OptionSettings><member><Namespace>aws:autoscaling:launchconfiguration</Namespace>\
         <OptionName>ImageId</OptionName><Value>{image}</Value></member></OptionSettings></member>"
    )
}

pub(super) fn sets(list: &str) -> Reply {
    query_answer(
        "DescribeConfigurationSettings",
        &format!("<ConfigurationSettings>{list}</ConfigurationSettings>"),
    )
}

pub(super) fn group(inside: &str) -> Reply {
    query_answer(
        "DescribeAutoScalingGroups",
        &format!(
            "<AutoScalingGroups><member><AutoScalingGroupName>asg</AutoScalingGroupName>{inside}\
             </member></AutoScalingGroups>"
        ),
    )
}

pub(super) fn group_of(environment: &str) -> Reply {
    group(&format!(
        "<Tags><member><Key>elasticbeanstalk:environment-id</Key><Value>{environment}</Value>\
         </member></Tags>"
    ))
}

impl FixedAnswers {
    /// One environment with a stock image, a group of its own, one saved configuration; nothing names our
    /// image, and everything answers.
    pub(super) fn quiet() -> Self {
        let version = "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
                       <versionNumber>1</versionNumber><launchTemplateData><imageId>ami-other</imageId>\
                       </launchTemplateData></item></launchTemplateVersionSet>";
        Self(BTreeMap::from([
            (
                "DescribeInstances",
                ec2("DescribeInstances", "<reservationSet/>"),
            ),
            (
                "DescribeLaunchTemplateVersions",
                ec2("DescribeLaunchTemplateVersions", version),
            ),
            (
                "DescribeLaunchConfigurations",
                query_answer("DescribeLaunchConfigurations", "<LaunchConfigurations/>"),
            ),
            ("DescribeAutoScalingGroups", group_of("e-1")),
            (
                "DescribeEnvironments",
                environments(&environment("blue", "e-1", "Ready")),
            ),
            ("EnvironmentName=", sets(&settings("deployed", "ami-other"))),
            (
                "DescribeApplications",
                query_answer(
                    "DescribeApplications",
                    "<Applications><member><ApplicationName>shop</ApplicationName>\
                     <ConfigurationTemplates><member>spring</member></ConfigurationTemplates>\
                     </member></Applications>",
                ),
            ),
            ("TemplateName=", sets(&settings("deployed", "ami-other"))),
            (
                "ParameterFilters",
                json("{\"Parameters\":[{\"Name\":\"/amis/shop\"}]}"),
            ),
            (
                "\"Names\"",
                json("{\"Parameters\":[{\"Name\":\"/amis/shop\",\"Value\":\"ami-other\"}]}"),
            ),
            (
                "\"Name\"",
                json("{\"Parameter\":{\"Name\":\"/amis/x\",\"Value\":\"ami-1\"}}"),
            ),
        ]))
    }

    pub(super) fn with(mut self, operation: &'static str, reply: Reply) -> Self {
        self.0.insert(operation, reply);
        self
    }

    pub(super) fn reply(&self, request: &str) -> Reply {
        let settings = request.contains("DescribeConfigurationSettings");
        let by_request = ["EnvironmentName=", "TemplateName="];
        let found = self
            .0
            .iter()
            .find(|(part, _)| match by_request.contains(part) {
                true => settings && request.contains(**part),
                false => !settings && request.contains(**part),
            });
        match found {
            Some((_, reply)) => reply.clone(),
            None => panic!("nobody answers {request}"),
        }
    }

    pub(super) async fn read(self, has_environments: bool) -> PlaceUses {
        let (cloud, _) = answering_cloud(move |_, request| self.reply(request));
        read_place_uses(PlaceAsk {
            cloud: &cloud,
            images: &[ImageId::from(IMAGE)],
            has_environments,
            now: now(),
        })
        .await
    }
}

pub(super) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}
