//! HTTP responses in each service's protocol.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::fail::{self, Fail};
use crate::call::{Call, Service};
use crate::messaging;

pub(crate) fn xml_response(call: &Call, inner: &str, request_id: &str) -> Response<Bytes> {
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

pub(crate) fn json_response(
    service: Service,
    status: u16,
    body: Bytes,
    request_id: &str,
) -> Response<Bytes> {
    let version = match service {
        Service::DynamoDb => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    };
    response(status, version, body, request_id)
}

pub(crate) fn refusal(service: Service, fail: &Fail, request_id: &str) -> Response<Bytes> {
    match service {
        Service::DynamoDb => json_response(service, fail.status, fail::dynamodb(fail), request_id),
        Service::EventBridge | Service::Kms | Service::Ssm => {
            json_response(service, fail.status, fail::json(fail), request_id)
        }
        Service::Sqs => {
            let mut response = json_response(service, fail.status, fail::json(fail), request_id);
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
