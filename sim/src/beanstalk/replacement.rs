//! How an update replaces an environment's instances: read from its options, as Elastic Beanstalk
//! does. Plain functions of values.

use std::time::Duration;

use super::environment::Options;

const ROLLING: &str = "aws:autoscaling:updatepolicy:rollingupdate";
const GROUP: &str = "aws:autoscaling:asg";
/// What Elastic Beanstalk adds to an environment's command time-out.
const COMMAND_MARGIN: Duration = Duration::from_secs(240);

/// In which way, and how long a batch may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Replacement {
    /// New instances in a temporary group, one and then the rest; the old ones go last.
    Immutable { timeout: Duration },
    /// Batches, each awaited until it is healthy.
    ByHealth { batch: usize, timeout: Duration },
    /// Batches with a pause between them; no health is asked.
    ByTime { batch: usize, pause: Duration },
    /// All of them at once.
    AllAtOnce { timeout: Duration },
}

impl Replacement {
    /// The instances of the next batch.
    pub(crate) fn next_batch(&self, started: usize, left: usize) -> usize {
        match self {
            Self::Immutable { .. } if started == 0 => left.min(1),
            Self::Immutable { .. } | Self::AllAtOnce { .. } => left,
            Self::ByHealth { batch, .. } | Self::ByTime { batch, .. } => left.min(*batch),
        }
    }

    /// True when old instances serve until new ones are healthy beside them.
    pub(crate) fn keeps_old(&self) -> bool {
        matches!(self, Self::Immutable { .. })
    }

    /// How long a batch may take; by time, how long it does.
    pub(crate) fn limit(&self) -> Duration {
        match self {
            Self::ByTime { pause, .. } => *pause,
            Self::Immutable { timeout }
            | Self::ByHealth { timeout, .. }
            | Self::AllAtOnce { timeout } => *timeout,
        }
    }

    /// Whether a batch must be healthy before the next one.
    pub(crate) fn asks_health(&self) -> bool {
        !matches!(self, Self::ByTime { .. })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Immutable { .. } => "immutable",
            Self::ByHealth { .. } => "rolling_by_health",
            Self::ByTime { .. } => "rolling_by_time",
            Self::AllAtOnce { .. } => "all_at_once",
        }
    }
}

/// What these options say, for so many instances. Immutable is said by its type alone and needs enhanced
/// health; rolling needs a load balancer; everything else replaces all at once.
pub(crate) fn replacement(options: &Options, instances: usize) -> Replacement {
    let of = |namespace: &str, name: &str| option(options, namespace, name);
    let enabled = of(ROLLING, "RollingUpdateEnabled").eq_ignore_ascii_case("true");
    let kind = of(ROLLING, "RollingUpdateType");
    let enhanced = is_enhanced(options);
    let timeout = period(of(ROLLING, "Timeout")).unwrap_or(Duration::from_secs(30 * 60));
    if kind == "Immutable" && enhanced {
        return Replacement::Immutable { timeout };
    }
    let balanced = of("aws:elasticbeanstalk:environment", "EnvironmentType") == "LoadBalanced";
    if !(enabled && balanced) {
        let command = of("aws:elasticbeanstalk:command", "Timeout").parse();
        let command = Duration::from_secs(command.unwrap_or(600));
        return Replacement::AllAtOnce {
            timeout: command + COMMAND_MARGIN,
        };
    }
    let batch = batch(options, instances);
    match kind {
        "Health" => Replacement::ByHealth { batch, timeout },
        _ => Replacement::ByTime {
            batch,
            pause: period(of(ROLLING, "PauseTime")).unwrap_or(Duration::from_secs(300)),
        },
    }
}

/// How many may be replaced at once: a third of the group, unless said, and never so many that fewer
/// than the least number serve.
fn batch(options: &Options, instances: usize) -> usize {
    let number = |namespace, name| option(options, namespace, name).parse::<usize>().ok();
    let (least, most) = (
        number(GROUP, "MinSize").unwrap_or(1),
        number(GROUP, "MaxSize").unwrap_or(4),
    );
    let in_service =
        number(ROLLING, "MinInstancesInService").unwrap_or(least.min(most.saturating_sub(1)));
    let asked = number(ROLLING, "MaxBatchSize").unwrap_or(least.div_ceil(3));
    asked.min(instances.saturating_sub(in_service)).max(1)
}

/// True with enhanced health.
pub(crate) fn is_enhanced(options: &Options) -> bool {
    option(
        options,
        "aws:elasticbeanstalk:healthreporting:system",
        "SystemType",
    ) == "enhanced"
}

pub(crate) fn option<'a>(options: &'a Options, namespace: &str, name: &str) -> &'a str {
    options
        .get(&(namespace.to_owned(), name.to_owned()))
        .map_or("", String::as_str)
}

/// `PT1H30M5S`
fn period(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    let mut number = String::new();
    for c in text.strip_prefix("PT")?.chars() {
        let unit = match c {
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            digit => {
                number.push(digit);
                continue;
            }
        };
        seconds += unit * number.parse::<u64>().ok()?;
        number.clear();
    }
    Some(Duration::from_secs(seconds))
}

/// Whether going from one set of options to the other replaces the instances.
pub(crate) fn replaces(before: &Options, after: &Options) -> bool {
    const LAUNCHES: [&str; 2] = ["aws:autoscaling:launchconfiguration", "aws:ec2:instances"];
    let launches = |options: &Options| -> Options {
        let kept = options
            .iter()
            .filter(|((namespace, _), _)| LAUNCHES.contains(&namespace.as_str()));
        kept.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    launches(before) != launches(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(changed: &[(&str, &str, &str)]) -> Options {
        let set = changed.iter().map(|(namespace, name, value)| {
            (
                ((*namespace).to_owned(), (*name).to_owned()),
                (*value).to_owned(),
            )
        });
        set.collect()
    }

    const HEALTH: (&str, &str, &str) = (
        "aws:elasticbeanstalk:healthreporting:system",
        "SystemType",
        "enhanced",
    );
    const BALANCED: (&str, &str, &str) = (
        "aws:elasticbeanstalk:environment",
        "EnvironmentType",
        "LoadBalanced",
    );
    const ENABLED: (&str, &str, &str) = (ROLLING, "RollingUpdateEnabled", "true");

    fn kind(of: &str) -> (&str, &str, &str) {
        (ROLLING, "RollingUpdateType", of)
    }

    #[test]
    fn the_default_is_all_at_once() {
        let all = replacement(&options(&[HEALTH, BALANCED]), 4);
        let timeout = Duration::from_secs(840);
        assert_eq!(all, Replacement::AllAtOnce { timeout });
    }

    #[test]
    fn immutable_needs_enhanced_health_and_no_balancer() {
        let timeout = Duration::from_secs(1800);
        let single = options(&[HEALTH, kind("Immutable")]);
        assert_eq!(replacement(&single, 1), Replacement::Immutable { timeout });
        let basic = options(&[ENABLED, BALANCED, kind("Immutable")]);
        assert!(!replacement(&basic, 1).keeps_old());
    }

    #[test]
    fn a_batch_leaves_the_least_number_in_service() {
        let sizes = [(GROUP, "MinSize", "6"), (GROUP, "MaxSize", "8")];
        let of = |more: &[(&str, &str, &str)], instances| {
            let mut all = vec![HEALTH, BALANCED, ENABLED, kind("Health")];
            all.extend(sizes);
            all.extend(more);
            replacement(&options(&all), instances)
        };
        let timeout = Duration::from_secs(1800);
        assert_eq!(of(&[], 8), Replacement::ByHealth { batch: 2, timeout });
        let more = [
            (ROLLING, "MinInstancesInService", "3"),
            (ROLLING, "MaxBatchSize", "9"),
        ];
        assert_eq!(of(&more, 8), Replacement::ByHealth { batch: 5, timeout });
    }

    #[test]
    fn periods_are_read() {
        assert_eq!(period("PT1H5M2S"), Some(Duration::from_secs(3902)));
        assert_eq!(period("30"), None);
        assert_eq!(period(""), None);
    }

    #[test]
    fn only_what_launches_replaces() {
        let image = options(&[("aws:autoscaling:launchconfiguration", "ImageId", "ami-1")]);
        let size = options(&[(GROUP, "MaxSize", "9")]);
        assert!(replaces(&options(&[]), &image));
        assert!(!replaces(&options(&[]), &size));
    }
}
