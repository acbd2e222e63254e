//! Reads a receiver that is told by e-mail: the server, how it is spoken to, from whom and to whom.

use lettre::message::Mailbox;
use url::Host;

use crate::model::loopback::is_loopback;
use crate::model::notice::MailTls;
use crate::model::secret::SecretSource;

use super::super::MailAt;
use super::super::fault::{Problem, quoted_value};
use super::super::reading::{ConfigReading, ConfigSection};
use super::super::secret::read_secret;
use super::super::values;
use super::NotifierKind;
use super::route::meant;

/// More of them are a list that the mail server keeps.
const TO_MAX: usize = 50;

pub(super) fn email(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<NotifierKind> {
    let server = server(section, reading);
    let from = reading.required(section, "from", mailbox);
    let to = recipients(section, reading);
    Some(NotifierKind::Email {
        server: server?,
        from: from?,
        to: to?,
    })
}

fn server(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<MailAt> {
    let Some(at) = section.place_of("smtp") else {
        let right = "add `smtp = { host = \"smtp.example.com\" }`";
        let problem = Problem::new("`smtp` is missing", right);
        reading.fault_in_context(section.at.clone(), problem);
        return None;
    };
    if !section.is_table("smtp") {
        return None;
    }
    let smtp = section.section("smtp");
    let way = match smtp.text("tls") {
        None => Some(MailTls::default()),
        written => reading.parsed(written, tls),
    };
    let port = port(&smtp, way.unwrap_or_default(), reading);
    let login = login(&smtp, reading);
    let host = reading.required(&smtp, "host", host);
    let (way, host) = (way?, host?);
    if way == MailTls::Nothing && !is_here(&host) {
        let right = "write \"starttls\" or \"tls\": \"none\" is for a relay on this machine alone";
        let place = smtp.place_of("tls").unwrap_or(at);
        let problem = Problem::new("mail would leave this machine in the clear", right);
        reading.fault(place, problem);
        return None;
    }
    Some(MailAt {
        host,
        port: port?,
        tls: way,
        login: login?,
    })
}

fn tls(text: &str) -> Result<MailTls, Problem> {
    let known = MailTls::ALL.into_iter().find(|way| way.as_str() == text);
    known.ok_or_else(|| {
        let words = MailTls::ALL.map(MailTls::as_str);
        let wrong = format!("{} is no way to make a connection safe", quoted_value(text));
        Problem::new(wrong, meant(text, "the ways", &words))
    })
}

fn port(smtp: &ConfigSection<'_>, way: MailTls, reading: &mut ConfigReading<'_>) -> Option<u16> {
    let Some(at) = smtp.place_of("port") else {
        return Some(way.usual_port());
    };
    // The walk has reported what is no whole number.
    let written = smtp.integer("port")?;
    let port = u16::try_from(written).ok().filter(|port| *port > 0);
    if port.is_none() {
        let right = "write 587 for STARTTLS, 465 for TLS, or what your server says";
        reading.fault(at, Problem::new(format!("{written} is not a port"), right));
    }
    port
}

/// Both or neither: a name without a password logs in nowhere.
#[expect(
    clippy::option_option,
    reason = "no login is right, and a wrong one is reported"
)]
fn login(
    smtp: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<Option<(String, SecretSource)>> {
    let user = smtp.place_of("user");
    let password = smtp.place_of("password");
    let (at, wrong, right) = match (user, password) {
        (None, None) => return Some(None),
        (Some(_), Some(_)) => {
            let named = |text: &str| values::parse_line(text, "a user's name");
            let user = reading.parsed(smtp.text("user"), named);
            let password = read_secret(smtp, "password", reading);
            return Some(Some((user?, password?)));
        }
        (Some(at), None) => (
            at,
            "a user without a password logs in nowhere",
            "add `password = { env = \"...\" }`, or leave `user` out",
        ),
        (None, Some(at)) => (
            at,
            "a password without a user logs in nowhere",
            "add `user = \"...\"`, or leave `password` out",
        ),
    };
    reading.fault(at, Problem::new(wrong, right));
    None
}

fn host(text: &str) -> Result<String, Problem> {
    let bare = !text.contains("://") && !text.contains(['/', '@', ' ']);
    match bare && as_host(text).is_some() {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(
            format!("{} is not a host", quoted_value(text)),
            "write the server's name alone, such as \"smtp.example.com\"; `port` stands beside it",
        )),
    }
}

/// A name or an address, the latter of IPv6 without brackets, as a resolver takes it.
fn as_host(text: &str) -> Option<Host<String>> {
    let address: Option<std::net::Ipv6Addr> = text.parse().ok();
    match address {
        Some(address) => Some(Host::Ipv6(address)),
        None => Host::parse(text).ok(),
    }
}

fn is_here(host: &str) -> bool {
    as_host(host).is_some_and(|host| match &host {
        Host::Domain(name) => is_loopback(&Host::Domain(name.as_str())),
        Host::Ipv4(address) => is_loopback(&Host::Ipv4(*address)),
        Host::Ipv6(address) => is_loopback(&Host::Ipv6(*address)),
    })
}

fn recipients(
    section: &ConfigSection<'_>,
    reading: &mut ConfigReading<'_>,
) -> Option<Vec<Mailbox>> {
    let there = section.place_of("to");
    let written = match section.texts("to") {
        // The walk has reported one that is no list.
        None if there.is_some() => return None,
        written => written.unwrap_or_default(),
    };
    let at = there.unwrap_or_else(|| section.at.clone());
    match written.len() {
        0 => {
            let right = "add `to = [\"ops@example.com\"]`";
            let problem = Problem::new("the mail goes to nobody", right);
            reading.fault_in_context(at, problem);
            return None;
        }
        1..=TO_MAX => {}
        many => {
            let right = format!("name at most {TO_MAX}, or a list that the mail server keeps");
            reading.fault(
                at,
                Problem::new(format!("{many} recipients are too many"), right),
            );
            return None;
        }
    }
    let wanted = written.len();
    let to = reading.each_parsed(written, mailbox);
    (to.len() == wanted).then_some(to)
}

/// `ops@example.com`, or `Operations <ops@example.com>`.
fn mailbox(text: &str) -> Result<Mailbox, Problem> {
    let parsed: Option<Mailbox> = text.parse().ok();
    let plain = |one: &Mailbox| {
        // Servers that take other letters in an address are few, and a control character is a header of its own.
        let address: &str = one.email.as_ref();
        address.is_ascii() && !text.contains(char::is_control)
    };
    parsed.filter(plain).ok_or_else(|| {
        Problem::new(
            format!("{} is not a mail address", quoted_value(text)),
            "write \"ops@example.com\" or \"Operations <ops@example.com>\"",
        )
    })
}
