//! An environment as it is held: its sets of options, the update that is under way, what was scripted
//! for it. Plain data.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{DateTime, Utc};

use super::replacement::Replacement;
use crate::state::Tags;
use crate::world::{Action, Edit, Moment};

#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// Whose it is.
    pub(crate) account: String,
    pub(crate) id: String,
    pub(crate) application: String,
    pub(crate) name: String,
    pub(crate) tier: String,
    pub(crate) platform_arn: String,
    pub(crate) architecture: String,
    pub(crate) image_id: Option<String>,
    /// When the deployed set became it.
    pub(crate) deployed_at: DateTime<Utc>,
    /// A configuration set that is being deployed.
    pub(crate) pending: Option<Dated>,
    /// One that failed; it stays until somebody deletes it.
    pub(crate) failed: Option<Dated>,
    pub(crate) status: String,
    pub(crate) health: String,
    pub(crate) created: DateTime<Utc>,
    /// When it was terminated.
    pub(crate) terminated: Option<DateTime<Utc>>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) options: Options,
    /// What `.ebextensions` set, and over it what it was launched with: shows where no call set anything.
    pub(crate) extensions: Options,
    /// The saved configuration that it was launched with.
    pub(crate) template: Option<String>,
    pub(crate) instance_ids: BTreeSet<String>,
    /// Those in the temporary group of an immutable update.
    pub(crate) temporary: BTreeSet<String>,
    /// Which request launched an instance, where one did.
    pub(crate) launched_by: BTreeMap<String, String>,
    pub(crate) tags: Tags,
    pub(crate) version_label: String,
    /// The host part of its CNAME.
    pub(crate) cname: String,
    /// Grows with every change of source or configuration.
    pub(crate) deployment: u32,
    /// The version of its launch template that its group launches, and since when it is there.
    pub(crate) launch_version: u32,
    pub(crate) launch_since: DateTime<Utc>,
    /// The image of that version, where somebody made it past Elastic Beanstalk.
    pub(crate) by_hand: Option<String>,
    /// The images of its launch template's older versions, by their numbers.
    pub(crate) earlier_images: BTreeMap<u32, String>,
    /// Enhanced health as it was scripted, with causes.
    pub(crate) scripted_health: Option<(String, Vec<String>)>,
    /// The health that was seen last.
    pub(crate) seen_health: String,
    /// Until when Auto Scaling is scaling it out, and how many there were before.
    pub(crate) scaling: Option<(DateTime<Utc>, usize)>,
    /// Auto Scaling's processes that are suspended, and since when.
    pub(crate) suspended: BTreeMap<String, DateTime<Utc>>,
    pub(crate) stuck: bool,
    pub(crate) rollback_fails: bool,
    /// An update could not be taken back: the stack takes no further update.
    pub(crate) broken: bool,
    pub(crate) update: Option<Update>,
    /// Counts updates, so that a stale event does nothing.
    pub(crate) updates: u32,
    pub(crate) managed: Vec<ManagedAction>,
    /// What happens at moments of its updates.
    pub(crate) scripts: Vec<(Moment, Action)>,
    /// What others want of it as soon as it is Ready.
    pub(crate) waiting: VecDeque<Ask>,
    /// What reads still show, and until when.
    pub(crate) stale: Option<(DateTime<Utc>, Box<Environment>)>,
    /// How often its settings were read: the order of the sets changes from look to look.
    pub(crate) looks: u32,
}

/// (namespace, option) to value.
pub(crate) type Options = BTreeMap<(String, String), String>;

/// A configuration set: everything that an update may change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// Set by a call; none: `.ebextensions`' or the platform version's own.
    pub(crate) image_id: Option<String>,
    pub(crate) platform_arn: String,
    pub(crate) options: Options,
}

/// A set that is not deployed, and since when it is what it is.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    pub(crate) set: Draft,
    pub(crate) at: DateTime<Utc>,
}

/// What somebody else asks of an environment.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Deploy(String),
    Edit(Edit),
}

impl Environment {
    /// What is deployed, as a set.
    pub(crate) fn deployed(&self) -> Draft {
        Draft {
            image_id: self.image_id.clone(),
            platform_arn: self.platform_arn.clone(),
            options: self.options.clone(),
        }
    }

    /// What reads show of it: for a while, what it was before its update began.
    pub(crate) fn shown(&self, now: DateTime<Utc>) -> &Self {
        match &self.stale {
            Some((until, before)) if now < *until => before,
            _ => self,
        }
    }
}

/// An update that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) request_id: String,
    /// The sets that are deployed one after the other: two where image and platform are.
    pub(crate) passes: Vec<Draft>,
    /// What was deployed before all of it.
    pub(crate) before: Draft,
    /// The application version that it deploys.
    pub(crate) label: Option<String>,
    /// What the caller's policies do not let Elastic Beanstalk do on his behalf.
    pub(crate) refused: Option<String>,
    pub(crate) replacement: Replacement,
    pub(crate) stage: Stage,
    /// Instances of this pass that are there still: to be replaced, or to go at its end.
    pub(crate) old: Vec<String>,
    /// How many there were.
    pub(crate) total: usize,
    /// Those launched in this pass, and how many should be.
    pub(crate) fresh: Vec<String>,
    pub(crate) due: usize,
    /// When the last batch was launched.
    pub(crate) batch_since: DateTime<Utc>,
    /// Those that go at the end of the way back.
    pub(crate) goes_last: Vec<String>,
    pub(crate) aborted: bool,
    /// Which managed action this is.
    pub(crate) managed: Option<String>,
}

/// Where an update stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has been replaced yet.
    Starting,
    /// A batch was launched and its health is awaited.
    Batch,
    /// All are replaced; the old ones go. It cannot be aborted any more.
    CleaningUp,
    /// On the way back, failed or aborted.
    RollingBack,
}

/// A managed action.
#[derive(Clone, Debug)]
pub(crate) struct ManagedAction {
    pub(crate) id: String,
    /// The version's ARN; empty: an instance refresh.
    pub(crate) platform_arn: String,
    pub(crate) at: DateTime<Utc>,
    /// `Scheduled`, `Running`, `Completed`, `Failed`.
    pub(crate) status: &'static str,
    pub(crate) failure: Option<&'static str>,
    pub(crate) finished: Option<DateTime<Utc>>,
}
