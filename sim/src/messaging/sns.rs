//! SNS: topics, subscriptions, and publishing, which reaches SQS queues of the same region.

use serde_json::json;

use super::model::{Queued, Seen, Subscription, queue_name, topic_arn};
use crate::clock::iso;
use crate::door::{Call, unknown_operation};
use crate::state::{Core, Region, State};
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

const DEFAULT_SIZE: usize = 262_144;
const LISTED_AT_ONCE: usize = 100;

pub(crate) fn call(state: &mut State, call: &Call) -> Result<String, Fail> {
    let (core, here) = state.enter(&call.region);
    let (p, account) = (&call.params, core.account.clone());
    match call.operation.as_str() {
        "CreateTopic" => create(&account, here, &call.region, p),
        "DeleteTopic" => {
            here.messaging.topics.remove(p.need("TopicArn")?);
            Ok(String::new())
        }
        "ListTopics" => list(core, here, p),
        "GetTopicAttributes" => attributes(&account, here, p),
        "SetTopicAttributes" => set_attribute(here, p),
        "Subscribe" => subscribe(core, here, p),
        "ListSubscriptionsByTopic" => subscriptions(&account, here, p),
        "Publish" => publish(core, here, p),
        other => Err(unknown_operation(other)),
    }
}

fn not_found() -> Fail {
    Fail::new("NotFound", "Topic does not exist").with_status(404)
}

fn invalid(what: impl Into<String>) -> Fail {
    Fail::new(
        "InvalidParameter",
        format!("Invalid parameter: {}", what.into()),
    )
}

fn attribute_entries(p: &Params) -> Vec<(String, String)> {
    let entries = p.groups("Attributes.entry");
    let value = |group: &String, field| p.get(&format!("{group}.{field}")).map(str::to_owned);
    entries
        .iter()
        .filter_map(|g| Some((value(g, "key")?, value(g, "value")?)))
        .collect()
}

fn create(account: &str, here: &mut Region, region: &str, p: &Params) -> Result<String, Fail> {
    let name = p.need("Name")?;
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.len() > 256 || !name.chars().all(valid) {
        return Err(invalid("Topic Name"));
    }
    let arn = topic_arn(account, region, name);
    let topic = here.messaging.topics.entry(arn.clone()).or_default();
    topic.attributes.extend(attribute_entries(p));
    Ok(format!("<TopicArn>{arn}</TopicArn>"))
}

fn list(core: &Core, here: &Region, p: &Params) -> Result<String, Fail> {
    let after = p.get("NextToken").unwrap_or_default();
    let size = if core.timing.page > 0 {
        core.timing.page
    } else {
        LISTED_AT_ONCE
    };
    let mut rest = here
        .messaging
        .topics
        .keys()
        .filter(|arn| arn.as_str() > after);
    let page: Vec<&String> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    let mut x = Xml::new();
    x.members("Topics", &page, |x, arn| x.text("TopicArn", arn));
    x.opt("NextToken", page.last().filter(|_| more));
    Ok(x.into_string())
}

fn attributes(account: &str, here: &Region, p: &Params) -> Result<String, Fail> {
    let arn = p.need("TopicArn")?;
    let topic = here.messaging.topics.get(arn).ok_or_else(not_found)?;
    let mut all = topic.attributes.clone();
    all.insert("TopicArn".to_owned(), arn.to_owned());
    all.insert("Owner".to_owned(), account.to_owned());
    all.insert(
        "SubscriptionsConfirmed".to_owned(),
        topic.subscriptions.len().to_string(),
    );
    all.insert("SubscriptionsPending".to_owned(), "0".to_owned());
    let mut x = Xml::new();
    x.node("Attributes", |x| {
        for (key, value) in &all {
            x.node("entry", |x| {
                x.text("key", key);
                x.text("value", value);
            });
        }
    });
    Ok(x.into_string())
}

fn set_attribute(here: &mut Region, p: &Params) -> Result<String, Fail> {
    let topic = here
        .messaging
        .topics
        .get_mut(p.need("TopicArn")?)
        .ok_or_else(not_found)?;
    let value = p.get("AttributeValue").unwrap_or_default().to_owned();
    topic
        .attributes
        .insert(p.need("AttributeName")?.to_owned(), value);
    Ok(String::new())
}

fn subscribe(core: &mut Core, here: &mut Region, p: &Params) -> Result<String, Fail> {
    let (arn, protocol) = (p.need("TopicArn")?, p.need("Protocol")?);
    let endpoint = p.need("Endpoint")?.to_owned();
    let topic = here.messaging.topics.get_mut(arn).ok_or_else(not_found)?;
    if protocol != "sqs" {
        return Err(invalid(format!(
            "Protocol {protocol} is not simulated; sqs is"
        )));
    }
    let raw = attribute_entries(p)
        .iter()
        .any(|(key, value)| key == "RawMessageDelivery" && value.eq_ignore_ascii_case("true"));
    let known = topic.subscriptions.iter().find(|s| s.endpoint == endpoint);
    let subscription_arn = match known {
        Some(subscription) => subscription.arn.clone(),
        None => {
            let made = format!("{arn}:51300000-0000-4000-8000-{:012}", core.number());
            let (arn, protocol) = (made.clone(), protocol.to_owned());
            topic.subscriptions.push(Subscription {
                arn,
                protocol,
                endpoint,
                raw,
            });
            made
        }
    };
    Ok(format!(
        "<SubscriptionArn>{subscription_arn}</SubscriptionArn>"
    ))
}

fn subscriptions(account: &str, here: &Region, p: &Params) -> Result<String, Fail> {
    let arn = p.need("TopicArn")?;
    let topic = here.messaging.topics.get(arn).ok_or_else(not_found)?;
    let mut x = Xml::new();
    x.members("Subscriptions", &topic.subscriptions, |x, s| {
        x.text("SubscriptionArn", &s.arn);
        x.text("Owner", account);
        x.text("Protocol", &s.protocol);
        x.text("Endpoint", &s.endpoint);
        x.text("TopicArn", arn);
    });
    Ok(x.into_string())
}

fn publish(core: &mut Core, here: &mut Region, p: &Params) -> Result<String, Fail> {
    let arn = p
        .get("TopicArn")
        .or(p.get("TargetArn"))
        .ok_or_else(|| invalid("TopicArn"))?;
    let topic = here
        .messaging
        .topics
        .get(arn)
        .cloned()
        .ok_or_else(not_found)?;
    let message = p.need("Message").map_err(|_| invalid("Empty message"))?;
    let subject = p.get("Subject");
    check_subject(subject)?;
    let fifo = fifo_message(arn, p)?;
    let most = topic
        .attributes
        .get("MaximumMessageSize")
        .and_then(|size| size.parse().ok());
    let attributes = message_attributes(p);
    let size = message.len() + attributes.to_string().len().saturating_sub(2);
    if size > most.unwrap_or(DEFAULT_SIZE) {
        return Err(invalid("Message too long"));
    }
    let text = for_queues(p, message)?;
    if let Some(id) = fifo
        .as_deref()
        .and_then(|one| here.messaging.seen(arn, one, core.now))
    {
        return Ok(format!("<MessageId>{id}</MessageId>"));
    }
    let id = format!("51300000-0000-4000-8000-{:012}", core.number());
    if let Some(one) = fifo {
        let seen = Seen {
            id: id.clone(),
            at: core.now,
        };
        here.messaging.published.insert((arn.to_owned(), one), seen);
    }
    let mut envelope = json!({
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": arn,
        "Message": text,
        "Timestamp": iso(core.now),
        "SignatureVersion": "1",
        "Signature": "simulated",
        "SigningCertURL": "https://sns.invalid/simulated.pem",
        "UnsubscribeURL": "https://sns.invalid/simulated",
    });
    if let Some(subject) = subject {
        envelope["Subject"] = json!(subject);
    }
    if attributes.as_object().is_some_and(|map| !map.is_empty()) {
        envelope["MessageAttributes"] = attributes;
    }
    for subscription in &topic.subscriptions {
        let name = queue_name(&subscription.endpoint);
        let Some(queue) = here.messaging.queues.get_mut(name) else {
            continue;
        };
        let body = if subscription.raw {
            text.clone()
        } else {
            envelope.to_string()
        };
        queue.messages.push(Queued::new(core, body));
    }
    Ok(format!("<MessageId>{id}</MessageId>"))
}

/// By what a FIFO topic drops repeats; absent for another topic.
fn fifo_message(arn: &str, p: &Params) -> Result<Option<String>, Fail> {
    let fits = |text: &&str| {
        (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let given = |name: &str| p.get(name).filter(|text| !text.is_empty());
    if !arn.ends_with(".fifo") {
        return match given("MessageDeduplicationId") {
            None => Ok(None),
            Some(_) => Err(invalid(
                "The request includes MessageDeduplicationId parameter that is not valid for this topic type",
            )),
        };
    }
    let group = given("MessageGroupId");
    if group.filter(fits).is_none() {
        return Err(invalid(
            "The MessageGroupId parameter is required for FIFO topics",
        ));
    }
    // Topics here have no content-based deduplication.
    let one = given("MessageDeduplicationId").filter(fits);
    let one = one.ok_or_else(|| {
        invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
    })?;
    Ok(Some(one.to_owned()))
}

/// Under 100 characters, no line breaks or control characters.
fn check_subject(subject: Option<&str>) -> Result<(), Fail> {
    let bad = |s: &str| s.is_empty() || s.chars().count() >= 100 || s.chars().any(char::is_control);
    if subject.is_some_and(bad) {
        Err(invalid("Subject"))
    } else {
        Ok(())
    }
}

/// What queues get when the message has a form for each protocol.
fn for_queues(p: &Params, message: &str) -> Result<String, Fail> {
    if p.get("MessageStructure") != Some("json") {
        return Ok(message.to_owned());
    }
    let why = "Message Structure - No default entry in JSON message body";
    let parsed: serde_json::Value = serde_json::from_str(message)
        .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
    let default = parsed["default"].as_str().ok_or_else(|| invalid(why))?;
    Ok(parsed["sqs"].as_str().unwrap_or(default).to_owned())
}

fn message_attributes(p: &Params) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    for group in p.groups("MessageAttributes.entry") {
        let get = |field: &str| {
            p.get(&format!("{group}.{field}"))
                .unwrap_or_default()
                .to_owned()
        };
        let value = json!({ "Type": get("Value.DataType"), "Value": get("Value.StringValue") });
        map.insert(get("Name"), value);
    }
    serde_json::Value::Object(map)
}
