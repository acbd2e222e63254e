//! An error as a service answers it, and its shape in each protocol.

use bytes::Bytes;
use serde_json::json;

use super::xml::Xml;

/// Code, HTTP status and message of an answer that is an error.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fail {
    pub(crate) code: String,
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Fail {
    /// The caller's fault: HTTP 400.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            status: 400,
            message: message.into(),
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}");
        Self::new("MissingParameter", message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }
}

/// `<Response><Errors>` of EC2.
pub(crate) fn ec2(fail: &Fail, request_id: &str) -> Bytes {
    let mut x = Xml::document();
    x.node("Response", |x| {
        x.node("Errors", |x| {
            x.node("Error", |x| {
                x.text("Code", &fail.code);
                x.text("Message", &fail.message);
            });
        });
        x.text("RequestID", request_id);
    });
    x.into_bytes()
}

/// `<ErrorResponse>` of the query protocol.
pub(crate) fn query(fail: &Fail, request_id: &str, namespace: &str) -> Bytes {
    let kind = if fail.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    let mut x = Xml::document();
    x.node_ns("ErrorResponse", namespace, |x| {
        x.node("Error", |x| {
            x.text("Type", kind);
            x.text("Code", &fail.code);
            x.text("Message", &fail.message);
        });
        x.text("RequestId", request_id);
    });
    x.into_bytes()
}

/// The body of an error in JSON 1.0 and 1.1.
pub(crate) fn json(fail: &Fail) -> Bytes {
    let body = json!({ "__type": fail.code, "message": fail.message, "Message": fail.message });
    Bytes::from(body.to_string())
}

/// The same of DynamoDB: a code with its family, and of a transaction that was cancelled why, action by action.
pub(crate) fn dynamodb(fail: &Fail) -> Bytes {
    let code = format!("{}{}", crate::dynamodb::ERRORS, fail.code);
    let mut body = json!({ "__type": code, "message": fail.message });
    let listed = fail
        .message
        .split_once('[')
        .and_then(|(_, list)| list.split_once(']'));
    if fail.code == "TransactionCanceledException"
        && let Some((list, _)) = listed
    {
        let reasons = list.split(", ").map(|code| match code {
            "None" => json!({ "Code": code }),
            code => json!({ "Code": code, "Message": said_of(code) }),
        });
        body["Message"] = json!(fail.message);
        body["CancellationReasons"] = reasons.collect();
    }
    Bytes::from(body.to_string())
}

fn said_of(code: &str) -> &'static str {
    match code {
        "ConditionalCheckFailed" => "The conditional request failed",
        "TransactionConflict" => "Transaction is ongoing for the item",
        _ => "Throughput exceeds the current capacity of your table or index.",
    }
}
