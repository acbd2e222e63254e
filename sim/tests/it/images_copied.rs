//! Images that are copied, from region to region, with keys and tags and failures.

use std::time::Duration;

use sim::{Account, Action, ImageChange, ImageSpec, Timing};

use crate::support::{REGION, Reply, account, call_in, ec2};

const WEST: &str = "us-west-2";
const MINE: &str = "arn:aws:kms:us-west-2:000000000000:key/mine";

fn west(account: &Account, form: &str) -> Reply {
    call_in(account, "ec2", WEST, form)
}

fn copy(account: &Account, source: &str, name: &str, more: &str) -> Reply {
    let form =
        format!("Action=CopyImage&SourceRegion={REGION}&SourceImageId={source}&Name={name}&{more}");
    west(account, &form)
}

fn mine(account: &Account, spec: ImageSpec) -> String {
    account.at(REGION).image(spec).unwrap()
}

#[test]
fn a_copy_is_pending_and_then_an_image_of_its_own() {
    let (account, hand) = account();
    let mut spec = ImageSpec::mine("ours");
    spec.tags = [("app", "shop"), ("aws:made", "x")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    let source = mine(&account, spec);
    let more = "ClientToken=t&CopyImageTags=true&Description=d&TagSpecification.1.ResourceType=image&\
                TagSpecification.1.Tag.1.Key=wave&TagSpecification.1.Tag.1.Value=1";
    let id = copy(&account, &source, "ours", more)
        .text("imageId")
        .unwrap();
    let again = copy(&account, &source, "ours", more);
    assert_eq!(again.text("imageId"), Some(id.clone()), "the same token");
    let other = copy(&account, &source, "theirs", "ClientToken=t");
    assert_eq!(other.code(), "IdempotentParameterMismatch");
    let taken = copy(&account, &source, "ours", "");
    assert_eq!(taken.code(), "InvalidAMIName.Duplicate");
    let view = account.image(&id).unwrap();
    assert_eq!(
        (view.state.as_str(), view.region.as_str()),
        ("pending", WEST)
    );
    assert_eq!(
        (view.source_image_id, view.source_region),
        (Some(source.clone()), Some(REGION.to_owned()))
    );
    let tags: Vec<&str> = view.tags.keys().map(String::as_str).collect();
    assert_eq!(tags, ["app", "wave"], "none that AWS itself sets");
    assert_ne!(
        view.snapshot_id,
        account.image(&source).unwrap().snapshot_id
    );
    let early = copy_of(&account, &id);
    assert_eq!(early, "InvalidAMIID.Unavailable", "what is pending");
    hand.advance(Timing::default().image);
    let shown = west(&account, &format!("Action=DescribeImages&ImageId.1={id}"));
    assert_eq!(shown.text("imageState").as_deref(), Some("available"));
    assert_eq!(shown.text("sourceImageRegion").as_deref(), Some(REGION));
}

fn copy_of(account: &Account, id: &str) -> String {
    let form = format!("Action=CopyImage&SourceRegion={WEST}&SourceImageId={id}&Name=third");
    ec2(account, &form).code()
}

#[test]
fn a_copy_that_cannot_be_made_fails_late_and_says_why() {
    let (account, hand) = account();
    let source = mine(&account, ImageSpec::mine("ours"));
    let denied = |denied| Action::KeyDenied {
        key: MINE.to_owned(),
        denied,
    };
    account.perform(WEST, denied(true)).unwrap();
    let encrypted = format!("Encrypted=true&KmsKeyId={MINE}");
    let mut made = Vec::new();
    for (name, more) in [
        ("denied", encrypted.as_str()),
        (
            "elsewhere",
            "Encrypted=true&KmsKeyId=arn:aws:kms:eu-west-1:000000000000:key/x",
        ),
    ] {
        let reply = copy(&account, &source, name, more);
        made.push(reply.text("imageId").expect("it is accepted"));
    }
    account.perform(WEST, denied(false)).unwrap();
    let works = copy(&account, &source, "works", &encrypted);
    account
        .perform(
            WEST,
            Action::CopiesFail {
                code: Some("Client.InternalError".to_owned()),
                message: "no".to_owned(),
            },
        )
        .unwrap();
    let doomed = copy(&account, &source, "doomed", "")
        .text("imageId")
        .unwrap();
    hand.advance(Duration::from_secs(600));
    account.tick();
    made.push(doomed);
    for id in made {
        let shown = west(&account, &format!("Action=DescribeImages&ImageId.1={id}"));
        assert_eq!(shown.text("imageState").as_deref(), Some("failed"));
        assert!(
            shown.body.contains("<stateReason><code>Client."),
            "{}",
            shown.body
        );
        let snapshot = account.image(&id).unwrap().snapshot_id;
        let form = format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}");
        assert_eq!(
            west(&account, &form).text("status").as_deref(),
            Some("error")
        );
    }
    let works = account.image(&works.text("imageId").unwrap()).unwrap();
    assert_eq!(
        (works.state.as_str(), works.kms_key.as_deref()),
        ("available", Some(MINE))
    );
    let alone = copy(&account, &source, "alone", &format!("KmsKeyId={MINE}"));
    assert_eq!(alone.code(), "InvalidParameterDependency");
}

#[test]
fn an_encrypted_source_gives_an_encrypted_copy() {
    let (account, _hand) = account();
    let mut spec = ImageSpec::mine("sealed");
    spec.kms_key = "alias/ours".to_owned();
    let source = mine(&account, spec);
    let id = copy(&account, &source, "sealed", "")
        .text("imageId")
        .unwrap();
    let key = account.image(&id).unwrap().kms_key.unwrap();
    assert!(
        key.starts_with("arn:aws:kms:us-west-2:"),
        "the region's own: {key}"
    );
}

#[test]
fn an_image_of_others_is_copied_where_they_share_its_storage() {
    let (account, _hand) = account();
    let at = account.at(REGION);
    let base = at.image(ImageSpec::amazon("base")).unwrap();
    assert_eq!(copy(&account, &base, "one", "").code(), "ok");
    at.change_image(&base, ImageChange::StorageKept).unwrap();
    assert_eq!(copy(&account, &base, "two", "").code(), "InvalidRequest");
    let mut hidden = ImageSpec::mine("hidden");
    hidden.owner = "666666666666".to_owned();
    let hidden = at.image(hidden).unwrap();
    assert_eq!(
        copy(&account, &hidden, "three", "").code(),
        "InvalidAMIID.NotFound"
    );
}

#[test]
fn what_tags_needs_the_right_to_tag() {
    let (account, _hand) = account();
    let source = mine(&account, ImageSpec::mine("ours"));
    account.deny("ec2:CreateTags");
    assert_eq!(copy(&account, &source, "plain", "").code(), "ok");
    let denied = copy(&account, &source, "tagged", "CopyImageTags=true");
    assert_eq!(denied.code(), "UnauthorizedOperation");
    assert!(denied.body.contains("ec2:CreateTags"), "{}", denied.body);
}
