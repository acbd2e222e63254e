//! Where a request goes. The path is taken for a secret; only the host may be named.

use std::fmt;
use std::net::IpAddr;

use crate::model::secret::Secret;

/// An address that requests may go to: https anywhere, or http on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    whole: Secret,
    host: String,
    loopback: bool,
}

/// Why a text is no address that may be used. Never says what the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("it is empty")]
    Empty,
    #[error("it is not one line of plain characters")]
    NotPlain,
    #[error("it does not begin with https://")]
    NotHttps,
    #[error("it names no host")]
    NoHost,
    #[error("it holds a user's name or password")]
    User,
    #[error("it is plain http to another machine, which would show it on the way; use https")]
    PlainHttp,
}

impl Address {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, without a word of it.
    pub fn parse(text: &Secret) -> Result<Self, BadAddress> {
        let whole = text.expose();
        if whole.is_empty() {
            return Err(BadAddress::Empty);
        }
        if !whole.bytes().all(|byte| byte.is_ascii_graphic()) || whole.contains('\\') {
            return Err(BadAddress::NotPlain);
        }
        let (secure, rest) = match (
            whole.strip_prefix("https://"),
            whole.strip_prefix("http://"),
        ) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BadAddress::NotHttps),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BadAddress::User);
        }
        let host = host(authority).ok_or(BadAddress::NoHost)?;
        let loopback = is_loopback(host);
        if !secure && !loopback {
            return Err(BadAddress::PlainHttp);
        }
        Ok(Self {
            whole: text.clone(),
            host: host.to_owned(),
            loopback,
        })
    }

    /// The host alone, which is no secret.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.loopback
    }

    pub(super) fn expose(&self) -> &str {
        self.whole.expose()
    }

    /// A text in which nothing of the address stands but its host, and no long part of its path.
    pub(super) fn without_secret(&self, text: &str) -> String {
        const SHORTEST: usize = 6;
        let whole = self.expose();
        let path = whole.split(self.host.as_str()).last().unwrap_or_default();
        let parts = path.split(['/', '?', '&', '=', '#']);
        let mut clean = text.replace(whole, "[address]");
        for part in parts.filter(|part| part.len() >= SHORTEST) {
            clean = clean.replace(part, "[...]");
        }
        clean
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/..)", self.host)
    }
}

/// `[::1]:8080` -> `[::1]`
fn host(authority: &str) -> Option<&str> {
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']')? + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    (!host.is_empty() && port_fits).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, BadAddress> {
        Address::parse(&Secret::new(text))
    }

    #[test]
    fn https_goes_anywhere_and_http_only_to_this_machine() {
        for (text, host) in [
            ("https://hooks.slack.com/services/T/B/x", "hooks.slack.com"),
            (
                "https://hooks.slack-gov.com/services/T/B/x",
                "hooks.slack-gov.com",
            ),
            ("https://chat.example.com:8443?x=1", "chat.example.com"),
            ("http://127.0.0.1:4599/hook", "127.0.0.1"),
            ("http://127.9.9.9/hook", "127.9.9.9"),
            ("http://localhost/hook", "localhost"),
            ("http://[::1]:80/hook", "[::1]"),
        ] {
            assert_eq!(parse(text).unwrap().host(), host, "{text}");
        }
        for text in [
            "http://hooks.slack.com/services/T/B/x",
            "http://127.0.0.1.example.com/x",
            "http://localhost.example.com/x",
            "http://10.0.0.1/x",
            "http://2130706433/x",
        ] {
            assert_eq!(parse(text), Err(BadAddress::PlainHttp), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_a_word_of_it() {
        for (text, fault) in [
            ("", BadAddress::Empty),
            ("https://a.example/x y", BadAddress::NotPlain),
            ("https://a.example/x\n", BadAddress::NotPlain),
            ("https://a.example\\@b/x", BadAddress::NotPlain),
            ("ftp://a.example/x", BadAddress::NotHttps),
            ("hooks.slack.com/services/T/B/x", BadAddress::NotHttps),
            ("https://", BadAddress::NoHost),
            ("https:///services/T", BadAddress::NoHost),
            ("https://a.example:port/x", BadAddress::NoHost),
            ("https://127.0.0.1@evil.example/x", BadAddress::User),
            ("http://localhost:1@evil.example/x", BadAddress::User),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
            assert!(text.len() < 12 || !fault.to_string().contains(text));
        }
    }

    #[test]
    fn neither_debug_nor_a_cleaned_text_shows_the_path() {
        let address = parse("https://hooks.slack.com/services/T0123456/B0123456/hushhush").unwrap();
        assert_eq!(format!("{address:?}"), "Address(hooks.slack.com/..)");
        let said = "no_team at https://hooks.slack.com/services/T0123456/B0123456/hushhush";
        assert_eq!(address.without_secret(said), "no_team at [address]");
        assert_eq!(address.without_secret("token hushhush?"), "token [...]?");
        assert_eq!(address.without_secret("no_service"), "no_service");
    }
}
