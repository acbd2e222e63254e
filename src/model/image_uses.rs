//! What names an image: by kind, each as an answer to a question that may have got none. Values; what
//! follows from them is the ladder's.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::ids::ImageId;
use super::sighting::{Seen, Trouble};

/// EC2 tells of a launch up to a day later; an hour is added for clocks and lists that lag.
const LAUNCH_TOLD_AFTER: TimeDelta = TimeDelta::hours(25);

/// What can name an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// An instance, stopped ones too.
    Instance,
    /// A version of a launch template that `$Default`, `$Latest` or a group names.
    LaunchTemplate,
    /// A launch configuration, or a group that names the image itself.
    ScalingGroup,
    /// An environment's deployed, pending or failed settings.
    Environment,
    /// An environment that was terminated so recently that it can be rebuilt.
    TerminatedEnvironment,
    SavedConfiguration,
    /// An SSM parameter that holds an image.
    Parameter,
    /// An environment ran it before its last move, so recently that it may have to go back.
    RecordedBefore,
    /// It stands where a watch makes its image known, or taking back may put it there again.
    Published,
    /// A person's hold.
    Hold,
    /// A run that is under way.
    OpenRun,
    /// A watch's own memory: its present image, a rollout that is not through.
    Remembered,
    /// What EC2 itself lists, asked image by image.
    ListedByEc2,
}

impl ReferenceKind {
    /// Those without whose answer no image goes down. What EC2 lists by itself is asked besides, right
    /// before an act, where it answers.
    pub const NEEDED: [Self; 12] = [
        Self::Instance,
        Self::LaunchTemplate,
        Self::ScalingGroup,
        Self::Environment,
        Self::TerminatedEnvironment,
        Self::SavedConfiguration,
        Self::Parameter,
        Self::RecordedBefore,
        Self::Published,
        Self::Hold,
        Self::OpenRun,
        Self::Remembered,
    ];

    /// All of them, in the order in which people read them.
    pub const SHOWN: [Self; 13] = [
        Self::Instance,
        Self::Environment,
        Self::TerminatedEnvironment,
        Self::SavedConfiguration,
        Self::LaunchTemplate,
        Self::ScalingGroup,
        Self::Parameter,
        Self::ListedByEc2,
        Self::RecordedBefore,
        Self::Remembered,
        Self::Published,
        Self::Hold,
        Self::OpenRun,
    ];

    /// The words in sentences, for several of them.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Instance => "instances",
            Self::LaunchTemplate => "launch templates",
            Self::ScalingGroup => "launch configurations and Auto Scaling groups",
            Self::Environment => "environments",
            Self::TerminatedEnvironment => "terminated environments",
            Self::SavedConfiguration => "saved configurations",
            Self::Parameter => "SSM parameters",
            Self::RecordedBefore => "earlier images of environments",
            Self::Published => "places where images are published",
            Self::Hold => "holds",
            Self::OpenRun => "runs under way",
            Self::Remembered => "what watches remember",
            Self::ListedByEc2 => "what EC2 lists",
        }
    }
}

/// One thing that names an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ImageUse {
    /// `i-0abc (stopped)`, `shop/shop-blue`
    pub by: String,
    /// When it counts no more; absent for what has no end of its own.
    pub until: Option<DateTime<Utc>>,
}

impl ImageUse {
    /// By something that has no end of its own.
    pub fn lasting(by: impl Into<String>) -> Self {
        Self {
            by: by.into(),
            until: None,
        }
    }
}

/// What an account and region said of one kind, for all images together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindAnswer {
    /// The calls that answered, or should have: `ec2:DescribeInstances`.
    pub asked: String,
    pub uses: BTreeMap<ImageId, Vec<ImageUse>>,
    /// What could not be read. An image that is not among the uses may be named there.
    pub unread: Vec<UnreadPart>,
}

/// Something that may name an image and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPart {
    pub trouble: Trouble,
    /// It can only name what could be launched in this time; absent: anything.
    pub lived: Option<LifeSpan>,
    /// It can only name these; absent: anything.
    pub only: Option<BTreeSet<ImageId>>,
}

impl UnreadPart {
    /// What may name anything.
    pub fn of_trouble(trouble: Trouble) -> Self {
        Self {
            trouble,
            lived: None,
            only: None,
        }
    }

    fn may_name(&self, image: &ImageId, facts: &LaunchFacts, now: DateTime<Utc>) -> bool {
        let lived = self.lived.as_ref();
        let only = self.only.as_ref();
        lived.is_none_or(|lived| lived.may_have_run(facts, now))
            && only.is_none_or(|only| only.contains(image))
    }
}

/// From when until when something lived that launches instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeSpan {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// What is known of an image that tells what cannot have named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaunchFacts {
    pub created: Option<DateTime<Utc>>,
    /// As EC2 says it, a day late; absent where it says nothing.
    pub last_launched: Option<DateTime<Utc>>,
}

impl LifeSpan {
    /// Whether something that lived then can have run an image of which this is known.
    pub fn may_have_run(&self, image: &LaunchFacts, now: DateTime<Utc>) -> bool {
        let made_later = image.created.is_some_and(|created| created > self.to);
        let told = now - self.to >= LAUNCH_TOLD_AFTER;
        let launched_before = image.last_launched.is_some_and(|last| last < self.from);
        !(made_later || (told && launched_before))
    }
}

impl KindAnswer {
    /// Nothing yet, of these calls.
    pub fn of_calls(asked: impl Into<String>) -> Self {
        Self {
            asked: asked.into(),
            ..Self::default()
        }
    }

    /// Something names this image.
    pub fn add(&mut self, image: ImageId, used: ImageUse) {
        let uses = self.uses.entry(image).or_default();
        if !uses.contains(&used) {
            uses.push(used);
        }
    }

    /// Something could not be read.
    pub fn missed(&mut self, trouble: Trouble) {
        self.unread.push(UnreadPart::of_trouble(trouble));
    }

    fn of_image(&self, image: &ImageId, facts: &LaunchFacts, now: DateTime<Utc>) -> AskedKind {
        let named = self.uses.get(image).filter(|uses| !uses.is_empty());
        let may_name = |part: &&UnreadPart| part.may_name(image, facts, now);
        let seen = match (named, self.unread.iter().find(may_name)) {
            (Some(uses), _) => Seen::Known(uses.clone()),
            (None, Some(part)) => Seen::Unreachable(part.trouble.clone()),
            (None, None) => Seen::Absent,
        };
        AskedKind {
            asked: self.asked.clone(),
            seen,
        }
    }
}

/// What an account and region said of every kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlaceUses(pub BTreeMap<ReferenceKind, KindAnswer>);

impl PlaceUses {
    /// What names this image. A kind that was not asked is not in it, which keeps.
    pub fn of_image(
        &self,
        image: &ImageId,
        facts: &LaunchFacts,
        now: DateTime<Utc>,
    ) -> ImageReferences {
        let kinds = self.0.iter();
        let of_image = kinds.map(|(kind, answer)| (*kind, answer.of_image(image, facts, now)));
        ImageReferences(of_image.collect())
    }

    /// Adds what another account said about images that it may launch; `name` is what the config calls it.
    pub fn add_account(&mut self, name: &str, images: &BTreeSet<ImageId>, there: Self) {
        for (kind, answer) in there.0 {
            let here = self.0.entry(kind).or_default();
            let may_launch = answer.uses.into_iter();
            for (image, uses) in may_launch.filter(|(id, _)| images.contains(id)) {
                for used in uses {
                    let by = format!("{name}:{}", used.by);
                    here.add(image.clone(), ImageUse { by, ..used });
                }
            }
            for mut part in answer.unread {
                part.trouble.what = format!("[account.{name}] {}", part.trouble.what);
                part.only = Some(images.clone());
                if !here.unread.contains(&part) {
                    here.unread.push(part);
                }
            }
        }
    }

    /// What could not be read, each trouble once.
    pub fn troubles(&self) -> BTreeSet<&Trouble> {
        let answers = self.0.values();
        answers
            .flat_map(|answer| answer.unread.iter().map(|part| &part.trouble))
            .collect()
    }
}

/// One kind's answer for one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedKind {
    /// The calls that answered, or should have.
    pub asked: String,
    pub seen: Seen<Vec<ImageUse>>,
}

/// What names one image, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImageReferences(pub BTreeMap<ReferenceKind, AskedKind>);

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 10, day, 12, 0, 0).unwrap()
    }

    fn trouble() -> Trouble {
        Trouble {
            what: "it".to_owned(),
            why: "denied".to_owned(),
            denied: true,
        }
    }

    #[test]
    fn an_image_that_something_unread_may_name_is_unreachable_and_never_absent() {
        let mut answer = KindAnswer::of_calls("x:Y");
        answer.add(ImageId::from("ami-1"), ImageUse::lasting("a"));
        let facts = LaunchFacts::default();
        let seen = |answer: &KindAnswer, image: &str| {
            answer.of_image(&ImageId::from(image), &facts, day(20)).seen
        };
        assert_eq!(seen(&answer, "ami-2"), Seen::Absent);
        answer.missed(trouble());
        assert_eq!(seen(&answer, "ami-2"), Seen::Unreachable(trouble()));
        let known = Seen::Known(vec![ImageUse::lasting("a")]);
        assert_eq!(seen(&answer, "ami-1"), known, "named is named");
    }

    #[test]
    fn another_account_names_what_it_may_launch_and_its_silence_keeps_nothing_else() {
        let mut uses = PlaceUses(BTreeMap::from([(
            ReferenceKind::Instance,
            KindAnswer::of_calls("x:Y"),
        )]));
        let mut there = KindAnswer::of_calls("x:Y");
        there.add(ImageId::from("ami-1"), ImageUse::lasting("i-1"));
        there.add(ImageId::from("ami-9"), ImageUse::lasting("i-9"));
        there.missed(trouble());
        let images = BTreeSet::from([ImageId::from("ami-1"), ImageId::from("ami-2")]);
        let there = PlaceUses(BTreeMap::from([(ReferenceKind::Instance, there)]));
        uses.add_account("prod", &images, there);
        let seen = |image: &str| {
            let facts = LaunchFacts::default();
            let asked = uses.of_image(&ImageId::from(image), &facts, day(20));
            asked.0[&ReferenceKind::Instance].seen.clone()
        };
        let named = Seen::Known(vec![ImageUse::lasting("prod:i-1")]);
        assert_eq!(seen("ami-1"), named);
        let Seen::Unreachable(unread) = seen("ami-2") else {
            panic!("prod did not answer in full");
        };
        assert_eq!(unread.what, "[account.prod] it");
        assert_eq!(seen("ami-9"), Seen::Absent, "it is not shared with prod");
    }

    #[test]
    fn what_is_gone_can_have_run_only_what_was_there_and_was_launched() {
        let lived = LifeSpan {
            from: day(5),
            to: day(10),
        };
        let facts = |created, last_launched| LaunchFacts {
            created: Some(created),
            last_launched,
        };
        let may = |facts, now| lived.may_have_run(&facts, now);
        assert!(!may(facts(day(11), None), day(20)), "made afterwards");
        assert!(may(facts(day(1), None), day(20)), "nothing is known");
        assert!(may(facts(day(1), Some(day(6))), day(20)), "launched then");
        assert!(!may(facts(day(1), Some(day(4))), day(20)), "not since");
        assert!(may(facts(day(1), Some(day(4))), day(11)), "not told yet");
        assert!(may(LaunchFacts::default(), day(20)), "nothing at all");
    }
}
