//! Plans: what to do for each watch and why. A plan changes nothing by itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::base::Release;
use super::drift::Drift;
use super::ids::{ImageId, TargetId, WatchName};
use super::publish_rules::Destination;
use super::reason::ReasonCode;

/// What to do for one watch, with the verdict that it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanItem {
    pub watch: WatchName,
    pub action: Action,
    /// Why, one sentence each: the reasons for acting, or what keeps it from acting.
    pub because: Vec<String>,
    pub drift: Drift,
    /// What is to be done for each environment, in the verdict's order. The watch's image has its own
    /// action: a bake touches no environment.
    pub targets: Vec<TargetPlan>,
    /// What is to be done at each destination that the watch publishes to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<PlannedPublication>,
}

/// What is to be done at one destination, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPublication {
    pub destination: Destination,
    /// What holds there: `parameter /amis/shop`.
    pub publishes: String,
    /// `stands`, `publish`, `take_back`, `under_way`, `wait`, `person`
    pub action: &'static str,
    /// What stands there by our doing.
    pub from: Option<ImageId>,
    /// What is to stand there, where that is another.
    pub to: Option<ImageId>,
    /// When a pause ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Why not now, or why it is taken back.
    pub why: Option<String>,
    /// What must stand at another destination first, and nothing else.
    #[serde(skip)]
    pub waits_for: Option<Destination>,
}

impl PlannedPublication {
    /// One line: `ssm:eu-west-1 (parameter /amis/shop): publish ami-1 -> ami-2`.
    pub fn line(&self) -> String {
        let image = |image: &Option<ImageId>| {
            let image = image.as_ref().map(ImageId::to_string);
            image.unwrap_or("nothing".to_owned())
        };
        let from = image(&self.from);
        let what = match self.action {
            "stands" => format!("{from} stands there"),
            "publish" => format!("publishes {from} -> {}", image(&self.to)),
            "take_back" => format!("takes back {from} -> {}", image(&self.to)),
            "under_way" => "a run is under way".to_owned(),
            _ if self.to.is_some() => format!("waits with {from} -> {}", image(&self.to)),
            _ => format!("waits; {from} stands there"),
        };
        let why = self.why.as_ref();
        let why = why.map_or(String::new(), |why| format!(" ({why})"));
        format!("{} ({}): {what}{why}", self.destination, self.publishes)
    }
}

/// What is to be done for one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetPlan {
    pub target: TargetId,
    pub action: TargetAction,
    /// The codes that it follows from; their sentences are the verdict's.
    pub because: Vec<ReasonCode>,
}

/// What a pass does for an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum TargetAction {
    /// It is in step.
    Nothing,
    /// It is out of step, and people are told; moving it is theirs.
    Tell,
    /// It is moved to the watch's image now.
    Move,
    /// It runs the watch's image already, and is proved on it now; nothing is changed.
    Prove,
    /// Gates stand before its move: the reasons of class hold. `until` where the last of them opens by
    /// itself.
    Wait { until: Option<DateTime<Utc>> },
    /// A move has it in hand.
    Moving { journal: String },
    /// It fits no image of the watch, something else stands against its move, or AWS refused a question: a person is needed.
    Blocked,
    /// Something about it could not be read.
    CannotTell,
}

impl PlanItem {
    /// The bake that is to be started; absent when the plan says something else.
    pub fn bake(&self) -> Option<&BakeDecision> {
        match &self.action {
            Action::Bake(bake) => Some(bake),
            _ => None,
        }
    }
}

/// One bake, decided: it goes from the plan to the order as it is. Generation and attempt are part of
/// the image's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BakeDecision {
    pub release: Release,
    pub generation: u32,
    pub attempt: u32,
}

/// What a pass would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Everything is in step.
    Nothing,
    /// There is drift, and the watch only tells.
    Tell,
    Bake(BakeDecision),
    /// A verified image of the wanted key exists: remember it.
    Adopt {
        image: ImageId,
        generation: u32,
    },
    /// Something holds it; a time when it is looked at again, when that is known.
    Hold {
        until: Option<DateTime<Utc>>,
    },
    /// A person is needed.
    Blocked,
    /// Something was unreachable; nothing starts from a partial look.
    CannotTell,
}
