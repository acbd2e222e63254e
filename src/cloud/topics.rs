//! Publishing to SNS topics.

use std::collections::BTreeMap;

use super::call::Cloud;
use super::error::CloudError;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// At most 99 ASCII characters without control characters.
    pub subject: String,
    pub body: String,
    /// For programs, as message attributes of type `String`; empty values are left out, since SNS
    /// refuses them.
    pub attributes: BTreeMap<String, String>,
    /// The same for every repeat. On FIFO topics it is what SNS drops repeats by.
    pub key: String,
}

impl Cloud {
    /// Publishes to a topic, in the topic's own region. Gives SNS's message id.
    ///
    /// # Errors
    /// `Invalid` when the ARN is none; `Unknown` when it may have been sent.
    pub async fn publish(&self, topic_arn: &str, message: &Message) -> Result<String, CloudError> {
        todo!()
    }
}
