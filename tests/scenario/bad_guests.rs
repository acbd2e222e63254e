//! Guests that do not prove anything: the bake fails with the console's end kept, everything it
//! made is removed, and the next attempt has a chance.

use amiwatch::flow::exit_code::Exit;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;

const BAD_DAYS: [(Day, &str); 8] = [
    (Day::Hangs, "neither reported nor powered itself off"),
    (Day::Garbage, "without a report"),
    (Day::HalfReport, "parts of its report"),
    (Day::ForeignReport, "without a report"),
    (Day::NoReport, "without a report"),
    (Day::FailsChecks, "checks failed"),
    (Day::NotClean, "clos"),
    (Day::TwoReports, "contradicts itself"),
];

async fn fails_cleanly_and_then_succeeds(cast: Cast, why: &str) {
    eprintln!("{cast:?}");
    let life = Life::brisk();
    life.guests(cast);
    let passed = life.pass().await;
    assert_eq!(passed.exit(), Exit::Failed);
    assert_eq!(life.verified().len(), 0);
    life.promises_hold();
    assert_eq!(life.heard_events(), ["failed"]);
    let failed = life.heard_of("failed");
    let said = failed.body.to_lowercase();
    assert!(said.contains(why), "{said}");
    assert!(!failed.body.contains('\u{1b}'), "a raw escape: {said:?}");

    life.guests(Cast::both(Day::Quick));
    life.until_settled().await;
    assert_eq!(life.verified().len(), 1);
    assert!(life.heard_events().contains(&"baked".to_owned()));
    life.each_notice_came_once();
    life.promises_hold();
}

#[test]
fn a_builder_that_proves_nothing_is_removed_and_tried_again() {
    for (builder, why) in BAD_DAYS {
        let cast = Cast {
            builder,
            boot_test: Day::Quick,
        };
        paused(|| fails_cleanly_and_then_succeeds(cast, why));
    }
}

#[test]
fn an_image_whose_boot_test_proves_nothing_is_removed_and_made_anew() {
    for (boot_test, why) in BAD_DAYS {
        let cast = Cast {
            builder: Day::Quick,
            boot_test,
        };
        paused(|| fails_cleanly_and_then_succeeds(cast, why));
    }
}

#[test]
fn what_a_failing_guest_printed_is_kept_in_the_notice() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::Garbage));
        life.pass().await;
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("Kernel panic"), "{}", failed.body);
    });
}

#[test]
fn what_a_hanging_guest_printed_is_kept_in_the_notice() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::Hangs));
        life.pass().await;
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("no more words"), "{}", failed.body);
    });
}
