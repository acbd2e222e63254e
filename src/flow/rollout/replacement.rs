//! How Beanstalk will replace an environment's instances: a plain function of the environment's own
//! settings, since nothing in the moving call chooses it.
//!
//! Source of truth: the environment's deployed options, and what the developer guide says of each one's
//! default. Must not ask AWS anything.

use crate::model::environment::OptionSet;
use crate::model::rollout::{Replacement, ReplacementMethod};

const ROLLING: &str = "aws:autoscaling:updatepolicy:rollingupdate";
const GROUP: &str = "aws:autoscaling:asg";
const ENVIRONMENT: &str = "aws:elasticbeanstalk:environment";
const HEALTH: &str = "aws:elasticbeanstalk:healthreporting:system";

/// What Beanstalk allows a batch where the environment does not say: PT30M.
const BATCH_TIMEOUT_S: u64 = 30 * 60;
/// What a move has at least.
const UPDATE_MIN_S: u64 = 2 * 60 * 60;
/// What is added to each batch's own time.
const BATCH_SLACK_S: u64 = 5 * 60;
/// An immutable update launches one instance, then the others.
const IMMUTABLE_BATCHES: u32 = 2;

/// How this environment's instances will be replaced; `instances` of them run now.
pub fn replacement(options: &OptionSet, instances: usize) -> Replacement {
    let load_balanced = balanced(Some(options));
    let method = method(options, load_balanced);
    let group = Group::of(options, instances);
    let batches = match method {
        ReplacementMethod::AllAtOnce => 1,
        ReplacementMethod::Immutable => IMMUTABLE_BATCHES,
        ReplacementMethod::RollingByHealth | ReplacementMethod::RollingByTime => {
            group.running.div_ceil(batch_size(options, &group)).max(1)
        }
    };
    let downtime = match method {
        ReplacementMethod::Immutable => false,
        ReplacementMethod::AllAtOnce => true,
        ReplacementMethod::RollingByHealth | ReplacementMethod::RollingByTime => {
            in_service(options, &group) < 1
        }
    };
    Replacement {
        method,
        batches,
        batch_timeout_s: value(options, ROLLING, "Timeout")
            .and_then(duration_s)
            .unwrap_or(BATCH_TIMEOUT_S),
        downtime,
    }
}

/// Whether a load balancer stands before it: one does unless its settings say otherwise.
pub(super) fn balanced(options: Option<&OptionSet>) -> bool {
    let single = |options| is(options, ENVIRONMENT, "EnvironmentType", "SingleInstance");
    !options.is_some_and(single)
}

/// How long a move may take until every instance runs its image.
pub fn update_max_s(replacement: &Replacement) -> u64 {
    let batch = replacement.batch_timeout_s.saturating_add(BATCH_SLACK_S);
    UPDATE_MIN_S.max(batch.saturating_mul(replacement.batches.into()))
}

/// As Beanstalk decides: an immutable update needs enhanced health, a rolling one a load balancer.
fn method(options: &OptionSet, load_balanced: bool) -> ReplacementMethod {
    let enabled = is(options, ROLLING, "RollingUpdateEnabled", "true");
    let kind = value(options, ROLLING, "RollingUpdateType").unwrap_or("Time");
    let enhanced = is(options, HEALTH, "SystemType", "enhanced");
    match (enabled, kind) {
        // The type alone does it, as in AWS's own examples.
        (_, "Immutable") if enhanced => ReplacementMethod::Immutable,
        (true, "Health") if load_balanced => ReplacementMethod::RollingByHealth,
        // An immutable update without enhanced health is what the type would be without it.
        (true, _) if load_balanced => ReplacementMethod::RollingByTime,
        _ => ReplacementMethod::AllAtOnce,
    }
}

/// The environment's Auto Scaling group, as its options have it.
struct Group {
    min: u32,
    max: u32,
    running: u32,
}

impl Group {
    fn of(options: &OptionSet, instances: usize) -> Self {
        let number = |name| value(options, GROUP, name).and_then(|value| value.parse().ok());
        let min: u32 = number("MinSize").unwrap_or(1);
        Self {
            min,
            max: number("MaxSize").unwrap_or(4).max(min),
            running: u32::try_from(instances).unwrap_or(u32::MAX).max(min),
        }
    }
}

/// A third of the group's least size, rounded up, unless it is said.
fn batch_size(options: &OptionSet, group: &Group) -> u32 {
    let said = value(options, ROLLING, "MaxBatchSize").and_then(|value| value.parse().ok());
    said.unwrap_or_else(|| group.min.div_ceil(3)).max(1)
}

/// How many instances serve at the least while a batch is replaced: what is said, or the group's least
/// size, and never as many as it may have at most.
fn in_service(options: &OptionSet, group: &Group) -> u32 {
    let said = value(options, ROLLING, "MinInstancesInService");
    let wanted = said
        .and_then(|value| value.parse().ok())
        .unwrap_or(group.min);
    wanted.min(group.max.saturating_sub(1))
}

fn value<'a>(options: &'a OptionSet, namespace: &str, name: &str) -> Option<&'a str> {
    options
        .value(namespace, name)
        .filter(|value| !value.is_empty())
}

fn is(options: &OptionSet, namespace: &str, name: &str, wanted: &str) -> bool {
    value(options, namespace, name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
}

/// `PT30M`, `PT1H`, `PT5M30S` in seconds.
fn duration_s(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix("PT")?;
    let mut seconds = 0u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes()[digits] {
            b'H' => 3600,
            b'M' => 60,
            b'S' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(said: &[(&str, &str, &str)]) -> OptionSet {
        let values = said.iter().map(|(namespace, name, value)| {
            (
                ((*namespace).to_owned(), (*name).to_owned()),
                (*value).to_owned(),
            )
        });
        OptionSet {
            values: values.collect(),
            ..OptionSet::default()
        }
    }

    const ON: (&str, &str, &str) = (ROLLING, "RollingUpdateEnabled", "true");
    const SINGLE: (&str, &str, &str) = (ENVIRONMENT, "EnvironmentType", "SingleInstance");
    const ENHANCED: (&str, &str, &str) = (HEALTH, "SystemType", "enhanced");

    const fn kind(word: &'static str) -> (&'static str, &'static str, &'static str) {
        (ROLLING, "RollingUpdateType", word)
    }

    #[test]
    fn the_environment_s_own_settings_decide() {
        use ReplacementMethod::{AllAtOnce, Immutable, RollingByHealth, RollingByTime};
        let two = (GROUP, "MinSize", "2");
        let cases: &[(&[_], usize, ReplacementMethod, u32, bool)] = &[
            // Nothing said: Beanstalk makes no attempt to avoid downtime.
            (&[], 2, AllAtOnce, 1, true),
            (&[kind("Health")], 2, AllAtOnce, 1, true),
            (&[ON, kind("Immutable"), ENHANCED], 2, Immutable, 2, false),
            (&[kind("Immutable"), ENHANCED], 2, Immutable, 2, false),
            (
                &[ON, kind("Immutable"), ENHANCED, SINGLE],
                1,
                Immutable,
                2,
                false,
            ),
            (&[ON, kind("Immutable"), SINGLE], 1, AllAtOnce, 1, true),
            (&[ON, kind("Health"), SINGLE], 1, AllAtOnce, 1, true),
            (&[ON, kind("Health"), two], 4, RollingByHealth, 4, false),
            (&[ON, kind("Time"), two], 2, RollingByTime, 2, false),
            (
                &[ON, kind("Health"), two, (ROLLING, "MaxBatchSize", "3")],
                4,
                RollingByHealth,
                2,
                false,
            ),
            // One instance that may not be two: none serves while it is replaced.
            (
                &[ON, kind("Health"), (GROUP, "MaxSize", "1")],
                1,
                RollingByHealth,
                1,
                true,
            ),
            (
                &[
                    ON,
                    kind("Health"),
                    two,
                    (ROLLING, "MinInstancesInService", "0"),
                ],
                2,
                RollingByHealth,
                2,
                true,
            ),
        ];
        for (said, instances, method, batches, downtime) in cases {
            let got = replacement(&options(said), *instances);
            assert_eq!(
                (got.method, got.batches, got.downtime),
                (*method, *batches, *downtime),
                "{said:?}"
            );
        }
    }

    #[test]
    fn a_move_has_the_time_that_its_batches_have() {
        let of = |timeout, batches| {
            update_max_s(&Replacement {
                method: ReplacementMethod::RollingByHealth,
                batches,
                batch_timeout_s: timeout,
                downtime: false,
            })
        };
        assert_eq!(of(1800, 2), 7200);
        assert_eq!(of(1800, 4), 4 * 2100);
        assert_eq!(of(3600, 10), 10 * 3900);
    }

    #[test]
    fn iso_durations_are_read() {
        for (text, seconds) in [
            ("PT30M", Some(1800)),
            ("PT1H", Some(3600)),
            ("PT5M30S", Some(330)),
            ("30M", None),
            ("PT30", None),
            ("PT9999999999999999999H", None),
            ("PT99999999999999999H", None),
        ] {
            assert_eq!(duration_s(text), seconds, "{text}");
        }
    }
}
