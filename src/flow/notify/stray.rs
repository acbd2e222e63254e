//! What is told of a thing that carries our tag and that nothing claims.

use chrono::{DateTime, Utc};

use crate::model::ids::{Installation, Scope, WatchName};
use crate::model::notice::{NextByItself, Notice, PastedCommand, What};
use crate::model::stray::{StrayVerdict, Thing};

/// A thing is there that no bake claims: it may cost money. One notice a thing.
pub fn stray(
    installation: &Installation,
    scope: &Scope,
    thing: &Thing,
    verdict: &StrayVerdict,
    at: DateTime<Utc>,
) -> Notice {
    let id = thing.id.as_str();
    let watch = Some(thing.watch()).filter(|watch| !watch.is_empty());
    let key = format!("attention:stray:{installation}:{scope}:{id}");
    Notice {
        story: key.clone(),
        key,
        at,
        installation: Some(installation.clone()),
        watch: watch.map(WatchName::from),
        scope: Some(scope.clone()),
        what: What::Stray {
            kind: thing.kind,
            id: id.to_owned(),
            why: verdict.why.clone(),
            since: thing.since,
        },
        next: NextByItself::Person,
        commands: vec![
            PastedCommand::new(
                "amiwatch sweep",
                "everything that carries the tag, and what becomes of it",
            ),
            PastedCommand::new("amiwatch sweep --apply", "removes what nothing claims"),
            PastedCommand::new(
                thing.kind.by_hand(id, &scope.region),
                "removes this one alone",
            ),
        ],
        links: Vec::new(),
    }
}
