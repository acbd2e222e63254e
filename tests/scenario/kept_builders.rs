//! A failed bake's builder that is kept for people to look inside: stopped, marked with until when, one for a
//! watch, and gone when its time is over, whatever became of the store.

use std::time::Duration;

use amiwatch::model::stray::VerdictWord;
use amiwatch::service::sweep::{Done, sweep_now};
use sim::{FaultKind, FaultRule, InstanceView};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, CONFIG};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const KEEPING: &str = "\n[builder]\nkeep_failed = \"2h\"\n";
const TAG: &str = "amiwatch:kept-until";

/// A life that keeps failed builders, on such a day.
pub(crate) fn keeping(day: Day) -> Life {
    keeping_for(day, KEEPING)
}

fn keeping_for(day: Day, keys: &str) -> Life {
    let life = Life::with_config(&format!("{CONFIG}{keys}"));
    life.account.set_timing(world::brisk());
    life.guests(Cast {
        builder: day,
        boot_test: Day::Quick,
    });
    life
}

impl Life {
    /// The builders that are marked and have not ended.
    pub(crate) fn kept(&self) -> Vec<InstanceView> {
        let all = self.account.instances().into_iter();
        let ended = ["terminated", "shutting-down"];
        let kept =
            all.filter(|one| one.tags.contains_key(TAG) && !ended.contains(&one.state.as_str()));
        kept.collect()
    }

    /// A sweep that only tells, as the daemon makes one on start.
    async fn tell_of_strays(&self) -> amiwatch::service::sweep::Swept {
        let swept = self.process(async |service, lease| sweep_now(&service, lease, false).await);
        swept
            .await
            .expect("nothing is armed")
            .expect("the store works")
    }
}

#[test]
fn a_failed_builder_is_stopped_and_told_with_how_to_look_inside() {
    paused(async || {
        for day in [Day::FailsChecks, Day::Hangs, Day::NotClean] {
            let life = keeping(day);
            life.pass().await;
            let kept = life.kept();
            let [builder] = kept.as_slice() else {
                panic!("{day:?}: {kept:#?}");
            };
            assert_eq!(builder.state, "stopped", "{day:?}");
            let told = life.heard_of("failed").body;
            let id = &builder.id;
            for said in [
                format!("The builder {id} is kept, stopped, until "),
                format!(
                    "aws ec2 modify-instance-attribute --instance-id {id} --user-data Value= --region eu-west-1"
                ),
                format!("aws ec2 start-instances --instance-ids {id} --region eu-west-1"),
                format!("aws ssm start-session --target {id} --region eu-west-1"),
                format!("aws ec2 terminate-instances --instance-ids {id} --region eu-west-1"),
            ] {
                assert!(told.contains(&said), "{day:?}: {said}: {told}");
            }
        }
    });
}

#[test]
fn nobody_asked_for_it_nothing_is_kept() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::FailsChecks));
        life.pass().await;
        assert!(life.kept().is_empty());
        life.promises_hold();
    });
}

#[test]
fn what_never_ran_is_not_kept_and_what_ended_is_not_either() {
    paused(async || {
        let life = keeping(Day::Quick);
        let none = FaultRule::new(FaultKind::InsufficientInstanceCapacity).on("ec2:RunInstances");
        life.account.fault(none);
        life.pass().await;
        assert!(life.kept().is_empty());
        assert!(!life.heard_of("failed").body.contains("is kept"));
        life.promises_hold();
    });
}

#[test]
fn one_is_kept_for_a_watch_and_the_next_bake_does_not_wait_for_it() {
    paused(async || {
        let life = keeping(Day::FailsChecks);
        life.pass().await;
        let first = life.kept();
        life.wait(10 * MINUTE).await;
        life.pass().await;
        let second = life.kept();
        assert_eq!((first.len(), second.len()), (1, 1), "{second:#?}");
        assert_ne!(first[0].id, second[0].id, "the newest is of use");
        life.wait(20 * MINUTE).await;
        life.guests(Cast::both(Day::Quick));
        life.pass().await;
        assert_eq!(life.verified().len(), 1);
        assert_eq!(life.kept(), second, "a bake that goes well leaves it alone");
        life.wait(3 * HOUR).await;
        let swept = life.sweep().await;
        let gone = swept.found.iter().filter(|one| one.done == Done::Removed);
        let gone: Vec<_> = gone.map(|one| one.thing.kind.as_str()).collect();
        assert_eq!(gone, ["instance"], "{swept:#?}");
        // Nobody knows the age of the group: it goes with the next bake, or by a later sweep.
        let left: Vec<_> = life.leaked().iter().map(|one| one.kind).collect();
        assert!(
            left.iter()
                .all(|kind| ["instance", "security-group"].contains(kind)),
            "{left:?}"
        );
        assert!(
            !life.heard_events().contains(&"attention".to_owned()),
            "{:#?}",
            life.heard()
        );
    });
}

#[test]
fn the_tag_says_when_it_goes_also_to_a_store_that_knows_nothing() {
    paused(async || {
        let life = keeping(Day::FailsChecks);
        life.pass().await;
        let kept = life.kept();
        life.lose_the_store();
        life.guests(Cast::both(Day::Quick));
        life.until_settled().await;
        life.wait(90 * MINUTE).await;
        let swept = life.sweep().await;
        let said = swept.found.iter().find(|one| one.thing.id == kept[0].id);
        assert_eq!(said.unwrap().verdict.word, VerdictWord::Kept, "{swept:#?}");
        assert_eq!(life.kept(), kept);
        life.wait(HOUR).await;
        // Also one that only tells: when it goes was told before.
        let swept = life.tell_of_strays().await;
        let said = swept.found.iter().find(|one| one.thing.id == kept[0].id);
        assert_eq!(said.unwrap().done, Done::Removed, "{swept:#?}");
        life.wait(HOUR).await;
        assert!(life.kept().is_empty());
    });
}

#[test]
fn what_ec2_does_not_stop_is_ended_and_said() {
    paused(async || {
        let life = keeping(Day::Hangs);
        let refused = FaultKind::Custom {
            code: "UnsupportedOperation".to_owned(),
            status: 400,
            message: "The instance does not have an 'ebs' root device type and cannot be stopped."
                .to_owned(),
        };
        life.account
            .fault(FaultRule::new(refused).on("ec2:StopInstances"));
        life.pass().await;
        assert!(life.kept().is_empty());
        let told = life.heard_of("failed").body;
        assert!(
            told.contains("was to be kept, and EC2 did not stop it for us"),
            "{told}"
        );
        life.promises_hold();
    });
}

#[test]
fn the_daemon_ends_it_when_its_time_is_over_without_waiting_for_a_day() {
    paused(async || {
        // Less than the pause after the third attempt, so that no further one takes its place.
        let life = keeping_for(Day::FailsChecks, &KEEPING.replace("2h", "30m"));
        life.daemon(async |watching| {
            watching
                .until("it is kept", |one| one.life.kept().len() == 1)
                .await;
            let since = watching.life.clock.now();
            watching
                .until("it is gone", |one| one.life.kept().is_empty())
                .await;
            let took = watching.life.clock.now() - since;
            assert!(took < chrono::TimeDelta::hours(3), "{took}");
        })
        .await;
    });
}
