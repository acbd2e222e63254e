//! `notify test` and `notify retry`: whether people can be told, and what they were not told yet.
//!
//! Both work beside a running daemon: a sample is no business of the store's, and what was given up is
//! made due again row by row.

use serde::Serialize;

use super::args::{Common, Format, Notify as Arguments, NotifyCommand, NotifyTest};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::notify::sample;
use crate::flow::verdict::Exit;
use crate::outbox::{self, Revived, Sender};
use crate::service::pass::TELL_MAX;
use crate::store::memory;

/// `notify test --format json`
#[derive(Serialize)]
struct Tested {
    schema: &'static str,
    notifiers: Vec<TestedOne>,
}

#[derive(Serialize)]
struct TestedOne {
    name: String,
    /// `sns`, `slack`
    kind: &'static str,
    sent: bool,
    /// Why not, and what to do about it.
    why: Option<String>,
}

/// `notify retry --format json`
#[derive(Serialize)]
struct Retried {
    schema: &'static str,
    /// Another amiwatch process delivers; what is below was made due and left to it.
    left_to_driver: bool,
    notices: Vec<RetriedOne>,
}

#[derive(Serialize)]
struct RetriedOne {
    notifier: String,
    key: String,
    subject: String,
    /// Absent when it was left to the process that drives.
    delivered: Option<bool>,
    /// Why it was not delivered: now, or else before.
    why: Option<String>,
}

pub(super) async fn run(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    match &own.command {
        NotifyCommand::Test(own) => test(common, own).await,
        NotifyCommand::Retry => retry(common).await,
    }
}

async fn test(common: &Common, own: &NotifyTest) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let wanted = wanted(&session, own.name.as_deref())?;
    let senders = session.service().senders()?;
    let mut notifiers = Vec::new();
    for (name, sender) in senders.iter().filter(|(name, _)| wanted.contains(*name)) {
        notifiers.push(try_one(&session, name, sender).await);
    }
    let tested = Tested {
        schema: "amiwatch.notify-test/1",
        notifiers,
    };
    match common.format {
        Format::Json => draw::json(&tested)?,
        Format::Table => tested.notifiers.iter().for_each(show_tested),
    }
    Ok(exit_of(tested.notifiers.iter().all(|one| one.sent)))
}

/// The receivers to try: the named one, or all.
fn wanted(session: &Session, name: Option<&str>) -> anyhow::Result<Vec<String>> {
    let all: Vec<String> = session.settings.notifiers.keys().cloned().collect();
    if all.is_empty() {
        let what = "the config names nobody to tell; add a [notify.NAME]";
        return Err(WrongUsage(what.to_owned()).into());
    }
    match name {
        None => Ok(all),
        Some(name) if all.iter().any(|one| one == name) => Ok(vec![name.to_owned()]),
        Some(name) => {
            let there = all.join(", ");
            let what = format!("the config has no receiver `{name}`; it has {there}");
            Err(WrongUsage(what).into())
        }
    }
}

async fn try_one(session: &Session, name: &str, sender: &Sender) -> TestedOne {
    let installation = session.settings.installation.as_ref();
    let notice = sample(installation, name, session.clock.now());
    let sent = sender.send(&notice, false).await;
    TestedOne {
        name: name.to_owned(),
        kind: sender.kind(),
        sent: sent.is_ok(),
        why: sent.err().map(|error| error.to_string()),
    }
}

fn show_tested(one: &TestedOne) {
    let (name, kind) = (&one.name, one.kind);
    match &one.why {
        None => println!("{name} ({kind}): a sample was sent"),
        Some(why) => println!("{name} ({kind}): not sent: {why}"),
    }
}

async fn retry(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let revived = outbox::revive(&*session.store, session.clock.now()).await?;
    let lease = match revived.is_empty() {
        true => None,
        false => session.take().await?.mine(),
    };
    let drives = lease.is_some();
    if let Some(lease) = lease {
        let senders = session.service().senders()?;
        outbox::drain(&*session.store, &senders, &session.clock, TELL_MAX).await?;
        session.leave(lease).await;
    }
    let mut notices = Vec::new();
    for one in revived {
        notices.push(ended(&session, one, drives).await?);
    }
    let retried = Retried {
        schema: "amiwatch.notify-retry/1",
        left_to_driver: !drives && !notices.is_empty(),
        notices,
    };
    match common.format {
        Format::Json => draw::json(&retried)?,
        Format::Table => show_retried(&retried),
    }
    let mut all = retried.notices.iter();
    Ok(exit_of(all.all(|one| one.delivered != Some(false))))
}

/// How a delivery that was tried again stands now.
async fn ended(session: &Session, one: Revived, tried: bool) -> anyhow::Result<RetriedOne> {
    let waiting = memory::outbox(&*session.store).await?;
    let mut rows = waiting.iter().map(|(_, entry)| &entry.value);
    let row = rows.find(|row| row.notice.key == one.key);
    let left = row.and_then(|row| row.to.get(&one.notifier));
    let why = match (tried, left) {
        (true, None) => None,
        (true, Some(left)) => left.last_why.clone(),
        (false, _) => Some(one.why),
    };
    Ok(RetriedOne {
        notifier: one.notifier,
        key: one.key,
        subject: one.subject,
        delivered: tried.then_some(left.is_none()),
        why,
    })
}

fn show_retried(retried: &Retried) {
    if retried.notices.is_empty() {
        println!("nothing was given up: there is nothing to retry");
    }
    for one in &retried.notices {
        let (notifier, subject) = (&one.notifier, &one.subject);
        let why = one.why.as_deref().unwrap_or("it was not its turn yet");
        match one.delivered {
            Some(true) => println!("{notifier}: sent: {subject}"),
            Some(false) => println!("{notifier}: not sent: {subject}: {why}"),
            None => println!("{notifier}: due now: {subject}"),
        }
    }
    if retried.left_to_driver {
        println!("the amiwatch process that works on this store sends them");
    }
}

fn exit_of(well: bool) -> Exit {
    match well {
        true => Exit::Done,
        false => Exit::Failed,
    }
}
