//! What is promised of the daemon's own rollout: the order of waves, windows, how many at once, and
//! people's word beforehand. Held against what the account shows, by a reckoning of its own.

use chrono::{DateTime, TimeDelta, Utc};
use sim::{UpdateEnd, UpdateView};

use super::estate::CANARY;
use super::evidence::{self, Whose, whose};
use super::life::FleetLiving;
use super::terms::Terms;

/// A config that was edited is in use by then.
const EDITED: TimeDelta = TimeDelta::hours(2);
/// A message waits for a daemon and for AWS.
const TOLD_WITHIN: TimeDelta = TimeDelta::hours(12);
/// The shortest that any terms let an environment settle.
const SETTLE_MIN: TimeDelta = TimeDelta::minutes(5);

/// A move forward that the daemon began by itself.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) environment: String,
    pub(crate) image: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) update: UpdateView,
}

/// Panics at the first of the daemon's moves that began when it might not.
pub(crate) fn judge_turns(living: &FleetLiving, begun: &[Begun]) {
    for one in begun {
        let terms = terms_at(living, one.at);
        let may = |allows: &dyn Fn(&Terms) -> bool| terms.iter().any(allows);
        assert!(
            may(&|terms| terms
                .rolls
                .is_some_and(|rolls| rolls.window.is_none_or(|window| window.is_open(one.at)))),
            "outside of its window: {one:#?} under {terms:#?}"
        );
        assert!(
            may(&|terms| terms.hands == "ours"),
            "by other hands: {one:#?}"
        );
        let beside: Vec<&Begun> = begun.iter().filter(|other| is_beside(one, other)).collect();
        assert!(
            may(&|terms| terms
                .rolls
                .is_some_and(|rolls| beside.len() < rolls.at_once)),
            "beside {beside:#?}: {one:#?} under {terms:#?}"
        );
        if one.environment != CANARY {
            after_the_first_wave(living, one);
        }
        assert!(
            may(&|terms| is_approved(living, terms, one)),
            "nobody approved it: {one:#?} under {terms:#?}, {:#?}",
            living.approvals.borrow()
        );
    }
}

/// The terms that may have been in use then.
fn terms_at(living: &FleetLiving, at: DateTime<Utc>) -> Vec<Terms> {
    let log = living.terms_log.borrow();
    let begun = log.iter().filter(|(since, _)| *since <= at);
    let last = begun.clone().next_back().map(|(_, terms)| *terms);
    let until = log.iter().skip(1).map(|(since, _)| *since);
    let lately = begun.zip(until).filter(|(_, until)| at - *until < EDITED);
    let mut all: Vec<Terms> = lately.map(|((_, terms), _)| *terms).collect();
    all.extend(last);
    all
}

/// The other one's update was under way as this one was begun.
fn is_beside(one: &Begun, other: &Begun) -> bool {
    let ended = other.update.ended.unwrap_or(DateTime::<Utc>::MAX_UTC);
    let same = one.update.request_id == other.update.request_id;
    !same && other.update.began <= one.at && one.at < ended
}

/// The one that goes first runs the image, and has for as long as any terms let it settle.
fn after_the_first_wave(living: &FleetLiving, one: &Begun) {
    let updates = living.life.account.updates(CANARY);
    // What somebody else changed that names no image left the image as it was; a move of ours that names none un-set it.
    let about_the_image =
        |update: &UpdateView| update.image_id.is_some() || whose(update) == Whose::Movers;
    let mut before = updates.iter().filter(|update| {
        update.end == UpdateEnd::Deployed
            && update.version_label.is_none()
            && about_the_image(update)
            && update.ended.is_some_and(|ended| ended <= one.at)
    });
    let last = before.next_back();
    let runs = match last {
        Some(last) => last.image_id.as_deref() == Some(one.image.as_str()),
        None => living.luck.borrow().estate.first_image == one.image,
    };
    assert!(runs, "before the first wave: {one:#?}, {last:#?}");
    let Some(last) = last.filter(|last| whose(last) == Whose::Movers) else {
        return;
    };
    let settled = last.ended.is_some_and(|ended| one.at - ended >= SETTLE_MIN);
    assert!(settled, "while the first wave settles: {one:#?}, {last:#?}");
}

fn is_approved(living: &FleetLiving, terms: &Terms, one: &Begun) -> bool {
    let approvals = living.approvals.borrow();
    let said = approvals
        .iter()
        .any(|(image, at)| *image == one.image && *at <= one.at);
    match terms.rolls.map_or("none", |rolls| rolls.approval) {
        "none" => true,
        "first" => said || went_through_before(living, one),
        _ => said,
    }
}

/// People heard that an image is everywhere; what is told comes hours after what is known.
fn went_through_before(living: &FleetLiving, one: &Begun) -> bool {
    let told = evidence::messages(&living.life.account).into_iter();
    let mut through = told.filter(|said| said.subject.contains("is rolled out"));
    through.any(|said| said.at <= one.at + TOLD_WITHIN)
}
