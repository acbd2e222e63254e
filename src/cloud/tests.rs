//! The door over canned answers: what the SDK makes of AWS's bytes, and what we make of the SDK.

use std::collections::BTreeMap;
use std::time::Duration;

use super::canned::{
    Reply, account, answering_cloud, ec2_answer as ec2, ec2_error, launch_request, query_answer,
    query_error, without_credentials,
};
use super::{ErrorKind, Message};
use crate::model::ids::{Architecture, ImageId, PlatformArn};
use crate::model::sighting::{DraftStatus, Tier};

/// Runs on virtual time: a minute's retries take no time.
macro_rules! virtual_time {
    ($(async fn $name:ident() $body:block)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() $body
    )+};
}

fn configuration(status: &str, image: &str) -> String {
    format!(
        "<member><DeploymentStatus>{status}</DeploymentStatus><OptionSettings><member>\
         <Namespace>aws:autoscaling:launchconfiguration</Namespace>\
         <OptionName>ImageId</OptionName><Value>{image}</Value></member></OptionSettings></member>"
    )
}

virtual_time! {
    async fn the_deployed_set_is_chosen_when_it_is_listed_second() {
        let sets = [configuration("failed", "ami-draft"), configuration("deployed", "ami-live")];
        let result = format!("<ConfigurationSettings>{}</ConfigurationSettings>", sets.concat());
        let (cloud, asked) =
            answering_cloud(move |_, _| query_answer("DescribeConfigurationSettings", &result));
        let settings = cloud.settings("shop", "shop-blue").await.unwrap();
        assert_eq!(settings.image, Some(ImageId::from("ami-live")));
        assert_eq!(settings.draft, Some(DraftStatus::Failed));
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("ApplicationName=shop&EnvironmentName=shop-blue"), "{asked:?}");
    }

    async fn an_empty_answer_is_an_error_and_never_absence() {
        let (cloud, _) = answering_cloud(|_, _| {
            query_answer("DescribeConfigurationSettings", "<ConfigurationSettings/>")
        });
        let error = cloud.settings("shop", "shop-blue").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Empty);
        let line = error.to_string();
        assert!(line.contains("elasticbeanstalk:DescribeConfigurationSettings"), "{line}");
    }

    async fn environments_take_one_call_and_their_account_from_the_arn() {
        let (cloud, asked) = answering_cloud(|_, _| {
            query_answer(
                "DescribeEnvironments",
                "<Environments><member><ApplicationName>shop</ApplicationName>\
                 <EnvironmentName>shop-blue</EnvironmentName><Status>Ready</Status>\
                 <EnvironmentArn>arn:aws-cn:elasticbeanstalk:cn-north-1:000000000000:environment/shop/shop-blue\
                 </EnvironmentArn><DateUpdated>2026-10-01T00:00:00Z</DateUpdated>\
                 <Tier><Name>Cluster</Name><Type>EKS</Type></Tier></member></Environments>",
            )
        });
        let environments = cloud.environments().await.unwrap();
        let [environment] = environments.as_slice() else {
            panic!("{environments:?}");
        };
        assert_eq!(
            environment.target.to_string(),
            "beanstalk:000000000000/cn-north-1/shop/shop-blue"
        );
        assert_eq!(environment.target.scope.partition.as_str(), "aws-cn");
        assert_eq!(environment.tier, Tier::Cluster);
        assert_eq!(asked.lock().unwrap().len(), 1);
        // The account is known now: who calls is not asked any more.
        assert_eq!(cloud.caller().await.unwrap().account.as_str(), "000000000000");
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    async fn pages_are_followed() {
        let (cloud, _) = answering_cloud(|_, request| {
            let (name, token) = match request.contains("NextToken=more") {
                false => ("one", "<NextToken>more</NextToken>"),
                true => ("two", ""),
            };
            query_answer(
                "DescribeEnvironments",
                &format!(
                    "<Environments><member><ApplicationName>a</ApplicationName>\
                     <EnvironmentName>{name}</EnvironmentName><EnvironmentArn>\
                     arn:aws:elasticbeanstalk:eu-west-1:000000000000:environment/a/{name}\
                     </EnvironmentArn></member></Environments>{token}"
                ),
            )
        });
        let environments = cloud.environments().await.unwrap();
        let names: Vec<_> = environments.iter().map(|of| of.target.environment.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
    }

    async fn the_default_images_come_from_the_raw_answer() {
        let arn = "arn:aws:elasticbeanstalk:eu-west-1::platform/ECS on AL2023/4.5.0";
        let (cloud, _) = answering_cloud(move |_, _| {
            query_answer(
                "DescribePlatformVersion",
                &format!(
                    "<PlatformDescription><PlatformArn>{arn}</PlatformArn>\
                     <PlatformLifecycleState>Recommended</PlatformLifecycleState>\
                     <PlatformBranchLifecycleState>Supported</PlatformBranchLifecycleState>\
                     <CustomAmiList><member><VirtualizationType>pv</VirtualizationType><ImageId/></member>\
                     <member><VirtualizationType>hvm</VirtualizationType><ImageId>ami-0hvm</ImageId></member>\
                     </CustomAmiList><DefaultAmiList><member><Architecture>arm64</Architecture>\
                     <ImageId>ami-0arm</ImageId></member></DefaultAmiList></PlatformDescription>"
                ),
            )
        });
        let version = cloud.platform_version(&PlatformArn::from(arn)).await.unwrap().unwrap();
        assert_eq!((version.branch.as_str(), version.version.as_str()), ("ECS on AL2023", "4.5.0"));
        assert!(version.recommended);
        assert_eq!(version.image(Architecture::Arm64), Some(&ImageId::from("ami-0arm")));
        assert_eq!(version.image(Architecture::X86_64), Some(&ImageId::from("ami-0hvm")));
    }

    async fn only_the_branch_itself_makes_no_recommendation_believable() {
        for (branch, expected) in [
            ("<member><BranchName>b</BranchName><LifecycleState>Retired</LifecycleState></member>", Ok(None)),
            ("<member><BranchName>b</BranchName><LifecycleState>Supported</LifecycleState></member>", Err(ErrorKind::Empty)),
            ("", Err(ErrorKind::Empty)),
        ] {
            let (cloud, _) = answering_cloud(move |_, request| {
                if request.contains("Action=ListPlatformVersions") {
                    query_answer("ListPlatformVersions", "<PlatformSummaryList/>")
                } else {
                    let list = format!("<PlatformBranchSummaryList>{branch}</PlatformBranchSummaryList>");
                    query_answer("ListPlatformBranches", &list)
                }
            });
            let recommended = cloud.recommended("b").await.map_err(|error| error.kind);
            assert_eq!(recommended, expected, "{branch}");
        }
    }

    async fn questions_are_retried_and_changes_are_sent_once() {
        let (cloud, asked) = answering_cloud(|nth, request| {
            if request.contains("Action=DescribeImages") && nth == 3 {
                ec2("DescribeImages", "<imagesSet/>")
            } else {
                ec2_error(500, "InternalError", "An internal error has occurred")
            }
        });
        cloud.own_images(&[("amiwatch:key", "k")]).await.unwrap();
        assert_eq!(asked.lock().unwrap().len(), 3);

        let error = cloud.launch(&launch_request()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown);
        assert_eq!(error.code.as_deref(), Some("InternalError"));
        assert_eq!(error.request_id.as_deref(), Some("req-ec2"));
        assert_eq!(asked.lock().unwrap().len(), 4);
        let calls = cloud.calls();
        assert_eq!(calls.by_operation["ec2:DescribeImages"].sent, 3);
        assert_eq!(calls.by_operation["ec2:RunInstances"].sent, 1);
        assert_eq!(calls.in_flight, 0);
    }

    async fn throttles_are_counted_and_outlasted() {
        let (cloud, _) = answering_cloud(|nth, _| match nth {
            1 | 2 => query_error(400, "Throttling", "Rate exceeded"),
            _ => query_answer("DescribeEnvironments", "<Environments/>"),
        });
        assert!(cloud.environments().await.unwrap().is_empty());
        assert_eq!(cloud.calls().throttled(), 2);
        let (cloud, _) = answering_cloud(|_, _| query_error(400, "Throttling", "Rate exceeded"));
        let error = cloud.environments().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert_eq!(cloud.calls().sent(), 4);
    }

    async fn two_runs_by_hand_wait_the_same_while_between_retries() {
        let mut ends = Vec::new();
        for _ in 0..2 {
            let (cloud, _) = answering_cloud(|_, _| query_error(400, "Throttling", "Rate exceeded"));
            cloud.environments().await.unwrap_err();
            ends.push(cloud.clock().now());
        }
        assert_eq!(ends[0], ends[1]);
    }

    async fn unreachable_is_transient_for_questions_and_unknown_for_changes() {
        for (reply, asking, changing) in [
            (Reply::NoConnection, ErrorKind::Transient, ErrorKind::Unknown),
            (Reply::Silence, ErrorKind::Transient, ErrorKind::Unknown),
            (Reply::Answer(200, "<not".into()), ErrorKind::Transient, ErrorKind::Unknown),
            (Reply::Refused, ErrorKind::Transient, ErrorKind::Transient),
        ] {
            let (cloud, _) = answering_cloud(move |_, _| reply.clone());
            let error = cloud.environments().await.unwrap_err();
            assert_eq!(error.kind, asking, "{error}");
            let error = cloud.launch(&launch_request()).await.unwrap_err();
            assert_eq!(error.kind, changing, "{error}");
            assert!(!format!("{error:?}").contains("canned-secret"));
        }
    }

    async fn missing_credentials_are_a_kind_of_their_own_even_for_changes() {
        let cloud = without_credentials();
        let error = cloud.environments().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoCredentials, "{error}");
        assert!(error.to_string().contains("set AWS_PROFILE"), "{error}");
        let error = cloud.launch(&launch_request()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoCredentials, "{error}");
        assert_eq!(cloud.calls().sent(), 0);
    }

    async fn a_denial_names_the_action_to_allow() {
        let (cloud, asked) = answering_cloud(|_, _| {
            ec2_error(403, "UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: Zm9vZm9v")
        });
        let error = cloud.own_images(&[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
        let trouble = error.trouble("our images");
        assert!(trouble.denied);
        assert!(trouble.why.contains("allow ec2:DescribeImages to"), "{}", trouble.why);
        assert!(!trouble.why.contains("Zm9v"), "{}", trouble.why);
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    async fn no_more_calls_are_under_way_in_one_place_than_allowed() {
        let (cloud, asked) = account(Duration::from_millis(20), 4, |_, _| {
            query_answer("DescribeEnvironments", "<Environments/>")
        });
        let began = cloud.clock().now();
        let other = cloud.in_region(&"us-east-1".into());
        let looks = (0..20).map(|nth| {
            let cloud = if nth % 2 == 0 { cloud.clone() } else { other.clone() };
            async move { cloud.environments().await.unwrap() }
        });
        let mut all = tokio::task::JoinSet::new();
        for look in looks {
            all.spawn(look);
        }
        all.join_all().await;
        assert_eq!(asked.lock().unwrap().len(), 20);
        assert_eq!(cloud.calls().in_flight_peak, 8, "four in each region");
        // Three rounds, of four, four and two in each: the limit is used as well as kept.
        let took = (cloud.clock().now() - began).num_milliseconds();
        assert!((60..90).contains(&took), "{took} ms");
    }

    async fn a_parameter_is_read_or_absent() {
        let (cloud, _) = answering_cloud(|_, request| match request.contains("there") {
            true => Reply::Answer(
                200,
                r#"{"Parameter":{"Name":"/there","Value":"ami-1","Version":7,"LastModifiedDate":1.79e9}}"#.into(),
            ),
            false => Reply::Answer(400, r#"{"__type":"ParameterNotFound"}"#.into()),
        });
        let parameter = cloud.parameter("/there").await.unwrap().unwrap();
        assert_eq!((parameter.value.as_str(), parameter.version), ("ami-1", 7));
        assert!(parameter.modified.is_some());
        assert_eq!(cloud.parameter("/gone").await.unwrap(), None);
    }

    async fn a_message_goes_to_the_topics_own_region() {
        let (cloud, asked) =
            answering_cloud(|_, _| query_answer("Publish", "<MessageId>m-1</MessageId>"));
        let message = Message {
            subject: "drift".into(),
            body: "body".into(),
            attributes: BTreeMap::from([
                ("event".into(), "drift".into()),
                ("empty".into(), String::new()),
            ]),
            group: "story-1".into(),
            key: "key-1".into(),
        };
        let topic = "arn:aws:sns:us-west-2:000000000000:amiwatch";
        assert_eq!(cloud.publish(topic, &message).await.unwrap(), "m-1");
        let asked = asked.lock().unwrap();
        assert!(asked[0].starts_with("https://sns.us-west-2.amazonaws.com"), "{asked:?}");
        assert!(asked[0].contains("entry.1.Name=event"), "{asked:?}");
        assert!(!asked[0].contains("empty") && !asked[0].contains("MessageGroupId"), "{asked:?}");
    }
}
