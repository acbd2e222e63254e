//! Whole drafts, read as people read them, and by the parser that will read them.

use std::io::{Error, ErrorKind};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World, trouble};
use crate::model::sighting::{Seen, Tier};
use crate::settings::{Settings, parse_config};

fn answers() -> Answers {
    Answers {
        installation: "acme-prod".to_owned(),
        without: BTreeSet::new(),
        bake: BTreeSet::new(),
        topic: None,
        store: Some("sqlite://amiwatch.db".to_owned()),
        day: "2026-11-25".to_owned(),
    }
}

/// One environment on stock, one on an image made by hand, one of another application on a branch
/// without a shipped recipe, and one that amiwatch has nothing to do with.
fn mixed() -> World {
    let mut world = World::new();
    world.custom("ami-hand", BASE_450);
    world.environment("shop-blue", "4.5.1", BASE_451);
    world.environment("shop-green", "4.5.0", "ami-hand");
    world.environment("tools", "4.4.0", "ami-hand");
    world.platform("4.4.0").branch = "Docker running on 64bit Amazon Linux 2".to_owned();
    let docker = world.platform("4.4.0").clone();
    let recommended = &mut world.sighting.recommended;
    recommended.insert(docker.branch.clone(), Seen::Known(docker));
    world.environment("shop-k8s", "4.5.0", BASE_450);
    let environments = world.environments();
    environments[2].environment.target.application = "tools [internal]".to_owned();
    environments[3].environment.tier = Tier::Cluster;
    world
}

/// The settings that the draft's text becomes, with its own files.
fn read(draft: &ConfigDraft) -> Settings {
    let file = |path: &Path| {
        let text = draft.files.get(&path.display().to_string());
        text.map(|text| text.clone().into_bytes())
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "not drafted"))
    };
    let settings = parse_config(&draft.config, Path::new("amiwatch.toml"), &file)
        .unwrap_or_else(|faults| panic!("{faults}\n{}", draft.config));
    assert_eq!(settings.warnings, [], "{}", draft.config);
    settings
}

#[test]
fn a_config_that_tells_and_prepares_recipes() {
    let found = found(&[mixed().sighting]);
    let draft = draft(&found, &answers());
    insta::assert_snapshot!(draft.config);
    let paths: Vec<&String> = draft.files.keys().collect();
    assert_eq!(
        paths,
        ["recipes/ecs-logging.yaml", "recipes/tools-internal.yaml"]
    );
    let settings = read(&draft);
    assert_eq!(settings.watches.len(), 2);
    assert!(
        settings
            .watches
            .values()
            .all(|watch| watch.recipe.is_none())
    );
}

/// What moves on by itself under an image is said where the image is taken up, with the way to end it.
#[test]
fn managed_updates_that_are_on_are_said_with_the_command_that_turns_them_off() {
    let mut world = mixed();
    world.updates_itself();
    let found = found(&[world.sighting]);
    let without = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let said = found.managed_updates(&without(&[]));
    let [(name, reason)] = said.as_slice() else {
        panic!("{said:?}")
    };
    let command = "aws elasticbeanstalk update-environment --environment-name shop-blue";
    assert_eq!(
        (name.as_str(), reason.code.as_str()),
        ("shop/shop-blue", "MANAGED_UPDATES_ON")
    );
    assert!(reason.message.contains(command), "{}", reason.message);
    assert_eq!(found.managed_updates(&without(&["shop"])), []);
    let draft = draft(&found, &answers());
    let line = format!(
        "# shop-blue: MANAGED_UPDATES_ON: {}\n[watch.shop]\n",
        reason.message
    );
    assert!(draft.config.contains(&line), "{}", draft.config);
    read(&draft);
}

#[test]
fn a_config_that_bakes_from_the_shipped_recipe_and_tells_a_topic() {
    let found = found(&[mixed().sighting]);
    let answers = Answers {
        bake: BTreeSet::from(["shop".to_owned()]),
        topic: Some("arn:aws:sns:eu-west-1:111122223333:amiwatch".to_owned()),
        store: None,
        ..answers()
    };
    let draft = draft(&found, &answers);
    insta::assert_snapshot!(draft.config);
    let settings = read(&draft);
    let recipe = settings.watches[&"shop".into()].recipe.as_ref().unwrap();
    assert_eq!((recipe.checks.len(), recipe.unchecked), (3, false));
}

#[test]
fn what_is_prepared_is_right_once_it_is_uncommented() {
    let found = found(&[mixed().sighting]);
    let draft = draft(&found, &answers());
    let config: Vec<&str> = draft
        .config
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("sns =") || !is_toml(rest) => line,
            Some("[schedule]" | "[notify.ops]") => line,
            Some(rest) => rest,
            None => line,
        })
        .filter(|line| !line.starts_with("url = \"sqlite:///var") && !line.starts_with("cron = "))
        .collect();
    let settings = read(&ConfigDraft {
        config: config.join("\n"),
        files: draft.files,
    });
    assert!(
        settings
            .watches
            .values()
            .all(|watch| watch.recipe.is_some())
    );
}

/// A line of the commented recipes, not of the prose.
fn is_toml(line: &str) -> bool {
    let ours = [
        "[",
        "recipe = ",
        "user_data = ",
        "name = ",
        "run = ",
        "test \"$(",
        "grep -Eq",
        "'''",
    ];
    ours.iter().any(|start| line.starts_with(start))
}

#[test]
fn a_group_that_is_not_wanted_has_no_watch_and_no_recipe() {
    let found = found(&[mixed().sighting]);
    let answers = Answers {
        without: BTreeSet::from(["tools-internal".to_owned()]),
        ..answers()
    };
    let draft = draft(&found, &answers);
    assert_eq!(read(&draft).watches.len(), 1);
    assert_eq!(draft.files.len(), 1);
}

#[test]
fn targets_name_what_was_found_and_nothing_else() {
    let world = mixed();
    let draft = draft(&found(std::slice::from_ref(&world.sighting)), &answers());
    let settings = read(&draft);
    let names = |watch: &str| -> Vec<String> {
        let patterns = &settings.watches[&watch.into()].targets;
        let targets = crate::flow::compare::matching::targets(patterns, &world.sighting);
        targets
            .map(|seen| seen.environment.target.environment.clone())
            .collect()
    };
    assert_eq!(names("shop"), ["shop-blue", "shop-green"]);
    // The brackets of the application's name are no pattern.
    assert_eq!(names("tools-internal"), ["tools"]);
}

#[test]
fn what_could_not_be_read_is_said_and_not_guessed() {
    let mut world = mixed();
    world.environments()[0].settings = Seen::Unreachable(trouble("settings of shop/shop-blue"));
    world.sighting.troubles = vec![trouble("settings of shop/shop-blue")];
    let found = found(&[world.sighting]);
    assert_eq!(found.left_out[0].environment, "shop/shop-blue in eu-west-1");
    assert_eq!(found.unanswered.len(), 1);
    let config = draft(&found, &answers()).config;
    assert!(
        config.contains("#   settings of shop/shop-blue: no answer; look again"),
        "{config}"
    );
}

fn group(application: &str, branch: &str, architecture: Architecture, region: &str) -> Group {
    Group {
        name: String::new(),
        region: region.into(),
        branch: branch.to_owned(),
        architecture,
        members: vec![Member {
            application: application.to_owned(),
            environment: "env".to_owned(),
            image: None,
            kind: ImageKind::Stock,
            made_from: None,
            updates_itself: false,
        }],
    }
}

#[test]
fn names_say_as_much_as_is_needed() {
    const ECS: &str = "ECS running on 64bit Amazon Linux 2023";
    const DOCKER: &str = "Docker running on 64bit Amazon Linux 2";
    let groups = vec![
        group("shop", ECS, Architecture::X86_64, "eu-west-1"),
        group("shop", DOCKER, Architecture::X86_64, "eu-west-1"),
        group("shop", ECS, Architecture::Arm64, "eu-west-1"),
        group("Blog!", ECS, Architecture::X86_64, "eu-west-1"),
        group("店", ECS, Architecture::X86_64, "eu-west-1"),
    ];
    let named = names::named_groups(groups);
    let names: Vec<&str> = named.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "shop-ecs-al2023-x86-64",
            "shop-docker-al2",
            "shop-ecs-al2023-arm64",
            "blog",
            "watch"
        ]
    );
}

proptest! {
    #[test]
    fn whatever_things_are_called_the_config_is_right(
        applications in proptest::collection::vec("\\PC{1,60}", 1..6),
        branch in "[A-Za-z0-9 .]{3,60}",
    ) {
        let arm = [Architecture::X86_64, Architecture::Arm64];
        let groups: Vec<Group> = applications
            .iter()
            .enumerate()
            .map(|(nth, application)| group(application, branch.trim(), arm[nth % 2], "eu-west-1"))
            .collect();
        let groups = names::named_groups(groups);
        let names: BTreeSet<&String> = groups.iter().map(|group| &group.name).collect();
        prop_assert_eq!(names.len(), groups.len());
        for name in &names {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            prop_assert!((1..=40).contains(&name.len()) && name.chars().all(fits), "{}", name);
        }
        let found = DraftSource { account: None, groups, left_out: Vec::new(), unanswered: Vec::new() };
        let draft = draft(&found, &answers());
        // Whether the branch is one is AWS's affair; that it is TOML is ours.
        toml::de::DeTable::parse(&draft.config).unwrap();
    }
}
