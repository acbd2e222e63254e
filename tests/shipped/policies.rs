//! The shipped IAM policies grant what the code calls, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// What AWS asks for beyond the calls that amiwatch makes itself, each with its reason.
const BEYOND: [(&str, &str); 14] = [
    ("dynamodb:TagResource", "CreateTable with tags"),
    (
        "ec2:DescribeLaunchTemplates",
        "DescribeImageReferences asks for it",
    ),
    (
        "imagebuilder:GetContainerRecipe",
        "DescribeImageReferences asks for it",
    ),
    (
        "imagebuilder:GetImageRecipe",
        "DescribeImageReferences asks for it",
    ),
    (
        "imagebuilder:ListContainerRecipes",
        "DescribeImageReferences asks for it",
    ),
    (
        "imagebuilder:ListImageRecipes",
        "DescribeImageReferences asks for it",
    ),
    ("iam:PassRole", "RunInstances with builder.instance_profile"),
    (
        "kms:CreateGrant",
        "EBS reads and writes under the key for as long as the disk is there",
    ),
    ("kms:Decrypt", "RunInstances from an encrypted image"),
    ("kms:DescribeKey", "RunInstances looks at the key first"),
    (
        "kms:GenerateDataKeyWithoutPlaintext",
        "RunInstances makes the disk's data key",
    ),
    (
        "kms:ReEncryptFrom",
        "an encrypted image's disk under another key",
    ),
    (
        "kms:ReEncryptTo",
        "an encrypted image's disk under another key",
    ),
    ("ssm:AddTagsToResource", "PutParameter with tags"),
];

/// What Elastic Beanstalk does with the caller's rights while it moves an environment, in services that
/// amiwatch itself never calls for that.
const THROUGH_BEANSTALK: &str = "rollout-through-beanstalk.json";

/// What ends, removes or marks things: every statement that grants it is bound to our tag.
const BOUND: [&str; 16] = [
    "ec2:CopyImage",
    "ec2:CreateImage",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateTags",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteSnapshot",
    "ec2:DeleteVolume",
    "ec2:DeregisterImage",
    "ec2:DisableImage",
    "ec2:DisableImageDeprecation",
    "ec2:EnableImage",
    "ec2:EnableImageDeprecation",
    "ec2:ModifyImageAttribute",
    "ec2:ModifyLaunchTemplate",
    "ec2:StopInstances",
    "ec2:TerminateInstances",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Each policy's statements, by file name.
fn policies() -> BTreeMap<String, Vec<Value>> {
    let folder = fs::read_dir(root().join("deploy/iam")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let policy: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            assert_eq!(policy["Version"], "2012-10-17", "{name}");
            let statements = policy["Statement"].as_array().expect("a list");
            (name, statements.clone())
        })
        .collect()
}

/// One word, or a list of words.
fn words(value: &Value) -> Vec<String> {
    let list = match value {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let text = |one: &Value| one.as_str().expect("text").to_owned();
    list.iter().map(text).collect()
}

fn granted(statements: &[Value]) -> BTreeSet<String> {
    let grants = statements.iter().filter(|one| one["Effect"] == "Allow");
    grants.flat_map(|one| words(&one["Action"])).collect()
}

/// The actions of the operations that the sources declare: `Operation::read("...")`.
fn declared(how: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join("src/cloud")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for rest in text.split(&format!("Operation::{how}(")).skip(1) {
            if let Some(quoted) = rest.trim_start().strip_prefix('"') {
                let action = quoted.split('"').next().unwrap();
                assert!(action.contains(':'), "{action}");
                found.insert(action.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_call_is_granted() {
    let (reads, changes) = (declared("read"), declared("change"));
    assert!(
        reads.len() >= 15 && changes.len() >= 8,
        "{reads:?} {changes:?}"
    );
    let granted: BTreeSet<_> = policies().values().flat_map(|one| granted(one)).collect();
    let called: BTreeSet<_> = reads.union(&changes).cloned().collect();
    let missing: Vec<_> = called.difference(&granted).collect();
    assert!(
        missing.is_empty(),
        "no policy in deploy/iam grants {missing:?}"
    );
}

#[test]
fn nothing_is_granted_that_no_code_uses() {
    let called: BTreeSet<_> = declared("read")
        .into_iter()
        .chain(declared("change"))
        .collect();
    for (name, statements) in policies() {
        for action in granted(&statements) {
            let beyond = BEYOND.iter().any(|(known, _)| *known == action);
            let known = called.contains(&action) || beyond || name == THROUGH_BEANSTALK;
            assert!(known, "{name} grants {action}");
            assert!(!action.contains('*'), "{name} grants {action}");
        }
    }
}

/// Its changes reach what Elastic Beanstalk made, by its names or its stacks' tag, and no further; launch
/// templates alone have names that nobody promises.
#[test]
fn what_beanstalk_does_for_the_caller_is_bound_to_its_own_things() {
    const LOOKS: [&str; 3] = ["Describe", "Get", "List"];
    let statements = &policies()[THROUGH_BEANSTALK];
    let mut bound = 0;
    for statement in statements {
        let actions = words(&statement["Action"]);
        assert!(
            !actions
                .iter()
                .any(|action| action.starts_with("elasticbeanstalk:")),
            "{statement}"
        );
        let verb = |action: &str| action.split(':').nth(1).unwrap().to_owned();
        let looks = |action: &String| LOOKS.iter().any(|look| verb(action).starts_with(look));
        if actions.iter().all(looks) {
            continue;
        }
        bound += 1;
        let resources = words(&statement["Resource"]);
        let its = |resource: &String| {
            ["awseb-", "elasticbeanstalk-", ":launch-template/"]
                .iter()
                .any(|mark| resource.contains(mark))
        };
        let conditions = statement["Condition"].to_string();
        let conditioned = ["stack/awseb-", "ec2:LaunchTemplate", "iam:PassedToService"]
            .iter()
            .any(|mark| conditions.contains(mark));
        assert!(resources.iter().all(its) || conditioned, "{statement}");
    }
    assert!(bound >= 9, "{bound}");
}

/// Who bakes may assume the role of moves, and no other role by this policy.
#[test]
fn only_the_role_of_moves_may_be_assumed_for_moves() {
    let [statement] = policies()["assume-rollout.json"]
        .as_slice()
        .to_owned()
        .try_into()
        .unwrap();
    let role = "arn:aws:iam::111122223333:role/amiwatch-rollout";
    assert_eq!(words(&statement["Action"]), ["sts:AssumeRole"]);
    assert_eq!(words(&statement["Resource"]), [role]);
    let page = fs::read_to_string(root().join("docs/iam.md")).unwrap();
    let (_, trust) = page.split_once("```json\n").expect("the trust policy");
    let trust: Value = serde_json::from_str(trust.split("```").next().unwrap()).unwrap();
    let trusted = &trust["Statement"][0];
    assert_eq!(
        trusted["Principal"]["AWS"],
        "arn:aws:iam::111122223333:role/amiwatch"
    );
    assert_eq!(trusted["Action"], "sts:AssumeRole");
    assert_eq!(trusted["Effect"], "Allow");
}

#[test]
fn looking_changes_nothing() {
    let changes = declared("change");
    let look = granted(&policies()["look.json"]);
    assert!(look.is_disjoint(&changes), "{look:?}");
}

/// Whoever bakes, looks or tells cannot touch an environment: moves have a role of their own.
#[test]
fn only_the_policy_of_moves_changes_environments() {
    let changes = declared("change").into_iter();
    let of_beanstalk: BTreeSet<_> = changes
        .filter(|action| action.starts_with("elasticbeanstalk:"))
        .collect();
    assert!(
        of_beanstalk.contains("elasticbeanstalk:UpdateEnvironment"),
        "{of_beanstalk:?}"
    );
    for (name, statements) in policies() {
        let granted = granted(&statements);
        let both: Vec<_> = granted.intersection(&of_beanstalk).collect();
        match name.as_str() {
            "rollout.json" => assert_eq!(both.len(), of_beanstalk.len(), "{both:?}"),
            _ => assert!(both.is_empty(), "{name} grants {both:?}"),
        }
    }
}

#[test]
fn what_ends_things_is_bound_to_our_tag() {
    let policies = policies();
    let ours = policies
        .iter()
        .filter(|(name, _)| *name != THROUGH_BEANSTALK);
    let statements = ours.flat_map(|(_, statements)| statements);
    let mut seen = BTreeSet::new();
    for statement in statements.filter(|one| one["Effect"] == "Allow") {
        let bound = words(&statement["Action"]).into_iter();
        let bound: Vec<_> = bound.filter(|one| BOUND.contains(&one.as_str())).collect();
        if bound.is_empty() {
            continue;
        }
        let condition = &statement["Condition"]["StringEquals"];
        let tag = ["ResourceTag", "RequestTag"]
            .map(|kind| condition[format!("aws:{kind}/amiwatch:installation")] == "acme-prod");
        assert!(tag.contains(&true), "{statement}");
        seen.extend(bound);
    }
    assert_eq!(seen.len(), BOUND.len());
}

/// The guard is for everybody else: it denies, it names the one that may, and what it keeps is every tag
/// that amiwatch knows its own things by.
#[test]
fn the_guard_covers_every_tag_of_ours_and_grants_nothing() {
    let guard = &policies()["guard-tags.json"];
    assert_eq!(granted(guard), BTreeSet::new());
    let mut denied = BTreeSet::new();
    for statement in guard {
        denied.extend(words(&statement["Action"]));
        let but = &statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
        assert_eq!(but, "arn:aws:iam::111122223333:role/amiwatch");
        assert_eq!(statement["Resource"], "*");
    }
    let both = ["ec2:CreateTags", "ec2:DeleteTags"].map(str::to_owned);
    assert_eq!(denied, BTreeSet::from(both));
    let kept = &guard[0]["Condition"]["ForAnyValue:StringLike"]["aws:TagKeys"];
    let prefix = kept
        .as_str()
        .and_then(|kept| kept.strip_suffix('*'))
        .unwrap();
    let source = fs::read_to_string(root().join("src/model/tags.rs")).unwrap();
    let names: Vec<&str> = source
        .split("pub const ")
        .filter(|one| one.contains(": &str = \"") && one.contains(':'))
        .filter_map(|one| one.split('"').nth(1))
        .filter(|value| value.contains(':'))
        .collect();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        assert!(name.starts_with(prefix), "{name} is not kept by {kept}");
    }
}

/// A role that is passed, and a key that is used, through EC2: under its name in China as well.
#[test]
fn a_service_that_is_named_is_named_for_every_partition() {
    let policies = policies();
    let mut found = 0;
    for statement in policies.values().flatten() {
        let tests = statement["Condition"].as_object().into_iter().flatten();
        for (key, value) in tests.filter_map(|(_, test)| test.as_object()).flatten() {
            if !matches!(key.as_str(), "iam:PassedToService" | "kms:ViaService") {
                continue;
            }
            found += 1;
            let services = words(value);
            // EC2 is the one that has another name there.
            let ec2s = |one: &&String| one.starts_with("ec2.") && one.ends_with(".com");
            for service in services.iter().filter(ec2s) {
                let chinese = format!("{service}.cn");
                assert!(services.contains(&chinese), "{statement}");
            }
        }
    }
    assert_eq!(found, 4);
}

#[test]
fn every_statement_is_explained() {
    let page = fs::read_to_string(root().join("docs/iam.md")).unwrap();
    for (name, statements) in policies() {
        assert!(page.contains(&format!("deploy/iam/{name}")), "{name}");
        for statement in statements {
            let sid = statement["Sid"]
                .as_str()
                .expect("every statement has a Sid");
            assert!(page.contains(&format!("`{sid}`")), "{name}: {sid}");
        }
    }
}

/// Every policy but one.
pub(super) fn names_but(one: &str) -> Vec<String> {
    let names = policies().into_keys();
    names.filter(|name| name != one).collect()
}

/// The simulated account looks at actions only; resources and conditions are checked elsewhere.
pub(super) fn together(names: &[&str]) -> Value {
    let policies = policies();
    let statements: Vec<_> = names.iter().flat_map(|name| &policies[*name]).collect();
    serde_json::json!({ "Statement": statements })
}
