//! `notify test`, `notify list` and `notify retry`: whether people can be told, and what they were not told yet.

use chrono::{DateTime, Utc};

use super::args::{Common, Format, Notify as Arguments, NotifyCommand, NotifyTest};
use super::draw;
use super::session::{Access, Session, WrongUsage};
use crate::flow::exit_code::Exit;
use crate::model::notice::NoticeEvent;
use crate::model::plain_text::clean;
use crate::service::desk::heard::{HeardList, heard_receivers};
use crate::service::desk::notify::{self, Retried, TestedNotifier};

pub(super) async fn run_notify(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    match &own.command {
        NotifyCommand::Test(own) => test(common, own).await,
        NotifyCommand::List => list(common).await,
        NotifyCommand::Retry => retry(common).await,
    }
}

async fn test(common: &Common, own: &NotifyTest) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let wanted = wanted(&session, own.name.as_deref())?;
    let event = own.event.as_deref().map(event).transpose()?;
    let tested = notify::test(&session.service(), &wanted, event).await?;
    match common.format {
        Format::Json => draw::print_json(&tested)?,
        Format::Table => tested.notifiers.iter().for_each(show_tested),
    }
    Ok(tested.exit())
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

fn event(word: &str) -> anyhow::Result<NoticeEvent> {
    let known = NoticeEvent::told().find(|event| event.as_str() == word);
    known.ok_or_else(|| {
        let all: Vec<&str> = NoticeEvent::told().map(NoticeEvent::as_str).collect();
        let all = all.join(", ");
        WrongUsage(format!("there is no event `{word}`; there are {all}")).into()
    })
}

fn show_tested(one: &TestedNotifier) {
    let (name, kind) = (&one.name, one.kind);
    match &one.why {
        None => println!("{name} ({kind}): a sample was sent"),
        Some(why) => println!("{name} ({kind}): not sent: {why}"),
    }
}

async fn list(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let heard = heard_receivers(&session.service().desk()).await?;
    match common.format {
        Format::Json => draw::print_json(&heard)?,
        Format::Table => show_heard(&heard, session.clock.now()),
    }
    Ok(Exit::Done)
}

fn show_heard(heard: &HeardList, now: DateTime<Utc>) {
    for name in &heard.unreadable {
        println!("cannot be read, and is left as it is: {name}");
    }
    if heard.receivers.is_empty() {
        println!("the config names nobody to tell; add a [notify.NAME]");
        return;
    }
    let ago = |at: DateTime<Utc>| draw::age((now - at).num_seconds());
    let rows = heard.receivers.iter().map(|one| {
        let waits = one.oldest_at.map(|at| format!("for {}", ago(at)));
        let sent = one.last_sent.as_ref();
        let sent = sent.map(|sent| format!("{} {} ago", sent.event.as_str(), ago(sent.at)));
        let waiting = [Some(one.waiting.to_string()), waits];
        vec![
            vec![format!("{} ({})", one.name, one.kind)],
            vec![waiting.into_iter().flatten().collect::<Vec<_>>().join(" ")],
            vec![one.dead.to_string()],
            vec![sent.unwrap_or_else(|| "never".to_owned())],
        ]
    });
    let heads = ["RECEIVER", "WAITING", "GIVEN UP", "LAST SENT"];
    draw::draw_rows(&heads, 0, rows.collect(), &[]);
    for one in &heard.receivers {
        if let Some(why) = &one.last_why {
            println!("{}: not sent: {}", one.name, clean(why));
        }
    }
}

async fn retry(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let retried = notify::retry(&session.service()).await?;
    match common.format {
        Format::Json => draw::print_json(&retried)?,
        Format::Table => show_retried(&retried),
    }
    Ok(retried.exit())
}

fn show_retried(retried: &Retried) {
    for name in &retried.unreadable {
        println!("cannot be read, and is left as it is: {name}");
    }
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
