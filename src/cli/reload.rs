//! `reload`: has the running daemon read its config again, and says what it said.

use std::time::Duration;

use anyhow::bail;
use chrono::TimeDelta;
use serde::Serialize;

use super::args::{Common, Format};
use super::beside::{Asking, leave};
use super::draw;
use super::session::{Access, ConfigRefused, LEASE_PAUSE, Session};
use crate::flow::verdict::Exit;
use crate::model::request::{Answer, Ask};
use crate::store::DRIVER;

/// The daemon looks at requests every second, and reading a config takes it at most half a minute.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// `reload --format json`
#[derive(Serialize)]
struct Said {
    schema: &'static str,
    /// The new config is in use.
    reloaded: bool,
    warnings: Vec<String>,
    /// Why the old one still is.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let session = match Session::open(common, Access::Write).await {
        Err(error) if error.is::<ConfigRefused>() => {
            eprintln!(
                "amiwatch: the daemon was not asked, and goes on with the config that it has"
            );
            return Err(error);
        }
        opened => opened?,
    };
    if session.store.holder(DRIVER).await?.is_none() {
        bail!("no daemon works on this store; `amiwatch run` starts one, with the config as it is");
    }
    let id = leave(&session, Ask::Reload).await?;
    let asked = Asking {
        session: &session,
        id,
    };
    let until = session.clock.now() + TimeDelta::from_std(WAIT_MAX)?;
    loop {
        match asked.answer().await? {
            Some(Answer::Reloaded { warnings }) => return say(common, warnings, None),
            Some(Answer::KeptOld { why }) => return say(common, Vec::new(), Some(why)),
            Some(Answer::Driving { .. } | Answer::NothingToDo { .. } | Answer::Refused { .. })
            | None => {}
        }
        if session.clock.now() > until {
            asked.give_up().await?;
            bail!(
                "whoever works on this store does not answer; it may be `run --once` or `bake`, \
                 which read their config once"
            );
        }
        session.clock.sleep(LEASE_PAUSE).await;
    }
}

fn say(common: &Common, warnings: Vec<String>, why: Option<String>) -> anyhow::Result<Exit> {
    let exit = match why {
        None => Exit::Done,
        Some(_) => Exit::Usage,
    };
    if common.format == Format::Json {
        draw::json(&Said {
            schema: "amiwatch.reload/1",
            reloaded: why.is_none(),
            warnings,
            why,
        })?;
        return Ok(exit);
    }
    warnings
        .iter()
        .for_each(|warning| eprintln!("warning: {warning}"));
    match why {
        None => println!("the new config is in use"),
        Some(why) => {
            eprintln!("{why}");
            eprintln!("amiwatch: the new config is not used; the old one still is");
        }
    }
    Ok(exit)
}
