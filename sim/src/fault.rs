//! Faults at the one door: any call can be made to fail before or after its effect.
//!
//! A rule says which calls it matches and what happens to them. It must not know what a call does.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which calls fail, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Endpoint prefix (`ec2`); none matches every service.
    #[serde(default)]
    pub service: Option<String>,
    /// Operation (`RunInstances`); none matches every operation.
    #[serde(default)]
    pub operation: Option<String>,
    /// Region; none matches every region.
    #[serde(default)]
    pub region: Option<String>,
    /// Which of the matching calls.
    #[serde(default)]
    pub when: When,
    /// What happens to them.
    pub kind: FaultKind,
    /// How many times it strikes before it is spent; none: for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

impl FaultRule {
    /// A rule for every call of every service.
    pub fn new(kind: FaultKind) -> Self {
        let when = When::Every;
        Self {
            service: None,
            operation: None,
            region: None,
            when,
            kind,
            times: None,
        }
    }

    /// Only this operation, as `ec2:RunInstances`; `ec2:*` means the whole service.
    pub fn on(mut self, action: &str) -> Self {
        let (service, operation) = action.split_once(':').unwrap_or((action, "*"));
        self.service = Some(service.to_owned());
        self.operation = (operation != "*").then(|| operation.to_owned());
        self
    }

    /// Only the calls that `when` picks.
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// At most this many times.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// Which of the matching calls a rule strikes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All of them.
    #[default]
    Every,
    /// The n-th one alone; the first is 1.
    Nth(u64),
    /// Each n-th one.
    EveryNth(u64),
    /// Each with a chance of `p`, decided by a generator that starts from `seed`.
    Chance {
        /// 0.0 to 1.0.
        p: f64,
        /// Start of the generator; the same seed strikes the same calls.
        seed: u64,
    },
}

/// What happens to a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The service's own throttling error; nothing is done.
    Throttle,
    /// 500 `InternalError` (EC2) or `InternalFailure`; nothing is done.
    Http5xx,
    /// Nothing is done and no answer ever comes.
    TimeoutBeforeEffect,
    /// It is done, and no answer ever comes.
    TimeoutAfterEffect,
    /// Nothing is done and the connection breaks.
    DropBeforeEffect,
    /// It is done and the connection breaks.
    DropAfterEffect,
    /// It is done, and the answer is a 500.
    ErrorAfterEffect,
    /// It is done, and the answer ends midway: a 200 whose XML stops behind an entry of its list.
    CutAnswer,
    /// The service's own answer to missing permission (for Elastic Beanstalk reads: emptiness).
    Denied,
    /// 500 `InsufficientInstanceCapacity`; nothing is done.
    InsufficientInstanceCapacity,
    /// It is done and answered as it should be, but this many seconds late.
    Slow {
        /// Seconds on the account's clock.
        seconds: f64,
    },
    /// An error of one's own; nothing is done.
    Custom {
        /// Error code on the wire.
        code: String,
        /// HTTP status.
        status: u16,
        /// Message.
        message: String,
    },
}

impl FaultKind {
    pub(crate) fn delay(&self) -> Option<Duration> {
        match self {
            Self::Slow { seconds } => Duration::try_from_secs_f64(*seconds).ok(),
            _ => None,
        }
    }
}

/// A rule with its memory.
#[derive(Clone, Debug)]
struct Armed {
    rule: FaultRule,
    seen: u64,
    struck: u32,
    generator: u64,
}

/// All rules, asked in the order in which they were set; the first that strikes wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Armed>);

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        let generator = match rule.when {
            When::Chance { seed, .. } => seed,
            _ => 0,
        };
        self.0.push(Armed {
            rule,
            seen: 0,
            struck: 0,
            generator,
        });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this call, if anything. Every matching rule counts it.
    pub(crate) fn strike(
        &mut self,
        region: &str,
        service: &str,
        operation: &str,
    ) -> Option<FaultKind> {
        let mut hit = None;
        for armed in &mut self.0 {
            if armed.matches(region, service, operation) && armed.fires() && hit.is_none() {
                armed.struck += 1;
                hit = Some(armed.rule.kind.clone());
            }
        }
        hit
    }
}

impl Armed {
    fn matches(&self, region: &str, service: &str, operation: &str) -> bool {
        let is = |want: &Option<String>, have: &str| want.as_deref().is_none_or(|w| w == have);
        self.rule.times.is_none_or(|times| self.struck < times)
            && is(&self.rule.region, region)
            && is(&self.rule.service, service)
            && is(&self.rule.operation, operation)
    }

    fn fires(&mut self) -> bool {
        self.seen += 1;
        match self.rule.when {
            When::Every => true,
            When::Nth(n) => self.seen == n,
            When::EveryNth(n) => n > 0 && self.seen.is_multiple_of(n),
            When::Chance { p, .. } => self.draw() < p,
        }
    }

    /// SplitMix64: small, seedable, and the same everywhere.
    fn draw(&mut self) -> f64 {
        self.generator = self.generator.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.generator;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
