//! SQS: queues whose messages are hidden while someone works on them.

use std::collections::BTreeMap;
use std::time::Duration;

use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::model::{Queue, Queued, queue_arn, queue_name};
use crate::clock::delta;
use crate::door::{Call, Given, unknown_operation};
use crate::state::{Core, State};
use crate::wire::fail::Fail;

/// The longest that an empty long poll keeps the caller waiting.
const LONGEST_POLL: Duration = Duration::from_secs(1);
const LARGEST: usize = 1024 * 1024;

pub(crate) fn call(state: &mut State, call: &Call) -> Result<Value, Fail> {
    let (core, here) = state.enter(&call.region);
    let queues = &mut here.messaging.queues;
    let account = core.account.clone();
    match call.operation.as_str() {
        "CreateQueue" => create(&account, queues, call),
        "GetQueueUrl" => {
            let name = call.params.need("QueueName")?;
            queues.get(name).ok_or_else(not_found)?;
            Ok(json!({ "QueueUrl": url(&account, call, name) }))
        }
        "ListQueues" => {
            let urls: Vec<String> = queues
                .keys()
                .map(|name| url(&account, call, name))
                .collect();
            Ok(json!({ "QueueUrls": urls }))
        }
        "GetQueueAttributes" => attributes(core, queue(queues, call)?, call),
        "SetQueueAttributes" => {
            queue(queues, call)?.attributes.extend(attribute_map(call));
            Ok(json!({}))
        }
        "SendMessage" => send(core, queue(queues, call)?, call),
        "ReceiveMessage" => receive(core, queue(queues, call)?, call),
        "DeleteMessage" => delete(queue(queues, call)?, call),
        "PurgeQueue" => {
            queue(queues, call)?.messages.clear();
            Ok(json!({}))
        }
        other => Err(unknown_operation(other)),
    }
}

/// A long poll that found nothing waits, shorter than asked: an empty answer is always allowed.
pub(crate) fn empty_poll(call: &Call, result: &Result<Given, Fail>) -> Duration {
    let Ok(Given::Json(body)) = result else {
        return Duration::ZERO;
    };
    let empty = call.operation == "ReceiveMessage" && body.get("Messages").is_none();
    let asked = call.body["WaitTimeSeconds"].as_u64().unwrap_or(0);
    if empty {
        Duration::from_secs(asked).min(LONGEST_POLL)
    } else {
        Duration::ZERO
    }
}

fn not_found() -> Fail {
    let code = "com.amazonaws.sqs#QueueDoesNotExist";
    Fail::new(code, "The specified queue does not exist.")
}

/// The error as clients knew it when SQS spoke the query protocol; they still go by it.
pub(crate) fn query_error(fail: &Fail) -> String {
    let code = match fail.code.rsplit('#').next() {
        Some("QueueDoesNotExist") => "AWS.SimpleQueueService.NonExistentQueue",
        Some(other) => other,
        None => &fail.code,
    };
    let who = if fail.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    format!("{code};{who}")
}

fn url(account: &str, call: &Call, name: &str) -> String {
    format!("{}/{account}/{name}", call.origin)
}

fn queue<'a>(queues: &'a mut BTreeMap<String, Queue>, call: &Call) -> Result<&'a mut Queue, Fail> {
    let name = queue_name(call.params.need("QueueUrl")?);
    queues.get_mut(name).ok_or_else(not_found)
}

fn attribute_map(call: &Call) -> BTreeMap<String, String> {
    let attributes = call.body["Attributes"].as_object().into_iter().flatten();
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    attributes
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

fn create(account: &str, queues: &mut BTreeMap<String, Queue>, call: &Call) -> Result<Value, Fail> {
    let name = call.params.need("QueueName")?;
    let queue = queues.entry(name.to_owned()).or_default();
    queue.attributes.extend(attribute_map(call));
    Ok(json!({ "QueueUrl": url(account, call, name) }))
}

fn attributes(core: &Core, queue: &Queue, call: &Call) -> Result<Value, Fail> {
    let name = queue_name(call.params.need("QueueUrl")?);
    let visible = queue
        .messages
        .iter()
        .filter(|m| m.visible_from <= core.now)
        .count();
    let mut all: BTreeMap<String, String> = queue.attributes.clone();
    let mut set = |key: &str, value: String| drop(all.insert(key.to_owned(), value));
    set("QueueArn", queue_arn(&core.account, &call.region, name));
    set("ApproximateNumberOfMessages", visible.to_string());
    set(
        "ApproximateNumberOfMessagesNotVisible",
        (queue.messages.len() - visible).to_string(),
    );
    let asked = call.params.list("AttributeNames");
    if !asked.iter().any(|name| name == "All") {
        all.retain(|key, _| asked.contains(key));
    }
    Ok(json!({ "Attributes": all }))
}

fn send(core: &mut Core, queue: &mut Queue, call: &Call) -> Result<Value, Fail> {
    let body = call.params.need("MessageBody")?;
    if body.len() > LARGEST {
        let message = "One or more parameters are invalid. Reason: Message is too long.";
        return Err(Fail::new("InvalidParameterValue", message));
    }
    let message = Queued::new(core, body.to_owned());
    let answer = json!({ "MessageId": message.id, "MD5OfMessageBody": md5_hex(body.as_bytes()) });
    queue.messages.push(message);
    Ok(answer)
}

fn receive(core: &mut Core, queue: &mut Queue, call: &Call) -> Result<Value, Fail> {
    let most = call.params.number("MaxNumberOfMessages")?.unwrap_or(1);
    if !(1..=10).contains(&most) {
        let message = format!(
            "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 \
             and 10, if provided."
        );
        return Err(Fail::new("InvalidParameterValue", message));
    }
    let configured = queue
        .attributes
        .get("VisibilityTimeout")
        .and_then(|t| t.parse().ok());
    let asked = call.params.number("VisibilityTimeout")?.map(|t| t as u64);
    let hidden = Duration::from_secs(asked.or(configured).unwrap_or(30));
    let now = core.now;
    let mut given = Vec::new();
    for message in queue
        .messages
        .iter_mut()
        .filter(|m| m.visible_from <= now)
        .take(most)
    {
        message.received += 1;
        message.visible_from = now + delta(hidden);
        message.receipt = format!("{}#{}", message.id, message.received);
        given.push(shown(message));
    }
    let mut answer = Map::new();
    if !given.is_empty() {
        answer.insert("Messages".to_owned(), Value::Array(given));
    }
    Ok(Value::Object(answer))
}

fn shown(message: &Queued) -> Value {
    json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": md5_hex(message.body.as_bytes()),
        "Attributes": {
            "SentTimestamp": message.sent.timestamp_millis().to_string(),
            "ApproximateReceiveCount": message.received.to_string(),
        },
    })
}

/// A receipt of an earlier receive no longer deletes.
fn delete(queue: &mut Queue, call: &Call) -> Result<Value, Fail> {
    let receipt = call.params.need("ReceiptHandle")?;
    queue.messages.retain(|m| m.receipt != receipt);
    Ok(json!({}))
}

/// The digest by which SQS clients know that a body came through whole. Nothing is protected by it.
fn md5_hex(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::md5_hex;

    #[test]
    fn a_digest_of_the_rfc() {
        assert_eq!(
            md5_hex(b"message digest"),
            "f96b697d7cb7938d525a2f31aaf161d0"
        );
    }
}
