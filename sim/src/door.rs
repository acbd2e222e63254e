//! The one door: from an HTTP request to a call, through faults, throttling and permission, to the
//! service, and back to an HTTP response. Every call passes here and is written down here.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::call::parse;
pub(crate) use crate::call::{Call, Service};
use crate::fault::FaultKind;
use crate::ledger::Entry;
use crate::state::State;
use crate::wire::fail::Fail;
use crate::wire::respond::{json_response, refusal, xml_response};
use crate::world::CallerRights;
use crate::{
    autoscaling, beanstalk, dynamodb, ec2, iam, kms, messaging, retirements, roles, ssm, sts,
};

/// A response, and what the door must do with it.
#[derive(Debug)]
pub struct Answer {
    /// The response.
    pub response: Response<Bytes>,
    /// How long the call takes, on the account's clock.
    pub latency: Duration,
    /// Whether the response arrives at all.
    pub delivery: Delivery,
}

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Arrives,
    /// Nothing ever arrives; the connection stays open.
    Never,
    /// The connection breaks.
    Drops,
}

/// What a service gave: XML inside its result element, or a JSON body.
pub(crate) enum Given {
    Xml(String),
    Json(Value),
}

/// Answers one request and writes it down.
pub(crate) fn answer(state: &mut State, request: &http::Request<Bytes>) -> Answer {
    let request_id = state.core.request_id();
    match parse(request) {
        Ok(mut call) => {
            call.session = roles::session(&state.roles, &call.access_key);
            answer_call(state, &call, request_id)
        }
        Err((service, fail)) => {
            let response = refusal(service, &fail, &request_id);
            Answer {
                response,
                latency: state.core.timing.latency,
                delivery: Delivery::Arrives,
            }
        }
    }
}

fn answer_call(state: &mut State, call: &Call, request_id: String) -> Answer {
    state.core.request.clone_from(&request_id);
    introduce(state, call);
    let prefix = call.service.prefix();
    let fault = state.faults.strike(&call.region, prefix, &call.operation);
    let before = before_effect(state, call, fault.as_ref(), &request_id);
    let took_effect = before.is_none();
    let reads = ["Describe", "Get"]
        .iter()
        .any(|verb| call.operation.starts_with(verb));
    state.stirred |= call.service == Service::Ec2 && !reads;
    let mut result = before.unwrap_or_else(|| dispatch(state, call));
    if took_effect && matches!(fault, Some(FaultKind::ErrorAfterEffect)) {
        result = Err(call.service.broken());
    }
    let delivery = match fault {
        Some(FaultKind::TimeoutBeforeEffect | FaultKind::TimeoutAfterEffect) => Delivery::Never,
        Some(FaultKind::DropBeforeEffect | FaultKind::DropAfterEffect) => Delivery::Drops,
        _ => Delivery::Arrives,
    };
    let latency = state.core.timing.latency
        + fault
            .as_ref()
            .and_then(FaultKind::delay)
            .unwrap_or_default()
        + messaging::sqs::empty_poll(call, &result);
    note(state, call, &result, took_effect, delivery, &request_id);
    let response = match result {
        Ok(Given::Xml(inner)) => xml_response(call, &inner, &request_id),
        Ok(Given::Json(body)) => {
            json_response(call.service, 200, body.to_string().into(), &request_id)
        }
        Err(fail) => refusal(call.service, &fail, &request_id),
    };
    let cut = matches!(fault, Some(FaultKind::CutAnswer));
    Answer {
        response: if cut {
            response.map(cut_midway)
        } else {
            response
        },
        latency,
        delivery,
    }
}

/// Whose call it is, and what he may do, as far as a service must know.
fn introduce(state: &mut State, call: &Call) {
    let (who, role) = (sts::who(state, call), sts::role(call));
    let needed = state.core.moves.caller_rights == CallerRights::Needed;
    let missing = needed
        .then(|| iam::missing_right(state, call, role, &who))
        .flatten();
    state.core.grant = state.iam.grant(role).cloned();
    state.core.missing_right = missing;
    state.core.caller = who;
}

/// The first part of a body: up to the end of an entry in its middle, so that nothing is half there, or
/// its first half.
fn cut_midway(body: Bytes) -> Bytes {
    let text = String::from_utf8_lossy(&body);
    let ends = ["</item>", "</member>"].into_iter().flat_map(|end| {
        let found = text.match_indices(end);
        found.map(|(at, end)| at + end.len()).collect::<Vec<_>>()
    });
    let mut ends: Vec<usize> = ends.collect();
    ends.sort_unstable();
    let at = ends.get(ends.len() / 2).copied().unwrap_or(body.len() / 2);
    body.slice(..at.min(body.len()))
}

/// What answers the call before it has any effect; nothing when it may go on.
fn before_effect(
    state: &mut State,
    call: &Call,
    fault: Option<&FaultKind>,
    request_id: &str,
) -> Option<Result<Given, Fail>> {
    let bounded = call.params.0.len() > 2;
    let (now, prefix) = (state.core.now, call.service.prefix());
    if let Some(fail) = sts::refused(state, call) {
        return Some(Err(fail));
    }
    if !state
        .throttle
        .admit(now, &call.region, prefix, &call.operation, bounded)
    {
        return Some(Err(call.service.throttled()));
    }
    let denied = matches!(fault, Some(FaultKind::Denied));
    let asked = iam::of_call(state, call);
    if denied || !state.iam.may(sts::role(call), &asked) {
        return Some(denial(state, call, request_id));
    }
    if let Some(action) = iam::refused_tagging(state, call) {
        let operation = action
            .split_once(':')
            .map_or(action, |(_, operation)| operation);
        return Some(Err(call.service.denied(
            &state.core.caller,
            operation,
            request_id,
        )));
    }
    if let Some(part) = iam::refused_part(state, call) {
        return Some(Err(call.service.denied(
            &state.core.caller,
            part,
            request_id,
        )));
    }
    match fault? {
        FaultKind::Throttle => Some(Err(call.service.throttled())),
        FaultKind::Http5xx | FaultKind::TimeoutBeforeEffect | FaultKind::DropBeforeEffect => {
            Some(Err(call.service.broken()))
        }
        FaultKind::InsufficientInstanceCapacity => Some(Err(ec2::no_capacity("this type", "any"))),
        FaultKind::Custom {
            code,
            status,
            message,
        } => Some(Err(Fail::new(code, message.as_str()).with_status(*status))),
        _ => None,
    }
}

/// Elastic Beanstalk's reads do not say no: they come back empty.
fn denial(state: &State, call: &Call, request_id: &str) -> Result<Given, Fail> {
    let empty = match call.service {
        Service::Beanstalk => beanstalk::empty_answer(&call.operation),
        _ => None,
    };
    match empty {
        Some(inner) => Ok(Given::Xml(inner)),
        None if call.service == Service::Beanstalk => Err(Fail::new(
            "InsufficientPrivilegesException",
            format!(
                "You do not have permission to perform the '{}' action.",
                call.operation
            ),
        )
        .with_status(403)),
        None if call.operation == "AssumeRole" => Err(sts::may_not_assume(state, call)),
        None => Err(call
            .service
            .denied(&state.core.caller, &call.operation, request_id)),
    }
}

fn dispatch(state: &mut State, call: &Call) -> Result<Given, Fail> {
    match call.service {
        Service::Ec2 => {
            let retirement = retirements::about(state, call);
            let templates = beanstalk::launch_templates::seen_by(state, call);
            let given = ec2::call(state, call, templates)?;
            state.retirements.extend(retirement);
            Ok(Given::Xml(given))
        }
        Service::Beanstalk => beanstalk::call(state, call).map(Given::Xml),
        Service::AutoScaling => autoscaling::call(state, call).map(Given::Xml),
        Service::DynamoDb => dynamodb::call(state, call).map(Given::Json),
        Service::EventBridge => messaging::bus::call(state, call).map(Given::Json),
        Service::Kms => kms::call(state, call).map(Given::Json),
        Service::Sns => messaging::sns::call(state, call).map(Given::Xml),
        Service::Sqs => messaging::sqs::call(state, call).map(Given::Json),
        Service::Ssm => ssm::call(state, call).map(Given::Json),
        Service::Sts => sts::call(state, call).map(Given::Xml),
        Service::Unknown => Err(unknown_operation(&call.operation)),
    }
}

/// The answer to an operation that is not simulated.
pub(crate) fn unknown_operation(operation: &str) -> Fail {
    let message = format!("The action {operation} is not valid for this simulated web service.");
    Fail::new("InvalidAction", message)
}

fn note(
    state: &mut State,
    call: &Call,
    result: &Result<Given, Fail>,
    took_effect: bool,
    delivery: Delivery,
    request_id: &str,
) {
    let outcome = match (result, delivery) {
        (_, Delivery::Never) => "never answered".to_owned(),
        (_, Delivery::Drops) => "connection dropped".to_owned(),
        (Ok(_), Delivery::Arrives) => "ok".to_owned(),
        (Err(fail), Delivery::Arrives) => fail.code.clone(),
    };
    state.ledger.push(Entry {
        at: state.core.now,
        region: call.region.clone(),
        caller: sts::who(state, call),
        key: call.access_key.clone(),
        service: call.service.prefix().to_owned(),
        operation: call.operation.clone(),
        params: call.params.0.clone(),
        outcome,
        took_effect,
        answered: delivery == Delivery::Arrives,
        request_id: request_id.to_owned(),
    });
}
