//! What a config and a recipe say at the time, and how people edit them.

use super::chance::Chance;
use super::owning::{PUBLISHES, RETIRES};
use crate::common::world::{CONFIG, OVER_SSM, RECIPE};

const HOURLY: &str = "
[schedule]
cron = \"0 * * * *\"
";
const AFTER: &str = "recipe = \"logging\"\n";

/// What a life's config says in whatever form, beside bakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Beside {
    /// Images are published.
    pub(crate) owns: bool,
    /// Older ones are retired.
    pub(crate) retires: bool,
    /// `[store] keep_history`, where it is not the default.
    pub(crate) keeps: Option<&'static str>,
}

/// One that passes hourly, and gives up guests that hang early: each look at one costs two calls.
fn timed(config: &str, beside: Beside) -> String {
    let builder = match config.contains("[builder]") {
        true => "",
        false => "\n[builder]\n",
    };
    let publishes = if beside.owns { PUBLISHES } else { "" };
    let retires = if beside.retires { RETIRES } else { "" };
    let keeps = beside
        .keeps
        .map(|keeps| format!("\n[store]\nkeep_history = \"{keeps}\"\n"));
    let keeps = keeps.unwrap_or_default();
    format!("{config}{builder}timeout = \"12m\"\n{HOURLY}{publishes}{retires}{keeps}")
}

/// A config, and the text of its recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) config: String,
    pub(crate) recipe: String,
    beside: Beside,
}

impl Wanted {
    /// The usual config, with an hourly pass, and the usual recipe.
    pub(crate) fn usual(beside: Beside) -> Self {
        Self {
            config: timed(CONFIG, beside),
            recipe: RECIPE.to_owned(),
            beside,
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
                config: timed(&config, self.beside),
                ..self.clone()
            },
        }
    }
}
