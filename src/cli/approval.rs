//! `approve ID`, `deny ID`: shows what is asked, asks whether that is meant, and writes the answer.

use super::agree::person_agrees;
use super::args::{AnswerArguments, Common, Format};
use super::draw;
use super::hold::who;
use super::session::{Access, Session};
use crate::flow::exit_code::Exit;
use crate::model::ids::ImageId;
use crate::service::desk::approval::{
    ApprovalDocument, PersonsWord, answer_question, open_question,
};

/// Environments that are listed; more are counted.
const LISTED_MAX: usize = 20;

pub(super) async fn run_approve(common: &Common, own: &AnswerArguments) -> anyhow::Result<Exit> {
    run_answer(common, own, PersonsWord::Approve).await
}

pub(super) async fn run_deny(common: &Common, own: &AnswerArguments) -> anyhow::Result<Exit> {
    run_answer(common, own, PersonsWord::Deny).await
}

async fn run_answer(
    common: &Common,
    own: &AnswerArguments,
    word: PersonsWord,
) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let desk = session.desk();
    let asked = open_question(&desk, &own.id).await?;
    if common.format == Format::Table {
        show(&asked);
    }
    if !own.yes && !person_agrees(question(&asked, word), does(word))? {
        eprintln!("amiwatch: nothing was answered");
        return Ok(Exit::Done);
    }
    let answered = answer_question(&desk, &own.id, word, &who()).await?;
    match common.format {
        Format::Json => draw::print_json(&answered)?,
        Format::Table => println!("{}", said(&answered, word)),
    }
    Ok(Exit::Done)
}

fn question(asked: &ApprovalDocument, word: PersonsWord) -> String {
    let (image, watch) = (&asked.image, short(&asked.watch));
    match word {
        PersonsWord::Approve => format!("Let {image} go to the environments of {watch}?"),
        PersonsWord::Deny => format!("Keep {image} from the environments of {watch}?"),
    }
}

fn does(word: PersonsWord) -> &'static str {
    match word {
        PersonsWord::Approve => "approves what is shown",
        PersonsWord::Deny => "denies what is shown",
    }
}

fn said(answered: &ApprovalDocument, word: PersonsWord) -> String {
    let (image, watch) = (&answered.image, short(&answered.watch));
    match word {
        PersonsWord::Approve => format!(
            "{watch}: approved {image}; the passes move the environments, wave by wave. `amiwatch explain \
             {watch}` says how far it has come."
        ),
        PersonsWord::Deny => format!(
            "{watch}: denied {image}; no pass moves an environment to it. `amiwatch rollout {watch}` does \
             so by your order, and a newer image is asked about anew."
        ),
    }
}

/// The watch's own name of `<account>/<region>/<watch>`.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

fn show(asked: &ApprovalDocument) {
    println!("question {} (watch {})", asked.id, asked.watch);
    for (word, what) in lines(asked) {
        let line = format!("    {word:<11}{what}");
        println!("{}", draw::wrapped_line(&line, 15));
    }
}

fn lines(asked: &ApprovalDocument) -> Vec<(&'static str, String)> {
    let base = asked.base_version.as_deref();
    let base = base.map_or(String::new(), |version| format!(", of release {version}"));
    let minute = "%Y-%m-%d %H:%M UTC";
    let mut lines = vec![("image", format!("{}{base}", asked.image))];
    if let Some(changes) = &asked.changes {
        let since = &changes.since;
        lines.push(("changes", format!("since {since}: {}", changes.counted())));
    }
    let mut environments = asked.environments.iter();
    for (name, image) in environments.by_ref().take(LISTED_MAX) {
        let from = image.as_ref().map_or("its platform's own", ImageId::as_str);
        lines.push(("moves", format!("{name}: {from} -> {}", asked.image)));
    }
    let more = environments.count();
    if more > 0 {
        lines.push(("", format!("and {more} more")));
    }
    lines.push(("asked", asked.asked_at.format(minute).to_string()));
    lines.push(("lapses", asked.lapses_at.format(minute).to_string()));
    lines
}
