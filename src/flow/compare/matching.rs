//! Which environments a watch is for, and when an answer about them is not to be believed.
//!
//! A pattern that matches nothing is never "in step": Elastic Beanstalk answers empty where IAM says
//! no, so "not there", "misspelt" and "may not be seen" look the same. What is nearly meant is named.

use std::collections::BTreeMap;

use crate::model::reason::{About, DoubtSubject, Near};
use crate::model::sighting::{EnvironmentSighting, OtherEnvironments, Seen, Sighting, Trouble};
use crate::model::watch::TargetPattern;

/// Applications that are named where nothing is near.
const APPLICATIONS_MAX: usize = 3;

/// The environments of a sighting that some pattern names, each once, in the sighting's order.
pub fn targets<'a>(
    patterns: &'a [TargetPattern],
    sighting: &'a Sighting,
) -> impl Iterator<Item = &'a EnvironmentSighting> {
    let listed = sighting.environments.known().map_or(&[][..], Vec::as_slice);
    listed.iter().filter(|seen| {
        patterns
            .iter()
            .any(|pattern| pattern.names_in_place(&seen.environment.target))
    })
}

/// What is not to be believed about the environments that the patterns name.
pub(super) fn faults(patterns: &[TargetPattern], sighting: &Sighting) -> Vec<About> {
    let untold = |trouble: &Trouble| super::untold(trouble, Some(DoubtSubject::Targets));
    match &sighting.environments {
        _ if patterns.is_empty() => Vec::new(),
        Seen::Unreachable(trouble) => vec![untold(trouble)],
        Seen::Known(listed) if !listed.is_empty() || sighting.others > 0 => {
            let unmatched = patterns.iter().filter(|pattern| {
                !listed
                    .iter()
                    .any(|seen| pattern.names_in_place(&seen.environment.target))
            });
            let there = by_application(listed, sighting);
            unmatched.map(|pattern| missing(pattern, &there)).collect()
        }
        Seen::Known(_) | Seen::Absent => vec![untold(&empty())],
    }
}

fn missing(pattern: &TargetPattern, there: &BTreeMap<String, OtherEnvironments>) -> About {
    About::NoTarget {
        application: pattern.application.clone(),
        environment: pattern.environment.clone(),
        exact: !wild(&pattern.application) && !wild(&pattern.environment),
        near: near(pattern, there),
    }
}

fn wild(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// What there is instead: other names in the application, an application of nearly that name, or what
/// applications there are.
fn near(pattern: &TargetPattern, there: &BTreeMap<String, OtherEnvironments>) -> Near {
    let named = there
        .iter()
        .find(|(name, _)| pattern.names_application(name));
    if let Some((application, others)) = named {
        return Near::Environments {
            application: application.clone(),
            count: others.count,
            first: others.first.clone(),
        };
    }
    let like = |name: &str| alike(&pattern.application, name);
    match there.iter().find(|(name, _)| like(name)) {
        Some((application, others)) => Near::Application {
            application: application.clone(),
            count: others.count,
        },
        None => Near::Nothing {
            applications: there.keys().take(APPLICATIONS_MAX).cloned().collect(),
        },
    }
}

/// The same but for case, or one within the other.
fn alike(one: &str, other: &str) -> bool {
    let one = one.trim_matches('*').to_lowercase();
    let other = other.to_lowercase();
    !one.is_empty() && (other.contains(&one) || one.contains(&other))
}

/// Everything that the list named, by application.
fn by_application(
    listed: &[EnvironmentSighting],
    sighting: &Sighting,
) -> BTreeMap<String, OtherEnvironments> {
    let mut all = sighting.elsewhere.clone();
    for EnvironmentSighting { environment, .. } in listed {
        let target = &environment.target;
        let others = all.entry(target.application.clone()).or_default();
        others.add(&target.environment);
    }
    all
}

fn empty() -> Trouble {
    Trouble {
        what: "environments of the region".to_owned(),
        why: "AWS listed none although the config names targets: the region is wrong, or the \
              permission elasticbeanstalk:DescribeEnvironments is missing (Elastic Beanstalk \
              answers empty where IAM says no)"
            .to_owned(),
        denied: false,
    }
}
