//! The wire of a life: the account's connector, with a point before each request is sent and one
//! after it was answered, and a guard that looks at whatever a destructive request names.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use sim::Account;

use super::mutant::{Mutant, Wired, heard, sent};
use super::seam::Seam;

/// What ends or removes something, or changes its tags.
const DESTRUCTIVE: [&str; 13] = [
    "TerminateInstances",
    "StopInstances",
    "DeregisterImage",
    "DeleteSnapshot",
    "DeleteSecurityGroup",
    "CreateTags",
    "DeleteTags",
    "DisableImage",
    "DisableImageDeprecation",
    "EnableImage",
    "EnableImageDeprecation",
    "ModifyImageAttribute",
    "UpdateEnvironment",
];

/// Watches destructive requests before they are sent: what they name must carry our tag.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    installation: String,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    judged: usize,
    trespasses: Vec<String>,
}

impl Guard {
    pub(crate) fn of(installation: &str) -> Arc<Self> {
        Arc::new(Self {
            installation: installation.to_owned(),
            seen: Mutex::default(),
        })
    }

    /// Another guard, which has seen the same so far.
    pub(crate) fn copied(&self) -> Arc<Self> {
        Arc::new(Self {
            installation: self.installation.clone(),
            seen: Mutex::new(self.seen.lock().unwrap().clone()),
        })
    }

    /// How many destructive requests were judged.
    pub(crate) fn judged(&self) -> usize {
        self.seen.lock().unwrap().judged
    }

    /// Requests that named something which is not ours.
    pub(crate) fn trespasses(&self) -> Vec<String> {
        self.seen.lock().unwrap().trespasses.clone()
    }

    fn judge(&self, account: &Account, operation: &str, body: &str) {
        if !DESTRUCTIVE.contains(&operation) {
            return;
        }
        let mut seen = self.seen.lock().unwrap();
        seen.judged += 1;
        if operation == "UpdateEnvironment" {
            seen.trespasses.push(body.to_owned());
        }
        for id in ids(body) {
            if let Some(tags) = tags_of(account, &id)
                && tags.get("amiwatch:installation") != Some(&self.installation)
            {
                seen.trespasses
                    .push(format!("{operation} {id}: tags {tags:?}"));
            }
        }
    }
}

type Tags = std::collections::BTreeMap<String, String>;

/// The tags of something that is there.
fn tags_of(account: &Account, id: &str) -> Option<Tags> {
    match id.split('-').next()? {
        "i" => account.instance(id).map(|one| one.tags),
        "ami" => account.image(id).map(|one| one.tags),
        "snap" => {
            let all = account.snapshots();
            all.into_iter().find(|one| one.id == id).map(|one| one.tags)
        }
        // A group that calls made is listed as left over; one of the world's has no tag of ours.
        _ => {
            let all = account.leftovers();
            let made = all.into_iter().find(|one| one.id == id).map(|one| one.tags);
            Some(made.unwrap_or_default())
        }
    }
}

/// Every EC2 id among a form's values.
fn ids(body: &str) -> Vec<String> {
    let values = body.split('&').filter_map(|pair| pair.split_once('='));
    let is_id = |value: &&str| {
        ["i-", "ami-", "snap-", "sg-", "vol-"]
            .iter()
            .any(|prefix| value.starts_with(prefix))
    };
    values
        .map(|(_, value)| value)
        .filter(is_id)
        .map(str::to_owned)
        .collect()
}

/// The account's connector with the seam and the guard before it.
pub(crate) fn wire(
    account: &Account,
    seam: &Arc<Seam>,
    guard: &Arc<Guard>,
    mutant: Option<Mutant>,
) -> SharedHttpClient {
    SharedHttpClient::new(Wire {
        inner: account.connector_on_tokio(),
        account: account.clone(),
        seam: Arc::clone(seam),
        guard: Arc::clone(guard),
        mutant,
    })
}

#[derive(Clone)]
struct Wire {
    inner: SharedHttpClient,
    account: Account,
    seam: Arc<Seam>,
    guard: Arc<Guard>,
    mutant: Option<Mutant>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Carrier {
            inner: self.inner.http_connector(settings, components),
            wire: self.clone(),
        })
    }
}

#[derive(Clone, Debug)]
struct Carrier {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Carrier {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let body = request.body().bytes().unwrap_or_default();
            let body = String::from_utf8_lossy(body).into_owned();
            let operation = operation(&request, &body);
            this.wire
                .seam
                .point_out(|| format!("{operation}, never sent"))
                .await;
            this.wire.seam.sends().await;
            this.wire.guard.judge(&this.wire.account, &operation, &body);
            let answer = match this.wire.mutant {
                None => this.inner.call(request).await,
                Some(mutant) => this.call_wrongly(mutant, &operation, &body, request).await,
            };
            this.wire
                .seam
                .point_out(|| format!("{operation}, answer lost"))
                .await;
            this.wire.seam.hears().await;
            answer
        })
    }
}

impl Carrier {
    async fn call_wrongly(
        &self,
        mutant: Mutant,
        operation: &str,
        body: &str,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        match sent(mutant, operation, body) {
            Wired::Sends(form) => {
                *request.body_mut() = SdkBody::from(form);
                let mut answer = self.inner.call(request).await?;
                let text = answer.body().bytes().map(String::from_utf8_lossy);
                let heard = text.and_then(|text| heard(mutant, operation, &text));
                if let Some(heard) = heard {
                    answer.headers_mut().remove("content-length");
                    *answer.status_mut() = StatusCode::try_from(200).expect("it is one");
                    *answer.body_mut() = SdkBody::from(heard);
                }
                Ok(answer)
            }
            Wired::Answers(xml) => {
                let status = StatusCode::try_from(200).expect("it is one");
                Ok(HttpResponse::new(status, SdkBody::from(xml)))
            }
        }
    }
}

/// `RunInstances`: from the form of the query protocols, or from the JSON protocols' header.
fn operation(request: &HttpRequest, body: &str) -> String {
    let target = request.headers().get("x-amz-target");
    let word = match target {
        Some(target) => target.rsplit('.').next(),
        None => body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action=")),
    };
    word.unwrap_or("?").to_owned()
}
