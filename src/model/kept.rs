//! A failed bake's builder that was stopped instead of ended, so that people can look inside. The tag on it
//! says until when, whatever becomes of the store.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::aws_command::AwsCommand;
use super::ids::{InstanceId, Region};
use super::stray::StrayKind;

/// A builder that is kept, or that was to be and could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBuilder {
    pub instance: InstanceId,
    /// A sweep ends it then. Absent: it could not be stopped, and was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl KeptBuilder {
    /// One sentence.
    pub fn sentence(&self) -> String {
        self.sentence_in(Tz::UTC)
    }

    /// The same, with its time in a zone.
    pub fn sentence_in(&self, zone: Tz) -> String {
        let id = &self.instance;
        match self.until {
            Some(until) => format!(
                "The builder {id} is kept, stopped, until {}: you can look inside.",
                until.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")
            ),
            None => format!(
                "The builder {id} was to be kept, and EC2 did not stop it for us: it was ended."
            ),
        }
    }

    /// The commands by which a person looks inside, and removes it, each with what it is for.
    pub fn commands(&self, region: &Region) -> Vec<(String, &'static str)> {
        if self.until.is_none() {
            return Vec::new();
        }
        let id = self.instance.as_str();
        let of = |operation: &str| AwsCommand::new(&format!("ec2 {operation}"), region);
        let bare = of("modify-instance-attribute")
            .with("--instance-id", id)
            .with("--user-data", "Value=");
        let start = of("start-instances").with("--instance-ids", id);
        let session = AwsCommand::new("ssm start-session", region).with("--target", id);
        vec![
            (
                bare.to_string(),
                "to look inside, first: without its user data it does not bake and power off again",
            ),
            (start.to_string(), "then starts it"),
            (
                session.to_string(),
                "a shell on it, where its instance profile lets SSM in; else EC2's serial console",
            ),
            (
                StrayKind::Instance.by_hand(id, region),
                "removes it now; by itself it goes at the time above",
            ),
        ]
    }
}

/// As the tag holds it.
pub fn tag_value(until: DateTime<Utc>) -> String {
    until.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// From the tag; absent where that is no time.
pub fn until_in_tag(value: &str) -> Option<DateTime<Utc>> {
    let until = DateTime::parse_from_rfc3339(value).ok()?;
    Some(until.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_as_it_was_written() {
        let until = DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        assert_eq!(until_in_tag(&tag_value(until)), Some(until));
        assert_eq!(tag_value(until), "2024-10-04T00:00:00Z");
        for wrong in ["", "2h", "soon", "2024-10-04"] {
            assert_eq!(until_in_tag(wrong), None, "{wrong}");
        }
    }
}
