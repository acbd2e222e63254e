//! Whose fault a failed move is, told from what Beanstalk said of it. A plain function of texts.
//!
//! Only what speaks against the image itself quarantines it: what cannot be told is the environment's,
//! so that no good image is lost to a full quota or a locked key.

use crate::model::environment::{EnvironmentEvent, EventSeverity};
use crate::model::rollout::MoveFault;

/// What Beanstalk, Auto Scaling, CloudFormation and EC2 say where the account, a limit, a key or a
/// permission is in the way. These win: an instance that was never launched fails its health as well.
const ENVIRONMENT: [&str; 22] = [
    "quota",
    "limitexceeded",
    "limit exceeded",
    "you have requested more",
    "insufficientinstancecapacity",
    "insufficient capacity",
    "sufficient capacity",
    "not enough capacity",
    "kms",
    "client error on launch",
    "client.internalerror",
    "accessdenied",
    "access denied",
    "not authorized",
    "insufficientprivileges",
    "insufficient privileges",
    "update_rollback_failed",
    "does not exist",
    "invalidamiid",
    "spot",
    "invalidparametercombination",
    "configuration validation exception",
];

/// What speaks against the instances that our image started.
const IMAGE: [&str; 11] = [
    "health",
    "severe",
    "degraded",
    "failed to pass",
    "command failed",
    "failed to run",
    "instance deployment",
    "unsuccessful command",
    "did not respond",
    "timed out",
    "failed to initialize",
];

/// Whose fault these words say it is; absent where they say nothing.
pub fn fault_of_words(words: &str) -> Option<MoveFault> {
    let words = words.to_ascii_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    if says(&ENVIRONMENT) {
        return Some(MoveFault::Environment);
    }
    says(&IMAGE).then_some(MoveFault::Image)
}

/// Whose fault it is by the events of the update: warnings and errors, the worst of the words decides.
/// Absent where they say nothing of it.
pub fn fault_of_events<'a>(
    events: impl Iterator<Item = &'a EnvironmentEvent>,
) -> Option<MoveFault> {
    let bad = events.filter(|event| event.severity >= EventSeverity::Warn);
    let mut fault = None;
    for said in bad.filter_map(|event| fault_of_words(&event.message)) {
        match said {
            MoveFault::Image => fault = Some(MoveFault::Image),
            MoveFault::Environment | MoveFault::Inconclusive => {
                return Some(MoveFault::Environment);
            }
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn event(severity: EventSeverity, message: &str) -> EnvironmentEvent {
        EnvironmentEvent {
            at: DateTime::<Utc>::UNIX_EPOCH,
            severity,
            message: message.to_owned(),
            request_id: None,
            platform: None,
            version_label: None,
        }
    }

    #[test]
    fn the_words_decide() {
        let cases = [
            (
                "Environment health has transitioned from Ok to Severe.",
                Some(MoveFault::Image),
            ),
            (
                "The following instances have not responded in the allowed command timeout: timed out",
                Some(MoveFault::Image),
            ),
            (
                "Creating Auto Scaling group failed Reason: You have requested more vCPU capacity than your current vCPU limit",
                Some(MoveFault::Environment),
            ),
            (
                "Instance failed to launch: Client.InternalError: Client error on launch; health Severe",
                Some(MoveFault::Environment),
            ),
            (
                "The image id '[ami-1]' does not exist",
                Some(MoveFault::Environment),
            ),
            ("Failed to deploy configuration.", None),
        ];
        for (words, fault) in cases {
            assert_eq!(fault_of_words(words), fault, "{words}");
        }
    }

    #[test]
    fn a_full_quota_outweighs_ill_health() {
        let severe = event(EventSeverity::Warn, "health Severe");
        let quota = event(EventSeverity::Error, "quota exceeded");
        let plain = event(EventSeverity::Error, "Failed to deploy configuration.");
        let told = event(EventSeverity::Info, "health Severe");
        assert_eq!(fault_of_events([&plain].into_iter()), None);
        assert_eq!(fault_of_events([&told].into_iter()), None);
        assert_eq!(
            fault_of_events([&plain, &severe].into_iter()),
            Some(MoveFault::Image)
        );
        for order in [[&quota, &severe], [&severe, &quota]] {
            assert_eq!(
                fault_of_events(order.into_iter()),
                Some(MoveFault::Environment)
            );
        }
    }
}
