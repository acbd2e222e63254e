//! Values by themselves: each row is a config with one of them wrong and the one fault that it must give,
//! or right and what it becomes.

use crate::model::watch::Encrypt;

use super::StoreUrl;
use super::tests_rules::{only_fault, right, with};

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
        ("store.url = \"dynamodb://a\"", "not a table's name"),
        (
            "store.url = \"dynamodb://host:8000/table\"",
            "not a table's name",
        ),
        (
            "store.url = \"dynamodb://table?region=eu-west-1a\"",
            "is a zone",
        ),
        (
            "store.url = \"dynamodb://table?endpoint=http://x\"",
            "only option",
        ),
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
        (too_many_types().as_str(), "would be tried in 129 ways"),
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
    let table = |region: Option<&str>| StoreUrl::DynamoTable {
        table: "amiwatch".to_owned(),
        region: region.map(Into::into),
    };
    assert_eq!(store("dynamodb://amiwatch"), table(None));
    assert_eq!(
        store("dynamodb://amiwatch?region=eu-west-1"),
        table(Some("eu-west-1"))
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

/// With one subnet or none named, each type is one way.
fn too_many_types() -> String {
    let types = vec!["\"t3.small\""; 129].join(", ");
    format!("builder.instance_types.x86_64 = [{types}]")
}
