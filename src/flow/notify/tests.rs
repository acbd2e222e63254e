//! Keys: the same event, the same key; another event, another key. And what a person reads.

use std::collections::BTreeMap;

use super::*;
use crate::flow::test_world::{BASE_451, World, days, digest, now};
use crate::model::bake::{BakeOrder, NetworkOrder, Proof, RootVolume};
use crate::model::changes::ChangesInShort;
use crate::model::hold::{HeldThing, Hold};
use crate::model::ids::Architecture;
use crate::model::notice::Severity;
use crate::model::watch::Wanted;
use crate::outbox::WrittenNotice;

pub(super) fn order(world: &World, attempt: u32) -> BakeOrder {
    BakeOrder {
        key: world.key(BASE_451, 0),
        installation: world.wanted.installation.clone(),
        scope: crate::flow::test_world::scope(),
        watch: world.watch.name.clone(),
        generation: 0,
        attempt,
        release: world.seen.release.known().unwrap().clone(),
        recipe_name: "ecs-logging".to_owned(),
        recipe_digest: digest(),
        architecture: Architecture::X86_64,
        image_name: "amiwatch/shop/4.5.1/key-0".to_owned(),
        impossible: None,
        builder_user_data: Vec::new(),
        boot_test_user_data: Vec::new(),
        builder_nonce: "n1".to_owned(),
        boot_test_nonce: "n2".to_owned(),
        checks: Vec::new(),
        checks_digest: None,
        boot_checks: Vec::new(),
        proof: Proof::Console,
        launches: Vec::new(),
        network: NetworkOrder::Given(Vec::new()),
        allow_inbound: false,
        instance_profile: None,
        public_ip: None,
        root_volume: RootVolume {
            device: None,
            size_gib: None,
            encrypted: None,
            kms_key: None,
        },
        guest_timeout_s: 1800,
        keep_failed_s: None,
        tags: BTreeMap::new(),
        because: vec!["The recipe changed since ami-old was baked.".to_owned()],
        story: None,
    }
}

pub(super) fn attempt<'a>(why: &'a str, console: Option<&'a str>) -> FailedAttempt<'a> {
    FailedAttempt {
        kept: None,
        kind: "checks_failed",
        why,
        console,
    }
}

pub(super) fn image(world: &mut World, redundant: bool) -> BakedImage {
    world.remember("ami-new", BASE_451, 0);
    let mut baked = world.history.current.clone().unwrap();
    baked.redundant = redundant;
    baked
}

#[test]
fn a_bake_is_told_once_and_each_failed_attempt_once() {
    let mut world = World::new();
    let made = image(&mut world, false);
    let (first, second) = (order(&world, 1), order(&world, 2));
    assert_eq!(
        baked_notice(&first, &made, now()).key,
        baked_notice(&second, &made, now()).key
    );
    let failed = |order| failed_notice(order, &attempt("no report", None), None, now()).key;
    assert_eq!(failed(&first), failed(&first));
    assert_ne!(failed(&first), failed(&second));
}

#[test]
fn what_changed_is_told_in_words_and_in_numbers() {
    let mut world = World::new();
    let mut made = image(&mut world, false);
    let silent = WrittenNotice::of_notice(&baked_notice(&order(&world, 1), &made, now()));
    assert!(!silent.body.contains("Changed") && !silent.facts.contains_key("changes"));
    made.changes = Some(ChangesInShort {
        since: "ami-old".into(),
        line: "openssl 3.2.2-1 -> 3.2.2-3, 37 others".to_owned(),
        changed: 38,
        added: 1,
        removed: 0,
        kernel: None,
        partial: false,
    });
    let told = WrittenNotice::of_notice(&baked_notice(&order(&world, 1), &made, now()));
    assert!(
        told.body
            .contains("Changed since ami-old:\n- openssl 3.2.2-1 -> 3.2.2-3, 37 others\n")
    );
    let fact = |name: &str| told.facts.get(name).map(String::as_str);
    assert_eq!(fact("packages_changed"), Some("38"));
    assert_eq!(fact("changes_since"), Some("ami-old"));
    assert_eq!((told.key, told.subject), (silent.key, silent.subject));
}

#[test]
fn a_redundant_recipe_is_told_once_whatever_the_release() {
    let mut world = World::new();
    let made = image(&mut world, true);
    let key = |world: &World| redundant(&order(world, 1), &made, now()).unwrap().key;
    let before = key(&world);
    world.recommend("4.5.0");
    assert_eq!(before, key(&world));
    let needed = image(&mut world, false);
    assert_eq!(redundant(&order(&world, 1), &needed, now()), None);
}

#[test]
fn a_failure_keeps_the_console_and_says_when_it_is_tried_again() {
    let world = World::new();
    let console = "cloud-init: ok\n\u{1b}[31mFAILED\u{1b}[0m ecs.config\n";
    let next = Some(now() + days(1));
    let why = "check `driver` failed in the builder";
    let notice = WrittenNotice::of_notice(&failed_notice(
        &order(&world, 2),
        &attempt(why, Some(console)),
        next,
        now(),
    ));
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body), @r#"
        [amiwatch] shop: bake attempt 2 failed: check `driver` failed in the builder

        Attempt 2 failed: check `driver` failed in the builder
        The next attempt is not before 2026-09-22 14:13 UTC.

        installation  acme
        watch         shop
        release       4.5.1 (ami-base451)
        recipe        ecs-logging
        key           68bd7899b3b0-0

        The end of the guest's console:
            cloud-init: ok
            \u{1b}[31mFAILED\u{1b}[0m ecs.config

        What you can do:
          amiwatch status     every watch, its image, its failures
          amiwatch bake shop  tries again now
    "#);
}

#[test]
fn a_hold_says_that_a_person_is_needed() {
    let mut world = World::new();
    world.fail(BASE_451, 6, None);
    let failing = world.history.failing.clone().unwrap();
    let notice = held(&order(&world, 6), &failing, now());
    assert_eq!(notice.severity(), Severity::Critical);
    let notice = WrittenNotice::of_notice(&notice);
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body), @r#"
        [amiwatch] shop: held after 6 failed bakes

        6 attempts failed, the last because: check `driver` failed in the builder
        Nothing more is tried by itself: a new release or a changed recipe starts anew.

        installation  acme
        watch         shop
        release       4.5.1 (ami-base451)
        recipe        ecs-logging
        key           68bd7899b3b0-0

        What you can do:
          amiwatch status             every watch, its image, its failures
          amiwatch bake shop --force  tries again now, as the next generation
    "#);
}

#[test]
fn a_person_s_hold_is_told_once_with_who_and_why() {
    let mut world = World::new();
    world.hold(
        HeldThing::Release("4.5.1".to_owned()),
        Some(now() + days(3)),
    );
    let told = |hold: &Hold| {
        let Wanted { installation, .. } = &world.wanted;
        WrittenNotice::of_notice(&held_by_a_person(
            installation,
            &world.watch.name,
            hold,
            now(),
        ))
    };
    let hold = world.holds[0].clone();
    let notice = told(&hold);
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body), @r"
    [amiwatch] shop: ann holds release 4.5.1: it breaks logging

    ann holds release 4.5.1 of watch shop until 2026-09-24 14:13 UTC.
    Why: it breaks logging

    What you can do:
      amiwatch hold                         everything that is held
      amiwatch unhold shop --release 4.5.1  ends it
    ");
    // An end that is moved is the same no; another one, said later, is not.
    let moved = Hold {
        until: None,
        ..hold.clone()
    };
    assert_eq!(told(&moved).key, notice.key);
    for other in [
        Hold {
            since: now(),
            ..hold.clone()
        },
        Hold {
            on: HeldThing::Watch,
            ..hold.clone()
        },
        Hold {
            by: "bob\u{1b}[2J\n".to_owned(),
            ..hold
        },
    ] {
        let other = told(&other);
        assert_ne!(other.key, notice.key);
        assert!(!other.body.contains('\u{1b}') && other.subject.len() < 100);
    }
}

#[test]
fn a_bake_and_a_redundant_recipe_read_alone() {
    let mut world = World::new();
    let made = image(&mut world, true);
    let order = order(&world, 1);
    let baked = WrittenNotice::of_notice(&baked_notice(&order, &made, now()));
    let redundant = WrittenNotice::of_notice(&redundant(&order, &made, now()).unwrap());
    insta::assert_snapshot!(format!("{}\n\n{}", baked.subject, baked.body), @r#"
        [amiwatch] shop: baked ami-new from 4.5.1

        ami-new is verified: its checks passed in the builder and on a fresh boot.

        installation  acme
        watch         shop
        release       4.5.1 (ami-base451)
        recipe        ecs-logging
        key           68bd7899b3b0-0

        Baked because:
        - The recipe changed since ami-old was baked.

        What you can do:
          amiwatch check --watch shop  which environments wait for it
          amiwatch status              every watch and its image

        More:
          ami-new: https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#ImageDetails:imageId=ami-new
    "#);
    insta::assert_snapshot!(format!("{}\n\n{}", redundant.subject, redundant.body), @r#"
        [amiwatch] shop: recipe ecs-logging may not be needed any more

        Every check of recipe ecs-logging passed on the untouched base ami-base451 (4.5.1), before the recipe ran.
        If the checks say all that the recipe is for, the stock image does, and neither this recipe nor a custom image is needed.

        installation  acme
        watch         shop
        release       4.5.1 (ami-base451)
        recipe        ecs-logging
        key           68bd7899b3b0-0

        More:
          ami-new: https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#ImageDetails:imageId=ami-new
    "#);
}

#[test]
fn a_console_is_kept_by_its_end() {
    let world = World::new();
    let console = format!("{}\nlast", "y".repeat(5000));
    let notice = failed_notice(
        &order(&world, 1),
        &attempt("no report", Some(&console)),
        None,
        now(),
    );
    let body = WrittenNotice::of_notice(&notice).body;
    assert!(
        body.contains("y\n    last\n") && body.len() < 4500,
        "{}",
        body.len()
    );
    let silent = failed_notice(
        &order(&world, 1),
        &attempt("no report", Some(" \n")),
        None,
        now(),
    );
    assert!(!WrittenNotice::of_notice(&silent).body.contains("console"));
}

#[test]
fn one_bake_is_one_story() {
    let mut world = World::new();
    let made = image(&mut world, false);
    let (first, second) = (order(&world, 1), order(&world, 2));
    let failed = failed_notice(&first, &attempt("no report", None), Some(now()), now());
    let baked = baked_notice(&second, &made, now());
    assert_eq!(failed.story, baked.story);
    assert_ne!(failed.key, baked.key);
    assert_eq!(
        baked.links[0].url,
        "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#ImageDetails:imageId=ami-new"
    );
}

#[test]
fn trying_again_is_offered_as_a_help_only_where_it_may_be_one() {
    let world = World::new();
    for (kind, helps) in [
        ("checks_failed", true),
        ("no_report", true),
        ("deadline", true),
        ("capacity", true),
        ("name_taken", false),
        ("foreign_group", false),
        ("denied", false),
        ("quota", false),
        ("invalid", false),
    ] {
        let attempt = FailedAttempt {
            kept: None,
            kind,
            why: "it failed",
            console: None,
        };
        let notice = failed_notice(&order(&world, 1), &attempt, Some(now()), now());
        let again = &notice.commands[1];
        assert_eq!(again.command, "amiwatch bake shop");
        assert_eq!(again.purpose == "tries again now", helps, "{kind}");
    }
}
