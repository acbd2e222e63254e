//! What is told of a base itself, in words: another release, and its end.

use super::drift::{each, say, whose_watch};
use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::ids::ImageId;
use crate::model::notice::{FirstOf, ReleasedTold, RunTold};
use crate::model::reason::About;

/// What the subject says behind the watch's name.
pub(super) fn released_headline(told: &ReleasedTold) -> String {
    format!("release {} -> {}", before(told), told.to.version)
}

/// The message but for its commands.
pub(super) fn released(notice: SpokenNotice<'_>, told: &ReleasedTold) -> Vec<MessagePart> {
    let ReleasedTold {
        base,
        from,
        to,
        created,
        runs,
        ..
    } = told;
    let made = created.map_or(String::new(), |at| format!(", made {}", notice.minute(at)));
    let first = format!(
        "{}: release {} ({from}) -> {} ({}){made}, of {base}.",
        whose_watch(notice),
        before(told),
        to.version,
        to.image
    );
    let nobody = "The watch has no recipe: nothing is baked from it.".to_owned();
    let lists = MessagePart::list("What runs now:", each(runs, run));
    let first = MessagePart::lines([first, nobody]);
    [first].into_iter().chain(lists).collect()
}

fn before(told: &ReleasedTold) -> &str {
    let version = told.from_version.as_deref();
    version.unwrap_or(told.from.as_str())
}

/// `shop/blue: ami-1 (custom, made from ami-0)`
fn run(run: &RunTold) -> String {
    let image = run.image.as_ref().map_or("no known image", ImageId::as_str);
    let kind = run.kind.as_str();
    let from = match &run.base_image {
        Some(base) if Some(base) != run.image.as_ref() => format!(", made from {base}"),
        _ => String::new(),
    };
    format!("{}: {image} ({kind}{from})", run.target.name())
}

/// What the subject says behind the watch's name.
pub(super) fn ends_headline(notice: SpokenNotice<'_>, ends: &FirstOf<About>) -> String {
    let first = ends.first.first().map(|end| end.said_in(notice.zone()));
    let first = first.unwrap_or_default();
    let first = first.trim_end_matches('.');
    match ends.first.len().saturating_sub(1) + ends.more {
        0 => first.to_owned(),
        more => format!("{first}, and {more} more"),
    }
}

/// The message but for its commands.
pub(super) fn ends(
    notice: SpokenNotice<'_>,
    base: &str,
    ends: &FirstOf<About>,
) -> Vec<MessagePart> {
    let first = format!("{} follows {base}.", whose_watch(notice));
    let list = MessagePart::list("What comes to its end:", each(ends, |end| say(notice, end)));
    [MessagePart::lines([first])]
        .into_iter()
        .chain(list)
        .collect()
}
