//! What people do with images that amiwatch baked: launch them by hand, name them in a saved configuration and
//! in a parameter of their own. What is to be named is named at some moment of the hour, so that it comes
//! before, in the middle of and after whatever amiwatch does then.

use std::collections::BTreeMap;
use std::time::Duration;

use amiwatch::model::tags;
use aws_sdk_ec2::types::{HttpTokensState, InstanceMetadataOptionsRequest, InstanceType};
use sim::{Action, SavedConfiguration};

use super::super::life::Living;
use crate::common::world::REGION;

const LAUNCH: &str = "aws:autoscaling:launchconfiguration";
/// People's own.
const GOLDEN: &str = "/team/golden";
/// So many of their instances at once.
const INSTANCES_MAX: usize = 3;
/// Calls that fail are made again, so often.
const SETTLES_IN: usize = 10;

/// What they do in one hour; mostly nothing.
pub(crate) async fn an_hour(living: &Living) {
    let draw = living.chance.borrow_mut().below(60);
    match draw {
        0..=3 => launches(living).await,
        4..=7 => ends_one(living).await,
        8..=10 => saves(living),
        11..=12 => names(living),
        _ => return,
    }
    living.lived.borrow_mut().acts += 1;
}

/// Some image of ours that can be launched, as it is now.
fn some_image(living: &Living) -> Option<String> {
    let ours = living.life.verified().into_iter();
    let usable = ours.filter(|image| image.region == REGION && image.state == "available");
    let ids: Vec<String> = usable.map(|image| image.id).collect();
    (!ids.is_empty()).then(|| living.chance.borrow_mut().one_of(&ids))
}

/// At some moment of the hour that begins.
fn at_some_moment(living: &Living, action: Action) {
    let after = living.chance.borrow_mut().below(3_600_000);
    let here = living.life.account.at(REGION);
    here.later(Duration::from_millis(after), action);
}

async fn launches(living: &Living) {
    let Some(image) = some_image(living) else {
        return;
    };
    if living.by_hand.borrow().len() >= INSTANCES_MAX {
        return;
    }
    let count = living.lived.borrow().acts;
    let closed = InstanceMetadataOptionsRequest::builder();
    let launched = living
        .life
        .stranger()
        .run_instances()
        .image_id(image)
        .instance_type(InstanceType::T3Small)
        .client_token(format!("by-hand-{count}"))
        .metadata_options(closed.http_tokens(HttpTokensState::Required).build())
        .min_count(1)
        .max_count(1)
        .send()
        .await;
    let Ok(launched) = launched else {
        return;
    };
    let ids = launched
        .instances()
        .iter()
        .filter_map(|one| one.instance_id());
    let mut by_hand = living.by_hand.borrow_mut();
    by_hand.extend(ids.map(str::to_owned));
}

/// Stops one, or terminates it.
async fn ends_one(living: &Living) {
    let all = living.by_hand.borrow().clone();
    if all.is_empty() {
        return;
    }
    let (id, stops) = {
        let mut chance = living.chance.borrow_mut();
        (chance.one_of(&all), chance.once_in(2))
    };
    let ec2 = living.life.stranger();
    if stops {
        let _whether_or_not = ec2.stop_instances().instance_ids(&id).send().await;
        return;
    }
    if ec2
        .terminate_instances()
        .instance_ids(&id)
        .send()
        .await
        .is_ok()
    {
        living.by_hand.borrow_mut().retain(|one| *one != id);
    }
}

/// The application's saved configuration names some image.
fn saves(living: &Living) {
    let Some(image) = some_image(living) else {
        return;
    };
    let launch = BTreeMap::from([("ImageId".to_owned(), image)]);
    let saved = SavedConfiguration {
        application: "shop".to_owned(),
        name: "blessed".to_owned(),
        options: BTreeMap::from([(LAUNCH.to_owned(), launch)]),
        ..SavedConfiguration::default()
    };
    at_some_moment(living, Action::SavedConfiguration(saved));
}

/// A parameter of their own names some image.
fn names(living: &Living) {
    let Some(value) = some_image(living) else {
        return;
    };
    let name = GOLDEN.to_owned();
    at_some_moment(living, Action::Parameter { name, value });
}

/// Whatever they run ends; also what they do not know of, since the answer to its launch was lost.
pub(crate) async fn settle(living: &Living) {
    if !living.beside.owns {
        return;
    }
    let ec2 = living.life.stranger();
    living.by_hand.take();
    for _ in 0..SETTLES_IN {
        let theirs = run_by_people(living);
        if theirs.is_empty() {
            return;
        }
        for id in theirs {
            let _whether_or_not_there = ec2.terminate_instances().instance_ids(id).send().await;
        }
    }
}

/// Instances that run without our tag. What amiwatch launches has it from its first moment: the ledger is judged.
fn run_by_people(living: &Living) -> Vec<String> {
    let left = living.life.account.leftovers().into_iter();
    let theirs =
        left.filter(|one| one.kind == "instance" && !one.tags.contains_key(tags::INSTALLATION));
    theirs.map(|one| one.id).collect()
}
