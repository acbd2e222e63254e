//! What the account shows of a life at its end: updates and whose they were, turns of health, what people
//! were told and when, which images were marked. Of amiwatch's own records only the orders are read: what
//! was intended, never what came of it.

use std::collections::BTreeMap;

use amiwatch::flow::rollout::moving::kind::MoveKind;
use amiwatch::flow::rollout::moving::steps::{MoveOutput, MoveStep, move_journal};
use amiwatch::model::environment::ImageSetting;
use amiwatch::model::ids::{Scope, TargetId};
use amiwatch::model::tags;
use amiwatch::store::{Store, moves};
use amiwatch::workflow::recovery::replay;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sim::{Account, HealthTurn, UpdateView};

use super::estate::MOVER;
use crate::common::world::{QUEUE, REGION};

/// One message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) at: DateTime<Utc>,
    pub(crate) event: String,
    pub(crate) key: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

impl Message {
    /// It is about this environment.
    pub(crate) fn names(&self, environment: &str) -> bool {
        let name = format!("shop/{environment}");
        let ends = |text: &str| {
            text.match_indices(&name).any(|(at, found)| {
                let next = text[at + found.len()..].chars().next();
                !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
            })
        };
        ends(&self.subject) || ends(&self.body)
    }

    /// A person is needed, or something did not go as it was ordered.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(self.event.as_str(), "failed" | "attention")
    }

    /// The image that the first line of a move's message leads to; of a proof, which moves nothing, the one
    /// that is proved.
    pub(crate) fn leads_to(&self) -> Option<&str> {
        let mut lines = self.body.lines();
        let led = lines.find_map(|line| line.split_once(" -> "));
        let proved = || self.subject.split_once(" is proved on ");
        let (_, to) = led.or_else(proved)?;
        to.split_whitespace().next()
    }
}

/// Everything that arrived, in order.
pub(crate) fn messages(account: &Account) -> Vec<Message> {
    let read = |message: sim::Message| {
        let envelope: Value = serde_json::from_str(&message.body).expect("SNS's envelope is JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attribute = |name: &str| text(&envelope["MessageAttributes"][name]["Value"]);
        Message {
            at: message.sent,
            event: attribute("amiwatch.event"),
            key: attribute("amiwatch.key"),
            subject: text(&envelope["Subject"]),
            body: text(&envelope["Message"]),
        }
    };
    let all = account.queue_messages(QUEUE).into_iter();
    all.map(read).collect()
}

/// Whose an update was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of the role that may change environments.
    Movers,
    /// Somebody else's, or Beanstalk's own.
    Others,
    /// Of ours, and not of the role that may.
    Wrongs,
}

pub(crate) fn whose(update: &UpdateView) -> Whose {
    match update.by.as_str() {
        "elasticbeanstalk" | "somebody else" => Whose::Others,
        by if by.contains(&format!(":assumed-role/{MOVER}/")) => Whose::Movers,
        _ => Whose::Wrongs,
    }
}

/// An order that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) back: bool,
    /// Absent: the platform version's own.
    pub(crate) image: Option<String>,
    pub(crate) journal: String,
    /// Which environment it is for, whoever has its name now.
    pub(crate) environment_id: String,
    /// `amiwatch` where the daemon decided.
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
    /// It was to be proved where it stood: nothing is sent for that.
    pub(crate) proof: bool,
    /// It failed before anything of it was known to be under way: AWS refused it, it was not sent, or nobody heard of it.
    pub(crate) refused: bool,
    /// The update that it knows to be its own.
    pub(crate) request: Option<String>,
}

/// The clock of whoever wrote an order down may be so far ahead of AWS's.
const CLOCKS_APART: TimeDelta = TimeDelta::hours(2);

/// Orders that are looked for by what was made of them, each once: by the request that they know to be theirs; where the
/// answer never came, the oldest that was there when the update began.
pub(crate) struct Orders<'a>(Vec<&'a Intent>);

impl<'a> Orders<'a> {
    /// Of those that may have sent something.
    pub(crate) fn of(intents: impl Iterator<Item = &'a Intent>) -> Self {
        Self(intents.collect())
    }

    /// The one that sent this update.
    pub(crate) fn that_sent(&mut self, update: &UpdateView) -> Option<&'a Intent> {
        let knows = |one: &&Intent| one.request.as_ref() == Some(&update.request_id);
        let may_have = |one: &&Intent| {
            let same = one.image == update.image_id && one.environment_id == update.environment_id;
            same && one.request.is_none() && one.at <= update.began + CLOCKS_APART
        };
        let at = self.0.iter().position(knows);
        let at = at.or_else(|| self.0.iter().position(may_have))?;
        Some(self.0.remove(at))
    }
}

/// The orders for an environment, oldest first.
pub(crate) async fn intents(store: &dyn Store, environment: &str) -> Vec<Intent> {
    let target = target(environment);
    let memory = moves::target_moves(store, &target).await.unwrap();
    let mut all = Vec::new();
    for number in 1..=memory.value.ordered {
        let journal = move_journal(&target, number);
        if store.journal(&journal).await.unwrap().is_empty() {
            continue;
        }
        let run = replay::<MoveKind>(store, &journal).await.unwrap();
        let order = run.input();
        let image = match &order.to.image {
            ImageSetting::Image(image) => Some(image.to_string()),
            ImageSetting::PlatformOwn(_) => None,
        };
        let (back, by) = (order.direction.is_back(), order.by.clone());
        let proof = order.direction.is_proof();
        let failed_at = run.failure().map(|(step, _)| *step);
        let refused = matches!(failed_at, Some(MoveStep::Unchanged | MoveStep::Update));
        let request = match run.output(MoveStep::Update) {
            Some(MoveOutput::Updated { request_id, .. }) => request_id.clone(),
            _ => None,
        };
        all.push(Intent {
            request,
            proof,
            refused,
            back,
            image,
            environment_id: order.environment_id.clone(),
            journal,
            by,
            at: run.opened_at(),
        });
    }
    all
}

/// Where all of it is.
pub(crate) fn place() -> Scope {
    Scope {
        partition: "aws".into(),
        account: sim::ACCOUNT_ID.into(),
        region: REGION.into(),
    }
}

fn target(environment: &str) -> TargetId {
    TargetId {
        scope: place(),
        application: "shop".to_owned(),
        environment: environment.to_owned(),
    }
}

/// When each image was marked as quarantined, first.
pub(crate) fn marked(account: &Account) -> BTreeMap<String, DateTime<Utc>> {
    let mut marked = BTreeMap::new();
    for call in account.ledger() {
        let params: Vec<&str> = call.params.values().map(String::as_str).collect();
        let marks = call.operation == "CreateTags"
            && call.took_effect
            && params.contains(&tags::state::QUARANTINED);
        for image in params
            .iter()
            .filter(|value| marks && value.starts_with("ami-"))
        {
            marked.entry((*image).to_owned()).or_insert(call.at);
        }
    }
    marked
}

/// For how long an environment was Degraded or worse because of this update, in these stretches of time.
pub(crate) fn ill_because_of(
    turns: &[HealthTurn],
    request_id: &str,
    stretches: &[(DateTime<Utc>, DateTime<Utc>)],
    end: DateTime<Utc>,
) -> TimeDelta {
    let mut total = TimeDelta::zero();
    for (nth, turn) in turns.iter().enumerate() {
        let ill = matches!(turn.to.as_str(), "Degraded" | "Severe");
        if !ill || turn.update.as_deref() != Some(request_id) {
            continue;
        }
        let until = turns.get(nth + 1).map_or(end, |next| next.at);
        for (from, to) in stretches {
            let overlap = until.min(*to) - turn.at.max(*from);
            total += overlap.max(TimeDelta::zero());
        }
    }
    total
}
