//! Why an image stays or goes, in sentences for people. Plain; programs read the typed reasons.

use chrono::{DateTime, Utc};

use crate::model::image_uses::{ImageUse, ReferenceKind};
use crate::model::retire_record::ImageRecord;
use crate::model::retiring::{LadderVerdict, RungStep, RungWhy};

/// So many users of one kind are named; of more it is said how many.
const NAMED_MAX: usize = 3;

/// One sentence.
pub fn why_in_words(why: &RungWhy) -> String {
    match why {
        RungWhy::NotOurs => {
            "it does not carry this installation's tags of a baked image, and is never touched"
                .to_owned()
        }
        RungWhy::NotVerified { state } if state.is_empty() => {
            "it says of itself neither that it is verified nor anything else".to_owned()
        }
        RungWhy::NotVerified { state } => {
            format!("its state is `{state}`: that is not for the ladder to decide")
        }
        RungWhy::Unsettled => "EC2 is still making it, or it never became usable".to_owned(),
        RungWhy::NoRules { watch } => {
            format!("the config has no [watch.{watch}.retire], so that nothing of it is retired")
        }
        RungWhy::Undated => "EC2 does not say when it was made".to_owned(),
        RungWhy::NotSuperseded => "no newer image took its place".to_owned(),
        RungWhy::AmongNewest { place: 1, .. } => "it is the newest".to_owned(),
        RungWhy::AmongNewest { place, kept } => {
            format!("it is number {place} of the newest {kept}, which are kept")
        }
        RungWhy::Young { until } => format!("it is young: kept until {}", on(*until)),
        RungWhy::Restored { until } => format!(
            "a person brought it back: it is left alone until {}",
            on(*until)
        ),
        RungWhy::InUse { kind, uses } => in_use(*kind, uses),
        RungWhy::Unreachable { kind, trouble } => format!(
            "whether {} name it is not known: {}: {}",
            kind.plural(),
            trouble.what,
            trouble.why
        ),
        RungWhy::Shared { with } => {
            let with = listed(with.iter().map(String::as_str));
            format!("{with} may launch it, and what they launch cannot be seen from here")
        }
        RungWhy::SharesUnreachable { trouble } => format!(
            "with whom it is shared is not known: {}: {}",
            trouble.what, trouble.why
        ),
        RungWhy::Protected { lift } => {
            format!("EC2 protects it from being deregistered; who set that takes it off: {lift}")
        }
        RungWhy::DisabledByOthers => {
            "it was disabled, and not by amiwatch as far as that is remembered".to_owned()
        }
        RungWhy::OnRung { until } => format!("it stays on its rung until {}", on(*until)),
        RungWhy::Superseded { by, at } => format!("{by} took its place on {}", on(*at)),
    }
}

/// What was begun with an image and not seen through, or did not succeed.
pub fn open_in_words(record: &ImageRecord) -> Option<String> {
    if let Some(failing) = &record.failing {
        let (act, next) = (failing.act.as_str(), failing.next_at);
        let next = next.format("%Y-%m-%d %H:%M UTC");
        let why = failing.why.trim_end_matches('.');
        return Some(format!("{act} failed, and is tried after {next}: {why}"));
    }
    if let Some(under_way) = &record.under_way {
        let since = under_way.since.format("%Y-%m-%d %H:%M UTC");
        let (act, by) = (under_way.act.as_str(), &under_way.by);
        return Some(format!("{act} was begun by {by} on {since}"));
    }
    let spared = record.spared.as_ref()?;
    let at = spared.at.format("%Y-%m-%d %H:%M UTC");
    Some(format!("left as it was on {at}: {}", spared.why))
}

/// What comes next, in a few words: `disable 2026-12-01`.
pub fn next_in_words(verdict: &LadderVerdict) -> String {
    match (&verdict.due, &verdict.next) {
        (Some(step), _) => format!("{} now", step.as_str()),
        (None, Some(next)) => format!("{} {}", next.step.as_str(), on(next.at)),
        (None, None) => "-".to_owned(),
    }
}

/// What a step does, for whoever is told that it would be done.
pub fn step_in_words(step: RungStep) -> &'static str {
    match step {
        RungStep::Deprecate => "hidden from others' listings",
        RungStep::Disable => "not to be launched any more",
        RungStep::Deregister => "gone, with its snapshots",
    }
}

fn in_use(kind: ReferenceKind, uses: &[ImageUse]) -> String {
    let until = uses.iter().map(|one| one.until).collect::<Option<Vec<_>>>();
    let until = until.and_then(|ends| ends.into_iter().max());
    let until = until.map_or(String::new(), |until| format!(", until {}", on(until)));
    let by = listed(uses.iter().map(|one| one.by.as_str()));
    match kind {
        ReferenceKind::Instance => format!("instances run it: {by}"),
        ReferenceKind::LaunchTemplate | ReferenceKind::ScalingGroup => {
            format!("it is launched by {by}")
        }
        ReferenceKind::Environment => format!("environments name it: {by}"),
        ReferenceKind::TerminatedEnvironment => format!("it can be rebuilt with it: {by}"),
        ReferenceKind::SavedConfiguration => format!("saved configurations name it: {by}"),
        ReferenceKind::Parameter => format!("SSM parameters name it: {by}"),
        ReferenceKind::RecordedBefore => format!("it may have to come back: {by}{until}"),
        ReferenceKind::Published => format!("it is published, or may be again: {by}{until}"),
        ReferenceKind::Hold => format!("{by}{until}"),
        ReferenceKind::OpenRun => format!("a run is under way: {by}"),
        ReferenceKind::Remembered => format!("it is {by}"),
        ReferenceKind::ListedByEc2 => format!("EC2 lists what names it: {by}"),
    }
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let shown: Vec<&str> = names.take(NAMED_MAX).collect();
    match count.saturating_sub(NAMED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn on(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;
    use crate::model::ids::ImageId;
    use crate::model::retiring::{NextStep, Rung};
    use crate::model::sighting::Trouble;

    fn at() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 12, 1, 4, 0, 0).unwrap()
    }

    fn trouble() -> Trouble {
        Trouble {
            what: "Auto Scaling groups".to_owned(),
            why: "denied".to_owned(),
            denied: true,
        }
    }

    fn samples() -> Vec<RungWhy> {
        let uses = |until| {
            let named = ["shop/shop-blue", "shop/shop-green", "a/b", "c/d"];
            let one = |by: &str| ImageUse {
                by: by.to_owned(),
                until,
            };
            named.map(one).to_vec()
        };
        let mut all = vec![
            RungWhy::NotOurs,
            RungWhy::NotVerified {
                state: "quarantined".to_owned(),
            },
            RungWhy::NotVerified {
                state: String::new(),
            },
            RungWhy::Unsettled,
            RungWhy::NoRules {
                watch: "shop".to_owned(),
            },
            RungWhy::Undated,
            RungWhy::NotSuperseded,
            RungWhy::AmongNewest { place: 1, kept: 3 },
            RungWhy::AmongNewest { place: 2, kept: 3 },
            RungWhy::Young { until: at() },
            RungWhy::Unreachable {
                kind: ReferenceKind::ScalingGroup,
                trouble: trouble(),
            },
            RungWhy::Shared {
                with: vec!["111122223333".to_owned()],
            },
            RungWhy::SharesUnreachable { trouble: trouble() },
            RungWhy::Protected {
                lift: "the command".to_owned(),
            },
            RungWhy::Restored { until: at() },
            RungWhy::DisabledByOthers,
            RungWhy::OnRung { until: at() },
            RungWhy::Superseded {
                by: ImageId::from("ami-2"),
                at: at(),
            },
        ];
        let kinds = ReferenceKind::NEEDED.into_iter();
        all.extend(kinds.map(|kind| RungWhy::InUse {
            kind,
            uses: uses(Some(at())),
        }));
        all.push(RungWhy::InUse {
            kind: ReferenceKind::ListedByEc2,
            uses: uses(None)[..1].to_vec(),
        });
        all
    }

    #[test]
    fn every_reason_has_a_sentence() {
        let said: Vec<String> = samples().iter().map(why_in_words).collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn what_comes_next_is_said_in_a_few_words() {
        let verdict = |due, next: Option<RungStep>| LadderVerdict {
            rung: Rung::Deprecated,
            due,
            next: next.map(|step| NextStep { step, at: at() }),
            why: Vec::new(),
        };
        let disable = Some(RungStep::Disable);
        assert_eq!(next_in_words(&verdict(disable, None)), "disable now");
        assert_eq!(next_in_words(&verdict(None, disable)), "disable 2026-12-01");
        assert_eq!(next_in_words(&verdict(None, None)), "-");
    }
}
