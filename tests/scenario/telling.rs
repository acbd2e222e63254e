//! Notices: never lost, told once, and without what is nobody's business.

use std::time::Duration;

use sim::{FaultKind, FaultRule};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::RECIPE_WORD;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_topic_that_is_down_gets_its_notices_later_and_each_once() {
    for kind in [
        FaultKind::Http5xx,
        FaultKind::Throttle,
        FaultKind::Denied,
        FaultKind::DropBeforeEffect,
        FaultKind::TimeoutBeforeEffect,
    ] {
        paused(async || {
            let life = Life::brisk();
            life.account.fault(FaultRule::new(kind).on("sns:Publish"));
            let passed = life.pass().await;
            assert!(passed.delivered.next_at.is_some());
            assert_eq!(
                life.verified().len(),
                1,
                "telling does not hold up the bake"
            );
            for _ in 0..5 {
                life.wait(HOUR).await;
                life.pass().await;
            }
            assert_eq!(life.heard_events(), [""; 0]);
            life.account.clear_faults();
            life.wait(HOUR).await;
            life.until_settled().await;
            assert_eq!(life.heard_events(), ["baked", "drift"]);
            life.each_notice_came_once();
        });
    }
}

#[test]
fn a_notice_whose_answer_was_lost_comes_again_under_the_same_key() {
    paused(async || {
        let life = Life::brisk();
        let lost = FaultRule::new(FaultKind::TimeoutAfterEffect).on("sns:Publish");
        life.account.fault(lost.times(1));
        life.until_settled().await;
        assert_eq!(life.heard().len(), 3);
        assert_eq!(life.heard_keys().len(), 2);
    });
}

#[test]
fn a_recipe_whose_checks_pass_on_the_untouched_base_is_called_redundant_once() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast {
            builder: Day::QuickRedundant,
            boot_test: Day::Quick,
        });
        life.until_settled().await;
        life.release("4.5.1");
        life.until_settled().await;
        assert_eq!(life.verified().len(), 2);
        let heard = life.heard_events();
        let redundant = heard.iter().filter(|event| *event == "redundant");
        assert_eq!(redundant.count(), 1, "{heard:?}");
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn no_message_carries_a_credential_or_the_recipe() {
    paused(async || {
        let life = Life::brisk();
        let mut said = String::new();
        for day in [Day::FailsChecks, Day::Garbage, Day::Quick] {
            life.guests(Cast::both(day));
            let passed = life.pass().await;
            said += &format!("{:?}", passed.items);
            for (_, ended) in &passed.bakes {
                said += &match ended {
                    Ok(ended) => format!("{:?}", ended.failure()),
                    Err(error) => format!("{error:?}"),
                };
            }
            life.wait(2 * HOUR).await;
        }
        life.account.deny("ec2:*");
        said += &format!("{:?}", life.check().await);
        said += &format!("{:?}", life.heard());
        assert!(said.contains("amiwatch"), "there is something to look at");
        for secret in [RECIPE_WORD, "keep-me-secret", "AKIDEXAMPLE"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    });
}

#[test]
fn what_a_guest_prints_reaches_no_message_raw() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::Hostile));
        life.pass().await;
        let heard = life.heard();
        assert!(heard.iter().any(|one| one.body.contains("all is well")));
        for one in heard {
            let steers = crate::common::guest::steers;
            assert!(!steers(&one.subject) && !steers(&one.body), "{one:?}");
            for line in one.body.lines() {
                assert!(
                    !line.starts_with("[amiwatch] all is well"),
                    "a forged line: {}",
                    one.body
                );
            }
        }
        life.promises_hold();
    });
}
