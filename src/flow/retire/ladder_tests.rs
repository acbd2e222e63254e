//! The ladder, rule by rule.

use chrono::TimeZone as _;

use super::*;
use crate::flow::retire::test_images::{ladder_image, none_names};
use crate::model::ids::ImageId;
use crate::model::image_uses::{AskedKind, ImageUse};
use crate::model::retiring::NextStep;

const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

/// A world in which one image is judged; every test changes one thing of it.
struct Judged {
    rules: Option<RetireRules>,
    image: OwnedImage,
    place: PlaceInLine,
    disabled_at: Option<DateTime<Utc>>,
    restored_at: Option<DateTime<Utc>>,
    references: ImageReferences,
    shares: Seen<BTreeSet<LaunchGrant>>,
}

impl Judged {
    /// Made 200 days ago, superseded for so many, the fifth newest, and nobody needs it.
    fn superseded(days: i64) -> Self {
        let at = now() - DAY * i32::try_from(days).unwrap();
        Self {
            rules: Some(RetireRules::default()),
            image: ladder_image("ami-1", now() - DAY * 200),
            place: PlaceInLine {
                newer: 4,
                superseded: Some((ImageId::from("ami-2"), at)),
            },
            disabled_at: None,
            restored_at: None,
            references: none_names(),
            shares: Seen::Absent,
        }
    }

    fn deprecated(mut self, days: i32) -> Self {
        self.image.image.deprecated_from = Some(now() - DAY * days);
        self
    }

    fn disabled(mut self, days: i32) -> Self {
        self.image.image.state = ImageState::Disabled;
        self.disabled_at = Some(now() - DAY * days);
        self
    }

    fn seen(mut self, kind: ReferenceKind, seen: Seen<Vec<ImageUse>>) -> Self {
        let asked = "x:Y".to_owned();
        self.references.0.insert(kind, AskedKind { asked, seen });
        self
    }

    fn verdict(&self) -> LadderVerdict {
        let installation = Installation::from("acme");
        let own_accounts = BTreeSet::from([AccountId::from("000000000000")]);
        stand_on_ladder(&LadderCase {
            installation: &installation,
            rules: self.rules.as_ref(),
            image: &self.image,
            place: &self.place,
            disabled_at: self.disabled_at,
            restored_at: self.restored_at,
            references: &self.references,
            shares: &self.shares,
            own_accounts: &own_accounts,
            now: now(),
        })
    }

    fn due(&self) -> Option<RungStep> {
        self.verdict().due
    }
}

fn trouble() -> Trouble {
    not_asked(ReferenceKind::Instance)
}

#[test]
fn it_is_deprecated_at_once_then_disabled_then_deregistered() {
    assert_eq!(Judged::superseded(0).due(), Some(RungStep::Deprecate));
    let deprecated = |days| Judged::superseded(days).deprecated(2);
    assert_eq!(deprecated(44).due(), None);
    assert_eq!(deprecated(45).due(), Some(RungStep::Disable));
    let disabled = |days| deprecated(days).disabled(2);
    assert_eq!(disabled(89).due(), None);
    assert_eq!(disabled(90).due(), Some(RungStep::Deregister));
}

#[test]
fn it_says_what_comes_next_and_when() {
    let verdict = Judged::superseded(10).deprecated(10).verdict();
    let next = NextStep {
        step: RungStep::Disable,
        at: now() + DAY * 35,
    };
    assert_eq!((verdict.rung, verdict.next), (Rung::Deprecated, Some(next)));
    assert!(matches!(
        verdict.why[..],
        [RungWhy::OnRung { .. }, RungWhy::Superseded { .. }]
    ));
}

#[test]
fn long_overdue_it_still_rests_a_day_on_each_rung() {
    let long = Judged::superseded(190).deprecated(0);
    assert_eq!(long.due(), None);
    assert_eq!(long.verdict().next.map(|next| next.at), Some(now() + DAY));
    assert_eq!(
        Judged::superseded(190).deprecated(1).due(),
        Some(RungStep::Disable)
    );
    let disabled = Judged::superseded(190).deprecated(1).disabled(0);
    assert_eq!(disabled.due(), None);
    let rested = Judged::superseded(190).deprecated(2).disabled(1);
    assert_eq!(rested.due(), Some(RungStep::Deregister));
}

#[test]
fn the_newest_stay_and_so_does_what_is_young() {
    let mut newest = Judged::superseded(190);
    newest.place.newer = 2;
    let verdict = newest.verdict();
    assert_eq!((verdict.due, verdict.next), (None, None));
    let why = RungWhy::AmongNewest { place: 3, kept: 3 };
    assert!(verdict.why.contains(&why), "{:?}", verdict.why);
    newest.place.newer = 3;
    assert_eq!(newest.due(), Some(RungStep::Deprecate));

    let mut young = Judged::superseded(3);
    young.image.image.created = Some(now() - DAY * 29);
    let until = now() + DAY;
    assert_eq!(young.verdict().next.map(|next| next.at), Some(until));
    young.image.image.created = Some(now() - DAY * 30);
    assert_eq!(young.due(), Some(RungStep::Deprecate));
}

#[test]
fn what_anything_needed_names_or_cannot_say_stays() {
    for kind in ReferenceKind::NEEDED {
        let named = Seen::Known(vec![ImageUse::lasting("it")]);
        let verdict = Judged::superseded(190).seen(kind, named).verdict();
        assert_eq!((verdict.due, verdict.next), (None, None), "{kind:?}");
        let unreachable = Judged::superseded(190).seen(kind, Seen::Unreachable(trouble()));
        assert_eq!(unreachable.due(), None, "{kind:?}");
        let mut unasked = Judged::superseded(190);
        unasked.references.0.remove(&kind);
        assert_eq!(unasked.due(), None, "{kind:?} was not asked");
    }
}

#[test]
fn what_ec2_lists_by_itself_keeps_where_it_answers() {
    let kind = ReferenceKind::ListedByEc2;
    let listed = Seen::Known(vec![ImageUse::lasting("a recipe")]);
    assert_eq!(Judged::superseded(190).seen(kind, listed).due(), None);
    let unanswered = Judged::superseded(190).seen(kind, Seen::Unreachable(trouble()));
    assert_eq!(unanswered.due(), Some(RungStep::Deprecate));
}

#[test]
fn an_image_that_may_have_to_come_back_stays_until_the_horizon() {
    let until = now() + DAY * 5;
    let before = |until| {
        let one = ImageUse {
            by: "shop/shop-blue".to_owned(),
            until: Some(until),
        };
        Judged::superseded(190).seen(ReferenceKind::RecordedBefore, Seen::Known(vec![one]))
    };
    let verdict = before(until).verdict();
    assert_eq!(
        (verdict.due, verdict.next.map(|next| next.at)),
        (None, Some(until))
    );
    assert_eq!(before(now()).due(), Some(RungStep::Deprecate));
}

#[test]
fn what_is_shared_beyond_our_accounts_is_deprecated_at_most() {
    let shared = |grant: LaunchGrant| {
        let mut judged = Judged::superseded(190).deprecated(100);
        judged.shares = Seen::Known(BTreeSet::from([grant]));
        judged.due()
    };
    let account = |id: &str| LaunchGrant::Account(AccountId::from(id));
    assert_eq!(shared(account("000000000000")), Some(RungStep::Disable));
    assert_eq!(shared(account("111122223333")), None);
    assert_eq!(shared(LaunchGrant::Organization("arn:x".to_owned())), None);
    assert_eq!(shared(LaunchGrant::Everybody), None);
    assert_eq!(shared(LaunchGrant::Other("x".to_owned())), None);

    let mut public = Judged::superseded(190).deprecated(100);
    public.image.image.public = true;
    assert_eq!(public.due(), None);
    let mut unread = Judged::superseded(190);
    unread.shares = Seen::Unreachable(trouble());
    assert_eq!(
        unread.due(),
        Some(RungStep::Deprecate),
        "not needed for that"
    );
    let unread = unread.deprecated(100);
    assert_eq!(unread.due(), None);
    assert!(hangs_on_shares(&unread.verdict()));
    let in_use = Seen::Known(vec![ImageUse::lasting("it")]);
    let in_use = unread.seen(ReferenceKind::Instance, in_use);
    assert!(!hangs_on_shares(&in_use.verdict()), "it stays in any case");
}

#[test]
fn a_protected_image_is_disabled_at_most() {
    let mut protected = Judged::superseded(190).deprecated(100);
    protected.image.protected = true;
    assert_eq!(protected.due(), Some(RungStep::Disable));
    let protected = protected.disabled(50);
    assert_eq!(protected.due(), None);
    let lift =
        "aws ec2 disable-image-deregistration-protection --image-id ami-1 --region eu-west-1";
    let lift = lift.to_owned();
    let why = RungWhy::Protected { lift };
    assert!(protected.verdict().why.contains(&why));
}

#[test]
fn what_somebody_else_disabled_is_theirs() {
    let mut judged = Judged::superseded(190).disabled(50);
    judged.disabled_at = None;
    assert_eq!(judged.due(), None);
    assert!(judged.verdict().why.contains(&RungWhy::DisabledByOthers));
}

#[test]
fn nothing_without_our_tags_or_our_proof_is_retired() {
    let tagged = |name: &str, value: &str| {
        let mut judged = Judged::superseded(190);
        let tags = &mut judged.image.image.tags;
        tags.insert(name.to_owned(), value.to_owned());
        judged.verdict()
    };
    for (name, value) in [
        (tags::INSTALLATION, "other"),
        (tags::INSTALLATION, "acme-2"),
        (tags::INSTALLATION, ""),
        (tags::ROLE, "builder"),
        (tags::KEY, ""),
    ] {
        let verdict = tagged(name, value);
        assert_eq!((verdict.due, verdict.why), (None, vec![RungWhy::NotOurs]));
    }
    for state in ["candidate", "rejected", "quarantined", "a-later-word", ""] {
        let verdict = tagged(tags::STATE, state);
        let state = state.to_owned();
        assert_eq!(verdict.why, [RungWhy::NotVerified { state }]);
        assert_eq!(verdict.due, None);
    }
    let mut copy = Judged::superseded(190);
    let tags = &mut copy.image.image.tags;
    tags.insert(tags::ROLE.to_owned(), tags::role::COPY.to_owned());
    tags.insert(tags::COPY_OF.to_owned(), "eu-west-1/ami-1".to_owned());
    tags.remove(tags::KEY);
    assert_eq!(
        copy.due(),
        Some(RungStep::Deprecate),
        "as what it was made from"
    );
    let tags = &mut copy.image.image.tags;
    tags.insert(tags::COPY_OF.to_owned(), String::new());
    assert_eq!(copy.verdict().why, [RungWhy::NotOurs], "of nothing");
    let mut theirs = Judged::superseded(190);
    theirs.image.image.ours = false;
    assert_eq!(theirs.due(), None, "another account's, whatever its tags");
}

#[test]
fn without_rules_a_date_or_a_successor_nothing_goes() {
    let mut judged = Judged::superseded(190);
    judged.rules = None;
    let watch = "shop".to_owned();
    assert_eq!(judged.verdict().why, [RungWhy::NoRules { watch }]);
    let mut undated = Judged::superseded(190);
    undated.image.image.created = None;
    undated.place = PlaceInLine::default();
    assert_eq!(undated.due(), None);
    assert!(undated.verdict().why.contains(&RungWhy::Undated));
    for state in [ImageState::Pending, ImageState::Failed, ImageState::Other] {
        let mut unsettled = Judged::superseded(190);
        unsettled.image.image.state = state;
        assert_eq!(unsettled.verdict().why, [RungWhy::Unsettled]);
    }
}

#[test]
fn what_a_person_brought_back_is_left_alone_and_begins_anew() {
    let mut restored = Judged::superseded(190);
    restored.restored_at = Some(now() - DAY * 29);
    let until = now() + DAY;
    let verdict = restored.verdict();
    assert_eq!(verdict.due, None);
    assert!(verdict.why.contains(&RungWhy::Restored { until }));
    assert_eq!(
        verdict.next,
        Some(NextStep {
            step: RungStep::Deprecate,
            at: until
        })
    );
    // Young no more: it goes the whole way once more, from then on.
    restored.restored_at = Some(now() - DAY * 31);
    assert_eq!(restored.due(), Some(RungStep::Deprecate));
    let mut restored = restored.deprecated(1);
    let verdict = restored.verdict();
    assert_eq!(verdict.next.unwrap().at, now() + DAY * 44);
    restored.restored_at = Some(now() - DAY * 75);
    assert_eq!(restored.due(), Some(RungStep::Disable));
}

#[test]
fn what_is_hidden_in_minutes_is_not_hidden_again() {
    let mut soon = Judged::superseded(190);
    soon.image.image.deprecated_from = Some(now() + HIDDEN_SOON);
    assert_eq!(soon.verdict().rung, Rung::Deprecated);
    soon.image.image.deprecated_from = Some(now() + DAY);
    assert_eq!(soon.due(), Some(RungStep::Deprecate), "somebody's own date");
}
