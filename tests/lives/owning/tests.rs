//! A few such lives in every run of the tests; more of them by
//! `cargo run --profile lives --example lives -- --owning`.

use super::super::life::live_owning;
use crate::common::paused;

#[test]
fn in_lives_with_published_and_retired_images_every_promise_is_kept() {
    let (mut acts, mut retired) = (0, 0);
    for seed in 0..2 {
        let lived = paused(|| live_owning(seed, 8));
        acts += lived.acts;
        retired += lived.retired;
    }
    assert!(acts > 5, "people did so little: {acts}");
    assert!(retired > 0, "nothing was ever retired");
}

#[test]
fn the_same_seed_is_the_same_life() {
    let (one, other) = (paused(|| live_owning(7, 2)), paused(|| live_owning(7, 2)));
    assert_eq!(one, other);
}
