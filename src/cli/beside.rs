//! Beside a driver: leaves it a request, follows what it does, and takes its place when it is gone.
//!
//! A driver that goes away in the middle loses nothing: its place is free at once, and whoever waits
//! here goes on with the same journal.

use super::follow::{self, Follow};
use super::session::{LEASE_PAUSE, Session};
use crate::flow::verdict::Exit;
use crate::model::ids::WatchName;
use crate::model::request::{Answer, Ask, Request};
use crate::store::Lease;
use crate::store::requests::{self, Stored};

/// Who does it.
pub(super) enum Beside {
    /// The driver did, and it has ended.
    Ended(Exit),
    /// Nobody else drives: this process has the place now. `journal`: what the driver had begun for
    /// this process before it was gone.
    Mine {
        lease: Lease,
        journal: Option<String>,
    },
}

/// Takes the driver's place if it is free, else has the driver bake and follows it.
pub(super) async fn drive_or_ask(
    session: &Session,
    watch: &WatchName,
    force: bool,
) -> anyhow::Result<Beside> {
    if let Some(lease) = session.take().await?.mine() {
        return Ok(Beside::Mine {
            lease,
            journal: None,
        });
    }
    if let Some(journal) = follow::open_bake(session, watch).await? {
        eprintln!("{watch}: a bake is under way in another process: joining it");
        return follow_to_end(session, journal, false).await;
    }
    let ask = Ask::Bake {
        watch: watch.clone(),
        force,
    };
    let id = leave(session, ask).await?;
    let asked = Asking { session, id };
    let mut said = false;
    loop {
        match asked.answer().await? {
            Some(Answer::Driving { journal }) => {
                return follow_to_end(session, journal, true).await;
            }
            Some(Answer::NothingToDo { why }) => {
                println!("{why}");
                return Ok(Beside::Ended(Exit::Done));
            }
            Some(Answer::Refused { why, exit_code }) => {
                let exit = Exit::from_code(exit_code);
                return Ok(Beside::Ended(refused(&why, exit)));
            }
            Some(Answer::Reloaded { .. } | Answer::KeptOld { .. }) | None => {}
        }
        if let Some(lease) = session.take().await?.mine() {
            // What was waited for may have been begun just before its process was gone.
            let journal = follow::open_bake(session, watch).await?;
            asked.give_up().await?;
            return Ok(Beside::Mine { lease, journal });
        }
        if !said {
            eprintln!("{watch}: waiting for the amiwatch process that works on the store");
            said = true;
        }
        session.clock.sleep(LEASE_PAUSE).await;
    }
}

/// Leaves a request for the driver.
pub(super) async fn leave(session: &Session, ask: Ask) -> anyhow::Result<String> {
    let by = format!("process {}", std::process::id());
    let request = Request::new(ask, by, session.clock.now());
    Ok(requests::leave(&*session.store, &request).await?)
}

/// Says why nothing was baked.
pub(super) fn refused(why: &[String], exit: Exit) -> Exit {
    why.iter()
        .for_each(|why| eprintln!("amiwatch: not baked: {why}"));
    exit
}

async fn follow_to_end(session: &Session, journal: String, for_us: bool) -> anyhow::Result<Beside> {
    let mut follow = Follow::new(journal.clone());
    loop {
        if let Some(ended) = follow.look(session).await? {
            return Ok(Beside::Ended(follow::say(&ended)));
        }
        if let Some(lease) = session.take().await?.mine() {
            eprintln!("the process that drove the bake is gone: going on with it");
            let journal = for_us.then_some(journal);
            return Ok(Beside::Mine { lease, journal });
        }
        session.clock.sleep(LEASE_PAUSE).await;
    }
}

/// A request of this process that was left.
pub(super) struct Asking<'a> {
    pub(super) session: &'a Session,
    pub(super) id: String,
}

impl Asking<'_> {
    /// The answer, once; it is removed with its request.
    pub(super) async fn answer(&self) -> anyhow::Result<Option<Answer>> {
        let Some(stored) = self.stored().await? else {
            return Ok(None);
        };
        let Some(answer) = stored.request.value.answer.clone() else {
            return Ok(None);
        };
        requests::remove(&*self.session.store, &stored).await?;
        Ok(Some(answer))
    }

    /// Takes the request back.
    pub(super) async fn give_up(&self) -> anyhow::Result<()> {
        if let Some(stored) = self.stored().await? {
            requests::remove(&*self.session.store, &stored).await?;
        }
        Ok(())
    }

    async fn stored(&self) -> anyhow::Result<Option<Stored>> {
        Ok(requests::read(&*self.session.store, &self.id).await?)
    }
}
