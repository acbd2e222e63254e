//! Another kind of workflow beside the bake: it is started, listed, resumed and told of by what drives
//! bakes, and brings nothing but itself.

use std::time::Duration;

use amiwatch::cloud::{Cloud, CloudError, Identity};
use amiwatch::flow::bake::kind::BakeKind;
use amiwatch::model::ids::{AccountId, Scope};
use amiwatch::model::notice::ToldBy;
use amiwatch::service::Service;
use amiwatch::service::runs::{
    self, DriveError, Driven, Resumed, RunUnderWay, Stuck, resume_all, resume_one, under_way,
};
use amiwatch::store::{Op, Store, StoreError};
use amiwatch::workflow::observer::Unobserved;
use amiwatch::workflow::{
    Allowance, At, Run, RunError, RunOutcome, StepError, StepFailure, StepLook, Undo, Workflow,
    WorkflowKind,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

/// What becomes of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Fate {
    Written,
    /// It is never finished.
    Waits,
    /// It fails, and cannot be struck out.
    Stuck,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    scope: Scope,
    about: String,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoteStep {
    Write,
}

enum NoteKind {}

impl WorkflowKind for NoteKind {
    type Input = Note;
    type Step = NoteStep;
    type Output = String;

    const NAME: &'static str = "note";
    const STEPS: &'static [NoteStep] = &[NoteStep::Write];
    const POINT_OF_NO_RETURN: NoteStep = NoteStep::Write;

    fn subject(note: &Note) -> String {
        note.about.clone()
    }

    fn scope(note: &Note) -> &Scope {
        &note.scope
    }

    fn allowance(_: NoteStep, _: &Note) -> Allowance {
        Allowance::Watched(Duration::from_secs(3_600))
    }

    fn undo_allowance(_: NoteStep) -> Duration {
        Duration::from_secs(60)
    }

    fn by_hand(_: NoteStep, run: &Run<Self>) -> String {
        format!("strike the note about {} out", run.input().about)
    }
}

/// Asks the account who it is, and notes that.
struct NoteHands {
    cloud: Cloud,
}

impl Workflow for NoteHands {
    type Kind = NoteKind;

    async fn find(&self, _: &At<'_, NoteKind>) -> Result<Option<String>, StepError> {
        Ok(None)
    }

    async fn start(&self, at: &At<'_, NoteKind>) -> Result<StepLook<String>, StepError> {
        match at.run.input().fate {
            Fate::Written => {}
            Fate::Waits if at.began() == amiwatch::workflow::Began::Resumed => {}
            Fate::Waits => return Ok(StepLook::pending("the ink is wet")),
            Fate::Stuck => {
                return Err(StepError::Failed(StepFailure::new(
                    "blot",
                    "a blot; write anew",
                )));
            }
        }
        let caller = self.cloud.caller().await;
        Ok(StepLook::Done(
            caller.expect("the account answers").to_string(),
        ))
    }

    async fn check(&self, _: &At<'_, NoteKind>) -> Result<StepLook<String>, StepError> {
        Ok(StepLook::pending("the ink is wet"))
    }

    async fn undo(&self, _: &At<'_, NoteKind>) -> Result<Undo, StepError> {
        Err(StepError::Again {
            why: "the paper is away".to_owned(),
        })
    }

    async fn closing(
        &self,
        _: &Run<NoteKind>,
        _: &RunOutcome,
        _: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        Ok(Vec::new())
    }
}

impl Driven for NoteKind {
    type Hands<'a> = NoteHands;
    type Ended = Option<String>;

    fn journal(note: &Note) -> String {
        format!("note/{}", note.about)
    }

    fn cloud(service: &Service<'_>, note: &Note) -> Result<Cloud, CloudError> {
        let region = Some(&note.scope.region);
        service.connection.cloud(&Identity::Own, region)
    }

    fn hands<'a>(_: &Service<'a>, cloud: Cloud, _: &'a ToldBy) -> NoteHands {
        NoteHands { cloud }
    }

    fn conclude(_: RunOutcome, run: &Run<Self>) -> Option<String> {
        run.output(NoteStep::Write).cloned()
    }

    async fn stuck(
        _: &Service<'_>,
        note: &Note,
        stuck: &Stuck<'_>,
        at: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        Ok(vec![Op::PutIfAbsent {
            key: format!("stuck/{}", note.about),
            value: json!([stuck.step, stuck.why, stuck.by_hand, at]),
        }])
    }
}

async fn here(service: &Service<'_>) -> Scope {
    let cloud = service
        .connection
        .cloud(&Identity::Own, Some(&REGION.into()))
        .unwrap();
    cloud.caller().await.unwrap()
}

fn note(scope: Scope, about: &str, fate: Fate) -> Note {
    Note {
        scope,
        about: about.to_owned(),
        fate,
    }
}

/// Longer than a note takes that is finished at all.
const SOON: Duration = Duration::from_secs(100);

#[test]
fn a_second_kind_is_started_listed_and_resumed_as_bakes_are() {
    paused(async || {
        let life = Life::brisk();
        let first = life.process(async |service, lease| {
            let scope = here(&service).await;
            let written = note(scope.clone(), "done", Fate::Written);
            let ended =
                runs::start_run::<NoteKind>(&service, lease, &written, &|_| Box::new(Unobserved));
            assert_eq!(ended.await.unwrap(), Some(scope.to_string()));
            for about in ["left", "right"] {
                let note = note(scope.clone(), about, Fate::Waits);
                let run =
                    runs::start_run::<NoteKind>(&service, lease, &note, &|_| Box::new(Unobserved));
                assert!(service.clock.timeout(SOON, run).await.is_err());
            }
            scope
        });
        let scope = first.await.unwrap();
        let open = under_way::<NoteKind>(&life.store()).await.unwrap();
        let subjects: Vec<_> = open.iter().map(|one| one.subject.as_deref()).collect();
        assert_eq!(subjects, [Some("left"), Some("right")]);
        assert_eq!(under_way::<BakeKind>(&life.store()).await.unwrap(), []);

        let second = life.process(async |service, lease| {
            resume_all::<NoteKind>(&service, lease, open, &|_| Box::new(Unobserved)).await
        });
        for Resumed { subject, ended, .. } in second.await.unwrap() {
            assert_eq!(ended.unwrap(), Some(scope.to_string()), "{subject:?}");
        }
        assert_eq!(under_way::<NoteKind>(&life.store()).await.unwrap(), []);
        // A bake goes its way beside all that.
        life.until_settled().await;
        assert_eq!(life.verified().len(), 1);
        life.promises_hold();
    });
}

#[test]
fn a_run_of_another_account_is_not_resumed_here() {
    paused(async || {
        let life = Life::brisk();
        let resumed = life.process(async |service, lease| {
            let mut scope = here(&service).await;
            scope.account = AccountId::new("999999999999");
            let note = note(scope, "theirs", Fate::Waits);
            let run =
                runs::start_run::<NoteKind>(&service, lease, &note, &|_| Box::new(Unobserved));
            assert!(service.clock.timeout(SOON, run).await.is_err());
            resume_one::<NoteKind>(&service, lease, "note/theirs", &|_| Box::new(Unobserved)).await
        });
        let refused = resumed.await.unwrap().unwrap_err();
        assert!(matches!(refused, DriveError::OtherAccount { .. }));
        let told = refused.to_string();
        assert!(
            told.starts_with("the note note/theirs was begun in 999999999999/eu-west-1"),
            "{told}"
        );
        let open = under_way::<NoteKind>(&life.store()).await.unwrap();
        let journal = "note/theirs".to_owned();
        let subject = Some("theirs".to_owned());
        assert_eq!(open, [RunUnderWay { journal, subject }]);
    });
}

#[test]
fn an_undo_of_any_kind_that_cannot_go_on_is_told_by_its_kind_and_stays_open() {
    paused(async || {
        let life = Life::brisk();
        let ended = life.process(async |service, lease| {
            let note = note(here(&service).await, "blotted", Fate::Stuck);
            runs::start_run::<NoteKind>(&service, lease, &note, &|_| Box::new(Unobserved)).await
        });
        let stuck = ended.await.unwrap().unwrap_err();
        assert!(matches!(stuck, DriveError::Run(RunError::Stuck { .. })));
        let told = life.store().get("stuck/blotted").await.unwrap().unwrap();
        assert_eq!(told.value[0], "write");
        assert_eq!(told.value[1], "the paper is away");
        assert_eq!(told.value[2], "strike the note about blotted out");
        assert_eq!(under_way::<NoteKind>(&life.store()).await.unwrap().len(), 1);
    });
}
