//! The reason table: stable codes, their classes, and a reason: what it is about, typed. Codes are
//! contract. Facts for programs ([`facts`]) and the sentence for people ([`sentence`]) are made from
//! the typed data and never read back.

mod about;

mod facts;

mod gate;

mod gate_facts;

mod gate_sentence;

mod held;

mod key_sentence;

mod minutes;

mod sentence;

#[cfg(test)]
mod gates_tests;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use chrono_tz::Tz;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

pub use about::{About, DoubtSubject, Near, Quarantine};
pub use gate::{AwaitedAnswer, BarredRole, ContestedHow, ManagedNear, NamedFew, RolloutGate};
pub use held::{HeldOn, HoldSaid};

/// Why a release whose image EC2 does not list is not believed.
const NOT_LISTED: &str = "it is recommended, but EC2 does not list it (made private, or not visible \
                          yet); look again, and if it stays so choose another base";

/// What a class of reasons does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// `check` exits 3; may start a bake.
    Drift,
    /// `check` exits 3; may start a rollout.
    Behind,
    /// Nothing starts until it ends.
    Hold,
    /// Needs a person.
    Blocked,
    /// Told; changes nothing.
    Information,
    /// Exit 4; nothing starts.
    Unknown,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $class:ident;)+) => {
        /// Why a verdict is what it is. The words are contract: people script against them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ReasonCode {
            $($(#[$doc])* $name,)+
        }

        impl ReasonCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$name,)+];

            /// The contract word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it does.
            pub fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)+ }
            }
        }
    };
}

codes! {
    /// The base's newest release is another image than the one ours was made from.
    BaseNewer = "BASE_NEWER", Drift;
    /// The recipe's digest differs from the one the image was baked with.
    RecipeChanged = "RECIPE_CHANGED", Drift;
    /// The image is older than `max_age`.
    TooOld = "TOO_OLD", Drift;
    /// The base image that ours was made from is not listed any more.
    BaseGone = "BASE_GONE", Drift;
    /// The recommendation moved back to an older release.
    BaseWithdrawn = "BASE_WITHDRAWN", Drift;
    /// The image that is in use (or that we last baked) is not listed any more.
    ImageGone = "IMAGE_GONE", Drift;
    /// The image that is in use (or that we last baked) is disabled: it launches nothing.
    ImageDisabled = "IMAGE_DISABLED", Drift;
    /// The environment's platform version has another base than the one its image was baked from.
    PlatformSkew = "PLATFORM_SKEW", Drift;
    /// A verified image waits for this target.
    NotOnNewest = "NOT_ON_NEWEST", Behind;
    /// Some instances still run an older image than the environment's setting names.
    InstancesBehind = "INSTANCES_BEHIND", Behind;
    /// A target of a watch that still runs the stock image.
    Stock = "STOCK", Behind;
    /// The release is younger than `soak`.
    Soaking = "SOAKING", Hold;
    /// A person, or too many failures, said no.
    Held = "HELD", Hold;
    /// The image or its base was quarantined.
    Quarantined = "QUARANTINED", Hold;
    /// The environment is not Ready.
    NotReady = "NOT_READY", Hold;
    /// A managed platform update is about to run, or might before a move has settled.
    ManagedUpdates = "MANAGED_UPDATES", Hold;
    /// The environment is not well, so that nothing would prove a move.
    UnhealthyBefore = "UNHEALTHY_BEFORE", Hold;
    /// Auto Scaling would not replace the environment's instances.
    ScalingSuspended = "SCALING_SUSPENDED", Hold;
    /// The environment runs a newer platform version than the image goes with.
    PlatformAhead = "PLATFORM_AHEAD", Hold;
    /// No window of the rollout is open.
    OutOfWindow = "OUT_OF_WINDOW", Hold;
    /// An earlier wave is not through.
    EarlierWave = "EARLIER_WAVE", Hold;
    /// Others are moved or settle, or it has to stay well for a while itself.
    Settling = "SETTLING", Hold;
    /// A person has not said yet that the image may go.
    AwaitsApproval = "AWAITS_APPROVAL", Hold;
    /// Image or environment of another architecture than the watch's base.
    ArchMismatch = "ARCH_MISMATCH", Blocked;
    /// The environment is on another platform branch than the watch's base.
    BranchMismatch = "BRANCH_MISMATCH", Blocked;
    /// EC2 does not know what the image was made from.
    LineageUnknown = "LINEAGE_UNKNOWN", Blocked;
    /// The environment's account may not launch the image.
    ImageNotShared = "IMAGE_NOT_SHARED", Blocked;
    /// The environment's region has no copy of the watch's image.
    ImageNotCopied = "IMAGE_NOT_COPIED", Blocked;
    /// Windows, or a Cluster-tier environment.
    Unsupported = "UNSUPPORTED", Blocked;
    /// Credentials may not do what the watch needs.
    Denied = "DENIED", Blocked;
    /// Nothing would serve while the environment's instances are replaced.
    Downtime = "DOWNTIME", Blocked;
    /// The environment's instances are replaced by the clock, and nobody looks how they are.
    Unguarded = "UNGUARDED", Blocked;
    /// Somebody wants something else with the environment.
    Contested = "CONTESTED", Blocked;
    /// Moving the environment failed too often, and the image is not to blame.
    Refused = "REFUSED", Blocked;
    /// The environment's Auto Scaling group may not use the image's key.
    KeyUnusable = "KEY_UNUSABLE", Blocked;
    /// No platform version that may be used has the image's base.
    PlatformUnavailable = "PLATFORM_UNAVAILABLE", Blocked;
    /// No wave of the rollout names the environment.
    NoWave = "NO_WAVE", Blocked;
    /// The environment's platform version is not its branch's recommended one.
    PlatformBehind = "PLATFORM_BEHIND", Information;
    /// An Amazon image that is not the platform version's own was set by hand.
    StockPinned = "STOCK_PINNED", Information;
    /// Elastic Beanstalk updates the platform version by itself, under an image that stays.
    ManagedUpdatesOn = "MANAGED_UPDATES_ON", Information;
    /// A saved configuration still names an older image of the watch.
    NamedElsewhere = "NAMED_ELSEWHERE", Information;
    /// The base image's EC2 deprecation date has passed.
    BaseDeprecated = "BASE_DEPRECATED", Information;
    /// The platform branch is deprecated.
    BranchDeprecated = "BRANCH_DEPRECATED", Information;
    /// The platform branch is retired: its images may be made private.
    BranchRetired = "BRANCH_RETIRED", Information;
    /// Every check of the recipe passed on the untouched base.
    RecipeRedundant = "RECIPE_REDUNDANT", Information;
    /// A target of the watch matches no environment that AWS lists.
    NoTarget = "NO_TARGET", Unknown;
    /// Something could not be read; nothing is concluded from it.
    Unreachable = "UNREACHABLE", Unknown;
}

impl ReasonCode {
    /// Said of an environment: the watch's image is not for it.
    pub fn is_misfit(self) -> bool {
        matches!(
            self,
            Self::ArchMismatch | Self::BranchMismatch | Self::Unsupported
        )
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == word)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown reason code `{word}`")))
    }
}

/// One code that applies: what it is about, and the sentence that says so. Made by [`Reason::from_about`]
/// alone, so that code, facts and sentence cannot differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub code: ReasonCode,
    pub about: About,
    /// One sentence that reads alone.
    pub message: String,
}

impl About {
    /// The sentence that says so, with its times in a zone.
    pub fn said_in(&self, zone: Tz) -> String {
        sentence::sentence_of(self, zone)
    }
}

impl Reason {
    /// The reason that this is.
    pub fn from_about(about: About) -> Self {
        Self {
            code: about.code(),
            message: about.said_in(Tz::UTC),
            about,
        }
    }

    /// Ids, versions, dates for programs: `base_image` -> `ami-...`. Keys are stable, snake_case.
    pub fn facts(&self) -> BTreeMap<String, String> {
        facts::facts_of(&self.about)
    }

    /// A question without an answer: asked in vain, or refused.
    pub fn is_doubt(&self) -> bool {
        self.code.class() == Class::Unknown || self.code == ReasonCode::Denied
    }

    /// Said of an environment: it stands before its move to the watch's image.
    pub fn is_gate(&self) -> bool {
        match &self.about {
            About::Gate { .. } => self.code.class() != Class::Information,
            About::Quarantined { place, .. } => *place == Quarantine::MovesTo,
            // An environment is held by nothing else.
            About::Held { on, .. } => !matches!(on, HeldOn::Bake { .. }),
            _ => false,
        }
    }

    /// Something is out of step: of class drift or behind.
    pub fn is_drift(&self) -> bool {
        matches!(self.code.class(), Class::Drift | Class::Behind)
    }

    /// Whether it is a doubt about this part of a watch.
    pub fn doubts(&self, subject: DoubtSubject) -> bool {
        match &self.about {
            About::Untold { subject: of, .. } => *of == Some(subject),
            // A name that was written out was there once; what a wildcard is for may come yet.
            About::NoTarget { exact, .. } => *exact && subject == DoubtSubject::Targets,
            About::ReleaseNotListed { .. } => subject == DoubtSubject::Release,
            _ => false,
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = serializer.serialize_struct("Reason", 3)?;
        shown.serialize_field("code", &self.code)?;
        shown.serialize_field("facts", &self.facts())?;
        shown.serialize_field("message", &self.message)?;
        shown.end()
    }
}
