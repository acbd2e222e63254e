//! What must hold while several daemons share a table, and what they must have come to in the end: read from the
//! account, its ledger and what arrived; of amiwatch's own records only what is open, and what was ordered.

use std::collections::BTreeSet;

use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::model::tags;
use amiwatch::service::runs::under_way;
use amiwatch::store::{records, requests};
use sim::{ImageView, UpdateEnd, UpdateView};

use super::super::fleets::evidence::{self, Orders};
use super::super::judge as usual;
use super::life::SharedLiving;
use crate::common::life::Life;
use crate::common::town::ALL;
use crate::common::world::INSTALLATION;

/// Never do two guests of one part of a bake live at once: a launch that a dead leader sent is found, not repeated.
pub(crate) fn no_guest_is_doubled(living: &SharedLiving) {
    let mut seen = BTreeSet::new();
    for guest in living.life.account.instances() {
        let lives = !matches!(guest.state.as_str(), "shutting-down" | "terminated");
        let tag = |name: &str| guest.tags.get(name).cloned();
        let (Some(key), Some(role)) = (tag(tags::KEY), tag(tags::ROLE)) else {
            continue;
        };
        let of = (key, tag(tags::GENERATION), role);
        let first = !lives || seen.insert(of.clone());
        assert!(
            first || usual::told_of_a_rest(&living.life),
            "at {}: two guests of {of:?}",
            living.now()
        );
    }
}

/// The newest image of the newest base, and every environment on it; nothing open, nothing unanswered, nothing untold.
/// Gives what is not so yet.
pub(crate) async fn is_everything_right(living: &SharedLiving) -> Result<(), String> {
    let life = &living.life;
    let newest = newest(life).ok_or("the newest release has no image")?;
    let behind = ALL.iter().find(|name| !life.is_on(name, &newest.id));
    if let Some(behind) = behind {
        return Err(format!("{behind} is not on {}", newest.id));
    }
    let store = life.store();
    let bakes = life.open_bakes().await;
    let moves = under_way::<MoveKind>(&store).await.unwrap();
    let moves: Vec<String> = moves.into_iter().map(|one| one.journal).collect();
    let asked = requests::all_requests(&store).await.unwrap().into_iter();
    let unanswered: Vec<String> = asked
        .filter(|one| one.request.value.answer.is_none())
        .map(|one| one.id)
        .collect();
    let waiting = records::outbox_notices(&store).await.unwrap().into_iter();
    let waiting: Vec<String> = waiting.map(|one| one.notice.key).collect();
    match [&bakes, &moves, &unanswered, &waiting]
        .iter()
        .all(|open| open.is_empty())
    {
        true => Ok(()),
        false => Err(format!(
            "open: bakes {bakes:?}, moves {moves:?}, requests {unanswered:?}, notices {waiting:?}"
        )),
    }
}

/// The proved image of the last release, the last one where there are several.
fn newest(life: &Life) -> Option<ImageView> {
    let bases = life.account.images().into_iter();
    let bases = bases.filter(|image| image.owner_id != sim::ACCOUNT_ID);
    let base =
        bases.max_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)))?;
    let proved = life.verified().into_iter();
    let of_it = proved.filter(|image| image.tags.get(tags::BASE_IMAGE) == Some(&base.id));
    of_it.max_by_key(|image| image.created)
}

/// Panics at the first promise that does not hold.
pub(crate) async fn judge(living: &SharedLiving) {
    let life = &living.life;
    if let Err(why) = is_everything_right(living).await {
        panic!("at {}, in calm weather for hours: {why}", living.now());
    }
    life.one_verified_image_per_key();
    nothing_of_ours_is_left(life);
    nothing_foreign_was_touched(life);
    usual::every_verified_image_was_proved(life, &living.cast);
    usual::every_launch_was_closed_and_had_a_token(&living.leads.borrow().asked);
    for name in ALL {
        no_update_was_made_twice(life, name).await;
    }
    life.each_key_has_one_text();
    let told = life.heard_keys();
    for image in life.verified() {
        let key = format!("baked:{}", image.tags[tags::KEY]);
        assert!(told.contains(&key), "nobody was told of {}", image.id);
    }
}

/// What environments have is theirs.
fn nothing_of_ours_is_left(life: &Life) {
    let ours = |tag: Option<&String>| tag.map(String::as_str) == Some(INSTALLATION);
    let left = life.leaked().into_iter();
    let left: Vec<_> = left
        .filter(|one| ours(one.tags.get(tags::INSTALLATION)))
        .collect();
    let excused = usual::told_of_a_rest(life);
    assert!(excused || left.is_empty(), "left behind: {left:#?}");
    let strays = usual::strays(life);
    assert!(excused || strays.is_empty(), "strays: {strays:#?}");
}

/// Environments are ours to change here.
fn nothing_foreign_was_touched(life: &Life) {
    let trespasses = life.guard.trespasses().into_iter();
    let trespasses: Vec<String> = trespasses
        .filter(|one| !one.contains("Action=UpdateEnvironment"))
        .collect();
    assert!(trespasses.is_empty(), "{trespasses:#?}");
}

/// Each update of an environment is one of an order's own, and none repeats one that was deployed.
async fn no_update_was_made_twice(life: &Life, name: &str) {
    let updates = life.account.updates(name);
    let ours = |one: &UpdateView| !["elasticbeanstalk", "somebody else"].contains(&&*one.by);
    for two in updates.windows(2) {
        let same = two[0].image_id == two[1].image_id && two[0].platform_arn == two[1].platform_arn;
        let again = two.iter().all(ours) && two[0].end == UpdateEnd::Deployed && same;
        assert!(!again, "{name}: made twice: {two:#?}");
    }
    let intents = evidence::intents(&life.store(), name).await;
    let mut orders = Orders::of(intents.iter().filter(|one| !one.proof));
    for update in updates.iter().filter(|one| ours(one)) {
        let found = orders.that_sent(update);
        assert!(
            found.is_some(),
            "{name}: no order of its own asked for {update:#?} among {intents:#?}"
        );
    }
}
