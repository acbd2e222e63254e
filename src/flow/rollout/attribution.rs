//! Whether an update was sent, where nobody knows: UpdateEnvironment takes no client token, and a lost
//! answer loses its request id. A plain function of what was seen.
//!
//! Evidence is a configuration set that carries our image, or the one update that began since. An old
//! draft of an earlier move is none: a failed one stays until somebody deletes it.

use chrono::{DateTime, TimeDelta, Utc};

use super::seen::MoveSeen;
use crate::model::rollout::MoveOrder;

/// "It did not happen" needs so many looks that agree, over so long.
const AGREEING_LOOKS: u32 = 3;
const AGREEING_FOR: TimeDelta = TimeDelta::minutes(2);

/// What became of an update that may have been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribution {
    /// It was sent, or needs no sending: the environment is as it shall be (`already`).
    Sent {
        request_id: Option<String>,
        already: bool,
    },
    /// Something is under way: what it is will be seen.
    Busy { so_far: String },
    /// No trace of it. One such look proves nothing.
    NoTrace,
    /// It was changed, and not one event is shown: their absence says nothing. Events may come late.
    Silent,
    /// Something happened, and whether it was ours cannot be told.
    Unclear { why: String },
}

/// Tells from one look. `never_sent`: no process can have sent it yet.
pub fn attribute(
    order: &MoveOrder,
    began: DateTime<Utc>,
    never_sent: bool,
    seen: &MoveSeen,
) -> Attribution {
    if seen.now.status.gone() || seen.now.id != order.environment_id {
        return Attribution::Unclear {
            why: "the environment is gone".to_owned(),
        };
    }
    let deployed = seen.deployed_is(&order.to);
    if never_sent {
        return match (seen.ready(), deployed) {
            (true, true) => Attribution::Sent {
                request_id: None,
                already: true,
            },
            (true, false) => Attribution::NoTrace,
            (false, _) => busy(seen),
        };
    }
    let requests = seen.update_requests(began);
    let carried = deployed || seen.pending_is(&order.to) || seen.failed_is(order, began);
    match (carried, requests.as_slice()) {
        (true, [one]) => sent(Some(one)),
        // Beanstalk's events come late sometimes; the set is there.
        (true, []) => sent(None),
        (true, several) => Attribution::Unclear {
            why: format!(
                "the environment carries the image, but {} updates began meanwhile",
                several.len()
            ),
        },
        (false, _) if !seen.ready() => busy(seen),
        (false, []) if silent(order, seen) => Attribution::Silent,
        (false, []) => Attribution::NoTrace,
        (false, [one]) if seen.changed_by_others(&order.before).is_none() => sent(Some(one)),
        (false, _) => Attribution::Unclear {
            why: seen.changed_by_others(&order.before).unwrap_or_else(|| {
                "updates began meanwhile, and none of them carries the image".to_owned()
            }),
        },
    }
}

/// Beanstalk leaves out events that the credentials may not see.
fn silent(order: &MoveOrder, seen: &MoveSeen) -> bool {
    let (was, is) = (order.before.updated, seen.now.updated);
    seen.events.is_empty() && was.is_some() && is.is_some() && was != is
}

fn sent(request_id: Option<&str>) -> Attribution {
    Attribution::Sent {
        request_id: request_id.map(str::to_owned),
        already: false,
    }
}

fn busy(seen: &MoveSeen) -> Attribution {
    Attribution::Busy {
        so_far: format!("the environment is {}", seen.now.status.as_str()),
    }
}

/// Looks that must agree before an absence is believed.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    on: Option<String>,
    since: Option<DateTime<Utc>>,
    looks: u32,
}

impl Agreement {
    /// Takes one more look in: true when three of them, over two minutes, say the same.
    pub fn look(&mut self, says: &str, now: DateTime<Utc>) -> bool {
        if self.on.as_deref() != Some(says) {
            (self.on, self.since, self.looks) = (Some(says.to_owned()), Some(now), 0);
        }
        self.looks += 1;
        let long = self.since.is_some_and(|since| now - since >= AGREEING_FOR);
        self.looks >= AGREEING_LOOKS && long
    }

    /// Something else was seen.
    pub fn broken(&mut self) {
        *self = Self::default();
    }
}
