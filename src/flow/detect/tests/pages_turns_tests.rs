//! A survey by pages over time: whatever happens to environments, and what it costs for how many.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use sim::{Edit, Timing};

use super::pages_tests::{PAGES, ancient, rows, spec, told_by_pages};
use super::*;

/// Somebody gave the group another image, replaced the instances, and then Elastic Beanstalk updated
/// something else: no page shows that the settings say otherwise. What is told is what runs, and what the
/// next instance will run.
#[tokio::test(start_paused = true)]
async fn what_was_made_by_hand_before_the_last_update_is_told_as_it_runs() {
    let town = Town::in_virtual_time();
    let other = town.custom(Some(&town.base["4.4.0"]));
    for name in ["a", "b", "c", "d"] {
        town.at().environment(spec(name)).unwrap();
    }
    town.pass(1).await;
    town.change("a", EnvironmentChange::GroupImage(other.clone()));
    town.replace("a", 1);
    town.pass(10).await;
    let before = town.by_pages().await;
    assert!(!told_by_pages(&before).contains("a"));
    town.change("a", EnvironmentChange::Deploy("v2".to_owned()));
    town.pass(60).await;
    let pages = rows(&town.by_pages().await, &[]);
    assert_eq!(pages["a"]["image_id"], other);
    let settings = rows(&town.by_settings().await, &[]);
    assert_eq!(settings["a"]["image_id"], town.base["4.5.1"]);
    let behind = &settings["a"]["reasons"][0];
    assert_eq!(behind["code"], "INSTANCES_BEHIND", "settings are behind");
}

/// So few are asked one by one, which costs no more and tells their stored options.
#[tokio::test(start_paused = true)]
async fn three_environments_are_read_one_by_one() {
    let town = Town::in_virtual_time();
    let hand = town.custom(Some(&town.base["4.5.1"]));
    for name in ["a", "b", "c"] {
        let spec = spec(name).managed_actions().image(&hand);
        town.at().environment(spec).unwrap();
    }
    let pages = town.by_pages().await;
    assert_eq!(told_by_pages(&pages), BTreeSet::new());
    assert_eq!(town.asked("ec2:DescribeInstances"), 1);
    assert_eq!(town.asked("autoscaling:DescribeAutoScalingGroups"), 0);
    let settings = town.by_settings().await;
    assert_eq!(rows(&pages, &[]), rows(&settings, &[]));
    town.at().environment(spec("d")).unwrap();
    let pages = town.by_pages().await;
    assert_eq!(told_by_pages(&pages).len(), 4);
    let said = survey(&[pages]).options_unread().unwrap();
    assert!(said.contains("in 3 environments"), "{said}");
}

/// Without environments there is nothing to ask about.
#[tokio::test(start_paused = true)]
async fn a_region_without_environments_costs_no_page() {
    let town = Town::in_virtual_time();
    town.by_pages().await;
    for (page, _) in PAGES {
        assert_eq!(town.asked(page), 0, "{page}");
    }
}

#[tokio::test]
async fn a_thousand_environments_cost_pages() {
    let town = Town::new();
    town.thousand_environments();
    let pages = town.by_pages().await;
    assert_eq!(told_by_pages(&pages).len(), 1000);
    assert_eq!(pages.troubles, []);
    let counters = town.account.counters();
    assert!(counters.calls <= 60, "{:?}", counters.by_operation);
    assert!(counters.max_in_flight <= 16);
    assert_eq!(
        town.asked("elasticbeanstalk:DescribeConfigurationSettings"),
        0
    );
}

/// What a person waits for, wherever AWS is quick: the list, the longest row of pages (those of the newest launch
/// templates), and the images.
#[tokio::test(start_paused = true)]
async fn a_thousand_environments_are_seven_calls_in_a_row() {
    let town = Town::in_virtual_time();
    town.thousand_environments();
    town.pass(60).await;
    town.account.set_timing(Timing {
        latency: Duration::from_secs(1),
        ..Timing::default()
    });
    let begun = town.clock.now();
    assert_eq!(told_by_pages(&town.by_pages().await).len(), 1000);
    assert_eq!((town.clock.now() - begun).num_seconds(), 7);
    assert_eq!(town.asked(PAGES[0].0), 10);
}

/// Something that happens to one environment.
#[derive(Debug, Clone)]
enum Turn {
    Image(usize),
    Stock,
    Version(usize),
    Ready(bool),
    Draft,
    Scale(u32),
    Replaced,
    Edit(usize),
    Deploy,
    ByHand(usize),
}

const VERSIONS: [&str; 3] = ["4.4.0", "4.5.0", "4.5.1"];
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn turn() -> impl Strategy<Value = (u64, usize, Turn)> {
    let turn = prop_oneof![
        2 => (0..3_usize).prop_map(Turn::Image),
        1 => Just(Turn::Stock),
        2 => (0..3_usize).prop_map(Turn::Version),
        1 => any::<bool>().prop_map(Turn::Ready),
        1 => Just(Turn::Draft),
        3 => (0..4_u32).prop_map(Turn::Scale),
        2 => Just(Turn::Replaced),
        3 => (0..3_usize).prop_map(Turn::Edit),
        1 => Just(Turn::Deploy),
        2 => (0..3_usize).prop_map(Turn::ByHand),
    ];
    (0..40_u64, 0..NAMES.len(), turn)
}

fn take_turn(town: &Town, hands: &[String], name: &str, turn: &Turn) {
    let change = match turn {
        Turn::Image(at) => EnvironmentChange::Image(hands[*at].clone()),
        Turn::Stock => EnvironmentChange::StockImage,
        Turn::Version(at) => EnvironmentChange::Version(VERSIONS[*at].to_owned()),
        Turn::Ready(true) => EnvironmentChange::Status("Ready".to_owned()),
        Turn::Ready(false) => EnvironmentChange::Status("Updating".to_owned()),
        Turn::Draft => EnvironmentChange::FailedImage(hands[0].clone()),
        Turn::Scale(count) => EnvironmentChange::Scale(*count),
        Turn::Replaced => return town.replace(name, 2),
        Turn::Edit(at) => EnvironmentChange::Edit(Edit {
            image: Some(hands[*at].clone()),
            ..Edit::default()
        }),
        Turn::Deploy => EnvironmentChange::Deploy("v2".to_owned()),
        Turn::ByHand(at) => EnvironmentChange::GroupImage(hands[*at].clone()),
    };
    town.change(name, change);
}

/// Whatever happens, pages say what settings say; where somebody gave a group another image by hand and
/// Elastic Beanstalk has updated the environment since, they say what all instances run.
async fn same_by_both(turns: Vec<(u64, usize, Turn)>) -> Result<(), TestCaseError> {
    let town = Town::in_virtual_time();
    let hands: Vec<String> = VERSIONS
        .map(|version| town.custom(Some(&town.base[version])))
        .into();
    let of = [
        spec("a"),
        spec("b").immutable(),
        ancient("c"),
        spec("d").rolling_by_health().between(2, 4).instances(2),
        spec("e").option("aws:ec2:instances", "EnableSpot", "true"),
    ];
    for spec in of {
        town.at().environment(spec).unwrap();
    }
    let mut by_hand = BTreeSet::new();
    for (minutes, which, turn) in turns {
        take_turn(&town, &hands, NAMES[which], &turn);
        if matches!(turn, Turn::ByHand(_)) {
            by_hand.insert(NAMES[which].to_owned());
        }
        town.pass(minutes).await;
        let sighting = town.by_pages().await;
        let (pages, mut settings) = (rows(&sighting, &[]), rows(&town.by_settings().await, &[]));
        for seen in sighting.environments.known().unwrap() {
            let name = &seen.environment.target.environment;
            if pages[name] == settings[name] || !by_hand.contains(name) {
                continue;
            }
            let running = seen.running.as_ref().unwrap().known().unwrap();
            let mut serving = running.iter().filter(|one| !one.ends);
            let told = pages[name]["image_id"].as_str().unwrap();
            prop_assert!(serving.all(|one| one.image.as_str() == told), "{name}");
            settings.insert(name.clone(), pages[name].clone());
        }
        prop_assert_eq!(pages, settings, "after {:?}", turn);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    #[test]
    fn whatever_happens_pages_say_what_settings_say(
        turns in prop::collection::vec(turn(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(same_by_both(turns))?;
    }
}
