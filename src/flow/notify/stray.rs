//! What is told of a thing that carries our tag and that nothing claims.

use chrono::{DateTime, Utc};

use super::facts;
use super::text::{Body, subject};
use crate::model::ids::{Installation, Scope};
use crate::model::notice::{Event, Notice};
use crate::model::stray::{Thing, Verdict};

/// A thing is there that no bake claims: it may cost money. One notice a thing.
pub fn stray(
    installation: &Installation,
    scope: &Scope,
    thing: &Thing,
    verdict: &Verdict,
    at: DateTime<Utc>,
) -> Notice {
    let (kind, id) = (thing.kind.as_str(), thing.id.as_str());
    let mut body = Body::new();
    body.line(&format!(
        "The {kind} {id} in {scope} carries the tag of {installation}, and {}.",
        verdict.why
    ));
    body.line("It may cost money. A bake whose store was lost leaves such things behind.");
    if let Some(since) = thing.since {
        body.line(&format!(
            "It was made at {}.",
            since.format("%Y-%m-%d %H:%M UTC")
        ));
    }
    body.commands(&[
        (
            "amiwatch sweep".to_owned(),
            "everything that carries the tag, and what becomes of it",
        ),
        (
            "amiwatch sweep --apply".to_owned(),
            "removes what nothing claims",
        ),
        (
            thing.kind.by_hand(id, &scope.region),
            "removes this one alone",
        ),
    ]);
    Notice {
        key: format!("attention:stray:{installation}:{scope}:{id}"),
        event: Event::Attention,
        at,
        watch: thing.watch().to_owned(),
        subject: subject(&format!(
            "[amiwatch] {kind} {id} is ours and nothing claims it"
        )),
        body: body.finish(),
        facts: facts([
            ("installation", installation.to_string()),
            ("kind", kind.to_owned()),
            ("id", id.to_owned()),
            ("account", scope.account.to_string()),
            ("region", scope.region.to_string()),
        ]),
    }
}
