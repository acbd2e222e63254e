//! What is told of what could not be read, and of its end.

use chrono::{DateTime, Utc};

use crate::model::aws_command::AwsCommand;
use crate::model::bake::digest;
use crate::model::blind::BlindSpot;
use crate::model::ids::{Installation, Region};
use crate::model::notice::{BlindTold, FirstOf, NextByItself, Notice, PastedCommand, What};

/// A place or a base cannot be read. One notice until it can be again. Key: what, and since when.
pub fn blind_notice(installation: &Installation, spot: &BlindSpot, at: DateTime<Utc>) -> Notice {
    let since = spot.since.to_rfc3339();
    let key = digest(&["amiwatch blind notice 1", &spot.of.name(), &since]);
    let key = format!("blind:{installation}:{key:.16}");
    let whose = |region: &Region| {
        PastedCommand::new(
            AwsCommand::new("sts get-caller-identity", region).to_string(),
            "whose credentials these are; run it as amiwatch's own user",
        )
    };
    let mut commands = vec![
        PastedCommand::new("amiwatch check", "looks now, and says what does not answer"),
        PastedCommand::new(
            "amiwatch status",
            "since when, and which watches it concerns",
        ),
    ];
    let region = spot.of.region.as_ref().filter(|_| spot.denied);
    commands.extend(region.map(whose));
    let what = What::Blind(BlindTold {
        of: spot.of.clone(),
        since: spot.since,
        why: spot.why.clone(),
        denied: spot.denied,
        watches: FirstOf::all_of(spot.watches.iter().cloned()),
    });
    notice(installation, (key.clone(), key), at, what, commands)
}

/// It can be read again, or (`read` is false) nobody asks for it any more. Absent where nobody was told
/// that it could not. Key: that of the notice that it ends.
pub fn blind_over(
    installation: &Installation,
    spot: &BlindSpot,
    read: bool,
    at: DateTime<Utc>,
) -> Option<Notice> {
    let ends = spot.notice.clone()?;
    let key = digest(&["amiwatch resolved notice 1", &ends]);
    let key = format!("resolved:{installation}:{key:.16}");
    let what = What::BlindOver {
        of: spot.of.clone(),
        since: spot.since,
        read,
        ends: ends.clone(),
    };
    let check = PastedCommand::new("amiwatch check", "what is out of step by now");
    Some(notice(installation, (key, ends), at, what, vec![check]))
}

fn notice(
    installation: &Installation,
    (key, story): (String, String),
    at: DateTime<Utc>,
    what: What,
    commands: Vec<PastedCommand>,
) -> Notice {
    Notice {
        key,
        story,
        at,
        installation: installation.named().cloned(),
        watch: None,
        scope: None,
        next: match what {
            What::Blind(_) => NextByItself::Look,
            _ => NextByItself::Nothing,
        },
        what,
        commands,
        links: Vec::new(),
    }
}
