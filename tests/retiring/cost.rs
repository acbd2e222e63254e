//! What a look at hundreds of older images asks of AWS that is to act, and what each act adds.
//!
//! `cargo test --test main retiring::cost -- --nocapture` prints the table of docs/benchmarks.md.

use std::collections::BTreeMap;

use amiwatch::flow::retire::choose::ACTS_MAX;
use amiwatch::model::tags;
use sim::{ImageSpec, ImageView};

use super::world::{DAY, applying, config, stands};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;
use crate::crash::sweep::Act;

const IMAGES: usize = 500;

/// As many more images as this one, each made by a bake of its own, a day before the one that is given.
fn crowd(life: &Life, like: &ImageView) {
    let here = life.account.at(REGION);
    for nth in 0..IMAGES - 2 {
        let mut tags = like.tags.clone();
        tags.insert(tags::KEY.to_owned(), format!("{nth:016x}"));
        let spec = ImageSpec {
            name: format!("amiwatch-shop-older-{nth}"),
            owner: "self".to_owned(),
            created: Some(like.created - DAY),
            tags,
            ..ImageSpec::default()
        };
        here.image(spec).unwrap();
    }
}

/// The calls of one look, by what was called.
async fn look(life: &Life) -> BTreeMap<String, usize> {
    let before = life.account.ledger().len();
    Act::Retire.once(life).await.expect("nothing is armed");
    let mut calls = BTreeMap::new();
    for call in life.account.ledger().into_iter().skip(before) {
        *calls.entry(call.operation).or_default() += 1;
    }
    calls
}

fn total(calls: &BTreeMap<String, usize>) -> usize {
    calls.values().sum()
}

#[test]
fn a_look_that_acts_costs_its_pages_and_the_same_for_each_act_however_many_images_there_are() {
    paused(async || {
        let mut life = applying();
        let [old, _] = life.two_images().await;
        let few = {
            life.until_it_stands(&old.id, "deprecated").await;
            life.wait(DAY / 3).await;
            look(&life).await
        };
        crowd(&life, &old);
        life.wait(DAY).await;
        let acting = look(&life).await;
        let acted = acting.get("EnableImageDeprecation").copied();
        assert_eq!(acted, Some(ACTS_MAX), "{acting:#?}");
        life.set_config(&config("tell"));
        life.wait(DAY / 3).await;
        let resting = look(&life).await;
        println!("| look | calls |\n|---|---|");
        println!("| at 2 images, nothing is done | {} |", total(&few));
        println!(
            "| at {IMAGES} images, nothing is done | {} |",
            total(&resting)
        );
        println!(
            "| at {IMAGES} images, {ACTS_MAX} acts | {} |",
            total(&acting)
        );
        println!("{acting:#?}");
        println!("{resting:#?}");
        // Instances are asked for by 200 images at once; with whom an image is shared, of each that may be disabled.
        let shared = |calls: &BTreeMap<String, usize>| calls["DescribeImageAttribute"];
        assert_eq!(shared(&resting), ACTS_MAX + 1, "{resting:#?}");
        let pages = total(&resting) - shared(&resting);
        assert!(pages <= total(&few) + 2, "{resting:#?}");
        // What may name the one image is asked again before each act, and the act is looked at afterwards.
        let each = (total(&acting) - pages).div_ceil(ACTS_MAX);
        assert!(each <= total(&few) + 4, "an act costs {each}: {acting:#?}");
        assert_eq!(stands(&life, &old.id), "deprecated");
        life.no_image_in_use_was_retired();
    });
}
