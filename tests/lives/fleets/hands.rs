//! What people do with a watch whose environments are moved: order moves and ways back, hold, edit the
//! config. Beside a daemon they have what any command has: the store.

use amiwatch::model::hold::{HeldThing, Hold};
use amiwatch::model::ids::{ImageId, Installation, WatchName};
use amiwatch::model::request::{MoveWish, Request, RequestedAct, WishedWay};
use amiwatch::service::daemon::Signal;
use amiwatch::service::desk::Desk;
use amiwatch::service::desk::approval::{PersonsWord, answer_question};
use amiwatch::store::{Batch, Store as _, moves, records, requests};
use chrono::TimeDelta;

use super::evidence::place;
use super::life::FleetLiving;
use super::terms::Terms;
use crate::common::life_store::LifeStore;
use crate::common::watching::Watching;
use crate::common::world::{INSTALLATION, RECIPE};

/// Whoever holds and orders by hand.
const ANNA: &str = "anna";

/// People beside one daemon.
pub(crate) struct Hands<'a> {
    living: &'a FleetLiving,
    watching: &'a Watching<'a>,
    /// The store as a command opens it.
    store: LifeStore,
}

impl<'a> Hands<'a> {
    pub(crate) fn come(living: &'a FleetLiving, watching: &'a Watching<'a>) -> Self {
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

    /// What people do in one hour.
    pub(crate) async fn an_hour(&self) {
        match self.below(100) {
            0..=11 => self.orders(None).await,
            12..=13 => self.orders(self.some_image()).await,
            14..=16 => self.takes_back().await,
            17 => self.holds().await,
            18..=20 => self.unholds().await,
            21..=23 => self.edits(),
            24 if !self.living.rolls => self.sets_the_clock(),
            25..=32 => self.answers(PersonsWord::Approve).await,
            33..=34 => self.answers(PersonsWord::Deny).await,
            _ => return,
        }
        self.living.lived.borrow_mut().acts += 1;
    }

    /// `amiwatch rollout shop --environment E`, whose asker goes away.
    async fn orders(&self, image: Option<ImageId>) {
        if let Some(name) = self.some_environment() {
            self.asks(&name, WishedWay::To { image }).await;
        }
    }

    async fn takes_back(&self) {
        if let Some(name) = self.some_environment() {
            self.asks(&name, WishedWay::Back).await;
        }
    }

    /// Orders every environment to the watch's present image.
    pub(crate) async fn orders_all(&self) {
        for one in self.living.life.account.environments() {
            self.asks(&one.name, WishedWay::To { image: None }).await;
        }
    }

    async fn asks(&self, name: &str, way: WishedWay) {
        let wish = MoveWish {
            watch: shop(),
            account: None,
            application: "shop".to_owned(),
            environment: name.to_owned(),
            way,
            by: ANNA.to_owned(),
        };
        let now = self.watching.clock.now();
        let request = Request::new(RequestedAct::Move(wish), ANNA.to_owned(), now);
        // Asked twice in one millisecond is asked once.
        let _left = requests::leave_request(&self.store, &request).await;
    }

    fn some_environment(&self) -> Option<String> {
        let all = self.living.life.account.environments();
        let names: Vec<String> = all.into_iter().map(|one| one.name).collect();
        (!names.is_empty()).then(|| self.living.chance.borrow_mut().one_of(&names))
    }

    /// Any image of the account's, whatever became of it.
    fn some_image(&self) -> Option<ImageId> {
        let all = self.living.life.account.own_images();
        let ids: Vec<ImageId> = all
            .iter()
            .map(|one| ImageId::from(one.id.as_str()))
            .collect();
        (!ids.is_empty()).then(|| self.living.chance.borrow_mut().one_of(&ids))
    }

    /// `amiwatch approve` or `amiwatch deny`, where something is asked.
    pub(crate) async fn answers(&self, word: PersonsWord) {
        let memory = moves::rollout(&self.store, &place(), &shop()).await;
        let asked = memory.expect("the store can be read").value.approval;
        let Some(asked) = asked.filter(|asked| asked.answer.is_none()) else {
            return;
        };
        let desk = Desk {
            settings: &self.living.life.settings,
            store: &self.store,
            clock: &self.watching.clock,
        };
        let said = answer_question(&desk, &asked.id, word, ANNA).await;
        if said.is_ok() && word == PersonsWord::Approve {
            let approved = (asked.image.to_string(), self.living.now());
            self.living.approvals.borrow_mut().push(approved);
        }
    }

    /// `amiwatch hold`, for some hours.
    async fn holds(&self) {
        let now = self.watching.clock.now();
        let hours = i64::try_from(1 + self.below(36)).unwrap();
        let hold = Hold {
            on: HeldThing::Watch,
            reason: "not on a Friday".to_owned(),
            by: ANNA.to_owned(),
            since: now,
            until: Some(now + TimeDelta::hours(hours)),
        };
        self.change_holds(|holds| holds.push(hold.clone())).await;
    }

    /// `amiwatch unhold`, of what people held; a quarantine stays.
    pub(crate) async fn unholds(&self) {
        self.change_holds(|holds| holds.retain(|hold| hold.by != ANNA))
            .await;
    }

    async fn change_holds(&self, how: impl Fn(&mut Vec<Hold>)) {
        let installation = Installation::from(INSTALLATION);
        let held = records::remembered_holds(&self.store, Some(&installation), &shop()).await;
        let mut held = held.expect("the store can be read");
        how(&mut held.value);
        if let Some(op) = records::put_holds(Some(&installation), &shop(), &held) {
            // The end of a move may quarantine at the same moment: then a person tries again.
            let _tried = self.store.commit(Batch::of_ops(vec![op])).await;
        }
    }

    /// Somebody edits the watch's terms.
    fn edits(&self) {
        let terms = Terms::draw(self.living.rolls, &mut self.living.chance.borrow_mut());
        *self.living.terms.borrow_mut() = terms;
        self.living.notes_terms();
        let both = (terms.config(), RECIPE.to_owned());
        self.watching.edit_both(Ok(both));
        self.watching.signal(Signal::Reload);
    }

    /// The machine's clock is set, by up to an hour.
    fn sets_the_clock(&self) {
        let off = i64::try_from(self.below(3_600)).unwrap();
        let after = TimeDelta::seconds(off - 1_800);
        let life = &self.living.life;
        let before = life.skew.replace(after);
        self.watching.clock.step(after - before);
    }

    /// Nothing waits for anybody: every request was answered or is forgotten, every notice was delivered.
    pub(crate) async fn finds_nothing_open(&self) {
        let asked = requests::all_requests(&self.store).await.unwrap();
        let open = asked
            .iter()
            .filter(|one| one.request.value.answer.is_none());
        let unanswered: Vec<_> = open.collect();
        assert!(unanswered.is_empty(), "nobody answers {unanswered:#?}");
        let waiting = records::outbox_notices(&self.store).await.unwrap();
        assert!(waiting.is_empty(), "never delivered: {waiting:#?}");
    }
}

pub(crate) fn shop() -> WatchName {
    WatchName::from("shop")
}
