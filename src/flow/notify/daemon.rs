//! What is told about the daemon itself, and not about a watch.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::ids::Installation;
use crate::model::notice::{NextByItself, Notice, PastedCommand, What};

/// Passes do not end in time and are cut. One notice until one ends in time again.
///
/// `first`: when the first pass that was cut began.
pub fn pass_cut(
    installation: &Installation,
    first: DateTime<Utc>,
    limit: Duration,
    at: DateTime<Utc>,
) -> Notice {
    let key = format!("pass-cut:{installation}:{}", first.timestamp());
    Notice {
        story: key.clone(),
        key,
        at,
        installation: Some(installation.clone()),
        watch: None,
        scope: None,
        what: What::PassCut {
            began: first,
            limit_s: limit.as_secs(),
        },
        next: NextByItself::Look,
        commands: vec![
            PastedCommand::new(
                "amiwatch check",
                "looks once, and shows what does not answer",
            ),
            PastedCommand::new(
                "amiwatch run -v",
                "logs each call; a larger [schedule] pass_timeout gives it more time",
            ),
        ],
        links: Vec::new(),
    }
}
