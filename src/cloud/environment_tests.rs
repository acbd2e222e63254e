//! One environment over canned answers: what a move reads.

use chrono::{DateTime, TimeZone, Utc};

use super::ErrorKind;
use super::canned::{Reply, answering_cloud, query_answer, query_error};
use crate::model::environment::{
    EnhancedStatus, EnvironmentHealth, EnvironmentNow, EnvironmentStatus, EventSeverity,
    HealthColor,
};
use crate::model::ids::{ImageId, InstanceId, Scope, TargetId};
use crate::model::sighting::Tier;

pub(super) fn target() -> TargetId {
    TargetId {
        scope: Scope {
            partition: "aws".into(),
            account: "000000000000".into(),
            region: "eu-west-1".into(),
        },
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
    }
}

fn environment(name: &str, more: &str) -> String {
    format!(
        "<member><ApplicationName>shop</ApplicationName><EnvironmentName>{name}</EnvironmentName>\
         <EnvironmentId>e-{name}</EnvironmentId><EnvironmentArn>\
         arn:aws:elasticbeanstalk:eu-west-1:000000000000:environment/shop/{name}</EnvironmentArn>\
         {more}</member>"
    )
}

fn environments(members: &str) -> Reply {
    let list = format!("<Environments>{members}</Environments>");
    query_answer("DescribeEnvironments", &list)
}

fn now() -> EnvironmentNow {
    EnvironmentNow {
        target: target(),
        id: "e-shop-blue".to_owned(),
        status: EnvironmentStatus::Ready,
        color: HealthColor::Yellow,
        abortable: false,
        platform: None,
        version_label: None,
        cname: None,
        template: None,
        updated: None,
        tier: Tier::WebServer,
    }
}

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 11, 0, 0).unwrap()
}

#[tokio::test(start_paused = true)]
async fn all_that_is_said_of_one_environment_is_read() {
    let (cloud, asked) = answering_cloud(|_, _| {
        environments(&environment(
            "shop-blue",
            "<Status>LinkingTo</Status><Health>Red</Health><HealthStatus>Severe</HealthStatus>\
             <AbortableOperationInProgress>true</AbortableOperationInProgress>\
             <PlatformArn>arn:p/4.5.0</PlatformArn><VersionLabel>v7</VersionLabel>\
             <CNAME>shop.example.com</CNAME><DateUpdated>2026-10-01T00:00:00Z</DateUpdated>\
             <Tier><Name>Worker</Name></Tier>",
        ))
    });
    let now = cloud.environment_now(&target()).await.unwrap().unwrap();
    assert_eq!((now.target, now.id.as_str()), (target(), "e-shop-blue"));
    assert_eq!(now.status, EnvironmentStatus::Other("LinkingTo".to_owned()));
    assert_eq!((now.color, now.abortable), (HealthColor::Red, true));
    assert_eq!(now.version_label.as_deref(), Some("v7"));
    assert_eq!(now.cname.as_deref(), Some("shop.example.com"));
    assert_eq!(now.tier, Tier::Worker);
    assert!(now.updated.is_some() && now.platform.is_some());
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains(
            "ApplicationName=shop&EnvironmentNames.member.1=shop-blue&IncludeDeleted=false"
        ),
        "{asked:?}"
    );
}

/// Beanstalk leaves out what it denies.
#[tokio::test(start_paused = true)]
async fn an_environment_is_only_gone_when_another_one_is_shown() {
    let (cloud, _) = answering_cloud(|_, _| environments(""));
    let error = cloud.environment_now(&target()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
    let error = cloud.environment_by_id("e-1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);

    let (cloud, _) = answering_cloud(|_, request| {
        match request.contains("EnvironmentNames") || request.contains("EnvironmentIds") {
            true => environments(""),
            false => environments(&environment("shop-old", "<Status>Terminated</Status>")),
        }
    });
    assert_eq!(cloud.environment_now(&target()).await.unwrap(), None);
    assert_eq!(cloud.environment_by_id("e-1").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_terminated_environment_is_still_seen_by_its_id() {
    let (cloud, asked) = answering_cloud(|_, _| {
        environments(&environment("shop-blue", "<Status>Terminated</Status>"))
    });
    let found = cloud.environment_by_id("e-shop-blue").await.unwrap();
    assert!(found.unwrap().status.gone());
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].contains("EnvironmentIds.member.1=e-shop-blue&IncludeDeleted=true"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn health_is_enhanced_or_the_colour_and_silence_is_neither() {
    let enhanced = "<HealthStatus>Degraded</HealthStatus><Color>Red</Color>\
                    <Causes><member>One.</member><member>Two.</member></Causes>";
    let (cloud, asked) =
        answering_cloud(move |_, _| query_answer("DescribeEnvironmentHealth", enhanced));
    assert_eq!(
        cloud.environment_health(&now()).await.unwrap(),
        EnvironmentHealth::Enhanced {
            status: EnhancedStatus::Degraded,
            causes: vec!["One.".to_owned(), "Two.".to_owned()],
        }
    );
    assert!(asked.lock().unwrap()[0].contains("AttributeNames.member.1=All"));

    let (cloud, asked) = answering_cloud(|_, _| {
        query_error(400, "InvalidRequestException", "enhanced health is not on")
    });
    let color = HealthColor::Yellow;
    let basic = cloud.environment_health(&now()).await.unwrap();
    assert_eq!(basic, EnvironmentHealth::Basic { color });
    assert_eq!(asked.lock().unwrap().len(), 1);

    let (cloud, _) = answering_cloud(|_, _| query_answer("DescribeEnvironmentHealth", ""));
    let error = cloud.environment_health(&now()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
}

#[tokio::test(start_paused = true)]
async fn each_configuration_set_keeps_its_options_and_its_time() {
    let set = |status: &str, image: &str| {
        format!(
            "<member><DeploymentStatus>{status}</DeploymentStatus><PlatformArn>arn:p/4.5.0</PlatformArn>\
             <DateUpdated>2026-10-01T00:00:00Z</DateUpdated><OptionSettings><member>\
             <Namespace>aws:autoscaling:launchconfiguration</Namespace><OptionName>ImageId</OptionName>\
             <Value>{image}</Value></member><member><Namespace>aws:autoscaling:asg</Namespace>\
             <OptionName>MinSize</OptionName><Value></Value></member></OptionSettings></member>"
        )
    };
    let sets = [
        set("failed", "ami-2"),
        set("deployed", "ami-1"),
        set("pending", ""),
    ];
    let list = format!(
        "<ConfigurationSettings>{}</ConfigurationSettings>",
        sets.concat()
    );
    let (cloud, _) =
        answering_cloud(move |_, _| query_answer("DescribeConfigurationSettings", &list));
    let sets = cloud.option_sets("shop", "shop-blue").await.unwrap();
    let [deployed, pending, failed] =
        [sets.deployed, sets.pending, sets.failed].map(Option::unwrap);
    assert_eq!(deployed.image(), Some(ImageId::from("ami-1")));
    assert_eq!(failed.image(), Some(ImageId::from("ami-2")));
    assert_eq!((pending.image(), pending.values.len()), (None, 0));
    assert!(deployed.updated.is_some() && deployed.platform.is_some());
    assert_eq!(deployed.value("aws:autoscaling:asg", "MinSize"), None);

    let (cloud, _) = answering_cloud(|_, _| query_answer("DescribeConfigurationSettings", ""));
    let error = cloud.option_sets("shop", "shop-blue").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
}

fn event(at: &str, severity: &str, message: &str) -> String {
    format!(
        "<member><EventDate>{at}</EventDate><Severity>{severity}</Severity><Message>{message}</Message>\
         <RequestId>req-9</RequestId><VersionLabel/></member>"
    )
}

#[tokio::test(start_paused = true)]
async fn events_come_newest_first_from_all_pages_and_not_from_before() {
    let (cloud, asked) = answering_cloud(|_, request| {
        let (events, token) = match request.contains("NextToken=more") {
            false => (
                [
                    event("2026-11-01T11:30:00Z", "ERROR", "second"),
                    event("2026-11-01T11:40:00Z", "SHOUT", "third"),
                ],
                "<NextToken>more</NextToken>",
            ),
            true => (
                [
                    event("2026-11-01T11:00:00Z", "INFO", "first"),
                    event("2026-11-01T10:59:59Z", "INFO", "before"),
                ],
                "",
            ),
        };
        query_answer(
            "DescribeEvents",
            &format!("<Events>{}</Events>{token}", events.concat()),
        )
    });
    let events = cloud.environment_events("e-1", start()).await.unwrap();
    let said: Vec<_> = events
        .iter()
        .map(|e| (e.message.as_str(), e.severity))
        .collect();
    assert_eq!(
        said,
        [
            ("third", EventSeverity::Warn),
            ("second", EventSeverity::Error),
            ("first", EventSeverity::Info)
        ]
    );
    assert_eq!(events[0].request_id.as_deref(), Some("req-9"));
    assert_eq!(events[0].version_label, None);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].contains("EnvironmentId=e-1&StartTime=2026-11-01T11%3A00%3A00Z&MaxRecords=1000"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn events_that_do_not_end_are_an_error_and_not_a_shorter_list() {
    let (cloud, asked) = answering_cloud(|_, _| {
        let event = event("2026-11-01T11:30:00Z", "INFO", "again");
        let page = format!("<Events>{event}</Events><NextToken>more</NextToken>");
        query_answer("DescribeEvents", &page)
    });
    let error = cloud.environment_events("e-1", start()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert_eq!(asked.lock().unwrap().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn instances_and_what_they_run() {
    let (cloud, asked) = answering_cloud(|_, request| {
        if request.contains("Action=DescribeEnvironmentResources") {
            let ids = "<EnvironmentResources><Instances><member><Id>i-1</Id></member>\
                       <member><Id>i-2</Id></member></Instances></EnvironmentResources>";
            return query_answer("DescribeEnvironmentResources", ids);
        }
        let of = |id: &str, state: &str| {
            format!(
                "<item><instancesSet><item><instanceId>{id}</instanceId><imageId>ami-{id}</imageId>\
                 <instanceState><name>{state}</name></instanceState></item></instancesSet></item>"
            )
        };
        let both = [of("i-2", "stopped"), of("i-1", "running")].concat();
        let body = format!(
            "<DescribeInstancesResponse><reservationSet>{both}</reservationSet></DescribeInstancesResponse>"
        );
        Reply::Answer(200, body)
    });
    let ids = cloud.environment_instances("e-1").await.unwrap();
    assert_eq!(ids, ["i-1", "i-2"].map(InstanceId::from));
    let images = cloud.running_images(&ids).await.unwrap();
    let images: Vec<_> = images
        .iter()
        .map(|one| (one.image.as_str(), one.ends))
        .collect();
    assert_eq!(images, [("ami-i-1", false), ("ami-i-2", true)]);
    assert!(cloud.running_images(&[]).await.unwrap().is_empty());
    assert_eq!(asked.lock().unwrap().len(), 2);

    let (cloud, _) = answering_cloud(|_, _| query_answer("DescribeEnvironmentResources", ""));
    let error = cloud.environment_instances("e-1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Empty);
}

#[tokio::test(start_paused = true)]
async fn managed_actions_keep_awss_words() {
    let (cloud, _) = answering_cloud(|_, _| {
        query_answer(
            "DescribeEnvironmentManagedActions",
            "<ManagedActions><member><ActionId>a-1</ActionId><ActionType>PlatformUpdate</ActionType>\
             <Status>Scheduled</Status><ActionDescription>Platform update</ActionDescription>\
             <WindowStartTime>2026-11-03T02:00:00Z</WindowStartTime></member></ManagedActions>",
        )
    });
    let actions = cloud.managed_actions("e-1").await.unwrap();
    let action = &actions[0];
    assert_eq!(
        (
            action.id.as_str(),
            action.kind.as_str(),
            action.status.as_str()
        ),
        ("a-1", "PlatformUpdate", "Scheduled")
    );
    assert!(action.at.is_some());
}
