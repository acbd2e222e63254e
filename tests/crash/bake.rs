//! The bake, stopped everywhere.

use std::time::Duration;

use amiwatch::model::tags;

use super::points::Points;
use super::sweep::{
    Act, AtStop, Form, Store, Story, equal_moments_end_alike, every_point, everywhere, in_forms,
    nothing,
};
use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{CONFIG, INSTALLATION, OVER_SSM, brisk};
use crate::scenario::kept_builders::keeping;

/// One verified image, nothing else of ours, and every notice has arrived.
fn as_if_nothing_happened(life: &Life, _: &AtStop) {
    one_image(life);
    life.promises_hold();
    life.no_launch_was_doubled();
    assert_eq!(life.heard_kinds(), undisturbed());
}

/// One verified image, and its notice.
fn one_image(life: &Life) {
    let [image] = &life.verified()[..] else {
        panic!("not one verified image: {:#?}", life.verified())
    };
    let told = format!("baked:{}", image.tags[tags::KEY]);
    assert!(life.heard_keys().contains(&told), "{:#?}", life.heard());
}

/// What a life without a crash tells. Not its keys: some hold an image's id, and a call more or less
/// moves the numbers of the simulated account.
fn undisturbed() -> Vec<String> {
    static KINDS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        paused(async || {
            let life = Life::brisk();
            life.until_settled().await;
            life.each_notice_came_once();
            life.heard_kinds()
        })
    });
    assert_eq!(kinds[..], ["baked", "drift"]);
    kinds.clone()
}

const BAKE: Story = Story {
    begin: Life::brisk,
    before: nothing,
    act: Act::Pass,
    points: Points::Every,
    dead_for: Duration::from_secs(10),
    meanwhile: |_| {},
    proof: as_if_nothing_happened,
    proof_after_loss: one_image_and_what_remains_can_be_swept,
};

#[test]
fn a_bake_that_is_disturbed_anywhere_ends_as_if_nothing_had_happened() {
    everywhere("bake", BAKE, 1);
}

/// Of points that leave the very same, one is lived for all; here both ends of some are.
#[test]
fn a_bake_that_goes_on_from_equal_moments_ends_equally() {
    let pairs = equal_moments_end_alike(BAKE, 6);
    assert!(pairs >= 6, "only {pairs}");
}

/// The daemon's loop makes passes beside the bake, reads requests, tells and sweeps; it is stopped in
/// the middle of all that, and started again.
#[test]
fn a_bake_in_a_daemon_that_is_stopped_anywhere_ends_as_if_nothing_had_happened() {
    let story = Story {
        act: Act::Daemon(Duration::from_secs(20 * 60)),
        points: Points::Distinct,
        ..BAKE
    };
    let forms = [
        (Form::Stopped(Store::Kept), 1),
        (Form::Stopped(Store::Lost), 3),
        (Form::StoreFull, 2),
    ];
    in_forms("bake in a daemon", story, &forms);
}

/// Killed, which leaves a lease that nobody gives back; the next process waits until its term is over.
const IN_TABLE: Story = Story {
    begin: || Life::brisk().in_table(),
    before: Life::makes_its_table,
    points: Points::Distinct,
    ..BAKE
};

#[test]
fn a_bake_whose_store_is_a_table_ends_as_if_nothing_had_happened() {
    let forms = [
        (Form::Stopped(Store::Kept), 6),
        (Form::Stopped(Store::Lost), 12),
        (Form::Unanswered, 6),
        (Form::StoreFull, 6),
    ];
    in_forms("bake, in a table", IN_TABLE, &forms);
}

#[test]
#[ignore = "every distinct point: a minute and a half"]
fn a_bake_whose_store_is_a_table_wherever_it_is_disturbed() {
    everywhere("bake, in a table", IN_TABLE, 1);
}

/// The builder stays up, is told to clean itself, marked and stopped: more calls to lose.
#[test]
fn a_bake_over_ssm_that_is_disturbed_anywhere_ends_as_if_nothing_had_happened() {
    let story = Story {
        begin: || {
            let life = Life::with_config(&format!("{CONFIG}{OVER_SSM}"));
            life.account.set_timing(brisk());
            life.guests(Cast::both(Day::Quick));
            life
        },
        points: Points::Distinct,
        ..BAKE
    };
    everywhere("bake over SSM", story, 2);
}

/// The guests' consoles have expired meanwhile, and whatever was paused has waited long enough.
#[test]
fn a_bake_that_stays_dead_for_hours_still_ends_with_one_image() {
    let story = Story {
        dead_for: Duration::from_secs(3 * 60 * 60),
        points: Points::Distinct,
        proof: one_image_in_the_end,
        ..BAKE
    };
    every_point(story, Form::Stopped(Store::Kept), 3);
}

/// An attempt may have failed on the way, and then another image was made.
fn one_image_in_the_end(life: &Life, _: &AtStop) {
    one_image(life);
    life.promises_hold();
}

/// An image that was verified when the store was lost is adopted, and nobody is told again that it
/// was baked. What its bake was about to remove no journal claims any more; it carries our tag, so
/// that a sweep finds it by it. In every other case the bake is met and ends as usual.
fn one_image_and_what_remains_can_be_swept(life: &Life, at_stop: &AtStop) {
    if at_stop.verified == 0 {
        one_image(life);
        life.promises_hold();
        return;
    }
    assert_eq!(life.verified().len(), 1, "{:#?}", life.verified());
    life.nothing_foreign_touched();
    life.guests_were_closed();
    for left in life.leaked() {
        let whose = left.tags.get(tags::INSTALLATION).map(String::as_str);
        assert_eq!(whose, Some(INSTALLATION), "{left:?}");
    }
}

/// A life whose first boot tests prove nothing, so that everything is undone.
fn doomed() -> Life {
    let life = Life::brisk();
    life.guests(Cast {
        builder: Day::Quick,
        boot_test: Day::FailsChecks,
    });
    life
}

/// The recipe is put right while the process is dead; what it was undoing is undone all the same.
#[test]
fn an_undo_that_is_stopped_anywhere_goes_on_until_nothing_is_left() {
    let story = Story {
        begin: doomed,
        points: Points::Distinct,
        meanwhile: |life| life.guests(Cast::both(Day::Quick)),
        proof: one_image_in_the_end,
        proof_after_loss: one_image_in_the_end,
        ..BAKE
    };
    every_point(story, Form::Stopped(Store::Kept), 1);
    every_point(story, Form::Unanswered, 1);
}

/// The builder is marked and stopped wherever that is disturbed, and told once.
#[test]
fn a_failed_builder_that_is_to_be_kept_stands_still_wherever_that_is_disturbed() {
    let story = Story {
        begin: || keeping(Day::FailsChecks),
        points: Points::Distinct,
        proof: |life, _| {
            let kept = life.kept();
            assert_eq!(kept.len(), 1, "{kept:#?}");
            assert_eq!(kept[0].state, "stopped");
            let said = format!("The builder {} is kept, stopped, until ", kept[0].id);
            let heard = life.heard();
            assert!(
                heard.iter().any(|one| one.body.contains(&said)),
                "{heard:#?}"
            );
            life.each_key_has_one_text();
        },
        ..BAKE
    };
    in_forms(
        "kept builder",
        story,
        &[
            (Form::Stopped(Store::Kept), 2),
            (Form::Unanswered, 2),
            (Form::StoreFull, 2),
        ],
    );
}
