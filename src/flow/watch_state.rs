//! watch_state: how a watch stands, in one word, from what the store remembers of it. A plain function of
//! values, for what people leave open: it says what the last pass saw, not what AWS would say now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::flow::history::decided_sentence;
use crate::model::chronicle::{GateSeen, SeenEntry, TargetSeen};
use crate::model::history::WatchHistory;
use crate::model::hold::{HeldThing, Hold};
use crate::model::reason::{Class, ReasonCode};

/// What is known of a watch.
#[derive(Debug, Clone, Copy)]
pub struct KnownOfWatch<'a> {
    pub history: &'a WatchHistory,
    /// What a pass saw last, and since when that is so; absent when none has looked.
    pub seen: Option<(DateTime<Utc>, &'a SeenEntry)>,
    /// Those in force.
    pub holds: &'a [Hold],
    /// When the bake began that is under way.
    pub baking_since: Option<DateTime<Utc>>,
}

/// How a watch stands. The words are contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchState {
    pub word: StateWord,
    /// Since when, as far as it is known.
    pub since: Option<DateTime<Utc>>,
    /// Environments that wait for the watch's image or platform, by name.
    pub behind: Vec<String>,
    /// Environments that could not be read.
    pub unread: Vec<String>,
    /// What stood before an environment's move when the last pass looked, by name.
    pub gates: BTreeMap<String, Vec<GateSeen>>,
    /// What the last pass decided, as people read it.
    pub decided: Option<String>,
}

/// The word, the gravest that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateWord {
    /// A bake is under way.
    Baking,
    /// The last bake failed.
    Failing,
    /// The last pass could not read everything: nothing is concluded.
    Blind,
    /// A person holds the watch.
    Held,
    /// A person is needed.
    Blocked,
    /// The watch or an environment of it is out of step.
    Drifted,
    InStep,
    /// No pass has looked yet.
    Unseen,
}

impl StateWord {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baking => "baking",
            Self::Failing => "failing",
            Self::Blind => "blind",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Drifted => "drifted",
            Self::InStep => "in step",
            Self::Unseen => "not looked at yet",
        }
    }
}

/// How the watch stands.
pub fn watch_state(known: &KnownOfWatch<'_>) -> WatchState {
    let (word, since) = word(known);
    let nothing = BTreeMap::new();
    let targets = known.seen.map_or(&nothing, |(_, seen)| &seen.targets);
    WatchState {
        word,
        since,
        behind: of_classes(targets, &[Class::Drift, Class::Behind]),
        unread: of_classes(targets, &[Class::Unknown]),
        gates: targets
            .iter()
            .filter(|(_, target)| !target.gates.is_empty())
            .map(|(name, target)| (name.clone(), target.gates.clone()))
            .collect(),
        decided: known.seen.map(|(_, seen)| decided_sentence(seen)),
    }
}

fn word(known: &KnownOfWatch<'_>) -> (StateWord, Option<DateTime<Utc>>) {
    if let Some(since) = known.baking_since {
        return (StateWord::Baking, Some(since));
    }
    let Some((seen_at, seen)) = known.seen else {
        return (StateWord::Unseen, None);
    };
    if known.history.failing.is_some() {
        // Since when is not remembered; the attempts are.
        return (StateWord::Failing, None);
    }
    let has = |class| all_codes(seen).any(|code| class_of(code) == class);
    let held = known.holds.iter().find(|hold| hold.on == HeldThing::Watch);
    match held {
        _ if has(Class::Unknown) => (StateWord::Blind, Some(seen_at)),
        Some(hold) => (StateWord::Held, Some(hold.since)),
        None if has(Class::Blocked) => (StateWord::Blocked, Some(seen_at)),
        None if has(Class::Drift) || has(Class::Behind) => {
            (StateWord::Drifted, known.history.drifted_since)
        }
        None => (StateWord::InStep, Some(seen_at)),
    }
}

fn all_codes(seen: &SeenEntry) -> impl Iterator<Item = ReasonCode> {
    let targets = seen.targets.values().flat_map(|target| &target.codes);
    seen.codes.iter().chain(targets).copied()
}

/// A read that was refused leaves a verdict as open as one that failed. A target that matches nothing was
/// read: it waits for a person.
fn class_of(code: ReasonCode) -> Class {
    match code {
        ReasonCode::Denied => Class::Unknown,
        ReasonCode::NoTarget => Class::Blocked,
        code => code.class(),
    }
}

fn of_classes(targets: &BTreeMap<String, TargetSeen>, classes: &[Class]) -> Vec<String> {
    let fits = |target: &TargetSeen| {
        let mut codes = target.codes.iter();
        codes.any(|code| classes.contains(&class_of(*code)))
    };
    targets
        .iter()
        .filter(|(_, target)| fits(target))
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::test_world::{BASE_450, World, now};

    fn stands(world: &World, seen: &SeenEntry, baking: bool) -> WatchState {
        let memory = world.memory();
        watch_state(&KnownOfWatch {
            history: &memory.history,
            seen: Some((now(), seen)),
            holds: &memory.holds,
            baking_since: baking.then(now),
        })
    }

    /// An image on 4.5.0, one environment on it and one on Amazon's own.
    fn world() -> (World, SeenEntry) {
        let mut world = World::new();
        world.recommend("4.5.0");
        world.ours("ami-ours", BASE_450, 0);
        world.environment("shop-blue", "4.5.0", "ami-ours");
        let seen = SeenEntry::of_item(&world.plan());
        (world, seen)
    }

    #[test]
    fn the_gravest_word_is_told() {
        let (mut world, seen) = world();
        assert_eq!(stands(&world, &seen, false).word, StateWord::InStep);

        world.environment("shop-green", "4.5.0", BASE_450);
        let seen = SeenEntry::of_item(&world.plan());
        let drifted = stands(&world, &seen, false);
        assert_eq!(drifted.word, StateWord::Drifted);
        assert_eq!(drifted.behind, ["shop/shop-green"]);

        world.hold(HeldThing::Watch, None);
        assert_eq!(stands(&world, &seen, false).word, StateWord::Held);

        let mut blind = seen.clone();
        blind.codes = vec![ReasonCode::Denied];
        assert_eq!(stands(&world, &blind, false).word, StateWord::Blind);

        world.fail(BASE_450, 2, None);
        assert_eq!(stands(&world, &blind, false).word, StateWord::Failing);
        assert_eq!(stands(&world, &blind, true).word, StateWord::Baking);
    }

    #[test]
    fn what_nobody_looked_at_is_not_in_step() {
        let unseen = watch_state(&KnownOfWatch {
            history: &WatchHistory::default(),
            seen: None,
            holds: &[],
            baking_since: None,
        });
        assert_eq!((unseen.word, unseen.since), (StateWord::Unseen, None));
    }
}
