//! Somebody else's clock that expects to hear from us (healthchecks.io, Cronitor and their like): a pass that
//! begins, ends well or fails is told to it. When it hears nothing it tells people: a dead daemon cannot.

use super::Service;
use crate::http_send::Address;
use crate::model::secret::{Secret, SecretSource};

/// What is told, by the path behind the address, as healthchecks takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchdogPing {
    /// A pass begins.
    Start,
    /// It ended, whatever it found.
    Success,
    /// It failed, or was cut.
    Fail,
}

impl WatchdogPing {
    fn path(self) -> &'static str {
        match self {
            Self::Start => "/start",
            Self::Success => "",
            Self::Fail => "/fail",
        }
    }
}

/// Tells it, where the config names one.
///
/// # Errors
/// Why it could not be told; without the address.
pub async fn tell_watchdog(service: &Service<'_>, ping: WatchdogPing) -> Result<(), String> {
    let Some(from) = &service.settings.watchdog else {
        return Ok(());
    };
    let told = ping_url(service, from, ping).await;
    if told.is_err() {
        service.outside.secrets.forget(from);
    }
    told
}

async fn ping_url(
    service: &Service<'_>,
    from: &SecretSource,
    ping: WatchdogPing,
) -> Result<(), String> {
    let door = service.door_to(from);
    let secrets = &service.outside.secrets;
    let url = secrets.get(from, door.as_ref()).await;
    let url = url.map_err(|error| error.to_string())?;
    let url = format!("{}{}", url.expose().trim_end_matches('/'), ping.path());
    let address = Address::parse(&Secret::new(url));
    let address = address.map_err(|error| format!("what {from} holds is no address: {error}"))?;
    match service.outside.http.get_status(&address).await {
        Ok(200..=299) => Ok(()),
        Ok(status) => Err(format!("{} answered {status}", address.host())),
        Err(error) => Err(error.to_string()),
    }
}
