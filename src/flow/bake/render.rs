//! Renders a recipe that asked for it (`template = true`) with facts of the base.
//!
//! Off by default, since `{{ }}` is also docker's and cloud-init's. A name that does not exist is
//! an error: a recipe that silently loses a value would bake a wrong image. What a template can take of
//! time and memory is told before it runs, or it does not run.

#[cfg(test)]
mod tests;

use std::io;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::model::base::Release;
use crate::model::watch::Recipe;
use crate::template::template_bound;

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
    bounded(&recipe.user_data, release).map_err(|why| RenderError {
        path: recipe.path.display().to_string(),
        why,
    })
}

/// What a template is given, and the length of its longest text.
fn facts(release: &Release) -> (minijinja::Value, usize) {
    let name = release.image_name.as_deref();
    let (id, version) = (release.image.as_str(), release.version.as_str());
    let architecture = release.architecture.as_str();
    let facts = context! { base => context! {
        image_id => id,
        name => name,
        version => version,
        architecture => architecture,
    }};
    let texts = [id, name.unwrap_or("none"), version, architecture];
    let longest = texts.map(str::len).into_iter().max().unwrap_or(0);
    (facts, longest)
}

/// Renders within bounds of values, steps, depth and size: there is one thread, and a loop in a loop in a
/// loop must not take it.
fn bounded(template: &str, release: &Release) -> Result<String, String> {
    let (facts, longest) = facts(release);
    let values = template_bound(template, longest).map_err(|refusal| refusal.to_string())?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel(template, values)));
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

/// Steps: few enough that a template which writes all of itself, or all of its values, at each step is
/// done soon.
fn fuel(template: &str, values: u64) -> u64 {
    const WRITTEN_MAX: u64 = 128 * 1024 * 1024;
    let template = u64::try_from(template.len()).unwrap_or(u64::MAX);
    let each = WRITTEN_MAX / template.max(values).max(1);
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
