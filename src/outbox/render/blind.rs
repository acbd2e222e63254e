//! What is told of what could not be read, and of its end, in words.

use chrono::{DateTime, Utc};

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::blind::BlindOf;
use crate::model::ids::WatchName;
use crate::model::notice::{BlindTold, FirstOf};

/// The subject behind `[amiwatch] `.
pub(super) fn blind_headline(notice: SpokenNotice<'_>, told: &BlindTold) -> String {
    format!("blind: {} since {}", told.of, notice.minute(told.since))
}

/// The message but for its commands.
pub(super) fn blind(notice: SpokenNotice<'_>, told: &BlindTold) -> Vec<MessagePart> {
    let BlindTold {
        of,
        since,
        why,
        watches,
        ..
    } = told;
    let lines = MessagePart::lines([
        format!(
            "{of} could not be read, or not wholly, since {}.",
            notice.minute(*since)
        ),
        format!("Why: {why}"),
        "Nothing is concluded from what cannot be read: a release there may go unnoticed."
            .to_owned(),
    ]);
    let names = FirstOf {
        first: watches.first.iter().map(WatchName::to_string).collect(),
        more: watches.more,
    };
    let list = MessagePart::list("Watches that look there:", names);
    [lines].into_iter().chain(list).collect()
}

/// The subject behind `[amiwatch] `.
pub(super) fn over_headline(of: &BlindOf, read: bool) -> String {
    match read {
        true => format!("{of} can be read again"),
        false => format!("no watch looks at {of} any more"),
    }
}

/// The message but for its commands.
pub(super) fn over(
    notice: SpokenNotice<'_>,
    of: &BlindOf,
    since: DateTime<Utc>,
    read: bool,
) -> Vec<MessagePart> {
    let was = format!("{of} could not be read since {}.", notice.minute(since));
    let now = match read {
        true => "Now it can be read again.",
        false => "No watch of the config looks there any more.",
    };
    vec![MessagePart::lines([was, now.to_owned()])]
}
