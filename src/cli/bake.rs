//! `bake W`: bakes now. Joins a bake that is under way, adopts a verified image of the same key,
//! and with `--force` starts the next generation. Soaking does not bind a person; a hold does.

use anyhow::bail;
use serde::Serialize;

use super::args::{BakeArguments as Arguments, Common, Format};
use super::session::{Access, Session, WrongUsage};
use super::{check, draw, progress};
use crate::flow::exit_code::Exit;
use crate::model::ids::{ImageId, WatchName};
use crate::service::desk::bake::{AskedBakeEnd, BakeTeller, Meanwhile, bake_and_deliver};

pub(super) async fn run_bake(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let watch = bakeable(&session, &own.watch)?;
    let teller = BakeTeller {
        meanwhile: &|what| eprintln!("{}", meanwhile(&watch, what)),
        observers: &progress::progress_observer,
    };
    let end = bake_and_deliver(&session.service(), &watch, own.force, &teller).await?;
    let (baked, exit) = BakedDocument::of_end(&watch, end);
    match common.format {
        Format::Json => draw::print_json(&baked)?,
        Format::Table => show(&baked, exit),
    }
    Ok(exit)
}

/// `bake --format json`
#[derive(Serialize)]
struct BakedDocument {
    schema: &'static str,
    watch: WatchName,
    /// The verified image; absent where none was baked.
    image: Option<ImageId>,
    /// The step that failed, when one did.
    failed_step: Option<String>,
    /// Why there was nothing to bake, or why it was not baked.
    why: Vec<String>,
}

impl BakedDocument {
    fn of_end(watch: &WatchName, end: AskedBakeEnd) -> (Self, Exit) {
        let none = Self {
            schema: "amiwatch.bake/1",
            watch: watch.clone(),
            image: None,
            failed_step: None,
            why: Vec::new(),
        };
        match end {
            AskedBakeEnd::Verified { image } => {
                let image = Some(image);
                (Self { image, ..none }, Exit::Done)
            }
            AskedBakeEnd::Failed { step } => {
                let why = vec![failed(watch, &step)];
                let failed_step = Some(step);
                let failed = Self {
                    failed_step,
                    why,
                    ..none
                };
                (failed, Exit::Failed)
            }
            AskedBakeEnd::NothingToDo { why } => {
                let why = vec![why];
                (Self { why, ..none }, Exit::Done)
            }
            AskedBakeEnd::Refused { why, exit } => (Self { why, ..none }, exit),
        }
    }
}

/// The image, or why there was nothing to do, on stdout; what went wrong on stderr.
fn show(baked: &BakedDocument, exit: Exit) {
    if let Some(image) = &baked.image {
        println!("{image}");
    }
    for why in &baked.why {
        match exit {
            Exit::Done => println!("{why}"),
            _ if baked.failed_step.is_some() => eprintln!("amiwatch: {why}"),
            _ => eprintln!("amiwatch: not baked: {why}"),
        }
    }
}

/// The watch, when the config has it and says enough to bake it.
fn bakeable(session: &Session, name: &str) -> anyhow::Result<WatchName> {
    let Some(watch) = check::named_watch(&session.settings, Some(name))? else {
        bail!(WrongUsage(format!("the config has no watch `{name}`")));
    };
    session.settings.require_installation()?;
    let named = session.settings.watches.get(&watch);
    if named.is_some_and(|watch| watch.recipe.is_none()) {
        bail!(WrongUsage(format!(
            "the watch {watch} has no recipe; give it one to bake"
        )));
    }
    Ok(watch)
}

fn meanwhile(watch: &WatchName, what: Meanwhile) -> String {
    match what {
        Meanwhile::Joining => {
            format!("{watch}: a bake is under way in another process: joining it")
        }
        Meanwhile::Waiting => {
            format!("{watch}: waiting for the amiwatch process that works on the store")
        }
        Meanwhile::GoingOn => {
            "the process that drove the bake is gone: going on with it".to_owned()
        }
        Meanwhile::EndedInstead => {
            "a bake was under way and has ended; ask again to force another".to_owned()
        }
    }
}

/// The last line: why it failed stands above it, in the progress.
fn failed(watch: &WatchName, step: &str) -> String {
    format!("not baked: {step} failed, as told above; `amiwatch history {watch}` keeps it")
}
