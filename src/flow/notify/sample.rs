//! The sample that `notify test` sends: harmless to whoever acts on events.

use chrono::{DateTime, Utc};

use super::text::Body;
use super::{facts, subject};
use crate::model::ids::Installation;
use crate::model::notice::{Event, Notice};

/// A notice that tells nothing but that telling works. Each is an event of its own.
pub fn sample(installation: Option<&Installation>, to: &str, at: DateTime<Utc>) -> Notice {
    let whose = installation.map_or("-", Installation::as_str);
    let mut body = Body::new();
    body.line(
        "This is a sample: somebody asked amiwatch to try its receivers. Nothing has happened.",
    );
    body.gap();
    body.line(&format!("installation  {whose}"));
    body.line(&format!("receiver      {to}"));
    body.commands(&[("amiwatch status".to_owned(), "every watch and its image")]);
    Notice {
        key: format!("test:{whose}:{to}:{}", at.timestamp_millis()),
        event: Event::Test,
        at,
        watch: "-".to_owned(),
        subject: subject(&format!("[amiwatch] {to}: a sample, nothing has happened")),
        body: body.finish(),
        facts: facts([
            ("installation", whose.to_owned()),
            ("receiver", to.to_owned()),
        ]),
    }
}
