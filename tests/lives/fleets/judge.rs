//! What is promised of moves, held against what the account shows at the end of a life.

use std::collections::{BTreeMap, BTreeSet};

use amiwatch::model::tags;
use chrono::{DateTime, TimeDelta, Utc};
use sim::{EnvironmentView, UpdateEnd, UpdateView};

use super::estate::Made;
use super::evidence::{self, Intent, Message, Orders, Whose, whose};
use super::life::FleetLiving;
use super::turn::{Begun, judge_turns};

/// Who orders where no person did.
const DAEMON: &str = "amiwatch";
/// Until it is seen that an environment is ill, its update is broken off or has ended, and it is back:
/// while a daemon watches and AWS answers.
const ILL_MAX: TimeDelta = TimeDelta::hours(3);
/// What befell an environment explains for so long what does not go well with it.
const STRUCK_FOR: TimeDelta = TimeDelta::hours(24);

/// One environment name, with all that happened under it.
struct Case<'a> {
    living: &'a FleetLiving,
    name: String,
    is: Option<EnvironmentView>,
    updates: Vec<UpdateView>,
    intents: Vec<Intent>,
    told: Vec<Message>,
}

/// Panics at the first promise that does not hold.
pub(crate) async fn judge_fleet(living: &FleetLiving) {
    let life = &living.life;
    life.one_verified_image_per_key();
    let told = evidence::messages(&life.account);
    one_text_for_each_key(&told, living.store_lost.get());
    let store = life.store();
    let mut begun = Vec::new();
    let names: BTreeSet<String> = life
        .account
        .environments()
        .into_iter()
        .map(|e| e.name)
        .collect();
    for name in names {
        let case = Case {
            living,
            is: life.account.environment(&name),
            updates: life.account.updates(&name),
            intents: evidence::intents(&store, &name).await,
            told: told
                .iter()
                .filter(|one| one.names(&name))
                .cloned()
                .collect(),
            name,
        };
        case.only_the_mover_changed_it();
        case.one_update_for_one_intent();
        case.nobody_is_moved_to_what_is_quarantined();
        case.what_was_told_is_true();
        case.it_was_not_left_ill();
        case.it_ends_whole();
        case.no_draft_of_ours_is_left();
        case.it_came_to_the_newest_where_it_could();
        begun.extend(case.begun_by_the_daemon());
    }
    judge_turns(living, &begun);
}

/// Nobody hears two texts under one key.
fn one_text_for_each_key(told: &[Message], store_lost: bool) {
    let mut texts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in told {
        texts.entry(&one.key).or_default().insert(&one.body);
    }
    let forked: Vec<_> = texts.iter().filter(|(_, said)| said.len() > 1).collect();
    assert!(
        store_lost || forked.is_empty(),
        "one key, two messages: {forked:#?}"
    );
}

impl Case<'_> {
    fn ours(&self) -> impl Iterator<Item = &UpdateView> {
        let all = self.updates.iter();
        all.filter(|update| whose(update) == Whose::Movers)
    }

    fn was_told_of_trouble(&self) -> bool {
        self.told.iter().any(Message::is_trouble)
    }

    /// Something befell it not long before.
    fn was_struck_before(&self, at: chrono::DateTime<chrono::Utc>) -> bool {
        let luck = self.living.luck.borrow();
        let mut days = luck.struck.get(&self.name).into_iter().flatten();
        days.any(|(since, _)| *since <= at && at - *since < STRUCK_FOR)
    }

    fn only_the_mover_changed_it(&self) {
        let wrong = self.updates.iter().find(|one| whose(one) == Whose::Wrongs);
        assert!(wrong.is_none(), "changed by another identity: {wrong:#?}");
    }

    /// Each of our updates belongs to an order of its own; and none repeats one that was deployed, with
    /// nothing in between.
    fn one_update_for_one_intent(&self) {
        for two in self.updates.windows(2) {
            let both = two.iter().all(|one| whose(one) == Whose::Movers);
            let same = two[0].image_id == two[1].image_id
                && two[0].platform_arn == two[1].platform_arn
                && two[0].environment_id == two[1].environment_id;
            let done = two[0].end == UpdateEnd::Deployed;
            assert!(
                !(both && same && done),
                "{}: made twice: {two:#?}",
                self.name
            );
        }
        if self.living.store_lost.get() {
            return;
        }
        let mut orders = Orders::of(self.intents.iter().filter(|one| !one.proof));
        for update in self.ours() {
            let found = orders.that_sent(update);
            assert!(
                found.is_some(),
                "{}: an update that no order of its own asked for: {update:#?} among {:#?} for {:#?}",
                self.name,
                self.ours().collect::<Vec<_>>(),
                self.intents
            );
        }
        for intent in &self.intents {
            let ends = [
                format!("moved:{}", intent.journal),
                format!("move-failed:{}", intent.journal),
                // It was to be proved where it stood, and was not.
                format!("unproved:{}", intent.journal),
            ];
            let told = self.told.iter().filter(|one| ends.contains(&one.key));
            let keys: BTreeSet<&str> = told.map(|one| one.key.as_str()).collect();
            // What the daemon moves is told wave by wave.
            let least = usize::from(intent.by != DAEMON);
            assert!(
                (least..=1).contains(&keys.len()),
                "{}: how did {intent:?} end? {keys:?}",
                self.name
            );
        }
    }

    /// The moves forward that the daemon began by itself, as far as anything was sent for them.
    fn begun_by_the_daemon(&self) -> Vec<Begun> {
        let sent = |one: &&Intent| !one.proof && !one.refused;
        let mut orders = Orders::of(self.intents.iter().filter(sent));
        let mut begun = Vec::new();
        for update in self.ours() {
            let (Some(image), Some(intent)) = (&update.image_id, orders.that_sent(update)) else {
                continue;
            };
            if intent.by == DAEMON && !intent.back {
                begun.push(Begun {
                    environment: self.name.clone(),
                    image: image.clone(),
                    at: intent.at,
                    update: update.clone(),
                });
            }
        }
        begun
    }

    fn nobody_is_moved_to_what_is_quarantined(&self) {
        let account = &self.living.life.account;
        let marked = evidence::marked(account);
        let mut orders = Orders::of(self.intents.iter().filter(|one| !one.proof));
        for update in self.ours() {
            let intent = orders.that_sent(update);
            let (Some(image), Some(Intent { back: false, .. })) = (&update.image_id, intent) else {
                continue;
            };
            let state = account
                .image(image)
                .map(|one| one.tags.get(tags::STATE).cloned());
            let proved = [tags::state::VERIFIED, tags::state::QUARANTINED];
            assert!(
                state
                    .flatten()
                    .is_none_or(|state| proved.contains(&state.as_str())),
                "{}: moved to what was never proved: {update:#?}",
                self.name
            );
            let late = marked.get(image).filter(|at| **at < update.began);
            assert!(
                late.is_none(),
                "{}: marked at {late:?}: {update:#?}",
                self.name
            );
            if self.living.store_lost.get() {
                continue;
            }
            let told = evidence::messages(account).into_iter().find(|one| {
                one.body.contains(&format!("{image} is quarantined")) && one.at < update.began
            });
            assert!(
                told.is_none(),
                "{}: {told:#?} before {update:#?}",
                self.name
            );
        }
    }

    /// It was well then, whatever it runs: what an environment was bad by can be mended under it.
    fn was_well(&self, at: chrono::DateTime<chrono::Utc>) -> bool {
        let turns = self.living.life.account.health_turns(&self.name);
        let last = turns.iter().rev().find(|turn| turn.at <= at);
        last.is_some_and(|turn| matches!(turn.to.as_str(), "Ok" | "Info"))
    }

    /// Who is said to run an image ran it, and the application works on it.
    fn what_was_told_is_true(&self) {
        let luck = self.living.luck.borrow();
        let (ill, estate) = (&luck.ill, &luck.estate);
        let made_on_first = |one: &Made| one.name == self.name && one.on_first_image;
        let made_on_first = estate.environments.iter().any(made_on_first);
        let moved = |one: &&Message| one.event == "rolled_out" && one.key.starts_with("moved:");
        for one in self.told.iter().filter(moved) {
            let to = one.leads_to().unwrap_or_default();
            let ran = self.updates.iter().any(|update| {
                let deployed = matches!(
                    update.end,
                    UpdateEnd::Deployed | UpdateEnd::DeployedWithErrors
                );
                let image = update.image_id.as_deref();
                deployed && image.is_none_or(|image| image == to) && update.began < one.at
            });
            // Who was made with an image is proved on it without an update.
            let ran = ran || (made_on_first && to == estate.first_image);
            assert!(ran, "{}: it never ran it: {one:#?}", self.name);
            let ill = ill.contains(to) && !self.was_well(one.at);
            assert!(!ill, "{}: told as well, and is ill: {one:#?}", self.name);
        }
    }

    fn it_was_not_left_ill(&self) {
        if self.living.may_stop.get() {
            return;
        }
        let turns = self.living.life.account.health_turns(&self.name);
        let fair = self.living.fair.borrow();
        for update in self.ours() {
            let end = self.living.now();
            let ill = evidence::ill_because_of(&turns, &update.request_id, &fair, end);
            let excused = self.was_struck_before(update.ended.unwrap_or(end));
            assert!(
                ill <= ILL_MAX || excused,
                "{}: ill for {ill} because of {update:#?}",
                self.name
            );
        }
    }

    /// On one image, whole, or a person was told; and not on one that is ill, unless a person was told.
    fn it_ends_whole(&self) {
        let Some(is) = &self.is else { return };
        let whole = is.status == "Ready"
            && is.pending_image_id.is_none()
            && !is.is_broken
            && is.instances.values().all(|image| *image == is.image_id);
        let told = self.was_told_of_trouble();
        // What others did to it alone, nobody has to hear from us.
        let touched = self.ours().next().is_some();
        assert!(whole || told || !touched, "nobody was told: {is:#?}");
        let last = self.updates.iter().rev().find(|one| {
            matches!(one.end, UpdateEnd::Deployed | UpdateEnd::DeployedWithErrors)
                && one.version_label.is_none()
        });
        let by_us = last.is_some_and(|last| whose(last) == Whose::Movers);
        let ill = self.living.luck.borrow().ill.contains(&is.image_id);
        assert!(!(by_us && ill) || told, "left on an ill image: {is:#?}");
    }

    fn no_draft_of_ours_is_left(&self) {
        let Some(is) = &self.is else { return };
        let Some(draft) = &is.failed_draft else {
            return;
        };
        let left = self.ours().find(|one| {
            let ended = one.ended.unwrap_or(draft.at);
            one.image_id == draft.image_id
                && one.environment_id == is.id
                && one.began <= draft.at
                && draft.at <= ended
                && !self.was_given_up_before(one.began, ended)
        });
        assert!(
            left.is_none(),
            "{}: {draft:?} was left by {left:#?}",
            self.name
        );
    }

    /// Somebody was told that it failed, and what to do by hand, while Beanstalk was still at it: what is left
    /// after that is theirs.
    fn was_given_up_before(&self, began: DateTime<Utc>, ended: DateTime<Utc>) -> bool {
        let mut told = self.told.iter().filter(|said| said.is_trouble());
        told.any(|said| began < said.at && said.at < ended)
    }

    /// After the calm nothing is behind that nothing stands against: the last that people heard says what.
    fn it_came_to_the_newest_where_it_could(&self) {
        let luck = self.living.luck.borrow();
        let (Some(is), Some(newest)) = (&self.is, self.newest()) else {
            return;
        };
        let stands = is.is_broken
            || is.instances.is_empty()
            || !matches!(is.health.as_str(), "Ok" | "Info")
            || !luck.estate.moves_are_taken()
            || self.told.last().is_some_and(Message::is_trouble)
            || self.is_stuck_on_what_is_gone(is);
        assert!(
            stands || is.image_id == newest,
            "{} is not on {newest}: {is:#?} told {:#?}",
            self.name,
            self.told.last()
        );
    }

    /// The proved image of the last release, the last one where there are several.
    fn newest(&self) -> Option<String> {
        let account = &self.living.life.account;
        let bases = account.images().into_iter();
        let bases = bases.filter(|image| image.owner_id != sim::ACCOUNT_ID);
        let base =
            bases.max_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)))?;
        let proved = self.living.life.verified().into_iter();
        let of_it = proved.filter(|image| image.tags.get(tags::BASE_IMAGE) == Some(&base.id));
        of_it
            .max_by_key(|image| image.created)
            .map(|image| image.id)
    }

    /// Beanstalk updates nothing whose present image is gone, where the account has it so.
    fn is_stuck_on_what_is_gone(&self, is: &EnvironmentView) -> bool {
        let account = &self.living.life.account;
        account
            .image(&is.image_id)
            .is_none_or(|image| image.state != "available")
    }
}
