//! A gate's facts, for programs: what it is about beside `since` and `until`, which every gate may have.

use super::gate::{AwaitedAnswer, BarredRole, ContestedHow, ManagedNear, NamedFew, RolloutGate};
use super::key_sentence::key_statements;
use crate::model::ids::TargetId;
use crate::model::key_access::KeyBar;

/// Names and values, as text.
pub(super) fn gate_facts(target: &TargetId, gate: &RolloutGate) -> Vec<(&'static str, String)> {
    let mut facts = match gate {
        RolloutGate::OutOfWindow { .. } | RolloutGate::Unguarded | RolloutGate::NoWave => {
            Vec::new()
        }
        RolloutGate::EarlierWave {
            image,
            wave,
            earlier,
            pattern,
            waits_for,
            ..
        } => {
            let mut facts = vec![
                ("image", image.to_string()),
                ("wave", wave.to_string()),
                ("earlier_wave", earlier.to_string()),
                ("pattern", pattern.clone()),
            ];
            facts.extend(few("waits_for", waits_for));
            facts
        }
        RolloutGate::Settling { others, at_once } => {
            let at_once = at_once.map(|at_once| ("at_once", at_once.to_string()));
            few("waits_for", others)
                .into_iter()
                .chain(at_once)
                .collect()
        }
        RolloutGate::IllOnIt { image, others } => {
            let mut facts = few("waits_for", others);
            facts.push(("image", image.to_string()));
            facts
        }
        RolloutGate::AwaitsApproval {
            id, image, answer, ..
        } => {
            let mut facts = vec![("id", id.clone()), ("image", image.to_string())];
            facts.extend(answered(answer));
            facts
        }
        RolloutGate::ManagedUpdates { near } => managed(near),
        RolloutGate::UnhealthyBefore { why } => vec![("why", why.clone())],
        RolloutGate::ScalingSuspended { why, processes } => {
            let named = processes.iter().map(|one| one.process.as_str());
            let named = named.collect::<Vec<_>>().join(",");
            let named = (!named.is_empty()).then_some(("processes", named));
            [("why", why.clone())].into_iter().chain(named).collect()
        }
        RolloutGate::PlatformAhead {
            image,
            runs,
            newest,
        } => vec![
            ("image", image.to_string()),
            ("platform_version", runs.clone()),
            ("newest_version", newest.clone()),
        ],
        RolloutGate::PlatformUnavailable { image, base } => vec![
            ("image", image.to_string()),
            ("base_image", base.to_string()),
        ],
        RolloutGate::Downtime { method } => vec![("method", method.to_string())],
        _ => blocked(gate),
    };
    facts.push(("environment", target.name()));
    facts.extend(gate.since().map(|at| ("since", at.to_rfc3339())));
    facts.extend(gate.until().map(|at| ("until", at.to_rfc3339())));
    facts
}

/// What a person has to decide.
fn blocked(gate: &RolloutGate) -> Vec<(&'static str, String)> {
    match gate {
        RolloutGate::Contested { image, how, .. } => {
            let how = match how {
                ContestedHow::SetBack { runs } => {
                    let runs = runs
                        .as_ref()
                        .map_or("not set".to_owned(), ToString::to_string);
                    [("contested", "set_back".to_owned()), ("runs", runs)].to_vec()
                }
                ContestedHow::TakenBack => [("contested", "taken_back".to_owned())].to_vec(),
                ContestedHow::OtherWatch { watch } => [
                    ("contested", "other_watch".to_owned()),
                    ("other_watch", watch.to_string()),
                ]
                .to_vec(),
            };
            [("image", image.to_string())]
                .into_iter()
                .chain(how)
                .collect()
        }
        RolloutGate::Refused {
            image,
            attempts,
            last_why,
            ..
        } => vec![
            ("image", image.to_string()),
            ("attempts", attempts.to_string()),
            ("why", last_why.clone()),
        ],
        RolloutGate::KeyUnusable {
            image,
            key,
            last_why,
            known,
            ..
        } => {
            let key = key.clone().map(|key| ("key", key));
            [("image", image.to_string()), ("why", last_why.clone())]
                .into_iter()
                .chain(key)
                .chain(known.iter().flat_map(barred_facts))
                .collect()
        }
        RolloutGate::NamedElsewhere {
            configuration,
            image,
        } => vec![
            ("configuration", configuration.clone()),
            ("image", image.to_string()),
        ],
        _ => Vec::new(),
    }
}

fn barred_facts(known: &BarredRole) -> Vec<(&'static str, String)> {
    let policy = (known.bar == KeyBar::NotAdmitted).then(|| key_statements(&known.role));
    let policy = policy.map(|policy| ("policy", policy));
    [("role", known.role.clone())]
        .into_iter()
        .chain(policy)
        .collect()
}

fn few(name: &'static str, few: &NamedFew) -> Vec<(&'static str, String)> {
    vec![
        (name, few.first.join(",")),
        ("count", few.count.to_string()),
    ]
}

fn answered(answer: &AwaitedAnswer) -> Vec<(&'static str, String)> {
    match answer {
        AwaitedAnswer::None { lapses_at } => vec![("lapses_at", lapses_at.to_rfc3339())],
        AwaitedAnswer::Denied { by, at } => vec![
            ("answer", "denied".to_owned()),
            ("by", by.clone()),
            ("answered_at", at.to_rfc3339()),
        ],
        AwaitedAnswer::Lapsed { at } => vec![
            ("answer", "lapsed".to_owned()),
            ("answered_at", at.to_rfc3339()),
        ],
    }
}

fn managed(near: &ManagedNear) -> Vec<(&'static str, String)> {
    match near {
        ManagedNear::Action { status, what } => {
            vec![("status", status.clone()), ("what", what.clone())]
        }
        ManagedNear::Window { from, .. } => vec![("window_from", from.to_rfc3339())],
    }
}
