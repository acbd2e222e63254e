//! What happened, in order, and in words that the chronicle alone can give.

use super::*;
use crate::flow::test_world::{BASE_450, BASE_451, World, now};
use chrono::TimeDelta;

fn seen(world: &World) -> SeenEntry {
    SeenEntry::of_item(&world.plan())
}

fn chronicle(entries: Vec<Entry>) -> Vec<Chronicle> {
    vec![Chronicle {
        watch: "1/eu-west-1/shop".to_owned(),
        entries,
        last_seen: None,
    }]
}

fn at(minutes: i64, what: EntryWhat) -> Entry {
    Entry {
        at: now() + TimeDelta::minutes(minutes),
        what,
    }
}

const ALL: Window = Window {
    limit: 100,
    since: None,
};

fn lines(told: &ToldEntry) -> &[String] {
    match &told.what {
        ToldWhat::Seen { changed, .. } => changed,
        other => panic!("{other:?}"),
    }
}

/// A watch in step on 4.5.0; then 4.5.1 comes out; then one environment is gone.
fn story() -> Vec<Chronicle> {
    let mut world = World::new();
    world.recommend("4.5.0");
    world.ours("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    world.environment("shop-green", "4.5.0", BASE_450);
    let first = seen(&world);
    world.recommend("4.5.1");
    let second = seen(&world);
    world.environments().pop();
    let third = seen(&world);
    chronicle(vec![
        at(0, EntryWhat::Seen(first)),
        at(15, EntryWhat::Seen(second)),
        at(30, EntryWhat::Seen(third)),
    ])
}

#[test]
fn each_entry_says_what_is_new_in_it() {
    let history = history(&story(), ALL);
    let said: Vec<_> = history.entries.iter().map(lines).collect();
    assert_eq!(
        said[0],
        [
            &*format!("release 4.5.0 ({BASE_450})"),
            "image ami-ours",
            "shop/shop-blue: image ami-ours",
            &*format!("shop/shop-green: image {BASE_450}"),
            "shop/shop-green: +NOT_ON_NEWEST +STOCK",
        ]
    );
    assert_eq!(
        said[1],
        [
            &*format!("release 4.5.0 ({BASE_450}) -> 4.5.1 ({BASE_451})"),
            "+BASE_NEWER",
            "shop/shop-blue: +BASE_NEWER +PLATFORM_BEHIND",
            "shop/shop-green: +PLATFORM_BEHIND",
        ]
    );
    assert_eq!(said[2], ["shop/shop-green: not there any more"]);
}

#[test]
fn what_could_not_be_read_is_not_gone() {
    let mut world = World::new();
    world.recommend("4.5.0");
    world.ours("ami-ours", BASE_450, 0);
    world.environment("shop-blue", "4.5.0", "ami-ours");
    world.environment("shop-green", "4.5.0", "ami-ours");
    let well = seen(&world);
    let mut denied = well.clone();
    denied.codes = vec![ReasonCode::Denied];
    denied.targets.clear();
    let mut partly = well.clone();
    let green = partly.targets.get_mut("shop/shop-green").unwrap();
    green.image = None;
    green.codes = vec![ReasonCode::Unreachable];
    let list = history(
        &chronicle(vec![
            at(0, EntryWhat::Seen(well.clone())),
            at(15, EntryWhat::Seen(denied)),
            at(30, EntryWhat::Seen(well.clone())),
            at(45, EntryWhat::Seen(partly)),
            at(60, EntryWhat::Seen(well)),
        ]),
        ALL,
    );
    let said: Vec<&[String]> = list.entries.iter().map(lines).collect();
    assert_eq!(
        said[1],
        [
            "+DENIED",
            "shop/shop-blue: could not be read",
            "shop/shop-green: could not be read",
        ]
    );
    assert_eq!(
        said[3],
        [
            "shop/shop-green: image could not be read",
            "shop/shop-green: +UNREACHABLE",
        ]
    );
    assert_eq!(
        said[4],
        [
            "shop/shop-green: image ami-ours",
            "shop/shop-green: -UNREACHABLE",
        ]
    );
}

#[test]
fn a_window_keeps_the_newest_and_still_knows_what_changed() {
    let last = Window {
        limit: 1,
        since: None,
    };
    let cut = history(&story(), last);
    assert_eq!((cut.entries.len(), cut.omitted), (1, 2));
    assert_eq!(
        lines(&cut.entries[0]),
        ["shop/shop-green: not there any more"]
    );
    let since = Window {
        limit: 100,
        since: Some(now() + TimeDelta::minutes(15)),
    };
    assert_eq!(history(&story(), since).entries.len(), 2);
}

#[test]
fn a_bake_without_its_journal_is_still_told() {
    let baked = BakedEntry {
        journal: "bake/key/0001".to_owned(),
        release: ReleasePoint {
            image: BASE_451.into(),
            version: "4.5.1".to_owned(),
        },
        generation: 0,
        attempt: 1,
        image: Some("ami-new".into()),
        why: None,
        changes: None,
    };
    let list = history(
        &chronicle(vec![at(0, EntryWhat::Baked(baked.clone()))]),
        ALL,
    );
    assert_eq!(journals(&list), BTreeSet::from([baked.journal.clone()]));
    let told = with_stories(list, BTreeMap::new(), Vec::new());
    assert_eq!(told.entries[0].what, ToldWhat::Baked(baked));
}
