//! What befalls images and environments in a life: releases whose image serves or does not, bad days
//! around a move, other people's deploys, edits and swaps, managed updates, environments that go and come.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sim::{Account, Action, BadDay, Edit, EnvironmentChange, Moment};

use super::super::chance::Chance;
use super::estate::{Estate, Made, released};
use crate::common::world::REGION;

/// Whatever a bad image does, it shows before an environment has settled on it.
const SHOWS_WITHIN_S: u64 = 240;

/// By environment: when something befell it, and what.
type Struck = BTreeMap<String, Vec<(DateTime<Utc>, BadDay)>>;

/// What came of the account's images and environments.
pub(crate) struct Luck {
    chance: Chance,
    account: Account,
    pub(crate) estate: Estate,
    releases: u32,
    /// Images on which the application does not work.
    pub(crate) ill: BTreeSet<String>,
    /// Images that will not be launched any more: their key, or they are gone.
    pub(crate) unusable: BTreeSet<String>,
    /// The present image of the watch.
    pub(crate) newest: String,
    /// Environments that something else than an image made bad, and when.
    pub(crate) struck: Struck,
}

impl Luck {
    pub(crate) fn of(seed: u64, account: &Account, estate: Estate) -> Self {
        let newest = estate.first_image.clone();
        Self {
            chance: Chance::of(seed),
            account: account.clone(),
            estate,
            releases: 0,
            ill: BTreeSet::new(),
            unusable: BTreeSet::new(),
            newest,
            struck: Struck::new(),
        }
    }

    /// One hour passes.
    pub(crate) fn hour(&mut self) {
        if self.chance.once_in(40) {
            self.release(false);
        }
        match self.chance.below(60) {
            0..=4 => self.bad_day(),
            5 => self.deploys(),
            6 => self.edits(),
            7 => self.swaps(),
            8 => self.managed(),
            9 => self.comes_and_goes(),
            10..=13 => self.mend(),
            _ => {}
        }
    }

    /// A version comes out, with its image; a good one, or one that has a fate.
    pub(crate) fn release(&mut self, good: bool) {
        self.releases += 1;
        let image = released(&self.account, &format!("5.{}.0", self.releases));
        self.newest.clone_from(&image);
        let here = self.account.at(REGION);
        match self.chance.below(10) {
            _ if good => {}
            0 => self.ills(&image, "Severe", 0),
            1 => {
                let after = self.chance.below(SHOWS_WITHIN_S);
                self.ills(&image, "Severe", after);
            }
            2 => {
                let after = self.chance.below(SHOWS_WITHIN_S);
                self.ills(&image, "Degraded", after);
            }
            3 => {
                here.key_is_unusable(&image).unwrap();
                self.unusable.insert(image);
            }
            _ => {}
        }
    }

    fn ills(&mut self, image: &str, status: &str, after_s: u64) {
        let here = self.account.at(REGION);
        let after = Duration::from_secs(after_s);
        here.image_turns_bad(image, status, after).unwrap();
        self.ill.insert(image.to_owned());
    }

    /// An environment that is there, whatever it is doing.
    fn any(&mut self) -> Option<String> {
        let there = self.there();
        (!there.is_empty()).then(|| self.chance.one_of(&there))
    }

    fn there(&self) -> Vec<String> {
        let all = self.account.environments().into_iter();
        let there = all.filter(|one| !matches!(one.status.as_str(), "Terminated" | "Terminating"));
        there.map(|one| one.name).collect()
    }

    /// Something befalls an environment around its next update.
    fn bad_day(&mut self) {
        let Some(name) = self.any() else { return };
        if self.waits_for_an_update(&name) {
            return;
        }
        // An image's own fate is cast when it is made; swaps are those of two that are there.
        let days = BadDay::ALL.into_iter().filter(|day| {
            !day.blames_image()
                && !matches!(
                    day,
                    BadDay::KeyIsUnusable | BadDay::SomebodySwaps | BadDay::SomebodyEdits
                )
        });
        let mut days: Vec<BadDay> = days.collect();
        days.push(BadDay::RollbackFails);
        let day = self.chance.one_of(&days);
        let here = self.account.at(REGION);
        let struck = match day {
            // Without an image that is ill.
            BadDay::RollbackFails => here.rollback_fails(&name, true).map(drop),
            BadDay::ImageIsGone => {
                self.unusable.insert(self.newest.clone());
                here.befalls(&name, &self.newest, day)
            }
            BadDay::OldImageIsGone => {
                let is = self.account.environment(&name);
                self.unusable.extend(is.map(|is| is.image_id));
                here.befalls(&name, &self.newest, day)
            }
            _ => here.befalls(&name, &self.newest, day),
        };
        // An image that is gone already cannot go again.
        if struck.is_ok() {
            let at = self.account.now();
            self.struck.entry(name).or_default().push((at, day));
        }
    }

    /// What was to befall it at its next update has not come yet.
    fn waits_for_an_update(&self, name: &str) -> bool {
        let struck = self.struck.get(name).and_then(|all| all.last());
        let updates = self.account.updates(name);
        struck.is_some_and(|(at, _)| updates.last().is_none_or(|last| last.began <= *at))
    }

    /// Somebody deploys: now, or as the next update begins.
    fn deploys(&mut self) {
        let Some(name) = self.any() else { return };
        let label = format!("v{}", self.chance.below(1_000));
        self.now_or_then(&name, EnvironmentChange::Deploy(label));
    }

    /// Somebody sets an image that he knows: the one from the start, or none.
    fn edits(&mut self) {
        let Some(name) = self.any() else { return };
        let stock_image = self.chance.once_in(2);
        let image = (!stock_image).then(|| self.estate.first_image.clone());
        let edit = Edit {
            image,
            stock_image,
            ..Edit::default()
        };
        self.now_or_then(&name, EnvironmentChange::Edit(edit));
    }

    fn swaps(&mut self) {
        let (Some(one), Some(other)) = (self.any(), self.any()) else {
            return;
        };
        if one != other {
            self.now_or_then(&one, EnvironmentChange::SwapCname(other));
        }
    }

    /// A managed action, which runs where they are on.
    fn managed(&mut self) {
        let Some(name) = self.any() else { return };
        let after = self.chance.seconds(0, 7_200);
        let here = self.account.at(REGION);
        here.managed_update(&name, "", after).unwrap();
    }

    fn now_or_then(&mut self, name: &str, change: EnvironmentChange) {
        let here = self.account.at(REGION);
        let moment = self.chance.one_of(&[
            None,
            Some(Moment::Started),
            Some(Moment::FirstBatch),
            Some(Moment::CleaningUp),
            Some(Moment::Ready),
        ]);
        let action = Action::ChangeEnvironment {
            environment: name.to_owned(),
            change: change.clone(),
        };
        match moment {
            None => here.change_environment(name, change).map(drop),
            Some(moment) => here.on_moment(name, moment, action).map(drop),
        }
        .unwrap();
    }

    /// One is terminated, or one that is not there is made again.
    fn comes_and_goes(&mut self) {
        let there = self.there();
        let gone: Vec<Made> = self.estate.environments.clone();
        let gone: Vec<Made> = gone
            .into_iter()
            .filter(|one| !there.iter().any(|name| name == one.name))
            .filter(|one| self.account.environment(one.name).is_none())
            .collect();
        match gone.is_empty() {
            false => self.chance.one_of(&gone).make(&self.account),
            true if there.len() > 1 => {
                let name = self.chance.one_of(&there);
                let here = self.account.at(REGION);
                here.somebody_terminates(&name).unwrap();
            }
            true => {}
        }
    }

    /// People mend what is broken: stuck updates come on, limits are raised, processes resumed.
    pub(crate) fn mend(&mut self) {
        let here = self.account.at(REGION);
        for name in self.there() {
            here.is_stuck(&name, false).unwrap();
            here.rollback_fails(&name, false).unwrap();
            here.scaling_suspended(&name, &[]).unwrap();
            here.health_reads(&name, None, &[]).unwrap();
        }
        here.vcpu_quota(100_000).unwrap();
        here.act(Action::Capacity {
            instance_type: "*".to_owned(),
            zone: "*".to_owned(),
            available: true,
        })
        .unwrap();
    }

    /// Everything is well from now on, and whatever was there at the beginning is there again.
    pub(crate) fn settle(&mut self) {
        self.mend();
        for one in self.estate.environments.clone() {
            if self.account.environment(one.name).is_none() {
                one.make(&self.account);
            }
        }
    }
}
