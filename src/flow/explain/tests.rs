//! Whole explanations, read as people read them.

use chrono::TimeDelta;

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World, days, digest, now};
use crate::model::chronicle::SeenEntry;
use crate::model::reason::ReasonCode;
use crate::model::story::{BakeStory, StoryEnd};
use crate::model::watch::Check;

fn passes() -> Passes {
    Passes {
        cron: "*/15 * * * *".to_owned(),
        timezone: "UTC".to_owned(),
        jitter_s: 30,
        next: Some(now() + TimeDelta::minutes(13)),
    }
}

fn live(world: &World) -> Explanation {
    told(world, Some(View::live(&world.plan(), now())), None)
}

fn told(world: &World, view: Option<View>, silence: Option<Silence>) -> Explanation {
    explain(&ExplainSubject {
        watch: &world.watch,
        view,
        history: Some(&world.history),
        changes: None,
        published: Vec::new(),
        under_way: None,
        passes: &passes(),
        silence,
        now: now(),
    })
}

/// As `explain` prints it, without the headings' words.
fn text(explanation: &Explanation) -> String {
    let sections = explanation.sections.iter().flat_map(|section| {
        let head = format!("[{}]", section.name);
        std::iter::once(head).chain(section.sentences.iter().cloned())
    });
    let commands = explanation
        .commands
        .iter()
        .map(|advice| format!("$ {} # {}", advice.command, advice.does));
    sections.chain(commands).collect::<Vec<_>>().join("\n")
}

/// An image of 4.5.0, an environment on it and one on stock; then 4.5.1 was seen two days ago.
fn drifted() -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_450, 0);
    world.remember("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    world.environment("shop-green", "4.5.0", BASE_450);
    let seen = &mut world.history.first_seen;
    seen.insert(BASE_450.into(), now() - days(40));
    seen.insert(BASE_451.into(), now() - days(2));
    world
}

#[test]
fn drift_that_is_baked_next() {
    insta::assert_snapshot!(text(&live(&drifted())));
}

#[test]
fn drift_that_soaks() {
    let mut world = drifted();
    world.watch.soak = Some(Duration::from_secs(5 * 86_400));
    let told = live(&world);
    let text = text(&told);
    assert!(
        text.contains("SOAKING: Release 4.5.1 soaks until"),
        "{text}"
    );
    assert!(
        text.contains("(in 3 days); the first pass after that decides again"),
        "{text}"
    );
    assert!(
        text.contains("$ amiwatch bake shop # bakes now: soaking"),
        "{text}"
    );
    assert_eq!(told.exit(true), Exit::Done);
}

#[test]
fn a_watch_in_step_says_so_and_that_an_edited_check_bakes_nothing() {
    let mut world = drifted();
    world.recommend("4.5.0");
    world.environments().pop();
    let current = |world: &World| world.history.current.clone().unwrap();
    let mut baked = current(&world);
    baked.checks_digest = world
        .watch
        .recipe
        .as_ref()
        .map(|recipe| recipe.checks_digest());
    world.history.current = Some(baked);
    let said = text(&live(&world));
    assert!(
        said.contains("The checks are the ones that proved it."),
        "{said}"
    );
    assert!(said.contains("Together: in step"), "{said}");

    let recipe = world.watch.recipe.as_mut().unwrap();
    recipe.checks.push(Check {
        name: "more".to_owned(),
        run: "true".to_owned(),
    });
    let edited = live(&world);
    let said = text(&edited);
    assert!(
        said.contains("The checks were edited since. That alone bakes nothing"),
        "{said}"
    );
    assert_eq!(edited.action, Some(Action::Nothing));
}

#[test]
fn a_recipe_that_changed_and_a_bake_that_fails() {
    let mut world = drifted();
    world.wanted.recipe_digest = Some(crate::model::bake::RecipeDigest::of_user_data(
        "#!/bin/sh\n",
        false,
    ));
    world.watch.recipe.as_mut().unwrap().user_data = "#!/bin/sh\n".to_owned();
    world.fail(BASE_451, 2, Some(now() + TimeDelta::minutes(9)));
    let said = text(&live(&world));
    assert!(said.contains("is not what it was made with"), "{said}");
    assert!(said.contains("RECIPE_CHANGED: "), "{said}");
    assert!(said.contains("Its bake has failed 2 times, last"), "{said}");
}

#[test]
fn an_adopted_image_says_who_vouches() {
    let mut world = drifted();
    let mut baked = world.history.current.clone().unwrap();
    baked.adopted_at = Some(now() - days(1));
    world.history.current = Some(baked);
    let said = text(&live(&world));
    assert!(said.contains("a person adopted it"), "{said}");
    assert!(said.contains("who adopted it vouched so"), "{said}");
    assert!(said.contains("The checks have not proved it"), "{said}");
    assert_eq!(digest(), world.wanted.recipe_digest.unwrap());
}

#[test]
fn a_memory_is_told_as_one_and_ends_in_4_only_when_aws_was_asked() {
    let world = drifted();
    let seen = SeenEntry::of_item(&world.plan());
    let told = told(
        &world,
        Some(View::stored(&seen, now() - days(1), Some(&world.history))),
        Some(Silence::NoAnswer("no answer; check the network".to_owned())),
    );
    let said = text(&told);
    assert!(
        said.contains("AWS did not answer (no answer; check the network). What follows"),
        "{said}"
    );
    assert!(said.contains("BASE_NEWER"), "{said}");
    assert_eq!(
        (told.live, told.exit(true), told.exit(false)),
        (false, Exit::CannotTell, Exit::Done)
    );
    assert_eq!(told.seen_at, Some(now() - days(1)));
}

#[test]
fn a_memory_that_a_bake_has_overtaken_gives_no_old_verdict() {
    let mut world = drifted();
    let seen = SeenEntry::of_item(&world.plan());
    world.remember("ami-new", BASE_451, 0);
    if let Some(baked) = &mut world.history.current {
        baked.baked_at = now();
    }
    let view = View::stored(&seen, now() - days(1), Some(&world.history));
    let said = text(&told(&world, Some(view), Some(Silence::NotAsked)));
    assert!(said.contains("Its image is ami-new, baked from"), "{said}");
    assert!(said.contains("the next one judges anew"), "{said}");
    assert!(!said.contains("The next pass bakes"), "{said}");
    assert!(!said.contains("Together"), "{said}");
}

#[test]
fn nothing_is_made_up_where_nobody_ever_looked() {
    let world = World::new();
    let told = explain(&ExplainSubject {
        watch: &world.watch,
        view: None,
        history: None,
        changes: None,
        published: Vec::new(),
        under_way: None,
        passes: &passes(),
        silence: Some(Silence::NoAnswer("no credentials".to_owned())),
        now: now(),
    });
    assert_eq!(
        (told.action, told.release, told.current),
        (None, None, None)
    );
    let verdict = told
        .sections
        .iter()
        .find(|section| section.name == "verdict");
    assert_eq!(verdict.unwrap().sentences, [""; 0]);
}

#[test]
fn an_image_of_unknown_lineage_may_be_adopted() {
    let mut world = drifted();
    world.custom("ami-old", BASE_450);
    world.image("ami-old").lineage = crate::model::sighting::Lineage::NotKnown;
    world.environment("shop-old", "4.5.0", "ami-old");
    let told = live(&world);
    let has = |code| {
        told.sections.iter().any(|section| {
            let mut lines = section.sentences.iter();
            lines.any(|line| line.contains(&format!("{code}: ")))
        })
    };
    assert!(has(ReasonCode::LineageUnknown));
    let mut commands = told.commands.iter();
    assert!(commands.any(|advice| advice.command == "amiwatch adopt shop ami-old --base ami-..."));
}

/// A bake of the newest release that goes on.
fn story() -> BakeStory {
    BakeStory {
        journal: "bake/abc/0001".to_owned(),
        release: ReleasePoint {
            image: BASE_451.into(),
            version: "4.5.1".to_owned(),
        },
        generation: 0,
        attempt: 1,
        because: Vec::new(),
        outcome: StoryEnd::UnderWay,
        image: None,
        why: None,
        changes: None,
        left: Vec::new(),
        started_at: now() - TimeDelta::minutes(5),
        ended_at: None,
        steps: Vec::new(),
    }
}

#[test]
fn in_the_middle_of_a_bake_no_other_one_is_offered() {
    let world = drifted();
    let (story, passes) = (story(), passes());
    let told = explain(&ExplainSubject {
        watch: &world.watch,
        view: Some(View::live(&world.plan(), now())),
        history: Some(&world.history),
        changes: None,
        published: Vec::new(),
        under_way: Some(&story),
        passes: &passes,
        silence: None,
        now: now(),
    });
    let said = text(&told);
    assert!(
        said.contains("A bake of 4.5.1 (ami-base451) is under way"),
        "{said}"
    );
    assert!(
        said.contains("$ amiwatch status # how far the bake is"),
        "{said}"
    );
    assert!(!said.contains("The next pass bakes"), "{said}");
    assert!(!said.contains("$ amiwatch bake shop"), "{said}");
    assert!(text(&live(&world)).contains("$ amiwatch bake shop # bakes now"));
}

#[test]
fn a_pause_after_failures_is_told_only_where_it_binds() {
    let mut world = drifted();
    world.fail(BASE_451, 2, Some(now() + TimeDelta::minutes(9)));
    let bound = text(&live(&world));
    assert!(bound.contains("the next attempt is not before"), "{bound}");
    // Another recipe is another bake: nothing holds it up.
    world.wanted.recipe_digest = Some(crate::model::bake::RecipeDigest::of_user_data(
        "#!/bin/sh\n",
        false,
    ));
    world.watch.recipe.as_mut().unwrap().user_data = "#!/bin/sh\n".to_owned();
    let free = text(&live(&world));
    assert!(!free.contains("the next attempt is not before"), "{free}");
    assert!(free.contains("does not hold up the next one"), "{free}");
}

#[test]
fn a_target_that_nothing_matches_is_not_in_step() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world.watch.targets[0].environment = "prod-*".to_owned();
    let told = live(&world);
    let said = text(&told);
    assert!(
        said.contains("NO_TARGET: No environment is called shop/prod-*"),
        "{said}"
    );
    assert!(
        said.contains("that is not in step (`check` exits 4)"),
        "{said}"
    );
    assert!(said.contains("$ amiwatch survey"), "{said}");
    assert_eq!(told.exit(true), Exit::CannotTell);
}

#[test]
fn a_watch_without_a_recipe_is_not_said_to_lack_a_setting() {
    let mut world = World::new();
    world.watch.recipe = None;
    world.wanted.recipe_digest = None;
    world.custom("ami-hand", BASE_450);
    world.environment("shop-hand", "4.5.1", "ami-hand");
    let said = text(&live(&world));
    assert!(
        said.contains("without a recipe there is nothing to bake"),
        "{said}"
    );
}

/// Our image is of 4.5.1, and the environment of another version.
fn behind(version: &str, image: &str) -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", version, image);
    world
}

#[test]
fn a_command_that_moves_carries_region_platform_and_image() {
    let said = text(&live(&behind("4.5.0", BASE_450)));
    let command = "$ aws elasticbeanstalk update-environment --environment-name shop-blue \
                   --platform-arn 'arn:aws:elasticbeanstalk:eu-west-1::platform/ECS running on 64bit \
                   Amazon Linux 2023/4.5.1' --option-settings \
                   Namespace=aws:autoscaling:launchconfiguration,OptionName=ImageId,Value=ami-ours \
                   --region eu-west-1 # moves shop/shop-blue to the watch's image and platform \
                   version 4.5.1, by hand";
    assert!(said.contains(command), "{said}");
}

#[test]
fn where_the_platform_version_cannot_be_told_no_command_is_given() {
    let mut world = behind("4.5.1", "ami-ours");
    world.ours("ami-other", BASE_450, 0);
    world.remember("ami-other", BASE_450, 0);
    world.change_ours(|ours| ours.retain(|image| image.id.as_str() == "ami-other"));
    let said = text(&live(&world));
    let why = "shop/shop-blue is not to be moved by hand now: it runs platform version 4.5.1, and the \
               newest one with the base of ami-other is 4.5.0: its platform is not taken back; an \
               image of the newer version is to be baked.";
    assert!(said.contains(why), "{said}");
    assert!(!said.contains("update-environment"), "{said}");
}

/// What was seen earlier is too old to move anything by.
#[test]
fn a_memory_gives_no_command_that_moves() {
    let world = behind("4.5.0", BASE_450);
    let seen = SeenEntry::of_item(&world.plan());
    let view = View::stored(&seen, now() - days(1), Some(&world.history));
    let said = text(&told(&world, Some(view), Some(Silence::NotAsked)));
    assert!(!said.contains("update-environment"), "{said}");
    assert!(
        said.contains("$ amiwatch rollout shop --environment shop/shop-blue # shows"),
        "{said}"
    );
}

/// Beside the rest: what is told of a watch that publishes stands before the verdict.
#[test]
fn what_is_published_is_a_part_of_its_own() {
    let world = World::new();
    let line = "ssm:eu-west-1 (parameter /amis/shop): ami-1 stands there";
    let told = explain(&ExplainSubject {
        watch: &world.watch,
        view: Some(View::live(&world.plan(), now())),
        history: Some(&world.history),
        changes: None,
        published: vec![line.to_owned()],
        under_way: None,
        passes: &passes(),
        silence: None,
        now: now(),
    });
    let names: Vec<_> = told.sections.iter().map(|one| one.name).collect();
    let expected = [
        "base",
        "image",
        "environments",
        "published",
        "verdict",
        "next",
    ];
    assert_eq!(names, expected);
    assert_eq!(told.sections[3].sentences, [line]);
    assert_eq!(
        live(&world).sections.len(),
        5,
        "nothing where nothing is published"
    );
}
