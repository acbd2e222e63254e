//! What people do in between: they ask for bakes, sweep, edit recipes and configs, and meddle.

use amiwatch::flow::plan;
use amiwatch::service::Service;
use amiwatch::service::drive::{Wish, bake, give_order};
use amiwatch::service::look::{Patience, look, wanted};
use amiwatch::service::sweep::sweep;
use amiwatch::store::Lease;
use amiwatch::workflow::observer::Unobserved;
use aws_sdk_ec2::types::InstanceStateName;

use super::chance::Chance;
use super::life::Watched;
use crate::common::world::{CONFIG, RECIPE};

/// What a config may say at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) config: String,
    pub(crate) recipe: String,
}

impl Wanted {
    /// The usual config and recipe.
    pub(crate) fn usual() -> Self {
        Self {
            config: CONFIG.to_owned(),
            recipe: RECIPE.to_owned(),
        }
    }

    /// The same config with another recipe, or the same recipe under another config.
    pub(crate) fn edited(&self, chance: &mut Chance) -> Self {
        let recipe = format!("{RECIPE}# edit {}\n", chance.below(1_000));
        let config = chance.one_of(&[
            CONFIG.to_owned(),
            CONFIG.replace("on_drift = \"bake\"", "on_drift = \"notify\""),
            CONFIG.replace(
                "recipe = \"logging\"\n",
                "recipe = \"logging\"\nsoak = \"6h\"\n",
            ),
            CONFIG.replace(
                "recipe = \"logging\"\n",
                "recipe = \"logging\"\nmax_age = \"5d\"\n",
            ),
        ]);
        match chance.once_in(2) {
            true => Self {
                recipe,
                ..self.clone()
            },
            false => Self {
                config,
                ..self.clone()
            },
        }
    }
}

/// `amiwatch bake shop --force`: the next generation, whatever is held.
pub(crate) async fn forces_a_bake(service: &Service<'_>, lease: Lease) {
    let Ok(looked) = look(service, None, Patience::AskedNow).await else {
        return;
    };
    let Some(one) = looked.first() else { return };
    let (Some(place), Some(seen), Some(release)) = (&one.place, &one.seen, &one.item.drift.release)
    else {
        return;
    };
    let Some(recipe) = wanted(service, one.watch).recipe_digest else {
        return;
    };
    if seen.ours.known().is_none() {
        return;
    }
    let generation = plan::next_generation(release, &recipe, seen, &place.history.value);
    let because = ["asked for with --force".to_owned()];
    let wish = Wish {
        release,
        generation,
        attempt: 1,
        because: &because,
    };
    if let Ok(order) = give_order(service, one.watch, place, &wish).await {
        let _told_by_the_account = bake(service, lease, &order, &|_| Box::new(Unobserved)).await;
    }
}

/// What the daemon does on start and daily, and people when they like. Returns what it found that
/// nothing claims.
pub(crate) async fn sweeps(service: &Service<'_>, lease: Lease) -> Vec<String> {
    match sweep(service, lease, true).await {
        Ok(swept) => {
            let found = swept.found.into_iter().filter(|one| one.verdict.is_stray());
            found
                .map(|one| format!("{} {}", one.thing.kind.as_str(), one.thing.id))
                .collect()
        }
        Err(_) => Vec::new(),
    }
}

/// Somebody ends a guest of ours by hand.
pub(crate) async fn meddle(watched: &Watched, ec2: &aws_sdk_ec2::Client) {
    let Ok(found) = ec2.describe_instances().send().await else {
        return;
    };
    let reservations = found.reservations().iter();
    let mut instances = reservations.flat_map(|one| one.instances());
    let running = instances.find(|one| {
        one.state().and_then(|state| state.name()) == Some(&InstanceStateName::Running)
    });
    if let Some(id) = running.and_then(|one| one.instance_id()) {
        watched.meddled.set(watched.meddled.get() + 1);
        let _whether_or_not = ec2.terminate_instances().instance_ids(id).send().await;
    }
}
