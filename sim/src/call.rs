//! From an HTTP request to a call: service and region by the signature's scope, parameters by the
//! protocol. Nothing is decided here.

use bytes::Bytes;
use serde_json::Value;

use crate::roles::Session;
use crate::wire::fail::Fail;
use crate::wire::params::Params;

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
    /// Whose signature it is.
    pub(crate) access_key: String,
    pub(crate) session_token: Option<String>,
    /// The session that signed it, where one did.
    pub(crate) session: Option<Session>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Beanstalk,
    AutoScaling,
    DynamoDb,
    EventBridge,
    Kms,
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
            Self::AutoScaling => "autoscaling",
            Self::DynamoDb => "dynamodb",
            Self::EventBridge => "events",
            Self::Kms => "kms",
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
            "autoscaling" => Self::AutoScaling,
            "dynamodb" => Self::DynamoDb,
            "events" => Self::EventBridge,
            "kms" => Self::Kms,
            "sns" => Self::Sns,
            "sqs" => Self::Sqs,
            "ssm" => Self::Ssm,
            "sts" => Self::Sts,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Beanstalk => "http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/",
            Self::AutoScaling => "http://autoscaling.amazonaws.com/doc/2011-01-01/",
            Self::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::DynamoDb
            | Self::EventBridge
            | Self::Kms
            | Self::Sqs
            | Self::Ssm
            | Self::Unknown => "",
        }
    }

    pub(crate) fn throttled(self) -> Fail {
        match self {
            Self::Ec2 => {
                Fail::new("RequestLimitExceeded", "Request limit exceeded.").with_status(503)
            }
            Self::DynamoDb => Fail::new(
                "ThrottlingException",
                "Throughput exceeds the current capacity of your table or index.",
            ),
            Self::EventBridge | Self::Kms | Self::Ssm => {
                Fail::new("ThrottlingException", "Rate exceeded")
            }
            _ => Fail::new("Throttling", "Rate exceeded"),
        }
    }

    pub(crate) fn broken(self) -> Fail {
        let code = match self {
            Self::Ec2 => "InternalError",
            Self::DynamoDb => "InternalServerError",
            _ => "InternalFailure",
        };
        Fail::new(code, "An internal error has occurred").with_status(500)
    }

    pub(crate) fn denied(self, who: &str, operation: &str, request_id: &str) -> Fail {
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
                let json = matches!(
                    other,
                    Self::DynamoDb | Self::EventBridge | Self::Kms | Self::Ssm | Self::Sqs
                );
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

pub(crate) fn parse(request: &http::Request<Bytes>) -> Result<Call, (Service, Fail)> {
    let (region, service, access_key) = scope(request)?;
    let session_token = request
        .headers()
        .get("x-amz-security-token")
        .and_then(|token| token.to_str().ok())
        .map(str::to_owned);
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
            access_key,
            session_token,
            session: None,
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
        access_key,
        session_token,
        session: None,
    })
}

/// Whose signature a request has, where it has one.
pub(crate) fn signer(request: &http::Request<Bytes>) -> Option<String> {
    let (_, _, access_key) = scope(request).ok()?;
    Some(access_key)
}

/// Region, service and key from the signature's scope. The signature itself is not verified: any
/// credentials do.
fn scope(request: &http::Request<Bytes>) -> Result<(String, Service, String), (Service, Fail)> {
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
        ["aws4_request", service, region, _date, key, ..] => Ok((
            (*region).to_owned(),
            Service::of(service),
            (*key).to_owned(),
        )),
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
