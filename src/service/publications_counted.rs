//! Publications as the metrics count them: closed sets of words, and how many destinations of a watch fail now.
//! Plain functions of what publications came to, and of what is remembered.

use std::collections::BTreeMap;

use super::runs::publishing::PublicationResult;
use crate::model::publish_rules::DestinationKind;
use crate::store::publications::NamedLedger;

/// How a publication ended, and at which sort of destination. The words are labels of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicationCounted {
    pub destination: DestinationKind,
    pub result: &'static str,
}

/// The ways of ending, in the order of the metric's lines.
const RESULTS: [&str; 3] = ["published", "taken_back", "failed"];

impl PublicationCounted {
    /// Every one, in the order of the metric's lines.
    pub fn all() -> impl Iterator<Item = Self> {
        DestinationKind::ALL.into_iter().flat_map(|destination| {
            RESULTS.map(|result| Self {
                destination,
                result,
            })
        })
    }

    /// Of a publication that came to its end.
    pub fn of_result(ended: &PublicationResult) -> Self {
        let result = match (ended.failure(), &ended.order.back) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "taken_back",
            (None, None) => "published",
        };
        Self {
            destination: ended.order.destination.kind,
            result,
        }
    }
}

/// How many destinations of each watch the last run failed at, by `<account>/<region>/<watch>`.
pub fn failing_by_watch(ledgers: impl IntoIterator<Item = NamedLedger>) -> BTreeMap<String, u64> {
    let mut failing = BTreeMap::new();
    for one in ledgers {
        *failing.entry(one.watch).or_default() += u64::from(one.ledger.failing.is_some());
    }
    failing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::publish::{DestinationLedger, PublishFailing};

    #[test]
    fn destinations_that_fail_are_counted_for_their_watch() {
        let ledger = |watch: &str, to: &str, fails: bool| NamedLedger {
            watch: watch.to_owned(),
            destination: to.parse().unwrap(),
            ledger: DestinationLedger {
                failing: fails.then(|| PublishFailing {
                    image: "ami-1".into(),
                    attempts: 2,
                    next_at: None,
                    why: "no".to_owned(),
                }),
                ..DestinationLedger::default()
            },
        };
        let failing = failing_by_watch([
            ledger("a/r/shop", "ssm:eu-west-1", true),
            ledger("a/r/shop", "template:eu-west-1", true),
            ledger("a/r/till", "ssm:eu-west-1", false),
        ]);
        let expected = [("a/r/shop".to_owned(), 2), ("a/r/till".to_owned(), 0)];
        assert_eq!(failing, expected.into());
    }
}
