//! Slack as a receiver: on good days, on bad ones, and when it says no for good.

use std::time::Duration;

use amiwatch::outbox;
use amiwatch::store::records;
use chrono::TimeDelta;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::slack::{HOOK_WORD, Mood};
use crate::common::world::{self, CONFIG, RECIPE_WORD, TEAM};

const HOUR: Duration = Duration::from_secs(3600);

/// A brisk life whose team is told by Slack, beside the topic.
fn team() -> Life {
    let life = Life::with_config(&format!("{CONFIG}{TEAM}"));
    life.account.set_timing(world::brisk());
    life.guests(Cast::both(Day::Quick));
    life
}

/// Slack has every notice that the topic has, each once.
fn slack_has_each_once(life: &Life) {
    let mut keys = life.slack.keys();
    keys.sort();
    let heard: Vec<String> = life.heard_keys().into_iter().collect();
    assert_eq!(keys, heard);
}

#[test]
fn a_team_reads_what_the_topic_is_told_each_once_and_no_secret() {
    paused(async || {
        let life = team();
        life.until_settled().await;
        let headers = life.slack.headers();
        assert_eq!(headers.len(), 2, "{headers:?}");
        assert!(headers[0].starts_with("shop: baked ami-"), "{headers:?}");
        assert!(headers[1].starts_with("shop: image ami-"), "{headers:?}");
        assert_eq!(life.slack.said_again(), [false, false]);
        slack_has_each_once(&life);
        let said = format!("{:?}{:?}", life.slack.posts(), life.heard());
        for secret in [RECIPE_WORD, HOOK_WORD, "keep-me-secret"] {
            assert!(!said.contains(secret), "{secret}");
        }
    });
}

#[test]
fn bad_days_of_slack_delay_a_message_and_neither_lose_nor_repeat_it() {
    for moods in [
        vec![Mood::Says(500, "rollup_error")],
        vec![Mood::Says(503, ""), Mood::Silent, Mood::Says(502, "")],
        vec![Mood::Throttles(7)],
        vec![Mood::Throttles(40), Mood::Throttles(90)],
    ] {
        paused(async || {
            let life = team();
            life.slack.moods(moods.clone());
            life.until_settled().await;
            assert_eq!(life.slack.posts().len(), 2, "{moods:?}");
            slack_has_each_once(&life);
            life.each_notice_came_once();
        });
    }
}

#[test]
fn slack_s_word_on_when_to_come_back_is_kept_for_every_message() {
    paused(async || {
        let life = team();
        life.guests(Cast {
            builder: Day::QuickRedundant,
            boot_test: Day::Quick,
        });
        life.slack.moods([Mood::Throttles(50)]);
        life.until_settled().await;
        let times = life.slack.requests();
        assert!(times[1] - times[0] >= TimeDelta::seconds(50), "{times:?}");
        slack_has_each_once(&life);
    });
}

#[test]
fn messages_of_one_moment_keep_slack_s_pace() {
    paused(async || {
        let life = team();
        life.guests(Cast {
            builder: Day::QuickRedundant,
            boot_test: Day::Quick,
        });
        life.pass().await;
        let posts = life.slack.posts();
        assert_eq!(posts.len(), 2, "baked, and the recipe may not be needed");
        assert!(posts[1].at - posts[0].at >= TimeDelta::seconds(1));
    });
}

#[test]
fn a_message_whose_answer_was_lost_comes_again_and_says_so() {
    paused(async || {
        let life = team();
        life.slack.moods([Mood::AnswerLost]);
        life.until_settled().await;
        let keys = life.slack.keys();
        assert_eq!(keys.len(), 3, "{keys:?}");
        assert_eq!(keys[0], keys[1]);
        assert_eq!(life.slack.said_again(), [false, true, false]);
    });
}

#[test]
fn what_slack_refuses_is_given_up_with_a_next_step_and_sent_when_asked() {
    for (status, word, step) in [
        (404, "no_service", "make another one"),
        (410, "channel_is_archived", "bring the channel back"),
        (403, "action_prohibited", "ask its administrators"),
        (400, "invalid_blocks", "please report"),
        (302, "", "a redirect, which is not followed"),
    ] {
        paused(async || {
            let life = team();
            life.slack.always(Some(Mood::Says(status, word)));
            life.until_settled().await;
            for _ in 0..3 {
                life.wait(24 * HOUR).await;
                life.pass().await;
            }
            assert_eq!(life.slack.requests().len(), 2, "{word}: one try for each");
            assert_eq!(life.heard().len(), 2, "{word}: the topic has both");
            let waiting = records::outbox_notices(&life.store()).await.unwrap();
            assert_eq!(waiting.len(), 2);
            for one in waiting {
                let team = &one.to["team"];
                let why = team.last_why.as_deref().unwrap();
                assert!(team.dead && why.contains(step), "{why}");
                assert!(!why.contains(HOOK_WORD), "{why}");
            }

            life.slack.always(None);
            let now = life.clock.now();
            let done = outbox::revive_dead(&life.store(), now).await.unwrap();
            assert_eq!(done.revived.len(), 2);
            life.until_settled().await;
            slack_has_each_once(&life);
            assert_eq!(
                life.slack.said_again(),
                [false, false],
                "they never arrived"
            );
        });
    }
}
