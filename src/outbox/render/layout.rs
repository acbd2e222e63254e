//! Of what parts a notice's message consists, and its headline. Sentences of ours are made here.

use chrono::{DateTime, Utc};

use super::parts::{MessagePart, notice_installation};
use super::spoken::SpokenNotice;
use super::{bake, base, blind, digest, drift, publish, retire, rolling, rollout, withheld};
use crate::model::hold::Hold;
use crate::model::ids::{Installation, Scope};
use crate::model::notice::What;
use crate::model::stray::StrayKind;

/// The whole message.
pub(in crate::outbox) fn notice_parts(notice: SpokenNotice<'_>) -> Vec<MessagePart> {
    let mut parts = match &notice.what {
        What::Drift(told) => drift::drifted(notice, told),
        What::Resolved {
            release, current, ..
        } => drift::resolved(notice, release.as_ref(), current.as_ref()),
        What::Baked { .. }
        | What::Failed { .. }
        | What::GaveUp { .. }
        | What::LeftBehind { .. }
        | What::Redundant { .. } => bake::bake_parts(notice),
        What::Released(told) => base::released(notice, told),
        What::Lifecycle { base, ends } => base::ends(notice, base, ends),
        What::Moved { .. }
        | What::TakenBack { .. }
        | What::Proved { .. }
        | What::Unproved { .. }
        | What::MoveFailed { .. } => rollout::parts(notice),
        What::Published { .. } | What::PublishFailed { .. } | What::BadImageStays { .. } => {
            publish::publish_parts(notice)
        }
        What::RetireDue { .. } | What::Retired { .. } | What::RetireFailed { .. } => {
            retire::retire_parts(notice)
        }
        What::ApprovalNeeded(_)
        | What::ApprovalLapsed { .. }
        | What::RolloutSuperseded(_)
        | What::WaveThrough(_)
        | What::RolloutBlocked(_)
        | What::HandsNeeded(_) => rolling::rolling_parts(notice),
        What::Blind(told) => blind::blind(notice, told),
        What::BlindOver {
            of, since, read, ..
        } => blind::over(notice, of, *since, *read),
        What::HeldByPerson { hold } => held(notice, hold),
        What::Stray {
            kind,
            id,
            why,
            since,
        } => stray(notice, *kind, id, why, *since),
        What::PassCut { began, limit_s } => pass_cut(notice, *began, *limit_s),
        What::Withheld(told) => withheld::withheld(notice, told),
        What::Digest(told) => digest::digest_parts(notice, told),
        What::Reminder(told) => digest::reminder_parts(notice, told),
        What::Sample { receiver } => sample(notice, receiver),
        What::Prose(prose) => vec![MessagePart::Whole(prose.body().to_owned())],
    };
    if !notice.commands.is_empty() {
        parts.push(MessagePart::Commands(notice.commands.clone()));
    }
    if !notice.links.is_empty() {
        parts.push(MessagePart::Links(notice.links.clone()));
    }
    parts
}

/// The subject, however long.
pub(super) fn notice_headline(notice: SpokenNotice<'_>) -> String {
    let watch = notice.watch_or_dash();
    let said = match &notice.what {
        What::Drift(told) => drift::drift_headline(told),
        What::Resolved { .. } => "back in step".to_owned(),
        What::Released(told) => base::released_headline(told),
        What::Lifecycle { ends, .. } => base::ends_headline(notice, ends),
        what @ (What::Moved { .. }
        | What::TakenBack { .. }
        | What::Proved { .. }
        | What::Unproved { .. }
        | What::MoveFailed { .. }) => rollout::headline(what),
        What::HeldByPerson { hold } => format!("{} holds {}: {}", hold.by, hold.on, hold.reason),
        What::Stray { kind, id, .. } => {
            let kind = kind.as_str();
            return format!("[amiwatch] {kind} {id} is ours and nothing claims it");
        }
        What::Blind(told) => return format!("[amiwatch] {}", blind::blind_headline(notice, told)),
        What::BlindOver { of, read, .. } => {
            return format!("[amiwatch] {}", blind::over_headline(of, *read));
        }
        What::PassCut { limit_s, .. } => {
            let whose = notice_installation(&notice);
            return format!("[amiwatch] {whose}: a pass did not end within {limit_s} s");
        }
        What::Withheld(told) => {
            return format!("[amiwatch] {}", withheld::withheld_headline(told));
        }
        What::Reminder(told) => digest::reminder_headline(told),
        What::Digest(told) => {
            let whose = notice_installation(&notice);
            return format!("[amiwatch] {whose}: {}", digest::digest_headline(told));
        }
        What::Sample { receiver } => {
            return format!("[amiwatch] {receiver}: a sample, nothing has happened");
        }
        What::Prose(prose) => return prose.subject().to_owned(),
        other => rolling::rolling_headline(other)
            .or_else(|| publish::publish_headline(other))
            .or_else(|| retire::retire_headline(other))
            .unwrap_or_else(|| bake::bake_headline(other)),
    };
    format!("[amiwatch] {watch}: {said}")
}

fn held(notice: SpokenNotice<'_>, hold: &Hold) -> Vec<MessagePart> {
    let (watch, on) = (notice.watch_or_dash(), &hold.on);
    let until = match hold.until {
        Some(until) => format!("until {}", notice.minute(until)),
        None => "until somebody ends it".to_owned(),
    };
    vec![MessagePart::lines([
        format!("{} holds {on} of watch {watch} {until}.", hold.by),
        format!("Why: {}", hold.reason),
    ])]
}

fn stray(
    notice: SpokenNotice<'_>,
    kind: StrayKind,
    id: &str,
    why: &str,
    since: Option<DateTime<Utc>>,
) -> Vec<MessagePart> {
    let (kind, whose) = (kind.as_str(), notice_installation(&notice));
    let scope = notice.scope.as_ref().map_or("-".into(), Scope::to_string);
    let mut lines = vec![
        format!("The {kind} {id} in {scope} carries the tag of {whose}, and {why}."),
        "It may cost money. A bake whose store was lost leaves such things behind.".to_owned(),
    ];
    lines.extend(since.map(|since| format!("It was made at {}.", notice.minute(since))));
    vec![MessagePart::Lines(lines)]
}

fn pass_cut(notice: SpokenNotice<'_>, began: DateTime<Utc>, limit_s: u64) -> Vec<MessagePart> {
    vec![
        MessagePart::lines([
            format!(
                "The pass that began {} did not end within {limit_s} s and was cut.",
                notice.minute(began)
            ),
            "Releases are not noticed while that is so. Bakes that are under way go on.".to_owned(),
        ]),
        MessagePart::Fields(vec![(
            "installation",
            notice_installation(&notice).to_owned(),
        )]),
    ]
}

fn sample(notice: SpokenNotice<'_>, receiver: &str) -> Vec<MessagePart> {
    let whose = notice.installation.as_ref();
    let whose = whose.map_or("-", Installation::as_str).to_owned();
    vec![
        MessagePart::lines([
            "This is a sample: somebody asked amiwatch to try its receivers. Nothing has \
                      happened."
                .to_owned(),
        ]),
        MessagePart::Fields(vec![
            ("installation", whose),
            ("receiver", receiver.to_owned()),
        ]),
    ]
}
