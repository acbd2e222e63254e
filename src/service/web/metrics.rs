//! The daemon's metrics, each declared once: name, unit, labels, help. Rendered as OpenMetrics text
//! from one [`Pulse`].
//!
//! Labels come from closed sets of words, from IAM action names, and from the config's watches: none
//! grows with time. docs/metrics.md lists what is here, and a test holds the two together.

use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::service::moves_counted::MOVES_COUNTED;
use crate::service::publications_counted::PublicationCounted;
use crate::service::vitals::{BakeResult, PassResult, Pulse, ReloadResult, Role};

/// The media type of what [`render_metrics`] gives.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Seconds = Gauge<f64, AtomicU64>;

/// One scrape: a registry that lives as long as its text takes to write.
struct Scrape {
    registry: Registry,
}

/// The values as OpenMetrics text.
pub(super) fn render_metrics(pulse: &Pulse, now: DateTime<Utc>) -> String {
    let mut scrape = Scrape {
        registry: Registry::with_prefix("amiwatch"),
    };
    scrape.build();
    scrape.role(pulse);
    scrape.passes(pulse);
    scrape.watches(pulse, now);
    scrape.bakes(pulse);
    scrape.moves(pulse);
    scrape.publications(pulse);
    scrape.calls(pulse);
    scrape.rest(pulse);
    let mut out = String::new();
    match text::encode(&mut out, &scrape.registry) {
        Ok(()) => out,
        // A String takes whatever is written to it.
        Err(std::fmt::Error) => String::new(),
    }
}

impl Scrape {
    fn build(&mut self) {
        let info = Family::<Labels, Gauge>::default();
        let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        info.get_or_create(&labels).set(1);
        self.registry
            .register("build_info", "The running version, always 1", info);
    }

    fn role(&mut self, pulse: &Pulse) {
        let roles = Family::<Labels, Gauge>::default();
        for role in Role::ALL {
            let labels = vec![("role", role.as_str().to_owned())];
            roles
                .get_or_create(&labels)
                .set(i64::from(*role == pulse.role));
        }
        let help =
            "1 for what this process is among those that share its store, 0 for what it is not";
        self.registry.register("role", help, roles);
        if let Some(age) = pulse.renewal_age {
            let seconds = Seconds::default();
            seconds.set(age.as_secs_f64());
            self.registry.register_with_unit(
                "lease_renewal_age",
                "How long ago the renewal was sent by which this process leads",
                Unit::Seconds,
                seconds,
            );
        }
    }

    fn passes(&mut self, pulse: &Pulse) {
        let words = PassResult::ALL
            .iter()
            .map(|one| (one.as_str(), pulse.passes.get(one)));
        self.by_result("passes", "Passes that ended, by how they ended", words);
        self.moment(
            "last_pass_timestamp",
            "When a pass last ended by itself (Unix time); absent before the first",
            pulse.last_pass_at,
        );
        self.moment(
            "last_good_pass_timestamp",
            "When a pass last ended that could tell everything (Unix time); absent before the first",
            pulse.last_good_pass_at,
        );
        self.moment(
            "next_pass_timestamp",
            "When the next pass begins (Unix time); absent while one is under way",
            pulse.next_pass_at,
        );
        if let Some(took) = pulse.last_pass_took {
            let seconds = Seconds::default();
            seconds.set(took.as_seconds_f64());
            self.registry.register_with_unit(
                "last_pass_duration",
                "How long the last pass took",
                Unit::Seconds,
                seconds,
            );
        }
    }

    /// A counter with a line for each way of ending, whether or not it has happened.
    fn by_result<'c>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl Iterator<Item = (&'static str, Option<&'c u64>)>,
    ) {
        let counters = Counters::default();
        for (word, count) in counts {
            let labels = vec![("result", word.to_owned())];
            let count = count.copied().unwrap_or_default();
            counters.get_or_create(&labels).inc_by(count);
        }
        self.registry.register(name, help, counters);
    }

    fn moment(&mut self, name: &str, help: &str, at: Option<DateTime<Utc>>) {
        if let Some(at) = at {
            let seconds = Gauge::<i64>::default();
            seconds.set(at.timestamp());
            self.registry
                .register_with_unit(name, help, Unit::Seconds, seconds);
        }
    }

    fn watches(&mut self, pulse: &Pulse, now: DateTime<Utc>) {
        let ages = Family::<Labels, Gauge>::default();
        for (watch, since) in &pulse.drifted_since {
            let age = since.map_or(0, |since| (now - since).num_seconds().max(0));
            ages.get_or_create(&vec![("watch", watch.clone())]).set(age);
        }
        self.registry.register_with_unit(
            "drift_age",
            "For how long the watch, or a target of it, has been out of step; 0 when in step",
            Unit::Seconds,
            ages,
        );
        let blind = Family::<Labels, Gauge>::default();
        for spot in pulse.blind.values() {
            let age = (now - spot.since).num_seconds().max(0);
            let base = spot.of.base.clone().unwrap_or_default();
            let labels = vec![("place", spot.of.place()), ("base", base)];
            blind.get_or_create(&labels).set(age);
        }
        self.registry.register_with_unit(
            "blind_age",
            "For how long the place, or a base there, could not be read; absent while it can be",
            Unit::Seconds,
            blind,
        );
    }

    fn bakes(&mut self, pulse: &Pulse) {
        let words = BakeResult::ALL
            .iter()
            .map(|one| (one.as_str(), pulse.bakes.get(one)));
        self.by_result("bakes", "Bakes that ended, by how they ended", words);
        self.number(
            "bakes_under_way",
            "Bakes that are under way",
            pulse.bakes_under_way,
        );
    }

    fn moves(&mut self, pulse: &Pulse) {
        let counters = Counters::default();
        for one in MOVES_COUNTED {
            let labels = vec![
                ("result", one.result.to_owned()),
                ("fault", one.fault.to_owned()),
            ];
            let count = pulse.moves.get(&one).copied().unwrap_or_default();
            counters.get_or_create(&labels).inc_by(count);
        }
        let help = "Moves of environments that ended, by how, and by whose fault";
        self.registry.register("moves", help, counters);
        self.number(
            "moves_under_way",
            "Moves of environments that are under way",
            pulse.moves_under_way,
        );
        let behind = Family::<Labels, Gauge>::default();
        for (watch, count) in &pulse.behind {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            behind
                .get_or_create(&vec![("watch", watch.clone())])
                .set(count);
        }
        let help = "Environments of the watch that do not run its image, as the last pass saw them";
        self.registry.register("environments_behind", help, behind);
    }

    fn publications(&mut self, pulse: &Pulse) {
        let counters = Counters::default();
        for one in PublicationCounted::all() {
            let labels = vec![
                ("destination", one.destination.as_str().to_owned()),
                ("result", one.result.to_owned()),
            ];
            let count = pulse.publications.get(&one).copied().unwrap_or_default();
            counters.get_or_create(&labels).inc_by(count);
        }
        let help = "Publications that ended, by sort of destination and by how";
        self.registry.register("publications", help, counters);
        self.number(
            "publications_under_way",
            "Publications that are under way, copies that are waited for among them",
            pulse.publications_under_way,
        );
        let failing = Family::<Labels, Gauge>::default();
        for (watch, count) in &pulse.publications_failing {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            failing
                .get_or_create(&vec![("watch", watch.clone())])
                .set(count);
        }
        let help = "Destinations of the watch at which the last publication failed";
        self.registry
            .register("publications_failing", help, failing);
    }

    fn calls(&mut self, pulse: &Pulse) {
        let (sent, throttled) = (Counters::default(), Counters::default());
        for (operation, calls) in pulse.calls_by_operation() {
            let labels = vec![("operation", operation)];
            sent.get_or_create(&labels).inc_by(calls.sent);
            throttled.get_or_create(&labels).inc_by(calls.throttled);
        }
        self.registry.register(
            "api_calls",
            "Requests sent to AWS, retries included, by IAM action",
            sent,
        );
        self.registry.register(
            "api_throttles",
            "Answers of AWS that said \"too often\", by IAM action",
            throttled,
        );
    }

    fn rest(&mut self, pulse: &Pulse) {
        self.number(
            "notices_waiting",
            "Deliveries of notices that are still tried",
            pulse.notices.waiting,
        );
        self.number(
            "notices_dead",
            "Deliveries of notices that were given up; `amiwatch notify retry` tries them again",
            pulse.notices.dead,
        );
        let words = ReloadResult::ALL
            .iter()
            .map(|one| (one.as_str(), pulse.reloads.get(one)));
        self.by_result("reloads", "Reloads of the config, by how they ended", words);
    }

    fn number(&mut self, name: &str, help: &str, value: u64) {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        self.registry.register(name, help, gauge);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use chrono::TimeDelta;

    use super::*;
    use crate::cloud::{Calls, OperationCalls};
    use crate::service::vitals::Vitals;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// A daemon that has done something of everything.
    fn busy() -> Pulse {
        let vitals = Vitals::new(at(0), std::time::Duration::ZERO, TimeDelta::seconds(100));
        vitals.change(|pulse| {
            pulse.last_pass_at = Some(at(60));
            pulse.last_good_pass_at = Some(at(50));
            pulse.last_pass_took = Some(TimeDelta::milliseconds(1500));
            pulse.next_pass_at = Some(at(900));
            pulse.passes.insert(PassResult::Good, 3);
            pulse.bakes.insert(BakeResult::Verified, 1);
            pulse.moves.insert(MOVES_COUNTED[3], 2);
            pulse.moves_under_way = 1;
            let failed = PublicationCounted::all().nth(11);
            pulse.publications.insert(failed.unwrap(), 4);
            pulse.publications_under_way = 2;
            pulse
                .publications_failing
                .insert("000000000000/eu-west-1/shop".to_owned(), 1);
            pulse
                .behind
                .insert("000000000000/eu-west-1/shop".to_owned(), 5);
            pulse
                .drifted_since
                .insert("000000000000/eu-west-1/shop".to_owned(), Some(at(40)));
            let spot = crate::service::web::blind_sample(None);
            pulse.blind.insert(spot.of.name(), spot);
            let spot = crate::service::web::blind_sample(Some("ECS"));
            pulse.blind.insert(spot.of.name(), spot);
            let calls = OperationCalls {
                sent: 7,
                throttled: 2,
            };
            *pulse.present_calls() = Calls {
                by_operation: [("ec2:DescribeImages".to_owned(), calls)].into(),
                ..Calls::default()
            };
        });
        let mut pulse = vitals.pulse();
        pulse.renewal_age = Some(std::time::Duration::from_millis(3_500));
        pulse
    }

    fn names(text: &str) -> BTreeSet<String> {
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types
            .filter_map(|line| Some(line.split(' ').next()?.to_owned()))
            .collect()
    }

    #[test]
    fn what_happened_is_in_the_text() {
        let text = render_metrics(&busy(), at(100));
        for line in [
            "amiwatch_role{role=\"leader\"} 1",
            "amiwatch_role{role=\"standby\"} 0",
            "amiwatch_lease_renewal_age_seconds 3.5",
            "amiwatch_passes_total{result=\"good\"} 3",
            "amiwatch_passes_total{result=\"cut\"} 0",
            "amiwatch_last_pass_duration_seconds 1.5",
            "amiwatch_last_good_pass_timestamp_seconds 50",
            "amiwatch_drift_age_seconds{watch=\"000000000000/eu-west-1/shop\"} 60",
            "amiwatch_blind_age_seconds{place=\"000000000000/eu-west-1\",base=\"\"} 30",
            "amiwatch_blind_age_seconds{place=\"000000000000/eu-west-1\",base=\"ECS\"} 30",
            "amiwatch_bakes_total{result=\"verified\"} 1",
            "amiwatch_moves_total{result=\"failed\",fault=\"image\"} 2",
            "amiwatch_moves_total{result=\"moved\",fault=\"\"} 0",
            "amiwatch_moves_under_way 1",
            "amiwatch_publications_total{destination=\"ssm\",result=\"failed\"} 4",
            "amiwatch_publications_total{destination=\"copy\",result=\"published\"} 0",
            "amiwatch_publications_under_way 2",
            "amiwatch_publications_failing{watch=\"000000000000/eu-west-1/shop\"} 1",
            "amiwatch_environments_behind{watch=\"000000000000/eu-west-1/shop\"} 5",
            "amiwatch_api_calls_total{operation=\"ec2:DescribeImages\"} 7",
            "amiwatch_api_throttles_total{operation=\"ec2:DescribeImages\"} 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    #[test]
    fn a_young_daemon_does_not_pretend_to_have_passed() {
        let vitals = Vitals::new(at(0), std::time::Duration::ZERO, TimeDelta::seconds(100));
        let text = render_metrics(&vitals.pulse(), at(1));
        assert!(!text.contains("timestamp"), "{text}");
    }

    #[test]
    fn the_page_lists_every_metric_and_no_other() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
        let page = std::fs::read_to_string(page).unwrap();
        let listed: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `amiwatch_")?.split(['`', '{']).next())
            .map(|name| format!("amiwatch_{}", name.trim_end_matches("_total")))
            .collect();
        assert_eq!(listed, names(&render_metrics(&busy(), at(100))));
    }
}
