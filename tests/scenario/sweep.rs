//! Sweeps: what a lost store left behind goes, what anybody else made or uses stays, and where one
//! look failed nothing is removed.

use std::time::Duration;

use amiwatch::model::stray::VerdictWord;
use amiwatch::model::tags;
use amiwatch::service::sweep::{Done, OLDER_THAN, Swept, look_only, sweep_now};
use amiwatch::store::{Batch, Op, Store as _};
use sim::{EnvironmentSpec, FaultKind, FaultRule, ImageSpec};

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::seam::Arm;
use crate::common::world;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Life {
    /// What the daemon does on start and daily.
    pub(crate) async fn sweep(&self) -> Swept {
        let swept = self.process(async |service, lease| sweep_now(&service, lease, true).await);
        swept
            .await
            .expect("nothing is armed")
            .expect("the store works")
    }

    async fn look_for_strays(&self) -> Swept {
        let swept = self.process(async |service, _| look_only(&service, OLDER_THAN).await);
        swept
            .await
            .expect("nothing is armed")
            .expect("the store works")
    }
}

fn removed(swept: &Swept) -> Vec<&'static str> {
    let gone = swept.found.iter().filter(|one| one.done == Done::Removed);
    gone.map(|one| one.thing.kind.as_str()).collect()
}

fn words(swept: &Swept) -> Vec<(&'static str, VerdictWord)> {
    let found = swept.found.iter();
    found
        .map(|one| (one.thing.kind.as_str(), one.verdict.word))
        .collect()
}

/// A life whose bake verified its image, and whose store was lost before it had cleaned up: the next
/// pass adopts the image, and no journal knows of the builder and the group.
async fn bereaved() -> Life {
    let life = Life::brisk();
    life.seam
        .arm(Arm::StopOn("after commit append 18 done mark_verified"));
    let stopped = life.try_pass().await;
    assert!(stopped.is_err(), "{:#?}", life.seam.passed());
    life.seam.arm(Arm::Nowhere);
    life.lose_the_store();
    life.until_settled().await;
    let left: Vec<_> = life.leaked().into_iter().map(|one| one.kind).collect();
    assert!(
        left.contains(&"instance") && left.contains(&"security-group"),
        "{left:?}"
    );
    life
}

#[test]
fn what_a_lost_store_left_is_told_and_then_swept() {
    paused(async || {
        let life = bereaved().await;
        // Too young: somebody may be about to claim it.
        assert_eq!(removed(&life.sweep().await), [""; 0]);
        assert!(!life.heard_events().contains(&"attention".to_owned()));
        life.wait(OLDER_THAN).await;
        let dry = life.look_for_strays().await;
        assert!(dry.found.iter().any(|one| one.verdict.is_stray()));
        assert_eq!(removed(&dry), [""; 0]);
        let swept = life.sweep().await;
        assert_eq!(
            removed(&swept),
            ["instance", "security group"],
            "{swept:#?}"
        );
        life.promises_hold();
        assert_eq!(life.verified().len(), 1);
        // Each thing is told of once, with the way to remove it by hand.
        life.wait(DAY).await;
        life.sweep().await;
        life.pass().await;
        let told = life
            .heard()
            .into_iter()
            .filter(|one| one.event == "attention");
        let bodies: Vec<String> = told.map(|one| one.body).collect();
        assert_eq!(bodies.len(), 2, "{bodies:#?}");
        assert!(bodies[0].contains("aws ec2 terminate-instances --instance-ids i-"));
        life.each_notice_came_once();
    });
}

/// Everything of a stranger's that can carry a tag, with the tags of a bake that is long over.
#[test]
fn what_somebody_tagged_as_ours_is_not_swept() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let stranger = life.stranger();
        let mut spec = EnvironmentSpec::new("office", "office-blue", world::BRANCH);
        spec.instances = 1;
        life.account.at(world::REGION).environment(spec).unwrap();
        let running = life.account.instances().into_iter();
        let mut running = running.filter(|guest| guest.state == "running");
        let instance = running.next().expect("the environment has one").id;
        let image = life
            .account
            .at(world::REGION)
            .image(ImageSpec::mine("golden"));
        let image = image.unwrap();
        let snapshot = life.account.image(&image).unwrap().snapshot_id;
        let name = "office".to_owned();
        let here = life.account.at(world::REGION);
        let group = here.act(sim::Action::SecurityGroup { name }).unwrap();
        for (id, role) in [
            (&instance, tags::role::BUILDER),
            (&image, tags::role::IMAGE),
            (&snapshot, tags::role::IMAGE),
            (&group, tags::role::NETWORK),
        ] {
            let ours = [
                (tags::INSTALLATION, world::INSTALLATION),
                (tags::KEY, "0123"),
                (tags::ROLE, role),
                (tags::STATE, tags::state::CANDIDATE),
            ];
            let tag = |(key, value)| {
                aws_sdk_ec2::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
            };
            let request = stranger.create_tags().resources(id);
            request
                .set_tags(Some(ours.map(tag).to_vec()))
                .send()
                .await
                .unwrap();
        }
        life.sweep().await;
        life.wait(OLDER_THAN * 2).await;
        let swept = life.sweep().await;
        assert_eq!(removed(&swept), [""; 0], "{swept:#?}");
        let words = words(&swept);
        for kind in ["instance", "image", "snapshot", "security group"] {
            assert!(
                words.contains(&(kind, VerdictWord::NotMadeHere)),
                "{kind}: {words:?}"
            );
        }
    });
}

/// The daemon's first sweep goes on beside a bake that was left half-way: what is listed while the bake
/// still has it, and told of when the bake has ended, is no stray.
#[test]
fn what_a_bake_removes_while_a_sweep_looks_is_no_stray() {
    paused(async || {
        let life = Life::brisk();
        let image = OLDER_THAN + DAY / 24;
        life.account.set_timing(sim::Timing {
            image,
            ..world::brisk()
        });
        life.seam
            .arm(Arm::StopOn("after commit append 11 started available"));
        assert!(life.try_pass().await.is_err(), "{:#?}", life.seam.passed());
        life.seam.arm(Arm::Nowhere);
        let made = life.clock.now();
        // It comes up when the image is there, and one of its lists takes eight seconds.
        life.clock.sleep_until(made + image + SECOND).await;
        let slow = FaultRule::new(FaultKind::Slow { seconds: 8.0 });
        life.account.fault(slow.on("ec2:DescribeVolumes"));
        life.daemon(async |_| life.wait(DAY / 24).await).await;
        assert_eq!(life.verified().len(), 1);
        assert_eq!(life.heard_kinds(), ["baked", "drift"]);
        life.promises_hold();
    });
}

/// Everything that a sweep asks, denied or silent in turn.
#[test]
fn where_one_look_fails_nothing_is_removed() {
    let looks = [
        "ec2:DescribeInstances",
        "ec2:DescribeImages",
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumes",
        "ec2:DescribeSecurityGroups",
    ];
    for action in looks {
        for kind in [FaultKind::Denied, FaultKind::TimeoutBeforeEffect] {
            paused(async || {
                let life = bereaved().await;
                life.wait(DAY).await;
                let before = life.leaked();
                life.account.fault(FaultRule::new(kind.clone()).on(action));
                let swept = life.sweep().await;
                assert_eq!(swept.unreachable.len(), 1, "{action}: {swept:#?}");
                assert_eq!(swept.exit().code(), 4);
                assert_eq!(removed(&swept), [""; 0], "{action}");
                life.account.clear_faults();
                assert_eq!(life.leaked(), before, "{action}");
            });
        }
    }
}

/// The look that is taken again right before a removal is the one that counts.
#[test]
fn a_look_that_fails_in_the_middle_stops_the_sweep() {
    paused(async || {
        let life = bereaved().await;
        life.wait(OLDER_THAN).await;
        life.sweep_again_is_blind().await;
    });
}

impl Life {
    async fn sweep_again_is_blind(&self) {
        let before = self.leaked();
        let second = FaultRule::new(FaultKind::Denied)
            .on("ec2:DescribeVolumes")
            .when(sim::When::Nth(2));
        self.account.fault(second);
        let swept = self.sweep().await;
        assert_eq!(swept.exit().code(), 4, "{swept:#?}");
        assert_eq!(self.leaked(), before);
    }
}

#[test]
fn without_a_pass_on_this_store_nothing_is_stray() {
    paused(async || {
        let life = bereaved().await;
        life.wait(DAY).await;
        life.lose_the_store();
        let before = life.leaked();
        let swept = life.sweep().await;
        assert_eq!(removed(&swept), [""; 0], "{swept:#?}");
        assert_eq!(life.leaked(), before);
    });
}

#[test]
fn a_bake_that_is_under_way_is_claimed_however_long_it_takes() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::Hangs));
        life.seam
            .arm(Arm::StopOn("after commit append 4 done launch_builder"));
        let stopped = life.try_pass().await;
        assert!(stopped.is_err(), "{:#?}", life.seam.passed());
        life.seam.arm(Arm::Nowhere);
        life.wait(DAY).await;
        let swept = life.sweep().await;
        let claimed = VerdictWord::Claimed;
        let expected = [("instance", claimed), ("security group", claimed)];
        assert_eq!(words(&swept), expected, "{swept:#?}");
        life.guests(Cast::both(Day::Quick));
        life.until_settled().await;
        life.promises_hold();
    });
}

/// A stranger's things that look almost like ours, and an image of ours that somebody runs.
#[test]
fn what_others_made_or_use_is_not_touched() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let (ec2, base) = (life.stranger(), life.base_image());
        let launch = |image: &str, whose: &str, role: &str| {
            let tag = |key: &str, value: &str| {
                aws_sdk_ec2::types::Tag::builder()
                    .key(key)
                    .value(value)
                    .build()
            };
            let tagged = aws_sdk_ec2::types::TagSpecification::builder()
                .resource_type("instance".into())
                .tags(tag(tags::INSTALLATION, whose))
                .tags(tag(tags::ROLE, role))
                .tags(tag(tags::KEY, "a-key"))
                .build();
            ec2.run_instances()
                .image_id(image)
                .instance_type("t3.micro".into())
                .min_count(1)
                .max_count(1)
                .tag_specifications(tagged)
                .send()
        };
        life.account.set_guest(sim::SilentGuest);
        launch(&base, "acme-staging", "builder").await.unwrap();
        launch(&base, "acme", "web").await.unwrap();
        launch(&base, "other", "boot-test").await.unwrap();
        life.wait(DAY).await;
        let swept = life.sweep().await;
        assert_eq!(removed(&swept), [""; 0], "{swept:#?}");
        let alive = |one: &sim::InstanceView| one.state == "running";
        assert_eq!(
            life.account
                .instances()
                .iter()
                .filter(|one| alive(one))
                .count(),
            3
        );
        assert_eq!(life.verified().len(), 1);
        life.nothing_foreign_touched();
    });
}

/// As a later amiwatch might write it.
async fn write(life: &Life, op: Op) {
    let written = life.store().commit(Batch::of_ops(vec![op])).await;
    written.expect("nobody else writes");
}

#[test]
fn an_open_run_that_cannot_be_read_keeps_a_sweep_from_removing_anything() {
    paused(async || {
        let life = bereaved().await;
        life.sweep().await;
        life.wait(OLDER_THAN).await;
        let key = "open/bake/what-a-later-version-means/0001".to_owned();
        let value = serde_json::json!("a header of a later version");
        write(&life, Op::PutIfAbsent { key, value }).await;
        let swept = life.sweep().await;
        assert_eq!(removed(&swept), [""; 0]);
        let trouble = &swept.unreachable[0].trouble;
        assert_eq!(
            trouble.what,
            "what the open bake bake/what-a-later-version-means/0001 claims"
        );

        let key = "open/bake/what-a-later-version-means/0001".to_owned();
        write(&life, Op::Delete { key, expected: 1 }).await;
        assert_eq!(removed(&life.sweep().await), ["instance", "security group"]);
    });
}

/// A step that this version does not know: whoever goes back a version has such a journal.
#[test]
fn a_run_whose_journal_cannot_be_read_keeps_its_watch_and_what_it_claims() {
    paused(async || {
        let life = Life::brisk();
        life.seam
            .arm(Arm::StopOn("after commit append 4 done launch_builder"));
        assert!(life.try_pass().await.is_err(), "{:#?}", life.seam.passed());
        life.seam.arm(Arm::Nowhere);
        let journal = life.open_bakes().await.remove(0);
        let event = serde_json::json!({ "event": "started", "step": "polish" });
        let later = Op::Append {
            journal,
            expected: 5,
            event,
        };
        write(&life, later).await;

        for _ in 0..3 {
            let passed = life.pass().await;
            assert!(passed.resumed[0].ended.is_err());
            assert_eq!(passed.resumed[0].subject.as_deref(), Some("shop"));
            assert!(passed.bakes.is_empty(), "its watch is busy");
            life.wait(DAY).await;
            let swept = life.sweep().await;
            assert_eq!(removed(&swept), [""; 0]);
            assert!(swept.unreachable.is_empty(), "what it claims is known");
        }
        let left = life.leaked().into_iter().map(|one| one.kind);
        assert_eq!(left.collect::<Vec<_>>(), ["instance", "security-group"]);
    });
}
