//! The question to people: asked once; approved, denied, lapsed, superseded.

use std::time::Duration;

use amiwatch::model::rollout_memory::ApprovalSaid;
use amiwatch::service::desk::Desk;
use amiwatch::service::desk::approval::{ApprovalError, PersonsWord, answer_question};

use super::world::{ALL, CANARY, town};
use crate::common::life::Life;
use crate::common::paused;

const HOUR: Duration = Duration::from_secs(60 * 60);
const EACH: &str = "approval = \"each\"";

/// The id of the question that is remembered.
async fn asked(life: &Life) -> String {
    let question = life.remembered().await.approval;
    question.expect("it is asked").id
}

async fn say(life: &Life, id: &str, word: PersonsWord) -> Result<(), ApprovalError> {
    let store = life.store();
    let desk = Desk {
        settings: &life.settings,
        store: &store,
        clock: &life.clock,
    };
    let answered = answer_question(&desk, id, word, "ann").await;
    answered.map(|_| ())
}

/// A town whose image is baked and asked about.
async fn asking(rollout: &str) -> (Life, String) {
    let life = town(rollout);
    let image = life.bakes_first().await;
    life.passes(3).await;
    assert_eq!(life.updated(), [""; 0], "nobody has approved");
    let said = life.told("approval_needed");
    assert_eq!(said.len(), 1, "asked once: {said:?}");
    (life, image)
}

#[test]
fn an_image_that_is_approved_goes_through_and_the_next_one_is_not_asked_about() {
    paused(async || {
        let (life, image) = asking("").await;
        let id = asked(&life).await;
        let body = life.heard_of("approval_needed").body;
        for said in [
            format!("amiwatch approve {id}"),
            format!("amiwatch deny {id}"),
            format!("-> {image}"),
            "lapses".to_owned(),
        ] {
            assert!(body.contains(&said), "{said}: {body}");
        }
        say(&life, &id, PersonsWord::Approve).await.unwrap();
        life.daemon(async |watching| watching.rolled_out().await)
            .await;

        // One rollout has succeeded: `approval = "first"` asks no more.
        life.release("4.5.1");
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        assert_eq!(life.told("approval_needed").len(), 1);
    });
}

/// An answer is acted on at once, and not at the next tick.
#[test]
fn the_daemon_hears_of_an_answer() {
    paused(async || {
        let life = town(EACH);
        life.daemon(async |watching| {
            let asks = |one: &crate::common::watching::Watching<'_>| {
                !one.life.told("approval_needed").is_empty()
            };
            watching.until("a question", asks).await;
            life.wait(Duration::from_secs(60)).await;
            say(&life, &asked(&life).await, PersonsWord::Approve)
                .await
                .unwrap();
            let answered = life.clock.now();
            watching
                .until("an update", |one| !one.life.updated().is_empty())
                .await;
            let took = life.clock.now() - answered;
            assert!(took.num_seconds() < 120, "{took}");
        })
        .await;
    });
}

#[test]
fn an_image_that_is_denied_goes_nowhere_and_nobody_asks_again() {
    paused(async || {
        let (life, _) = asking(EACH).await;
        let id = asked(&life).await;
        say(&life, &id, PersonsWord::Deny).await.unwrap();
        life.daemon(async |_| life.wait(12 * HOUR).await).await;
        assert_eq!(life.updated(), [""; 0]);
        assert_eq!(life.told("approval_needed").len(), 1);
        let again = say(&life, &id, PersonsWord::Approve).await;
        assert!(
            matches!(again, Err(ApprovalError::Answered { .. })),
            "{again:?}"
        );
    });
}

#[test]
fn a_question_that_nobody_answers_lapses_and_is_told() {
    paused(async || {
        let (life, _) = asking("approval = \"each\"\napproval_deadline = \"6h\"").await;
        let id = asked(&life).await;
        life.daemon(async |_| life.wait(7 * HOUR).await).await;
        assert_eq!(life.updated(), [""; 0]);
        let answer = life.remembered().await.approval.unwrap().answer.unwrap();
        assert_eq!(answer.said, ApprovalSaid::Lapsed);
        let told = life.told("attention");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("nobody said in time"), "{told:?}");
        let late = say(&life, &id, PersonsWord::Approve).await;
        assert!(
            matches!(late, Err(ApprovalError::Answered { .. })),
            "{late:?}"
        );
        life.daemon(async |_| life.wait(7 * HOUR).await).await;
        assert_eq!(life.told("attention").len(), 1, "told once");
    });
}

/// The word on an old image is no word on the newer one.
#[test]
fn a_newer_image_takes_the_question_s_place() {
    paused(async || {
        let (life, _) = asking(EACH).await;
        let old = asked(&life).await;
        life.release("4.5.1");
        life.passes(3).await;
        let new = asked(&life).await;
        assert_ne!(old, new);
        let late = say(&life, &old, PersonsWord::Approve).await;
        let Err(ApprovalError::Unknown { open, .. }) = &late else {
            panic!("{late:?}");
        };
        assert_eq!(open.join(" "), new);
        life.passes(2).await;
        assert_eq!(life.updated(), [""; 0]);
        assert_eq!(life.told("approval_needed").len(), 2);
        say(&life, &new, PersonsWord::Approve).await.unwrap();
        life.daemon(async |watching| watching.rolled_out().await)
            .await;
        assert_eq!(life.updated().len(), ALL.len());
        assert_eq!(life.updated()[0], CANARY);
        life.each_notice_came_once();
    });
}
