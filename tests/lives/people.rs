//! What people do: ask for bakes, hold, edit, reload, look, sweep, set clocks and meddle. Beside a daemon
//! they have what any command has: the store, and the config that is in use.

use amiwatch::flow::history::Window;
use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{ImageId, Installation, WatchName};
use amiwatch::model::request::{Request, RequestedAct};
use amiwatch::outbox;
use amiwatch::service::Service;
use amiwatch::service::daemon::Signal;
use amiwatch::service::desk::{explain, history};
use amiwatch::service::sweep::sweep_now;
use amiwatch::store::{Batch, DRIVER, Store as _, left, records, requests};
use aws_sdk_ec2::types::InstanceStateName;
use chrono::TimeDelta;

use super::life::Living;
use crate::common::life_store::LifeStore;
use crate::common::watching::Watching;
use crate::common::world::INSTALLATION;

/// The longest that a machine's clock is off, in seconds.
const OFF_MAX: u64 = 7_200;

/// People beside one daemon.
pub(crate) struct Here<'a> {
    living: &'a Living,
    watching: &'a Watching<'a>,
    /// The store as a command opens it.
    store: LifeStore,
}

impl<'a> Here<'a> {
    pub(crate) fn come(living: &'a Living, watching: &'a Watching<'a>) -> Self {
        let store = living.life.store();
        Self {
            living,
            watching,
            store,
        }
    }

    fn below(&self, end: u64) -> u64 {
        self.living.chance.borrow_mut().below(end)
    }
}

/// What people do in one hour; mostly nothing.
pub(crate) async fn an_hour(here: &Here<'_>) {
    notices(here).await;
    let draw = here.below(400);
    match draw {
        0..=3 => asks(here, bake(true)).await,
        4..=7 => asks(here, bake(false)).await,
        8..=9 => meddles(here).await,
        10..=13 => holds(here).await,
        14..=20 => ends_holds(here).await,
        21..=24 => edits(here).await,
        25 => breaks_the_config(here).await,
        26 => usurps(here).await,
        27..=29 => sets_the_clock(here),
        30..=35 => looks(here).await,
        _ => return,
    }
    here.living.lived.borrow_mut().acts += 1;
}

/// What is remembered of bakes whose undoing was given up: told, and a person is needed.
async fn notices(here: &Here<'_>) {
    let left = left::left_behind(&here.store, None).await;
    if !left.expect("the store can be read").is_empty() {
        here.living.given_up.set(true);
    }
}

fn shop() -> WatchName {
    WatchName::from("shop")
}

fn bake(force: bool) -> RequestedAct {
    RequestedAct::Bake {
        watch: shop(),
        force,
    }
}

/// `amiwatch bake`, `amiwatch reload`: a request in the store, whose asker went away.
async fn asks(here: &Here<'_>, ask: RequestedAct) {
    let request = Request::new(ask, "anna".to_owned(), here.watching.clock.now());
    // Asked twice in one millisecond is asked once.
    let _left = requests::leave_request(&here.store, &request).await;
}

/// Somebody ends a guest of ours by hand.
async fn meddles(here: &Here<'_>) {
    let ec2 = here.living.life.stranger();
    let Ok(found) = ec2.describe_instances().send().await else {
        return;
    };
    let reservations = found.reservations().iter();
    let mut instances = reservations.flat_map(|one| one.instances());
    let running = instances.find(|one| {
        one.state().and_then(|state| state.name()) == Some(&InstanceStateName::Running)
    });
    if let Some(id) = running.and_then(|one| one.instance_id()) {
        let _whether_or_not = ec2.terminate_instances().instance_ids(id).send().await;
    }
}

/// `amiwatch hold`: the watch, or the newest image, for some hours or without end.
async fn holds(here: &Here<'_>) {
    let now = here.watching.clock.now();
    let newest = here.living.life.verified().pop();
    let on = match newest {
        Some(image) if here.below(2) == 0 => HeldThing::Image(ImageId::new(image.id)),
        _ => HeldThing::Watch,
    };
    let until = match here.below(3) {
        0 => None,
        _ => Some(now + TimeDelta::hours(i64::try_from(1 + here.below(48)).unwrap())),
    };
    let hold = Hold {
        on,
        reason: "not on a Friday".to_owned(),
        by: "anna".to_owned(),
        since: now,
        until,
    };
    change_holds(here, |holds| holds.push(hold.clone())).await;
}

/// `amiwatch unhold`, of everything.
async fn ends_holds(here: &Here<'_>) {
    change_holds(here, Vec::clear).await;
}

async fn change_holds(here: &Here<'_>, how: impl Fn(&mut Vec<Hold>)) {
    let installation = Installation::from(INSTALLATION);
    let watch = shop();
    let mut held = records::remembered_holds(&here.store, Some(&installation), &watch)
        .await
        .expect("the store can be read");
    how(&mut held.value);
    if let Some(op) = records::put_holds(Some(&installation), &watch, &held) {
        let done = here.store.commit(Batch::of_ops(vec![op])).await;
        done.expect("nobody else changes holds");
    }
}

/// Somebody edits the config or the recipe, and says so in one of the two ways.
async fn edits(here: &Here<'_>) {
    let living = here.living;
    let wanted = living
        .wanted
        .borrow()
        .edited(&mut living.chance.borrow_mut());
    let both = (wanted.config.clone(), wanted.recipe.clone());
    here.watching.edit_both(Ok(both));
    *living.wanted.borrow_mut() = wanted;
    match here.below(2) {
        0 => here.watching.signal(Signal::Reload),
        _ => asks(here, RequestedAct::Reload).await,
    }
}

/// A config that cannot be used: the daemon goes on with the one it has; a later start finds it mended.
async fn breaks_the_config(here: &Here<'_>) {
    let wrong = "amiwatch.toml:3:1: unknown key `soaks`".to_owned();
    here.watching.edit(Err(wrong));
    here.watching.signal(Signal::Reload);
}

/// Another machine's daemon takes the driver's place.
async fn usurps(here: &Here<'_>) {
    here.living.usurped.set(true);
    here.living.life.usurp().await;
}

/// How far a machine's clock is off, drawn anew: mostly not at all.
pub(crate) fn skew(living: &Living) -> TimeDelta {
    let mut chance = living.chance.borrow_mut();
    let off = i64::try_from(chance.below(OFF_MAX)).unwrap();
    TimeDelta::seconds(chance.one_of(&[0, 0, 0, 1, -1]) * off)
}

/// The clock jumps under the running daemon.
fn sets_the_clock(here: &Here<'_>) {
    let (life, before) = (&here.living.life, here.living.life.skew.get());
    let after = skew(here.living);
    life.skew.set(after);
    here.watching.clock.step(after - before);
}

/// `amiwatch history`, `amiwatch explain`, and a second daemon that finds the place taken.
async fn looks(here: &Here<'_>) {
    let window = Window {
        limit: 50,
        since: None,
    };
    let told = history::read_history(&here.store, None, window).await;
    told.expect("the history can be read beside a daemon");
    let life = &here.living.life;
    let connection = life.connection(&here.watching.clock);
    let outside = life.outside();
    let service = Service {
        settings: &life.settings,
        connection: &connection,
        store: &here.store,
        clock: &here.watching.clock,
        outside: &outside,
    };
    for watch in life.settings.watches.values() {
        let explained = explain::read_explanation(&service, watch, false).await;
        explained.expect("a decision can be explained beside a daemon");
    }
    let holder = here.store.holder(DRIVER).await.expect("the store answers");
    assert!(holder.is_some(), "a daemon that nobody sees");
    let place = here.store.take(DRIVER, "somebody").await;
    let place = place.expect("the store answers").mine();
    assert_eq!(place, None, "a second driver beside a daemon");
}

/// `amiwatch sweep --apply`, while no daemon runs.
pub(crate) async fn sweeps_by_hand(living: &Living) {
    let swept = living
        .life
        .process(async |service, lease| sweep_now(&service, lease, true).await)
        .await;
    let _whatever_the_weather_allowed = swept.expect("nothing is armed");
}

/// Everything that waits for a person is done: holds end, dead letters are sent again.
pub(crate) async fn settle(here: &Here<'_>) {
    ends_holds(here).await;
    let now = here.watching.clock.now();
    let revived = outbox::revive_dead(&here.store, now).await;
    revived.expect("the store can be written");
}

/// Nothing waits for anybody: every request was answered or is forgotten, every notice was delivered.
pub(crate) async fn finds_nothing_open(here: &Here<'_>) {
    let asked = requests::all_requests(&here.store).await.unwrap();
    let unanswered: Vec<_> = asked
        .iter()
        .filter(|one| one.request.value.answer.is_none())
        .collect();
    assert!(unanswered.is_empty(), "nobody answers {unanswered:#?}");
    let waiting = records::outbox_notices(&here.store).await.unwrap();
    assert!(waiting.is_empty(), "never delivered: {waiting:#?}");
}
