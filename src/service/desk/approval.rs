//! People's word on an image that waits for it: what is asked, and the answer. Works without AWS, beside
//! a daemon and where there is none: the answer replaces what is remembered of the watch's rollout, so
//! that nothing is begun that was decided before it.
//!
//! Must not decide what follows from an answer: that is the next pass'.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Desk;
use super::opening::driver;
use super::requests::LeftRequest;
use crate::model::changes::ChangesInShort;
use crate::model::chronicle::{DidEntry, Entry, EntryWhat};
use crate::model::history::WatchHistory;
use crate::model::ids::ImageId;
use crate::model::request::RequestedAct;
use crate::model::rollout_memory::{ApprovalAnswer, ApprovalQuestion, ApprovalSaid};
use crate::service::telemetry::source_chain;
use crate::store::moves::{self, NamedRollout};
use crate::store::records::{self, UnreadableRows, chronicle};
use crate::store::{Batch, StoreError};

/// The JSON's version.
const SCHEMA: &str = "amiwatch.approval/1";

/// `approve --format json`, `deny --format json`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApprovalDocument {
    pub schema: &'static str,
    pub id: String,
    /// `<account>/<region>/<watch>`
    pub watch: String,
    pub image: ImageId,
    /// The release that the image was made from; absent where it is not remembered.
    pub base_version: Option<String>,
    /// Against the image before it; absent where nothing is known.
    pub changes: Option<ChangesInShort>,
    /// The environments that do not run it, as the last pass saw them, and the image of each.
    pub environments: BTreeMap<String, Option<ImageId>>,
    pub asked_at: DateTime<Utc>,
    pub lapses_at: DateTime<Utc>,
    /// Absent before somebody has answered.
    pub answer: Option<ApprovalAnswer>,
}

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonsWord {
    Approve,
    Deny,
}

impl PersonsWord {
    /// The command's word.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }

    fn said(self) -> ApprovalSaid {
        match self {
            Self::Approve => ApprovalSaid::Approved,
            Self::Deny => ApprovalSaid::Denied,
        }
    }
}

/// Why a question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error("there is no question `{id}`; {}{}", open_ones(.open), unread_ones(.unreadable))]
    Unknown {
        id: String,
        open: Vec<String>,
        /// Records of rollouts that make no sense, by name: one of them may hold the question.
        unreadable: Vec<String>,
    },
    #[error(
        "the question {id} is answered: {image} was {} by {} at {}; {}",
        .answer.said.as_str(), .answer.by, minute(.answer.at), still_moves(.watch)
    )]
    Answered {
        id: String,
        image: ImageId,
        answer: ApprovalAnswer,
        watch: String,
    },
    #[error(
        "the question {id} lapsed at {}, and nobody had answered it; {}", minute(*.at), still_moves(.watch)
    )]
    Lapsed {
        id: String,
        at: DateTime<Utc>,
        watch: String,
    },
    #[error(
        "the question {id} is about {image}, and the watch's image is {now} by now: the next pass asks about \
         that one where it must; {}", open_ones(.open)
    )]
    Superseded {
        id: String,
        image: ImageId,
        now: ImageId,
        open: Vec<String>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn open_ones(open: &[String]) -> String {
    match open {
        [] => "no question is open; `amiwatch explain` says what a watch waits for".to_owned(),
        open => format!("open: {}", open.join(", ")),
    }
}

fn unread_ones(unreadable: &[String]) -> String {
    match unreadable {
        [] => String::new(),
        names => format!("; cannot be read, and may hold it: {}", names.join(", ")),
    }
}

fn still_moves(watch: &str) -> String {
    let watch = watch.rsplit('/').next().unwrap_or_default();
    format!("`amiwatch rollout {watch}` moves its environments without asking")
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What is asked under this id, while it can be answered.
///
/// # Errors
/// [`ApprovalError`]
pub async fn open_question(desk: &Desk<'_>, id: &str) -> Result<ApprovalDocument, ApprovalError> {
    let asked = Asked::find(desk, id).await?;
    Ok(asked.document(desk).await?)
}

/// Answers, and has a daemon look at it at once where one works on the store.
///
/// # Errors
/// [`ApprovalError`]; nothing is written then.
pub async fn answer_question(
    desk: &Desk<'_>,
    id: &str,
    word: PersonsWord,
    by: &str,
) -> Result<ApprovalDocument, ApprovalError> {
    loop {
        let asked = Asked::find(desk, id).await?;
        let mut document = asked.document(desk).await?;
        let answer = ApprovalAnswer {
            said: word.said(),
            by: by.to_owned(),
            at: desk.clock.now(),
        };
        document.answer = Some(answer.clone());
        let entry = did(word, &document, &answer);
        let rollout = asked.answered(answer);
        let mut ops = vec![moves::put_named_rollout(&rollout)];
        ops.extend(chronicle::append_named(desk.store, &rollout.name, &entry).await?);
        match desk.store.commit(Batch::of_ops(ops)).await {
            // A pass or another person wrote meanwhile: the question may be another by now.
            Err(StoreError::Conflict { .. }) => {}
            other => {
                other?;
                look_soon(desk).await;
                return Ok(document);
            }
        }
    }
}

/// The daemon need not wait for its next tick. The answer stands whether or not it hears of it.
async fn look_soon(desk: &Desk<'_>) {
    let left = async {
        if driver(desk.store).await?.is_some() {
            LeftRequest::leave(*desk, RequestedAct::Look).await?;
        }
        Ok::<(), StoreError>(())
    };
    if let Err(error) = left.await {
        let why = source_chain(&error);
        tracing::warn!(
            why,
            "the daemon is not asked for a pass; its next one sees the answer"
        );
    }
}

/// What the person did, for the history.
fn did(word: PersonsWord, document: &ApprovalDocument, answer: &ApprovalAnswer) -> Entry {
    let ApprovalDocument { id, image, .. } = document;
    let sentence = format!(
        "{} the rollout of {image} (question {id})",
        answer.said.as_str()
    );
    let facts = [("id", id.as_str()), ("image", image.as_str())];
    let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Entry {
        at: answer.at,
        what: EntryWhat::Did(DidEntry {
            verb: word.verb().to_owned(),
            sentence,
            by: Some(answer.by.clone()),
            facts: BTreeMap::from(facts),
        }),
    }
}

/// A question that can be answered, and where it is remembered.
struct Asked {
    rollout: NamedRollout,
    question: ApprovalQuestion,
    history: Option<WatchHistory>,
}

impl Asked {
    async fn find(desk: &Desk<'_>, id: &str) -> Result<Self, ApprovalError> {
        let mut unreadable = UnreadableRows::default();
        let (rollouts, now) = (rollouts(desk, &mut unreadable).await?, desk.clock.now());
        let asks = |one: &NamedRollout| one.memory.value.approval.clone();
        let open = || {
            let questions = rollouts.iter().filter_map(asks);
            let open = questions.filter(|question| question.is_open(now));
            open.map(|question| question.id).collect::<Vec<_>>()
        };
        let named = |one: &&NamedRollout| asks(one).is_some_and(|question| question.id == id);
        let found = rollouts.iter().find(named);
        let found = found.and_then(|one| Some((one.clone(), asks(one)?)));
        let Some((rollout, question)) = found else {
            return Err(ApprovalError::Unknown {
                id: id.to_owned(),
                open: open(),
                unreadable: unreadable.names(),
            });
        };
        let (id, watch) = (question.id.clone(), rollout.name.clone());
        if let Some(answer) = question.answer.clone() {
            let image = question.image;
            return Err(ApprovalError::Answered {
                id,
                image,
                answer,
                watch,
            });
        }
        if !question.is_open(now) {
            let at = question.lapses_at;
            return Err(ApprovalError::Lapsed { id, at, watch });
        }
        let history = records::watch_named(desk.store, &rollout.name).await?;
        let current = history
            .as_ref()
            .and_then(|history| history.current.as_ref());
        if let Some(newer) = current.filter(|current| current.image != question.image) {
            let (image, now) = (question.image, newer.image.clone());
            let open = open().into_iter().filter(|other| *other != id).collect();
            return Err(ApprovalError::Superseded {
                id,
                image,
                now,
                open,
            });
        }
        Ok(Self {
            rollout,
            question,
            history,
        })
    }

    async fn document(&self, desk: &Desk<'_>) -> Result<ApprovalDocument, StoreError> {
        let (rollout, question) = (&self.rollout, &self.question);
        let seen = chronicle::seen_last(desk.store, &rollout.name).await?;
        let targets = seen.map(|seen| seen.targets).unwrap_or_default();
        let behind = targets.into_iter().map(|(name, seen)| (name, seen.image));
        let current = self
            .history
            .as_ref()
            .and_then(|history| history.current.as_ref());
        Ok(ApprovalDocument {
            schema: SCHEMA,
            id: question.id.clone(),
            watch: rollout.name.clone(),
            image: question.image.clone(),
            base_version: current.map(|current| current.base_version.clone()),
            changes: current.and_then(|current| current.changes.clone()),
            environments: behind
                .filter(|(_, image)| image.as_ref() != Some(&question.image))
                .collect(),
            asked_at: question.asked_at,
            lapses_at: question.lapses_at,
            answer: None,
        })
    }

    /// What is remembered from now on.
    fn answered(mut self, answer: ApprovalAnswer) -> NamedRollout {
        self.question.answer = Some(answer);
        self.rollout.memory.value.approval = Some(self.question);
        self.rollout
    }
}

/// What is remembered of the config's watches. A record that makes no sense hides no other, and is named.
async fn rollouts(
    desk: &Desk<'_>,
    unreadable: &mut UnreadableRows,
) -> Result<Vec<NamedRollout>, StoreError> {
    let known = |name: &str| {
        let watch = name.rsplit('/').next().unwrap_or_default();
        desk.settings
            .watches
            .keys()
            .any(|one| one.as_str() == watch)
    };
    let mut rollouts = Vec::new();
    for one in moves::each_rollout(desk.store).await? {
        rollouts.extend(unreadable.pass_over(one)?);
    }
    rollouts.retain(|one| known(&one.name));
    Ok(rollouts)
}
