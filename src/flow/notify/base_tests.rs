//! What is news of a base itself: told once each, never at a first look, and again when it comes back.

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, BRANCH, World, days, now, scope};
use crate::model::base::BranchLifecycle;
use crate::model::notice::{NoticeEvent, Severity};
use crate::model::sighting::Seen;
use crate::model::told::ToldDrift;
use crate::outbox::WrittenNotice;

/// A watch without a recipe, and an environment on the stock image of its platform version.
fn feed() -> World {
    let mut world = World::new();
    world.watch.recipe = None;
    world.wanted.recipe_digest = None;
    world.environment("shop-blue", "4.5.1", BASE_451);
    world
}

/// What a pass tells of the base, and what is known after it.
fn pass(world: &World, known: Option<&ToldDrift>) -> (Vec<Notice>, Option<ToldDrift>) {
    let found = world.drift();
    let seen = NewsLook {
        installation: &world.wanted.installation,
        scope: &scope(),
        watch: &world.watch,
        drift: &found,
        image: None,
        moving: false,
        at: world.now,
    };
    let told = of_the_base(&seen, known);
    let news = drift(&seen, known);
    (told, news.map(|news| news.after).or(known.cloned()))
}

fn events(told: &[Notice]) -> Vec<&'static str> {
    told.iter().map(|notice| notice.event().as_str()).collect()
}

fn move_to(world: &mut World, version: &str, image: &str) {
    if !world.sighting.images.contains_key(&image.into()) {
        world.version(version, image, 1);
    }
    world.recommend(version);
}

#[test]
fn a_watch_without_a_recipe_has_no_stock_and_is_in_step() {
    let world = feed();
    assert_eq!(world.own_codes(), [""; 0]);
    assert_eq!(world.target_codes("shop-blue"), [""; 0]);
    let mut with_recipe = World::new();
    with_recipe.environment("shop-blue", "4.5.1", BASE_451);
    assert_eq!(with_recipe.target_codes("shop-blue"), ["STOCK"]);
}

#[test]
fn a_release_that_no_recipe_follows_is_told_once_and_again_when_it_comes_back() {
    let mut world = feed();
    world.custom("ami-hand", BASE_450);
    world.environment("shop-hand", "4.5.1", "ami-hand");
    let (first, known) = pass(&world, None);
    assert_eq!(events(&first), [""; 0], "a first look tells nobody");
    let (same, known) = pass(&world, known.as_ref());
    assert_eq!(events(&same), [""; 0]);

    move_to(&mut world, "4.5.2", "ami-base452");
    let before = known.clone();
    let (told, known) = pass(&world, known.as_ref());
    assert_eq!(events(&told), ["released"]);
    let (again, _) = pass(&world, before.as_ref());
    assert_eq!(again[0].key, told[0].key, "the same event, the same key");
    let written = WrittenNotice::of_notice(&told[0]);
    insta::assert_snapshot!(format!("{}\n\n{}", written.subject, written.body), @r"
    [amiwatch] shop: release 4.5.1 -> 4.5.2

    Watch shop of acme: release 4.5.1 (ami-base451) -> 4.5.2 (ami-base452), made 2026-09-20 14:13 UTC, of ECS running on 64bit Amazon Linux 2023 (x86_64).
    The watch has no recipe: nothing is baked from it.

    What runs now:
    - shop/shop-blue: ami-base451 (stock)
    - shop/shop-hand: ami-hand (custom, made from ami-base450)

    What you can do:
      amiwatch check --watch shop  every environment and what its image was made from
      amiwatch survey              the same of every environment

    More:
      Elastic Beanstalk's release notes: https://docs.aws.amazon.com/elasticbeanstalk/latest/relnotes/relnotes.html
      What is in the platform's versions: https://docs.aws.amazon.com/elasticbeanstalk/latest/platforms/platforms-supported.html#platforms-supported.mcdocker
    ");
    assert_eq!(written.facts["from_image"], BASE_451);
    assert_eq!(written.facts["release_version"], "4.5.2");
    let (same, known) = pass(&world, known.as_ref());
    assert_eq!(events(&same), [""; 0]);

    // Back, and there again: each is an event of its own.
    world.recommend("4.5.1");
    let (back, known) = pass(&world, known.as_ref());
    move_to(&mut world, "4.5.2", "ami-base452");
    let (there, _) = pass(&world, known.as_ref());
    assert!(events(&back).contains(&"released") && events(&there).contains(&"released"));
    assert_ne!(there[0].key, told[0].key);
}

#[test]
fn a_release_that_a_recipe_follows_is_drift_and_nothing_else() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    let (_, known) = pass(&world, None);
    move_to(&mut world, "4.5.2", "ami-base452");
    let (told, _) = pass(&world, known.as_ref());
    assert_eq!(events(&told), [""; 0]);
}

#[test]
fn a_release_that_could_not_be_read_is_none() {
    let mut world = feed();
    let (_, known) = pass(&world, None);
    let there = world.seen.release.clone();
    world.seen.release = Seen::Unreachable(crate::flow::test_world::trouble("release"));
    let (silent, known) = pass(&world, known.as_ref());
    world.seen.release = there;
    let (again, _) = pass(&world, known.as_ref());
    assert_eq!((events(&silent), events(&again)), (vec![], vec![]));
}

/// What comes to its end, in words and in deed.
type End = (&'static str, fn(&mut World));

const ENDS: [End; 4] = [
    ("BRANCH_DEPRECATED", |world| {
        lifecycle(world, BranchLifecycle::Deprecated);
    }),
    ("BRANCH_RETIRED", |world| {
        lifecycle(world, BranchLifecycle::Retired)
    }),
    ("BASE_DEPRECATED", |world| {
        world.image_facts(BASE_451).deprecated_from = Some(now() - days(1));
        world.recommend("4.5.1");
    }),
    // Made private: EC2 lists it no more, and its announcement stays.
    ("UNREACHABLE", |world| world.gone(BASE_451)),
];

fn lifecycle(world: &mut World, to: BranchLifecycle) {
    let Seen::Known(release) = &mut world.seen.release else {
        panic!("no release of {BRANCH}");
    };
    release.branch_lifecycle = to;
}

#[test]
fn every_end_of_a_branch_or_a_base_is_told_once_with_or_without_a_recipe() {
    for recipe in [true, false] {
        for (code, end) in ENDS {
            let mut world = feed();
            if recipe {
                world = World::new();
                world.ours("ami-ours", BASE_451, 0);
            }
            let (_, known) = pass(&world, None);
            end(&mut world);
            let (told, after) = pass(&world, known.as_ref());
            assert_eq!(events(&told), ["lifecycle"], "{code}");
            assert_eq!(told[0].severity(), Severity::Warning);
            assert_eq!(WrittenNotice::of_notice(&told[0]).facts["codes"], code);
            // A look that could not read the release remembers nothing: the key is the same.
            let (again, _) = pass(&world, after.as_ref());
            let keys: Vec<&String> = again.iter().map(|notice| &notice.key).collect();
            assert!(keys.is_empty() || keys == [&told[0].key], "{code}");
            let (first, _) = pass(&world, None);
            assert_eq!(events(&first), [""; 0], "{code}: a first look tells nobody");
        }
    }
}

#[test]
fn a_release_that_is_announced_before_it_is_listed_has_not_come_to_its_end() {
    let mut world = feed();
    let (_, known) = pass(&world, None);
    world.version("4.5.2", "ami-base452", 1);
    world.recommend("4.5.2");
    world.gone("ami-base452");
    let (early, known) = pass(&world, known.as_ref());
    assert_eq!(events(&early), [""; 0], "neither an end nor a release yet");
    let mut listed = feed();
    move_to(&mut listed, "4.5.2", "ami-base452");
    let (told, _) = pass(&listed, known.as_ref());
    assert_eq!(events(&told), ["released"]);
}

#[test]
fn what_an_earlier_version_remembered_is_taken_for_a_first_look_at_ends() {
    let mut world = feed();
    let (_, known) = pass(&world, None);
    let mut stored = serde_json::to_value(known.unwrap()).unwrap();
    for name in ["version", "moves", "ends"] {
        stored.as_object_mut().unwrap().remove(name);
    }
    let known: ToldDrift = serde_json::from_value(stored).unwrap();
    lifecycle(&mut world, BranchLifecycle::Retired);
    let (quiet, after) = pass(&world, Some(&known));
    assert_eq!(events(&quiet), [""; 0]);
    move_to(&mut world, "4.5.2", "ami-base452");
    let (told, _) = pass(&world, after.as_ref());
    assert_eq!(
        told.iter().map(Notice::event).collect::<Vec<_>>(),
        [NoticeEvent::Released]
    );
}
