//! What is told of older images, in words: what became of which, then what that means, and what is next.

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::ids::SnapshotId;
use crate::model::notice::{DueTold, FirstOf, NextByItself, RetiredTold, SnapshotsTold, What};
use crate::model::retire_record::RetireAct;

/// What the subject says behind the watch's name; absent for what is not about retiring.
pub(super) fn retire_headline(what: &What) -> Option<String> {
    Some(match what {
        What::RetireDue { due } => {
            let count = due.first.len() + due.more;
            match due.first.as_slice() {
                [one] if count == 1 => format!("{} may be {} now", one.image, one.act.done()),
                _ => format!("{count} more images may go a rung down now"),
            }
        }
        What::Retired { retired, .. } => {
            format!("{} is {}", retired.image, retired.act.done())
        }
        What::RetireFailed { retired, fault, .. } => {
            let (image, done) = (&retired.image, retired.act.done());
            format!("{image} is not {done}: {fault}")
        }
        _ => return None,
    })
}

/// The message but for its commands; nothing for what is not about retiring.
pub(super) fn retire_parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
    match &notice.what {
        What::RetireDue { due } => images_due(notice, due),
        What::Retired { retired, snapshots } => {
            let mut parts = vec![MessagePart::lines([
                first_line(retired),
                means(retired.act),
            ])];
            parts.extend(kept(snapshots));
            parts.push(about(notice, Some((retired, snapshots))));
            parts
        }
        What::RetireFailed { retired, why, .. } => {
            let next = match notice.next {
                NextByItself::Again { not_before } => format!(
                    "It is tried again after {}; other images do not wait for it.",
                    notice.minute(not_before)
                ),
                _ => "It stays as it is until somebody changes that.".to_owned(),
            };
            let (image, release) = (&retired.image, of_release(retired.base_version.as_deref()));
            let lines = [
                format!("{image}{release} is not {}.", retired.act.done()),
                format!("Why not: {why}"),
                next,
            ];
            let none = SnapshotsTold::default();
            vec![
                MessagePart::lines(lines),
                about(notice, Some((retired, &none))),
            ]
        }
        _ => Vec::new(),
    }
}

fn images_due(notice: SpokenNotice<'_>, due: &FirstOf<DueTold>) -> Vec<MessagePart> {
    let line = |one: &DueTold| {
        let release = of_release(one.base_version.as_deref());
        let by = one.by.as_ref();
        let by = by.map_or(String::new(), |by| format!("; {by} took its place"));
        format!("{}: {}{release}{by}", one.act.as_str(), one.image)
    };
    let items = FirstOf {
        first: due.first.iter().map(line).collect(),
        more: due.more,
    };
    let lines = [
        "Nothing that could be asked names these images any more, and they are old enough.".to_owned(),
        "Nothing is done to them: the config says `mode = \"tell\"`. With `mode = \"apply\"` they go, one rung \
         at a time."
            .to_owned(),
    ];
    let mut parts = vec![MessagePart::lines(lines)];
    parts.extend(MessagePart::list("Due now:", items));
    parts.push(about(notice, None));
    parts
}

fn first_line(retired: &RetiredTold) -> String {
    let release = of_release(retired.base_version.as_deref());
    format!("{}{release} is {}.", retired.image, retired.act.done())
}

fn means(act: RetireAct) -> String {
    match act {
        RetireAct::Deprecate => {
            "Others do not find it in listings any more; whoever knows its id launches it as before."
        }
        RetireAct::Disable => {
            "Nobody can launch it, and it is shared with nobody. Instances that run it go on, and it can come \
             back."
        }
        RetireAct::Deregister => {
            "It is gone, and does not come back, unless a rule of the Recycle Bin keeps it."
        }
        RetireAct::Restore => {
            "It can be launched and found as before, and is left alone for a while: it counts as young again."
        }
    }
    .to_owned()
}

fn kept(snapshots: &SnapshotsTold) -> Option<MessagePart> {
    let line = |(snapshot, why): &(SnapshotId, String)| format!("{snapshot}: {why}");
    let lines = snapshots.kept.iter().map(line);
    MessagePart::list("Snapshots that stay:", FirstOf::all_of(lines))
}

/// ` (of release 4.5.1)`
fn of_release(version: Option<&str>) -> String {
    version.map_or(String::new(), |version| format!(" (of release {version})"))
}

fn about(notice: SpokenNotice<'_>, told: Option<(&RetiredTold, &SnapshotsTold)>) -> MessagePart {
    let scope = notice.scope.as_ref();
    let scope = scope.map_or("-".into(), ToString::to_string);
    let mut fields = vec![("watch", notice.watch_or_dash().to_owned()), ("in", scope)];
    if let Some((retired, snapshots)) = told {
        let removed = snapshots.removed.iter().map(SnapshotId::as_str);
        let removed = removed.collect::<Vec<_>>().join(", ");
        if !removed.is_empty() {
            fields.push(("snapshots", format!("{removed} (removed)")));
        }
        fields.push(("by", retired.by.clone()));
    }
    MessagePart::Fields(fields)
}
