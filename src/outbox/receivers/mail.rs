//! E-mail as a receiver, by SMTP: one connection a message. What was not handed over is known not to have
//! arrived; what was, and was never answered, may have.
//!
//! The conversation is spoken step by step, so that each failure is known by its step: a library's "network
//! error" would not say whether the message had left.

mod html;

mod message;

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::time::Duration;

use chrono_tz::Tz;
use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::{KeptSecret, NotSent, Receiver, Sending, Sort};
use crate::clock::Clock;
use crate::model::notice::{MailTls, Notice};
use crate::model::plain_text::one_line;
use crate::model::secret::Secret;
use crate::outbox::render::SpokenNotice;

pub use html::mail_html;
pub use message::{mail_message, mail_text};

/// For one message, from the connection to the last answer: another process that finds it begun leaves it alone
/// for longer.
const TIME_MAX: Duration = Duration::from_secs(20);
/// For the goodbye, which nothing hangs on.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// What a server answers that does not know a password, or wants one.
const NOT_KNOWN: [u16; 3] = [530, 534, 535];
/// Of what a server says, for whoever looks why it refused.
const SAID_MAX: usize = 300;

/// What a repeat begins with.
const AGAIN: &str = "Sent again: an earlier try may have arrived. It is the same event.";

/// One server, and whom it is given messages for.
#[derive(Clone)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    /// A name and where its password is kept; absent where the server asks nobody.
    pub login: Option<(String, KeptSecret)>,
    pub from: Mailbox,
    /// Never empty.
    pub to: Vec<Mailbox>,
    /// Where its readers are.
    pub zone: Tz,
    pub clock: Clock,
}

/// Where in the conversation it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MailStep {
    Connect,
    Login,
    From,
    To(Address),
    Data,
    /// The message itself: from here on it may have arrived.
    Message,
}

/// Why the conversation ended before its end.
struct BrokenOff {
    step: MailStep,
    code: Option<u16>,
    said: String,
}

type Spoken<T> = Result<T, BrokenOff>;

impl Receiver for MailServer {
    fn kind(&self) -> &'static str {
        "email"
    }

    /// Servers that know a message by its id are few.
    fn shows_repeats(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, notice: &'a Notice, again: bool) -> Sending<'a> {
        Box::pin(self.mail(notice, again))
    }
}

impl MailServer {
    async fn mail(&self, notice: &Notice, again: bool) -> Result<(), NotSent> {
        let message = mail_message(
            SpokenNotice::in_zone(notice, self.zone),
            again,
            &self.from,
            &self.to,
        );
        let message = message.map_err(|error| NotSent {
            sort: Sort::Refused,
            why: format!("no mail can be made of it: {error}; see `from` and `to`"),
        })?;
        let password = match &self.login {
            Some((_, password)) => Some(password.read_now().await?),
            None => None,
        };
        let handed_over = Cell::new(false);
        let message = message.formatted();
        let talk = self.talk(&message, password.as_ref(), &handed_over);
        match self.clock.timeout(TIME_MAX, talk).await {
            Ok(Ok(mut connection)) => {
                // It is sent, whatever is answered to a goodbye.
                let _ = self.clock.timeout(GOODBYE_MAX, connection.quit()).await;
                Ok(())
            }
            Ok(Err(broken_off)) => Err(self.not_sent(&broken_off, password.as_ref())),
            Err(elapsed) => Err(NotSent {
                sort: match handed_over.get() {
                    true => Sort::Unknown,
                    false => Sort::Later,
                },
                why: format!("{}:{}: {elapsed}", self.host, self.port),
            }),
        }
    }

    /// The conversation, up to the answer to the message.
    async fn talk(
        &self,
        message: &[u8],
        password: Option<&Secret>,
        handed_over: &Cell<bool>,
    ) -> Spoken<AsyncSmtpConnection> {
        let mut connection = self.connect().await.map_err(at(MailStep::Connect))?;
        if let Some((user, password)) = self.login.as_ref().map(|login| &login.0).zip(password) {
            let login = Credentials::new(user.clone(), password.expose().to_owned());
            let known = connection.auth(&[Mechanism::Plain, Mechanism::Login], &login);
            known.await.map_err(at(MailStep::Login))?;
        }
        let from = Mail::new(Some(self.from.email.clone()), Vec::new());
        let taken = connection.command(from).await;
        taken.map_err(at(MailStep::From))?;
        self.recipients(&mut connection).await?;
        let data = connection.command(Data).await;
        data.map_err(at(MailStep::Data))?;
        handed_over.set(true);
        let answered = connection.message(message).await;
        answered.map_err(at(MailStep::Message))?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let server = (self.host.as_str(), self.port);
        let tls = || TlsParameters::new(self.host.clone());
        let wrapped = match self.tls {
            MailTls::Wrapped => Some(tls()?),
            MailTls::Starttls | MailTls::Nothing => None,
        };
        let connect = AsyncSmtpConnection::connect_tokio1(server, None, &hello, wrapped, None);
        let mut connection = connect.await?;
        if self.tls == MailTls::Starttls {
            connection.starttls(tls()?, &hello).await?;
        }
        Ok(connection)
    }

    /// Names everybody. Whom the server refuses for good does not keep it from the others, but is said; whom it
    /// cannot take now is waited for, by all.
    async fn recipients(&self, connection: &mut AsyncSmtpConnection) -> Spoken<()> {
        let mut refused = Vec::new();
        for one in &self.to {
            let to = Rcpt::new(one.email.clone(), Vec::new());
            let taken = connection.command(to).await;
            let Err(broken_off) = taken.map_err(at(MailStep::To(one.email.clone()))) else {
                continue;
            };
            match broken_off.code {
                Some(500..) => refused.push(broken_off),
                _ => return Err(broken_off),
            }
        }
        if refused.len() == self.to.len() {
            return refused.pop().map_or(Ok(()), Err);
        }
        for BrokenOff { step, said, .. } in refused {
            tracing::warn!(
                host = self.host,
                "the mail goes to the others: {} was refused ({said}); correct `to`, or ask whoever runs the server",
                step.phrase()
            );
        }
        Ok(())
    }

    fn not_sent(&self, broken_off: &BrokenOff, password: Option<&Secret>) -> NotSent {
        let BrokenOff { step, code, said } = broken_off;
        let unknown = code.is_some_and(|code| NOT_KNOWN.contains(&code));
        if let Some((_, kept)) = self.login.as_ref().filter(|_| unknown) {
            kept.forget();
        }
        let sort = broken_off.sort();
        let next = match (step, sort) {
            _ if unknown => "; see `user` and what its password is kept in".to_owned(),
            (MailStep::Connect, _) => "; see `host`, `port` and `tls`".to_owned(),
            (_, Sort::Refused) => {
                "; correct that, or ask whoever runs the server, then run `amiwatch notify retry`"
                    .to_owned()
            }
            _ => String::new(),
        };
        let said = without(password, said);
        NotSent {
            sort,
            why: format!(
                "{}:{}: {}: {said}{next}",
                self.host,
                self.port,
                step.phrase()
            ),
        }
    }
}

impl BrokenOff {
    /// What it means for the next try: by the step, and by whether the server said no for good.
    fn sort(&self) -> Sort {
        match (&self.step, self.code) {
            (_, Some(code)) if NOT_KNOWN.contains(&code) => Sort::Later,
            (MailStep::Connect | MailStep::Login, _) => Sort::Later,
            (_, Some(500..)) => Sort::Refused,
            (MailStep::Message, None) => Sort::Unknown,
            _ => Sort::Later,
        }
    }
}

impl MailStep {
    fn phrase(&self) -> String {
        match self {
            Self::Connect => "connecting".to_owned(),
            Self::Login => "logging in".to_owned(),
            Self::From => "the sender in `from`".to_owned(),
            Self::To(address) => format!("the recipient {address} in `to`"),
            Self::Data => "before the message".to_owned(),
            Self::Message => "the message".to_owned(),
        }
    }
}

/// An error of the library, as one of this step.
fn at(step: MailStep) -> impl FnOnce(lettre::transport::smtp::Error) -> BrokenOff {
    move |error| BrokenOff {
        step,
        code: error.status().map(u16::from),
        said: one_line(&error.to_string())
            .chars()
            .take(SAID_MAX)
            .collect(),
    }
}

/// What a server said, should it have said the password back.
fn without(password: Option<&Secret>, said: &str) -> String {
    let hidden = password.map(Secret::expose).filter(|word| !word.is_empty());
    match hidden {
        Some(word) => said.replace(word, "[secret]"),
        None => said.to_owned(),
    }
}
