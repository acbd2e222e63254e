//! Each code, where it applies and where it must not; then together, then with answers missing.

mod changes_tests;
mod judged_tests;
mod releases_tests;
mod untold_tests;

use std::time::Duration;

use chrono::TimeDelta;

use crate::flow::test_world::{
    BASE_440, BASE_450, BASE_451, BRANCH, World, arn, days, now, pattern, trouble,
};
use crate::model::bake::RecipeDigest;
use crate::model::base::{BaseSource, BranchLifecycle};
use crate::model::ids::{Architecture, ImageId};
use crate::model::image::{ImageKind, ImageState};
use crate::model::plan::Action;
use crate::model::reason::ReasonCode;
use crate::model::sighting::{Lineage, LineageSource, Seen, Tier, Trouble};
use crate::model::version::VersionWish;
use crate::model::watch::TargetPattern;

/// A world where everything is in step: ours is of the newest release, and shop-blue runs it.
fn in_step() -> World {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 0);
    world.remember("ami-ours", BASE_451, 0);
    world.environment("shop-blue", "4.5.1", "ami-ours");
    world
}

type Change = fn(&mut World);

fn settings(image: &str) -> Seen<crate::model::sighting::DeployedSettings> {
    Seen::Known(crate::model::sighting::DeployedSettings {
        image: Some(image.into()),
        not_set: false,
        draft: None,
        managed_updates: false,
    })
}

fn without_image(not_set: bool) -> Seen<crate::model::sighting::DeployedSettings> {
    Seen::Known(crate::model::sighting::DeployedSettings {
        image: None,
        not_set,
        draft: None,
        managed_updates: false,
    })
}

fn in_state(world: &mut World, state: ImageState) {
    world.image_facts("ami-ours").state = state;
    world.change_ours(|ours| ours[0].state = state);
}
