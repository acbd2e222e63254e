//! Parameter Store: versions, labels, tags, filters; images' ids that are checked late.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sim::{Account, Action, ImageSpec, Keeping, ParameterNumber, Timing};

use crate::support::{REGION, account, ec2, request};

/// The answer, with the code where it is an error.
pub(crate) fn ssm(account: &Account, operation: &str, body: Value) -> Result<Value, String> {
    let mut asked = request("ssm", "");
    let target = format!("AmazonSSM.{operation}");
    asked
        .headers_mut()
        .insert("x-amz-target", target.parse().unwrap());
    *asked.body_mut() = Bytes::from(body.to_string());
    let answer = account.handle(&asked);
    let body: Value = serde_json::from_slice(answer.response.body()).unwrap();
    match answer.response.status().as_u16() {
        200 => Ok(body),
        _ => Err(body["__type"].as_str().unwrap().to_owned()),
    }
}

fn put(account: &Account, name: &str, value: &str, more: Value) -> Result<u64, String> {
    let mut body = json!({ "Name": name, "Value": value, "Type": "String" });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    ssm(account, "PutParameter", body).map(|answer| answer["Version"].as_u64().unwrap())
}

fn value(account: &Account, name: &str) -> Result<String, String> {
    let found = ssm(account, "GetParameter", json!({ "Name": name }));
    found.map(|found| found["Parameter"]["Value"].as_str().unwrap().to_owned())
}

fn code<T>(result: Result<T, String>) -> String {
    result.err().unwrap_or_else(|| "ok".to_owned())
}

const OVER: fn() -> Value = || json!({ "Overwrite": true });

#[test]
fn versions_are_kept_and_chosen_by_number_or_label() {
    let (account, _hand) = account();
    assert_eq!(put(&account, "/app/image", "one", json!({})), Ok(1));
    assert_eq!(
        code(put(&account, "/app/image", "x", json!({}))),
        "ParameterAlreadyExists"
    );
    assert_eq!(put(&account, "/app/image", "two", OVER()), Ok(2));
    let label = json!({ "Name": "/app/image", "ParameterVersion": 1, "Labels": ["good", "1bad"] });
    let labelled = ssm(&account, "LabelParameterVersion", label).unwrap();
    assert_eq!(labelled["InvalidLabels"], json!(["1bad"]));
    let of = |name: &str| value(&account, name);
    assert_eq!(of("/app/image").as_deref(), Ok("two"));
    assert_eq!(of("/app/image:1").as_deref(), Ok("one"));
    assert_eq!(of("/app/image:good").as_deref(), Ok("one"));
    assert_eq!(code(of("/app/image:3")), "ParameterVersionNotFound");
    assert_eq!(code(of("/app/none")), "ParameterNotFound");
    for n in 3..=103 {
        assert_eq!(
            code(put(&account, "/app/image", "more", OVER())),
            if n <= 100 {
                "ok"
            } else {
                "ParameterMaxVersionLimitExceeded"
            },
            "the oldest of a hundred has a label"
        );
    }
    let page = json!({ "Name": "/app/image", "MaxResults": 30 });
    let first = ssm(&account, "GetParameterHistory", page.clone()).unwrap();
    assert_eq!(first["Parameters"][0]["Labels"], json!(["good"]));
    let mut next = page;
    next["NextToken"] = first["NextToken"].clone();
    let second = ssm(&account, "GetParameterHistory", next).unwrap();
    assert_eq!(second["Parameters"][0]["Version"], json!(31));
    let bad = json!({ "Name": "/app/image", "NextToken": "?" });
    assert_eq!(
        code(ssm(&account, "GetParameterHistory", bad)),
        "InvalidNextToken"
    );
    let name = json!({ "Name": "/app/image" });
    assert_eq!(code(ssm(&account, "DeleteParameter", name.clone())), "ok");
    assert_eq!(
        code(ssm(&account, "DeleteParameter", name)),
        "ParameterNotFound"
    );
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let (account, _hand) = account();
    let long = "x".repeat(4097);
    let deep = "/a".repeat(16);
    let cases = [
        ("/aws/x", "v", json!({}), "AccessDeniedException"),
        ("awsome", "v", json!({}), "ValidationException"),
        ("/SSM/x", "v", json!({}), "ValidationException"),
        ("a/b", "v", json!({}), "ValidationException"),
        ("/a b", "v", json!({}), "ValidationException"),
        (
            deep.as_str(),
            "v",
            json!({}),
            "HierarchyLevelLimitExceededException",
        ),
        ("/a", "v", json!({ "Type": "Image" }), "ValidationException"),
        ("/a", "v", json!({ "Tier": "Cheap" }), "ValidationException"),
        ("/a", long.as_str(), json!({}), "ValidationException"),
        (
            "/a",
            "v",
            json!({ "AllowedPattern": "^ami-" }),
            "ParameterPatternMismatchException",
        ),
        (
            "/a",
            "v",
            json!({ "AllowedPattern": "(" }),
            "InvalidAllowedPatternException",
        ),
        (
            "/a",
            "v",
            json!({ "Type": "SecureString", "DataType": "aws:ec2:image" }),
            "ValidationException",
        ),
        (
            "/a",
            "v",
            json!({ "Overwrite": true, "Tags": [{ "Key": "k", "Value": "v" }] }),
            "ValidationException",
        ),
    ];
    for (name, value, more, wanted) in cases {
        assert_eq!(code(put(&account, name, value, more)), wanted, "{name}");
    }
    let typeless = json!({ "Name": "/a", "Value": "v" });
    assert_eq!(
        code(ssm(&account, "PutParameter", typeless)),
        "ValidationException"
    );
    assert_eq!(
        put(
            &account,
            "/a",
            &long,
            json!({ "Tier": "Intelligent-Tiering" })
        ),
        Ok(1)
    );
    let back = json!({ "Tier": "Standard", "Overwrite": true });
    assert_eq!(
        code(put(&account, "/a", "v", back)),
        "ValidationException",
        "no way down"
    );
    let image = json!({ "DataType": "aws:ec2:image", "Overwrite": true });
    assert_eq!(
        code(put(&account, "/a", "v", image)),
        "ValidationException",
        "nor to another type"
    );
}

const IMAGE: fn() -> Value = || json!({ "DataType": "aws:ec2:image" });
const IMAGE_OVER: fn() -> Value = || json!({ "DataType": "aws:ec2:image", "Overwrite": true });

#[test]
fn an_images_parameter_comes_late_or_never() {
    for keeping in Keeping::every() {
        let (account, hand) = account();
        account.set_keeping(keeping);
        let at = account.at(REGION);
        let first = at.image(ImageSpec::mine("first")).unwrap();
        let second = at.image(ImageSpec::mine("second")).unwrap();
        assert_eq!(put(&account, "/amis/shop", &first, IMAGE()), Ok(1));
        assert_eq!(
            code(value(&account, "/amis/shop")),
            "ParameterNotFound",
            "not yet"
        );
        hand.advance(Timing::default().parameter_check);
        assert_eq!(value(&account, "/amis/shop"), Ok(first.clone()));
        for wrong in ["ami-00000000000000000", "no image"] {
            assert_eq!(code(put(&account, "/amis/shop", wrong, IMAGE_OVER())), "ok");
        }
        hand.advance(Timing::default().parameter_check);
        assert_eq!(
            value(&account, "/amis/shop"),
            Ok(first.clone()),
            "nothing came of it"
        );
        put(&account, "/amis/shop", &second, IMAGE_OVER()).unwrap();
        hand.advance(Duration::from_secs(60));
        let view = account.parameters().remove(0);
        let number = match keeping.parameter_number {
            ParameterNumber::Reused => 2,
            ParameterNumber::Burnt => 4,
        };
        assert_eq!(view.versions, [(1, first), (number, second)]);
        assert_eq!(view.refused, ["ami-00000000000000000", "no image"]);
    }
}

#[test]
fn an_image_that_cannot_be_launched_or_seen_is_none() {
    let (account, hand) = account();
    let at = account.at(REGION);
    let image = at.image(ImageSpec::mine("ours")).unwrap();
    let tried = |name: &str| {
        assert_eq!(put(&account, name, &image, IMAGE()), Ok(1));
        hand.advance(Duration::from_secs(60));
        value(&account, name).is_ok()
    };
    assert!(tried("/fine"));
    account.deny("ec2:DescribeImages");
    assert!(!tried("/blind"), "without the right to describe images");
    account.allow("ec2:DescribeImages");
    account
        .perform(REGION, Action::ParameterChecksFail { failing: true })
        .unwrap();
    assert!(!tried("/forced"));
    account
        .perform(REGION, Action::ParameterChecksFail { failing: false })
        .unwrap();
    ec2(&account, &format!("Action=DisableImage&ImageId={image}"));
    assert!(!tried("/disabled"));
}

#[test]
fn what_is_there_is_described_by_filters() {
    let (account, hand) = account();
    let image = account.at(REGION).image(ImageSpec::mine("ours")).unwrap();
    let tags =
        json!({ "Tags": [{ "Key": "watch", "Value": "shop" }], "DataType": "aws:ec2:image" });
    put(&account, "/amis/shop/x86_64", &image, tags).unwrap();
    put(&account, "/amis/note", "text", json!({})).unwrap();
    put(&account, "plain", "text", json!({})).unwrap();
    account
        .at(REGION)
        .parameter("/aws/service/x", "public")
        .unwrap();
    hand.advance(Duration::from_secs(60));
    let named = |filters: Value| {
        let found = ssm(
            &account,
            "DescribeParameters",
            json!({ "ParameterFilters": filters }),
        );
        let found = found?["Parameters"].as_array().unwrap().clone();
        let names = found.iter().map(|p| p["Name"].as_str().unwrap().to_owned());
        Ok(names.collect::<Vec<_>>())
    };
    let of = |key: &str, option: &str, value: &str| {
        named(json!([{ "Key": key, "Option": option, "Values": [value] }]))
    };
    let ours = Ok(vec!["/amis/shop/x86_64".to_owned()]);
    assert_eq!(of("DataType", "Equals", "aws:ec2:image"), ours);
    assert_eq!(of("tag:watch", "Equals", "shop"), ours);
    assert_eq!(of("Name", "Contains", "x86"), ours);
    assert_eq!(of("Path", "Recursive", "/amis").unwrap().len(), 2);
    assert_eq!(
        of("Path", "OneLevel", "/amis"),
        Ok(vec!["/amis/note".to_owned()])
    );
    assert_eq!(code(of("Colour", "Equals", "red")), "InvalidFilterKey");
    assert_eq!(code(of("Type", "Contains", "S")), "InvalidFilterOption");
    assert_eq!(
        code(named(json!([{ "Key": "Name" }]))),
        "InvalidFilterValue"
    );
    assert_eq!(named(json!([])).unwrap().len(), 3, "none of AWS's own");
    let two = json!({ "MaxResults": 2 });
    let first = ssm(&account, "DescribeParameters", two).unwrap();
    let next = json!({ "MaxResults": 2, "NextToken": first["NextToken"] });
    let rest = ssm(&account, "DescribeParameters", next).unwrap();
    assert_eq!(rest["Parameters"].as_array().unwrap().len(), 1);
    assert_eq!(
        code(ssm(
            &account,
            "DescribeParameters",
            json!({ "MaxResults": 51 })
        )),
        "ValidationException"
    );
}

#[test]
fn tags_are_set_with_a_new_parameter_and_afterwards() {
    let (account, _hand) = account();
    let tags = json!({ "Tags": [{ "Key": "a", "Value": "1" }] });
    put(&account, "/t", "v", tags.clone()).unwrap();
    let of = |name: &str, more: Value| {
        let mut body = json!({ "ResourceType": "Parameter", "ResourceId": name });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let more = json!({ "Tags": [{ "Key": "b", "Value": "2" }] });
    ssm(&account, "AddTagsToResource", of("/t", more)).unwrap();
    ssm(
        &account,
        "RemoveTagsFromResource",
        of("/t", json!({ "TagKeys": ["a"] })),
    )
    .unwrap();
    let listed = ssm(&account, "ListTagsForResource", of("/t", json!({}))).unwrap();
    assert_eq!(listed["TagList"], json!([{ "Key": "b", "Value": "2" }]));
    assert_eq!(
        code(ssm(&account, "ListTagsForResource", of("/u", json!({})))),
        "InvalidResourceId"
    );
    account.deny("ssm:AddTagsToResource");
    assert_eq!(
        code(put(&account, "/u", "v", tags)),
        "AccessDeniedException"
    );
    assert_eq!(code(put(&account, "/u", "v", json!({}))), "ok");
}

#[test]
fn a_launch_takes_the_version_that_it_names() {
    let (account, hand) = account();
    let at = account.at(REGION);
    let old = at.image(ImageSpec::mine("old")).unwrap();
    let new = at.image(ImageSpec::mine("new")).unwrap();
    put(&account, "/amis/shop", &old, IMAGE()).unwrap();
    hand.advance(Duration::from_secs(60));
    put(&account, "/amis/shop", &new, IMAGE_OVER()).unwrap();
    hand.advance(Duration::from_secs(60));
    for (name, wanted) in [("/amis/shop", &new), ("/amis/shop:1", &old)] {
        let id = crate::support::launch(&account, &format!("resolve:ssm:{name}"), "");
        assert_eq!(&account.instance(&id).unwrap().image_id, wanted);
    }
}
