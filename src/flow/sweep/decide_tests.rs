use chrono::TimeZone as _;
use proptest::prelude::*;

use super::*;

const HOUR: TimeDelta = TimeDelta::hours(1);

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

fn known() -> Known {
    Known {
        installation: Installation::from("acme"),
        claimed: BTreeSet::new(),
        current: BTreeSet::new(),
        first_seen: BTreeMap::new(),
        baseline: true,
        older_than: Duration::from_secs(2 * 60 * 60),
    }
}

/// Three hours old, tagged as a bake of `key-1` tags it.
fn thing(kind: StrayKind, id: &str) -> Thing {
    let role = match kind {
        StrayKind::Instance | StrayKind::Volume => tags::role::BUILDER,
        StrayKind::Image | StrayKind::Snapshot => tags::role::IMAGE,
        StrayKind::SecurityGroup => tags::role::NETWORK,
    };
    let mut tagged = vec![(tags::INSTALLATION, "acme"), (tags::ROLE, role)];
    if kind != StrayKind::SecurityGroup {
        tagged.push((tags::KEY, "key-1"));
    }
    if matches!(kind, StrayKind::Image | StrayKind::Snapshot) {
        tagged.push((tags::STATE, tags::state::CANDIDATE));
    }
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    Thing {
        kind,
        id: id.to_owned(),
        state: ThingState::Settled,
        since: (kind != StrayKind::SecurityGroup).then(|| now() - HOUR * 3),
        tags: tagged.into_iter().map(own).collect(),
        held_by: Vec::new(),
        parts: Vec::new(),
        contradiction: None,
    }
}

fn tagged(mut thing: Thing, name: &str, value: &str) -> Thing {
    thing.tags.insert(name.to_owned(), value.to_owned());
    thing
}

fn held(mut thing: Thing, by: &str) -> Thing {
    thing.held_by = vec![by.to_owned()];
    thing
}

/// The word about the first of these things.
fn word(things: &[Thing], known: &Known) -> VerdictWord {
    decide_things(things, known, now())[0].word
}

#[test]
fn what_a_lost_bake_left_is_stray() {
    for kind in [
        StrayKind::Instance,
        StrayKind::Image,
        StrayKind::Snapshot,
        StrayKind::Volume,
    ] {
        assert_eq!(word(&[thing(kind, "x-1")], &known()), VerdictWord::Stray);
    }
}

#[test]
fn a_group_ages_from_when_it_was_first_seen() {
    let group = [thing(StrayKind::SecurityGroup, "sg-1")];
    let mut known = known();
    assert_eq!(word(&group, &known), VerdictWord::Young);
    known.first_seen.insert("sg-1".to_owned(), now() - HOUR);
    assert_eq!(word(&group, &known), VerdictWord::Young);
    known.first_seen.insert("sg-1".to_owned(), now() - HOUR * 2);
    assert_eq!(word(&group, &known), VerdictWord::Stray);
    known.first_seen.clear();
    known.older_than = Duration::ZERO;
    assert_eq!(word(&group, &known), VerdictWord::Stray);
}

#[test]
fn nothing_is_swept_that_amiwatch_did_not_make() {
    let stranger = |name, value| [tagged(thing(StrayKind::Instance, "i-1"), name, value)];
    let kept = VerdictWord::NotMadeHere;
    assert_eq!(word(&stranger(tags::INSTALLATION, "other"), &known()), kept);
    assert_eq!(word(&stranger(tags::INSTALLATION, "acme2"), &known()), kept);
    assert_eq!(word(&stranger(tags::ROLE, "image"), &known()), kept);
    assert_eq!(word(&stranger(tags::ROLE, ""), &known()), kept);
    assert_eq!(word(&stranger(tags::KEY, ""), &known()), kept);
    for kind in [
        StrayKind::Instance,
        StrayKind::Image,
        StrayKind::Snapshot,
        StrayKind::Volume,
        StrayKind::SecurityGroup,
    ] {
        let mut tagged = thing(kind, "x-1");
        tagged.contradiction = Some("EC2 says otherwise".to_owned());
        assert_eq!(word(&[tagged], &known()), kept, "{kind:?}");
    }
}

#[test]
fn a_verified_image_is_never_swept_nor_are_its_snapshots() {
    let verified = |kind| tagged(thing(kind, "x-1"), tags::STATE, tags::state::VERIFIED);
    let kept = VerdictWord::Verified;
    assert_eq!(word(&[verified(StrayKind::Image)], &known()), kept);
    assert_eq!(word(&[verified(StrayKind::Snapshot)], &known()), kept);
    // By the store's memory, whatever the tags say.
    let mut known = known();
    known.current.insert(ImageId::from("ami-1"));
    assert_eq!(word(&[thing(StrayKind::Image, "ami-1")], &known), kept);
    let snapshot = held(thing(StrayKind::Snapshot, "snap-1"), "ami-1");
    assert_eq!(
        word(&[snapshot, thing(StrayKind::Image, "ami-1")], &known),
        kept
    );
}

#[test]
fn what_a_person_decides_about_is_left_to_them() {
    for state in ["quarantined", "superseded", "a-later-word", ""] {
        let image = tagged(thing(StrayKind::Image, "ami-1"), tags::STATE, state);
        assert_eq!(word(&[image], &known()), VerdictWord::Withdrawn, "{state}");
    }
    let rejected = tagged(
        thing(StrayKind::Image, "ami-1"),
        tags::STATE,
        tags::state::REJECTED,
    );
    assert_eq!(word(&[rejected], &known()), VerdictWord::Stray);
}

#[test]
fn a_builder_that_is_kept_goes_when_its_tag_says_and_not_before() {
    let builder = |until: &str| {
        let kept = tagged(thing(StrayKind::Instance, "i-1"), tags::KEPT_UNTIL, until);
        // Its bake would have needed it for longer.
        [tagged(kept, tags::DEADLINE, "80000")]
    };
    assert_eq!(
        word(&builder("2026-11-02T12:00:01Z"), &known()),
        VerdictWord::Kept
    );
    assert_eq!(
        word(&builder("2026-11-02T12:00:00Z"), &known()),
        VerdictWord::Stray
    );
    // What a week and a day after its launch still says so was never set so by a config.
    let mut forged = builder("2099-01-01T00:00:00Z");
    assert_eq!(word(&forged, &known()), VerdictWord::Kept);
    forged[0].since = Some(now() - HOUR * 24 * 9);
    assert_eq!(word(&forged, &known()), VerdictWord::Stray);
    let mut young = known();
    young.older_than = Duration::from_secs(9 * 3600);
    assert_eq!(
        word(&builder("2026-11-02T11:00:00Z"), &young),
        VerdictWord::Stray
    );
    let mut claimed = known();
    claimed.claimed.insert("key-1".to_owned());
    assert_eq!(
        word(&builder("2026-11-02T11:00:00Z"), &claimed),
        VerdictWord::Claimed
    );
    let mut new = known();
    new.baseline = false;
    assert_eq!(
        word(&builder("2026-11-02T11:00:00Z"), &new),
        VerdictWord::NoBaseline
    );
    let no_time = builder("soon");
    assert_eq!(
        word(&no_time, &known()),
        VerdictWord::Claimed,
        "as without the tag"
    );
}

#[test]
fn what_a_bake_under_way_needs_is_claimed() {
    let mut known = known();
    known.claimed.insert("key-1".to_owned());
    for kind in [
        StrayKind::Instance,
        StrayKind::Image,
        StrayKind::Snapshot,
        StrayKind::Volume,
    ] {
        assert_eq!(word(&[thing(kind, "x-1")], &known), VerdictWord::Claimed);
    }
    // The group is claimed by any bake.
    let group = thing(StrayKind::SecurityGroup, "sg-1");
    known.first_seen.insert("sg-1".to_owned(), now() - HOUR * 9);
    assert_eq!(word(&[group], &known), VerdictWord::Claimed);
    let other = tagged(thing(StrayKind::Instance, "i-1"), tags::KEY, "key-2");
    assert_eq!(word(&[other], &known), VerdictWord::Stray);
}

#[test]
fn an_image_that_ec2_is_still_making_keeps_everything_of_its_bake() {
    let mut image = thing(StrayKind::Image, "ami-1");
    image.state = ThingState::Pending;
    let kept = VerdictWord::Pending;
    assert_eq!(word(&[image.clone()], &known()), kept);
    let builder = thing(StrayKind::Instance, "i-1");
    assert_eq!(word(&[builder.clone(), image.clone()], &known()), kept);
    let other = tagged(builder, tags::KEY, "key-2");
    assert_eq!(word(&[other, image], &known()), VerdictWord::Stray);
}

#[test]
fn what_something_else_uses_stays_and_what_a_stray_uses_goes_after_it() {
    let kept = VerdictWord::InUse;
    let image = held(thing(StrayKind::Image, "ami-1"), "i-stranger");
    assert_eq!(word(&[image], &known()), kept);
    let builder = thing(StrayKind::Instance, "i-1");
    let volume = held(thing(StrayKind::Volume, "vol-1"), "i-1");
    assert_eq!(
        word(&[volume.clone(), builder.clone()], &known()),
        VerdictWord::Stray
    );
    assert_eq!(word(&[volume], &known()), kept);
    let mut known = known();
    known.first_seen.insert("sg-1".to_owned(), now() - HOUR * 9);
    let group = held(thing(StrayKind::SecurityGroup, "sg-1"), "i-1");
    assert_eq!(
        word(&[group.clone(), builder.clone()], &known),
        VerdictWord::Stray
    );
    let young = Thing {
        since: Some(now()),
        ..builder
    };
    assert_eq!(word(&[group, young], &known), kept);
}

#[test]
fn two_things_that_hold_each_other_do_not_hang_it() {
    let one = held(thing(StrayKind::Image, "ami-1"), "snap-1");
    let other = held(thing(StrayKind::Snapshot, "snap-1"), "ami-1");
    let words = decide_things(&[one, other], &known(), now());
    assert!(words.iter().all(|verdict| !verdict.is_stray()), "{words:?}");
}

#[test]
fn without_a_whole_pass_nothing_is_stray() {
    let known = Known {
        baseline: false,
        ..known()
    };
    let word = word(&[thing(StrayKind::Instance, "i-1")], &known);
    assert_eq!(word, VerdictWord::NoBaseline);
}

fn any_thing() -> impl Strategy<Value = Thing> {
    let kinds = prop_oneof![
        Just(StrayKind::Instance),
        Just(StrayKind::Image),
        Just(StrayKind::Snapshot),
        Just(StrayKind::Volume),
        Just(StrayKind::SecurityGroup),
    ];
    let words = |words: &'static [&'static str]| proptest::sample::select(words);
    (
        kinds,
        words(&["acme", "other", ""]),
        words(&["builder", "boot-test", "image", "network", "", "x"]),
        words(&["key-1", "key-2", ""]),
        words(&["candidate", "verified", "rejected", "quarantined", ""]),
        proptest::option::of(0i64..10),
        any::<bool>(),
        proptest::collection::vec(0usize..6, 0..3),
    )
        .prop_map(|(kind, whose, role, key, state, age, pending, holders)| {
            let mut one = thing(kind, "x");
            one.since = age.map(|hours| now() - HOUR * i32::try_from(hours).unwrap_or(0));
            if pending {
                one.state = ThingState::Pending;
            }
            one.held_by = holders.iter().map(|at| format!("x-{at}")).collect();
            let all = [
                (tags::INSTALLATION, whose),
                (tags::ROLE, role),
                (tags::KEY, key),
                (tags::STATE, state),
            ];
            one.tags = all
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            one
        })
}

proptest! {
    /// Whatever the account holds: no stray is verified, claimed, foreign, pending or young.
    #[test]
    fn a_stray_is_ours_and_old_and_nobodys(
        mut things in proptest::collection::vec(any_thing(), 1..6),
        claimed in any::<bool>(),
        baseline in any::<bool>(),
    ) {
        for (at, thing) in things.iter_mut().enumerate() {
            thing.id = format!("x-{at}");
        }
        let mut known = Known { baseline, ..known() };
        if claimed {
            known.claimed.insert("key-1".to_owned());
        }
        let verdicts = decide_things(&things, &known, now());
        for (thing, verdict) in things.iter().zip(&verdicts) {
            if !verdict.is_stray() {
                continue;
            }
            prop_assert!(baseline);
            prop_assert_eq!(thing.tag(tags::INSTALLATION), "acme");
            let imaged = matches!(thing.kind, StrayKind::Image | StrayKind::Snapshot);
            prop_assert!(!imaged || ["candidate", "rejected"].contains(&thing.tag(tags::STATE)));
            prop_assert!(!claimed || thing.tag(tags::KEY) == "key-2");
            prop_assert_eq!(thing.state, ThingState::Settled);
            prop_assert!(thing.since.is_some_and(|since| now() - since >= HOUR * 2));
            for holder in &thing.held_by {
                let at = things.iter().position(|other| other.id == *holder);
                prop_assert!(at.is_some_and(|at| verdicts[at].is_stray()));
            }
        }
    }
}

/// A second store of the same installation: what its bakes made carries the same tags, and no journal
/// here claims it.
#[test]
fn a_guest_that_says_how_long_it_is_needed_holds_what_its_bake_made() {
    let guest = |seconds| tagged(thing(StrayKind::Instance, "i-1"), tags::DEADLINE, seconds);
    let claimed = VerdictWord::Claimed;
    // It was launched three hours ago.
    for (seconds, wanted) in [
        ("21600", claimed),
        ("10799", VerdictWord::Stray),
        ("", VerdictWord::Stray),
        ("-1", VerdictWord::Stray),
        ("for ever", VerdictWord::Stray),
        ("99999999999999999999", VerdictWord::Stray),
    ] {
        assert_eq!(word(&[guest(seconds)], &known()), wanted, "{seconds}");
    }
    let made = |kind| [thing(kind, "x-1"), guest("21600")];
    for kind in [StrayKind::Image, StrayKind::Snapshot, StrayKind::Volume] {
        assert_eq!(word(&made(kind), &known()), claimed, "{kind:?}");
        let other = tagged(thing(kind, "x-1"), tags::KEY, "key-2");
        let others = word(&[other, guest("21600")], &known());
        assert_eq!(others, VerdictWord::Stray, "{kind:?}");
    }
    // A person who sweeps what has no age says that nobody else works here.
    let mut asked = known();
    asked.older_than = Duration::ZERO;
    assert_eq!(word(&[guest("21600")], &asked), VerdictWord::Stray);
    // Nobody holds a guest for ever by writing a number on it.
    let mut old = guest("9000000");
    old.since = Some(now() - HOUR * 27);
    assert_eq!(word(&[old], &known()), VerdictWord::Stray);
}

#[test]
fn a_copy_is_publishing_s_and_no_stray_in_any_state() {
    for kind in [StrayKind::Image, StrayKind::Snapshot] {
        for (state, expected) in [
            (tags::state::VERIFIED, VerdictWord::Verified),
            (tags::state::QUARANTINED, VerdictWord::Withdrawn),
            (tags::state::CANDIDATE, VerdictWord::Withdrawn),
        ] {
            let mut copy = tagged(thing(kind, "x-1"), tags::ROLE, tags::role::COPY);
            copy = tagged(copy, tags::STATE, state);
            copy = tagged(copy, tags::COPY_OF, "eu-west-1/ami-1");
            copy.tags.remove(tags::KEY);
            // What EC2 shows of it is not what a bake makes.
            copy.contradiction = Some("EC2 did not make it of an instance".to_owned());
            let verdict = &decide_things(std::slice::from_ref(&copy), &known(), now())[0];
            assert_eq!(verdict.word, expected, "{kind:?} {state}");
            assert!(
                verdict.why.contains("a copy of eu-west-1/ami-1"),
                "{}",
                verdict.why
            );
            let others = tagged(copy, tags::INSTALLATION, "others");
            assert_eq!(word(&[others], &known()), VerdictWord::NotMadeHere);
        }
    }
}
