//! What happens when nothing goes wrong.

use amiwatch::flow::exit_code::Exit;

use crate::common::life::Life;
use crate::common::paused;

#[test]
fn a_first_pass_bakes_tells_so_and_then_what_waits_is_told_once() {
    paused(async || {
        let life = Life::begin();
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::Done);
        assert_eq!(life.verified().len(), 1);
        assert_eq!(life.heard_events(), ["baked"]);
        let launched = life.effects_of("RunInstances");
        assert_eq!(launched, 2);

        // What is left is told once: the environment does not run the image yet.
        for _ in 0..3 {
            let again = life.pass().await;
            assert!(again.bakes.is_empty());
            assert_eq!(life.effects_of("RunInstances"), launched);
            assert_eq!(life.heard_events(), ["baked", "drift"]);
        }
        assert!(life.guard.judged() > 0);
        life.each_notice_came_once();
        life.promises_hold();
    });
}

#[test]
fn an_empty_store_adopts_what_the_tags_tell_and_bakes_nothing() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        let launched = life.effects_of("RunInstances");
        life.lose_the_store();
        life.until_settled().await;
        assert_eq!(life.effects_of("RunInstances"), launched);
        assert_eq!(life.verified().len(), 1);
        let store = life.store();
        let watches = amiwatch::store::records::remembered_watches(&store)
            .await
            .unwrap();
        let current = watches[0].1.current.as_ref().expect("it is adopted");
        assert_eq!(current.image.as_str(), life.verified()[0].id);
        life.promises_hold();
    });
}

#[test]
fn a_new_release_is_baked_and_the_older_image_stays() {
    paused(async || {
        let life = Life::brisk();
        life.until_settled().await;
        life.release("4.5.1");
        let (_, exit) = life.check().await;
        assert_eq!(exit, Exit::Drift);
        life.until_settled().await;
        assert_eq!(life.verified().len(), 2);
        let heard = life.heard().into_iter();
        let baked: Vec<String> = heard
            .filter(|one| one.event == "baked")
            .map(|one| one.body)
            .collect();
        assert!(!baked[0].contains("Changed since"), "{baked:?}");
        assert!(baked[1].contains("- base 4.5.0 -> 4.5.1\n"), "{baked:?}");
        life.each_notice_came_once();
        life.promises_hold();
    });
}

/// Two watches of one base; they differ in nothing but their names.
const TWINS: &str = r#"
installation = "acme"

[watch.one]
region = "eu-west-1"
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023" }
recipe = "logging"
on_drift = "bake"

[watch.two]
region = "eu-west-1"
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023" }
recipe = "logging"
on_drift = "bake"

[recipe.logging]
user_data = "logging.yaml"
checks = [{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }]
"#;

#[test]
fn two_bakes_in_one_vpc_share_the_group_and_leave_nothing() {
    paused(async || {
        let life = Life::with_config(TWINS);
        let passed = life.pass().await;
        assert_eq!(passed.bakes.len(), 2);
        assert_eq!(life.verified().len(), 2);
        let guests = life.account.instances();
        assert_eq!(guests.len(), 4);
        let shared = guests
            .iter()
            .all(|one| one.group_ids == guests[0].group_ids);
        assert!(shared, "{guests:#?}");
        life.promises_hold();
    });
}
