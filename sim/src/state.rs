//! What the account holds: plain data per region, and the event queue.
//!
//! No wire forms and no rules here; services read and write these values under the one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::autoscaling::AutoScaling;
use crate::beanstalk::model::Beanstalk;
use crate::dynamodb::Tables;
use crate::ec2::model::Ec2;
use crate::events::Event;
use crate::fault::Faults;
use crate::iam::{Grant, Iam};
use crate::ledger::Ledger;
use crate::messaging::model::Messaging;
use crate::retirements::Retirement;
use crate::roles::SharedRoles;
use crate::ssm::{Command, Parameters};
use crate::throttle::Throttle;
use crate::world::{Keeping, Launches, Moves, Timing};

/// The id of the first account, and of the only one in most worlds: one that AWS never gives.
pub const ACCOUNT_ID: &str = "000000000000";
/// Owner of `amazon` images here.
pub const AMAZON_ID: &str = "000000000001";
/// Owner of `aws-marketplace` images here.
pub const MARKETPLACE_ID: &str = "000000000002";

pub(crate) type Tags = BTreeMap<String, String>;

/// Everything behind the one lock.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) core: Core,
    pub(crate) regions: BTreeMap<String, Region>,
    pub(crate) ledger: Ledger,
    /// What calls disabled or deregistered, oldest first.
    pub(crate) retirements: Vec<Retirement>,
    pub(crate) faults: Faults,
    pub(crate) throttle: Throttle,
    pub(crate) iam: Iam,
    /// Organizations and their units that the account is in, by ARN.
    pub(crate) organizations: BTreeSet<String>,
    /// The roles of every account, and their sessions.
    pub(crate) roles: SharedRoles,
    /// Something may have changed that other accounts see.
    pub(crate) stirred: bool,
}

/// What belongs to no region: time, numbers, events.
#[derive(Clone)]
pub(crate) struct Core {
    /// Whose it is.
    pub(crate) account: String,
    /// The time of the call or event that is being worked on.
    pub(crate) now: DateTime<Utc>,
    pub(crate) timing: Timing,
    pub(crate) moves: Moves,
    pub(crate) keeping: Keeping,
    pub(crate) launches: Launches,
    /// The id of the request that is being answered.
    pub(crate) request: String,
    /// The ARN of its caller.
    pub(crate) caller: String,
    /// What its caller may do, where he has a role with a policy.
    pub(crate) grant: Option<Grant>,
    /// What its caller's policies do not let Elastic Beanstalk do on his behalf, in the words of its event.
    pub(crate) missing_right: Option<String>,
    next_id: u64,
    next_request: u64,
    next_event: u64,
    events: BTreeMap<(DateTime<Utc>, u64), Event>,
    /// (instance, image) pairs whose guests must be told that an image was made.
    pub(crate) imaged: Vec<(String, String)>,
    /// True while the world is being built: what is made then is no leftover.
    pub(crate) building: bool,
}

impl Core {
    /// A new id, `prefix-513...`: 17 characters of hex after the dash, as AWS has, in a form that
    /// AWS never makes (a plain count after 513).
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}-513{:014}", self.next_id)
    }

    /// A number for ids of other forms.
    pub(crate) fn number(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn request_id(&mut self) -> String {
        self.next_request += 1;
        format!("51300000-0000-4000-8000-{:012}", self.next_request)
    }

    pub(crate) fn schedule(&mut self, at: DateTime<Utc>, event: Event) {
        self.next_event += 1;
        self.events.insert((at, self.next_event), event);
    }

    /// The earliest event that is due, with its time.
    pub(crate) fn due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Event)> {
        let first = self.events.first_entry()?;
        let at = first.key().0;
        (at <= now).then(|| (at, first.remove()))
    }

    /// All that tells it apart from another; not who asked last, when, and under which number.
    pub(crate) fn stand(&self, words: &mut String) {
        let Self {
            account,
            now: _,
            timing,
            moves,
            keeping,
            launches,
            request: _,
            caller: _,
            grant: _,
            missing_right: _,
            next_id,
            next_request: _,
            next_event,
            events,
            imaged,
            building,
        } = self;
        let _ = write!(
            words,
            "{account} {timing:?} {moves:?} {keeping:?} {launches:?} {next_id} {next_event} {events:?} {imaged:?} \
             {building} ",
        );
    }

    /// When the next event is due.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }
}

/// One region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    pub(crate) ec2: Ec2,
    pub(crate) beanstalk: Beanstalk,
    pub(crate) messaging: Messaging,
    pub(crate) autoscaling: AutoScaling,
    pub(crate) parameters: Parameters,
    /// DynamoDB's.
    pub(crate) tables: Tables,
    /// Names and values that were accepted for parameters, and found to be no images afterwards.
    pub(crate) refused_values: Vec<(String, String)>,
    /// Run Command's, by id.
    pub(crate) commands: BTreeMap<String, Command>,
}

impl State {
    /// `ids_from`: the number after which its ids count, so that no two accounts make the same.
    pub(crate) fn new(
        account: &str,
        ids_from: u64,
        roles: SharedRoles,
        now: DateTime<Utc>,
    ) -> Self {
        let core = Core {
            account: account.to_owned(),
            now,
            timing: Timing::default(),
            moves: Moves::default(),
            keeping: Keeping::default(),
            launches: Launches::default(),
            request: String::new(),
            caller: String::new(),
            grant: None,
            missing_right: None,
            next_id: ids_from,
            next_request: ids_from,
            next_event: 0,
            events: BTreeMap::new(),
            imaged: Vec::new(),
            building: false,
        };
        Self {
            core,
            regions: BTreeMap::new(),
            ledger: Ledger::default(),
            retirements: Vec::new(),
            faults: Faults::default(),
            throttle: Throttle::default(),
            iam: Iam::default(),
            organizations: BTreeSet::new(),
            roles,
            stirred: false,
        }
    }

    /// The region, opened on first use with a default VPC and common instance types, together with
    /// what belongs to no region.
    pub(crate) fn enter(&mut self, region: &str) -> (&mut Core, &mut Region) {
        if !self.regions.contains_key(region) {
            let mut opened = Region::default();
            opened.ec2.open(&mut self.core, region);
            self.regions.insert(region.to_owned(), opened);
        }
        let here = self.regions.entry(region.to_owned()).or_default();
        (&mut self.core, here)
    }

    pub(crate) fn region_names(&self) -> BTreeSet<&str> {
        self.regions.keys().map(String::as_str).collect()
    }
}

/// A thing that reads may not see yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visibility {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) looks: u32,
}

impl Visibility {
    pub(crate) fn of_new(core: &Core) -> Self {
        let hidden_for = core.timing.hidden_for;
        let from = (!hidden_for.is_zero()).then(|| core.now + crate::clock::delta(hidden_for));
        Self {
            from,
            looks: core.timing.hidden_looks,
        }
    }

    /// One look by a reader: uses up a hidden look, and says whether it is seen.
    pub(crate) fn look(&mut self, now: DateTime<Utc>) -> bool {
        if self.looks > 0 {
            self.looks -= 1;
            return false;
        }
        self.from.is_none_or(|from| from <= now)
    }
}
