//! Every kind of reference, read from an account of fixed answers: what names an image is found, and
//! whatever is denied, empty or broken keeps every image.

mod answers;

use std::collections::BTreeMap;

use chrono::TimeZone as _;

use self::answers::{
    FixedAnswers, IMAGE, ec2, environment, environments, group, group_of, json, now, sets, settings,
};
use super::*;
use crate::cloud::canned::{Reply, answering_cloud, ec2_error, query_answer, query_error};
use crate::model::image_uses::LaunchFacts;

fn facts() -> LaunchFacts {
    LaunchFacts {
        created: Some(Utc.with_ymd_and_hms(2026, 6, 1, 12, 0, 0).unwrap()),
        last_launched: None,
    }
}

/// The kinds that keep our image, and what each says.
fn keeping(uses: &PlaceUses) -> BTreeMap<ReferenceKind, String> {
    let references = uses.of_image(&ImageId::from(IMAGE), &facts(), now());
    let kinds = references.0.into_iter();
    let said = kinds.filter_map(|(kind, answer)| match answer.seen {
        Seen::Absent => None,
        Seen::Known(uses) => Some((kind, uses[0].by.clone())),
        Seen::Unreachable(trouble) => Some((kind, format!("unread: {}", trouble.what))),
    });
    said.collect()
}

async fn kept_by(answers: FixedAnswers) -> BTreeMap<ReferenceKind, String> {
    keeping(&answers.read(true).await)
}

fn one(kind: ReferenceKind, by: &str) -> BTreeMap<ReferenceKind, String> {
    BTreeMap::from([(kind, by.to_owned())])
}

#[tokio::test(start_paused = true)]
async fn where_everything_answers_and_nothing_names_it_it_is_free() {
    let uses = FixedAnswers::quiet().read(true).await;
    assert_eq!(keeping(&uses), BTreeMap::new());
    let aws = ReferenceKind::NEEDED[..7].iter();
    assert!(
        aws.clone().all(|kind| uses.0.contains_key(kind)),
        "{:?}",
        uses.0.keys()
    );
}

#[tokio::test(start_paused = true)]
async fn an_instance_counts_until_it_has_ended() {
    let instance = |state: &str| {
        let inside = format!(
            "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
             <imageId>{IMAGE}</imageId><instanceState><name>{state}</name></instanceState>\
             </item></instancesSet></item></reservationSet>"
        );
        FixedAnswers::quiet().with("DescribeInstances", ec2("DescribeInstances", &inside))
    };
    let kind = ReferenceKind::Instance;
    assert_eq!(kept_by(instance("running")).await, one(kind, "i-1"));
    assert_eq!(
        kept_by(instance("stopped")).await,
        one(kind, "i-1 (stopped)")
    );
    assert_eq!(kept_by(instance("terminated")).await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn templates_configurations_and_groups_count() {
    let version = |number: &str, image: &str| {
        let inside = format!(
            "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
             <launchTemplateName>web</launchTemplateName><versionNumber>{number}</versionNumber>\
             <launchTemplateData><imageId>{image}</imageId></launchTemplateData></item>\
             </launchTemplateVersionSet>"
        );
        ec2("DescribeLaunchTemplateVersions", &inside)
    };
    let operation = "DescribeLaunchTemplateVersions";
    let by = "launch template web, version 2";
    let kind = ReferenceKind::LaunchTemplate;
    let direct = FixedAnswers::quiet().with(operation, version("2", IMAGE));
    assert_eq!(kept_by(direct).await, one(kind, by));
    let resolved = FixedAnswers::quiet().with(operation, version("2", "resolve:ssm:/amis/x:3"));
    assert_eq!(kept_by(resolved).await, one(kind, by));
    let unresolved = FixedAnswers::quiet()
        .with(operation, version("2", "resolve:ssm:/amis/x"))
        .with("\"Name\"", query_error(403, "AccessDeniedException", "no"));
    assert_eq!(
        kept_by(unresolved).await,
        one(kind, "unread: the parameter /amis/x")
    );

    let configuration = format!(
        "<LaunchConfigurations><member><LaunchConfigurationName>lc</LaunchConfigurationName>\
         <ImageId>{IMAGE}</ImageId></member></LaunchConfigurations>"
    );
    let operation = "DescribeLaunchConfigurations";
    let answers = FixedAnswers::quiet().with(operation, query_answer(operation, &configuration));
    let kind = ReferenceKind::ScalingGroup;
    assert_eq!(kept_by(answers).await, one(kind, "launch configuration lc"));
    let own = format!(
        "<MixedInstancesPolicy><LaunchTemplate><Overrides><member><ImageId>{IMAGE}</ImageId>\
         </member></Overrides></LaunchTemplate></MixedInstancesPolicy>"
    );
    let answers = FixedAnswers::quiet().with("DescribeAutoScalingGroups", group(&own));
    assert_eq!(kept_by(answers).await, one(kind, "group asg"));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_only_a_group_names_is_asked_for() {
    let specified = "<LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><Version>7</Version>\
                     </LaunchTemplate>";
    let seventh = format!(
        "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
         <launchTemplateId>lt-1</launchTemplateId><versionNumber>7</versionNumber>\
         <launchTemplateData><imageId>{IMAGE}</imageId></launchTemplateData></item>\
         </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
    );
    let answers = FixedAnswers::quiet()
        .with("DescribeAutoScalingGroups", group(specified))
        // Sorts before the plain question, and stands in no other.
        .with(
            "Action=DescribeLaunchTemplateVersions&Version=2016-11-15&LaunchTemplateId=lt-1",
            json(&seventh),
        );
    let kind = ReferenceKind::LaunchTemplate;
    assert_eq!(
        kept_by(answers).await,
        one(kind, "launch template lt-1, version 7")
    );
}

#[tokio::test(start_paused = true)]
async fn every_set_of_an_environment_counts() {
    let kind = ReferenceKind::Environment;
    for (status, by) in [
        ("deployed", "shop/blue"),
        ("pending", "shop/blue (pending)"),
        ("failed", "shop/blue (a failed draft)"),
    ] {
        let other = match status {
            "deployed" => String::new(),
            _ => settings("deployed", "ami-other"),
        };
        let list = other + &settings(status, IMAGE);
        let answers = FixedAnswers::quiet().with("EnvironmentName=", sets(&list));
        assert_eq!(kept_by(answers).await, one(kind, by), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_saved_configuration_counts() {
    let answers = FixedAnswers::quiet().with("TemplateName=", sets(&settings("deployed", IMAGE)));
    let kind = ReferenceKind::SavedConfiguration;
    assert_eq!(kept_by(answers).await, one(kind, "shop/spring"));
}

#[tokio::test(start_paused = true)]
async fn a_parameter_counts() {
    let value = "{\"Parameters\":[{\"Name\":\"/amis/shop\",\"Value\":\"ami-1\"}]}";
    let answers = FixedAnswers::quiet().with("\"Names\"", json(value));
    assert_eq!(
        kept_by(answers).await,
        one(ReferenceKind::Parameter, "/amis/shop")
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_terminated_may_have_run_whatever_was_launched_meanwhile() {
    let list = environment("blue", "e-1", "Ready") + &environment("old", "e-0", "Terminated");
    let uses = FixedAnswers::quiet()
        .with("DescribeEnvironments", environments(&list))
        .read(true)
        .await;
    let kind = ReferenceKind::TerminatedEnvironment;
    let kept = keeping(&uses);
    assert!(kept[&kind].contains("shop/old"), "{kept:?}");
    let seen = |facts: LaunchFacts| {
        let references = uses.of_image(&ImageId::from(IMAGE), &facts, now());
        references.0[&kind].seen.clone()
    };
    let launched = |day: u32| LaunchFacts {
        last_launched: Some(Utc.with_ymd_and_hms(2026, 9, day, 0, 0, 0).unwrap()),
        ..facts()
    };
    assert_eq!(seen(launched(30)), Seen::Absent, "not since it was made");
    let later = LaunchFacts {
        created: Some(now()),
        last_launched: None,
    };
    assert_eq!(seen(later), Seen::Absent, "made after its end");
}

/// The net for "unreachable taken as unused": whichever question is refused, the image is kept, and by the
/// kinds that hang on that question.
#[tokio::test(start_paused = true)]
async fn whatever_is_refused_keeps_the_image() {
    use ReferenceKind::{
        Environment, Instance, LaunchTemplate, Parameter, SavedConfiguration, ScalingGroup,
        TerminatedEnvironment,
    };
    let in_ec2 = || ec2_error(403, "UnauthorizedOperation", "no");
    let elsewhere = || query_error(403, "AccessDenied", "no");
    let refused: [(&'static str, Reply, &[ReferenceKind]); 10] = [
        ("DescribeInstances", in_ec2(), &[Instance]),
        (
            "DescribeLaunchTemplateVersions",
            in_ec2(),
            &[LaunchTemplate],
        ),
        ("DescribeLaunchConfigurations", elsewhere(), &[ScalingGroup]),
        (
            "DescribeAutoScalingGroups",
            elsewhere(),
            &[LaunchTemplate, ScalingGroup],
        ),
        (
            "DescribeEnvironments",
            elsewhere(),
            &[Environment, TerminatedEnvironment],
        ),
        ("EnvironmentName=", elsewhere(), &[Environment]),
        ("DescribeApplications", elsewhere(), &[SavedConfiguration]),
        ("TemplateName=", elsewhere(), &[SavedConfiguration]),
        ("ParameterFilters", elsewhere(), &[Parameter]),
        ("\"Names\"", elsewhere(), &[Parameter]),
    ];
    for (operation, reply, kinds) in refused {
        let kept = kept_by(FixedAnswers::quiet().with(operation, reply)).await;
        let by: Vec<ReferenceKind> = kept.keys().copied().collect();
        assert_eq!(by, kinds, "{operation}: {kept:?}");
        assert!(
            kept.values().all(|said| said.starts_with("unread")),
            "{kept:?}"
        );
    }
}

/// Beanstalk answers with less where it may not tell.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_shorter_than_it_can_be_keeps_the_image() {
    let none = || FixedAnswers::quiet().with("DescribeEnvironments", environments(""));
    let kept = kept_by(none().with("DescribeAutoScalingGroups", group(""))).await;
    assert!(
        kept.contains_key(&ReferenceKind::Environment),
        "the config has some: {kept:?}"
    );
    let kept = keeping(&none().read(false).await);
    let by = &kept[&ReferenceKind::Environment];
    assert!(by.contains("e-1"), "its group is there: {by}");
    let empty = none().with("DescribeAutoScalingGroups", group(""));
    assert_eq!(
        keeping(&empty.read(false).await),
        BTreeMap::new(),
        "nobody uses Beanstalk"
    );

    let hidden = FixedAnswers::quiet().with("DescribeAutoScalingGroups", group_of("e-2"));
    assert!(
        kept_by(hidden)
            .await
            .contains_key(&ReferenceKind::Environment)
    );
    let no_sets = FixedAnswers::quiet().with("EnvironmentName=", sets(""));
    assert!(
        kept_by(no_sets)
            .await
            .contains_key(&ReferenceKind::Environment)
    );
    let operation = "DescribeApplications";
    let unshown = FixedAnswers::quiet().with(operation, query_answer(operation, "<Applications/>"));
    let kind = ReferenceKind::SavedConfiguration;
    assert!(kept_by(unshown).await.contains_key(&kind));
    let no_sets = FixedAnswers::quiet().with("TemplateName=", sets(""));
    assert!(kept_by(no_sets).await.contains_key(&kind));
}

/// What the benchmarks say of a look at many images.
#[tokio::test(start_paused = true)]
async fn five_hundred_images_cost_two_questions_more_than_one() {
    for (count, calls) in [(1, 11), (200, 11), (500, 13)] {
        let answers = FixedAnswers::quiet();
        let (cloud, asked) = answering_cloud(move |_, request| answers.reply(request));
        let images: Vec<ImageId> = (0..count)
            .map(|nth| ImageId::new(format!("ami-{nth}")))
            .collect();
        read_place_uses(PlaceAsk {
            cloud: &cloud,
            images: &images,
            has_environments: true,
            now: now(),
        })
        .await;
        assert_eq!(asked.lock().unwrap().len(), calls, "{count} images");
    }
}

#[tokio::test(start_paused = true)]
async fn what_ec2_lists_is_told_and_its_silence_is_no_answer() {
    let references = "<imageReferenceSet><item><imageId>ami-1</imageId><arn>arn:x</arn></item>\
                      </imageReferenceSet>";
    let references = ec2("DescribeImageReferences", references);
    let (cloud, _) = answering_cloud(move |_, _| references.clone());
    let listed = read_listed(&cloud, &ImageId::from(IMAGE)).await;
    assert_eq!(listed.seen, Seen::Known(vec![ImageUse::lasting("arn:x")]));
    let (cloud, _) = answering_cloud(|_, _| ec2_error(400, "InvalidAction", "unknown"));
    let listed = read_listed(&cloud, &ImageId::from(IMAGE)).await;
    assert!(listed.seen.trouble().is_some());
}
