//! Looks at the simulated account over the real wire: what a look costs, and what is left of it when
//! questions get no answer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sim::{
    Account, At, EnvironmentChange, EnvironmentSpec, FaultKind, FaultRule, ImageChange, ImageSpec,
    Release,
};

use super::*;
use crate::cloud::{ByHand, Connection, Identity, Pace};
use crate::flow::compare::standing::EnvironmentStanding;
use crate::flow::survey::survey;
use crate::flow::test_world::codes;
use crate::model::bake::{BakeKey, KeyInputs, RecipeDigest};
use crate::model::base::BaseSource;
use crate::model::history::Memory;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::Architecture;
use crate::model::image::ImageKind;
use crate::model::sighting::{Lineage, LineageSource, WatchSighting};
use crate::model::tags;
use crate::model::version::VersionWish;
use crate::model::watch::OnDrift;

pub(super) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";
const REGION: &str = "eu-west-1";

/// An account with one branch whose 4.5.1 is recommended, and the door to it.
pub(super) struct Town {
    pub(super) account: Account,
    pub(super) clock: Clock,
    pub(super) cloud: Cloud,
    connection: Connection,
    /// The image of each version.
    pub(super) base: BTreeMap<&'static str, String>,
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

impl Town {
    /// Retries of the SDK pass quickly: the clock runs a thousand times as fast.
    pub(super) fn new() -> Self {
        Self::on(Clock::scaled(start(), 1000.0))
    }

    /// For a runtime whose time is paused.
    pub(super) fn in_virtual_time() -> Self {
        Self::on(Clock::virtual_from(start()))
    }

    fn on(clock: Clock) -> Self {
        let told = clock.clone();
        let account = Account::new(sim::SimClock::new(move || told.now()));
        let at = account.at(REGION);
        let base = ["4.4.0", "4.5.0", "4.5.1"].map(|version| {
            let arn = at.release(Release::new(BRANCH, version)).unwrap();
            (version, image_of(&account, &arn, "x86_64"))
        });
        let parts = ByHand {
            http: account.connector_on_tokio(),
            region: REGION.into(),
            access_key_id: "AKIDSIM".to_owned(),
            secret_access_key: "secret".to_owned(),
            endpoint: None,
            in_flight_max: None,
        };
        let connection = Connection::by_hand(parts, &clock);
        Self {
            cloud: connection.cloud(&Identity::Own, None).unwrap(),
            connection,
            base: BTreeMap::from(base),
            account,
            clock,
        }
    }

    /// Another door, at a pace that nothing has slowed down yet.
    pub(super) fn door(&self, pace: Pace) -> Cloud {
        self.connection
            .at_pace(pace)
            .cloud(&Identity::Own, None)
            .unwrap()
    }

    pub(super) fn at(&self) -> At {
        self.account.at(REGION)
    }

    pub(super) fn environment(&self, name: &str, version: &str) {
        let spec = EnvironmentSpec::new("shop", name, BRANCH).version(version);
        self.at().environment(spec).unwrap();
    }

    /// A thousand, on twenty platform versions.
    pub(super) fn thousand_environments(&self) {
        for at in 0..20 {
            let release = Release::new(BRANCH, &format!("5.0.{at}"));
            let arn = self.at().release(release).unwrap();
            for n in 0..50 {
                let mut spec = EnvironmentSpec::new("shop", &format!("shop-{at}-{n}"), BRANCH);
                spec.platform_arn.clone_from(&arn);
                self.at().environment(spec).unwrap();
            }
        }
    }

    pub(super) fn environment_on(&self, name: &str, image: &str) {
        let spec = EnvironmentSpec::new("shop", name, BRANCH).image(image);
        self.at().environment(spec).unwrap();
    }

    /// An image of the account, made from another as EC2 records it.
    pub(super) fn custom(&self, source: Option<&str>) -> String {
        let spec = ImageSpec::mine(&format!("mine {source:?} {}", self.account.images().len()));
        let spec = match source {
            Some(source) => spec.source(source),
            None => spec,
        };
        self.at().image(spec).unwrap()
    }

    pub(super) async fn look(&self, look: &LookScope) -> Sighting {
        self.account.clear_ledger();
        sight(&self.cloud, &self.clock, look).await
    }

    pub(super) async fn survey(&self) -> Sighting {
        self.look(&LookScope::everything()).await
    }

    /// Calls since the last look began, by operation.
    pub(super) fn calls(&self) -> BTreeMap<String, u64> {
        self.account.counters().by_operation
    }
}

fn image_of(account: &Account, arn: &str, architecture: &str) -> String {
    account.platform(arn).unwrap().images[architecture].clone()
}

fn calls<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected
        .map(|(call, count)| (call.to_owned(), count))
        .into()
}

pub(super) fn standing<'a>(sighting: &'a Sighting, name: &str) -> EnvironmentStanding<'a> {
    let mut seen = sighting.environments.known().unwrap().iter();
    let found = seen.find(|seen| seen.environment.target.environment == name);
    EnvironmentStanding::of_environment(sighting, found.unwrap())
}

#[tokio::test]
async fn a_look_costs_what_it_must() {
    let town = Town::new();
    for at in 0..12 {
        let version = ["4.4.0", "4.5.0", "4.5.1"][at % 3];
        town.environment(&format!("shop-{at}"), version);
    }
    let hand = town.custom(Some(&town.base["4.5.0"]));
    town.environment_on("shop-hand", &hand);
    let sighting = town.survey().await;
    assert_eq!(sighting.troubles, []);
    assert_eq!(
        town.calls(),
        calls([
            ("ec2:DescribeImages", 1),
            ("elasticbeanstalk:DescribeConfigurationSettings", 13),
            ("elasticbeanstalk:DescribeEnvironments", 1),
            ("elasticbeanstalk:DescribePlatformVersion", 3),
            ("elasticbeanstalk:ListPlatformVersions", 1),
        ])
    );
    let codes_of = |name| {
        let survey = survey(std::slice::from_ref(&sighting));
        let mut found = survey.environments.into_iter();
        codes(&found.find(|one| one.environment == name).unwrap().reasons)
    };
    assert_eq!(codes_of("shop-0"), ["PLATFORM_BEHIND"]);
    assert_eq!(codes_of("shop-hand"), ["BASE_NEWER", "PLATFORM_SKEW"]);
}

/// Two instances of the image, one from before it was set, and one that is gone again.
#[tokio::test]
async fn what_instances_run_is_read_for_who_asks() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    let spec = EnvironmentSpec::new("shop", "shop-hand", BRANCH).instances(2);
    town.at().environment(spec).unwrap();
    town.environment("shop-empty", "4.5.1");
    let eks = EnvironmentSpec::new("shop", "shop-eks", BRANCH).tier("Cluster");
    town.at().environment(eks).unwrap();
    let set = EnvironmentChange::Image(hand.clone());
    town.at().change_environment("shop-hand", set).unwrap();
    let deep = LookScope {
        depth: LookDepth::Instances,
        ..LookScope::everything()
    };
    let sighting = town.look(&deep).await;
    assert_eq!(sighting.troubles, []);
    assert_eq!(
        town.calls()["elasticbeanstalk:DescribeEnvironmentResources"],
        2
    );
    assert_eq!(town.calls()["ec2:DescribeInstances"], 1);
    let found = survey(std::slice::from_ref(&sighting));
    assert_eq!(codes(&found.environments[0].reasons), Vec::<&str>::new());
    let behind = &found.environments[1].reasons[0];
    assert_eq!(behind.code.as_str(), "INSTANCES_BEHIND");
    assert_eq!(behind.facts()["instances_behind"], "2");
    assert_eq!(behind.facts()["instance_image"], town.base["4.5.1"]);

    town.account
        .fault(FaultRule::new(FaultKind::Http5xx).on("ec2:DescribeInstances"));
    let found = survey(&[town.look(&deep).await]);
    assert_eq!(codes(&found.environments[1].reasons), ["UNREACHABLE"]);
    assert_eq!(found.unreachable.len(), 1);

    let plain = town.survey().await;
    assert!(
        !town
            .calls()
            .contains_key("elasticbeanstalk:DescribeEnvironmentResources")
    );
    assert_eq!(plain.troubles, []);
}

/// Elastic Beanstalk leaves out what it denies: an environment without an answer is not one without
/// instances.
#[tokio::test]
async fn instances_that_may_not_be_counted_are_not_known() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.account
        .deny("elasticbeanstalk:DescribeEnvironmentResources");
    let deep = LookScope {
        depth: LookDepth::Instances,
        ..LookScope::everything()
    };
    let found = survey(&[town.look(&deep).await]);
    assert_eq!(codes(&found.environments[0].reasons), ["DENIED"]);
}

#[tokio::test]
async fn managed_updates_are_in_the_settings_that_are_read_anyway() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    let spec = EnvironmentSpec::new("shop", "shop-hand", BRANCH)
        .image(&hand)
        .option(
            "aws:elasticbeanstalk:managedactions",
            "ManagedActionsEnabled",
            "true",
        );
    town.at().environment(spec).unwrap();
    let found = survey(&[town.survey().await]);
    assert_eq!(
        codes(&found.environments[0].reasons),
        ["MANAGED_UPDATES_ON"]
    );
}

#[tokio::test]
async fn a_thousand_environments_stay_within_the_budget() {
    let town = Town::new();
    town.thousand_environments();
    let sighting = town.survey().await;
    let counters = town.account.counters();
    assert_eq!(sighting.environments.known().unwrap().len(), 1000);
    assert_eq!(sighting.troubles, []);
    assert!(counters.calls <= 1060, "{} calls", counters.calls);
    assert!(
        counters.max_in_flight <= 16,
        "{} in flight",
        counters.max_in_flight
    );
}

#[tokio::test]
async fn a_check_reads_only_what_its_watches_name() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("worker", "4.4.0");
    let look = LookScope {
        environments: Which::Matching(vec![TargetPattern {
            application: "shop".to_owned(),
            environment: "shop-*".to_owned(),
        }]),
        ..LookScope::everything()
    };
    let sighting = town.look(&look).await;
    assert_eq!(sighting.environments.known().unwrap().len(), 1);
    assert_eq!(sighting.others, 1);
    let elsewhere: Vec<_> = sighting.elsewhere.values().collect();
    assert_eq!((elsewhere.len(), elsewhere[0].count), (1, 1));
    assert_eq!(
        elsewhere[0].first,
        ["worker"],
        "for a name that is nearly right"
    );
    assert_eq!(
        town.calls()["elasticbeanstalk:DescribeConfigurationSettings"],
        1
    );
    assert_eq!(town.calls()["elasticbeanstalk:DescribePlatformVersion"], 1);
}

#[tokio::test]
async fn what_is_not_supported_is_not_asked_about() {
    let town = Town::new();
    let spec = EnvironmentSpec::new("shop", "shop-eks", BRANCH).tier("Cluster");
    town.at().environment(spec).unwrap();
    let sighting = town.survey().await;
    assert_eq!(
        town.calls(),
        calls([("elasticbeanstalk:DescribeEnvironments", 1)])
    );
    assert_eq!(survey(&[sighting]).skipped.len(), 1);
}

#[tokio::test]
async fn lineage_is_ec2s_word_before_the_tags() {
    let town = Town::new();
    let direct = town.custom(Some(&town.base["4.4.0"]));
    let copy = town.custom(Some(&direct));
    let of_copy = town.custom(Some(&copy));
    let gone = town.custom(Some(&town.base["4.5.0"]));
    let orphan = town.custom(Some(&gone)); // the simulated ancestry does not see past gone images
    let registered = town.custom(None);
    let mut tagged = ImageSpec::mine("tagged").source(&town.base["4.5.1"]);
    let lie = (tags::BASE_IMAGE.to_owned(), town.base["4.4.0"].clone());
    tagged.tags.extend([lie.clone()]);
    let tagged = town.at().image(tagged).unwrap();
    let mut only_tag = ImageSpec::mine("only a tag");
    only_tag.tags.extend([lie]);
    let only_tag = town.at().image(only_tag).unwrap();
    town.at()
        .change_image(&gone, ImageChange::Deregistered)
        .unwrap();

    let from = |version: &str, told_by| Lineage::From {
        base: town.base[version].as_str().into(),
        told_by,
    };
    let expected = [
        (&direct, from("4.4.0", LineageSource::SourceImage)),
        (&of_copy, from("4.4.0", LineageSource::SourceImage)),
        (
            &orphan,
            Lineage::From {
                base: gone.as_str().into(),
                told_by: LineageSource::SourceImage,
            },
        ),
        (&registered, Lineage::NotKnown),
        (&tagged, from("4.5.1", LineageSource::SourceImage)),
        (&only_tag, from("4.4.0", LineageSource::Tag)),
    ];
    for (image, _) in &expected {
        town.environment_on(&format!("on-{image}"), image);
    }
    let sighting = town.survey().await;
    for (image, lineage) in expected {
        assert_eq!(
            sighting.images[&ImageId::from(image.as_str())].lineage,
            lineage
        );
    }
    assert_eq!(
        town.calls()["ec2:GetImageAncestry"],
        3,
        "where SourceImageId leads nowhere"
    );
}

#[tokio::test]
async fn an_image_that_is_gone_is_an_answer_and_one_that_is_not_told_is_none() {
    let town = Town::new();
    let gone = town.custom(Some(&town.base["4.5.1"]));
    town.environment_on("shop-gone", &gone);
    town.at()
        .change_image(&gone, ImageChange::Deregistered)
        .unwrap();
    let sighting = town.survey().await;
    assert_eq!(standing(&sighting, "shop-gone").kind, ImageKind::Gone);

    town.account
        .fault(FaultRule::new(FaultKind::Http5xx).on("ec2:DescribeImages"));
    let sighting = town.survey().await;
    let survey = survey(&[sighting]);
    assert_eq!(survey.environments[0].image_kind, ImageKind::Unknown);
    assert_eq!(codes(&survey.environments[0].reasons), ["UNREACHABLE"]);
    assert_eq!(survey.unreachable.len(), 1, "one question, told once");
}

#[tokio::test]
async fn a_base_that_was_made_private_is_gone_and_still_the_base() {
    let town = Town::new();
    let hand = town.custom(Some(&town.base["4.4.0"]));
    town.environment_on("shop-hand", &hand);
    let change = ImageChange::Private;
    town.at().change_image(&town.base["4.4.0"], change).unwrap();
    let survey = survey(&[town.survey().await]);
    let found = &survey.environments[0];
    let base = ImageId::from(town.base["4.4.0"].as_str());
    assert_eq!(found.base_image_id, Some(base));
    assert_eq!(
        codes(&found.reasons),
        ["BASE_NEWER", "BASE_GONE", "PLATFORM_SKEW"]
    );
}

#[tokio::test]
async fn each_failing_question_leaves_the_others_alone() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("shop-green", "4.4.0");
    let cases = [
        ("elasticbeanstalk:DescribeConfigurationSettings", 2),
        ("elasticbeanstalk:DescribePlatformVersion", 2),
        ("elasticbeanstalk:ListPlatformVersions", 2),
        ("ec2:DescribeImages", 2),
    ];
    for (operation, untold) in cases {
        for kind in [FaultKind::Http5xx, FaultKind::Throttle, FaultKind::Denied] {
            town.account
                .fault(FaultRule::new(kind.clone()).on(operation));
            let sighting = town.survey().await;
            town.account.clear_faults();
            let survey = survey(std::slice::from_ref(&sighting));
            assert_eq!(survey.environments.len(), 2, "{operation} {kind:?}");
            assert!(
                !survey.unreachable.is_empty(),
                "{operation} {kind:?} is told"
            );
            let doubtful = survey.environments.iter().filter(|one| {
                let codes = codes(&one.reasons);
                codes.contains(&"UNREACHABLE") || codes.contains(&"DENIED")
            });
            assert_eq!(doubtful.count(), untold, "{operation} {kind:?}");
        }
    }
}

#[tokio::test]
async fn one_environment_without_settings_is_one_doubt() {
    let town = Town::new();
    town.environment("shop-blue", "4.5.1");
    town.environment("shop-green", "4.5.1");
    let fault = FaultRule::new(FaultKind::Denied);
    let fault = fault
        .on("elasticbeanstalk:DescribeConfigurationSettings")
        .times(1);
    town.account.fault(fault);
    let survey = survey(&[town.survey().await]);
    let kinds: Vec<_> = survey
        .environments
        .iter()
        .map(|one| one.image_kind)
        .collect();
    assert_eq!(kinds, [ImageKind::Unknown, ImageKind::Stock]);
    assert_eq!(survey.unreachable.len(), 1);
}

#[tokio::test]
async fn an_arm64_image_is_found_by_name_where_aws_does_not_tell_it() {
    let town = Town::new();
    let release = Release::new(BRANCH, "4.5.2")
        .with_arm64()
        .without_default_ami_list();
    let arn = town.at().release(release).unwrap();
    let arm = image_of(&town.account, &arn, "arm64");
    let mut spec = EnvironmentSpec::new("shop", "shop-arm", BRANCH);
    spec.architecture = "arm64".to_owned();
    town.at().environment(spec).unwrap();
    let sighting = town.survey().await;
    let standing = standing(&sighting, "shop-arm");
    assert_eq!(standing.kind, ImageKind::Stock);
    assert_eq!(standing.base, Some(&arm.as_str().into()));
    assert_eq!(town.calls()["ec2:DescribeImages"], 2);
}

fn watch(source: BaseSource, architecture: Architecture) -> Watch {
    Watch {
        name: "shop".into(),
        region: None,
        base: Base {
            source,
            architecture,
        },
        recipe: None,
        on_drift: OnDrift::Notify,
        soak: None,
        max_age: None,
        targets: Vec::new(),
        rollout: None,
    }
}

pub(super) fn beanstalk() -> BaseSource {
    BaseSource::Beanstalk {
        branch: BRANCH.to_owned(),
        version: VersionWish::Recommended,
    }
}

impl Town {
    async fn watched(&self, watch: &Watch) -> (Sighting, WatchSighting) {
        self.remembering(watch, &Memory::default()).await
    }

    async fn remembering(&self, watch: &Watch, memory: &Memory) -> (Sighting, WatchSighting) {
        let look = LookScope::of_watches([(watch, &memory.history)]);
        let mut sighting = self.look(&look).await;
        let installation = "acme".into();
        let seen = watch_sighting(&self.cloud, &installation, watch, memory, &mut sighting).await;
        (sighting, seen)
    }
}

#[tokio::test]
async fn a_beanstalk_base_needs_no_environment() {
    let town = Town::new();
    let watch = watch(beanstalk(), Architecture::X86_64);
    let (sighting, seen) = town.watched(&watch).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), town.base["4.5.1"]);
    assert_eq!(release.version, "4.5.1");
    assert!(release.created.is_some() && release.image_name.is_some());
    assert_eq!(seen.ours, Seen::Known(Vec::new()));
    assert_eq!(sighting.troubles, []);
    assert!(
        !town
            .calls()
            .contains_key("elasticbeanstalk:DescribeEnvironments")
    );
}

#[tokio::test]
async fn a_branch_that_nobody_sees_is_a_fault_not_an_empty_base() {
    let town = Town::new();
    let source = BaseSource::Beanstalk {
        branch: "ECS runing on 64bit Amazon Linux 2023".to_owned(),
        version: VersionWish::Recommended,
    };
    let (_, seen) = town.watched(&watch(source, Architecture::X86_64)).await;
    assert!(seen.release.trouble().is_some());
}

#[tokio::test]
async fn an_ssm_base_reads_plain_ids_and_json() {
    let town = Town::new();
    let image = town
        .at()
        .image(ImageSpec::amazon("al2023-ami-ecs-hvm-1"))
        .unwrap();
    let json = format!(r#"{{"image_id":"{image}","image_version":"2023.0.1","schema_version":1}}"#);
    town.at().parameter("/aws/service/plain", &image).unwrap();
    town.at().parameter("/aws/service/json", &json).unwrap();
    town.at()
        .parameter("/aws/service/words", "not an image")
        .unwrap();
    let ssm = |parameter: &str| BaseSource::Ssm {
        parameter: parameter.to_owned(),
    };
    for (name, version) in [
        ("/aws/service/plain", "1"),
        ("/aws/service/json", "2023.0.1"),
    ] {
        let (sighting, seen) = town.watched(&watch(ssm(name), Architecture::X86_64)).await;
        let release = seen.release.known().unwrap();
        assert_eq!(
            (release.image.as_str(), release.version.as_str()),
            (&*image, version)
        );
        assert!(sighting.images.contains_key(&release.image));
    }
    let (_, seen) = town
        .watched(&watch(ssm("/aws/service/none"), Architecture::X86_64))
        .await;
    assert_eq!(seen.release, Seen::Absent);
    for (name, architecture) in [
        ("/aws/service/words", Architecture::X86_64),
        ("/aws/service/plain", Architecture::Arm64),
    ] {
        let (_, seen) = town.watched(&watch(ssm(name), architecture)).await;
        assert!(seen.release.trouble().is_some(), "{name} {architecture}");
    }
}

impl Town {
    /// A verified image of a watch, so many days old, with what EC2 records of a bake.
    fn baked(&self, watch: &str, generation: &str, base: &str, age_days: i64) -> String {
        let recipe = RecipeDigest::from_tag("d");
        let key = BakeKey::derive(&KeyInputs {
            installation: &"acme".into(),
            watch: &watch.into(),
            release_image: &base.into(),
            recipe_digest: &recipe,
            architecture: Architecture::X86_64,
            generation: generation.parse().unwrap(),
        });
        let name = format!("amiwatch/{watch}/4.5.0/{}-{generation}", key.short());
        let mut spec = ImageSpec::mine(&name).source(base);
        spec.source_instance_id = Some("i-0123456789abcdef0".to_owned());
        spec.created = Some(start() - chrono::TimeDelta::days(age_days));
        for (name, value) in [
            (tags::INSTALLATION, "acme"),
            (tags::WATCH, watch),
            (tags::ROLE, "image"),
            (tags::KEY, key.as_str()),
            (tags::GENERATION, generation),
            (tags::BASE_IMAGE, base),
            (tags::RECIPE_DIGEST, recipe.as_str()),
            (tags::STATE, "verified"),
        ] {
            spec.tags.insert(name.to_owned(), value.to_owned());
        }
        self.at().image(spec).unwrap()
    }
}

#[tokio::test]
async fn of_many_own_images_only_the_youngest_ones_base_is_read() {
    let town = Town::new();
    let base = |version: &str| ImageId::from(town.base[version].as_str());
    let old: Vec<_> = (0..30)
        .map(|n| town.public("000000000001", &format!("old-{n}"), 90))
        .collect();
    for (n, old) in old.iter().enumerate() {
        town.baked("shop", &n.to_string(), old, 80);
    }
    town.baked("shop", "40", &town.base["4.5.0"], 2);
    let quarantined = town.baked("shop", "41", &town.base["4.4.0"], 1);
    let memory = Memory {
        holds: vec![Hold {
            on: HeldThing::Image(quarantined.as_str().into()),
            since: start(),
            until: None,
            by: "ann".to_owned(),
            reason: "it breaks logging".to_owned(),
        }],
        ..Memory::default()
    };
    let shop = watch(beanstalk(), Architecture::X86_64);
    let (sighting, seen) = town.remembering(&shop, &memory).await;
    assert_eq!(seen.ours.known().map(Vec::len), Some(32));
    let read: Vec<_> = sighting.images.keys().cloned().collect();
    let mut wanted = vec![base("4.5.0"), base("4.5.1")];
    wanted.sort();
    assert_eq!(
        read, wanted,
        "the youngest's that may stand, and the newest"
    );
}

#[tokio::test]
async fn ours_are_ours_by_tags_newest_generation_first() {
    let town = Town::new();
    let make =
        |generation: &str, watch: &str| town.baked(watch, generation, &town.base["4.4.0"], 0);
    let (first, third, second) = (make("0", "shop"), make("2", "shop"), make("1", "shop"));
    make("7", "other");
    let (sighting, seen) = town
        .watched(&watch(beanstalk(), Architecture::X86_64))
        .await;
    let ours: Vec<_> = seen
        .ours
        .known()
        .unwrap()
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ours, [third, second, first]);
    let base = ImageId::from(town.base["4.4.0"].as_str());
    assert!(
        sighting.images.contains_key(&base),
        "their base is looked at too"
    );
}

impl Town {
    /// A public image of anybody, some days old.
    fn public(&self, owner: &str, name: &str, age_days: i64) -> String {
        let spec = ImageSpec {
            owner: owner.to_owned(),
            public: true,
            created: Some(start() - chrono::TimeDelta::days(age_days)),
            ..ImageSpec::mine(name)
        };
        self.at().image(spec).unwrap()
    }
}

fn named(owners: &[&str], name: &str) -> BaseSource {
    BaseSource::Images {
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn an_images_base_takes_the_newest_of_the_named_owners_and_of_nobody_else() {
    let town = Town::new();
    let old = town.public(
        "amazon",
        "al2023-ami-2023.9.20251208.0-kernel-6.12-x86_64",
        20,
    );
    let new = town.public(
        "amazon",
        "al2023-ami-2023.10.20260302.1-kernel-6.12-x86_64",
        10,
    );
    let typed = "al2023-ami-2023.11.20260401.0-kernel-6.12-x86_64";
    let stranger = town.public("666666666666", typed, 1);
    let base = |owners: &[&str]| watch(named(owners, "al2023-ami-2023.*"), Architecture::X86_64);
    let (sighting, seen) = town.watched(&base(&["amazon"])).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), new);
    assert_eq!(release.created, Some(start() - chrono::TimeDelta::days(10)));
    assert_eq!(seen.lines.len(), 1);
    assert!(sighting.images.contains_key(&release.image));

    let (_, seen) = town.watched(&base(&["666666666666"])).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), stranger);

    // Deprecated ones are no candidates; a withdrawn newest leaves the one before it.
    let past = ImageChange::Deprecated(start() - chrono::TimeDelta::days(1));
    town.at().change_image(&new, past).unwrap();
    let (_, seen) = town.watched(&base(&["amazon"])).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), old);

    let (_, seen) = town.watched(&base(&["self"])).await;
    assert_eq!(seen.release, Seen::Absent);
    let arm = watch(named(&["amazon"], "al2023-ami-2023.*"), Architecture::Arm64);
    assert_eq!(town.watched(&arm).await.1.release, Seen::Absent);
}

#[tokio::test]
async fn an_images_base_is_read_page_by_page_and_its_lines_are_told_apart() {
    let town = Town::new();
    let timing = sim::Timing {
        page: 2,
        ..sim::Timing::default()
    };
    town.account.set_timing(timing);
    for day in 1..=5 {
        let kernel = if day % 2 == 0 { "6.1" } else { "6.12" };
        let name = format!("al2023-ami-2023.9.2025120{day}.0-kernel-{kernel}-x86_64");
        town.public("amazon", &name, 30 - day);
    }
    let base = named(&["amazon"], "al2023-ami-2023.*");
    let (_, seen) = town.watched(&watch(base, Architecture::X86_64)).await;
    let name = seen.release.known().unwrap().image_name.clone().unwrap();
    assert_eq!(name, "al2023-ami-2023.9.20251205.0-kernel-6.12-x86_64");
    let lines: Vec<_> = seen.lines.iter().map(|line| line.images).collect();
    assert_eq!(lines, [3, 2]);
}

#[tokio::test]
async fn an_image_of_the_watch_itself_is_never_its_base() {
    let town = Town::new();
    let golden = |tags: &[(&str, &str)], name: &str, age_days: i64| {
        let tags = tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let spec = ImageSpec {
            tags: tags.collect(),
            created: Some(start() - chrono::TimeDelta::days(age_days)),
            ..ImageSpec::mine(name)
        };
        town.at().image(spec).unwrap()
    };
    let of = |watch, state| {
        [
            (tags::INSTALLATION, "acme"),
            (tags::WATCH, watch),
            (tags::STATE, state),
        ]
    };
    let wanted = golden(&of("golden", "verified"), "golden-1", 5);
    golden(&of("golden", "candidate"), "golden-2", 4);
    golden(&of("shop", "verified"), "golden-3", 3);
    let base = named(&["self"], "golden-*");
    let (_, seen) = town.watched(&watch(base, Architecture::X86_64)).await;
    assert_eq!(seen.release.known().unwrap().image.as_str(), wanted);
}

fn version(wish: VersionWish) -> BaseSource {
    BaseSource::Beanstalk {
        branch: BRANCH.to_owned(),
        version: wish,
    }
}

fn pattern(text: &str) -> BaseSource {
    version(VersionWish::Matching(text.parse().unwrap()))
}

#[tokio::test]
async fn a_version_pattern_takes_the_newest_match_by_number() {
    let town = Town::new();
    for version in ["4.5.10", "4.5.9", "4.10.0"] {
        let release = Release::new(BRANCH, version);
        town.at().release(release).unwrap();
    }
    let timing = sim::Timing {
        page: 2,
        ..sim::Timing::default()
    };
    town.account.set_timing(timing);
    for (text, newest) in [
        ("4.5.*", "4.5.10"),
        ("4.*", "4.10.0"),
        ("4.4.0", "4.4.0"),
        ("4.5.1", "4.5.1"),
    ] {
        let (_, seen) = town
            .watched(&watch(pattern(text), Architecture::X86_64))
            .await;
        let release = seen.release.known().unwrap();
        assert_eq!(release.version, newest, "{text}");
        assert!(release.created.is_some(), "{text}");
    }
    let (_, seen) = town
        .watched(&watch(pattern("5.*"), Architecture::X86_64))
        .await;
    assert_eq!(seen.release, Seen::Absent);
}

#[tokio::test]
async fn the_arm64_image_of_a_matching_version_is_found_by_name_where_aws_does_not_tell_it() {
    let town = Town::new();
    let release = Release::new(BRANCH, "4.6.0").with_arm64();
    let arn = town
        .at()
        .release(release.without_default_ami_list())
        .unwrap();
    let arm = image_of(&town.account, &arn, "arm64");
    let (_, seen) = town
        .watched(&watch(pattern("4.6.*"), Architecture::Arm64))
        .await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), arm);
    assert_eq!(release.architecture, Architecture::Arm64);
}

#[tokio::test]
async fn a_version_that_is_hidden_from_the_account_is_passed_over_for_the_next() {
    let town = Town::new();
    town.at().hide_version(BRANCH, "4.5.1").unwrap();
    let fits = watch(pattern("4.5.*"), Architecture::X86_64);
    let (_, seen) = town.watched(&fits).await;
    assert_eq!(seen.release.known().unwrap().version, "4.5.0");
    town.at().hide_version(BRANCH, "4.5.0").unwrap();
    let (_, seen) = town.watched(&fits).await;
    let why = &seen.release.trouble().unwrap().why;
    assert!(why.contains("hidden from accounts"), "{why}");
    // A question without an answer is not a hidden version: nothing older is taken for it.
    let silent = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:DescribePlatformVersion");
    town.account.fault(silent);
    let (_, seen) = town
        .watched(&watch(pattern("4.*"), Architecture::X86_64))
        .await;
    assert!(seen.release.trouble().is_some());
}

/// `watch` with the environments of the application as targets.
fn followed() -> Watch {
    let mut watch = watch(version(VersionWish::Environment), Architecture::X86_64);
    watch.targets.push(TargetPattern {
        application: "shop".to_owned(),
        environment: "*".to_owned(),
    });
    watch
}

#[tokio::test]
async fn the_version_that_all_targets_run_is_the_release() {
    let town = Town::new();
    town.environment("shop-a", "4.5.0");
    town.environment("shop-b", "4.5.0");
    let (_, seen) = town.watched(&followed()).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.version, "4.5.0");
    assert_eq!(release.image.as_str(), town.base["4.5.0"]);
}

#[tokio::test]
async fn targets_that_run_several_versions_are_named_and_nothing_is_guessed() {
    let town = Town::new();
    town.environment("shop-a", "4.5.0");
    town.environment("shop-b", "4.5.1");
    let (_, seen) = town.watched(&followed()).await;
    let why = &seen.release.trouble().unwrap().why;
    assert!(
        why.contains("shop/shop-a runs 4.5.0, shop/shop-b runs 4.5.1"),
        "{why}"
    );
}

#[tokio::test]
async fn targets_that_cannot_be_read_leave_the_release_open() {
    for action in [
        "elasticbeanstalk:DescribeEnvironments",
        "elasticbeanstalk:DescribePlatformVersion",
    ] {
        let town = Town::new();
        town.environment("shop-a", "4.5.0");
        town.account
            .fault(FaultRule::new(FaultKind::Http5xx).on(action));
        let (_, seen) = town.watched(&followed()).await;
        assert!(seen.release.trouble().is_some(), "{action}");
    }
    let town = Town::new();
    let (_, seen) = town.watched(&followed()).await;
    assert!(seen.release.trouble().is_some(), "no target at all");
}

fn soaking(source: BaseSource, days: u64) -> Watch {
    let mut watch = watch(source, Architecture::X86_64);
    watch.soak = Some(std::time::Duration::from_secs(days * 86_400));
    watch
}

/// A memory in which these images were seen, some days ago.
fn saw(images: &[(&str, i64)]) -> Memory {
    let mut memory = Memory::default();
    for (image, age_days) in images {
        let seen = start() - chrono::TimeDelta::days(*age_days);
        memory.history.saw(&ImageId::from(*image), seen);
    }
    memory
}

fn versions_of(seen: &WatchSighting) -> Vec<&str> {
    let releases = seen.earlier.iter();
    releases.map(|release| release.version.as_str()).collect()
}

#[tokio::test]
async fn earlier_versions_are_read_only_while_the_newest_soaks_or_is_held() {
    let town = Town::new();
    let mut memory = saw(&[(&town.base["4.5.1"], 3)]);
    let (_, seen) = town.remembering(&soaking(beanstalk(), 2), &memory).await;
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(town.calls()["elasticbeanstalk:ListPlatformVersions"], 1);

    let (_, seen) = town.remembering(&soaking(beanstalk(), 30), &memory).await;
    assert_eq!(versions_of(&seen), ["4.5.0", "4.4.0"]);
    assert_eq!(town.calls()["elasticbeanstalk:ListPlatformVersions"], 2);

    memory.holds.push(Hold {
        on: HeldThing::Release("4.5.1".to_owned()),
        reason: "no".to_owned(),
        by: "ann".to_owned(),
        since: start(),
        until: None,
    });
    let (_, seen) = town
        .remembering(&watch(beanstalk(), Architecture::X86_64), &memory)
        .await;
    assert_eq!(versions_of(&seen), ["4.5.0", "4.4.0"]);
}

#[tokio::test]
async fn earlier_versions_that_are_hidden_or_private_are_passed_over_and_silence_ends_the_list() {
    let town = Town::new();
    let memory = saw(&[(&town.base["4.5.1"], 0)]);
    let watch = soaking(beanstalk(), 30);
    town.at().hide_version(BRANCH, "4.5.0").unwrap();
    let (_, seen) = town.remembering(&watch, &memory).await;
    assert_eq!(versions_of(&seen), ["4.4.0"]);

    let private = ImageChange::Private;
    town.at()
        .change_image(&town.base["4.4.0"], private)
        .unwrap();
    let (_, seen) = town.remembering(&watch, &memory).await;
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(seen.earlier_untold, []);

    // The recommended version was described before the silence began.
    let town = Town::new();
    let memory = saw(&[(&town.base["4.5.1"], 0)]);
    let mut sighting = town
        .look(&LookScope::of_watches([(&watch, &memory.history)]))
        .await;
    let silent = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:DescribePlatformVersion");
    town.account.fault(silent);
    let installation = "acme".into();
    let seen = watch_sighting(&town.cloud, &installation, &watch, &memory, &mut sighting).await;
    assert!(seen.release.known().is_some());
    assert_eq!(versions_of(&seen), [""; 0]);
    assert_eq!(
        seen.earlier_untold.len(),
        1,
        "nothing is asked past the silence"
    );
}

#[tokio::test]
async fn of_a_parameter_earlier_releases_are_what_this_watch_saw_of_the_same_line() {
    let town = Town::new();
    let name = |day: &str| format!("al2023-ami-ecs-hvm-2023.0.{day}-kernel-6.1-x86_64");
    let old = town.public("amazon", &name("20260101"), 30);
    let older = town.public("amazon", &name("20251201"), 60);
    let other = town.public("amazon", "amzn2-ami-ecs-hvm-2.0.20260201-x86_64-ebs", 20);
    let new = town.public("amazon", &name("20260301"), 1);
    town.at().parameter("/ecs", &new).unwrap();
    let memory = saw(&[(&old, 29), (&older, 59), (&other, 19), (&new, 0)]);
    let source = BaseSource::Ssm {
        parameter: "/ecs".to_owned(),
    };
    let (_, seen) = town.remembering(&soaking(source, 7), &memory).await;
    let images: Vec<_> = seen.earlier.iter().map(|one| one.image.as_str()).collect();
    assert_eq!(images, [old, older]);
}

#[tokio::test]
async fn of_a_name_pattern_earlier_releases_are_the_older_images() {
    let town = Town::new();
    let images: Vec<String> = (1..=8)
        .map(|day| {
            town.public(
                "amazon",
                &format!("al2023-ami-2023.9.2025120{day}.0"),
                30 - day,
            )
        })
        .collect();
    let memory = saw(&[(&images[7], 0)]);
    let base = named(&["amazon"], "al2023-ami-*");
    let (_, seen) = town.remembering(&soaking(base, 7), &memory).await;
    let earlier: Vec<_> = seen.earlier.iter().map(|one| one.image.as_str()).collect();
    let expected: Vec<_> = images[..7].iter().rev().take(5).collect();
    assert_eq!(earlier, expected);
}
