//! Images and snapshots that one account shares with another.

use sim::{Account, AccountSpec, ImageSpec};

use crate::accounts::{MEMBER, OTHER, as_user, world};
use crate::support::REGION;

fn found(account: &Account, image: &str) -> String {
    as_user(
        account,
        "ec2",
        &format!("Action=DescribeImages&ImageId.1={image}"),
    )
    .code()
}

fn listed(account: &Account, image: &str, executable_by: &str) -> bool {
    let form = format!("Action=DescribeImages&ExecutableBy.1={executable_by}");
    as_user(account, "ec2", &form).body.contains(image)
}

#[test]
fn an_image_is_seen_by_whom_it_is_shared_with_and_as_long_as_it_is() {
    let (hub, member, other, _) = world();
    let image = hub.at(REGION).image(ImageSpec::mine("shop")).unwrap();
    assert_eq!(found(&member, &image), "InvalidAMIID.NotFound");
    let modify = |verb: &str| {
        let form = format!(
            "Action=ModifyImageAttribute&ImageId={image}&LaunchPermission.{verb}.1.UserId={MEMBER}"
        );
        assert_eq!(as_user(&hub, "ec2", &form).code(), "ok");
    };
    modify("Add");
    assert_eq!(found(&member, &image), "ok");
    assert_eq!(found(&other, &image), "InvalidAMIID.NotFound");
    assert!(listed(&member, &image, "self") && listed(&member, &image, MEMBER));
    assert!(
        listed(&hub, &image, MEMBER)
            && !listed(&hub, &image, "self")
            && !listed(&hub, &image, OTHER)
    );
    let attribute =
        format!("Action=DescribeImageAttribute&ImageId={image}&Attribute=launchPermission");
    assert_eq!(as_user(&member, "ec2", &attribute).code(), "AuthFailure");
    let gone = format!("Action=DeregisterImage&ImageId={image}");
    assert_eq!(as_user(&member, "ec2", &gone).code(), "AuthFailure");
    assert!(member.leftovers().is_empty());
    modify("Remove");
    assert_eq!(found(&member, &image), "InvalidAMIID.NotFound");
    modify("Add");
    assert_eq!(as_user(&hub, "ec2", &gone).code(), "ok");
    assert_eq!(found(&member, &image), "InvalidAMIID.NotFound");
}

#[test]
fn an_image_is_copied_by_another_account_once_its_snapshot_is_shared_too() {
    let (hub, member, ..) = world();
    let image = hub.at(REGION).image(ImageSpec::mine("shop")).unwrap();
    let share = format!(
        "Action=ModifyImageAttribute&ImageId={image}&LaunchPermission.Add.1.UserId={MEMBER}"
    );
    as_user(&hub, "ec2", &share);
    let copy = format!("Action=CopyImage&SourceRegion={REGION}&SourceImageId={image}&Name=ours");
    let refused = as_user(&member, "ec2", &copy);
    assert!(
        refused.body.contains("access the storage of this ami"),
        "{}",
        refused.body
    );
    let launch =
        format!("Action=RunInstances&ImageId={image}&InstanceType=t3.small&MinCount=1&MaxCount=1");
    assert_eq!(as_user(&member, "ec2", &launch).code(), "ok");

    let shown = as_user(
        &hub,
        "ec2",
        &format!("Action=DescribeImages&ImageId.1={image}"),
    );
    let snapshot = shown.text("snapshotId").unwrap();
    let seen = format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}");
    assert_eq!(
        as_user(&member, "ec2", &seen).code(),
        "InvalidSnapshot.NotFound"
    );
    let share = format!(
        "Action=ModifySnapshotAttribute&SnapshotId={snapshot}&CreateVolumePermission.Add.1.UserId={MEMBER}"
    );
    assert_eq!(as_user(&hub, "ec2", &share).code(), "ok");
    assert_eq!(as_user(&member, "ec2", &seen).code(), "ok");
    let read = format!(
        "Action=DescribeSnapshotAttribute&SnapshotId={snapshot}&Attribute=createVolumePermission"
    );
    assert_eq!(
        as_user(&hub, "ec2", &read).text("userId").as_deref(),
        Some(MEMBER)
    );
    assert_eq!(as_user(&member, "ec2", &read).code(), "AuthFailure");
    assert_eq!(as_user(&member, "ec2", &copy).code(), "ok");
    let delete = format!("Action=DeleteSnapshot&SnapshotId={snapshot}");
    assert_eq!(
        as_user(&member, "ec2", &delete).code(),
        "InvalidSnapshot.NotFound"
    );
}

#[test]
fn an_organization_is_shared_with_as_whoever_is_in_it() {
    let (hub, ..) = world();
    let organization = "arn:aws:organizations::000000000000:organization/o-abcdefghij";
    let mut spec = AccountSpec::new("000000000013");
    spec.organizations = vec![organization.to_owned()];
    let inside = hub.open(spec).unwrap();
    let outside = hub.other(MEMBER).unwrap();
    let image = hub.at(REGION).image(ImageSpec::mine("shop")).unwrap();
    let share = format!(
        "Action=ModifyImageAttribute&ImageId={image}&LaunchPermission.Add.1.OrganizationArn={organization}"
    );
    assert_eq!(as_user(&hub, "ec2", &share).code(), "ok");
    assert_eq!(found(&inside, &image), "ok");
    assert_eq!(found(&outside, &image), "InvalidAMIID.NotFound");
}
