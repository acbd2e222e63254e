//! The words of a digest: how many watches stand how, then those that are not in step.

use super::drift::each;
use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::notice::{DigestTold, DigestWatch, FirstOf, ReminderTold, StandsCount};

pub(super) fn digest_headline(told: &DigestTold) -> String {
    match (told.all.total(), told.all.in_step()) {
        (0, _) => "no watch has been looked at yet".to_owned(),
        (all, in_step) if all == in_step => format!("all {} in step", watches(all)),
        (all, in_step) => format!("{in_step} of {} in step", watches(all)),
    }
}

pub(super) fn digest_parts(notice: SpokenNotice<'_>, told: &DigestTold) -> Vec<MessagePart> {
    let mut lines = vec![format!("{}.", counted(&told.all))];
    lines.push(match told.behind {
        0 => "No environment waits for an image.".to_owned(),
        1 => "1 environment waits for an image or a platform.".to_owned(),
        many => format!("{many} environments wait for an image or a platform."),
    });
    lines.extend(told.oldest.as_ref().map(|one| {
        let days = (told.due - one.baked_at).num_days();
        format!(
            "The oldest image is {} of {}, from {}: {days} days old.",
            one.image, one.watch, one.base_version
        )
    }));
    let accounts = told.accounts.iter();
    let accounts: Vec<String> = accounts
        .map(|(account, stands)| format!("{account}: {}", counted(stands)))
        .collect();
    let per_account = match accounts.len() {
        0 | 1 => None,
        _ => MessagePart::list("By account:", FirstOf::all_of(accounts)),
    };
    let parts = [
        Some(MessagePart::Lines(lines)),
        MessagePart::list("Not in step:", each(&told.watches, standing)),
        per_account,
        MessagePart::list("Could not be read:", told.blind.clone()),
        Some(MessagePart::Fields(vec![(
            "as of",
            notice.minute(told.due),
        )])),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) fn digest_facts(told: &DigestTold) -> [(&'static str, String); 5] {
    let oldest = told.oldest.as_ref();
    [
        ("receiver", told.receiver.clone()),
        ("watches", told.all.total().to_string()),
        ("in_step", told.all.in_step().to_string()),
        ("behind", told.behind.to_string()),
        (
            "oldest_image",
            oldest.map_or("-".to_owned(), |one| one.image.to_string()),
        ),
    ]
}

/// What the subject says behind the watch's name.
pub(super) fn reminder_headline(told: &ReminderTold) -> String {
    let days = (told.until - told.since).num_days();
    format!("still {}, for {days} days", told.of.stands)
}

pub(super) fn reminder_parts(notice: SpokenNotice<'_>, told: &ReminderTold) -> Vec<MessagePart> {
    vec![
        MessagePart::lines([format!("{}.", standing(&told.of).trim_end_matches('.'))]),
        MessagePart::Fields(vec![("since", notice.minute(told.since))]),
    ]
}

pub(super) fn reminder_facts(told: &ReminderTold) -> [(&'static str, String); 3] {
    [
        ("receiver", told.receiver.clone()),
        ("stands", told.of.stands.clone()),
        ("since", told.since.to_rfc3339()),
    ]
}

/// `shop (111122223333/eu-west-1): failing; behind: shop/blue; pause until ...`
fn standing(one: &DigestWatch) -> String {
    let mut said = format!("{} ({}): {}", one.watch, one.scope, one.stands);
    if !one.behind.is_empty() {
        let more = match one.behind.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        said = format!("{said}; behind: {}{more}", one.behind.first.join(", "));
    }
    match &one.decided {
        Some(decided) => format!("{said}; {decided}"),
        None => said,
    }
}

/// `2 watches in step, 1 failing`
fn counted(stands: &StandsCount) -> String {
    let in_step = stands.in_step();
    let others = stands.0.iter();
    let others = others.filter(|(word, count)| *word != StandsCount::IN_STEP && **count > 0);
    let others = others.map(|(word, count)| format!("{count} {word}"));
    let all = [format!("{} in step", watches(in_step))].into_iter();
    all.chain(others).collect::<Vec<_>>().join(", ")
}

fn watches(count: u64) -> String {
    match count {
        1 => "1 watch".to_owned(),
        many => format!("{many} watches"),
    }
}
