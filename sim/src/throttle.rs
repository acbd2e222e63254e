//! Token buckets per region and class of calls, as EC2 documents them and Elastic Beanstalk shows.
//!
//! Off unless switched on. It decides only whether a call may pass; the door words the refusal.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Size and refill of one bucket.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq)]
pub struct Rate {
    /// Calls that may come at once.
    pub burst: f64,
    /// Calls a second after that.
    pub per_second: f64,
}

impl Rate {
    /// A bucket of `burst` calls that refills at `per_second`.
    pub const fn new(burst: f64, per_second: f64) -> Self {
        Self { burst, per_second }
    }
}

/// Which buckets there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Throttling {
    /// EC2's documented buckets (non-mutating 100/20, unfiltered lists 50/10, mutating 50/5,
    /// RunInstances and StartInstances 5/2, TerminateInstances 100/5 and so on).
    pub ec2: bool,
    /// The bucket that DescribeEnvironments, DescribeEvents and ListTagsForResource share. Its real
    /// numbers are not published.
    pub beanstalk_shared: Option<Rate>,
    /// One bucket over all Elastic Beanstalk calls.
    pub beanstalk_all: Option<Rate>,
}

impl Throttling {
    /// EC2's documented buckets, and a shared Beanstalk bucket of 20 calls that refills at 5/s.
    pub fn like_aws() -> Self {
        let beanstalk_shared = Some(Rate::new(20.0, 5.0));
        Self {
            ec2: true,
            beanstalk_shared,
            beanstalk_all: None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: DateTime<Utc>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Throttle {
    pub(crate) rules: Throttling,
    buckets: BTreeMap<(String, &'static str), Bucket>,
}

impl Throttle {
    pub(crate) fn set(&mut self, rules: Throttling) {
        self.rules = rules;
        self.buckets.clear();
    }

    /// True when the call may pass. A call that needs two buckets takes from both or from none.
    pub(crate) fn admit(
        &mut self,
        now: DateTime<Utc>,
        region: &str,
        service: &str,
        operation: &str,
        bounded: bool,
    ) -> bool {
        let needs = self.needs(service, operation, bounded);
        let may = needs
            .iter()
            .all(|(class, rate)| self.level(now, region, class, *rate) >= 1.0);
        if may {
            for (class, _) in needs {
                if let Some(bucket) = self.buckets.get_mut(&(region.to_owned(), class)) {
                    bucket.tokens -= 1.0;
                }
            }
        }
        may
    }

    fn needs(&self, service: &str, operation: &str, bounded: bool) -> Vec<(&'static str, Rate)> {
        match service {
            "ec2" if self.rules.ec2 => vec![ec2_class(operation, bounded)],
            "elasticbeanstalk" => {
                let shared = matches!(
                    operation,
                    "DescribeEnvironments" | "DescribeEvents" | "ListTagsForResource"
                );
                let one = self.rules.beanstalk_shared.filter(|_| shared);
                let all = self.rules.beanstalk_all;
                let one = one.map(|rate| ("beanstalk shared", rate));
                one.into_iter()
                    .chain(all.map(|rate| ("beanstalk all", rate)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn level(&mut self, now: DateTime<Utc>, region: &str, class: &'static str, rate: Rate) -> f64 {
        let full = Bucket {
            tokens: rate.burst,
            at: now,
        };
        let bucket = self
            .buckets
            .entry((region.to_owned(), class))
            .or_insert(full);
        let elapsed = (now - bucket.at).num_microseconds().unwrap_or(0).max(0) as f64 / 1e6;
        bucket.tokens = (bucket.tokens + elapsed * rate.per_second).min(rate.burst);
        bucket.at = now;
        bucket.tokens
    }
}

fn ec2_class(operation: &str, bounded: bool) -> (&'static str, Rate) {
    match operation {
        "DescribeInstances" | "DescribeSnapshots" if !bounded => {
            ("unfiltered list", Rate::new(50.0, 10.0))
        }
        "RunInstances" => ("RunInstances", Rate::new(5.0, 2.0)),
        "StartInstances" => ("StartInstances", Rate::new(5.0, 2.0)),
        "TerminateInstances" => ("TerminateInstances", Rate::new(100.0, 5.0)),
        "CreateTags" => ("CreateTags", Rate::new(100.0, 10.0)),
        "CopyImage" => ("CopyImage", Rate::new(100.0, 1.0)),
        "DeregisterImage" => ("DeregisterImage", Rate::new(100.0, 5.0)),
        "ModifyImageAttribute" => ("ModifyImageAttribute", Rate::new(100.0, 5.0)),
        read if read.starts_with("Describe") || read.starts_with("Get") => {
            ("non-mutating", Rate::new(100.0, 20.0))
        }
        _ => ("mutating", Rate::new(50.0, 5.0)),
    }
}
