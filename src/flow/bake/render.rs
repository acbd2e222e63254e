//! Renders a recipe that asked for it (`template = true`) with facts of the base.
//!
//! Off by default, since `{{ }}` is also docker's and cloud-init's. A name that does not exist is
//! an error: a recipe that silently loses a value would bake a wrong image.

use minijinja::{Environment, UndefinedBehavior, context};

use crate::model::base::Release;
use crate::model::watch::Recipe;

/// The recipe cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} cannot be rendered: {why}; known are base.image_id, base.name, base.version and \
     base.architecture"
)]
pub struct RenderError {
    path: String,
    why: String,
}

/// The recipe's user data as the guest will get it.
///
/// # Errors
/// When the template is broken or names something that does not exist.
pub fn render(recipe: &Recipe, release: &Release) -> Result<String, RenderError> {
    if !recipe.template {
        return Ok(recipe.user_data.clone());
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let facts = context! { base => context! {
        image_id => release.image.as_str(),
        name => release.image_name.as_deref(),
        version => release.version.as_str(),
        architecture => release.architecture.as_str(),
    }};
    environment
        .render_str(&recipe.user_data, facts)
        .map_err(|error| RenderError {
            path: recipe.path.display().to_string(),
            why: error.to_string(),
        })
}
