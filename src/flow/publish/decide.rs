//! Decides what is done at each destination of a watch: a plain function of its image, what people hold, the
//! rollout, what stands at each destination, and now. Passes, `plan` and `publish` ask this same one.
//!
//! Level-triggered: it goes by what stands and what should, not by what happened. An older image never takes
//! the place of a newer one, but where the newer one is taken back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::model::ids::{ImageId, Region};
use crate::model::publish::{DestinationLedger, ImageProof, PublishedImage, TakenFrom};
use crate::model::publish_rules::{
    Destination, DestinationKind, PublishAs, PublishRules, PublishWhen,
};

/// The image that should stand everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishCandidate {
    pub image: ImageId,
    pub base_version: Option<String>,
    pub proof: ImageProof,
    /// It has gone through every wave.
    pub rolled_out: bool,
    /// What it belongs to: its bake.
    pub story: Option<String>,
}

/// Images that are not for use: quarantined, or releases that people hold, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WithheldImages {
    /// By image id.
    pub images: BTreeMap<ImageId, String>,
    /// By what their release is called.
    pub releases: BTreeMap<String, String>,
}

impl WithheldImages {
    /// Why this image is not for use.
    pub fn why(&self, image: &ImageId, base_version: Option<&str>) -> Option<&str> {
        let by_release = |release: &str| self.releases.get(release);
        let why = self.images.get(image);
        let why = why.or_else(|| by_release(image.as_str()));
        let why = why.or_else(|| by_release(base_version?));
        why.map(String::as_str)
    }
}

/// What is decided from.
#[derive(Debug, Clone)]
pub struct PublishCase<'a> {
    pub rules: &'a PublishRules,
    /// Where the watch works.
    pub home: &'a Region,
    /// Absent where there is nothing to publish, or it could not be told.
    pub candidate: Option<&'a PublishCandidate>,
    pub withheld: &'a WithheldImages,
    /// Why nothing of the watch starts, where a person holds it.
    pub held: Option<&'a str>,
    pub ledger: &'a BTreeMap<Destination, DestinationLedger>,
    /// A person asked now: pauses are over, and `when` does not bind.
    pub asked: bool,
    pub now: DateTime<Utc>,
}

/// How a destination stands, and what is done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationStand {
    pub destination: Destination,
    pub publish: PublishAs,
    /// What the candidate is called there, where it is copied to that region and the copy is there.
    pub copy: Option<ImageId>,
    pub does: PublishStep,
}

/// What is done at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishStep {
    /// What should stand there stands there.
    Stands,
    /// The candidate is put there.
    Publish,
    /// What stands there is not for use: an older good image is put there.
    TakeBack { from: TakenFrom, to: PublishedImage },
    /// What stands there is not for use: others may launch it no more.
    Withdraw { from: TakenFrom },
    /// A run has it in hand.
    UnderWay { journal: String },
    /// Not now.
    Wait(PublishWait),
    /// Nothing is done until a person does something.
    Person { why: String },
}

/// What a destination waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishWait {
    /// The watch has no image that could be published.
    NoImage,
    /// Somebody holds the watch.
    Held { why: String },
    /// The watch's image is not for use.
    Withheld { why: String },
    /// The image has not gone through every wave.
    Rollout,
    /// What it promises to whoever takes the image from there does not hold yet.
    Before { destination: Destination },
    /// A failed run, and the pause after it.
    Pause { until: DateTime<Utc>, why: String },
}

/// Decides for every destination of the watch, in the order in which they are published to.
pub fn decide_publishing(case: &PublishCase<'_>) -> Vec<DestinationStand> {
    let destinations = case.rules.destinations(case.home).into_iter();
    let stands = destinations.map(|(destination, publish)| DestinationStand {
        does: step(case, &destination, &publish),
        copy: copy_there(case, &destination),
        destination,
        publish,
    });
    stands.collect()
}

fn step(case: &PublishCase<'_>, destination: &Destination, publish: &PublishAs) -> PublishStep {
    let nothing = DestinationLedger::default();
    let ledger = case.ledger.get(destination).unwrap_or(&nothing);
    if let Some(journal) = &ledger.under_way {
        let journal = journal.clone();
        return PublishStep::UnderWay { journal };
    }
    match not_for_use(case, destination.kind, ledger) {
        Some(from) if publish.lasts() => withdraw(case, ledger, from),
        Some(from) => take_back(case, ledger, from),
        None => forward(case, destination, ledger, publish),
    }
}

/// What stands there, or may, and is not for use any more.
fn not_for_use(
    case: &PublishCase<'_>,
    kind: DestinationKind,
    ledger: &DestinationLedger,
) -> Option<TakenFrom> {
    let version = |image: &ImageId| {
        let now = ledger.now.as_ref().filter(|now| now.image == *image);
        now.and_then(|now| now.base_version.as_deref())
    };
    let mut bad = ledger.names(kind).filter_map(|image| {
        let why = case.withheld.why(image, version(image))?;
        Some(TakenFrom {
            image: image.clone(),
            copy: ledger.copy_of(image).cloned(),
            why: why.to_owned(),
        })
    });
    bad.next()
}

/// The candidate's copy in the destination's region, once it is there.
fn copy_there(case: &PublishCase<'_>, destination: &Destination) -> Option<ImageId> {
    let candidate = case.candidate?;
    let copies = Destination {
        kind: DestinationKind::Copy,
        region: destination.region.clone(),
    };
    let now = case.ledger.get(&copies)?.now.as_ref()?;
    let of_it = now.image == candidate.image && *destination != copies;
    of_it.then(|| now.copy.clone())?
}

/// A person's hold on the watch does not keep what is bad where it is.
fn take_back(case: &PublishCase<'_>, ledger: &DestinationLedger, from: TakenFrom) -> PublishStep {
    let good = |one: &&PublishedImage| {
        let version = one.base_version.as_deref();
        case.withheld.why(&one.image, version).is_none()
    };
    // Where only a failed run may have put it there, what stood before it is the last good one.
    let known = ledger.now.iter().chain(&ledger.before);
    let Some(to) = known.filter(|one| one.image != from.image).find(good) else {
        let why = format!(
            "{} is not for use ({}), and no good image is remembered that stood there before it",
            from.image, from.why
        );
        return PublishStep::Person { why };
    };
    match waits_after_failure(case, ledger, &to.image) {
        Some(step) => step,
        None => PublishStep::TakeBack {
            from,
            to: to.clone(),
        },
    }
}

/// Nothing takes its place: what others could launch before it they can still.
fn withdraw(case: &PublishCase<'_>, ledger: &DestinationLedger, from: TakenFrom) -> PublishStep {
    match waits_after_failure(case, ledger, &from.image) {
        Some(step) => step,
        None => PublishStep::Withdraw { from },
    }
}

fn forward(
    case: &PublishCase<'_>,
    destination: &Destination,
    ledger: &DestinationLedger,
    publish: &PublishAs,
) -> PublishStep {
    let copy = copy_there(case, destination);
    let stands = |image: Option<&ImageId>| {
        let now = ledger.now.as_ref();
        now.is_some_and(|now| {
            now.published.holds_as(publish)
                && image.is_none_or(|one| *one == now.image)
                && (copy.is_none() || copy == now.copy)
        })
    };
    let Some(candidate) = case.candidate else {
        return match stands(None) {
            true => PublishStep::Stands,
            false => PublishStep::Wait(PublishWait::NoImage),
        };
    };
    if stands(Some(&candidate.image)) {
        return PublishStep::Stands;
    }
    let version = candidate.base_version.as_deref();
    if let Some(why) = case.withheld.why(&candidate.image, version) {
        let why = why.to_owned();
        return PublishStep::Wait(PublishWait::Withheld { why });
    }
    if let Some(why) = case.held {
        let why = why.to_owned();
        return PublishStep::Wait(PublishWait::Held { why });
    }
    let when = case.rules.when_at(destination, case.home);
    let rolled_out = candidate.rolled_out || when == PublishWhen::Verified;
    if !rolled_out && !case.asked {
        return PublishStep::Wait(PublishWait::Rollout);
    }
    if let Some(destination) = promised_first(case, destination, &candidate.image) {
        return PublishStep::Wait(PublishWait::Before { destination });
    }
    waits_after_failure(case, ledger, &candidate.image).unwrap_or(PublishStep::Publish)
}

/// What must hold of the image in the destination's region before it is put there, and does not.
fn promised_first(
    case: &PublishCase<'_>,
    of: &Destination,
    image: &ImageId,
) -> Option<Destination> {
    let all = case.rules.destinations(case.home).into_iter();
    let promised = of.kind.promises();
    let mut before = all.filter(|(one, _)| one.region == of.region && promised.contains(&one.kind));
    let open = before.find(|(one, publish)| {
        let now = case.ledger.get(one).and_then(|ledger| ledger.now.as_ref());
        !now.is_some_and(|now| now.image == *image && now.published.holds_as(publish))
    });
    open.map(|(destination, _)| destination)
}

/// The pause after a failed run of this image, or the person who is needed.
fn waits_after_failure(
    case: &PublishCase<'_>,
    ledger: &DestinationLedger,
    image: &ImageId,
) -> Option<PublishStep> {
    let failing = ledger.failing.as_ref()?;
    if failing.image != *image || case.asked {
        return None;
    }
    let why = failing.why.clone();
    match failing.next_at {
        None => Some(PublishStep::Person { why }),
        Some(until) if until > case.now => {
            Some(PublishStep::Wait(PublishWait::Pause { until, why }))
        }
        Some(_) => None,
    }
}

impl PublishStep {
    /// Something is begun.
    pub fn begins(&self) -> bool {
        matches!(
            self,
            Self::Publish | Self::TakeBack { .. } | Self::Withdraw { .. }
        )
    }

    /// The word in documents.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::Publish => "publish",
            Self::TakeBack { .. } | Self::Withdraw { .. } => "take_back",
            Self::UnderWay { .. } => "under_way",
            Self::Wait(_) => "wait",
            Self::Person { .. } => "person",
        }
    }
}

/// When the first pause ends by itself.
pub fn next_try(stands: &[DestinationStand]) -> Option<DateTime<Utc>> {
    let untils = stands.iter().filter_map(|one| match &one.does {
        PublishStep::Wait(PublishWait::Pause { until, .. }) => Some(*until),
        _ => None,
    });
    untils.min()
}
