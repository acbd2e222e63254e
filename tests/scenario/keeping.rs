//! What happened is kept for as long as the config says, and goes with all that belongs to it; what counts
//! now stays.

use std::time::Duration;

use amiwatch::model::chronicle::EntryWhat;
use amiwatch::service::desk::logs::read_logs;
use amiwatch::store::Store as _;
use amiwatch::store::records::chronicle::chronicles;

use crate::common::guest::{Cast, Day};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::CONFIG;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn keeping(days: u32) -> String {
    format!("{CONFIG}\n[store]\nkeep_history = \"{days}d\"\n")
}

/// What of the store tells of what was.
struct Kept {
    /// The journals that the history names.
    named: Vec<String>,
    /// Those of all bakes that still have events.
    journals: Vec<String>,
    reports: usize,
}

async fn kept(life: &Life, all: &[String]) -> Kept {
    let store = life.store();
    let found = chronicles(&store, None).await.unwrap();
    let entries = found.iter().flat_map(|one| &one.entries);
    let named = entries.filter_map(|one| match &one.what {
        EntryWhat::Baked(baked) => Some(baked.journal.clone()),
        _ => None,
    });
    let mut journals = Vec::new();
    for journal in all {
        if !store.journal(journal).await.unwrap().is_empty() {
            journals.push(journal.clone());
        }
    }
    Kept {
        named: named.collect(),
        journals,
        reports: store.query("report/", None, 100).await.unwrap().len(),
    }
}

/// Bakes six releases, eight days apart; their journals.
async fn six_releases(life: &Life) -> Vec<String> {
    let mut all = Vec::new();
    for n in 0..6 {
        let passed = life.pass().await;
        assert_eq!(passed.bakes.len(), 1, "{:?}", passed.items);
        all.extend(kept(life, &[]).await.named.pop());
        life.wait(8 * DAY).await;
        life.release(&format!("4.9.{n}"));
    }
    all
}

#[test]
fn old_bakes_go_with_their_journals_and_reports_and_the_watch_s_own_image_keeps_its_own() {
    paused(async || {
        let life = Life::with_config(&keeping(20));
        let all = six_releases(&life).await;
        let kept = kept(&life, &all).await;
        // At the last pass the bakes of 0, 8 and 16 days ago were young enough.
        assert_eq!(kept.named, all[3..]);
        assert_eq!(kept.journals, all[3..]);
        assert_eq!(kept.reports, 3);
        life.pass().await;
        life.until_settled().await;
    });
}

#[test]
fn a_daemon_that_comes_up_with_less_to_keep_prunes_and_nothing_of_now_is_lost() {
    paused(async || {
        let mut life = Life::begin();
        let all = six_releases(&life).await;
        assert_eq!(kept(&life, &all).await.journals, all);
        life.pass().await;
        let (_, before) = life.check().await;
        life.set_config(&keeping(1));
        life.wait(2 * DAY).await;
        life.daemon(async |_| life.wait(Duration::from_secs(600)).await)
            .await;
        let kept = kept(&life, &all).await;
        assert!(kept.journals.is_empty(), "{:?}", kept.journals);
        assert_eq!(kept.reports, 1, "the watch's own image's");
        let (_, after) = life.check().await;
        assert_eq!(after, before);
    });
}

/// What `logs` finds of the newest bake: the guests, and whether the words are in what they wrote.
async fn logged(life: &Life, words: &str) -> Vec<(String, bool)> {
    let logs = read_logs(&life.store(), &"shop".into(), 1).await.unwrap();
    let consoles = logs.consoles.into_iter();
    let said = consoles.map(|one| (one.guest, one.text.contains(words)));
    said.collect()
}

#[test]
fn what_the_guests_wrote_can_be_read_when_they_are_gone() {
    paused(async || {
        let life = Life::brisk();
        life.pass().await;
        let both = [("builder".to_owned(), true), ("boot-test".to_owned(), true)];
        assert_eq!(logged(&life, "AMIWATCH").await, both);
        let logs = read_logs(&life.store(), &"shop".into(), 1).await.unwrap();
        assert_eq!((logs.bakes, logs.bake.unwrap().attempt), (1, 1));
        life.until_settled().await;
    });
}

#[test]
fn a_builder_that_fails_or_hangs_leaves_its_console() {
    for (day, words) in [(Day::FailsChecks, "AMIWATCH"), (Day::Hangs, "")] {
        paused(async || {
            let life = Life::brisk();
            life.guests(Cast {
                builder: day,
                boot_test: Day::Quick,
            });
            let passed = life.pass().await;
            assert!(passed.bakes[0].1.as_ref().unwrap().image.is_none());
            let builder = [("builder".to_owned(), true)];
            assert_eq!(logged(&life, words).await, builder, "{day:?}");
        });
    }
}
