//! Which environments a watch is for, and when an answer about them is not to be believed.
//!
//! An exact name that matches nothing is a fault: Elastic Beanstalk answers empty where IAM says no,
//! so "not there" and "may not be seen" look the same. A pattern with a wildcard may match nothing,
//! as long as the account's list is not empty: environments come and go.

use glob::Pattern;

use crate::model::sighting::{Environment, EnvironmentSighting, Seen, Sighting, Trouble};
use crate::model::watch::TargetPattern;

/// The environments of a sighting that some pattern names, each once, in the sighting's order.
pub fn targets<'a>(
    patterns: &'a [TargetPattern],
    sighting: &'a Sighting,
) -> impl Iterator<Item = &'a EnvironmentSighting> {
    let listed = sighting.environments.known().map_or(&[][..], Vec::as_slice);
    listed.iter().filter(|seen| {
        patterns
            .iter()
            .any(|pattern| names(pattern, &seen.environment))
    })
}

/// True when the pattern names the environment. A pattern that is none matches as it is written.
pub fn names(pattern: &TargetPattern, environment: &Environment) -> bool {
    let target = &environment.target;
    fits(&pattern.application, &target.application)
        && fits(&pattern.environment, &target.environment)
}

fn fits(pattern: &str, name: &str) -> bool {
    Pattern::new(pattern).map_or(pattern == name, |pattern| pattern.matches(name))
}

/// What is not to be believed about the environments that the patterns name.
pub fn faults(patterns: &[TargetPattern], sighting: &Sighting) -> Vec<Trouble> {
    match &sighting.environments {
        _ if patterns.is_empty() => Vec::new(),
        Seen::Unreachable(trouble) => vec![trouble.clone()],
        Seen::Known(listed) if !listed.is_empty() || sighting.others > 0 => patterns
            .iter()
            .filter(|pattern| exact(pattern))
            .filter(|pattern| !listed.iter().any(|seen| names(pattern, &seen.environment)))
            .map(missing)
            .collect(),
        Seen::Known(_) | Seen::Absent => vec![empty()],
    }
}

fn exact(pattern: &TargetPattern) -> bool {
    let wild = |text: &str| text.contains(['*', '?', '[']);
    !wild(&pattern.application) && !wild(&pattern.environment)
}

fn missing(pattern: &TargetPattern) -> Trouble {
    Trouble {
        what: format!(
            "environment {}/{}",
            pattern.application, pattern.environment
        ),
        why: "AWS does not list it: the name in the config is wrong, the environment is \
              terminated, or the permission elasticbeanstalk:DescribeEnvironments does not cover it"
            .to_owned(),
        denied: false,
    }
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
