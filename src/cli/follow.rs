//! Follows a bake that another process drives, by reading its journal.

use super::session::Session;
use crate::flow::bake::steps::{Bake, JOURNALS};
use crate::flow::verdict::Exit;
use crate::model::ids::WatchName;
use crate::workflow::Outcome;
use crate::workflow::journal::Phase;
use crate::workflow::recovery::{open_journals, replay};
use crate::workflow::runner::step_word;

/// The journal that is followed, and what was last said about it.
#[derive(Default)]
pub(super) struct Follow {
    journal: Option<String>,
    said: String,
}

impl Follow {
    /// One look: the outcome, once the bake of this watch that is under way has ended.
    pub(super) async fn look(
        &mut self,
        session: &Session,
        watch: &WatchName,
    ) -> anyhow::Result<Option<Outcome>> {
        if self.journal.is_none() {
            self.journal = open_bake(session, watch).await?;
        }
        let Some(journal) = &self.journal else {
            self.say("waiting: another amiwatch process works on the store".to_owned());
            return Ok(None);
        };
        let run = replay::<Bake<'_>>(&session.store, journal).await?;
        match run.phase() {
            Phase::Closed(outcome) => return Ok(Some(outcome.clone())),
            Phase::Running { step, .. } => self.say(format!("{watch}: {}", step_word(step))),
            Phase::Undoing { step, .. } => {
                self.say(format!("{watch}: undoing {}", step_word(step)))
            }
            Phase::Ready | Phase::Failing => {}
        }
        Ok(None)
    }

    fn say(&mut self, line: String) {
        if self.said != line {
            eprintln!("{line}");
            self.said = line;
        }
    }
}

/// The open journal of this watch, when there is one.
async fn open_bake(session: &Session, watch: &WatchName) -> anyhow::Result<Option<String>> {
    for journal in open_journals(&session.store, JOURNALS).await? {
        if replay::<Bake<'_>>(&session.store, &journal)
            .await?
            .input()
            .watch
            == *watch
        {
            return Ok(Some(journal));
        }
    }
    Ok(None)
}

/// Says how the joined bake ended.
pub(super) fn say(watch: &WatchName, outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded { .. } => {
            println!("{watch}: the bake that was joined is verified");
            Exit::Done
        }
        Outcome::Failed { failure, .. } => {
            eprintln!("amiwatch: {watch}: the bake that was joined failed: {failure}");
            Exit::Failed
        }
    }
}
