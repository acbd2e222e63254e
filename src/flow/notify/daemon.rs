//! What is told about the daemon itself, and not about a watch.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::text::{Body, subject};
use super::{facts, minute};
use crate::model::ids::Installation;
use crate::model::notice::{Event, Notice};

/// Passes do not end in time and are cut. One notice until one ends in time again.
///
/// `first`: when the first pass that was cut began.
pub fn pass_cut(
    installation: &Installation,
    first: DateTime<Utc>,
    limit: Duration,
    at: DateTime<Utc>,
) -> Notice {
    let limit_s = limit.as_secs();
    let mut body = Body::new();
    body.line(&format!(
        "The pass that began {} did not end within {limit_s} s and was cut.",
        minute(first)
    ));
    body.line("Releases are not noticed while that is so. Bakes that are under way go on.");
    body.gap();
    body.line(&format!("installation  {installation}"));
    body.commands(&[
        (
            "amiwatch check".to_owned(),
            "looks once, and shows what does not answer",
        ),
        (
            "amiwatch run -v".to_owned(),
            "logs each call; a larger [schedule] pass_timeout gives it more time",
        ),
    ]);
    Notice {
        key: format!("pass-cut:{installation}:{}", first.timestamp()),
        event: Event::Attention,
        at,
        watch: "-".to_owned(),
        subject: subject(&format!(
            "[amiwatch] {installation}: a pass did not end within {limit_s} s"
        )),
        body: body.finish(),
        facts: facts([
            ("installation", installation.to_string()),
            ("limit_s", limit_s.to_string()),
            ("since", first.to_rfc3339()),
        ]),
    }
}
