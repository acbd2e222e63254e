//! Who ended a guest that never reported, and what is said of it. Plain functions of EC2's words.

use crate::model::aws_command::AwsCommand;
use crate::model::ids::{InstanceId, Region};

/// Who ended a guest, by the code of EC2's `StateReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// It powered itself off.
    Itself,
    /// EC2: a failure of its own, a scheduled stop, a spot instance taken back.
    Ec2,
    /// Somebody stopped or terminated it over the API.
    Somebody,
    /// It never started: its volume or its key could not be used.
    NeverStarted,
    /// EC2 gave no reason that is known.
    Unsaid,
}

impl EndedBy {
    /// Reads EC2's reason: the code and its words, or the words alone.
    pub(super) fn from_reason(reason: Option<&str>) -> Self {
        let reason = reason.unwrap_or_default();
        let code = |word: &str| reason.contains(word);
        if code("Client.InstanceInitiatedShutdown") {
            Self::Itself
        } else if reason.starts_with("Server.") {
            Self::Ec2
        } else if code("Client.UserInitiated") || code("User initiated") {
            Self::Somebody
        } else if code("Client.InternalError")
            || code("Client.VolumeLimitExceeded")
            || code("Client.InvalidSnapshot")
        {
            Self::NeverStarted
        } else {
            Self::Unsaid
        }
    }

    /// What happened, and what can be done about it.
    pub(super) fn sentence(self, id: &InstanceId, region: &Region) -> String {
        match self {
            Self::Itself => {
                "its recipe powered it off, or cloud-init never ran; look at the console's end"
                    .to_owned()
            }
            Self::Ec2 => {
                "EC2 ended it, not its recipe: nothing is to be changed, the next attempt gets \
                 another instance"
                    .to_owned()
            }
            Self::Somebody => {
                let of = format!("AttributeKey=ResourceName,AttributeValue={id}");
                let who = AwsCommand::new("cloudtrail lookup-events", region)
                    .with("--lookup-attributes", of);
                format!("somebody stopped or terminated it; who, says `{who}`")
            }
            Self::NeverStarted => {
                let which = AwsCommand::new("ec2 describe-instances", region)
                    .with("--instance-ids", id.as_str());
                format!(
                    "it never started: its volume or the KMS key of its volume could not be used; \
                     `{which}` shows which volume it was, and the key's policy must allow whoever \
                     bakes"
                )
            }
            Self::Unsaid => {
                "it was powered off, or it never came up; look at the console's end".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_by_cause_what_is_said_and_what_helps() {
        let table = [
            (
                "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
                EndedBy::Itself,
                "recipe powered",
            ),
            (
                "Server.InternalError: Internal error on launch",
                EndedBy::Ec2,
                "not its recipe",
            ),
            (
                "Server.SpotInstanceTermination: Spot instance termination",
                EndedBy::Ec2,
                "not its recipe",
            ),
            (
                "Server.ScheduledStop: Stopped due to a scheduled retirement",
                EndedBy::Ec2,
                "not its recipe",
            ),
            (
                "Server.InsufficientInstanceCapacity: Insufficient capacity",
                EndedBy::Ec2,
                "not its recipe",
            ),
            (
                "Client.UserInitiatedShutdown: User initiated shutdown",
                EndedBy::Somebody,
                "aws cloudtrail lookup-events",
            ),
            (
                "User initiated (2026-11-25 22:53:05 GMT)",
                EndedBy::Somebody,
                "aws cloudtrail lookup-events",
            ),
            (
                "Client.InternalError: Client error on launch",
                EndedBy::NeverStarted,
                "aws ec2 describe-instances",
            ),
            (
                "Client.VolumeLimitExceeded: Volume limit exceeded",
                EndedBy::NeverStarted,
                "never started",
            ),
            ("", EndedBy::Unsaid, "console's end"),
        ];
        for (reason, ended_by, words) in table {
            let found = EndedBy::from_reason(Some(reason).filter(|reason| !reason.is_empty()));
            assert_eq!(found, ended_by, "{reason}");
            let said = found.sentence(&"i-1".into(), &"eu-west-1".into());
            assert!(said.contains(words), "{reason}: {said}");
            let blames = said.contains("its recipe powered it off");
            assert_eq!(blames, ended_by == EndedBy::Itself, "{reason}: {said}");
        }
        assert_eq!(EndedBy::from_reason(None), EndedBy::Unsaid);
    }
}
