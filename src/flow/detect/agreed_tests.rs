//! Every doubt, one at a time: an environment of which pages agree, and one thing changed.

use chrono::TimeDelta;

use super::agreed::{Doubt, RegionPages, agreed};
use super::*;
use crate::cloud::{
    EnvironmentInstance, LaunchConfiguration, NamedTemplate, ScalingGroup, TemplateVersion,
};
use crate::model::sighting::{HealthColor, RunningImage, Tier};

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn environment() -> Environment {
    Environment {
        target: crate::model::ids::TargetId {
            scope: crate::model::ids::Scope {
                partition: "aws".into(),
                account: "111122223333".into(),
                region: "eu-west-1".into(),
            },
            application: "shop".to_owned(),
            environment: "shop-blue".to_owned(),
        },
        id: Some("e-1".to_owned()),
        platform: Some("arn:1".into()),
        solution_stack: None,
        tier: Tier::WebServer,
        status: "Ready".to_owned(),
        updated: Some(at()),
        color: HealthColor::Green,
    }
}

fn named(version: &str) -> NamedTemplate {
    NamedTemplate {
        template: "lt-1".to_owned(),
        by_id: true,
        version: version.to_owned(),
    }
}

fn instance(id: &str, image: &str, version: &str) -> EnvironmentInstance {
    EnvironmentInstance {
        environment: "e-1".to_owned(),
        running: RunningImage {
            instance: id.into(),
            image: image.into(),
            ends: false,
        },
        template: Some(named(version)),
    }
}

fn group() -> ScalingGroup {
    ScalingGroup {
        name: "awseb-e-1".to_owned(),
        templates: vec![named("3")],
        configuration: None,
        images: Vec::new(),
        environment: Some("e-1".to_owned()),
    }
}

fn pages() -> RegionPages {
    let version = TemplateVersion {
        template: "lt-1".to_owned(),
        name: Some("web".to_owned()),
        number: 3,
        image: Some("ami-1".to_owned()),
        created: Some(at()),
    };
    let configuration = LaunchConfiguration {
        name: "lc".to_owned(),
        image: "ami-1".into(),
        created: Some(at()),
    };
    let instances = vec![instance("i-1", "ami-1", "3"), instance("i-2", "ami-1", "3")];
    RegionPages {
        groups: Ok([("e-1".to_owned(), vec![group()])].into()),
        templates: Ok([("lt-1".to_owned(), version)].into()),
        configurations: Ok([("lc".to_owned(), configuration)].into()),
        instances: Ok([("e-1".to_owned(), instances)].into()),
    }
}

fn trouble() -> Trouble {
    Trouble {
        what: "a page".to_owned(),
        why: "no answer".to_owned(),
        denied: true,
    }
}

/// What is said of the environment after these changes.
fn said(
    of_environment: impl FnOnce(&mut Environment),
    of_pages: impl FnOnce(&mut RegionPages),
) -> Result<String, Doubt> {
    let (mut environment, mut pages) = (environment(), pages());
    of_environment(&mut environment);
    of_pages(&mut pages);
    agreed(&environment, &pages).map(|image| image.as_str().to_owned())
}

fn by_pages(change: impl FnOnce(&mut RegionPages)) -> Result<String, Doubt> {
    said(|_| {}, change)
}

fn by_group(change: impl FnOnce(&mut ScalingGroup)) -> Result<String, Doubt> {
    by_pages(|pages| change(&mut pages.groups.as_mut().unwrap().get_mut("e-1").unwrap()[0]))
}

fn by_version(change: impl FnOnce(&mut TemplateVersion)) -> Result<String, Doubt> {
    by_pages(|pages| change(pages.templates.as_mut().unwrap().get_mut("lt-1").unwrap()))
}

fn instances(pages: &mut RegionPages) -> &mut Vec<EnvironmentInstance> {
    pages.instances.as_mut().unwrap().get_mut("e-1").unwrap()
}

fn by_instances(change: impl FnOnce(&mut Vec<EnvironmentInstance>)) -> Result<String, Doubt> {
    by_pages(|pages| change(instances(pages)))
}

#[test]
fn where_all_agree_the_image_is_told() {
    let told = Ok("ami-1".to_owned());
    assert_eq!(by_pages(|_| {}), told);
    let by_name = NamedTemplate {
        template: "web".to_owned(),
        by_id: false,
        version: "$Latest".to_owned(),
    };
    assert_eq!(by_group(|group| group.templates = vec![by_name]), told);
    let overridden = |group: &mut ScalingGroup| group.images.push("ami-1".to_owned());
    assert_eq!(by_group(overridden), told);
    let old = |group: &mut ScalingGroup| {
        group.templates.clear();
        group.configuration = Some("lc".to_owned());
    };
    assert_eq!(by_group(old), told);
    // One that is about to end runs what it likes.
    let ending = |all: &mut Vec<EnvironmentInstance>| {
        all.push(instance("i-3", "ami-0", "2"));
        all[2].running.ends = true;
    };
    assert_eq!(by_instances(ending), told);
    // Without the groups, what they were launched from.
    assert_eq!(by_pages(|pages| pages.groups = Err(trouble())), told);
}

#[test]
fn every_doubt_is_one() {
    let of = |change: fn(&mut Environment)| said(change, |_| {});
    let empty = |pages: &mut RegionPages| pages.groups = Ok(BTreeMap::new());
    let later = at() + TimeDelta::seconds(1);
    let by_parameter = || Some("resolve:ssm:/aws/x".to_owned());
    for (case, said, doubt) in [
        (
            "updating",
            of(|e| e.status = "Updating".to_owned()),
            Doubt::NotReady,
        ),
        ("no id", of(|e| e.id = None), Doubt::Untold),
        ("no date", of(|e| e.updated = None), Doubt::Untold),
        (
            "of another one",
            of(|e| e.id = Some("e-2".to_owned())),
            Doubt::NoInstance,
        ),
        ("nothing runs", by_instances(Vec::clear), Doubt::NoInstance),
        (
            "all end",
            by_instances(|all| all.iter_mut().for_each(|one| one.running.ends = true)),
            Doubt::NoInstance,
        ),
        (
            "two images",
            by_instances(|all| all[1].running.image = "ami-2".into()),
            Doubt::SeveralRun,
        ),
        (
            "another image",
            by_instances(|all| {
                all.iter_mut()
                    .for_each(|one| one.running.image = "ami-2".into())
            }),
            Doubt::Differ,
        ),
        ("no group", by_pages(empty), Doubt::NoGroup),
        (
            "two groups",
            by_pages(|pages| {
                pages
                    .groups
                    .as_mut()
                    .unwrap()
                    .get_mut("e-1")
                    .unwrap()
                    .push(group())
            }),
            Doubt::SeveralGroups,
        ),
        (
            "a silent group",
            by_group(|group| group.templates.clear()),
            Doubt::NoImage,
        ),
        (
            "an override",
            by_group(|group| group.images.push("ami-2".to_owned())),
            Doubt::NoImage,
        ),
        (
            "an older version",
            by_group(|group| group.templates = vec![named("2")]),
            Doubt::OlderVersion,
        ),
        (
            "the default one",
            by_group(|group| group.templates = vec![named("$Default")]),
            Doubt::OlderVersion,
        ),
        (
            "an unknown template",
            by_group(|group| group.templates[0].template = "lt-2".to_owned()),
            Doubt::Unread,
        ),
        (
            "an unknown configuration",
            by_group(|group| group.configuration = Some("x".to_owned())),
            Doubt::Unread,
        ),
        (
            "by a parameter",
            by_version(|version| version.image = by_parameter()),
            Doubt::NoImage,
        ),
        (
            "without an image",
            by_version(|version| version.image = None),
            Doubt::NoImage,
        ),
        (
            "made since",
            by_version(|version| version.created = Some(later)),
            Doubt::MadeSince,
        ),
        (
            "made some time",
            by_version(|version| version.created = None),
            Doubt::Untold,
        ),
        (
            "no instances",
            by_pages(|pages| pages.instances = Err(trouble())),
            Doubt::Unread,
        ),
        (
            "no templates",
            by_pages(|pages| pages.templates = Err(trouble())),
            Doubt::Unread,
        ),
    ] {
        assert_eq!(said, Err(doubt), "{case}");
    }
}

/// The launch configuration of a group from before templates.
#[test]
fn a_configuration_is_held_to_the_same() {
    let by_configuration = |change: fn(&mut RegionPages)| {
        by_pages(|pages| {
            let group = &mut pages.groups.as_mut().unwrap().get_mut("e-1").unwrap()[0];
            group.templates.clear();
            group.configuration = Some("lc".to_owned());
            change(pages);
        })
    };
    let unread = by_configuration(|pages| pages.configurations = Err(trouble()));
    assert_eq!(unread, Err(Doubt::Unread));
    let since = by_configuration(|pages| {
        let all = pages.configurations.as_mut().unwrap();
        all.get_mut("lc").unwrap().created = Some(at() + TimeDelta::seconds(1));
    });
    assert_eq!(since, Err(Doubt::MadeSince));
}

/// Without the groups the instances must say more.
#[test]
fn without_groups_all_instances_come_from_the_newest_version_of_one_template() {
    let alone = |change: fn(&mut Vec<EnvironmentInstance>)| {
        by_pages(|pages| {
            pages.groups = Err(trouble());
            change(instances(pages));
        })
    };
    let older = alone(|all| {
        all.iter_mut()
            .for_each(|one| one.template = Some(named("2")))
    });
    assert_eq!(older, Err(Doubt::OlderVersion));
    let mixed = alone(|all| all[0].template = Some(named("2")));
    assert_eq!(mixed, Err(Doubt::Unread));
    let none = alone(|all| all.iter_mut().for_each(|one| one.template = None));
    assert_eq!(none, Err(Doubt::Unread));
}
