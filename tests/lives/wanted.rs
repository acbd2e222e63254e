//! What a config and a recipe say at the time, and how people edit them.

use super::chance::Chance;
use crate::common::world::{CONFIG, OVER_SSM, RECIPE};

const HOURLY: &str = "
[schedule]
cron = \"0 * * * *\"
";
const AFTER: &str = "recipe = \"logging\"\n";

/// One that passes hourly, and gives up guests that hang early: each look at one costs two calls.
fn timed(config: &str) -> String {
    match config.contains("[builder]") {
        true => format!("{config}timeout = \"12m\"\n{HOURLY}"),
        false => format!("{config}\n[builder]\ntimeout = \"12m\"\n{HOURLY}"),
    }
}

/// A config, and the text of its recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) config: String,
    pub(crate) recipe: String,
}

impl Wanted {
    /// The usual config, with an hourly pass, and the usual recipe.
    pub(crate) fn usual() -> Self {
        Self {
            config: timed(CONFIG),
            recipe: RECIPE.to_owned(),
        }
    }

    /// The same config with another recipe, or the same recipe under another config.
    pub(crate) fn edited(&self, chance: &mut Chance) -> Self {
        let recipe = format!("{RECIPE}# edit {}\n", chance.below(1_000));
        let with = |line: &str| CONFIG.replace(AFTER, &format!("{AFTER}{line}\n"));
        let config = chance.one_of(&[
            CONFIG.to_owned(),
            CONFIG.replace("on_drift = \"bake\"", "on_drift = \"notify\""),
            with("soak = \"6h\""),
            with("max_age = \"5d\""),
            format!("{CONFIG}{OVER_SSM}"),
        ]);
        match chance.once_in(2) {
            true => Self {
                recipe,
                ..self.clone()
            },
            false => Self {
                config: timed(&config),
                ..self.clone()
            },
        }
    }
}
