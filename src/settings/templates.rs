//! Reads `launch_template` of `[watch.NAME.publish]`: the template that gets a version with the image.

use crate::model::ids::Architecture;
use crate::model::publish_rules::{TemplateRef, TemplateRules};

use super::arns;
use super::fault::{Problem, quoted_value};
use super::reading::{ConfigReading, ConfigSection};

/// What stands for the processor in a name.
pub(super) const ARCHITECTURE: &str = "{architecture}";
/// EC2's own bounds of a name.
const NAME_MIN: usize = 3;
const NAME_MAX: usize = 128;

/// The template, where one is named.
pub(super) fn read_template(
    publish: &ConfigSection<'_>,
    architecture: Architecture,
    reading: &mut ConfigReading<'_>,
) -> Option<TemplateRules> {
    let at = publish.place_of("launch_template")?;
    let section = publish.section("launch_template");
    let (id, name) = (section.text("id"), section.text("name"));
    let said = match (&id, &name) {
        (Some(_), Some(_)) => Some("`launch_template` has a name and an id"),
        (None, None) => Some("`launch_template` names no template"),
        _ => None,
    };
    if let Some(said) = said {
        let right = "write one of them: `name = \"shop\"`, or `id = \"lt-0123456789abcdef0\"`";
        reading.fault_in_context(at, Problem::new(said, right));
        return None;
    }
    let id = reading.parsed(id, |text| {
        arns::resource_id(text, "lt-").map(TemplateRef::Id)
    });
    let name = reading.parsed(name, |text| template_name(text, architecture));
    Some(TemplateRules {
        template: id.or(name)?,
        make_default: section.boolean("make_default").unwrap_or(false),
    })
}

/// A template's name with the processor in it.
fn template_name(text: &str, architecture: Architecture) -> Result<TemplateRef, Problem> {
    let name = text.replace(ARCHITECTURE, architecture.as_str());
    let fits = |c: char| c.is_ascii_alphanumeric() || "()./_-".contains(c);
    let long = NAME_MIN..=NAME_MAX;
    match long.contains(&name.len()) && name.chars().all(fits) {
        true => Ok(TemplateRef::Name(name)),
        false => {
            let said = format!("{} is not a launch template's name", quoted_value(text));
            let right = "write 3 to 128 letters, digits and ( ) . / _ -, such as \"shop\" or \
                         \"shop-{architecture}\"";
            Err(Problem::new(said, right))
        }
    }
}
