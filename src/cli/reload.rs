//! `reload`: has the running daemon read its config again, and says what it said.

use super::args::{Common, Format};
use super::draw;
use super::session::{Access, ConfigRefused, Session};
use crate::flow::exit_code::Exit;
use crate::service::desk::reload::{Reloaded, reload};

pub(super) async fn run_reload(common: &Common) -> anyhow::Result<Exit> {
    let session = match Session::open(common, Access::Write).await {
        Err(error) if error.is::<ConfigRefused>() => {
            eprintln!(
                "amiwatch: the daemon was not asked, and goes on with the config that it has"
            );
            return Err(error);
        }
        opened => opened?,
    };
    let reloaded = reload(session.desk()).await?;
    match common.format {
        Format::Json => draw::print_json(&reloaded)?,
        Format::Table => show(&reloaded),
    }
    Ok(reloaded.exit())
}

fn show(reloaded: &Reloaded) {
    let warnings = reloaded.warnings.iter();
    warnings.for_each(|warning| eprintln!("warning: {warning}"));
    match &reloaded.why {
        None => println!("the new config is in use"),
        Some(why) => {
            eprintln!("{why}");
            eprintln!("amiwatch: the new config is not used; the old one still is");
        }
    }
}
