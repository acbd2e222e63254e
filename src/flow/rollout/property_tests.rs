//! Whatever was seen and is remembered: nothing is moved that a gate forbids, and nothing waits where none
//! stands. The oracle says what stands from what was drawn, not from how it is decided.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::case::{TargetLook, TargetStand};
use super::tests_rollouts::{NEW, RollingWorld, id, moves, of, order};
use crate::model::environment::{EnhancedStatus, EnvironmentHealth, OptionSet};
use crate::model::hold::HeldThing;
use crate::model::rollout::{MoveFailing, MoveFault};
use crate::model::rollout_memory::{ApprovalAnswer, ApprovalQuestion, ApprovalSaid};
use crate::model::rollout_rules::RolloutApproval;

/// How one environment is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drawn {
    /// Behind, and nothing is wrong.
    Fine,
    Ill,
    AboutToChange,
    Updating,
    NotAnswered,
    GoesDown,
    SetBack,
    TakenBack,
    Paused,
    FailedTooOften,
    UnderWay,
    /// Moved by us.
    Moved,
    /// On the image, and no move is remembered.
    There,
}

impl Drawn {
    /// It would be moved if its turn came.
    fn free(self) -> bool {
        self == Self::Fine
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    NotNeeded,
    Yes,
    NoOrNone,
    YesToAnother,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    use Drawn::{
        AboutToChange, FailedTooOften, Fine, GoesDown, Ill, Moved, NotAnswered, Paused, SetBack,
        TakenBack, There, UnderWay, Updating,
    };
    prop_oneof![
        4 => Just(Fine),
        4 => Just(Moved),
        1 => prop::sample::select(vec![
            Ill, AboutToChange, Updating, NotAnswered, GoesDown, SetBack, TakenBack, Paused,
            FailedTooOften, UnderWay, There,
        ]),
    ]
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        4 => Just(Word::NotNeeded),
        2 => Just(Word::Yes),
        1 => Just(Word::NoOrNone),
        1 => Just(Word::YesToAnother),
    ]
}

/// Names whose first letter is their wave.
fn names(drawn: &[(usize, Drawn)]) -> Vec<String> {
    let numbered = drawn.iter().enumerate();
    numbered
        .map(|(n, (wave, _))| format!("{}-{n:02}", ["a", "b", "c"][*wave]))
        .collect()
}

fn world(drawn: &[(usize, Drawn)], word: Word, at_once: u32, held: bool) -> RollingWorld {
    let names = names(drawn);
    let listed: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut one = RollingWorld::of(&listed, &["a-*", "b-*", "c-*"]);
    one.rules().order.at_once = at_once;
    for (name, (_, drawn)) in names.iter().zip(drawn) {
        put(&mut one, name, *drawn);
    }
    if word != Word::NotNeeded {
        one.rules().order.approval = RolloutApproval::Each;
        let said = match word {
            Word::NoOrNone => ApprovalSaid::Denied,
            _ => ApprovalSaid::Approved,
        };
        let image = match word {
            Word::YesToAnother => "ami-another",
            _ => NEW,
        };
        one.memory.approval = Some(ApprovalQuestion {
            id: "q".to_owned(),
            image: image.into(),
            asked_at: one.world.now,
            lapses_at: one.world.now + TimeDelta::days(1),
            answer: Some(ApprovalAnswer {
                said,
                by: "ann".to_owned(),
                at: one.world.now,
            }),
        });
    }
    if held {
        one.world.hold(HeldThing::Watch, None);
    }
    one
}

fn put(one: &mut RollingWorld, name: &str, drawn: Drawn) {
    match drawn {
        Drawn::Fine => {}
        Drawn::Ill => one.reads(name, |read| {
            read.reading.health = EnvironmentHealth::Enhanced {
                status: EnhancedStatus::Severe,
                causes: Vec::new(),
            };
        }),
        Drawn::AboutToChange => one.reads(name, |read| {
            read.reading.sets.pending = Some(OptionSet::default());
        }),
        Drawn::Updating => {
            let listed = one.world.environments().iter_mut();
            let mut named = listed.filter(|one| one.environment.target.environment == name);
            named.next().unwrap().environment.status = "Updating".to_owned();
        }
        Drawn::NotAnswered => {
            let look = TargetLook::Untold {
                denied: false,
                what: name.to_owned(),
                why: "no answer".to_owned(),
            };
            one.looks.insert(id(name), look);
        }
        Drawn::GoesDown => one.reads(name, |read| {
            let deployed = read.reading.sets.deployed.as_mut().unwrap();
            deployed
                .values
                .retain(|(_, option), _| option != "RollingUpdateType");
        }),
        Drawn::SetBack => one.ended(name, false, None),
        Drawn::TakenBack => one.ended(name, true, None),
        Drawn::Paused => failed(one, name, Some(30)),
        Drawn::FailedTooOften => failed(one, name, None),
        Drawn::UnderWay => one.claim(name),
        Drawn::Moved => one.moved(name),
        Drawn::There => one.runs_new(name),
    }
}

fn failed(one: &mut RollingWorld, name: &str, next_min: Option<i64>) {
    one.ended(name, true, None);
    let next_at = next_min.map(|minutes| one.world.now + TimeDelta::minutes(minutes));
    one.known(name).moves.failing = Some(MoveFailing {
        attempts: 2,
        next_at,
        why: "update: quota exceeded".to_owned(),
        fault: Some(MoveFault::Environment),
        image: Some(NEW.into()),
    });
}

/// How many of which wave may move now, by the words of the rules.
fn allowed(
    drawn: &[(usize, Drawn)],
    word: Word,
    at_once: u32,
    held: bool,
) -> Option<(usize, usize)> {
    let all = |wave: usize| drawn.iter().filter(move |(of, _)| *of == wave);
    let through =
        |wave: usize| all(wave).count() > 0 && all(wave).all(|(_, one)| *one == Drawn::Moved);
    if held || matches!(word, Word::NoOrNone | Word::YesToAnother) {
        return None;
    }
    let turn = (0..3).find(|wave| !through(*wave))?;
    let under_way = |wave: &usize| all(*wave).any(|(_, one)| *one == Drawn::UnderWay);
    if (0..3).any(|wave| wave != turn && under_way(&wave)) {
        return None;
    }
    // What is proved now takes a slot as well.
    let busy = all(turn).filter(|(_, one)| matches!(one, Drawn::UnderWay | Drawn::There));
    let busy = busy.count();
    let free = all(turn).filter(|(_, one)| one.free()).count();
    let slots = usize::try_from(at_once).unwrap().saturating_sub(busy);
    Some((turn, free.min(slots)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_move_starts_where_no_gate_stands_and_only_there(
        drawn in prop::collection::vec((0usize..3, drawn()), 1..8),
        word in word(),
        at_once in 1u32..4,
        held in prop::bool::weighted(0.1),
    ) {
        let mut one = world(&drawn, word, at_once, held);
        let decision = one.decide();
        let (proved, moved): (Vec<String>, Vec<String>) = moves(&decision)
            .into_iter()
            .partition(|name| order(&decision, name).direction.is_proof());
        let names = names(&drawn);
        for (name, (_, drawn)) in names.iter().zip(&drawn) {
            prop_assert!(*drawn == Drawn::There || !proved.contains(name), "{name} is {drawn:?}");
        }
        for (name, (_, drawn)) in names.iter().zip(&drawn) {
            if moved.contains(name) {
                prop_assert!(drawn.free(), "{name} is {drawn:?}");
            }
        }
        let wanted = allowed(&drawn, word, at_once, held);
        let wanted_count = wanted.map_or(0, |(_, count)| count);
        prop_assert_eq!(moved.len(), wanted_count, "{:?} of {:?}", moved, drawn);
        for name in &moved {
            let wave = names.iter().position(|one| one == name).map(|at| drawn[at].0);
            prop_assert_eq!(wave, wanted.map(|(turn, _)| turn));
        }
    }

    /// Whoever is behind and is not moved is told why.
    #[test]
    fn nobody_waits_without_a_reason(
        drawn in prop::collection::vec((0usize..3, drawn()), 1..8),
        word in word(),
        held in prop::bool::weighted(0.1),
    ) {
        let mut one = world(&drawn, word, 1, held);
        let decision = one.decide();
        let item = one.planned(&decision);
        for (name, (_, drawn)) in names(&drawn).iter().zip(&drawn) {
            let stand = &of(&decision, name).stand;
            let quiet = matches!(stand, TargetStand::InStep | TargetStand::UnderWay { .. });
            let moves = matches!(stand, TargetStand::Move(_));
            let settled = matches!(drawn, Drawn::Moved | Drawn::There | Drawn::UnderWay);
            prop_assert!(!quiet || settled, "{name} is {drawn:?} and {stand:?}");
            let plan = item.targets.iter().find(|plan| plan.target == id(name)).unwrap();
            prop_assert!(quiet || moves || !plan.because.is_empty(), "{name}: {stand:?}");
        }
    }

    /// Asked again with what it said is to be remembered, it says the same and tells nothing again.
    #[test]
    fn what_was_told_is_not_told_again(
        drawn in prop::collection::vec((0usize..3, drawn()), 1..8),
        word in word(),
    ) {
        let mut one = world(&drawn, word, 1, false);
        let first = one.decide();
        if let Some(memory) = &first.memory {
            one.memory = memory.clone();
        }
        let second = one.decide();
        prop_assert_eq!(&second.tell, &Vec::new());
        prop_assert_eq!(&second.memory, &None);
        prop_assert_eq!(moves(&first), moves(&second));
    }
}
