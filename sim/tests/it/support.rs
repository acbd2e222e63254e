//! Requests by hand, for tests that are about the account and not about a client.

use bytes::Bytes;
use chrono::{DateTime, TimeZone, Utc};
use sim::{Account, Delivery, HandClock, SimClock, Timing};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";

pub(crate) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap()
}

/// An account on a clock that stands still.
pub(crate) fn account() -> (Account, HandClock) {
    let (clock, hand) = SimClock::fixed_handle(start());
    (Account::new(clock), hand)
}

/// An account where nothing takes time, with an x86_64 image of Amazon.
pub(crate) fn instant() -> (Account, HandClock, String) {
    let (account, hand) = account();
    account.set_timing(Timing::instant());
    let image = account
        .at(REGION)
        .image(sim::ImageSpec::amazon("base"))
        .unwrap();
    (account, hand, image)
}

pub(crate) fn request(service: &str, form: &str) -> http::Request<Bytes> {
    request_in(service, REGION, form)
}

fn request_in(service: &str, region: &str, form: &str) -> http::Request<Bytes> {
    let scope = format!("key/20261101/{region}/{service}/aws4_request");
    let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=none");
    http::Request::post("http://sim.invalid/")
        .header("authorization", authorization)
        .body(Bytes::from(form.to_owned()))
        .unwrap()
}

/// What came back for a query-protocol call.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) delivery: Delivery,
}

impl Reply {
    /// The text of the first element of this name.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let document = roxmltree::Document::parse(&self.body).expect("answers are XML");
        let found = document
            .descendants()
            .find(|n| n.tag_name().name() == name)?;
        found.text().map(str::to_owned)
    }

    pub(crate) fn code(&self) -> String {
        self.text("Code").unwrap_or_else(|| "ok".to_owned())
    }
}

pub(crate) fn call(account: &Account, service: &str, form: &str) -> Reply {
    call_in(account, service, REGION, form)
}

pub(crate) fn call_in(account: &Account, service: &str, region: &str, form: &str) -> Reply {
    reply_to(account, &request_in(service, region, form))
}

pub(crate) fn reply_to(account: &Account, request: &http::Request<Bytes>) -> Reply {
    let answer = account.handle(request);
    let body = String::from_utf8(answer.response.body().to_vec()).unwrap();
    Reply {
        status: answer.response.status().as_u16(),
        body,
        delivery: answer.delivery,
    }
}

pub(crate) fn ec2(account: &Account, form: &str) -> Reply {
    call(account, "ec2", form)
}

/// Launches one instance and returns its id.
pub(crate) fn launch(account: &Account, image: &str, more: &str) -> String {
    let form = format!(
        "Action=RunInstances&ImageId={image}&InstanceType=t3.small&MinCount=1&MaxCount=1&{more}"
    );
    let reply = ec2(account, &form);
    reply
        .text("instanceId")
        .unwrap_or_else(|| panic!("no launch: {}", reply.body))
}
