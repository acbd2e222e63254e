//! `explain W`: the chain from release to verdict, what comes next, and what a person can do.

use super::args::{Common, Explain as Arguments, Format};
use super::session::{Access, Session};
use super::{check, draw};
use crate::flow::exit_code::Exit;
use crate::flow::explain::Explanation;
use crate::service::desk::explain::read_explanation;

pub(super) async fn run_explain(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let watch = check::the_one(&session.settings, own.watch.as_deref())?;
    let explanation = read_explanation(&session.service(), watch, !own.stored).await?;
    match common.format {
        Format::Json => draw::print_json(&explanation)?,
        Format::Table => show(&explanation),
    }
    Ok(explanation.exit(!own.stored))
}

fn show(explanation: &Explanation) {
    for section in &explanation.sections {
        if section.sentences.is_empty() {
            continue;
        }
        draw::heading_line(heading(section.name), 0);
        for sentence in &section.sentences {
            draw::say_line(&format!("  {sentence}"), 4);
        }
    }
    draw::heading_line("What you can do", 0);
    for advice in &explanation.commands {
        println!("  {}", advice.command);
        draw::say_line(&format!("      {}", advice.does), 6);
    }
}

fn heading(name: &str) -> &str {
    match name {
        "base" => "Base",
        "image" => "Image",
        "environments" => "Environments",
        "published" => "Published",
        "verdict" => "Verdict",
        "next" => "What happens next",
        other => other,
    }
}
