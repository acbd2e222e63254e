//! `proof = "ssm"`: the report is asked for over SSM Run Command, and the builder is stopped by us.

use std::time::Duration;

use amiwatch::model::tags;
use sim::{FaultKind, FaultRule, When};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{CONFIG, OVER_SSM, brisk};

fn over_ssm(day: Day) -> Life {
    let life = Life::with_config(&format!("{CONFIG}{OVER_SSM}"));
    life.account.set_timing(brisk());
    life.guests(Cast::both(day));
    life
}

fn one_image(life: &Life) {
    let [image] = &life.verified()[..] else {
        panic!("not one verified image: {:#?}", life.heard())
    };
    let told = format!("baked:{}", image.tags[tags::KEY]);
    assert!(life.heard_keys().contains(&told));
    life.promises_hold();
}

#[test]
fn a_bake_is_proved_without_any_console() {
    paused(async || {
        let life = over_ssm(Day::Quick);
        life.account.deny("ec2:GetConsoleOutput");
        life.until_settled().await;
        one_image(&life);
        life.no_launch_was_doubled();
        assert_eq!(life.effects_of("StopInstances"), 1, "it is stopped by us");
        // One question to hear the report, one to close it, for each of two guests; a few more while
        // SSM does not know a command yet.
        let asked = life.effects_of("SendCommand");
        assert!((3..=8).contains(&asked), "{asked} questions");
    });
}

#[test]
fn a_long_report_is_fetched_in_pieces() {
    paused(async || {
        let life = over_ssm(Day::Long);
        life.until_settled().await;
        one_image(&life);
        let ledger = life.account.ledger().into_iter();
        let sent = ledger.filter(|call| call.operation == "SendCommand");
        let scripts: Vec<String> = sent
            .map(|call| call.params["Parameters.commands.1"].clone())
            .collect();
        for piece in ["'1,90p'", "'91,180p'"] {
            assert!(
                scripts.iter().any(|script| script.contains(piece)),
                "{piece}"
            );
        }
    });
}

#[test]
fn a_guest_whose_agent_never_registers_is_given_up_and_the_word_says_why() {
    paused(async || {
        let life = over_ssm(Day::Hangs);
        life.pass().await;
        assert_eq!(life.verified().len(), 0);
        let told = life.heard_of("failed");
        assert!(
            told.body.contains("its SSM agent has not registered"),
            "{}",
            told.body
        );
        life.promises_hold();
    });
}

#[test]
fn what_a_guest_says_over_ssm_is_judged_as_on_a_console() {
    for (day, word) in [
        (Day::FailsChecks, "checks failed in the finished builder"),
        (Day::NotClean, "never said that it is clean"),
        (Day::TwoReports, "contradicts itself"),
        (
            Day::ForeignReport,
            "neither reported nor powered itself off",
        ),
        (Day::NoReport, "neither reported nor powered itself off"),
    ] {
        paused(async || {
            let life = over_ssm(day);
            life.pass().await;
            assert_eq!(life.verified().len(), 0, "{day:?}");
            let told = life.heard_of("failed");
            assert!(told.body.contains(word), "{day:?}: {}", told.body);
            life.promises_hold();
        });
    }
}

/// A question that was sent and not answered, refused for its pace, or lost, is asked again.
#[test]
fn questions_that_go_wrong_are_asked_again() {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::Http5xx,
        FaultKind::TimeoutBeforeEffect,
        FaultKind::TimeoutAfterEffect,
        FaultKind::DropAfterEffect,
        FaultKind::ErrorAfterEffect,
    ];
    for kind in kinds {
        for action in ["ssm:SendCommand", "ssm:GetCommandInvocation"] {
            paused(async || {
                let life = over_ssm(Day::Quick);
                let now_and_then = When::EveryNth(3);
                let rule = FaultRule::new(kind.clone()).on(action).when(now_and_then);
                life.account.fault(rule);
                life.until_settled().await;
                one_image(&life);
            });
        }
    }
}

/// Nobody came back in time: the guest ended itself, and its disk was never said to be clean.
#[test]
fn a_builder_that_was_stopped_by_somebody_else_is_not_imaged() {
    paused(async || {
        let life = over_ssm(Day::NotClean);
        let stranger = life.stranger();
        let meddling = async {
            loop {
                life.wait(Duration::from_secs(5)).await;
                let running = life.account.instances().into_iter();
                let running: Vec<_> = running.filter(|one| one.state == "running").collect();
                if let Some(builder) = running.first() {
                    life.wait(Duration::from_secs(30)).await;
                    let stopped = stranger.stop_instances().instance_ids(&builder.id).send();
                    stopped.await.expect("anybody may");
                    return;
                }
            }
        };
        let (_, passed) = tokio::join!(meddling, Box::pin(life.pass()));
        assert_eq!(passed.bakes.len(), 1);
        assert_eq!(life.verified().len(), 0);
        let told = life.heard_of("failed");
        assert!(
            told.body
                .contains("ended before it had said that it is clean"),
            "{}",
            told.body
        );
        assert_eq!(life.effects_of("CreateImage"), 0);
        life.promises_hold();
    });
}
