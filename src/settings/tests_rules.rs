//! What is right and what is not, key by key: each row is a config and the one fault that it must
//! give, or the value that it must become.

use std::path::Path;
use std::time::Duration;

use crate::model::base::BaseSource;
use crate::model::ids::{Architecture, WatchName};
use crate::model::notice::Event;
use crate::model::version::VersionWish;
use crate::model::watch::{Encrypt, OnDrift, TargetPattern};

use super::tests_faults::{first_lines, read};
use super::{CronText, NotifierKind, Settings, StoreUrl};

const GOOD: &str = r#"
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

fn right(text: &str) -> Settings {
    read(text).unwrap_or_else(|faults| panic!("{text}\n{faults}"))
}

/// The one fault, without its place.
fn only_fault(text: &str) -> String {
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
    assert_eq!(ops.events, [Event::Drift, Event::Failed].into());
    let NotifierKind::Sns { topic_arn } = &ops.kind else {
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
        (
            "\"bake\"",
            "\"rollout\"",
            "`rollout` is not part of this version",
        ),
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
fn values_that_are_wrong_by_themselves() {
    for (text, fault) in [
        ("installation = \"a b\"", "does not fit a tag"),
        (
            "schedule.timezone = \"Europe/Zürich\"",
            "did you mean \"Europe/Zurich\"?",
        ),
        ("schedule.jitter = \"2h\"", "write a duration from 0s to 1h"),
        (
            "store.url = \"postgres://x\"",
            "not of a kind that this version has",
        ),
        ("store.url = \"sqlite://\"", "names no file"),
        ("tags = { \"aws:x\" = \"1\" }", "not yours to set"),
        ("tags = { \"Amiwatch:x\" = \"1\" }", "not yours to set"),
        (
            "aws.region = \"eu-west-1a\"",
            "write its region, \"eu-west-1\"",
        ),
        ("aws.region = \"Frankfurt\"", "is not a region"),
        ("aws.role_arn = \"arn:aws:iam::1:role/x\"", "is not a role"),
        ("aws.calls_per_second = 0", "write 1 to 1000"),
        ("aws.calls_per_second = 1001", "write 1 to 1000"),
        (
            "aws.endpoint_url = \"https://u:secret@h\"",
            "holds a user's name or password",
        ),
        (
            "aws.endpoint_url = \"localhost:1\"",
            "not an http or https address",
        ),
        ("builder.timeout = \"0s\"", "out of bounds"),
        ("builder.timeout = \"25h\"", "out of bounds"),
        ("builder.timeout = \"30\"", "is not a duration"),
        ("builder.encrypt = \"aes\"", "is not an encryption"),
        ("builder.root_volume_gib = 0", "cannot be made"),
        (
            "builder.root_volume_gib = 99999999999999999999",
            "a number that is too large",
        ),
        (
            "builder.root_volume_gib = 1.5",
            "cannot be a number with a fraction",
        ),
        (
            "builder.instance_types.x86_64 = []",
            "leaves nothing to choose",
        ),
        (
            "builder.instance_types.x86_64 = [\"t2.micro\"]",
            "is not a Nitro type",
        ),
        (
            "builder.instance_types.x86_64 = [\"t4g.small\"]",
            "is not an x86_64 type",
        ),
        (
            "builder.instance_types.arm64 = [\"c6in.large\"]",
            "is not an arm64 type",
        ),
        (
            "builder.instance_types.arm64 = [\"large\"]",
            "is not an instance type",
        ),
        (
            "builder.subnets = [\"sg-1\"]",
            "write ids such as \"subnet-",
        ),
        ("builder.subnets = []", "leaves nothing to choose"),
        (
            "builder.security_groups = [1]",
            "`security_groups` cannot be a whole number",
        ),
        ("watch = 3", "`watch` cannot be a whole number"),
        ("watch.a = 3", "`watch.<name>` cannot be a whole number"),
        ("watch.a.soak = \"1h\"", "the watch has no base to follow"),
        ("watch.a.base = {}", "the base names nothing"),
        (
            "watch.a.base = { ssm = \"aws/x\" }",
            "does not start with `/`",
        ),
        (
            "watch.a.base = { ssm = \"/a\", version = \"1\" }",
            "only a `beanstalk` base has a `version`",
        ),
        (
            "watch.a.base = { images = { owners = [\"amazon\"], name = \"x\" }, version = \"4.*\" }",
            "only a `beanstalk` base has a `version`",
        ),
        (
            "watch.a.base = { images = { name = \"al2023-*\" } }",
            "says nothing about whose images it means",
        ),
        (
            "watch.a.base = { images = { owners = [], name = \"al2023-*\" } }",
            "`owners` names nobody",
        ),
        (
            "watch.a.base = { images = { owners = [\"*\"], name = \"al2023-*\" } }",
            "`*` would let anybody's image be the base",
        ),
        (
            "watch.a.base = { images = { owners = [\"amazon\", \"1234\"], name = \"x\" } }",
            "`1234` is not an owner of images",
        ),
        (
            "watch.a.base = { images = { owners = [\"Amazon\"], name = \"x\" } }",
            "`Amazon` is not an owner of images",
        ),
        (
            "watch.a.base = { images = { owners = [\"amazon\"], name = \"*\" } }",
            "`*` is not a pattern of image names",
        ),
        (
            "watch.a.base = { images = { owners = [\"amazon\"], name = \"a,b\" } }",
            "no image's name has `,` in it",
        ),
        (
            "watch.a.base = { images = { owners = [\"amazon\"] } }",
            "`name`",
        ),
        (
            "watch.a.base = { images = { owners = [\"self\"], name = \"x\" }, ssm = \"/a\" }",
            "the base is of two kinds at once",
        ),
        (
            "watch.a.base = { beanstalk = \"b\", version = \"4.5\" }",
            "`4.5` is not a version",
        ),
        (
            "watch.a.base = { beanstalk = \"b\", version = \"enviroment\" }",
            "did you mean \"environment\"?",
        ),
        (
            "watch.a.base = { beanstalk = \"b\", version = \"environment\" }",
            "the base follows what the targets run, and the watch has no target",
        ),
        (
            "watch.a.base = { ssm = \"/a\", architecture = \"arm\" }",
            "\"x86_64\" or \"arm64\"",
        ),
        (
            "on_drift = \"bake\"",
            "`on_drift` belongs in `watch.<name>`",
        ),
        (
            "colour = \"red\"",
            "its keys are installation, schedule, store",
        ),
        (
            "notify.ops.events = [\"drift\"]",
            "the receiver has no way to be told",
        ),
        (
            "notify.ops.sns.topic_arn = \"arn:aws:sns:eu-west-1:1:x\"",
            "is not an SNS topic",
        ),
        (
            "notify.ops.sns.topic_arn = \"arn:aws:sns:eu-west-1:111122223333:x.fifo\"",
            "FIFO",
        ),
    ] {
        let found = only_fault(text);
        assert!(found.contains(fault), "{text}: {found}");
    }
}

#[test]
fn values_that_are_right() {
    let kms = "arn:aws:kms:eu-west-1:111122223333:key/abc";
    let encrypt = |text: &str| {
        right(&format!("builder.encrypt = \"{text}\""))
            .builder
            .encrypt
    };
    assert_eq!(encrypt("none"), Encrypt::None);
    assert_eq!(encrypt(kms), Encrypt::Key(kms.to_owned()));
    let store = |url: &str| right(&format!("store.url = \"{url}\"")).store;
    assert_eq!(store("sqlite::memory:"), StoreUrl::SqliteMemory);
    assert_eq!(
        store("sqlite://state/a.db"),
        StoreUrl::SqliteFile("dir/state/a.db".into())
    );
    assert_eq!(
        store("sqlite:///a.db"),
        StoreUrl::SqliteFile("/a.db".into())
    );
    for region in [
        "us-gov-east-1",
        "eu-isoe-west-1",
        "eusc-de-east-1",
        "ap-southeast-12",
    ] {
        right(&format!("aws.region = \"{region}\""));
    }
    right("builder.instance_types.arm64 = [\"a1.medium\", \"is4gen.large\", \"c7gn.xlarge\"]");
    right("builder.instance_types.x86_64 = [\"g4dn.xlarge\", \"u-6tb1.metal\", \"i3.metal\"]");
    assert_eq!(
        right(&with("soak = \"1h30m\"", "soak = \"0s\""))
            .watches
            .len(),
        1
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

#[test]
fn a_recipe_that_nobody_uses_is_a_warning() {
    let unused = "\n[recipe.spare]\nuser_data = \"good.yaml\"\nunchecked = true\n";
    let settings = right(&format!("{GOOD}{unused}"));
    let warnings: Vec<String> = settings.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("dir/amiwatch.toml:18:9: no watch uses the recipe `spare`"));
}

#[test]
fn a_template_must_be_one() {
    right(&with("good.yaml", "braces.yaml"));
    let template = with(
        "user_data = \"good.yaml\"",
        "user_data = \"braces.yaml\"\ntemplate = true",
    );
    let found = only_fault(&template);
    assert!(
        found.contains("dir/braces.yaml: the template is wrong at line 2"),
        "{found}"
    );
}

#[test]
fn user_data_that_cloud_init_would_ignore_or_that_breaks_the_proof() {
    let problems = |text: &str| {
        let found = super::user_data::problems(text, false);
        found
            .into_iter()
            .map(|problem| problem.wrong)
            .collect::<Vec<_>>()
            .join("|")
    };
    for right in [
        "#cloud-config\nruncmd: []\n",
        "#cloud-config # mine\n",
        // All four were booted: tests/contract/guest/claims.
        "\n\n#cloud-config\nruncmd: []\n",
        "#Cloud-Config\nruncmd: []\n",
        "#!/bin/sh\r\nset -e\r\n",
        "#cloud-config\nruncmd: [a]\nruncmd: [b]\n",
        "#!/bin/sh\necho power_state: no\n",
        "#cloud-boothook\n#!/bin/sh\n",
        "Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n\n--x\n",
        "#cloud-config\nwrite_files:\n  - content: |\n      power_state: text\n",
    ] {
        assert_eq!(problems(right), "", "{right}");
    }
    for (wrong, says) in [
        ("", "empty"),
        ("  \n", "empty"),
        ("runcmd: []\n", "would ignore it"),
        ("\n#!/bin/sh\necho\n", "cannot start"),
        ("# cloud-config\n", "would ignore it"),
        ("\u{feff}#cloud-config\n", "byte order mark"),
        ("#include\nhttps://x\n", "URL"),
        ("#include-once\nhttps://x\n", "URL"),
        ("## template: jinja\n#cloud-config\n", "own templates"),
        ("#cloud-config-archive\n", "not a form"),
        ("#part-handler\n", "not a form"),
        (
            "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n#cloud-config\nruncmd:\n  - a: b\n",
            "a part without a name: line 3: the item of `runcmd`",
        ),
        (
            "#cloud-config\nruncmd: []\npower_state:\n  mode: poweroff\n",
            "line 3 sets",
        ),
        (
            "#cloud-config\n\"power_state\" : {mode: poweroff}\n",
            "line 2 sets",
        ),
        (
            "#cloud-config\n? power_state\n: {mode: halt}\n",
            "line 2 sets",
        ),
        (
            "MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n#cloud-config\npower_state: {}\n",
            "a part without a name: line 2 sets",
        ),
        (
            "MIME-Version: 1.0\n\n--x\nContent-Type: text/x-include-url\n",
            "line 4 includes",
        ),
        (
            "MIME-Version: 1.0\n\n--x\n\npower_state: {}\n",
            "line 5 sets",
        ),
    ] {
        assert!(
            problems(wrong).contains(says),
            "{wrong:?}: {}",
            problems(wrong)
        );
    }
}

#[test]
fn cron_text_names_what_posix_says() {
    let set = |text: &str| CronText::parse(text).unwrap_or_else(|p| panic!("{text}: {p:?}"));
    let weekdays = |text: &str| {
        set(text)
            .days_of_week
            .values
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(weekdays("0 0 * * 0"), [0]);
    assert_eq!(weekdays("0 0 * * 7"), [0]);
    assert_eq!(weekdays("0 0 * * sun"), [0]);
    assert_eq!(weekdays("0 0 * * 5-7"), [0, 5, 6]);
    assert_eq!(weekdays("0 0 * * SAT-SUN"), [0, 6]);
    assert_eq!(weekdays("0 0 0 * * MON-FRI"), [1, 2, 3, 4, 5]);
    assert_eq!(weekdays("0 0 * * *"), [0, 1, 2, 3, 4, 5, 6]);
    let minutes = |text: &str| set(text).minutes.values.into_iter().collect::<Vec<_>>();
    assert_eq!(minutes("*/20 * * * *"), [0, 20, 40]);
    assert_eq!(minutes("5/20 * * * *"), [5, 25, 45]);
    assert_eq!(minutes("1-9/4,3 * * * *"), [1, 3, 5, 9]);
    let seven = set("30 0 12 1 JAN * 2030");
    assert_eq!(seven.seconds.values, [30].into());
    assert_eq!(seven.years.values, [2030].into());
    assert_eq!(
        set("0 0 0 29 2 * 2025-2028").days_of_month.values,
        [29].into()
    );
    let five = set("0 12 1 * *");
    assert_eq!(five.seconds.values, [0].into());
    assert!(five.days_of_week.unrestricted && !five.days_of_month.unrestricted);
    // The day of the week can stand in for a day that never comes.
    assert_eq!(set("0 0 30 2 1").days_of_month.values, [30].into());
}

#[test]
fn cron_text_that_is_wrong_says_which_field() {
    for (text, says) in [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * * * *", "has 8 fields"),
        (
            "60 * * * *",
            "`60` in the minute field is out of place; use 0 to 59",
        ),
        ("60 0 0 * * *", "`60` in the second field"),
        ("* 24 * * *", "hour field"),
        ("* * 0 * *", "day of month field"),
        ("* * * 13 *", "use 1 to 12 or JAN to DEC"),
        ("* * * * 8", "day of week field"),
        ("* * * * FRI-MON", "runs backwards"),
        ("*/0 * * * *", "is not a step"),
        ("*/60 * * * *", "is not a step"),
        ("+5 * * * *", "out of place"),
        ("1,,2 * * * *", "out of place"),
        ("0 0 30 2 *", "names a day that no such month has"),
        ("0 0 31 4,6 *", "names a day that no such month has"),
        (
            "0 0 0 29 2 * 2025-2027",
            "names a day that no such month has",
        ),
        ("@hourly", "write \"0 * * * *\""),
    ] {
        let problem = CronText::parse(text).expect_err(text);
        let told = format!("{}; {}", problem.wrong, problem.right);
        assert!(told.contains(says), "{text}: {told}");
    }
}
