//! The promises at the end of a life, read from the account and its ledger.

use std::collections::{BTreeMap, BTreeSet};

use amiwatch::model::bake::RecipeDigest;
use amiwatch::model::tags;
use sim::Entry;

use super::cast::Players;
use super::life::Living;
use crate::common::life::Life;
use crate::common::world::REGION;

/// Panics at the first promise that does not hold.
pub(crate) async fn judge(living: &Living) {
    let life = &living.life;
    // 1: one key, one image.
    life.one_verified_image_per_key();
    // 2: nothing outlives its bake; sweeps had nothing to do while no store was lost.
    let excused = living.store_lost.get() || living.given_up.get() || told_of_a_rest(life);
    let strays = strays(life);
    assert!(excused || strays.is_empty(), "strays: {strays:#?}");
    life.nothing_leaks();
    // 3: nothing of anybody else's was touched.
    life.nothing_foreign_touched();
    // 4: every verified image was proved twice, by guests that had a good day.
    every_verified_image_was_proved(life, &living.watched.cast);
    // 5: never silently lost: the newest release has its image, with the newest recipe.
    the_newest_is_baked(living);
    // 7: no journal is left open in calm weather.
    assert_eq!(life.open_bakes().await, [""; 0], "at {}", living.now());
    // 8: every image was told of.
    every_image_was_told(living);
    // 9: no guest could be reached; and each launch could be repeated without a second guest.
    life.guests_were_closed();
    every_launch_was_closed_and_had_a_token(&life.account.ledger());
}

/// People were told that a bake could not remove what it had made: a sweep may have done so before
/// anybody looked at the store.
pub(crate) fn told_of_a_rest(life: &Life) -> bool {
    let heard = life.heard_keys().into_iter();
    let mut attention = heard.filter(|key| key.starts_with("attention:"));
    attention.any(|key| !key.starts_with("attention:stray:"))
}

/// What sweeps found and told.
pub(crate) fn strays(life: &Life) -> BTreeSet<String> {
    let heard = life.heard_keys().into_iter();
    heard
        .filter(|key| key.starts_with("attention:stray:"))
        .collect()
}

/// Guests that are gone are listed no more: what they were launched as stands in the ledger.
pub(crate) fn every_launch_was_closed_and_had_a_token(ledger: &[Entry]) {
    for launch in ledger
        .iter()
        .filter(|call| call.operation == "RunInstances" && call.took_effect)
    {
        let said = |name: &str| launch.params.get(name).map(String::as_str);
        let at = launch.at;
        assert_eq!(
            said("MetadataOptions.HttpTokens"),
            Some("required"),
            "at {at}"
        );
        assert_eq!(said("KeyName"), None, "at {at}");
        assert!(
            said("ClientToken").is_some(),
            "a launch without a token at {at}"
        );
    }
}

pub(crate) fn every_verified_image_was_proved(life: &Life, cast: &Players) {
    let boots = cast.boots();
    for image in life.verified() {
        let source = image.source_instance_id.as_deref().unwrap_or_default();
        let built = boots
            .iter()
            .any(|boot| boot.instance == source && boot.good);
        assert!(
            built,
            "{} was made of a builder that proved nothing",
            image.id
        );
        let tested = boots
            .iter()
            .any(|boot| boot.image == image.id && boot.role == tags::role::BOOT_TEST && boot.good);
        assert!(tested, "{} was never seen to boot", image.id);
    }
}

fn the_newest_is_baked(living: &Living) {
    let life = &living.life;
    let bases = life.account.images().into_iter();
    let newest = bases
        .filter(|image| image.owner_id != sim::ACCOUNT_ID && image.region == REGION)
        .max_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)))
        .expect("there are releases");
    let digest = RecipeDigest::of_user_data(&living.recipe(), false);
    let baked = life.verified().into_iter().any(|image| {
        image.tags.get(tags::BASE_IMAGE) == Some(&newest.id)
            && image.tags.get(tags::RECIPE_DIGEST).map(String::as_str) == Some(digest.as_str())
    });
    assert!(
        baked,
        "the newest release {} has no image: {:#?}",
        newest.id,
        life.verified()
    );
}

/// An image whose store was lost before it was told is adopted without a word.
fn every_image_was_told(living: &Living) {
    let heard = living.life.heard();
    let mut bodies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in &heard {
        bodies.entry(&one.key).or_default().insert(&one.body);
    }
    let forked: Vec<_> = bodies.iter().filter(|(_, said)| said.len() > 1).collect();
    let lost = living.store_lost.get();
    assert!(
        lost || forked.is_empty(),
        "one key, two messages: {forked:#?}"
    );
    for image in living.life.verified() {
        let told = bodies.contains_key(format!("baked:{}", image.tags[tags::KEY]).as_str());
        assert!(told || lost, "nobody was told of {}", image.id);
    }
}
