//! The bake as a workflow: its steps, what they leave, and which file does which.

use std::cell::RefCell;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::kind::BakeKind;
use super::ssm::Conversation;
use super::{clean_up, closing, guest, image, launch, network};
use crate::cloud::Cloud;
use crate::flow::verify::GuestRole;
use crate::model::bake::BakeKey;
use crate::model::ids::{ImageId, InstanceId, SecurityGroupId, SnapshotId};
use crate::model::notice::Told;
use crate::model::report::Report;
use crate::store::{Op, Store, StoreError};
use crate::workflow::{At, Look, Outcome, Run, StepError, Undo, Workflow, WorkflowKind as _};

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BakeStep {
    /// A security group without any inbound rule, found or made.
    Network,
    /// The builder, launched from the base.
    LaunchBuilder,
    /// Its report, whole and passing.
    Report,
    /// It has closed its report, cleaned itself and stopped.
    Stopped,
    CreateImage,
    /// The image can be launched.
    Available,
    /// A fresh instance of the image.
    LaunchBootTest,
    /// Its report, whole and passing.
    BootReport,
    MarkVerified,
    /// Everything but the image is gone.
    CleanUp,
}

/// The steps, in order.
pub const STEPS: &[BakeStep] = &[
    BakeStep::Network,
    BakeStep::LaunchBuilder,
    BakeStep::Report,
    BakeStep::Stopped,
    BakeStep::CreateImage,
    BakeStep::Available,
    BakeStep::LaunchBootTest,
    BakeStep::BootReport,
    BakeStep::MarkVerified,
    BakeStep::CleanUp,
];

/// What a step leaves for the later ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "left", rename_all = "snake_case")]
pub enum BakeOutput {
    Network { groups: Vec<SecurityGroupId> },
    Instance { id: InstanceId },
    Report { report: Packed, redundant: bool },
    Stopped,
    Image { id: ImageId },
    Available { snapshots: Vec<SnapshotId> },
    Verified,
    Clean,
}

/// A report, compressed: package lists are long and a journal's entry is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packed(String);

impl Packed {
    /// Packs a report.
    ///
    /// # Errors
    /// When it cannot be compressed, which in memory does not happen.
    pub fn pack(report: &Report) -> std::io::Result<Self> {
        use base64::Engine as _;
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&serde_json::to_vec(report)?)?;
        Ok(Self(
            base64::engine::general_purpose::STANDARD.encode(gzip.finish()?),
        ))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The report.
    ///
    /// # Errors
    /// When the text was not made by [`Packed::pack`].
    pub fn unpack(&self) -> std::io::Result<Report> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&self.0)
            .map_err(std::io::Error::other)?;
        let json = flate2::read::GzDecoder::new(bytes.as_slice());
        serde_json::from_reader(json).map_err(std::io::Error::other)
    }
}

/// One bake's hands: the account it works in, and where its end is written.
pub struct Bake<'a> {
    pub cloud: Cloud,
    pub store: &'a dyn Store,
    /// Who is told of which events; each stored notice waits for all of them.
    pub told: &'a Told,
    /// When each stopped guest was first seen stopped. Only shortens waits: a restart begins anew,
    /// and the journal's deadline holds either way.
    pub stopped_seen: RefCell<BTreeMap<InstanceId, DateTime<Utc>>>,
    /// What was asked of guests over SSM, and heard. A restart asks anew.
    pub(super) conversations: RefCell<BTreeMap<InstanceId, Conversation>>,
}

impl<'a> Bake<'a> {
    /// A bake in one account and region.
    pub fn new(cloud: Cloud, store: &'a dyn Store, told: &'a Told) -> Self {
        Self {
            cloud,
            store,
            told,
            stopped_seen: RefCell::default(),
            conversations: RefCell::default(),
        }
    }
}

/// The journal of one attempt.
pub fn journal_name(key: &BakeKey, attempt: u32) -> String {
    format!("{}/{key}/{attempt:04}", BakeKind::NAME)
}

/// The key of the bake that a journal is of; absent when it is no bake's.
pub fn key_in(journal: &str) -> Option<&str> {
    let (key, _) = journal
        .strip_prefix(BakeKind::NAME)?
        .strip_prefix('/')?
        .rsplit_once('/')?;
    Some(key)
}

impl Workflow for Bake<'_> {
    type Kind = BakeKind;

    async fn find(&self, at: &At<'_, BakeKind>) -> Result<Option<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::find(self, at).await,
            BakeStep::LaunchBuilder => launch::find(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::find(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::find(self, at).await,
            BakeStep::MarkVerified => image::find_verified(self, at).await,
            // These steps only look: whatever happened is seen by looking again.
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => Ok(None),
        }
    }

    async fn start(&self, at: &At<'_, BakeKind>) -> Result<Look<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Network => network::start(self, at).await,
            BakeStep::LaunchBuilder => launch::start(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::start(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::start(self, at).await,
            BakeStep::MarkVerified => image::mark_verified(self, at).await,
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::CleanUp => self.check(at).await,
        }
    }

    async fn check(&self, at: &At<'_, BakeKind>) -> Result<Look<BakeOutput>, StepError> {
        match at.step {
            BakeStep::Report => guest::builder_report(self, at).await,
            BakeStep::Stopped => guest::stopped(self, at).await,
            BakeStep::Available => image::available(self, at).await,
            BakeStep::BootReport => guest::boot_report(self, at).await,
            BakeStep::CleanUp => clean_up::check(self, at).await,
            // `start` of these is done or has failed; a look that is still wanted asks `find`.
            BakeStep::Network
            | BakeStep::LaunchBuilder
            | BakeStep::CreateImage
            | BakeStep::LaunchBootTest
            | BakeStep::MarkVerified => Err(StepError::Again {
                why: "looked for once more".to_owned(),
            }),
        }
    }

    async fn undo(&self, at: &At<'_, BakeKind>) -> Result<Undo, StepError> {
        match at.step {
            BakeStep::Network => network::undo(self, at).await,
            BakeStep::LaunchBuilder => launch::undo(self, at, GuestRole::Builder).await,
            BakeStep::LaunchBootTest => launch::undo(self, at, GuestRole::BootTest).await,
            BakeStep::CreateImage => image::undo(self, at).await,
            // Only looked, or (MarkVerified) marked what CreateImage's undo removes.
            BakeStep::Report
            | BakeStep::Stopped
            | BakeStep::Available
            | BakeStep::BootReport
            | BakeStep::MarkVerified
            | BakeStep::CleanUp => Ok(Undo::Gone),
        }
    }

    async fn closing(
        &self,
        run: &Run<BakeKind>,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        closing::ops(self, run, outcome, now).await
    }
}
