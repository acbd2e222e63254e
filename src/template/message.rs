//! A message's template: rendered within bounds, with the fields of one notice, and tried on a sample when a
//! config is read. A name that no notice has is a fault of the config, not a hole in a message at night.

use std::io;

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value as Fields};
use serde_json::{Value, json};

use super::growth::fields_bound;
use super::tokens::outline_fits;

/// Steps of a template; a loop over a notice's commands takes some dozen.
const FUEL_MAX: u64 = 20_000;
const DEPTH_MAX: usize = 50;
/// What a message may become; most receivers refuse much less.
const BYTES_MAX: usize = 256 * 1024;
/// Letters of a message's text that a template is given, and of any other text.
pub const TEXT_CHARS_MAX: usize = 12_000;
pub const WORDS_CHARS_MAX: usize = 500;

/// Of each field the bytes of all its texts, and whether it is one text: a letter has four at most.
const FIELDS: [(&str, u64, bool); 19] = [
    ("key", 2_000, true),
    ("story", 2_000, true),
    ("event", 2_000, true),
    ("severity", 2_000, true),
    ("ends", 64, false),
    ("ends_others", 32_000, false),
    ("again", 64, false),
    ("icon", 2_000, true),
    ("title", 2_000, true),
    ("first_line", 2_000, true),
    ("text", 48_000, true),
    ("at", 2_000, true),
    ("watch", 2_000, true),
    ("installation", 2_000, true),
    ("account", 2_000, true),
    ("region", 2_000, true),
    ("commands", 32_000, false),
    ("links", 32_000, false),
    ("facts", 32_000, false),
];

/// Why a template gives no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MessageFault(String);

/// Whether a template of this file name makes JSON: then every value is written as JSON, quotes and all.
pub fn makes_json(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".json.j2")
}

/// The fields that every notice gives, with a sample of each: what a template is tried on.
pub fn sample_fields() -> Value {
    json!({
        "key": "baked:0123", "story": "bake:0123", "event": "baked", "severity": "info", "ends": true,
        "ends_others": ["bake:0122"], "again": false, "icon": "\u{1f7e2}", "title": "shop: baked ami-1 from 4.5.1",
        "first_line": "ami-1 is verified.", "text": "ami-1 is verified.\n\nwatch  \"shop\"\n",
        "at": "2026-11-02T08:00:00Z", "watch": "shop", "installation": "acme",
        "account": "111122223333", "region": "eu-west-1",
        "commands": [{ "command": "amiwatch status", "purpose": "every watch" }],
        "links": [{ "title": "ami-1", "url": "https://console.aws.amazon.com/ec2/home" }],
        "facts": { "image": "ami-1" },
    })
}

/// Tries a template on the sample.
///
/// # Errors
/// When it is broken, has no bound, names what there is not, or makes no JSON where it should.
pub fn try_message(template: &str, name: &str) -> Result<(), MessageFault> {
    let known = sample_fields();
    let mut environment = Environment::new();
    set_up(&mut environment, FUEL_MAX, name);
    let parsed = environment.template_from_named_str(name, template);
    let named = parsed.map_err(|error| MessageFault(error.to_string()))?;
    // The one function that templates have.
    let given = |one: &String| one == "range" || known.get(one).is_some();
    let unknown = named.undeclared_variables(false).into_iter();
    let mut unknown: Vec<String> = unknown.filter(|one| !given(one)).collect();
    unknown.sort();
    if let Some(first) = unknown.first() {
        let names = known.as_object().into_iter().flat_map(|all| all.keys());
        let names: Vec<&str> = names.map(String::as_str).collect();
        let said = format!("no notice has `{first}`; it has {}", names.join(", "));
        return Err(MessageFault(said));
    }
    render_message(template, name, &known).map(drop)
}

/// The message of these fields.
///
/// # Errors
/// As [`try_message`].
pub fn render_message(template: &str, name: &str, fields: &Value) -> Result<String, MessageFault> {
    let values = outline_fits(template).and_then(|()| fields_bound(template, &FIELDS));
    let values = values.map_err(|why| MessageFault(why.to_string()))?;
    let mut environment = Environment::new();
    set_up(&mut environment, fuel(values), name);
    let mut written = BoundedText::default();
    let parsed = environment.template_from_named_str(name, template);
    let rendered = parsed.and_then(|one| {
        one.render_captured_to(as_given(fields), &mut written)
            .map(drop)
    });
    let text = match rendered {
        _ if written.full => Err(format!("it becomes more than {BYTES_MAX} bytes")),
        Err(error) if error.kind() == ErrorKind::OutOfFuel => {
            Err("it takes too many steps".to_owned())
        }
        Err(error) => Err(error.to_string()),
        Ok(()) => String::from_utf8(written.bytes).map_err(|error| error.to_string()),
    };
    let text = text.map_err(MessageFault)?;
    match makes_json(name) {
        true => serde_json::from_str::<serde::de::IgnoredAny>(&text)
            .map(|_| text)
            .map_err(|error| MessageFault(format!("what it makes is no JSON: {error}"))),
        false => Ok(text),
    }
}

/// As the template is given it.
fn as_given(value: &Value) -> Fields {
    match value {
        Value::Null => Fields::from(()),
        Value::Bool(one) => Fields::from(*one),
        Value::Number(one) => match one.as_i64() {
            Some(whole) => Fields::from(whole),
            None => Fields::from(one.as_f64().unwrap_or_default()),
        },
        Value::String(one) => Fields::from(one.as_str()),
        Value::Array(all) => all.iter().map(as_given).collect(),
        Value::Object(all) => {
            Fields::from_pairs(all.iter().map(|(name, one)| (name.clone(), as_given(one))))
        }
    }
}

fn set_up(environment: &mut Environment<'_>, fuel: u64, name: &str) {
    let json = makes_json(name);
    environment.set_auto_escape_callback(move |_| match json {
        true => AutoEscape::Json,
        false => AutoEscape::None,
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(DEPTH_MAX);
}

fn fuel(values: u64) -> u64 {
    const WRITTEN_MAX: u64 = 128 * 1024 * 1024;
    (WRITTEN_MAX / values.max(1)).clamp(1_000, FUEL_MAX)
}

/// What was written so far.
#[derive(Default)]
struct BoundedText {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for BoundedText {
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

    fn fault(template: &str, name: &str) -> String {
        try_message(template, name).unwrap_err().to_string()
    }

    #[test]
    fn a_template_of_json_writes_values_as_json() {
        let template = "{ \"content\": {{ title }}, \"is\": {{ ends }} }";
        try_message(template, "x.json").unwrap();
        let fields = json!({ "title": "a \"b\"\n<c>", "ends": false });
        let text = render_message(template, "x.json", &fields).unwrap();
        let made: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(made, json!({ "content": "a \"b\"\n<c>", "is": false }));
        let text = render_message("{{ title }}", "x.txt", &fields).unwrap();
        assert_eq!(text, "a \"b\"\n<c>");
    }

    #[test]
    fn every_field_has_a_bound() {
        let known = sample_fields();
        let mut names: Vec<&String> = known.as_object().unwrap().keys().collect();
        names.sort();
        let mut bounded = FIELDS.map(|(name, ..)| name);
        bounded.sort_unstable();
        assert_eq!(names, bounded);
    }

    #[test]
    fn what_gives_no_message_is_told_when_the_config_is_read() {
        for (template, name, part) in [
            (
                "{{ titel }}",
                "x.txt",
                "no notice has `titel`; it has account, again",
            ),
            ("{{ title ", "x.txt", "syntax error"),
            (
                "{ \"a\": \"{{ title }}\" }",
                "x.json",
                "what it makes is no JSON",
            ),
            ("{{ facts.nothing }}", "x.txt", "undefined"),
            (
                "{% set t = title %}{% for x in range(100000) %}{% set t = t ~ t %}{% endfor %}",
                "x.txt",
                "line 1",
            ),
        ] {
            let said = fault(template, name);
            assert!(said.contains(part), "{template}: {said}");
        }
    }
}
