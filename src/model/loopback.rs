//! Which hosts are this machine itself: what goes there in plain http nobody reads on the way. Resolves no name.

use url::Host;

/// Whether a host is this machine, by how it is written. A name that only begins like one is another's.
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
