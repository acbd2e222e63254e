//! A webhook of one's own: CloudEvents, signed as Standard Webhooks says; or whatever a template makes, for
//! receivers with a form of their own (Discord, ntfy, Google Chat, Alertmanager).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Hook, KeptSecret, NotSent, Receiver, Sending, Sort};
use crate::clock::Clock;
use crate::http_send::Posted;
use crate::model::bake::digest;
use crate::model::notice::Notice;
use crate::model::secret::Secret;
use crate::outbox::render::{SpokenNotice, notice_event, notice_fields};
use crate::template::{makes_json, render_message};

/// Programs take more, chats behind a template less: what they refuse for a while is waited for.
const PAUSE: Duration = Duration::from_millis(200);
/// What a signing secret begins with where Standard Webhooks made it.
const PREFIX: &str = "whsec_";

/// One webhook.
#[derive(Clone)]
pub struct Webhook {
    pub hook: Hook,
    pub clock: Clock,
    /// What messages are signed with; absent where they are not.
    pub signing: Option<KeptSecret>,
    /// What makes the body; absent for CloudEvents.
    pub template: Option<HookTemplate>,
}

/// A template by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookTemplate {
    /// The file's name, which says whether it makes JSON.
    pub name: String,
    pub text: String,
    /// Where the readers of what it makes are.
    pub zone: Tz,
}

impl Receiver for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    /// Whoever takes CloudEvents drops repeats by their id; behind a template there may be a chat.
    fn shows_repeats(&self) -> bool {
        self.template.is_some()
    }

    fn free_at(&self) -> Option<DateTime<Utc>> {
        self.hook.free_at()
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(self.post(notice, again))
    }
}

impl Webhook {
    async fn post(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let (kind, body) = self.body(notice, again)?;
        let mut posted = Posted::of_text(kind, body);
        let id = format!("msg_{}", digest(&[&notice.key]));
        let at = self.clock.now().timestamp();
        if let Some(signing) = &self.signing {
            let secret = signing.read_now().await?;
            let signature = signature(&secret, &id, at, posted.body()).map_err(|why| NotSent {
                sort: Sort::Later,
                why: format!("what {} holds {why}", signing.from),
            })?;
            posted = posted.with_header("webhook-signature", Secret::new(signature));
        }
        posted = posted.with_header("webhook-id", Secret::new(id));
        posted = posted.with_header("webhook-timestamp", Secret::new(at.to_string()));
        let sent = self.hook.post(&posted, PAUSE).await;
        sent.map(drop).map_err(|error| {
            error.not_sent(|_| {
                let from = &self.hook.url.from;
                format!(
                    "see what it takes, and the address in {from}, then run `amiwatch notify retry`"
                )
            })
        })
    }

    fn body(&self, notice: &Notice, again: bool) -> Result<(&'static str, String), NotSent> {
        let Some(template) = &self.template else {
            let event = notice_event(notice).to_string();
            return Ok(("application/cloudevents+json; charset=utf-8", event));
        };
        let fields = notice_fields(SpokenNotice::in_zone(notice, template.zone), again);
        let made = render_message(&template.text, &template.name, &fields);
        let made = made.map_err(|error| NotSent {
            sort: Sort::Refused,
            why: format!(
                "{} makes no message of this notice: {error}; correct it, then run `amiwatch notify \
                 retry`",
                template.name
            ),
        })?;
        let kind = match makes_json(&template.name) {
            true => "application/json; charset=utf-8",
            false => "text/plain; charset=utf-8",
        };
        Ok((kind, made))
    }
}

/// `v1,` and the HMAC of id, time and body, as Standard Webhooks has it.
///
/// # Errors
/// When the secret is none that can sign; without a word of it.
fn signature(secret: &Secret, id: &str, at: i64, body: &str) -> Result<String, &'static str> {
    let key = secret.expose();
    let key = key.strip_prefix(PREFIX).unwrap_or(key);
    let key = BASE64_STANDARD.decode(key);
    let key =
        key.map_err(|_| "is no signing secret: put `whsec_` and 24 to 64 bytes in base64 there")?;
    if !(24..=64).contains(&key.len()) {
        return Err(
            "is too short or too long to sign with: Standard Webhooks wants 24 to 64 bytes in base64",
        );
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| "cannot sign")?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let signed = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("v1,{signed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of the specification's own libraries.
    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = signature(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(
            signed.unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn what_cannot_sign_says_so_and_keeps_itself() {
        for secret in ["whsec_hush hush", "whsec_aHVzaA==", "hush"] {
            let why = signature(&Secret::new(secret), "id", 0, "").unwrap_err();
            assert!(
                why.contains("24 to 64 bytes") && !why.contains("hush"),
                "{why}"
            );
        }
    }
}
