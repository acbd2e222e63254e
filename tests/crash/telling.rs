//! Telling a chat, stopped everywhere: nothing is lost, and what may be there twice says so.

use std::collections::BTreeMap;
use std::time::Duration;

use super::points::Points;
use super::sweep::{Act, AtStop, Form, Store, Story, every_point, nothing};
use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::world::{self, CONFIG, TEAM};

fn team() -> Life {
    let life = Life::with_config(&format!("{CONFIG}{TEAM}"));
    life.account.set_timing(world::brisk());
    life.guests(Cast::both(Day::Quick));
    life
}

/// Slack has every notice that the topic has; a message that came before says that it comes again.
fn nothing_is_lost_and_repeats_say_so(life: &Life, _: &AtStop) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (key, again) in life.slack.keys().into_iter().zip(life.slack.said_again()) {
        let times = seen.entry(key.clone()).or_default();
        *times += 1;
        assert!(*times == 1 || again, "{key} came again and did not say so");
        assert!(*times <= 2, "{key} came {times} times");
    }
    let keys: Vec<String> = seen.into_keys().collect();
    let heard: Vec<String> = life.heard_keys().into_iter().collect();
    assert_eq!(keys, heard);
}

#[test]
fn a_chat_loses_nothing_to_a_stop_anywhere_and_is_told_what_it_may_have_read() {
    let story = Story {
        begin: team,
        before: nothing,
        act: Act::Pass,
        points: Points::Every,
        dead_for: Duration::from_secs(10),
        meanwhile: |_| {},
        proof: nothing_is_lost_and_repeats_say_so,
        proof_after_loss: nothing_is_lost_and_repeats_say_so,
    };
    every_point(story, Form::Stopped(Store::Kept), 1);
}
