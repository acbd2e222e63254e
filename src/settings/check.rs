//! The rules that need more than one key. One place, so that a reader of the config's faults can
//! find all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::watch::OnDrift;

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use super::publishers;
use super::reading::{ConfigReading, ConfigSection};
use super::recipes::RecipeDraft;
use super::rivals;
use super::watches::WatchDraft;

pub(super) fn check_settings(
    root: &ConfigSection<'_>,
    watches: &[WatchDraft<'_>],
    recipes: &BTreeMap<&str, RecipeDraft<'_>>,
    reading: &mut ConfigReading<'_>,
) {
    for watch in watches {
        recipe_exists(watch, recipes, reading);
        bake_has_a_recipe(watch, reading);
        environment_has_targets(watch, reading);
        rollout_has_an_order(watch, reading);
    }
    rivals::check_rivals(watches, reading);
    publishers::check_copies(root, watches, reading);
    publishers::check_publishers(watches, reading);
    publishers::check_shared_keys(root, watches, reading);
    makers_have_an_installation(root, watches, reading);
    every_recipe_is_used(watches, recipes, reading);
    something_is_watched(root, reading);
}

fn recipe_exists(
    watch: &WatchDraft<'_>,
    recipes: &BTreeMap<&str, RecipeDraft<'_>>,
    reading: &mut ConfigReading<'_>,
) {
    let Some(named) = &watch.recipe else { return };
    if recipes.contains_key(named.text) {
        return;
    }
    let right = match nearest(named.text, recipes.keys().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "add `[recipe.NAME]` with that name".to_owned(),
    };
    let problem = Problem::new(
        format!("there is no recipe {}", quoted_value(named.text)),
        right,
    );
    reading.fault_in_context(named.at.clone(), problem);
}

fn bake_has_a_recipe(watch: &WatchDraft<'_>, reading: &mut ConfigReading<'_>) {
    if watch.on_drift >= OnDrift::Bake && watch.recipe.is_none() {
        let problem = Problem::new(
            "the watch is to bake and has no recipe",
            "add `recipe = \"...\"`, or use on_drift = \"notify\"",
        );
        reading.fault_in_context(watch.on_drift_at.clone(), problem);
    }
}

fn environment_has_targets(watch: &WatchDraft<'_>, reading: &mut ConfigReading<'_>) {
    if watch.follows_targets_without_any() {
        let problem = Problem::new(
            "the base follows what the targets run, and the watch has no target",
            "add `[[watch.NAME.target]]`, or use version = \"recommended\"",
        );
        reading.fault_in_context(watch.at.clone(), problem);
    }
}

fn rollout_has_an_order(watch: &WatchDraft<'_>, reading: &mut ConfigReading<'_>) {
    let mut fault = |problem| reading.fault_in_context(watch.on_drift_at.clone(), problem);
    if watch.rolls_out_to_nobody() {
        fault(Problem::new(
            "the watch is to be rolled out, and has no target",
            "add `[[watch.NAME.target]]`, or use on_drift = \"bake\"",
        ));
    }
    if watch.has_no_order() {
        fault(Problem::new(
            "the watch is to be rolled out to several environments (a pattern may stand for any number of \
             them), and nothing says in which order",
            "add `waves = [\"...\", \"...\"]` to `[watch.NAME.rollout]`, environment names in turn; \
             [\"*\"] if they are all alike",
        ));
    }
    for name in watch.without_wave() {
        fault(Problem::new(
            format!(
                "the watch is to be rolled out to {}, and no wave takes it",
                quoted_value(name)
            ),
            "add it to `waves` of `[watch.NAME.rollout]`",
        ));
    }
}

fn makers_have_an_installation(
    root: &ConfigSection<'_>,
    watches: &[WatchDraft<'_>],
    reading: &mut ConfigReading<'_>,
) {
    let makers = watches.iter().filter_map(|watch| {
        let bakes = watch.on_drift >= OnDrift::Bake;
        let bakes = bakes.then(|| watch.on_drift_at.clone());
        bakes.or_else(|| watch.publish_at.clone())
    });
    if let Some(at) = makers.min_by_key(|at| at.start)
        && root.place_of("installation").is_none()
    {
        reading.fault_in_context(at, installation_missing());
    }
}

/// What is told to whoever wants to make something under no name.
pub(super) fn installation_missing() -> Problem {
    Problem::new(
        "the config does not say who owns what would be made",
        "add `installation = \"...\"` at the top, a name that no other installation uses",
    )
}

fn every_recipe_is_used(
    watches: &[WatchDraft<'_>],
    recipes: &BTreeMap<&str, RecipeDraft<'_>>,
    reading: &mut ConfigReading<'_>,
) {
    let used: BTreeSet<&str> = watches
        .iter()
        .filter_map(|watch| Some(watch.recipe.as_ref()?.text))
        .collect();
    for (name, recipe) in recipes {
        if !used.contains(name) {
            let wrong = format!("no watch uses the recipe {}", quoted_value(name));
            let problem = Problem::new(wrong, "name it in a watch or remove it");
            reading.warn(recipe.written.at.clone(), problem);
        }
    }
}

fn something_is_watched(root: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) {
    let names = |table: &str| !root.section(table).named_sections().is_empty();
    // Accounts alone are for surveys.
    if !names("watch") && !names("account") {
        let wrong = "the config has no watch, so that nothing is looked at";
        let right = "add `[watch.NAME]`; `amiwatch survey` shows what there is to watch";
        reading.warn(0..0, Problem::new(wrong, right));
    }
}
