//! What is news of a drift: the same event, the same key; another event, another key; and a look that
//! could not read everything neither tells twice nor gives an all-clear.

use std::collections::BTreeSet;

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World, arn, days, scope, trouble};
use crate::model::ids::Installation;
use crate::model::notice::NoticeEvent;
use crate::model::sighting::Seen;
use crate::model::told::ToldDrift;
use crate::outbox::WrittenNotice;

fn drifted() -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    world.environment("shop-green", "4.5.1", BASE_451);
    world
}

/// What a look brings after another.
fn look(world: &World, before: &ToldDrift) -> Option<News> {
    news(world, Some(before))
}

/// The news in a look, and whatever else is remembered of the watch.
pub(super) fn news(world: &World, before: Option<&ToldDrift>) -> Option<News> {
    let found = world.drift();
    let seen = NewsLook {
        installation: &world.wanted.installation,
        scope: &scope(),
        watch: &world.watch,
        drift: &found,
        image: world.history.current.as_ref(),
        moving: false,
        at: world.now,
    };
    drift(&seen, before)
}

/// What is told when nothing was out of step before.
fn notice(world: &World) -> Option<Notice> {
    look(world, &ToldDrift::default()).and_then(|news| news.notice)
}

/// A first look: what people know by it, and were not told.
fn baseline(world: &World) -> ToldDrift {
    let news = news(world, None).unwrap();
    assert_eq!(news.notice, None, "a baseline tells nobody");
    news.after
}

fn event(news: Option<&News>) -> Option<NoticeEvent> {
    news?.notice.as_ref().map(Notice::event)
}

/// A new release, which the watch's image was not made from.
fn new_release(world: &mut World) {
    world.version("4.5.2", "ami-base452", 1);
    world.recommend("4.5.2");
}

fn key(world: &World) -> String {
    notice(world).unwrap().key
}

#[test]
fn the_same_drift_has_the_same_key() {
    let before = drifted();
    let mut after = before.clone();
    after.now += days(1);
    after.environments().reverse();
    after.environments()[0].environment.status = "Updating".to_owned();
    assert_eq!(
        key(&before),
        key(&after),
        "time, order and updates do not make it another event"
    );
}

#[test]
fn another_drift_has_another_key() {
    let mut keys = BTreeSet::from([key(&drifted())]);
    let changes: [fn(&mut World); 4] = [
        |world| world.environment("shop-red", "4.5.1", BASE_451),
        |world| world.environments()[1].environment.platform = Some(arn("4.5.0")),
        |world| {
            world.version("4.5.2", "ami-base452", 1);
            world.recommend("4.5.2");
        },
        |world| world.wanted.installation = "other".into(),
    ];
    for change in changes {
        let mut world = drifted();
        change(&mut world);
        keys.insert(key(&world));
    }
    assert_eq!(keys.len(), 5);
}

#[test]
fn what_is_in_step_or_unknown_is_no_drift_notice() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    assert_eq!(notice(&world), None);
    world.seen.release = Seen::Unreachable(trouble("release"));
    assert_eq!(notice(&world), None);
}

#[test]
fn a_person_reads_what_drifted_and_what_to_do() {
    let notice = WrittenNotice::of_notice(&notice(&drifted()).unwrap());
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body), @r#"
        [amiwatch] shop: image ami-ours, 1 environment waits for it

        Watch shop of acme: verified image ami-ours, its first; the newest release is 4.5.1 (ami-base451).
        An image is baked by itself; the environments are yours to move.

        From and to:
        - shop/shop-green: ami-base451 -> ami-ours

        The watch:
        - BASE_NEWER: ECS running on 64bit Amazon Linux 2023 (x86_64) has release 4.5.1 (ami-base451); ami-ours was made from ami-base450.

        Environments:
        - shop/shop-blue: BASE_NEWER: ECS running on 64bit Amazon Linux 2023 recommends version 4.5.1 with base ami-base451; ami-ours was made from ami-base450.
        - shop/shop-blue: PLATFORM_BEHIND: The environment runs version 4.5.0 of ECS running on 64bit Amazon Linux 2023; 4.5.1 is recommended.
        - shop/shop-green: NOT_ON_NEWEST: The verified image ami-ours waits; the environment runs ami-base451.
        - shop/shop-green: STOCK: The environment still runs the stock image ami-base451 of its platform version.

        What you can do:
          amiwatch plan --watch shop  what a run would do now, and why

        More:
          ami-ours: https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#ImageDetails:imageId=ami-ours
    "#);
    insta::assert_snapshot!(serde_json::to_string_pretty(&notice.facts).unwrap(), @r#"
        {
          "codes": "BASE_NEWER,NOT_ON_NEWEST,STOCK",
          "environments": "2",
          "from_image": "-",
          "image": "ami-ours",
          "installation": "acme",
          "release_image": "ami-base451",
          "release_version": "4.5.1"
        }
    "#);
}

#[test]
fn a_config_without_an_installation_is_told_under_no_name() {
    let mut world = drifted();
    world.wanted.installation = Installation::or_nobody(None);
    let told = notice(&world).unwrap();
    assert_eq!(told.installation, None);
    let body = WrittenNotice::of_notice(&told).body;
    assert!(body.starts_with("Watch shop:"), "{body}");
}

#[test]
fn names_from_outside_are_cleaned() {
    let mut world = drifted();
    let name = "shop-\u{1b}[2J\nevil".to_owned();
    world.environments()[1].environment.target.environment = name;
    let notice = WrittenNotice::of_notice(&notice(&world).unwrap());
    assert!(notice.body.contains("shop-\\u{1b}[2J\\u{a}evil: STOCK"));
    assert!(!notice.body.contains('\u{1b}'));
}

#[test]
fn what_is_there_at_the_first_look_is_never_told_and_what_comes_later_is() {
    let mut world = drifted();
    let known = baseline(&world);
    assert_eq!(
        look(&world, &known),
        None,
        "the same again is no change at all"
    );
    new_release(&mut world);
    let news = look(&world, &known).unwrap();
    assert_eq!(event(Some(&news)), Some(NoticeEvent::Drift));
    assert_eq!(look(&world, &news.after), None);
}

#[test]
fn what_goes_away_is_told_when_nothing_is_left_and_never_for_a_baseline() {
    let mut world = drifted();
    let quiet = baseline(&world);
    new_release(&mut world);
    let told = look(&world, &quiet).unwrap().after;

    // One environment less is no news.
    world.environments().remove(1);
    let fewer = look(&world, &told).unwrap();
    assert_eq!(fewer.notice, None);

    let mut well = World::new();
    well.ours("ami-ours", BASE_451, 0);
    well.environment("shop-blue", "4.5.1", "ami-ours");
    let over = look(&well, &fewer.after).unwrap();
    let notice = WrittenNotice::of_notice(&over.notice.clone().unwrap());
    assert_eq!(notice.event, NoticeEvent::Resolved);
    assert_eq!(Some(&notice.facts["resolves"]), told.notice.as_ref());
    assert_eq!(look(&well, &over.after), None, "it is over once");
    assert_eq!(event(look(&well, &quiet).as_ref()), None, "nobody was told");

    // The same again is another event: it has another key.
    let again = look(&world, &over.after).unwrap().notice.unwrap();
    assert_eq!(again.event(), NoticeEvent::Drift);
    assert_ne!(Some(&again.key), told.notice.as_ref());
}

/// A drift as it is told, and its end.
pub(super) fn told_and_over() -> Vec<Notice> {
    let drifting = look(&drifted(), &ToldDrift::default()).unwrap();
    let mut well = World::new();
    well.ours("ami-ours", BASE_451, 0);
    let over = look(&well, &drifting.after).unwrap();
    drifting.notice.into_iter().chain(over.notice).collect()
}

/// What cannot be read, in words and in deed.
type Blindfold = (&'static str, fn(&mut World));

/// Whatever cannot be read of a look, in each way that compare can see it.
fn blindfolds() -> [Blindfold; 5] {
    [
        ("one environment", |world| {
            world.environments()[0].settings = Seen::Unreachable(trouble("settings"));
        }),
        ("every environment", |world| {
            for one in world.environments() {
                one.settings = Seen::Unreachable(trouble("settings"));
            }
        }),
        ("the list", |world| {
            world.sighting.environments = Seen::Unreachable(trouble("the environments"));
        }),
        ("the release", |world| {
            world.seen.release = Seen::Unreachable(trouble("release"));
        }),
        ("our images", |world| {
            world.seen.ours = Seen::Unreachable(trouble("images"));
        }),
    ]
}

#[test]
fn a_partial_look_and_the_whole_one_after_it_make_one_notice() {
    for (what, blindfold) in blindfolds() {
        let mut world = drifted();
        let mut known = baseline(&world);
        new_release(&mut world);
        let mut partial = world.clone();
        blindfold(&mut partial);
        let mut told = 0;
        for seen in [&partial, &partial, &world, &partial, &world] {
            if let Some(news) = look(seen, &known) {
                told += u32::from(news.notice.is_some());
                known = news.after;
            }
        }
        assert_eq!(told, 1, "{what}");
    }
}

#[test]
fn a_partial_first_look_is_a_baseline_all_the_same() {
    for (what, blindfold) in blindfolds() {
        let world = drifted();
        let mut partial = world.clone();
        blindfold(&mut partial);
        let mut known: Option<ToldDrift> = None;
        for seen in [&partial, &world, &partial, &world] {
            if let Some(news) = news(seen, known.as_ref()) {
                assert_eq!(news.notice, None, "{what}");
                known = Some(news.after);
            }
        }
        assert!(known.is_some(), "{what}");
    }
}

#[test]
fn a_partial_look_gives_no_all_clear() {
    for (what, blindfold) in blindfolds() {
        let mut world = drifted();
        let quiet = baseline(&world);
        new_release(&mut world);
        let told = look(&world, &quiet).unwrap().after;
        let mut well = World::new();
        well.ours("ami-ours", BASE_451, 0);
        well.environment("shop-blue", "4.5.1", "ami-ours");
        let mut partial = well.clone();
        blindfold(&mut partial);
        let unclear = look(&partial, &told);
        assert_eq!(event(unclear.as_ref()), None, "{what}");
        let known = unclear.map_or(told, |news| news.after);
        let over = look(&well, &known);
        assert_eq!(event(over.as_ref()), Some(NoticeEvent::Resolved), "{what}");
    }
}

#[test]
fn what_changed_while_it_could_not_be_read_is_told() {
    let mut world = drifted();
    let known = baseline(&world);
    let mut partial = world.clone();
    partial.environments()[0].settings = Seen::Unreachable(trouble("settings"));
    let known = look(&partial, &known).map_or(known, |news| news.after);
    // Somebody has put shop-blue back on the stock image meanwhile.
    let blue = world.environments().remove(0);
    let platform = blue.environment.platform.unwrap();
    assert_eq!(platform, arn("4.5.0"));
    world.environment("shop-blue", "4.5.0", BASE_450);
    assert_eq!(
        event(look(&world, &known).as_ref()),
        Some(NoticeEvent::Drift)
    );
}

#[test]
fn a_notice_names_what_could_not_be_read() {
    let mut world = drifted();
    let known = baseline(&world);
    new_release(&mut world);
    world.environments()[1].settings = Seen::Unreachable(trouble("settings"));
    let notice = WrittenNotice::of_notice(&look(&world, &known).unwrap().notice.unwrap());
    let said = notice.body.split("Could not be read this time:\n").nth(1);
    assert!(
        said.is_some_and(|rest| rest.starts_with("- shop/shop-green\n")),
        "{}",
        notice.body
    );
}

#[test]
fn a_fleet_fits_into_a_record_of_the_store() {
    let mut world = drifted();
    for n in 0..1200 {
        world.environment(&format!("shop-{n}"), "4.5.0", "ami-ours");
    }
    let after = baseline(&world);
    let bytes = serde_json::to_string(&after).unwrap().len();
    assert!(bytes < 64 * 1024, "{bytes}");
    new_release(&mut world);
    let news = look(&world, &after).unwrap();
    assert_eq!(look(&world, &news.after), None);
    let notice = news.notice.unwrap();
    let bytes = serde_json::to_string(&notice).unwrap().len();
    assert!(bytes < 32 * 1024, "a notice is bounded too: {bytes}");
    let What::Drift(told) = &notice.what else {
        panic!("{notice:?}");
    };
    let (kept, more) = (told.environments.first.len(), told.environments.more);
    assert_eq!(kept, FirstOf::<String>::MAX);
    assert!(more > 1200, "{more} left out");
    let words = WrittenNotice::of_notice(&notice).body;
    assert!(words.contains(&format!("- and {more} more\n")), "{words}");
}

/// What is told to be pasted arrives whole, in mail and in chat.
#[test]
fn a_notice_carries_the_commands_that_move_what_is_behind() {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    for n in 1..=5 {
        world.environment(&format!("shop-{n}"), "4.5.0", BASE_450);
    }
    let notice = notice(&world).unwrap();
    let moves = notice.commands.iter().map(|one| one.command.as_str());
    let moves: Vec<&str> = moves.filter(|one| one.starts_with("aws ")).collect();
    assert_eq!(moves.len(), 3, "{moves:?}");
    let body = WrittenNotice::of_notice(&notice).body;
    let chat = crate::outbox::blocks(&notice, false).to_string();
    for command in moves {
        let said = ["--region eu-west-1", "/4.5.1'", "Value=ami-ours"];
        assert!(said.iter().all(|word| command.contains(word)), "{command}");
        assert!(body.contains(&format!("  {command}\n")), "{body}");
        assert!(chat.contains(&format!("`{command}`")), "{chat}");
    }
}
