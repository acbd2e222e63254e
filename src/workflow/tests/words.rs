//! A toy workflow whose whole world is a list of words: its kind, and hands that each test sets.

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::ids::Scope;
use crate::store::{Op, StoreError};
use crate::workflow::letter_tests::scope;
use crate::workflow::{
    Allowance, At, Run, RunOutcome, StepError, StepFailure, StepLook, Undo, Workflow, WorkflowKind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Toy {
    One,
    Two,
    Three,
}

/// Makes one word a step. What each call answers is set by the test.
#[derive(Default)]
pub(super) struct Words {
    pub(super) made: RefCell<Vec<String>>,
    pub(super) calls: RefCell<Vec<String>>,
    pub(super) looks_needed: Cell<u32>,
    pub(super) fail: Cell<Option<Toy>>,
    pub(super) choices_refused: Cell<u32>,
    /// The first start does it and then says that it does not know.
    pub(super) unknown_once: Cell<bool>,
    /// Until so many seconds after the step's beginning a start does nothing; then it does, and none is
    /// answered.
    pub(super) dark_s: Cell<i64>,
    pub(super) undo_stuck: Cell<bool>,
    /// The second step's look finds something once, and it is not there at later ones.
    pub(super) seen_once: Cell<bool>,
}

impl Words {
    fn call(&self, what: &str, at: &At<'_, WordsKind>) {
        self.calls
            .borrow_mut()
            .push(format!("{what} {:?}/{}", at.step, at.choice));
    }

    fn word(at: &At<'_, WordsKind>) -> String {
        format!("{}-{:?}", at.run.input(), at.step)
    }
}

/// The kind of [`Words`].
pub(super) enum WordsKind {}

impl WorkflowKind for WordsKind {
    type Input = String;
    type Step = Toy;
    type Output = String;

    const NAME: &'static str = "toy";
    const STEPS: &'static [Toy] = &[Toy::One, Toy::Two, Toy::Three];
    const POINT_OF_NO_RETURN: Toy = Toy::Two;

    fn subject(word: &String) -> String {
        word.clone()
    }

    fn scope(_: &String) -> &Scope {
        static SCOPE: LazyLock<Scope> = LazyLock::new(scope);
        &SCOPE
    }

    fn allowance(_: Toy, _: &String) -> Allowance {
        Allowance::Absolute(Duration::from_secs(600))
    }

    fn undo_allowance(_: Toy) -> Duration {
        Duration::from_secs(60)
    }

    fn by_hand(step: Toy, run: &Run<Self>) -> String {
        format!("strike {}-{step:?} out", run.input())
    }
}

impl Workflow for Words {
    type Kind = WordsKind;

    async fn find(&self, at: &At<'_, WordsKind>) -> Result<Option<String>, StepError> {
        self.call("find", at);
        let word = Self::word(at);
        Ok(self.made.borrow().contains(&word).then_some(word))
    }

    async fn start(&self, at: &At<'_, WordsKind>) -> Result<StepLook<String>, StepError> {
        self.call("start", at);
        if at.step == Toy::One && at.choice < self.choices_refused.get() {
            return Err(StepError::NextChoice {
                why: "taken".to_owned(),
            });
        }
        if self.fail.get() == Some(at.step) {
            return Err(StepError::Failed(StepFailure::new(
                "broken",
                "it broke; mend it",
            )));
        }
        let dark = self.dark_s.get();
        if dark > 0 && (at.now - at.since).num_seconds() < dark {
            return Err(StepError::Again {
                why: "no way".to_owned(),
            });
        }
        self.made.borrow_mut().push(Self::word(at));
        if self.dark_s.take() > 0 || self.unknown_once.take() {
            return Err(StepError::Again {
                why: "no answer".to_owned(),
            });
        }
        self.check(at).await
    }

    async fn check(&self, at: &At<'_, WordsKind>) -> Result<StepLook<String>, StepError> {
        self.call("check", at);
        if at.step == Toy::Two && self.seen_once.take() {
            return Ok(StepLook::Kept("seen".to_owned()));
        }
        let left = self.looks_needed.get();
        if left > 0 {
            self.looks_needed.set(left - 1);
            return Ok(StepLook::pending(format!("{left} to go")));
        }
        Ok(StepLook::Done(Self::word(at)))
    }

    async fn undo(&self, at: &At<'_, WordsKind>) -> Result<Undo, StepError> {
        self.call("undo", at);
        if self.undo_stuck.get() {
            return Err(StepError::Again {
                why: "throttled".to_owned(),
            });
        }
        self.made
            .borrow_mut()
            .retain(|word| *word != Self::word(at));
        Ok(Undo::Gone)
    }

    async fn closing(
        &self,
        run: &Run<WordsKind>,
        _: &RunOutcome,
        _: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        let value = serde_json::json!(run.output(Toy::Three));
        Ok(vec![Op::PutIfAbsent {
            key: "fact".to_owned(),
            value,
        }])
    }
}
