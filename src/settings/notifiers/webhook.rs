//! Reads a webhook of one's own: its address, what signs it, and the template that makes its body.

use super::super::fault::Problem;
use super::super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::super::secret::read_secret;
use super::super::{HookTemplateFile, values};
use super::NotifierKind;
use crate::template::try_message;

/// A template of more is something else.
const TEMPLATE_MAX_BYTES: usize = 64 * 1024;

pub(super) fn webhook(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let template = match section.text("template") {
        Some(written) => Some(template(&written, reading)?),
        None => None,
    };
    let secret = match section.place_of("secret") {
        Some(_) => Some(read_secret(section, "secret", reading)?),
        None => None,
    };
    let url = read_secret(section, "url", reading)?;
    Some(NotifierKind::Webhook {
        url,
        secret,
        template,
    })
}

/// The template's text, tried on a sample.
fn template(
    written: &WrittenText<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<HookTemplateFile> {
    let named = |text: &str| values::parse_line(text, "a file's name");
    let name = reading.parsed(Some(written.clone()), named)?;
    let path = reading.resolve(&name);
    let text = match reading.read_file(&path) {
        Ok(bytes) if bytes.len() > TEMPLATE_MAX_BYTES => Err(format!(
            "has more than {TEMPLATE_MAX_BYTES} bytes: it is something else"
        )),
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "is not text in UTF-8".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    };
    let text = text.and_then(|text| {
        let tried = try_message(&text, &name);
        tried.map_err(|error| format!("makes no message: {error}"))?;
        Ok(text)
    });
    match text {
        Ok(text) => Some(HookTemplateFile { name, text }),
        Err(why) => {
            let wrong = format!("{}: {why}", path.display());
            let right = "docs/notices.md has the fields, and config/templates what is shipped";
            reading.fault(written.at.clone(), Problem::new(wrong, right));
            None
        }
    }
}
