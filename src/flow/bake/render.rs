//! Renders a recipe that asked for it (`template = true`) with facts of the base.
//!
//! Off by default, since `{{ }}` is also docker's and cloud-init's. A name that does not exist is
//! an error: a recipe that silently loses a value would bake a wrong image.

use std::io;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::model::base::Release;
use crate::model::watch::Recipe;

/// Steps of a template; one of a thousand lines takes some thousand.
const FUEL_MAX: u64 = 50_000;
/// Macros in macros, loops in loops.
const DEPTH_MAX: usize = 50;
/// What a template may become; user data ends at 16,384 bytes.
const BYTES_MAX: usize = 1024 * 1024;

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
pub fn render_recipe(recipe: &Recipe, release: &Release) -> Result<String, RenderError> {
    if !recipe.template {
        return Ok(recipe.user_data.clone());
    }
    let facts = context! { base => context! {
        image_id => release.image.as_str(),
        name => release.image_name.as_deref(),
        version => release.version.as_str(),
        architecture => release.architecture.as_str(),
    }};
    bounded(&recipe.user_data, facts).map_err(|why| RenderError {
        path: recipe.path.display().to_string(),
        why,
    })
}

/// Renders within bounds of steps, depth and size: there is one thread, and a loop in a loop in a loop
/// must not take it.
fn bounded(template: &str, facts: minijinja::Value) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel(template)));
    environment.set_recursion_limit(DEPTH_MAX);
    let mut written = Bounded::default();
    let template = environment.template_from_str(template);
    let rendered =
        template.and_then(|template| template.render_captured_to(facts, &mut written).map(drop));
    match rendered {
        _ if written.full => Err(format!("it becomes more than {BYTES_MAX} bytes")),
        Err(error) if error.kind() == ErrorKind::OutOfFuel => {
            Err("it takes too many steps, a loop inside of a loop perhaps; write it out".to_owned())
        }
        Err(error) => Err(error.to_string()),
        Ok(()) => String::from_utf8(written.bytes).map_err(|error| error.to_string()),
    }
}

/// Steps: few enough that a template which writes all of itself at each step fills no memory.
fn fuel(template: &str) -> u64 {
    const WRITTEN_MAX: usize = 128 * 1024 * 1024;
    let each = u64::try_from(WRITTEN_MAX / template.len().max(1)).unwrap_or(FUEL_MAX);
    each.clamp(1_000, FUEL_MAX)
}

/// What was written so far.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.full |= self.bytes.len() + bytes.len() > BYTES_MAX;
        if self.full {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, String> {
        bounded(
            template,
            context! { base => context! { version => "4.5.1" } },
        )
    }

    #[test]
    fn loops_that_people_write_are_rendered() {
        let text = "{% for n in range(200) %}- {{ base.version }} {{ n }}\n{% endfor %}";
        assert_eq!(rendered(text).unwrap().lines().count(), 200);
    }

    #[test]
    fn a_template_without_an_end_is_an_error() {
        let nested =
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
        assert!(rendered(nested).unwrap_err().contains("too many steps"));
        let twice = "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}";
        assert!(rendered(twice).is_err());
        let large = format!(
            "{{% for a in range(9999) %}}{}{{% endfor %}}",
            "x".repeat(1_000)
        );
        assert!(
            rendered(&large)
                .unwrap_err()
                .contains("more than 1048576 bytes")
        );
        let kept = "{% set all %}{% for a in range(99999) %}".to_owned()
            + &"x".repeat(60_000)
            + "{% endfor %}{% endset %}";
        assert!(rendered(&kept).unwrap_err().contains("too many steps"));
    }
}
