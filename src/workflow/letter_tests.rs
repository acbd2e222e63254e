//! A toy whose steps do as a script says, and which writes down what each call was told: one letter is
//! sent, one answer is waited for. For the tests beside it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observer::Unobserved;
use super::tests::epoch;
use super::{
    Allowance, At, Began, EndedRun, Run, RunError, RunOutcome, Runner, StepError, StepLook, Undo,
    Workflow, WorkflowKind,
};
use crate::clock::Clock;
use crate::model::ids::{AccountId, Partition, Region, Scope};
use crate::store::sqlite::SqliteStore;
use crate::store::{Op, StoreError};

/// What a step may take, in each of these tests.
pub(super) const ALLOWED: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Send,
    Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    pub(super) to: String,
    pub(super) from: Scope,
    /// The steps are watched; else their deadlines are absolute.
    pub(super) watched: bool,
}

pub(super) fn letter(watched: bool) -> Letter {
    Letter {
        to: "ada".to_owned(),
        from: scope(),
        watched,
    }
}

pub(super) fn scope() -> Scope {
    Scope {
        partition: Partition::new("aws"),
        account: AccountId::new("000000000000"),
        region: Region::new("eu-west-1"),
    }
}

pub(super) enum LetterKind {}

impl WorkflowKind for LetterKind {
    type Input = Letter;
    type Step = Step;
    type Output = String;

    const NAME: &'static str = "letter";
    const STEPS: &'static [Step] = &[Step::Send, Step::Answer];
    const POINT_OF_NO_RETURN: Step = Step::Answer;

    fn subject(letter: &Letter) -> String {
        letter.to.clone()
    }

    fn scope(letter: &Letter) -> &Scope {
        &letter.from
    }

    fn allowance(_: Step, letter: &Letter) -> Allowance {
        match letter.watched {
            true => Allowance::Watched(ALLOWED),
            false => Allowance::Absolute(ALLOWED),
        }
    }

    fn undo_allowance(_: Step) -> Duration {
        Duration::from_secs(60)
    }

    fn by_hand(_: Step, letter: &Run<Self>) -> String {
        format!("write to {}", letter.input().to)
    }
}

/// What a call of `start` or `check` does next; without a script it is done.
pub(super) enum LetterNext {
    Says(Result<StepLook<String>, StepError>),
    /// It never returns.
    Hangs,
}

pub(super) fn again() -> LetterNext {
    LetterNext::Says(Err(StepError::Again {
        why: "no answer".to_owned(),
    }))
}

pub(super) fn next_choice() -> LetterNext {
    LetterNext::Says(Err(StepError::NextChoice {
        why: "moved away".to_owned(),
    }))
}

pub(super) fn pending(again_in_s: Option<u64>) -> LetterNext {
    LetterNext::Says(Ok(StepLook::Pending {
        so_far: "on its way".to_owned(),
        again_in: again_in_s.map(Duration::from_secs),
    }))
}

/// The hands: play the script.
#[derive(Default)]
pub(super) struct Post {
    pub(super) script: RefCell<VecDeque<LetterNext>>,
    /// After the script: it is on its way for ever.
    pub(super) slow: bool,
    pub(super) calls: RefCell<Vec<String>>,
}

impl Post {
    pub(super) fn plays(script: impl IntoIterator<Item = LetterNext>) -> Self {
        Self {
            script: RefCell::new(script.into_iter().collect()),
            ..Self::default()
        }
    }

    fn call(&self, what: &str, at: &At<'_, LetterKind>) {
        let began = match at.began() {
            Began::Fresh => "fresh",
            Began::Resumed => "resumed",
        };
        let (by_us, never) = (at.sent.by_us(at.choice), at.never_sent());
        let never = if never { ", never sent" } else { "" };
        let call = format!(
            "{what} {:?}/{} {began}, {by_us} by us{never}",
            at.step, at.choice
        );
        self.calls.borrow_mut().push(call);
    }

    async fn next(&self) -> Result<StepLook<String>, StepError> {
        let next = self.script.borrow_mut().pop_front();
        match next {
            Some(LetterNext::Says(said)) => said,
            Some(LetterNext::Hangs) => std::future::pending().await,
            None if self.slow => Ok(StepLook::pending("still on its way")),
            None => Ok(StepLook::Done("delivered".to_owned())),
        }
    }
}

impl Workflow for Post {
    type Kind = LetterKind;

    async fn find(&self, at: &At<'_, LetterKind>) -> Result<Option<String>, StepError> {
        self.call("find", at);
        Ok(None)
    }

    async fn start(&self, at: &At<'_, LetterKind>) -> Result<StepLook<String>, StepError> {
        self.call("start", at);
        self.next().await
    }

    async fn check(&self, at: &At<'_, LetterKind>) -> Result<StepLook<String>, StepError> {
        self.call("check", at);
        self.next().await
    }

    async fn undo(&self, at: &At<'_, LetterKind>) -> Result<Undo, StepError> {
        self.call("undo", at);
        Ok(Undo::Gone)
    }

    async fn closing(
        &self,
        _: &Run<LetterKind>,
        _: &RunOutcome,
        _: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        Ok(Vec::new())
    }
}

/// A store, a clock, and a process that has the driver's place.
pub(super) struct LetterDesk {
    pub(super) store: SqliteStore,
    pub(super) clock: Clock,
    pub(super) epoch: u64,
}

pub(super) const JOURNAL: &str = "letter/1";

impl LetterDesk {
    pub(super) async fn new() -> Self {
        let store = SqliteStore::in_memory().unwrap();
        let epoch = epoch(&store).await;
        Self {
            store,
            clock: Clock::virtual_from(DateTime::UNIX_EPOCH),
            epoch,
        }
    }

    pub(super) fn runner<'a>(&'a self, post: &'a Post) -> Runner<'a, Post> {
        Runner {
            workflow: post,
            store: &self.store,
            clock: &self.clock,
            epoch: self.epoch,
            observer: &Unobserved,
        }
    }

    /// A life that opens the journal and is stopped after so many seconds.
    pub(super) async fn dies_after(&self, seconds: u64, post: &Post, letter: &Letter) {
        let runner = self.runner(post);
        let life = runner.open(JOURNAL, letter);
        let life = self.clock.timeout(Duration::from_secs(seconds), life).await;
        assert!(life.is_err(), "it ended by itself");
    }

    /// A life that goes on with the journal.
    pub(super) async fn goes_on(&self, post: &Post) -> Result<EndedRun<LetterKind>, RunError> {
        self.runner(post).resume(JOURNAL).await
    }
}
