//! Deliberate bugs, made at the seams: what is sent or stored is changed as a wrong amiwatch would change
//! it. They exist in the harness alone; no build of amiwatch has them.

use std::sync::Mutex;
use std::time::Duration;

use amiwatch::model::publish_rules::ShareWith;
use amiwatch::settings::Settings;
use amiwatch::store::{Batch, Op, Record};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::table_mutant::{heard_of_table, sent_to_table};

/// One deliberate bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A guest is launched without the tags by which it is found again.
    UntaggedGuest,
    /// The security group carries no tag.
    UntaggedGroup,
    /// A launch has no client token.
    NoToken,
    /// The token forgets the choice of subnet and type: it is the same for all.
    TokenWithoutSubnet,
    /// The image is born verified.
    VerifiedFromBirth,
    /// The clean-up takes the group for removed without removing it.
    GroupNotRemoved,
    /// An image that is rejected leaves its snapshots.
    SnapshotsNotRemoved,
    /// The fact is stored first, and the notice about it in a batch of its own.
    NoticeInItsOwnBatch,
    /// A base counts as done although its bake failed.
    CursorMovedOnFailure,
    /// A journal is opened without its record among the open ones: the next start does not find it.
    OpenRecordMissing,
    /// Guests answer IMDSv1.
    OldMetadata,
    /// A wave does not wait until the one before it has settled.
    WaveDoesNotWait,
    /// What was quarantined is in the process' memory alone: neither stored for the next one nor marked.
    QuarantineForgotten,
    /// A window's hours are taken for hours of UTC.
    WindowInAnotherZone,
    /// What people said of one image is taken for what they say of the next.
    ApprovalOfAnotherImage,
    /// A parameter is written before the image can be launched by whom it is promised to.
    ParameterBeforeItsShare,
    /// A copy is taken for finished as soon as EC2 lists it: its parameter is written before.
    ParameterBeforeItsCopy,
    /// SSM is not told that a parameter names an image, and does not look at it.
    UntypedParameter,
    /// A parameter carries no tag.
    UntaggedParameter,
    /// A question that is refused is taken for answered: nobody launches the image.
    UnreachableTakenForUnused,
    /// A snapshot is removed with its image although another image has it.
    SnapshotOfTwoRemoved,
    /// An image is taken for ours that carries no tag of ours any more.
    UntaggedImageRetired,
    /// An image is disabled without a word about who might launch it.
    PermissionsNotRecorded,
    /// Saved configurations are not looked at when it is asked what names an image.
    SavedNotRead,
    /// Applications that may not be read are taken for such as have no saved configuration.
    DeniedIsUnused,
    /// What an environment ran before may go at once.
    HorizonIgnored,
    /// A renewal lets changes pass for ever, and not until the lease's term is over.
    RenewalTrustedForEver,
    /// A transaction's token is a digest of what is in it.
    TokenByContent,
    /// Batches that append to a journal are not held against the lease's epoch.
    EpochUnchecked,
    /// A lease that somebody has is taken for free.
    StandbyActs,
}

impl Mutant {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::UntaggedGuest,
        Self::UntaggedGroup,
        Self::NoToken,
        Self::TokenWithoutSubnet,
        Self::VerifiedFromBirth,
        Self::GroupNotRemoved,
        Self::SnapshotsNotRemoved,
        Self::NoticeInItsOwnBatch,
        Self::CursorMovedOnFailure,
        Self::OpenRecordMissing,
        Self::OldMetadata,
    ];

    /// Those of who holds a lease that show in a life of several daemons. An epoch that is not checked does not: whoever
    /// leads by then has gone on with the journal, whose own numbers refuse what is late.
    pub(crate) const OF_LEASES: [Self; 2] = [Self::RenewalTrustedForEver, Self::StandbyActs];

    /// Those of publishing.
    pub(crate) const OF_PUBLISHING: [Self; 4] = [
        Self::ParameterBeforeItsShare,
        Self::ParameterBeforeItsCopy,
        Self::UntypedParameter,
        Self::UntaggedParameter,
    ];

    /// Those of retiring images.
    pub(crate) const OF_RETIRING: [Self; 4] = [
        Self::UnreachableTakenForUnused,
        Self::SnapshotOfTwoRemoved,
        Self::UntaggedImageRetired,
        Self::PermissionsNotRecorded,
    ];

    /// Those of what names an image.
    pub(crate) const OF_REFERENCES: [Self; 3] = [
        Self::SavedNotRead,
        Self::DeniedIsUnused,
        Self::HorizonIgnored,
    ];

    /// Those of the daemon's own rollout.
    pub(crate) const OF_ROLLOUTS: [Self; 4] = [
        Self::WaveDoesNotWait,
        Self::QuarantineForgotten,
        Self::WindowInAnotherZone,
        Self::ApprovalOfAnotherImage,
    ];
}

/// The config as the wrong amiwatch takes it.
pub(crate) fn taken(mutant: Option<Mutant>, mut settings: Settings) -> Settings {
    let published = settings.watches.values_mut();
    if mutant == Some(Mutant::ParameterBeforeItsShare) {
        let published = published.filter_map(|watch| watch.publish.as_mut());
        published.for_each(|rules| rules.share = ShareWith::default());
    }
    if mutant == Some(Mutant::HorizonIgnored) {
        let retired = settings.watches.values_mut();
        let retired = retired.filter_map(|watch| watch.retire.as_mut());
        retired.for_each(|rules| rules.rollback_horizon = Duration::ZERO);
    }
    let rules = settings.watches.values_mut();
    for rules in rules.filter_map(|watch| watch.rollout.as_mut()) {
        match mutant {
            Some(Mutant::WaveDoesNotWait) => {
                rules.settle.first = Duration::ZERO;
                rules.settle.later = Duration::ZERO;
            }
            Some(Mutant::WindowInAnotherZone) => {
                let windows = rules.order.windows.iter_mut();
                windows.for_each(|window| window.timezone = chrono_tz::UTC);
            }
            _ => {}
        }
    }
    settings
}

/// A record as the wrong amiwatch reads it, in a process that began then.
pub(crate) fn recalled(mutant: Option<Mutant>, began: DateTime<Utc>, record: Record) -> Record {
    let holds = mutant == Some(Mutant::QuarantineForgotten) && record.key.starts_with("hold");
    if !holds {
        return record;
    }
    let mut record = record;
    if let Some(all) = record.value.as_array_mut() {
        let earlier = |hold: &Value| {
            let since = hold["since"]
                .as_str()
                .and_then(|at| at.parse::<DateTime<Utc>>().ok());
            since.is_some_and(|since| since < began)
        };
        all.retain(|hold| hold["by"] != "amiwatch" || !earlier(hold));
    }
    record
}

/// What the wire does instead of sending the request as it is.
pub(crate) enum Wired {
    /// Sends this form.
    Sends(String),
    /// Answers by itself, as if it had been done.
    Answers(String),
}

/// The request as the wrong amiwatch sends it.
pub(crate) fn sent(mutant: Mutant, operation: &str, body: &str) -> Wired {
    let sends = |body: String| Wired::Sends(body);
    match (mutant, operation) {
        (Mutant::UntaggedGuest, "RunInstances")
        | (Mutant::UntaggedGroup, "CreateSecurityGroup") => {
            sends(without(body, |key, _| key.starts_with("TagSpecification")))
        }
        (Mutant::NoToken, "RunInstances") => sends(without(body, |key, _| key == "ClientToken")),
        (Mutant::TokenWithoutSubnet, "RunInstances") => {
            sends(with(body, "ClientToken", "the-same-for-all"))
        }
        (Mutant::VerifiedFromBirth, "CreateImage") => {
            sends(body.replace("=candidate", "=verified"))
        }
        (Mutant::OldMetadata, "RunInstances") => {
            sends(with(body, "MetadataOptions.HttpTokens", "optional"))
        }
        (Mutant::UntypedParameter, "PutParameter") => sends(body.replace("aws:ec2:image", "text")),
        (Mutant::UntaggedParameter, "PutParameter") => {
            let mut asked: Value = serde_json::from_str(body).expect("SSM is asked in JSON");
            asked.as_object_mut().map(|asked| asked.remove("Tags"));
            sends(asked.to_string())
        }
        (Mutant::SnapshotsNotRemoved, "DeregisterImage") => {
            sends(without(body, |key, _| key == "DeleteAssociatedSnapshots"))
        }
        (Mutant::QuarantineForgotten, "CreateTags") if body.contains("quarantined") => {
            answered(operation)
        }
        (Mutant::UnreachableTakenForUnused, "DescribeLaunchConfigurations") => Wired::Answers(
            "<DescribeLaunchConfigurationsResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">\
             <DescribeLaunchConfigurationsResult><LaunchConfigurations/></DescribeLaunchConfigurationsResult>\
             </DescribeLaunchConfigurationsResponse>"
                .to_owned(),
        ),
        (Mutant::SnapshotOfTwoRemoved, "DescribeImages") if body.contains("snapshot-id") => {
            Wired::Answers(no_images())
        }
        (Mutant::UntaggedImageRetired, "DescribeImages") => {
            sends(without_filter(body, "tag%3Aamiwatch%3Ainstallation"))
        }
        (Mutant::GroupNotRemoved, "DeleteSecurityGroup")
        | (Mutant::SnapshotsNotRemoved, "DeleteSnapshot") => answered(operation),
        _ => sends(sent_to_table(mutant, operation, body).unwrap_or_else(|| body.to_owned())),
    }
}

/// Whoever asks for images is told that there are none.
fn no_images() -> String {
    "<DescribeImagesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
     <requestId>none</requestId><imagesSet/></DescribeImagesResponse>"
        .to_owned()
}

/// The question without its filter of this name: of whatever carries another tag as well.
fn without_filter(form: &str, name: &str) -> String {
    let is_it = |pair: &&str| pair.ends_with(&format!(".Name={name}"));
    let Some(named) = form.split('&').find(is_it) else {
        return form.to_owned();
    };
    let filter = named.split(".Name=").next().unwrap_or_default();
    let filter = format!("{filter}.");
    // The numbers of filters need not be without gaps, only their own.
    without(form, |key, _| key.starts_with(&filter))
}

/// The answer as the wrong amiwatch takes it.
pub(crate) fn heard(mutant: Mutant, operation: &str, answer: &str) -> Option<String> {
    match (mutant, operation) {
        (Mutant::UntaggedImageRetired, "DescribeImages") => Some(tagged(answer)),
        (Mutant::ParameterBeforeItsCopy, "DescribeImages")
            if answer.contains("amiwatch:copy-of") =>
        {
            Some(answer.replace(">pending</imageState>", ">available</imageState>"))
        }
        (Mutant::SavedNotRead, "DescribeApplications") => Some(without_saved(answer)),
        // Beanstalk shows nothing to whom it denies.
        (Mutant::DeniedIsUnused, "DescribeApplications")
            if !answer.contains("<ApplicationName>") =>
        {
            Some(format!(
                "<{operation}Response xmlns=\"http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/\">\
                 <{operation}Result><Applications><member><ApplicationName>shop</ApplicationName></member>\
                 </Applications></{operation}Result></{operation}Response>"
            ))
        }
        _ => heard_of_table(mutant, operation, answer),
    }
}

/// Applications as if they had no saved configuration.
fn without_saved(answer: &str) -> String {
    const BEGIN: &str = "<ConfigurationTemplates>";
    const END: &str = "</ConfigurationTemplates>";
    let mut parts = answer.split(BEGIN);
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once(END).map_or(part, |(_, rest)| rest));
    first + &rest.collect::<String>()
}

/// Every image that a bake made carries our installation's tag, whatever EC2 says.
fn tagged(answer: &str) -> String {
    let ours = "<item><key>amiwatch:installation</key><value>acme</value></item>";
    let has = |image: &str| image.contains("amiwatch:installation");
    let parts: Vec<String> = answer
        .split("</tagSet>")
        .map(|part| match part.contains("amiwatch:key") && !has(part) {
            true => part.replacen("<tagSet>", &format!("<tagSet>{ours}"), 1),
            false => part.to_owned(),
        })
        .collect();
    parts.join("</tagSet>")
}

/// As if it had been done.
fn answered(operation: &str) -> Wired {
    Wired::Answers(format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>none</requestId><return>true</return></{operation}Response>"
    ))
}

fn without(form: &str, drop: impl Fn(&str, &str) -> bool) -> String {
    let pairs = form.split('&').filter(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        !drop(key, value)
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn with(form: &str, key: &str, value: &str) -> String {
    let pairs = form.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name == key => format!("{key}={value}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// What the store remembers of a wrong amiwatch's earlier batches.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Value>);

/// The batches that the wrong amiwatch commits instead of this one, in order.
pub(crate) fn stored(mutant: Mutant, memory: &Memory, batch: Batch) -> Vec<Batch> {
    match mutant {
        Mutant::NoticeInItsOwnBatch => {
            let tells = |op: &Op| {
                let key = match op {
                    Op::CompareAndSet { key, .. } => key.as_str(),
                    _ => "",
                };
                key.starts_with("outbox/") && !matches!(op, Op::Delete { .. })
            };
            let (notices, facts): (Vec<Op>, Vec<Op>) =
                batch.ops().iter().cloned().partition(|op| tells(op));
            // The outbox's own bookkeeping stays as it is.
            match facts.is_empty() || notices.is_empty() {
                true => vec![batch],
                false => vec![Batch::of_ops(facts), Batch::of_ops(notices)],
            }
        }
        Mutant::OpenRecordMissing => {
            let opens =
                |op: &Op| matches!(op, Op::PutIfAbsent { key, .. } if key.starts_with("open/"));
            vec![Batch::of_ops(
                batch
                    .ops()
                    .iter()
                    .filter(|op| !opens(op))
                    .cloned()
                    .collect(),
            )]
        }
        Mutant::ApprovalOfAnotherImage => {
            let ops = batch.ops().iter().cloned();
            vec![Batch::of_ops(
                ops.map(|op| taken_for_the_next(memory, op)).collect(),
            )]
        }
        Mutant::PermissionsNotRecorded => {
            let ops = batch.ops().iter().cloned().map(without_grants);
            vec![Batch::of_ops(ops.collect())]
        }
        Mutant::CursorMovedOnFailure => {
            let ops = batch.ops().iter().cloned().map(|op| moved(memory, op));
            vec![Batch::of_ops(ops.collect())]
        }
        _ => vec![batch],
    }
}

/// What is remembered of an image, without who might launch it.
fn without_grants(op: Op) -> Op {
    match op {
        Op::CompareAndSet {
            key,
            expected,
            mut value,
        } if key.starts_with("retired/") => {
            value.as_object_mut().map(|record| record.remove("grants"));
            Op::CompareAndSet {
                key,
                expected,
                value,
            }
        }
        other => other,
    }
}

/// A question about an image that was answered when it was asked about another one.
fn taken_for_the_next(memory: &Memory, op: Op) -> Op {
    let Op::CompareAndSet {
        key,
        expected,
        mut value,
    } = op
    else {
        return op;
    };
    if key.starts_with("rollout/") {
        let mut said = memory.0.lock().unwrap();
        match value["approval"]["answer"].clone() {
            answer if answer["said"] == "approved" => *said = answer,
            Value::Null if !value["approval"].is_null() && !said.is_null() => {
                value["approval"]["answer"] = said.clone();
            }
            _ => {}
        }
    }
    Op::CompareAndSet {
        key,
        expected,
        value,
    }
}

/// A history that forgets the failure and takes the release for baked.
fn moved(memory: &Memory, op: Op) -> Op {
    match op {
        Op::Append {
            event,
            journal,
            expected,
        } => {
            if event["event"] == "opened" {
                *memory.0.lock().unwrap() = event["input"].clone();
            }
            Op::Append {
                journal,
                expected,
                event,
            }
        }
        Op::CompareAndSet {
            key,
            expected,
            mut value,
        } if key.starts_with("watch/") => {
            let order = memory.0.lock().unwrap().clone();
            if !value["failing"].is_null() && !order.is_null() {
                value["current"] = json!({
                    "image": order["release"]["image"],
                    "key": order["key"],
                    "generation": order["generation"],
                    "base_image": order["release"]["image"],
                    "base_version": order["release"]["version"],
                    "recipe_digest": order["recipe_digest"],
                    "baked_at": value["failing"]["last_at"],
                    "redundant": false,
                });
                value["failing"] = Value::Null;
            }
            Op::CompareAndSet {
                key,
                expected,
                value,
            }
        }
        other => other,
    }
}
