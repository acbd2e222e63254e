//! A gate's sentence: what stands, and what opens it, as a command where that is one.

use chrono_tz::Tz;

use super::gate::{AwaitedAnswer, ContestedHow, ManagedNear, NamedFew, RolloutGate};
use super::key_sentence::key_sentence;
use super::minutes::said_minute;
use crate::model::aws_command::{AwsCommand, shell_word};
use crate::model::counted::counted_times;
use crate::model::ids::{TargetId, WatchName};
use crate::model::scaling::SuspendedProcess;

/// One sentence that reads alone.
pub(super) fn gate_sentence(
    watch: &WatchName,
    target: &TargetId,
    gate: &RolloutGate,
    zone: Tz,
) -> String {
    match gate {
        RolloutGate::OutOfWindow { until, .. } => match until {
            Some(until) => format!(
                "No window of {watch} is open: the next one opens {}; {} waits for none.",
                said_minute(*until, zone),
                by_person(watch, target)
            ),
            None => format!(
                "No window of {watch} opens any more: correct `windows` in the config; {} waits for none.",
                by_person(watch, target)
            ),
        },
        RolloutGate::EarlierWave {
            image,
            earlier,
            pattern,
            waits_for,
            ..
        } => match waits_for.count {
            0 => format!(
                "Wave {earlier} (\"{pattern}\") comes first, and no environment that is there is in it: \
                 nobody would prove {image}. Correct `waves`; {} waits for none.",
                by_person(watch, target)
            ),
            _ => format!(
                "Wave {earlier} (\"{pattern}\") comes first: {} must run {image}, have stayed well, and be well \
                 still.",
                named(waits_for)
            ),
        },
        RolloutGate::Settling {
            others,
            at_once: Some(at_once),
        } => format!(
            "{} first: {at_once} of a wave may be moved or settle at once.",
            named(others)
        ),
        RolloutGate::Settling {
            others,
            at_once: None,
        } => format!(
            "{} of another wave moves or settles: nothing else of {watch} is begun meanwhile.",
            named(others)
        ),
        RolloutGate::IllOnIt { image, others } => format!(
            "Of its wave, {} on {image} must be known to be well first: `amiwatch explain {watch}` says what is \
             not.",
            named(others)
        ),
        RolloutGate::AwaitsApproval {
            id,
            image,
            since,
            answer,
        } => match answer {
            AwaitedAnswer::None { lapses_at } => format!(
                "{image} waits for a person's word since {}: `amiwatch approve {id}` or `amiwatch deny \
                 {id}`; without one it lapses {}.",
                said_minute(*since, zone),
                said_minute(*lapses_at, zone)
            ),
            AwaitedAnswer::Denied { by, at } => format!(
                "{by} denied {image} {}: `amiwatch rollout {watch}` moves to it all the same; a newer image is \
                 asked for anew.",
                said_minute(*at, zone)
            ),
            AwaitedAnswer::Lapsed { at } => format!(
                "Nobody said by {} whether {image} may go: `amiwatch rollout {watch}` moves to it; a newer \
                 image is asked for anew.",
                said_minute(*at, zone)
            ),
        },
        _ => of_environment(watch, target, gate, zone),
    }
}

/// What is about the environment itself.
fn of_environment(watch: &WatchName, target: &TargetId, gate: &RolloutGate, zone: Tz) -> String {
    let name = &target.environment;
    match gate {
        RolloutGate::UnhealthyBefore { why } => format!(
            "{name} is not well now: {why}. Who is ill before cannot be proved well after: mend it first."
        ),
        RolloutGate::ManagedUpdates { near } => match near {
            ManagedNear::Action { status, what } => format!(
                "A managed action of {name} is {}: {what}; wait until it has ended.",
                status.to_ascii_lowercase()
            ),
            ManagedNear::Window { from, until } => format!(
                "The window for managed updates of {name} is from {} to {}, and a move might not have \
                 settled by then.",
                said_minute(*from, zone),
                said_minute(*until, zone)
            ),
        },
        RolloutGate::ScalingSuspended { why, processes } => format!(
            "Auto Scaling of {name} is suspended: {why}. {}; until then its instances are not replaced.",
            match resume_commands(target, processes).as_slice() {
                [] => "Resume its processes".to_owned(),
                commands => format!("{} resumes that", commands.join(", and ")),
            }
        ),
        RolloutGate::PlatformAhead {
            image,
            runs,
            newest,
        } => format!(
            "{name} runs platform version {runs}, and the newest one with the base of {image} is \
             {newest}: its platform is not taken back; an image of the newer version is to be baked."
        ),
        RolloutGate::PlatformUnavailable { image, base } => format!(
            "No platform version of its branch that this account may use has {base}, the base of {image}; \
             the next bake makes an image of one that it may use."
        ),
        RolloutGate::Downtime { method } => format!(
            "The instances of {name} are replaced {method}, and nothing serves meanwhile: turn on rolling \
             or immutable updates (aws:autoscaling:updatepolicy:rollingupdate), or name it in \
             `allow_downtime` of the watch's [rollout]."
        ),
        RolloutGate::Unguarded => format!(
            "The instances of {name} are replaced by the clock, and nobody looks whether a batch is \
             healthy: set RollingUpdateType to Health or Immutable in \
             aws:autoscaling:updatepolicy:rollingupdate."
        ),
        RolloutGate::NoWave => format!(
            "No pattern of `waves` names {name}, so that nobody knows when its turn is: add one to the \
             watch's [rollout], or narrow its targets."
        ),
        _ => for_a_person(watch, target, gate),
    }
}

/// What a person has to decide.
fn for_a_person(watch: &WatchName, target: &TargetId, gate: &RolloutGate) -> String {
    let name = &target.environment;
    let again = by_person(watch, target);
    match gate {
        RolloutGate::Contested { image, how, .. } => match how {
            ContestedHow::SetBack { runs } => {
                let runs = runs
                    .as_ref()
                    .map_or("its platform's own".to_owned(), ToString::to_string);
                format!(
                    "{name} was moved to {image}, and somebody set it to {runs} since: that is not fought. \
                     {again} moves it again; a newer image goes on by itself."
                )
            }
            ContestedHow::TakenBack => format!(
                "{name} was moved to {image} and taken back by a person: it stays so. {again} moves it \
                 again; a newer image goes on by itself."
            ),
            ContestedHow::OtherWatch { watch: other } => format!(
                "The watch {other} rolls out to {name} too, so that neither does: narrow the targets of \
                 one of them."
            ),
        },
        RolloutGate::Refused {
            image,
            attempts,
            last_why,
            ..
        } => format!(
            "Moving {name} to {image} failed {}, last because: {}. {again} tries again; a newer image goes on \
             by itself.",
            counted_times(*attempts),
            last_why.trim_end_matches('.')
        ),
        RolloutGate::KeyUnusable {
            image, key, known, ..
        } => key_sentence(target, image, key.as_deref(), known.as_ref()),
        RolloutGate::NamedElsewhere {
            configuration,
            image,
        } => format!(
            "The saved configuration {configuration} of {} still names {image}, an older image of \
             {watch}: an environment that is made from it starts there.",
            target.application
        ),
        _ => String::new(),
    }
}

/// A person's order for this environment alone.
fn by_person(watch: &WatchName, target: &TargetId) -> String {
    let environment = shell_word(&target.environment);
    format!("`amiwatch rollout {watch} --environment {environment}`")
}

/// What resumes just these processes: a command for each group, as it is printed.
fn resume_commands(target: &TargetId, processes: &[SuspendedProcess]) -> Vec<String> {
    let mut groups: Vec<&str> = processes.iter().map(|one| one.group.as_str()).collect();
    groups.dedup();
    let command = |group: &str| {
        let of_group = processes.iter().filter(|one| one.group == group);
        AwsCommand::new("autoscaling resume-processes", &target.scope.region)
            .with("--auto-scaling-group-name", group)
            .with_each(
                "--scaling-processes",
                of_group.map(|one| one.process.as_str()),
            )
    };
    let commands = groups.into_iter().map(command);
    commands.map(|command| format!("`{command}`")).collect()
}

/// `shop-blue`, `shop-blue and shop-green`, `shop-1, shop-2, shop-3 and 4 more`
fn named(few: &NamedFew) -> String {
    let more = few.count.saturating_sub(few.first.len());
    match (few.first.split_last(), more) {
        (None, _) => "nobody".to_owned(),
        (Some(_), 1..) => format!("{} and {more} more", few.first.join(", ")),
        (Some((last, [])), 0) => last.clone(),
        (Some((last, rest)), 0) => format!("{} and {last}", rest.join(", ")),
    }
}
