//! What earlier looks read changes what a look costs and never what it sees.

use chrono::TimeDelta;
use proptest::prelude::*;
use sim::{EnvironmentChange, EnvironmentSpec, FaultKind, FaultRule};

use super::tests::{BRANCH, Town, beanstalk};
use super::*;
use crate::model::ids::Architecture;

const HOUR: TimeDelta = TimeDelta::hours(1);

async fn wait(town: &Town, by: TimeDelta) {
    town.clock.sleep(by.to_std().unwrap()).await;
}

/// A look that believes this; what may be believed after it.
async fn look(town: &Town, recall: &Recall) -> (Sighting, Recall) {
    let look = LookScope {
        recall: recall.clone(),
        ..LookScope::everything()
    };
    let sighting = town.look(&look).await;
    let after = recall.after(&sighting);
    (sighting, after)
}

fn count(town: &Town, operation: &str) -> u64 {
    let calls = town.calls();
    calls
        .get(&format!("elasticbeanstalk:{operation}"))
        .copied()
        .unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn the_next_look_at_a_thousand_environments_is_a_dozen_calls() {
    let town = Town::in_virtual_time();
    town.thousand_environments();
    wait(&town, HOUR).await;
    let (first, recall) = look(&town, &Recall::default()).await;
    let cold = town.account.counters().calls;
    wait(&town, HOUR).await;
    let (mut second, after) = look(&town, &recall).await;
    let warm = town.account.counters().calls;
    assert!(cold > 1000 && warm <= 5, "{cold} calls, then {warm}");
    assert_eq!(after, recall, "and there is nothing to write");
    second.at = first.at;
    assert_eq!(second, first);
    // After a day everything was read again.
    wait(&town, HOUR * 23).await;
    look(&town, &recall).await;
    assert_eq!(count(&town, "DescribeConfigurationSettings"), 1000);
    assert_eq!(count(&town, "DescribePlatformVersion"), 20);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_read_again_over_half_a_day() {
    let town = Town::in_virtual_time();
    for n in 0..200 {
        town.environment(&format!("shop-{n}"), "4.5.1");
    }
    wait(&town, HOUR).await;
    let (_, mut recall) = look(&town, &Recall::default()).await;
    let mut again = Vec::new();
    for _ in 0..24 {
        wait(&town, HOUR).await;
        let (_, after) = look(&town, &recall).await;
        recall = after;
        again.push(count(&town, "DescribeConfigurationSettings"));
    }
    assert_eq!(again[..11], [0; 11], "none for half a day: {again:?}");
    assert_eq!(
        again[..24].iter().sum::<u64>(),
        200,
        "each once a day: {again:?}"
    );
    assert!(
        again.iter().all(|count| *count < 45),
        "never all at once: {again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_change_costs_one_question() {
    let town = Town::in_virtual_time();
    let hand = town.custom(Some(&town.base["4.4.0"]));
    for n in 0..20 {
        town.environment(&format!("shop-{n}"), "4.5.1");
    }
    wait(&town, HOUR).await;
    let (_, recall) = look(&town, &Recall::default()).await;
    let change = EnvironmentChange::Image(hand.clone());
    town.at().change_environment("shop-7", change).unwrap();
    let (sighting, recall) = look(&town, &recall).await;
    assert_eq!(count(&town, "DescribeConfigurationSettings"), 1);
    let seen = sighting.environments.known().unwrap().iter();
    let images = seen.filter_map(|seen| seen.settings.known()?.image.clone());
    assert_eq!(images.filter(|image| image.as_str() == hand).count(), 1);
    // So young a change is asked about until it has settled.
    look(&town, &recall).await;
    assert_eq!(count(&town, "DescribeConfigurationSettings"), 1);
    wait(&town, HOUR).await;
    let (_, recall) = look(&town, &recall).await;
    look(&town, &recall).await;
    assert_eq!(count(&town, "DescribeConfigurationSettings"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_branch_recommends_is_asked_each_time() {
    let town = Town::in_virtual_time();
    town.environment("shop-blue", "4.5.1");
    wait(&town, HOUR).await;
    let (_, recall) = look(&town, &Recall::default()).await;
    assert_eq!(recall.platforms.len(), 1);
    town.at()
        .release(sim::Release::new(BRANCH, "4.6.0"))
        .unwrap();
    let (sighting, recall) = look(&town, &recall).await;
    let recommended = sighting.recommended[BRANCH].known().unwrap();
    assert_eq!(recommended.version, "4.6.0");
    assert_eq!(count(&town, "DescribePlatformVersion"), 1, "the new one");
    look(&town, &recall).await;
    assert_eq!(count(&town, "DescribePlatformVersion"), 0);
    // A base without environments is recalled as well.
    let bases = vec![Base {
        source: beanstalk(),
        architecture: Architecture::X86_64,
    }];
    let only = LookScope {
        environments: Which::Matching(Vec::new()),
        bases,
        recall,
        ..LookScope::everything()
    };
    town.look(&only).await;
    assert_eq!(count(&town, "DescribePlatformVersion"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_come_is_not_made_up_from_memory() {
    let town = Town::in_virtual_time();
    town.environment("shop-blue", "4.5.1");
    wait(&town, HOUR).await;
    let (_, recall) = look(&town, &Recall::default()).await;
    let fault = FaultRule::new(FaultKind::Http5xx).on("elasticbeanstalk:DescribeEnvironments");
    town.account.fault(fault);
    let (sighting, after) = look(&town, &recall).await;
    assert!(sighting.environments.trouble().is_some());
    assert_eq!(after.settings, recall.settings);
}

/// Something that happens to one of the environments, or to none.
#[derive(Debug, Clone)]
enum Turn {
    Nothing,
    Image(usize),
    Stock,
    Version(usize),
    Status(bool),
    Draft(bool),
    Drafts,
    Replaced,
}

const VERSIONS: [&str; 3] = ["4.4.0", "4.5.0", "4.5.1"];
const NAMES: [&str; 3] = ["shop-blue", "shop-green", "worker"];

fn turn() -> impl Strategy<Value = (i64, usize, Turn)> {
    let turn = prop_oneof![
        4 => Just(Turn::Nothing),
        3 => (0..VERSIONS.len()).prop_map(Turn::Image),
        1 => Just(Turn::Stock),
        2 => (0..VERSIONS.len()).prop_map(Turn::Version),
        2 => any::<bool>().prop_map(Turn::Status),
        1 => any::<bool>().prop_map(Turn::Draft),
        1 => Just(Turn::Drafts),
        1 => Just(Turn::Replaced),
    ];
    // From seconds to more than a day between two looks.
    let minutes = prop_oneof![0..12_i64, 30..600_i64, 1400..1700_i64];
    (minutes, 0..NAMES.len(), turn)
}

fn take_turn(town: &Town, hands: &[String], name: &str, turn: &Turn) {
    let ready = |ready: bool| if ready { "Ready" } else { "Updating" }.to_owned();
    let change = match turn {
        Turn::Nothing => return,
        Turn::Image(at) => EnvironmentChange::Image(hands[*at].clone()),
        Turn::Stock => EnvironmentChange::StockImage,
        Turn::Version(at) => EnvironmentChange::Version(VERSIONS[*at].to_owned()),
        Turn::Status(is) => EnvironmentChange::Status(ready(*is)),
        Turn::Draft(true) => EnvironmentChange::PendingImage(hands[0].clone()),
        Turn::Draft(false) => EnvironmentChange::FailedImage(hands[0].clone()),
        Turn::Drafts => EnvironmentChange::NoDrafts,
        Turn::Replaced => EnvironmentChange::Terminated,
    };
    town.at().change_environment(name, change).unwrap();
    if matches!(turn, Turn::Replaced) {
        let spec = EnvironmentSpec::new("shop", name, BRANCH).image(&hands[1]);
        // A name is free for another environment as soon as the first is gone.
        drop(town.at().environment(spec));
    }
}

/// Two looks after each turn, one of which believes what the looks before have read.
async fn same_with_and_without(turns: Vec<(i64, usize, Turn)>) -> Result<(), TestCaseError> {
    let town = Town::in_virtual_time();
    let hands: Vec<_> = VERSIONS
        .map(|version| town.custom(Some(&town.base[version])))
        .into();
    for name in NAMES {
        town.environment(name, "4.5.0");
    }
    let mut recall = Recall::default();
    for (minutes, which, turn) in turns {
        take_turn(&town, &hands, NAMES[which], &turn);
        wait(&town, TimeDelta::minutes(minutes)).await;
        let (mut recalling, after) = look(&town, &recall).await;
        let (fresh, _) = look(&town, &Recall::default()).await;
        recalling.at = fresh.at;
        prop_assert_eq!(recalling, fresh, "after {:?}", turn);
        recall = after;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_look_that_recalls_sees_what_a_fresh_one_sees(
        turns in prop::collection::vec(turn(), 1..16),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(same_with_and_without(turns))?;
    }
}
