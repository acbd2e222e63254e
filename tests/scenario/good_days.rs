//! What happens when nothing goes wrong.

use amiwatch::flow::verdict::Exit;

use crate::common::life::Life;
use crate::common::paused;

#[test]
fn a_drift_is_told_baked_and_told_again_and_then_there_is_nothing_to_do() {
    paused(async || {
        let life = Life::begin();
        let passed = life.pass().await;
        assert_eq!(passed.exit(), Exit::Done);
        assert_eq!(life.verified().len(), 1);
        assert_eq!(life.heard_events(), ["drift", "baked"]);
        let launched = life.effects_of("RunInstances");
        assert_eq!(launched, 2);

        // What is left is told once: the environment does not run the image yet.
        for _ in 0..3 {
            let again = life.pass().await;
            assert!(again.bakes.is_empty());
            assert_eq!(life.effects_of("RunInstances"), launched);
            assert_eq!(life.heard_events(), ["drift", "baked", "drift"]);
        }
        assert!(life.guard.judged() > 0);
        life.each_notice_came_once();
        life.promises_hold();
    });
}
