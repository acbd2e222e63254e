//! The page that must answer, asked from here through the one door for what is not AWS.

use crate::flow::rollout::settling::HealthWeight;
use crate::http_send::{Address, HttpSend};
use crate::model::rollout_rules::Probe;
use crate::model::secret::Secret;

/// Asks once. Who does not answer is ill, as who answers otherwise: whoever uses the page sees the same.
pub(super) async fn ask(http: &HttpSend, probe: &Probe) -> HealthWeight {
    let address = match Address::parse(&Secret::new(probe.url.clone())) {
        Ok(address) => address,
        Err(error) => {
            return ill(format!("the probe's address cannot be used: {error}"));
        }
    };
    match http.get_status(&address).await {
        Ok(status) if status == probe.status => HealthWeight::Passes,
        Ok(status) => ill(format!(
            "the probe answered {status} and not {}",
            probe.status
        )),
        Err(error) => ill(format!("the probe did not answer: {error}")),
    }
}

fn ill(why: String) -> HealthWeight {
    HealthWeight::Below { severe: false, why }
}
