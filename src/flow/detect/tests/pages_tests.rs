//! A survey by pages: what it costs, that it says what settings say, and what is left of it where a page
//! may not be read.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use sim::{Edit, ImageChecked, Launches, Moves, OwnImage, Timing, Updated};

use super::*;
use crate::flow::survey::PAGES_STATEMENT;

const LAUNCH: &str = "aws:autoscaling:launchconfiguration";

/// Each page, and what a trouble calls it.
pub(super) const PAGES: [(&str, &str); 4] = [
    (
        "autoscaling:DescribeAutoScalingGroups",
        "Auto Scaling groups",
    ),
    ("ec2:DescribeLaunchTemplateVersions", "launch templates"),
    (
        "autoscaling:DescribeLaunchConfigurations",
        "launch configurations",
    ),
    ("ec2:DescribeInstances", "instances of environments"),
];

pub(super) fn spec(name: &str) -> EnvironmentSpec {
    EnvironmentSpec::new("shop", name, BRANCH).instances(1)
}

/// From before launch templates.
pub(super) fn ancient(name: &str) -> EnvironmentSpec {
    spec(name)
        .option(LAUNCH, "RootVolumeType", "gp2")
        .option(LAUNCH, "DisableIMDSv1", "false")
}

impl Town {
    pub(super) fn change(&self, name: &str, change: EnvironmentChange) {
        self.at().change_environment(name, change).unwrap();
    }

    /// All its instances go, and as many come.
    pub(super) fn replace(&self, name: &str, count: u32) {
        self.change(name, EnvironmentChange::Scale(0));
        self.change(name, EnvironmentChange::Scale(count));
    }

    pub(super) async fn pass(&self, minutes: u64) {
        self.clock.sleep(Duration::from_secs(60 * minutes)).await;
    }

    pub(super) async fn by_pages(&self) -> Sighting {
        let depth = LookDepth::Pages;
        self.look(&LookScope {
            depth,
            ..LookScope::everything()
        })
        .await
    }

    pub(super) async fn by_settings(&self) -> Sighting {
        let depth = LookDepth::Instances;
        self.look(&LookScope {
            depth,
            ..LookScope::everything()
        })
        .await
    }

    pub(super) fn asked(&self, operation: &str) -> u64 {
        self.calls().get(operation).copied().unwrap_or_default()
    }
}

/// By name, what is said of each environment by both ways alike.
pub(super) fn rows(sighting: &Sighting, without: &[&str]) -> BTreeMap<String, Value> {
    let survey = survey(std::slice::from_ref(sighting));
    let rows = survey.environments.iter().map(|one| {
        let name = one.environment.clone();
        let mut row = serde_json::to_value(one).unwrap();
        let fields = row.as_object_mut().unwrap();
        fields.remove("told_by").unwrap();
        let reasons = fields["reasons"].as_array_mut().unwrap();
        reasons.retain(|reason| !without.contains(&reason["code"].as_str().unwrap()));
        (name, row)
    });
    rows.collect()
}

/// The names of those that pages told.
pub(super) fn told_by_pages(sighting: &Sighting) -> BTreeSet<String> {
    let all = sighting.environments.known().unwrap().iter();
    all.filter(|seen| seen.by_pages)
        .map(|seen| seen.environment.target.environment.clone())
        .collect()
}

/// One of each kind, some of them in the middle of something. Gives the names of those that pages tell.
async fn mixed(town: &Town) -> BTreeSet<String> {
    let at = town.at();
    town.account.set_moves(Moves {
        image_checked: ImageChecked::AtLaunch,
        ..Moves::default()
    });
    let hand = town.custom(Some(&town.base["4.5.0"]));
    let other = town.custom(Some(&town.base["4.4.0"]));
    let arn = at
        .release(Release::new(BRANCH, "4.6.0").with_arm64())
        .unwrap();
    let arm = image_of(&town.account, &arn, "arm64");
    let mine = ImageSpec {
        architecture: "arm64".to_owned(),
        ..ImageSpec::mine("mine on arm").source(&arm)
    };
    let own_arm = at.image(mine).unwrap();
    let on_arm = |name: &str| EnvironmentSpec {
        architecture: "arm64".to_owned(),
        ..spec(name)
    };
    let by_extensions = EnvironmentSpec {
        extensions: [(
            LAUNCH.to_owned(),
            [("ImageId".to_owned(), hand.clone())].into(),
        )]
        .into(),
        ..spec("extended")
    };
    let told = [
        spec("stock"),
        spec("older").version("4.4.0"),
        spec("single").single_instance().image(&hand),
        spec("balanced").between(2, 4).instances(3).image(&hand),
        spec("spot")
            .option("aws:ec2:instances", "EnableSpot", "true")
            .image(&hand),
        spec("worker").tier("Worker"),
        spec("managed").managed_actions().image(&hand),
        spec("pinned").image(&town.base["4.5.0"]),
        by_extensions,
        ancient("ancient").image(&hand),
        on_arm("arm"),
        on_arm("arm-own").image(&own_arm),
        EnvironmentSpec {
            failed_image_id: Some(other.clone()),
            ..spec("draft").image(&hand)
        },
        spec("updated"),
        spec("back").immutable(),
    ];
    let asked = [
        spec("empty").instances(0),
        spec("eks").tier("Cluster").instances(0),
        spec("gone"),
        spec("behind").instances(2),
        spec("group-by-hand"),
        spec("all-by-hand").instances(2),
        ancient("ancient-by-hand"),
        spec("immutable").immutable(),
        spec("rolling")
            .rolling_by_health()
            .between(3, 4)
            .instances(3),
        spec("launching"),
    ];
    let names = told.clone().map(|spec| spec.name);
    for spec in told.into_iter().chain(asked) {
        at.environment(spec).unwrap();
    }
    town.pass(60).await;
    let edit = |image: &str| {
        EnvironmentChange::Edit(Edit {
            image: Some(image.to_owned()),
            ..Edit::default()
        })
    };
    town.change("updated", edit(&hand));
    town.change("back", edit("ami-0513nosuchimage000"));
    town.pass(60).await;
    for name in ["immutable", "rolling"] {
        town.change(name, edit(&other));
    }
    town.pass(2).await;
    for name in ["immutable", "rolling"] {
        town.change(name, EnvironmentChange::Stuck(true));
    }
    town.change("gone", EnvironmentChange::Terminated);
    town.change("behind", EnvironmentChange::Image(hand.clone()));
    town.change("launching", EnvironmentChange::Status("Launching".into()));
    for name in ["group-by-hand", "all-by-hand", "ancient-by-hand"] {
        town.change(name, EnvironmentChange::GroupImage(other.clone()));
    }
    town.replace("all-by-hand", 2);
    town.replace("ancient-by-hand", 1);
    town.pass(10).await;
    names.into()
}

/// What is not in any page.
const NOT_IN_PAGES: [&str; 1] = ["MANAGED_UPDATES_ON"];

#[tokio::test(start_paused = true)]
async fn pages_say_what_settings_say_of_every_environment() {
    let town = Town::in_virtual_time();
    let told = mixed(&town).await;
    let settings = town.by_settings().await;
    let one_by_one = town.asked("elasticbeanstalk:DescribeConfigurationSettings");
    let pages = town.by_pages().await;
    assert_eq!(pages.troubles, []);
    assert_eq!(pages.pages_unread, []);
    assert_eq!(rows(&pages, &NOT_IN_PAGES), rows(&settings, &NOT_IN_PAGES));
    assert_eq!(told_by_pages(&pages), told);
    let asked = town.asked("elasticbeanstalk:DescribeConfigurationSettings");
    assert_eq!(asked, one_by_one - told.len() as u64);
    assert_eq!(
        asked, 8,
        "all but the one that is gone and the one without AMIs"
    );
    for (page, _) in PAGES {
        assert_eq!(town.asked(page), 1, "{page}");
    }
    let rows = rows(&settings, &[]);
    let says = |name: &str, what: &str| rows[name].to_string().contains(what);
    // The account holds what the test is about.
    assert!(says("behind", "INSTANCES_BEHIND") && says("managed", "MANAGED_UPDATES_ON"));
    assert!(says("immutable", "NOT_READY") && says("all-by-hand", "INSTANCES_BEHIND"));
    assert!(says("updated", "custom") && says("back", "stock") && says("pinned", "stock_pinned"));
    assert!(!rows.contains_key("gone") && !rows.contains_key("eks"));
}

/// One page in two, so that every page has a next one.
#[tokio::test(start_paused = true)]
async fn it_is_so_however_small_the_pages_are() {
    let town = Town::in_virtual_time();
    let told = mixed(&town).await;
    town.account.set_timing(Timing {
        page: 2,
        ..Timing::default()
    });
    let pages = town.by_pages().await;
    assert_eq!(told_by_pages(&pages), told);
    assert!(town.asked("autoscaling:DescribeAutoScalingGroups") > 10);
    assert_eq!(
        rows(&pages, &NOT_IN_PAGES),
        rows(&town.by_settings().await, &NOT_IN_PAGES)
    );
}

/// Whatever AWS does where its documentation is silent: only what it costs is another.
#[tokio::test(start_paused = true)]
async fn what_aws_does_not_document_changes_the_cost_alone() {
    for launches in Launches::every() {
        let town = Town::in_virtual_time();
        town.account.set_launches(launches);
        let told = mixed(&town).await;
        let pages = town.by_pages().await;
        // Where so many values are refused, the tag alone is asked for.
        let questions = 1 + u64::from(launches.filter_values_max.is_some());
        assert_eq!(town.asked(PAGES[0].0), questions, "{launches:?}");
        let settings = town.by_settings().await;
        assert_eq!(
            rows(&pages, &NOT_IN_PAGES),
            rows(&settings, &NOT_IN_PAGES),
            "{launches:?}"
        );
        let by_pages = told_by_pages(&pages);
        assert!(by_pages.is_subset(&told), "{by_pages:?}");
        assert_eq!(
            by_pages.contains("stock"),
            launches.own_image == OwnImage::Written
        );
        assert_eq!(
            by_pages.contains("updated"),
            launches.updated == Updated::AtItsEnd
        );
    }
}

/// Any of the four may be missing: what is said of the environments stays, and each page is named once.
#[tokio::test(start_paused = true)]
async fn a_page_that_may_not_be_read_costs_calls_and_no_row() {
    let town = Town::in_virtual_time();
    let told = mixed(&town).await;
    let settings = town.by_settings().await;
    for subset in 1..16_usize {
        let denied = |at: usize| subset & (1 << at) != 0;
        let which: Vec<_> = (0..4).filter(|at| denied(*at)).collect();
        which.iter().for_each(|at| town.account.deny(PAGES[*at].0));
        let pages = town.by_pages().await;
        which.iter().for_each(|at| town.account.allow(PAGES[*at].0));
        let unread: Vec<&str> = pages
            .pages_unread
            .iter()
            .map(|one| one.what.as_str())
            .collect();
        // Which configurations there are is asked only where a group says that there are some.
        let expected = which.iter().filter(|at| **at != 2 || !denied(0));
        let expected: Vec<&str> = expected.map(|at| PAGES[*at].1).collect();
        assert_eq!(unread, expected);
        assert!(pages.pages_unread.iter().all(|one| one.denied));
        assert_eq!(
            pages.troubles,
            [],
            "nothing is missing because of {which:?}"
        );
        // What instances run is not known without them.
        let without = match denied(3) {
            true => vec!["MANAGED_UPDATES_ON", "INSTANCES_BEHIND"],
            false => NOT_IN_PAGES.to_vec(),
        };
        assert_eq!(
            rows(&pages, &without),
            rows(&settings, &without),
            "{which:?}"
        );
        let by_pages = told_by_pages(&pages);
        assert!(by_pages.is_subset(&told));
        match which.as_slice() {
            // By what the instances were launched from.
            [0] => assert_eq!(by_pages.len(), told.len() - 1, "all but the ancient one"),
            [2] => assert_eq!(by_pages.len(), told.len() - 1),
            _ if denied(1) && !denied(0) && !denied(3) && !denied(2) => {
                assert_eq!(by_pages, BTreeSet::from(["ancient".to_owned()]));
            }
            _ if denied(3) || denied(1) => assert_eq!(by_pages, BTreeSet::new()),
            _ => {}
        }
    }
}

/// Neither pages nor settings: not known, and not "in step".
#[tokio::test(start_paused = true)]
async fn where_settings_may_not_be_read_either_nothing_is_made_up() {
    let town = Town::in_virtual_time();
    for name in ["a", "b", "c", "d"] {
        town.at().environment(spec(name)).unwrap();
    }
    town.account.deny("ec2:DescribeLaunchTemplateVersions");
    town.account
        .deny("elasticbeanstalk:DescribeConfigurationSettings");
    let found = survey(&[town.by_pages().await]);
    for one in &found.environments {
        assert_eq!(
            (codes(&one.reasons), &one.image_id),
            (vec!["DENIED"], &None)
        );
    }
    assert_eq!(found.unreachable.len(), 4);
    assert_eq!(found.pages_unread.len(), 1);
}

/// A page that fails is as good as none, and says so.
#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_come_is_made_up_for_by_settings() {
    let town = Town::in_virtual_time();
    for name in ["a", "b", "c", "d"] {
        town.at().environment(spec(name)).unwrap();
    }
    let groups = FaultRule::new(FaultKind::Http5xx).on("autoscaling:DescribeAutoScalingGroups");
    town.account.fault(groups);
    let templates = FaultRule::new(FaultKind::Http5xx).on("ec2:DescribeLaunchTemplateVersions");
    town.account.fault(templates);
    let pages = town.by_pages().await;
    assert_eq!(told_by_pages(&pages), BTreeSet::new());
    assert_eq!(pages.troubles, []);
    assert_eq!(pages.pages_unread.len(), 2);
    assert!(pages.pages_unread.iter().all(|one| !one.denied));
    assert_eq!(
        town.asked("elasticbeanstalk:DescribeConfigurationSettings"),
        4
    );
}

/// What a person is told to allow is what the shipped policy allows.
#[test]
fn the_statement_that_is_shown_is_the_shipped_one() {
    let shown: Value = serde_json::from_str(PAGES_STATEMENT).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/iam/look.json");
    let policy = std::fs::read_to_string(path).unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.contains(&shown), "{shown}");
    let actions: Vec<&str> = shown["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action.as_str().unwrap())
        .collect();
    let pages: BTreeSet<&str> = PAGES.iter().map(|(action, _)| *action).collect();
    assert_eq!(BTreeSet::from_iter(actions), pages);
}
