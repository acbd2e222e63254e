//! What is right and what is not across keys: each row is a config and the one fault that it must give,
//! or the value that it must become. Values by themselves, recipes and schedules have files of their own.

use std::path::Path;
use std::time::Duration;

use crate::model::base::BaseSource;
use crate::model::ids::{Architecture, WatchName};
use crate::model::notice::NoticeEvent;
use crate::model::version::VersionWish;
use crate::model::watch::{Encrypt, OnDrift, TargetPattern};

use super::tests_faults::{first_lines, read};
use super::{NotifierKind, Settings, StoreUrl};

pub(super) const GOOD: &str = r#"
installation = "acme"
[watch.shop]
base = { beanstalk = "ECS running on 64bit Amazon Linux 2023", architecture = "arm64" }
recipe = "r"
on_drift = "bake"
soak = "1h30m"
max_age = "30d"
[[watch.shop.target]]
beanstalk = { application = "shop", environment = "shop-*" }
[recipe.r]
user_data = "good.yaml"
checks = [{ name = "one", run = "true" }]
[notify.ops]
sns = { topic_arn = "arn:aws-cn:sns:cn-north-1:111122223333:amiwatch" }
events = ["drift", "failed"]
"#;

/// [`GOOD`] with one text put in place of another.
pub(super) fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is not in the good config");
    GOOD.replacen(from, to, 1)
}

pub(super) fn right(text: &str) -> Settings {
    read(text).unwrap_or_else(|faults| panic!("{text}\n{faults}"))
}

/// The one fault, without its place.
pub(super) fn only_fault(text: &str) -> String {
    let lines = first_lines(text);
    assert_eq!(lines.len(), 1, "{text}\n{lines:#?}");
    lines[0].split_once(": ").expect("a place").1.to_owned()
}

#[test]
fn a_pattern_has_an_end() {
    for key in ["application", "environment"] {
        let long = format!("{key} = \"{}\"", "*a".repeat(200));
        let written = match key {
            "application" => "application = \"shop\"",
            _ => "environment = \"shop-*\"",
        };
        assert!(only_fault(&with(written, &long)).contains("longer than 256 characters"));
    }
}

#[test]
fn every_seller_at_once_is_a_warning() {
    let beanstalk = "beanstalk = \"ECS running on 64bit Amazon Linux 2023\"";
    for (owner, warned) in [("aws-marketplace", 1), ("679593333241", 1), ("amazon", 0)] {
        let images = format!("images = {{ owners = [\"{owner}\"], name = \"x-*\" }}");
        let warnings = right(&with(beanstalk, &images)).warnings;
        assert_eq!(warnings.len(), warned, "{owner}: {warnings:?}");
    }
}

#[test]
fn a_good_config_becomes_values() {
    let settings = right(GOOD);
    assert_eq!(settings.warnings, []);
    let watch = &settings.watches[&WatchName::new("shop")];
    assert_eq!(watch.on_drift, OnDrift::Bake);
    assert_eq!(watch.soak, Some(Duration::from_secs(5400)));
    assert_eq!(watch.max_age, Some(Duration::from_secs(30 * 24 * 3600)));
    assert_eq!(watch.base.architecture, Architecture::Arm64);
    let target = TargetPattern {
        account: None,
        account_name: None,
        region: None,
        movable: true,
        application: "shop".to_owned(),
        environment: "shop-*".to_owned(),
    };
    assert_eq!(watch.targets, [target]);
    let recipe = watch.recipe.as_ref().expect("a recipe");
    assert_eq!(recipe.path, Path::new("dir/good.yaml"));
    assert!(recipe.user_data.starts_with("#cloud-config\n"));
    assert_eq!((recipe.checks.len(), recipe.unchecked), (1, false));
    assert_eq!(settings.recipes["r"], *recipe);
    let boot = "[recipe.r]\nboot_checks = [{ name = \"two\", run = \"true\" }]";
    let recipes = right(&with("[recipe.r]", boot)).recipes;
    assert_eq!(recipes["r"].boot_checks[0].name, "two");
    assert_eq!(recipes["r"].checks, recipe.checks);
    let ops = &settings.notifiers["ops"];
    assert_eq!(
        ops.route.events,
        [NoticeEvent::Drift, NoticeEvent::Failed].into()
    );
    let NotifierKind::Sns { topic_arn, .. } = &ops.kind else {
        panic!("{:?}", ops.kind)
    };
    assert!(topic_arn.starts_with("arn:aws-cn:"));
}

#[test]
fn an_empty_config_is_all_defaults_and_a_warning() {
    let settings = right("");
    assert_eq!(settings.schedule.cron.as_str(), "*/15 * * * *");
    assert_eq!(settings.schedule.timezone, chrono_tz::UTC);
    assert_eq!(settings.schedule.jitter, Duration::from_secs(30));
    assert_eq!(
        settings.store,
        StoreUrl::SqliteFile("/var/lib/amiwatch/amiwatch.db".into())
    );
    assert_eq!(settings.builder.timeout, Duration::from_secs(1800));
    assert_eq!(settings.builder.encrypt, Encrypt::AccountDefault);
    assert_eq!(
        settings.builder.instance_types[&Architecture::X86_64].len(),
        2
    );
    assert_eq!(settings.warnings.len(), 1);
    let missing = settings
        .require_installation()
        .expect_err("none is set")
        .to_string();
    assert!(missing.starts_with("dir/amiwatch.toml:1:1: "), "{missing}");
    assert!(right("installation = \"a\"").require_installation().is_ok());
}

#[test]
fn rules_across_keys() {
    for (from, to, fault) in [
        ("installation = \"acme\"\n", "", "does not say who owns"),
        (
            "recipe = \"r\"",
            "",
            "the watch is to bake and has no recipe",
        ),
        (
            "recipe = \"r\"",
            "recipe = \"rr\"",
            "there is no recipe `rr`; did you mean \"r\"?",
        ),
        ("\"bake\"", "\"rollout\"", "nothing says in which order"),
        ("\"bake\"", "\"bkae\"", "did you mean \"bake\"?"),
        (
            "checks = [{ name = \"one\", run = \"true\" }]",
            "",
            "the recipe has no checks",
        ),
        (
            "[{ name = \"one\", run = \"true\" }]",
            "[]",
            "the recipe has no checks",
        ),
        (
            "[recipe.r]",
            "[recipe.r]\nunchecked = true",
            "`unchecked = true` and has checks",
        ),
        (
            " }]",
            " }, { name = \"one\", run = \"x\" }]",
            "already a check `one`",
        ),
        (
            "[recipe.r]",
            "[recipe.r]\nboot_checks = [{ name = \"one\", run = \"x\" }]",
            "already a check `one`",
        ),
        (
            "name = \"one\"",
            "name = \"a\\nb\"",
            "is not a check's name",
        ),
        ("run = \"true\"", "run = \" \"", "nothing always passes"),
        (
            "run = \"true\"",
            "run = \"true\", rnu = 1",
            "did you mean `run`?",
        ),
        ("good.yaml", "gone.yaml", "dir/gone.yaml: cannot be read"),
        (
            "good.yaml",
            "latin1.yaml",
            "dir/latin1.yaml: line 2 is not UTF-8",
        ),
        (
            "beanstalk = \"ECS",
            "ssm = \"/a\", beanstalk = \"ECS",
            "of two kinds at once",
        ),
        ("application = \"shop\", ", "", "`application` is missing"),
        (
            "environment = \"shop-*\"",
            "environment = \"shop_*\"",
            "no environment's name has `_`",
        ),
        (
            "application = \"shop\"",
            "application = \"[\"",
            "is not a pattern",
        ),
        (
            "[\"drift\", \"failed\"]",
            "[]",
            "the receiver is never told anything",
        ),
        ("\"failed\"]", "\"faield\"]", "did you mean \"failed\"?"),
        (
            "[notify.ops]",
            "[notify.Ops]",
            "the name `Ops` does not fit",
        ),
        (
            "\"ECS running on 64bit Amazon Linux 2023\"",
            "\"64bit Amazon Linux 2023 v4.5.0 running ECS\"",
            "write the branch, such as \"ECS running on 64bit Amazon Linux 2023\"",
        ),
    ] {
        let found = only_fault(&with(from, to));
        assert!(found.contains(fault), "{to}: {found}");
    }
}

#[test]
fn what_is_not_built_says_what_is() {
    let text = with(
        "installation = \"acme\"",
        "builder.keep_rejected = \"7d\"\ninstallation = \"acme\"",
    );
    let found = only_fault(&text);
    assert!(found.contains("not part of this version"), "{found}");
    assert!(
        found.contains("rejected images are removed at once"),
        "{found}"
    );
}

#[test]
fn a_parameter_path_that_says_the_processor_is_believed() {
    let architecture = |base: &str| {
        let settings = right(&format!("watch.a.base = {{ {base} }}"));
        let base = settings.watches.into_values().next().expect("a watch").base;
        assert!(matches!(base.source, BaseSource::Ssm { .. }));
        base.architecture
    };
    let (x86, arm) = (Architecture::X86_64, Architecture::Arm64);
    assert_eq!(architecture("ssm = \"/ecs/al2023/recommended\""), x86);
    assert_eq!(architecture("ssm = \"/ecs/al2023/arm64/recommended\""), arm);
    assert_eq!(
        architecture("ssm = \"/ami/al2023-kernel-default-arm64\""),
        arm
    );
    assert_eq!(
        architecture("ssm = \"/ecs/al2023/recommended\", architecture = \"arm64\""),
        arm
    );
    assert_eq!(
        architecture("ssm = \"/al2023/arm64/x\", architecture = \"arm64\""),
        arm
    );
    for (path, written) in [("/al2023/arm64/x", "x86_64"), ("/ubuntu/amd64/x", "arm64")] {
        let base = format!("{{ ssm = \"{path}\", architecture = \"{written}\" }}");
        let found = only_fault(&format!("watch.a.base = {base}"));
        assert!(found.contains("or leave `architecture` out"), "{found}");
    }
}

#[test]
fn bases_of_each_kind() {
    let source = |base: &str| {
        let settings = right(&format!("watch.a.base = {base}"));
        let watch = settings.watches.into_values().next().expect("a watch");
        watch.base.source
    };
    let images = "{ images = { owners = [\"self\", \"111122223333\"], name = \"golden-*\" } }";
    assert_eq!(
        source(images),
        BaseSource::Images {
            owners: vec!["self".to_owned(), "111122223333".to_owned()],
            name: "golden-*".to_owned(),
        }
    );
    let version = |text: &str| {
        let base = format!("{{ beanstalk = \"b\", version = \"{text}\" }}");
        match source(&base) {
            BaseSource::Beanstalk { version, .. } => version,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(version("recommended"), VersionWish::Recommended);
    for text in ["4.5.*", "4.*", "4.5.1"] {
        assert_eq!(version(text), VersionWish::Matching(text.parse().unwrap()));
    }
    let environment = with("architecture = \"arm64\"", "version = \"environment\"");
    let watch = right(&environment)
        .watches
        .into_values()
        .next()
        .expect("a watch");
    let wish = VersionWish::Environment;
    assert!(matches!(watch.base.source, BaseSource::Beanstalk { version, .. } if version == wish));
}
