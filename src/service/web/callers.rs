//! Whose questions are answered: those that name this machine as their host. A page in somebody's
//! browser reaches loopback too, under a name of its own that resolves to it (DNS rebinding), and
//! must not read what is served here. Knows no pages.

use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{HeaderMap, Uri};

/// What a foreign caller is told.
pub(super) const REFUSED: &str = "this is served under a loopback name alone: ask with `Host: 127.0.0.1`; a \
                       proxy in front must send that, not its own name\n";

/// Whether a request names another host than this machine. Without any (HTTP/1.0) it comes from no
/// browser.
pub(super) fn is_foreign(uri: &Uri, headers: &HeaderMap) -> bool {
    let in_line = uri.authority().map(Authority::as_str);
    let hosts = headers.get_all(HOST);
    in_line.is_some_and(|host| !is_loopback_name(host))
        || hosts.iter().any(|host| !names_loopback(host))
}

fn names_loopback(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(is_loopback_name)
}

/// `127.0.0.1:9464`, `[::1]`, `localhost`: an address of this machine or its own name for it.
fn is_loopback_name(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<std::net::IpAddr>();
    !text.contains('@')
        && (host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_ours() {
        for ours in [
            "127.0.0.1",
            "127.0.0.1:9464",
            "127.9.9.9:1",
            "localhost",
            "LocalHost:9464",
            "[::1]",
            "[::1]:9464",
        ] {
            assert!(is_loopback_name(ours), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "evil.example:9464",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "10.0.0.1:9464",
            "0.0.0.0",
            "2130706433",
            "a b",
        ] {
            assert!(!is_loopback_name(foreign), "{foreign}");
        }
    }
}
