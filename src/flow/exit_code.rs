//! Verdicts as exit codes: contract, since people script against them. Plain functions of values.

use crate::model::drift::Drift;
use crate::model::plan::{Action, PlanItem};
use crate::model::reason::{Class, Reason, ReasonCode};

/// How a command ended. [`Exit::code`] is what the process returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exit {
    /// In step, or done.
    #[default]
    Done,
    /// Something failed.
    Failed,
    /// Wrong usage or config.
    Usage,
    /// Drift was found.
    Drift,
    /// Something was unreachable.
    CannotTell,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Drift => 3,
            Self::CannotTell => 4,
        }
    }

    /// The other way round; an unknown code is a failure.
    pub fn from_code(code: u8) -> Self {
        let all = [Self::Done, Self::Usage, Self::Drift, Self::CannotTell];
        all.into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Self::Failed)
    }

    /// The one that is told when both hold: 2, then 1, then 4, then 3.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Drift => 1,
            Self::CannotTell => 2,
            Self::Failed => 3,
            Self::Usage => 4,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

/// How `check` and `plan` end: 3 for drift and for targets that are behind, 4 for what could not be
/// told. What holds, blocks or informs changes nothing here, save `DENIED`: a read that was refused
/// leaves a verdict open just as an unreachable one does.
pub fn exit_of_drifts<'a>(drifts: impl IntoIterator<Item = &'a Drift>) -> Exit {
    exit_of_reasons(drifts.into_iter().flat_map(Drift::all_reasons))
}

/// The same over bare reasons (survey's).
pub fn exit_of_reasons<'a>(reasons: impl IntoIterator<Item = &'a Reason>) -> Exit {
    reasons
        .into_iter()
        .map(|reason| of_code(reason.code))
        .fold(Exit::Done, Exit::and)
}

/// How `run --once` ends: 1 when a bake failed, 4 when something could not be told. Drift that was
/// told, that soaks or that is held is what a pass is for: 0.
pub fn exit_after_pass<'a>(
    items: impl IntoIterator<Item = &'a PlanItem>,
    failed_bakes: usize,
) -> Exit {
    let failed = if failed_bakes > 0 {
        Exit::Failed
    } else {
        Exit::Done
    };
    items
        .into_iter()
        .filter(|item| {
            item.action == Action::CannotTell || exit_of_drifts([&item.drift]) == Exit::CannotTell
        })
        .map(|_| Exit::CannotTell)
        .fold(failed, Exit::and)
}

fn of_code(code: ReasonCode) -> Exit {
    match (code, code.class()) {
        (ReasonCode::Denied, _) | (_, Class::Unknown) => Exit::CannotTell,
        (_, Class::Drift | Class::Behind) => Exit::Drift,
        (_, Class::Hold | Class::Blocked | Class::Information) => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_graver_is_told_whatever_the_order() {
        let order = [
            Exit::Usage,
            Exit::Failed,
            Exit::CannotTell,
            Exit::Drift,
            Exit::Done,
        ];
        for (at, graver) in order.into_iter().enumerate() {
            for lesser in &order[at..] {
                assert_eq!(graver.and(*lesser), graver);
                assert_eq!(lesser.and(graver), graver);
            }
        }
        assert_eq!(order.map(Exit::code), [2, 1, 4, 3, 0]);
        assert_eq!(order.map(|exit| Exit::from_code(exit.code())), order);
        assert_eq!(Exit::from_code(99), Exit::Failed);
    }

    #[test]
    fn each_class_has_its_exit() {
        let exits = |exit| {
            let codes = ReasonCode::ALL.iter().copied();
            codes
                .filter(|code| of_code(*code) == exit)
                .map(ReasonCode::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            exits(Exit::CannotTell),
            ["DENIED", "NO_TARGET", "UNREACHABLE"]
        );
        assert_eq!(
            exits(Exit::Drift),
            [
                "BASE_NEWER",
                "RECIPE_CHANGED",
                "TOO_OLD",
                "BASE_GONE",
                "BASE_WITHDRAWN",
                "IMAGE_GONE",
                "IMAGE_DISABLED",
                "PLATFORM_SKEW",
                "NOT_ON_NEWEST",
                "INSTANCES_BEHIND",
                "STOCK",
            ]
        );
        assert!(exits(Exit::Failed).is_empty() && exits(Exit::Usage).is_empty());
    }
}
