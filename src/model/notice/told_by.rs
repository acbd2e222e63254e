//! Who is told of which notices: for each receiver what it wants to hear of. Plain values; who heard the
//! beginning of what ends now is the store's to remember.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use super::{Notice, NoticeEvent, Severity};
use crate::model::ids::AccountId;

/// What one receiver wants to hear of. What a notice does not say (it is about no watch, or about no one
/// account) excludes it from nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRoute {
    /// Never empty.
    pub events: BTreeSet<NoticeEvent>,
    /// Patterns of watches' names; empty for all of them.
    pub watches: Vec<Pattern>,
    /// Empty for all of them.
    pub accounts: BTreeSet<AccountId>,
    /// What matters less is not told.
    pub severity: Severity,
}

/// Who is told of what: by the names of receivers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToldBy(BTreeMap<String, NoticeRoute>);

impl NoticeRoute {
    /// Everything.
    pub fn of_everything() -> Self {
        Self {
            events: NoticeEvent::ALL
                .into_iter()
                .chain(NoticeEvent::UNNAMED)
                .collect(),
            watches: Vec::new(),
            accounts: BTreeSet::new(),
            severity: Severity::Info,
        }
    }

    /// Whether a notice is for this receiver.
    pub fn wants(&self, notice: &Notice) -> bool {
        self.events.contains(&notice.event())
            && notice.severity() >= self.severity
            && self.wants_watch(notice)
            && self.wants_account(notice)
    }

    fn wants_watch(&self, notice: &Notice) -> bool {
        let name = notice.watch.as_ref();
        name.is_none_or(|name| self.covers_watch(name.as_str()))
    }

    fn covers_watch(&self, name: &str) -> bool {
        let fits = |pattern: &Pattern| pattern.matches(name);
        self.watches.is_empty() || self.watches.iter().any(fits)
    }

    /// Whether a watch in an account is one that the receiver hears of.
    pub fn covers(&self, watch: &str, account: &AccountId) -> bool {
        let account = self.accounts.is_empty() || self.accounts.contains(account);
        account && self.covers_watch(watch)
    }

    fn wants_account(&self, notice: &Notice) -> bool {
        let account = notice.scope.as_ref().map(|scope| &scope.account);
        self.accounts.is_empty() || account.is_none_or(|account| self.accounts.contains(account))
    }
}

impl ToldBy {
    /// These receivers, each with what it wants.
    pub fn of_routes(routes: impl IntoIterator<Item = (String, NoticeRoute)>) -> Self {
        Self(routes.into_iter().collect())
    }

    /// Everything is told to these.
    pub fn everything_to<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let routes = names.into_iter();
        Self::of_routes(routes.map(|name| (name.to_owned(), NoticeRoute::of_everything())))
    }

    /// The same but for those who want to hear of another notice; `but` is none of them.
    #[must_use]
    pub fn without_those_who_want(&self, notice: &Notice, but: &str) -> Self {
        let routes = self.0.iter();
        let others = routes.filter(|(name, route)| *name == but || !route.wants(notice));
        Self::of_routes(others.map(|(name, route)| (name.clone(), route.clone())))
    }

    /// The names of those who want to hear of it, sorted.
    pub fn who_wants(&self, notice: &Notice) -> Vec<String> {
        let wanting = self.0.iter().filter(|(_, route)| route.wants(notice));
        wanting.map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::model::ids::{Partition, Scope, WatchName};
    use crate::model::notice::{NextByItself, What};

    /// A cut pass (`attention`, critical) of a watch in an account, as far as they are given.
    fn notice(watch: Option<&str>, account: Option<&str>) -> Notice {
        Notice {
            key: "k".to_owned(),
            story: "k".to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH,
            installation: None,
            watch: watch.map(WatchName::new),
            scope: account.map(|account| Scope {
                partition: Partition::new("aws"),
                account: account.into(),
                region: "eu-west-1".into(),
            }),
            what: What::PassCut {
                began: DateTime::<Utc>::UNIX_EPOCH,
                limit_s: 1,
            },
            next: NextByItself::Person,
            commands: Vec::new(),
            links: Vec::new(),
        }
    }

    #[test]
    fn each_key_of_a_route_keeps_something_out() {
        let all = NoticeRoute::of_everything;
        let about = notice(Some("shop-eu"), Some("111122223333"));
        let events = |events: &[NoticeEvent]| NoticeRoute {
            events: events.iter().copied().collect(),
            ..all()
        };
        let watches = |pattern: &str| NoticeRoute {
            watches: vec![
                Pattern::new("tools").unwrap(),
                Pattern::new(pattern).unwrap(),
            ],
            ..all()
        };
        let accounts = |account: &str| NoticeRoute {
            accounts: [account.into()].into(),
            ..all()
        };
        let severity = |severity| NoticeRoute { severity, ..all() };
        for (route, wanted) in [
            (all(), true),
            (events(&[NoticeEvent::Baked, NoticeEvent::Attention]), true),
            (events(&[NoticeEvent::Baked]), false),
            (watches("shop-*"), true),
            (watches("shop"), false),
            (accounts("111122223333"), true),
            (accounts("444455556666"), false),
            (severity(Severity::Critical), true),
        ] {
            assert_eq!(route.wants(&about), wanted, "{route:?}");
        }
        let info = Notice {
            what: What::Sample {
                receiver: "ops".to_owned(),
            },
            ..about
        };
        assert!(!severity(Severity::Warning).wants(&info));
    }

    #[test]
    fn what_is_about_no_watch_and_no_account_is_for_everybody() {
        let narrow = NoticeRoute {
            watches: vec![Pattern::new("shop").unwrap()],
            accounts: ["111122223333".into()].into(),
            ..NoticeRoute::of_everything()
        };
        assert!(narrow.wants(&notice(None, None)));
        assert!(!narrow.wants(&notice(Some("tools"), None)));
        let told = ToldBy::of_routes([
            ("b".to_owned(), narrow),
            ("a".to_owned(), NoticeRoute::of_everything()),
        ]);
        assert_eq!(told.who_wants(&notice(None, None)), ["a", "b"]);
        assert_eq!(told.who_wants(&notice(Some("tools"), None)), ["a"]);
        let about_tools = notice(Some("tools"), None);
        let who = |told: &ToldBy| told.who_wants(&notice(None, None));
        assert_eq!(who(&told.without_those_who_want(&about_tools, "-")), ["b"]);
        assert_eq!(
            who(&told.without_those_who_want(&about_tools, "a")),
            ["a", "b"]
        );
    }
}
