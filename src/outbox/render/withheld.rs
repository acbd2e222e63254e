//! The words of what a receiver's limit kept from it.

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::notice::WithheldTold;

pub(super) fn withheld_headline(told: &WithheldTold) -> String {
    format!("{} withheld from {} in an hour", count(told), told.receiver)
}

pub(super) fn withheld(notice: SpokenNotice<'_>, told: &WithheldTold) -> Vec<MessagePart> {
    let by_event = told.by_event.iter();
    let by_event = by_event.map(|(event, count)| format!("{count} of {}", event.as_str()));
    vec![MessagePart::lines([
        format!(
            "{} more than `per_hour` allows were not sent to {} between {} and {}: {}.",
            count(told),
            told.receiver,
            notice.minute(told.from),
            notice.minute(told.until),
            by_event.collect::<Vec<_>>().join(", ")
        ),
        "What is critical and what ends something was sent; amiwatch's log has all of them."
            .to_owned(),
    ])]
}

pub(super) fn withheld_facts(told: &WithheldTold) -> [(&'static str, String); 4] {
    [
        ("receiver", told.receiver.clone()),
        ("since", told.from.to_rfc3339()),
        ("until", told.until.to_rfc3339()),
        ("withheld", told.by_event.values().sum::<u64>().to_string()),
    ]
}

fn count(told: &WithheldTold) -> String {
    match told.by_event.values().sum::<u64>() {
        1 => "1 notice".to_owned(),
        many => format!("{many} notices"),
    }
}
