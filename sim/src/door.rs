//! The one door: from an HTTP request to a call, through faults, throttling and permission, to the
//! service, and back to an HTTP response. Every call passes here and is written down here.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use crate::fault::FaultKind;
use crate::ledger::Entry;
use crate::state::State;
use crate::wire::fail::{self, Fail};
use crate::wire::params::Params;
use crate::{beanstalk, ec2, messaging, ssm, sts};

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

/// One parsed call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) region: String,
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) params: Params,
    /// The body of JSON protocols; null otherwise.
    pub(crate) body: Value,
    /// `http://host:port` as the caller addressed it; SQS puts it into queue URLs.
    pub(crate) origin: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Beanstalk,
    Sns,
    Sqs,
    Ssm,
    Sts,
    Unknown,
}

impl Service {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Beanstalk => "elasticbeanstalk",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::Ssm => "ssm",
            Self::Sts => "sts",
            Self::Unknown => "unknown",
        }
    }

    fn of(prefix: &str) -> Self {
        match prefix {
            "ec2" => Self::Ec2,
            "elasticbeanstalk" => Self::Beanstalk,
            "sns" => Self::Sns,
            "sqs" => Self::Sqs,
            "ssm" => Self::Ssm,
            "sts" => Self::Sts,
            _ => Self::Unknown,
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Beanstalk => "http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/",
            Self::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Sqs | Self::Ssm | Self::Unknown => "",
        }
    }

    fn throttled(self) -> Fail {
        match self {
            Self::Ec2 => {
                Fail::new("RequestLimitExceeded", "Request limit exceeded.").with_status(503)
            }
            Self::Ssm => Fail::new("ThrottlingException", "Rate exceeded"),
            _ => Fail::new("Throttling", "Rate exceeded"),
        }
    }

    fn broken(self) -> Fail {
        let code = if self == Self::Ec2 {
            "InternalError"
        } else {
            "InternalFailure"
        };
        Fail::new(code, "An internal error has occurred").with_status(500)
    }

    fn denied(self, operation: &str, request_id: &str) -> Fail {
        let who = format!("arn:aws:iam::{}:user/simulated", crate::ACCOUNT_ID);
        match self {
            Self::Ec2 => Fail::new(
                "UnauthorizedOperation",
                format!(
                    "You are not authorized to perform this operation. User: {who} is not \
                     authorized to perform: ec2:{operation}. Encoded authorization failure \
                     message: simulated-{request_id}"
                ),
            )
            .with_status(403),
            other => {
                let json = matches!(other, Self::Ssm | Self::Sqs);
                let code = if json {
                    "AccessDeniedException"
                } else {
                    "AccessDenied"
                };
                let action = format!("{}:{operation}", other.prefix());
                let message = format!("User: {who} is not authorized to perform: {action}");
                Fail::new(code, message).with_status(if json { 400 } else { 403 })
            }
        }
    }
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
        Ok(call) => answer_call(state, &call, request_id),
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
    let prefix = call.service.prefix();
    let fault = state.faults.strike(&call.region, prefix, &call.operation);
    let before = before_effect(state, call, fault.as_ref(), &request_id);
    let took_effect = before.is_none();
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
        Ok(Given::Json(body)) => json_response(200, body.to_string().into(), &request_id),
        Err(fail) => refusal(call.service, &fail, &request_id),
    };
    Answer {
        response,
        latency,
        delivery,
    }
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
    if !state
        .throttle
        .admit(now, &call.region, prefix, &call.operation, bounded)
    {
        return Some(Err(call.service.throttled()));
    }
    let denied = matches!(fault, Some(FaultKind::Denied));
    if denied || !state.iam.may(prefix, &call.operation) {
        return Some(denial(call, request_id));
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
fn denial(call: &Call, request_id: &str) -> Result<Given, Fail> {
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
        None => Err(call.service.denied(&call.operation, request_id)),
    }
}

fn dispatch(state: &mut State, call: &Call) -> Result<Given, Fail> {
    match call.service {
        Service::Ec2 => ec2::call(state, call).map(Given::Xml),
        Service::Beanstalk => beanstalk::call(state, call).map(Given::Xml),
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
        service: call.service.prefix().to_owned(),
        operation: call.operation.clone(),
        params: call.params.0.clone(),
        outcome,
        took_effect,
        answered: delivery == Delivery::Arrives,
        request_id: request_id.to_owned(),
    });
}

fn parse(request: &http::Request<Bytes>) -> Result<Call, (Service, Fail)> {
    let (region, service) = scope(request)?;
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|t| t.to_str().ok());
    let origin = origin(request);
    let Some(target) = target else {
        let mut params = Params::from_form(request.body());
        if let Some(query) = request.uri().query() {
            params.0.extend(Params::from_form(query.as_bytes()).0);
        }
        let operation = params.0.remove("Action").unwrap_or_default();
        params.0.remove("Version");
        return Ok(Call {
            region,
            service,
            operation,
            params,
            body: Value::Null,
            origin,
        });
    };
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body: Value = match request.body().as_ref() {
        b"" => Value::Object(serde_json::Map::new()),
        bytes => serde_json::from_slice(bytes).map_err(|e| {
            (
                service,
                Fail::new(
                    "SerializationException",
                    format!("The body is not JSON: {e}"),
                ),
            )
        })?,
    };
    let params = Params::from_json(&body);
    Ok(Call {
        region,
        service,
        operation,
        params,
        body,
        origin,
    })
}

/// Region and service from the signature's scope. The signature itself is not verified: any
/// credentials do.
fn scope(request: &http::Request<Bytes>) -> Result<(String, Service), (Service, Fail)> {
    let by_host = host_service(request);
    let header = request.headers().get(http::header::AUTHORIZATION);
    let Some(header) = header.and_then(|h| h.to_str().ok()) else {
        let message = "Request is missing Authentication Token";
        return Err((
            by_host,
            Fail::new("MissingAuthenticationToken", message).with_status(403),
        ));
    };
    let credential = header.split_once("Credential=").map(|(_, rest)| rest);
    let credential = credential
        .and_then(|rest| rest.split([',', ' ']).next())
        .unwrap_or_default();
    let parts: Vec<&str> = credential.rsplit('/').collect();
    match parts.as_slice() {
        ["aws4_request", service, region, _date, _key, ..] => {
            Ok(((*region).to_owned(), Service::of(service)))
        }
        _ => {
            let message = "Authorization header requires 'Credential' parameter with key/date/\
                           region/service/aws4_request. Authorization=AWS4-HMAC-SHA256";
            Err((by_host, Fail::new("IncompleteSignature", message)))
        }
    }
}

fn host_service(request: &http::Request<Bytes>) -> Service {
    let host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|h| h.to_str().ok());
    let host = host.or(request.uri().host()).unwrap_or_default();
    host.split('.')
        .map(Service::of)
        .find(|s| *s != Service::Unknown)
        .unwrap_or(Service::Unknown)
}

fn origin(request: &http::Request<Bytes>) -> String {
    let host = request
        .headers()
        .get(http::header::HOST)
        .and_then(|h| h.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let scheme = request.uri().scheme_str().unwrap_or("http");
    format!("{scheme}://{}", host.or(authority).unwrap_or("simulated"))
}

fn xml_response(call: &Call, inner: &str, request_id: &str) -> Response<Bytes> {
    let (op, ns) = (&call.operation, call.service.namespace());
    let body = if call.service == Service::Ec2 {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{op}Response xmlns=\"{ns}\"><requestId>\
             {request_id}</requestId>{inner}</{op}Response>"
        )
    } else {
        format!(
            "<{op}Response xmlns=\"{ns}\"><{op}Result>{inner}</{op}Result><ResponseMetadata>\
             <RequestId>{request_id}</RequestId></ResponseMetadata></{op}Response>"
        )
    };
    response(200, "text/xml;charset=UTF-8", body.into(), request_id)
}

fn json_response(status: u16, body: Bytes, request_id: &str) -> Response<Bytes> {
    response(status, "application/x-amz-json-1.1", body, request_id)
}

fn refusal(service: Service, fail: &Fail, request_id: &str) -> Response<Bytes> {
    match service {
        Service::Ssm => json_response(fail.status, fail::json(fail), request_id),
        Service::Sqs => {
            let mut response = json_response(fail.status, fail::json(fail), request_id);
            if let Ok(code) = http::HeaderValue::from_str(&messaging::sqs::query_error(fail)) {
                response.headers_mut().insert("x-amzn-query-error", code);
            }
            response
        }
        Service::Ec2 => response(
            fail.status,
            "text/xml;charset=UTF-8",
            fail::ec2(fail, request_id),
            request_id,
        ),
        other => {
            let body = fail::query(fail, request_id, other.namespace());
            response(fail.status, "text/xml", body, request_id)
        }
    }
}

fn response(status: u16, content_type: &str, body: Bytes, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", content_type),
        ("x-amzn-requestid", request_id),
    ] {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            headers.insert(http::HeaderName::from_static(name), value);
        }
    }
    response
}
