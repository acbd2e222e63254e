//! `look`: has the running daemon make a pass now, and waits for its end.

use super::args::{Common, Format};
use super::draw;
use super::session::{Access, Session};
use crate::flow::exit_code::Exit;
use crate::service::desk::look::{LookedNow, look_now};

pub(super) async fn run_look(common: &Common) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let looked = look_now(session.desk()).await?;
    match common.format {
        Format::Json => draw::print_json(&looked)?,
        Format::Table => println!("{}", sentence(&looked)),
    }
    Ok(looked.exit())
}

fn sentence(looked: &LookedNow) -> String {
    let at = looked.at.format("%Y-%m-%d %H:%M:%S UTC");
    let how = match looked.result.as_str() {
        "good" => "everything could be told; `amiwatch status` shows it",
        "partial" => "not everything could be read; `amiwatch check` says what",
        "cut" => "it did not end in time and was cut; see [schedule] pass_timeout",
        _ => "it failed; the daemon's log says why",
    };
    format!("a pass ended at {at}: {how}")
}
