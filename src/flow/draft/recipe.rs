//! The recipes that a draft brings: the shipped one for ECS branches, and a skeleton for the others.

use super::Group;

/// The shipped recipe; its file's text and its checks are the example's own.
const SHIPPED: &str = "ecs-logging";
const SHIPPED_FILE: &str = include_str!("../../../config/recipes/ecs-logging.yaml");
const EXAMPLE: &str = include_str!("../../../config/amiwatch.example.toml");

/// A recipe of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecipeSketch {
    pub(super) name: String,
    /// Relative to the config.
    pub(super) path: String,
    pub(super) file: String,
    /// `[[recipe.NAME.checks]]`, as TOML.
    pub(super) checks: String,
    /// What it is, for the config's comment.
    pub(super) about: &'static str,
}

/// The recipe that is prepared for a group.
pub(super) fn recipe_sketch(group: &Group) -> RecipeSketch {
    match group.has_shipped_recipe() {
        true => shipped(),
        false => skeleton(&group.name),
    }
}

fn shipped() -> RecipeSketch {
    RecipeSketch {
        name: SHIPPED.to_owned(),
        path: format!("recipes/{SHIPPED}.yaml"),
        file: SHIPPED_FILE.to_owned(),
        checks: shipped_checks().to_owned(),
        about: "Shipped with amiwatch: allows the ECS agent more log drivers. Edit its list.",
    }
}

/// From the first check of the example's recipe to the end of its section.
fn shipped_checks() -> &'static str {
    let start = EXAMPLE.find("[[recipe.ecs-logging.checks]]").unwrap_or(0);
    let rest = &EXAMPLE[start..];
    rest.split("\n\n\n").next().unwrap_or(rest)
}

/// It bakes nothing by mistake: its check fails until somebody has replaced it.
fn skeleton(name: &str) -> RecipeSketch {
    let file = format!(
        "#cloud-config
# The recipe of the watch {name}: what makes the base yours. A skeleton, since a recipe cannot be read
# off an image. Compare a machine of your image with one of its base (`rpm -qa | sort`, the files in
# /etc), and write down here what yours has more: packages, files, commands.
#
# cloud-init does not notice a command that fails here. The recipe's checks do: replace the one in the
# config by commands that prove what this recipe is for.

runcmd:
  - echo 'replace me' > /etc/amiwatch-skeleton
"
    );
    let checks = format!(
        "[[recipe.{name}.checks]]
name = \"the skeleton was replaced by a recipe\"
run = \"! test -e /etc/amiwatch-skeleton\""
    );
    RecipeSketch {
        name: name.to_owned(),
        path: format!("recipes/{name}.yaml"),
        file,
        checks,
        about: "A skeleton: fill in its file and its checks. A bake of it as it is fails on purpose.",
    }
}
