//! Whatever is known of an image: nothing goes down a rung that the rules keep. The oracle says what keeps
//! it from what was drawn, not from how it is decided. And the net itself is tried: deliberate bugs are
//! made in what the ladder is told, and each of them must be caught.

use chrono::TimeZone as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::flow::retire::test_images::{ladder_image, none_names};
use crate::model::ids::ImageId;
use crate::model::image_uses::{AskedKind, ImageUse};
use crate::model::retire_rules::RetireMode;

/// One image as it is drawn; days count back from now.
#[derive(Debug, Clone)]
struct Drawn {
    created: i64,
    superseded: Option<i64>,
    deprecated: Option<i64>,
    disabled: Option<i64>,
    remembered: bool,
    restored: Option<i64>,
    newer: usize,
    state_tag: &'static str,
    installation: &'static str,
    protected: bool,
    shared: Option<&'static str>,
    shares_known: bool,
    /// By place in `NEEDED`: absent, named for good, named for so many days more, unreachable.
    kinds: Vec<(usize, Said)>,
    keep_newest: usize,
    younger_than: u32,
    disable_after: u32,
    more: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Named,
    Until(i64),
    Unreachable,
    NotAsked,
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

fn ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        Just(Said::Named),
        (-3i64..20).prop_map(Said::Until),
        Just(Said::Unreachable),
        Just(Said::NotAsked),
    ]
}

fn facts() -> impl Strategy<Value = (i64, Option<i64>, Option<i64>, Option<i64>, bool, usize)> {
    (
        0i64..200,
        prop::option::weighted(0.9, 0i64..200),
        prop::option::weighted(0.6, -2i64..150),
        prop::option::weighted(0.4, 0i64..100),
        prop::bool::weighted(0.9),
        0usize..6,
    )
}

fn standing()
-> impl Strategy<Value = (&'static str, &'static str, bool, Option<&'static str>, bool)> {
    (
        prop::sample::select(vec!["verified", "verified", "verified", "quarantined", ""]),
        prop::sample::select(vec!["acme", "acme", "acme", "acme", "other"]),
        prop::bool::weighted(0.1),
        prop::option::weighted(
            0.2,
            prop::sample::select(vec!["000000000000", "111122223333"]),
        ),
        prop::bool::weighted(0.8),
    )
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let kinds = prop::collection::vec((0..ReferenceKind::NEEDED.len(), said()), 0..3);
    let rules = (0usize..5, 0u32..60, 0u32..60, 1u32..60);
    let restored = prop::option::weighted(0.2, 0i64..150);
    let all = (facts(), standing(), kinds, rules, restored);
    all.prop_map(|(facts, standing, kinds, rules, restored)| Drawn {
        created: facts.0,
        superseded: facts.1.map(|days| days.min(facts.0)),
        deprecated: facts.2,
        disabled: facts.3,
        remembered: facts.4,
        restored,
        newer: facts.5,
        state_tag: standing.0,
        installation: standing.1,
        protected: standing.2,
        shared: standing.3,
        shares_known: standing.4,
        kinds,
        keep_newest: rules.0,
        younger_than: rules.1,
        disable_after: rules.2,
        more: rules.3,
    })
}

fn trouble() -> Trouble {
    not_asked(ReferenceKind::Instance)
}

impl Drawn {
    fn image(&self) -> OwnedImage {
        let mut owned = ladder_image("ami-1", ago(self.created));
        let image = &mut owned.image;
        image.deprecated_from = self.deprecated.map(ago);
        if self.disabled.is_some() {
            image.state = ImageState::Disabled;
        }
        image
            .tags
            .insert(tags::STATE.to_owned(), self.state_tag.to_owned());
        let installation = self.installation.to_owned();
        image
            .tags
            .insert(tags::INSTALLATION.to_owned(), installation);
        owned.protected = self.protected;
        owned
    }

    fn references(&self) -> ImageReferences {
        let mut references = none_names();
        for (nth, said) in &self.kinds {
            let kind = ReferenceKind::NEEDED[*nth];
            let named = |until| {
                let by = "it".to_owned();
                Seen::Known(vec![ImageUse { by, until }])
            };
            let seen = match said {
                Said::Named => named(None),
                Said::Until(days) => named(Some(ago(-days))),
                Said::Unreachable => Seen::Unreachable(trouble()),
                Said::NotAsked => {
                    references.0.remove(&kind);
                    continue;
                }
            };
            let asked = "x:Y".to_owned();
            references.0.insert(kind, AskedKind { asked, seen });
        }
        references
    }

    fn shares(&self) -> Seen<BTreeSet<LaunchGrant>> {
        match (self.shares_known, self.shared) {
            (false, _) => Seen::Unreachable(trouble()),
            (true, None) => Seen::Absent,
            (true, Some(account)) => {
                Seen::Known(BTreeSet::from([LaunchGrant::Account(account.into())]))
            }
        }
    }

    fn rules(&self) -> RetireRules {
        let days = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
        RetireRules {
            keep_newest: self.keep_newest,
            younger_than: days(self.younger_than),
            disable_after: days(self.disable_after),
            deregister_after: days(self.disable_after + self.more),
            rollback_horizon: days(45),
            mode: RetireMode::Apply,
        }
    }

    fn verdict(&self, bug: Option<Bug>) -> LadderVerdict {
        let (mut image, mut rules) = (self.image(), self.rules());
        let (mut references, mut shares) = (self.references(), self.shares());
        if let Some(bug) = bug {
            bug.make(&mut image, &mut rules, &mut references, &mut shares);
        }
        let place = PlaceInLine {
            newer: self.newer,
            superseded: self
                .superseded
                .map(|days| (ImageId::from("ami-2"), ago(days))),
        };
        stand_on_ladder(&LadderCase {
            installation: &Installation::from("acme"),
            rules: Some(&rules),
            image: &image,
            place: &place,
            disabled_at: self.disabled.filter(|_| self.remembered).map(ago),
            restored_at: self.restored.map(ago),
            references: &references,
            shares: &shares,
            own_accounts: &BTreeSet::from([AccountId::from("000000000000")]),
            now: now(),
        })
    }

    /// What a person brought back is young once more, and its dates count from the end of that.
    fn begun_anew(&self, since: i64) -> bool {
        let young = i64::from(self.younger_than);
        self.restored.is_none_or(|days| days >= young + since)
    }

    /// What an act breaks, where there is one; from what was drawn alone.
    fn broken_by(&self, verdict: &LadderVerdict) -> Option<&'static str> {
        if verdict.why.is_empty() {
            return Some("it says no why");
        }
        let step = verdict.due?;
        let needed = self.kinds.iter().rev();
        let mut last_word: Vec<usize> = Vec::new();
        for (nth, said) in needed {
            if last_word.contains(nth) {
                continue;
            }
            last_word.push(*nth);
            if !matches!(said, Said::Until(days) if *days <= 0) {
                return Some("something names it, or could not be asked");
            }
        }
        let since = i64::from(match step {
            RungStep::Deprecate => 0,
            RungStep::Disable => self.disable_after,
            RungStep::Deregister => self.disable_after + self.more,
        });
        let beyond = self.shared == Some("111122223333") || !self.shares_known;
        let is_disabled = self.disabled.is_some();
        let is_deprecated = self.deprecated.is_some_and(|days| days >= 0);
        let rung = match (is_disabled, is_deprecated) {
            (true, _) => RungStep::Deregister,
            (false, true) => RungStep::Disable,
            (false, false) => RungStep::Deprecate,
        };
        let rested = match step {
            RungStep::Deprecate => true,
            RungStep::Disable => self.deprecated.is_some_and(|days| days >= 1),
            RungStep::Deregister => self.remembered && self.disabled.is_some_and(|days| days >= 1),
        };
        [
            (self.installation != "acme", "it is not ours"),
            (self.state_tag != "verified", "it is not verified"),
            (self.newer < self.keep_newest, "it is among the newest"),
            (self.created < i64::from(self.younger_than), "it is young"),
            (
                self.superseded.is_none_or(|days| days < since),
                "it is early",
            ),
            (step > RungStep::Deprecate && beyond, "it is shared"),
            (
                step == RungStep::Deregister && self.protected,
                "it is protected",
            ),
            (step != rung, "it leaves out a rung"),
            (!rested, "it has not rested"),
            (!self.begun_anew(since), "a person brought it back"),
        ]
        .into_iter()
        .find_map(|(broken, what)| broken.then_some(what))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn nothing_goes_that_the_rules_keep(drawn in drawn()) {
        let verdict = drawn.verdict(None);
        prop_assert_eq!(drawn.broken_by(&verdict), None, "{:?}", verdict);
        let next = verdict.next.as_ref().map(|next| next.at);
        prop_assert!(next.is_none_or(|at| at > now()), "{:?}", verdict);
    }

    #[test]
    fn what_nothing_keeps_goes_when_it_is_due(drawn in drawn()) {
        let free = Drawn {
            kinds: Vec::new(),
            state_tag: "verified",
            installation: "acme",
            protected: false,
            shared: None,
            shares_known: true,
            remembered: true,
            keep_newest: 0,
            younger_than: 0,
            restored: None,
            ..drawn
        };
        let verdict = free.verdict(None);
        let goes = verdict.due.is_some() || verdict.next.is_some();
        prop_assert_eq!(goes, free.superseded.is_some(), "{:?}", verdict);
    }
}

/// A deliberate bug, made in what the ladder is told.
#[derive(Debug, Clone, Copy)]
enum Bug {
    UnreachableTakenAsUnused,
    SavedConfigurationsNotRead,
    HorizonIgnored,
    NewestNotKept,
    YoungNotKept,
    SharesIgnored,
    ProtectionIgnored,
    StrangersTaken,
}

impl Bug {
    const ALL: [Self; 8] = [
        Self::UnreachableTakenAsUnused,
        Self::SavedConfigurationsNotRead,
        Self::HorizonIgnored,
        Self::NewestNotKept,
        Self::YoungNotKept,
        Self::SharesIgnored,
        Self::ProtectionIgnored,
        Self::StrangersTaken,
    ];

    fn make(
        self,
        image: &mut OwnedImage,
        rules: &mut RetireRules,
        references: &mut ImageReferences,
        shares: &mut Seen<BTreeSet<LaunchGrant>>,
    ) {
        let mut forget = |kind| {
            let asked = "x:Y".to_owned();
            let seen = Seen::Absent;
            references.0.insert(kind, AskedKind { asked, seen });
        };
        match self {
            Self::UnreachableTakenAsUnused => references.0.values_mut().for_each(|answer| {
                if answer.seen.trouble().is_some() {
                    answer.seen = Seen::Absent;
                }
            }),
            Self::SavedConfigurationsNotRead => forget(ReferenceKind::SavedConfiguration),
            Self::HorizonIgnored => forget(ReferenceKind::RecordedBefore),
            Self::NewestNotKept => rules.keep_newest = 0,
            Self::YoungNotKept => rules.younger_than = Duration::ZERO,
            Self::SharesIgnored => *shares = Seen::Absent,
            Self::ProtectionIgnored => image.protected = false,
            Self::StrangersTaken => {
                let acme = "acme".to_owned();
                image.image.tags.insert(tags::INSTALLATION.to_owned(), acme);
            }
        }
    }
}

#[test]
fn the_net_catches_every_deliberate_bug() {
    for bug in Bug::ALL {
        let mut runner = TestRunner::deterministic();
        let mut caught = None;
        for _ in 0..20_000 {
            let drawn = drawn().new_tree(&mut runner).unwrap().current();
            if let Some(what) = drawn.broken_by(&drawn.verdict(Some(bug))) {
                caught = Some(what);
                break;
            }
        }
        println!("{bug:?}: {caught:?}");
        assert!(caught.is_some(), "nothing catches {bug:?}");
    }
}
