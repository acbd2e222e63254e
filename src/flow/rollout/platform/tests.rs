//! The choice as a table, and what holds of every choice.

use proptest::prelude::*;

use super::*;
use crate::model::base::BranchLifecycle;
use crate::model::ids::PlatformArn;

const X86: Architecture = Architecture::X86_64;

fn arn(version: &str) -> PlatformArn {
    PlatformArn::new(format!(
        "arn:aws:elasticbeanstalk:eu-west-1::platform/Docker running on 64bit Amazon Linux 2023/{version}"
    ))
}

fn version(number: &str, image: &str) -> PlatformVersion {
    PlatformVersion {
        arn: arn(number),
        branch: "Docker running on 64bit Amazon Linux 2023".to_owned(),
        version: number.to_owned(),
        solution_stack: None,
        recommended: false,
        branch_lifecycle: BranchLifecycle::Supported,
        operating_system: None,
        created: None,
        images: vec![(X86, image.into()), (Architecture::Arm64, "ami-arm".into())],
    }
}

fn moves(number: &str) -> PlatformChoice {
    PlatformChoice::Moves {
        to: arn(number),
        version: number.to_owned(),
    }
}

fn ahead(runs: &str, newest: &str) -> PlatformChoice {
    PlatformChoice::Ahead {
        runs: runs.to_owned(),
        newest: newest.to_owned(),
    }
}

/// `4.5.0 ami-1` and so on; the image was made from `base`.
struct Case {
    what: &'static str,
    runs: (&'static str, &'static str),
    known: &'static [(&'static str, &'static str)],
    made_from: Option<&'static str>,
    all_known: bool,
    wanted: fn() -> PlatformChoice,
}

impl Case {
    fn chosen(&self) -> PlatformChoice {
        let runs = version(self.runs.0, self.runs.1);
        let known: Vec<_> = self.known.iter().map(|(n, i)| version(n, i)).collect();
        let question = PlatformQuestion {
            runs: &runs,
            base: &"ami-base".into(),
            made_from: self.made_from,
            architecture: X86,
            all_known: self.all_known,
        };
        platform_for(&question, &known)
    }
}

const CASES: &[Case] = &[
    Case {
        what: "the recommended version has the base",
        runs: ("4.5.0", "ami-old"),
        known: &[("4.5.0", "ami-old"), ("4.5.1", "ami-base")],
        made_from: None,
        all_known: false,
        wanted: || moves("4.5.1"),
    },
    Case {
        what: "what runs has the base, and is not among the known",
        runs: ("4.5.1", "ami-base"),
        known: &[("4.5.2", "ami-new")],
        made_from: None,
        all_known: true,
        wanted: || PlatformChoice::Stays,
    },
    Case {
        what: "several versions share the base: the newest",
        runs: ("4.5.1", "ami-base"),
        known: &[
            ("4.5.9", "ami-base"),
            ("4.5.10", "ami-base"),
            ("4.5.11", "ami-new"),
            ("4.5.2", "ami-base"),
        ],
        made_from: Some("4.5.1"),
        all_known: true,
        wanted: || moves("4.5.10"),
    },
    Case {
        what: "nothing else is there, and all were read",
        runs: ("4.5.0", "ami-old"),
        known: &[],
        made_from: Some("4.5.1"),
        all_known: true,
        wanted: || PlatformChoice::Unavailable {
            base: "ami-base".into(),
        },
    },
    Case {
        what: "the environment is ahead, and the older version is known",
        runs: ("4.10.0", "ami-new"),
        known: &[("4.9.0", "ami-base")],
        made_from: None,
        all_known: true,
        wanted: || ahead("4.10.0", "4.9.0"),
    },
    Case {
        what: "the environment is ahead, and only the image's own tags tell",
        runs: ("4.5.1", "ami-new"),
        known: &[("4.5.1", "ami-new")],
        made_from: Some("4.5.0"),
        all_known: false,
        wanted: || ahead("4.5.1", "4.5.0"),
    },
    Case {
        what: "an older version has the base, and so has a newer one",
        runs: ("4.5.1", "ami-new"),
        known: &[("4.5.0", "ami-base"), ("4.5.2", "ami-base")],
        made_from: Some("4.5.0"),
        all_known: true,
        wanted: || moves("4.5.2"),
    },
    Case {
        what: "not all were read: unknown is not unavailable",
        runs: ("4.5.0", "ami-old"),
        known: &[("4.5.2", "ami-new")],
        made_from: Some("4.5.1"),
        all_known: false,
        wanted: || PlatformChoice::Untold {
            why: "none of the versions that were read has ami-base, its base".to_owned(),
        },
    },
    Case {
        what: "all were read, and the image's version is hidden from this account",
        runs: ("4.5.0", "ami-old"),
        known: &[("4.5.2", "ami-new")],
        made_from: Some("4.5.1"),
        all_known: true,
        wanted: || PlatformChoice::Unavailable {
            base: "ami-base".into(),
        },
    },
    Case {
        what: "a version that is no number",
        runs: ("latest", "ami-old"),
        known: &[("4.5.1", "ami-base")],
        made_from: None,
        all_known: true,
        wanted: || PlatformChoice::Untold {
            why: "its own version latest is no number".to_owned(),
        },
    },
];

#[test]
fn case_by_case_the_platform_version_that_moves_along() {
    for case in CASES {
        assert_eq!(case.chosen(), (case.wanted)(), "{}", case.what);
    }
}

#[test]
fn other_branches_and_architectures_do_not_count() {
    let runs = version("4.5.0", "ami-old");
    let mut elsewhere = version("4.5.1", "ami-base");
    elsewhere.branch = "Python 3.13 running on 64bit Amazon Linux 2023".to_owned();
    let mut arm = version("4.5.1", "ami-other");
    arm.images = vec![
        (X86, "ami-other".into()),
        (Architecture::Arm64, "ami-base".into()),
    ];
    let question = PlatformQuestion {
        runs: &runs,
        base: &"ami-base".into(),
        made_from: None,
        architecture: X86,
        all_known: true,
    };
    assert_eq!(
        platform_for(&question, [&elsewhere, &arm]),
        PlatformChoice::Unavailable {
            base: "ami-base".into()
        }
    );
}

proptest! {
    /// Whatever is known, in whatever order: a choice has the base, is no step back, and none that is
    /// known is newer.
    #[test]
    fn a_choice_has_the_base_is_no_step_back_and_is_the_newest(
        numbers in prop::collection::vec((0u64..4, 0u64..12, prop::bool::ANY), 0..8),
        runs in (0u64..4, 0u64..12, prop::bool::ANY),
        all_known: bool,
    ) {
        let named = |(minor, patch, fits): (u64, u64, bool)| {
            let image = if fits { "ami-base" } else { "ami-other" };
            version(&format!("4.{minor}.{patch}"), image)
        };
        let runs = named(runs);
        let known: Vec<_> = numbers.into_iter().map(named).filter(|one| one.arn != runs.arn).collect();
        let base = ImageId::from("ami-base");
        let question = PlatformQuestion {
            runs: &runs,
            base: &base,
            made_from: None,
            architecture: X86,
            all_known,
        };
        let number = |version: &PlatformVersion| Version::parse(&version.version).unwrap();
        let chosen = platform_for(&question, &known);
        let fitting = known.iter().chain([&runs]).filter(|one| one.image(X86) == Some(&base));
        let newest = fitting.map(number).max();
        match &chosen {
            PlatformChoice::Moves { version, .. } => {
                let version = Version::parse(version).unwrap();
                prop_assert!(version > number(&runs));
                prop_assert_eq!(Some(version), newest);
            }
            PlatformChoice::Stays => prop_assert_eq!(Some(number(&runs)), newest),
            PlatformChoice::Ahead { .. } => prop_assert!(newest.unwrap() < number(&runs)),
            PlatformChoice::Unavailable { .. } => prop_assert!(all_known && newest.is_none()),
            PlatformChoice::Untold { .. } => prop_assert!(!all_known && newest.is_none()),
        }
        let mut turned = known.clone();
        turned.reverse();
        prop_assert_eq!(platform_for(&question, &turned), chosen);
    }
}
