//! The pace against tables and against a model of AWS's bucket, over times that the tests make up.

use proptest::prelude::*;

use super::*;

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::milliseconds(ms)
}

fn steady(calls_per_second: u32) -> Pacer {
    Pacer::new(Pace::Steady { calls_per_second }, at(0))
}

/// A pacer whose first throttle came after this many accepted calls, all within one second.
fn cut_after(accepted: u32) -> Pacer {
    let mut pacer = Pacer::new(Pace::Eager, at(0));
    for _ in 0..accepted {
        pacer.answered(at(100), PaceOutcome::Accepted, at(900));
    }
    pacer.answered(at(950), PaceOutcome::Throttled, at(1000));
    pacer
}

fn rate(pacer: &Pacer) -> f64 {
    pacer.rate.unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.01
}

#[test]
fn an_eager_pace_has_no_limit_until_it_is_told() {
    let mut pacer = Pacer::new(Pace::Eager, at(0));
    for _ in 0..10_000 {
        assert_eq!(pacer.take(at(0)), Ok(()));
        pacer.answered(at(0), PaceOutcome::Accepted, at(20));
    }
    for _ in 0..100 {
        pacer.answered(at(0), PaceOutcome::Unknown, at(20));
    }
    assert_eq!(pacer.rate, None);
}

#[test]
fn a_throttle_leaves_nine_tenths_of_what_is_accepted() {
    assert!(near(rate(&cut_after(50)), 45.0));
    // Measured again between two cuts: 40 a second came through.
    let mut pacer = cut_after(50);
    for n in 0..40 {
        pacer.answered(at(1001), PaceOutcome::Accepted, at(1010 + n * 25));
    }
    assert!(
        pacer
            .answered(at(1900), PaceOutcome::Throttled, at(2000))
            .is_some()
    );
    assert!(near(rate(&pacer), 36.0), "{}", rate(&pacer));
}

#[test]
fn one_throttle_halves_at_most_and_many_end_at_the_least() {
    let cases: [(&[i64], f64); 4] = [
        (&[], 90.0),
        // Too soon to measure anything: half.
        (&[1020], 45.0),
        (&[1020, 1040], 22.5),
        // Nothing was accepted for a while: half all the same.
        (&[2500], 45.0),
    ];
    for (throttles, expected) in cases {
        let mut pacer = cut_after(100);
        for ms in throttles {
            pacer.answered(at(ms - 1), PaceOutcome::Throttled, at(*ms));
        }
        assert!(
            near(rate(&pacer), expected),
            "{throttles:?}: {}",
            rate(&pacer)
        );
    }
    let mut pacer = cut_after(100);
    for n in 0..100 {
        pacer.answered(at(1001 + n), PaceOutcome::Throttled, at(1002 + n));
    }
    assert!(near(rate(&pacer), RATE_MIN));
}

#[test]
fn what_was_under_way_before_a_cut_does_not_cut_again() {
    let mut pacer = cut_after(100);
    for _ in 0..16 {
        assert_eq!(
            pacer.answered(at(990), PaceOutcome::Throttled, at(1010)),
            None
        );
    }
    assert!(near(rate(&pacer), 90.0));
}

#[test]
fn after_a_quiet_while_it_grows_by_what_is_accepted_and_by_nothing_else() {
    let accepted = |pacer: &mut Pacer, from: i64, to: i64| {
        for ms in (from..=to).step_by(100) {
            pacer.answered(at(ms - 20), PaceOutcome::Accepted, at(ms));
        }
    };
    // (what comes back, from, to, rate after it)
    let mut pacer = cut_after(100);
    accepted(&mut pacer, 1100, 3000);
    assert!(near(rate(&pacer), 90.0), "not yet quiet for long enough");
    accepted(&mut pacer, 3100, 8000);
    assert!(
        near(rate(&pacer), 99.0),
        "{}: 5 s at 2 % of 90",
        rate(&pacer)
    );

    let mut unknown = cut_after(100);
    for ms in (1100..60_000).step_by(100) {
        unknown.answered(at(ms - 20), PaceOutcome::Unknown, at(ms));
    }
    assert!(near(rate(&unknown), 90.0), "silence is no evidence");
    unknown.answered(at(60_000), PaceOutcome::Accepted, at(60_000));
    assert!(rate(&unknown) < 90.0 + 1.81, "{}", rate(&unknown));

    let mut idle = cut_after(100);
    idle.answered(at(3_600_000), PaceOutcome::Accepted, at(3_600_000));
    assert!(near(rate(&idle), 91.8), "one answer vouches for one second");
}

#[test]
fn a_steady_pace_comes_back_to_what_was_asked_and_no_further() {
    let mut pacer = steady(5);
    pacer.answered(at(900), PaceOutcome::Throttled, at(1000));
    assert!(near(rate(&pacer), 2.5), "{}", rate(&pacer));
    for ms in (1100..120_000).step_by(200) {
        pacer.answered(at(ms), PaceOutcome::Accepted, at(ms));
        assert!(rate(&pacer) <= 5.0);
    }
    assert!(near(rate(&pacer), 5.0));
    let burst = (0..20).filter(|_| pacer.take(at(200_000)).is_ok()).count();
    assert_eq!(burst, 5, "its burst is back too");
}

#[test]
fn a_clock_that_is_set_back_neither_frees_nor_blocks() {
    let mut pacer = steady(5);
    while pacer.take(at(3_600_000)).is_ok() {}
    assert!(pacer.take(at(0)).unwrap_err() <= Duration::from_millis(200));
    assert_eq!(pacer.take(at(250)), Ok(()));
    pacer.answered(at(3_600_000), PaceOutcome::Throttled, at(3_600_000));
    pacer.answered(at(10), PaceOutcome::Accepted, at(10));
    assert!(
        pacer
            .answered(at(500), PaceOutcome::Throttled, at(510))
            .is_some()
    );
}

/// AWS's own bucket.
struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    at: DateTime<Utc>,
}

impl Bucket {
    fn admits(&mut self, now: DateTime<Utc>) -> bool {
        let passed = seconds(now - self.at);
        self.at = now;
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        let admits = self.tokens >= 1.0;
        self.tokens -= if admits { 1.0 } else { 0.0 };
        admits
    }
}

/// Sends until `calls` were accepted, one caller after the other with no latency, as eagerly as the
/// pace allows. Gives the seconds and the throttles.
fn drained(bucket: &mut Bucket, pace: Pace, calls: u32) -> (f64, u32) {
    let mut pacer = Pacer::new(pace, at(0));
    let (mut now, mut accepted, mut throttled) = (at(0), 0, 0);
    bucket.at = now;
    while accepted < calls {
        if let Err(wait) = pacer.take(now) {
            now += TimeDelta::from_std(wait).unwrap();
            continue;
        }
        let outcome = match bucket.admits(now) {
            true => PaceOutcome::Accepted,
            false => PaceOutcome::Throttled,
        };
        accepted += u32::from(outcome == PaceOutcome::Accepted);
        throttled += u32::from(outcome == PaceOutcome::Throttled);
        now += TimeDelta::milliseconds(1);
        pacer.answered(now - TimeDelta::milliseconds(1), outcome, now);
    }
    (seconds(now - at(0)), throttled)
}

#[test]
fn a_bucket_is_found_out_whatever_its_size() {
    // burst, refill, the most throttles
    let cases = [
        (100.0, 50.0, 12),
        (20.0, 50.0, 12),
        (100.0, 20.0, 20),
        (20.0, 5.0, 40),
        (500.0, 200.0, 12),
        (10.0, 2.0, 100),
    ];
    for (burst, per_second, most) in cases {
        let mut bucket = Bucket {
            burst,
            per_second,
            tokens: burst,
            at: at(0),
        };
        let (took, throttled) = drained(&mut bucket, Pace::Eager, 1027);
        let floor = (1027.0 - burst) / per_second;
        assert!(
            took <= floor * 1.1 + 2.0 && throttled <= most,
            "{burst}/{per_second}: {took:.1} s for {floor:.1}, {throttled} throttled"
        );
    }
}

fn outcome() -> impl Strategy<Value = PaceOutcome> {
    prop_oneof![
        6 => Just(PaceOutcome::Accepted),
        1 => Just(PaceOutcome::Throttled),
        1 => Just(PaceOutcome::Unknown),
    ]
}

/// Steps of up to a second, what comes back after each, and how long it was under way.
fn story() -> impl Strategy<Value = Vec<(i64, PaceOutcome, i64)>> {
    prop::collection::vec((0..1000_i64, outcome(), 0..300_i64), 1..300)
}

proptest! {
    #[test]
    fn a_steady_pace_is_never_faster_than_asked(n in 1..50_u32, story in story()) {
        let mut pacer = steady(n);
        let mut sent = Vec::new();
        let mut ms = 0;
        for (step, outcome, under_way) in story {
            ms += step;
            for _ in 0..100 {
                if pacer.take(at(ms)).is_ok() {
                    sent.push(ms);
                }
            }
            pacer.answered(at(ms - under_way), outcome, at(ms));
            let rate = rate(&pacer);
            prop_assert!((RATE_MIN..=f64::from(n)).contains(&rate), "{rate}");
            prop_assert!(pacer.tokens >= 0.0);
        }
        for (first, from) in sent.iter().enumerate() {
            for (last, to) in sent.iter().enumerate().skip(first) {
                let most = BURST_MAX + f64::from(n) * (to - from) as f64 / 1000.0;
                let count = (last - first + 1) as f64;
                prop_assert!(count <= most + 1e-6, "{count} calls from {from} to {to} ms");
            }
        }
    }

    #[test]
    fn recovery_is_bounded_and_takes_evidence(story in story()) {
        let mut pacer = cut_after(100);
        let mut ms = 1000;
        for (step, outcome, under_way) in story {
            let before = rate(&pacer);
            ms += step;
            pacer.answered(at(ms - under_way), outcome, at(ms));
            let after = rate(&pacer);
            prop_assert!(after >= RATE_MIN);
            match outcome {
                PaceOutcome::Accepted => {
                    let most = (90.0 * GROWTH).max(GROWTH_MIN);
                    prop_assert!(after >= before && after <= before + most, "{before} to {after}");
                }
                PaceOutcome::Throttled => prop_assert!(after <= before && after >= (before * CUT_MOST).min(before)),
                PaceOutcome::Unknown => prop_assert_eq!(after, before),
            }
        }
    }

    #[test]
    fn whoever_waits_as_told_may_send(n in 1..50_u32, story in story()) {
        let mut pacer = steady(n);
        let mut now = at(0);
        for (step, outcome, under_way) in story {
            pacer.answered(now - TimeDelta::milliseconds(under_way), outcome, now);
            let mut waits = 0;
            while let Err(wait) = pacer.take(now) {
                waits += 1;
                prop_assert!(wait <= Duration::from_secs_f64(1.0 / RATE_MIN));
                prop_assert!(waits < 4, "asked to wait again and again");
                now += TimeDelta::from_std(wait).unwrap() + TimeDelta::microseconds(1);
            }
            now += TimeDelta::milliseconds(step);
        }
    }
}

#[test]
fn two_that_turn_out_to_be_one_bucket_go_on_at_the_slower_rate() {
    let throttled = || cut_after(50);
    let cases: [(Pacer, Pacer, Option<f64>); 4] = [
        (steady(5), steady(5), Some(5.0)),
        (steady(5), Pacer::new(Pace::Eager, at(0)), Some(5.0)),
        (Pacer::new(Pace::Eager, at(0)), throttled(), Some(45.0)),
        (throttled(), Pacer::new(Pace::Eager, at(0)), Some(45.0)),
    ];
    for (mut one, other, rate) in cases {
        one.join(&other);
        assert_eq!(one.rate, rate);
    }
    // What both had saved up is not had twice.
    let (mut one, mut other) = (steady(5), steady(5));
    while other.take(at(0)).is_ok() {}
    one.join(&other);
    assert!(one.take(at(0)).is_err());
    // A cut that came along lets the rate grow again.
    let mut one = Pacer::new(Pace::Eager, at(0));
    one.join(&throttled());
    for ms in (4_000..60_000).step_by(100) {
        one.answered(at(ms - 20), PaceOutcome::Accepted, at(ms));
    }
    assert!(rate(&one) > 45.0, "{}", rate(&one));
}

#[test]
fn another_pace_is_taken_up_at_once_but_for_what_throttling_has_taught() {
    let faster = Pace::Steady {
        calls_per_second: 20,
    };
    let mut pacer = steady(5);
    pacer.ask_at(faster);
    assert!(near(rate(&pacer), 20.0));
    let mut pacer = cut_after(5);
    let learnt = rate(&pacer);
    pacer.ask_at(faster);
    assert!(near(rate(&pacer), learnt));
    pacer.ask_at(Pace::Steady {
        calls_per_second: 1,
    });
    assert!(near(rate(&pacer), 1.0));
}
