//! SNS topics: publishing to them, and whether they are there, each in its own region.

use std::collections::BTreeMap;

use aws_sdk_sns::types::MessageAttributeValue;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::bake::digest;
use crate::model::ids::Region;

const PUBLISH: Operation = Operation::change("sns:Publish");
const GET_TOPIC: Operation = Operation::read("sns:GetTopicAttributes");

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// At most 99 ASCII characters without control characters.
    pub subject: String,
    pub body: String,
    /// For programs, as message attributes of type `String`; empty values are left out, since SNS
    /// refuses them.
    pub attributes: BTreeMap<String, String>,
    /// What belongs together: a FIFO topic keeps the order within it.
    pub group: String,
    /// The same for every repeat. On FIFO topics it is what SNS drops repeats by.
    pub key: String,
}

impl Cloud {
    /// Publishes to a topic, in the topic's own region. Gives SNS's message id.
    ///
    /// # Errors
    /// `Invalid` when the ARN is none; `Unknown` when it may have been sent.
    pub async fn publish(&self, topic_arn: &str, message: &Message) -> Result<String, CloudError> {
        let Some(region) = region_of_topic(topic_arn) else {
            let why = "this is no topic ARN (arn:aws:sns:<region>:<account>:<name>)";
            return Err(self.fault(PUBLISH, topic_arn, ErrorKind::Invalid, why));
        };
        let there = self.in_region(&region);
        // FIFO topics want a group and a key of at most 128 characters; others refuse them.
        let fifo = topic_arn.ends_with(".fifo");
        let request = there
            .sns(PUBLISH)
            .publish()
            .topic_arn(topic_arn)
            .subject(&message.subject)
            .message(&message.body)
            .set_message_attributes(Some(attributes(message)))
            .set_message_group_id(fifo.then(|| digest(&[&message.group])))
            .set_message_deduplication_id(fifo.then(|| digest(&[&message.key])))
            .send();
        let answer = there.call(PUBLISH, topic_arn, request).await?;
        Ok(answer.message_id.unwrap_or_default())
    }

    /// Whether there is such a topic, in the topic's own region.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn topic_is_there(&self, topic_arn: &str) -> Result<bool, CloudError> {
        let region = region_of_topic(topic_arn);
        let there = region.map_or_else(|| self.clone(), |region| self.in_region(&region));
        let request = there
            .sns(GET_TOPIC)
            .get_topic_attributes()
            .topic_arn(topic_arn)
            .send();
        match there.call(GET_TOPIC, topic_arn, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn attributes(message: &Message) -> std::collections::HashMap<String, MessageAttributeValue> {
    let given = message
        .attributes
        .iter()
        .filter(|(_, value)| !value.is_empty());
    let sdk = given.filter_map(|(name, value)| {
        let attribute = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build();
        Some((name.clone(), attribute.ok()?))
    });
    sdk.collect()
}

/// `arn:<partition>:sns:<region>:<account>:<name>`
fn region_of_topic(arn: &str) -> Option<Region> {
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sns", region, account, name]
            if ![region, account, name].iter().any(|part| part.is_empty()) =>
        {
            Some(Region::from(*region))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_the_topics_own() {
        for (arn, region) in [
            (
                "arn:aws:sns:eu-west-1:111122223333:amiwatch",
                Some("eu-west-1"),
            ),
            (
                "arn:aws-cn:sns:cn-north-1:111122223333:a.fifo",
                Some("cn-north-1"),
            ),
            (
                "arn:aws:sns:eu-west-1:111122223333:topic:subscription",
                None,
            ),
            ("arn:aws:sqs:eu-west-1:111122223333:queue", None),
            ("arn:aws:sns::111122223333:amiwatch", None),
            ("amiwatch", None),
        ] {
            assert_eq!(region_of_topic(arn), region.map(Region::from), "{arn}");
        }
    }
}
