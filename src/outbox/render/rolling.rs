//! What is told of a watch's rollout, in words: from what to what first, then why, and what is next.

use super::parts::MessagePart;
use super::spoken::SpokenNotice;
use crate::model::ids::ImageId;
use crate::model::notice::{
    ApprovalTold, BlockedTold, FirstOf, HandsTold, RolledImage, SupersededTold, TargetFrom,
    WaveTold, What,
};

/// What the subject says behind the watch's name; absent for what is not about a rollout.
pub(super) fn rolling_headline(what: &What) -> Option<String> {
    Some(match what {
        What::ApprovalNeeded(told) => format!("may {} go to its environments?", told.of.image),
        What::ApprovalLapsed { of, .. } => {
            format!("nobody said in time whether {} may go", of.image)
        }
        What::RolloutSuperseded(told) => {
            format!(
                "{} goes no further, {} is newer",
                told.image, told.newer.image
            )
        }
        What::WaveThrough(told) if told.last => {
            format!("{} is rolled out", told.of.image)
        }
        What::WaveThrough(told) => {
            let WaveTold {
                wave, waves, of, ..
            } = told;
            format!("wave {wave} of {waves} runs {}", of.image)
        }
        What::RolloutBlocked(told) => {
            let (target, code) = (told.target.name(), told.reason.code());
            format!("{target} is not moved to {}: {code}", told.of.image)
        }
        What::HandsNeeded(told) => format!("{} waits for your hands", told.of.image),
        _ => return None,
    })
}

/// The message but for its commands; nothing for what is not about a rollout.
pub(super) fn rolling_parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
    match &notice.what {
        What::ApprovalNeeded(told) => needed(notice, told),
        What::ApprovalLapsed { id, of, .. } => lapsed(notice, id, of),
        What::RolloutSuperseded(told) => superseded(notice, told),
        What::WaveThrough(told) => through(notice, told),
        What::RolloutBlocked(told) => blocked(notice, told),
        What::HandsNeeded(told) => hands(notice, told),
        _ => Vec::new(),
    }
}

fn needed(notice: SpokenNotice<'_>, told: &ApprovalTold) -> Vec<MessagePart> {
    let image = &told.of.image;
    let mut lines = vec![
        format!(
            "{image}{} is verified, and no environment is moved to it before somebody approves it.",
            release(&told.of)
        ),
        format!(
            "Without an answer by {} the question lapses, and nothing is moved.",
            notice.minute(told.lapses_at)
        ),
    ];
    if let Some(older) = &told.replaces {
        lines.push(format!(
            "It takes the place of {older}, which goes no further."
        ));
    }
    let mut parts = vec![MessagePart::Lines(lines), about(notice, Some(&told.id))];
    parts.extend(moves("Moves that wait:", &told.waiting, image));
    if let Some(changes) = &told.changes {
        let heading = format!("Changed since {}:", changes.since);
        parts.extend(MessagePart::list(
            &heading,
            FirstOf::all_of([changes.counted()]),
        ));
    }
    parts
}

fn lapsed(notice: SpokenNotice<'_>, id: &str, of: &RolledImage) -> Vec<MessagePart> {
    let lines = [
        format!(
            "Nobody approved or denied {}{} in time: the question has lapsed, and no environment is moved to \
             it by itself.",
            of.image,
            release(of)
        ),
        "A newer image is asked about anew.".to_owned(),
    ];
    vec![MessagePart::lines(lines), about(notice, Some(id))]
}

fn superseded(notice: SpokenNotice<'_>, told: &SupersededTold) -> Vec<MessagePart> {
    let (older, newer) = (&told.image, &told.newer);
    let lines = [
        format!(
            "The watch's image is {}{} by now: {older} goes to no further environment.",
            newer.image,
            release(newer)
        ),
        "A move that is under way ends first; then the newer image begins with the first wave."
            .to_owned(),
    ];
    let mut parts = vec![MessagePart::lines(lines), about(notice, None)];
    let heading = format!("Moved to {older} before:");
    parts.extend(MessagePart::list(&heading, told.moved.clone()));
    parts
}

fn through(notice: SpokenNotice<'_>, told: &WaveTold) -> Vec<MessagePart> {
    let WaveTold {
        wave,
        waves,
        pattern,
        ..
    } = told;
    let image = &told.of.image;
    let first = format!(
        "Every environment of wave {wave} of {waves} ({pattern}) runs {image}{}, and stayed well on it.",
        release(&told.of)
    );
    let next = match told.last {
        true => "It was the last wave: nothing is left to move.".to_owned(),
        false => format!("Wave {} is next, as soon as nothing holds it.", wave + 1),
    };
    let mut parts = vec![MessagePart::lines([first, next]), about(notice, None)];
    parts.extend(moves("Moved:", &told.environments, image));
    parts.extend(MessagePart::list("Next:", told.next.clone()));
    parts
}

fn blocked(notice: SpokenNotice<'_>, told: &BlockedTold) -> Vec<MessagePart> {
    let reason = told.reason.said_in(notice.zone());
    let from = TargetFrom {
        target: told.target.clone(),
        from: told.from.clone(),
    };
    let lines = vec![
        from_to(&from, &told.of.image),
        format!("Why not: {reason}"),
        "Nothing is done about it by itself, and it is told once.".to_owned(),
    ];
    vec![MessagePart::Lines(lines), about(notice, None)]
}

fn hands(notice: SpokenNotice<'_>, told: &HandsTold) -> Vec<MessagePart> {
    let image = &told.of.image;
    let line = format!(
        "{image}{} is verified. The watch says hands = \"print\": these changes are yours, and nothing is \
         touched.",
        release(&told.of)
    );
    let changes = told.changes.first.iter();
    let froms = changes.map(|one| TargetFrom {
        target: one.target.clone(),
        from: one.from.clone(),
    });
    let listed = FirstOf {
        first: froms.collect(),
        more: told.changes.more,
    };
    let mut parts = vec![MessagePart::lines([line]), about(notice, None)];
    parts.extend(moves("Moves that wait:", &listed, image));
    parts.extend(told.changes.first.iter().map(|one| MessagePart::Console {
        heading: format!("{}:", one.target.name()),
        lines: one.printed.lines().map(str::to_owned).collect(),
    }));
    parts
}

fn moves(heading: &str, all: &FirstOf<TargetFrom>, to: &ImageId) -> Option<MessagePart> {
    let items = FirstOf {
        first: all.first.iter().map(|one| from_to(one, to)).collect(),
        more: all.more,
    };
    MessagePart::list(heading, items)
}

/// `shop/blue: ami-1 -> ami-2`
fn from_to(one: &TargetFrom, to: &ImageId) -> String {
    let from = one.from.as_ref();
    let from = from.map_or("the platform's own image", ImageId::as_str);
    format!("{}: {from} -> {to}", one.target.name())
}

fn release(of: &RolledImage) -> String {
    let version = of.base_version.as_ref();
    version.map_or(String::new(), |version| format!(" (of release {version})"))
}

fn about(notice: SpokenNotice<'_>, question: Option<&str>) -> MessagePart {
    let scope = notice.scope.as_ref();
    let scope = scope.map_or("-".into(), ToString::to_string);
    let mut fields = vec![("watch", notice.watch_or_dash().to_owned()), ("in", scope)];
    fields.extend(question.map(|id| ("question", id.to_owned())));
    MessagePart::Fields(fields)
}
