//! A look at a thousand environments in an account that limits the rate, in virtual time: how long it
//! takes, how often it is throttled, and that no answer gets lost.

use std::time::Duration;

use sim::{Rate, Throttling, Timing};

use super::tests::Town;
use super::*;
use crate::cloud::Pace;
use crate::model::sighting::DeployedSettings;

/// One bucket over all of Elastic Beanstalk, and 20 ms a call.
fn limit(town: &Town, burst: f64, per_second: f64) {
    town.account.set_timing(Timing {
        latency: Duration::from_millis(20),
        ..Timing::default()
    });
    town.account.set_throttling(Throttling {
        beanstalk_all: Some(Rate::new(burst, per_second)),
        ..Throttling::default()
    });
}

fn settings_read(sighting: &Sighting) -> usize {
    let environments = sighting.environments.known().into_iter().flatten();
    let known: Vec<&DeployedSettings> = environments
        .filter_map(|seen| seen.settings.known())
        .collect();
    known.len()
}

#[tokio::test(start_paused = true)]
async fn a_survey_takes_little_longer_than_the_limit_makes_it() {
    let town = Town::in_virtual_time();
    town.thousand_environments();
    // (burst, calls a second, the most seconds, the most throttles)
    for (burst, per_second, most_s, throttled) in [(100.0, 50.0, 23.0, 60), (20.0, 20.0, 58.0, 90)]
    {
        limit(&town, burst, per_second);
        let cloud = town.door(Pace::Eager);
        town.account.clear_ledger();
        let began = town.clock.now();
        let sighting = sight(&cloud, &town.clock, &LookScope::everything()).await;
        let took = (town.clock.now() - began).as_seconds_f64();
        assert_eq!(sighting.troubles, []);
        assert_eq!(settings_read(&sighting), 1000);
        assert!(took <= most_s, "{took} s at {per_second} a second");
        let calls = cloud.calls();
        assert!((1..throttled).contains(&calls.throttled()), "{calls:?}");
        assert_eq!(
            calls.sent(),
            town.account.counters().calls,
            "every attempt is counted"
        );
        assert!(town.account.counters().max_in_flight <= 16);
    }
}

#[tokio::test(start_paused = true)]
async fn a_steady_pace_is_never_throttled_by_what_allows_it() {
    let town = Town::in_virtual_time();
    for n in 0..40 {
        town.environment(&format!("shop-{n}"), "4.5.1");
    }
    limit(&town, 5.0, 5.0);
    let cloud = town.door(Pace::Steady {
        calls_per_second: 5,
    });
    let began = town.clock.now();
    let sighting = sight(&cloud, &town.clock, &LookScope::everything()).await;
    let took = (town.clock.now() - began).as_seconds_f64();
    assert_eq!(settings_read(&sighting), 40);
    // 43 calls of one bucket: 5 at once, and 38 at 5 a second.
    assert!((7.5..8.5).contains(&took), "{took} s");
    assert!(cloud.calls().throttled() <= 1, "{:?}", cloud.calls());
}

#[tokio::test(start_paused = true)]
async fn what_stays_throttled_is_reported_and_not_lost() {
    let town = Town::in_virtual_time();
    for n in 0..8 {
        town.environment(&format!("shop-{n}"), "4.5.1");
    }
    limit(&town, 5.0, 0.0);
    let sighting = sight(&town.cloud, &town.clock, &LookScope::everything()).await;
    let environments = sighting.environments.known().unwrap();
    let told = environments
        .iter()
        .filter(|seen| seen.settings.trouble().is_some());
    assert_eq!(settings_read(&sighting) + told.count(), 8);
    assert!(!sighting.troubles.is_empty());
}
