//! Two watches that roll out must not name the same environment: each would take the other's image away.
//! Told here where the patterns alone show it; what they do not show, the rollout itself finds and does not
//! fight.

use std::iter::once;

use crate::model::watch::{TargetPattern, glob_fits, is_name};

use super::fault::{Problem, quoted_value};
use super::reading::ConfigReading;
use super::watches::WatchDraft;

pub(super) fn check_rivals(watches: &[WatchDraft<'_>], reading: &mut ConfigReading<'_>) {
    let rolling: Vec<_> = watches.iter().filter(|watch| watch.rolls_out()).collect();
    for (nth, watch) in rolling.iter().enumerate() {
        let earlier = rolling[..nth].iter().find_map(|other| {
            let shared = shared(other, watch)?;
            Some((other, shared))
        });
        let Some((other, (application, environment))) = earlier else {
            continue;
        };
        let name = format!("{application}/{environment}");
        let problem = Problem::new(
            format!(
                "the watch rolls out to {}, and so does {}",
                quoted_value(&name),
                other.name_for_people()
            ),
            "narrow the targets of one of them, or use on_drift = \"bake\" in it",
        );
        reading.fault_in_context(watch.on_drift_at.clone(), problem);
    }
}

/// What both name, where that can be told. One that names no region may be in any.
fn shared(one: &WatchDraft<'_>, other: &WatchDraft<'_>) -> Option<(String, String)> {
    if one.region != other.region {
        return None;
    }
    let mut pairs = one
        .movable()
        .flat_map(|a| other.movable().map(move |b| (a, b)));
    pairs.find_map(|(a, b)| match a.account == b.account {
        true => shared_name(a, b),
        false => None,
    })
}

fn shared_name(a: &TargetPattern, b: &TargetPattern) -> Option<(String, String)> {
    let application = common(&a.application, &b.application)?;
    let environment = common(&a.environment, &b.environment)?;
    Some((application, environment))
}

/// A name that both patterns stand for: an instance of one that fits the other. `shop-*` and `*-blue`
/// share names too, and no instance shows it.
fn common(a: &str, b: &str) -> Option<String> {
    if a == b {
        return Some(a.to_owned());
    }
    let fits_other = |(one, other): (&str, &str)| {
        let instance = instance(one)?;
        glob_fits(other, &instance).then(|| match is_name(one) {
            true => instance,
            false => one.to_owned(),
        })
    };
    once((a, b)).chain(once((b, a))).find_map(fits_other)
}

/// One name that a pattern stands for; absent where it has more than `*` and `?`.
fn instance(pattern: &str) -> Option<String> {
    (!pattern.contains('[')).then(|| pattern.replace(['*', '?'], "x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_compared_as_far_as_they_can_be() {
        for (a, b, shared) in [
            ("shop-blue", "shop-blue", Some("shop-blue")),
            ("shop-blue", "shop-*", Some("shop-blue")),
            ("shop-*", "shop-blue", Some("shop-blue")),
            ("shop-*", "shop-b*", Some("shop-b*")),
            ("*", "till-?", Some("till-?")),
            ("shop-[ab]", "shop-[ab]", Some("shop-[ab]")),
            ("shop-blue", "shop-green", None),
            ("shop-*", "till-*", None),
            // They share shop-blue, and no instance of either shows it.
            ("shop-*", "*-blue", None),
            ("shop-[ab]", "shop-[bc]", None),
        ] {
            assert_eq!(common(a, b).as_deref(), shared, "{a} and {b}");
        }
    }
}
