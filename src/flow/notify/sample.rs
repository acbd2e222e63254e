//! The sample that `notify test` sends: harmless to whoever acts on events.

use chrono::{DateTime, Utc};

use crate::model::ids::Installation;
use crate::model::notice::{NextByItself, Notice, PastedCommand, What};

/// A notice that tells nothing but that telling works. Each is an event of its own.
pub fn sample(installation: Option<&Installation>, to: &str, at: DateTime<Utc>) -> Notice {
    let whose = installation.map_or("-", Installation::as_str);
    let key = format!("test:{whose}:{to}:{}", at.timestamp_millis());
    Notice {
        story: key.clone(),
        key,
        at,
        installation: installation.cloned(),
        watch: None,
        scope: None,
        what: What::Sample {
            receiver: to.to_owned(),
        },
        next: NextByItself::Nothing,
        commands: vec![PastedCommand::new(
            "amiwatch status",
            "every watch and its image",
        )],
        links: Vec::new(),
    }
}
