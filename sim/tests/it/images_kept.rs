//! Images that are kept: shared, deprecated, disabled, protected, removed.

use std::time::Duration;

use sim::{Account, Action, DisabledById, ImageSpec, Keeping};

use crate::support::{REGION, account, ec2, instant, launch, start};

fn mine(account: &Account, spec: ImageSpec) -> String {
    account.at(REGION).image(spec).unwrap()
}

fn permissions(account: &Account, id: &str) -> Vec<String> {
    let form = format!("Action=DescribeImageAttribute&ImageId={id}&Attribute=launchPermission");
    let reply = ec2(account, &form);
    let document = roxmltree::Document::parse(&reply.body).unwrap();
    let leaves = document.descendants().filter(|n| {
        n.parent_element()
            .is_some_and(|p| p.has_tag_name(("http://ec2.amazonaws.com/doc/2016-11-15/", "item")))
    });
    leaves
        .filter(|n| n.is_element())
        .map(|n| format!("{}={}", n.tag_name().name(), n.text().unwrap_or_default()))
        .collect()
}

fn modify(account: &Account, id: &str, more: &str) -> String {
    ec2(
        account,
        &format!("Action=ModifyImageAttribute&ImageId={id}&{more}"),
    )
    .code()
}

const ORGANIZATION: &str = "arn:aws:organizations::111122223333:organization/o-abcdefghij";
const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-ab12-cdefghij";

#[test]
fn launch_permissions_are_added_and_removed_in_both_forms() {
    let (account, _hand) = account();
    let id = mine(&account, ImageSpec::mine("ours"));
    assert_eq!(modify(&account, &id, ""), "InvalidParameterCombination");
    let both = format!(
        "LaunchPermission.Add.1.UserId=222233334444&LaunchPermission.Add.2.OrganizationArn={ORGANIZATION}"
    );
    assert_eq!(modify(&account, &id, &both), "ok");
    let older = format!(
        "Attribute=launchPermission&OperationType=add&UserId.1=555566667777&OrganizationalUnitArn.1={UNIT}"
    );
    assert_eq!(modify(&account, &id, &older), "ok");
    let all = [
        "userId=222233334444".to_owned(),
        "userId=555566667777".to_owned(),
        format!("organizationArn={ORGANIZATION}"),
        format!("organizationalUnitArn={UNIT}"),
    ];
    assert_eq!(permissions(&account, &id), all);
    assert_eq!(account.image(&id).unwrap().shared_with.len(), 4);
    let removed = "LaunchPermission.Remove.1.UserId=222233334444";
    assert_eq!(modify(&account, &id, removed), "ok");
    assert_eq!(permissions(&account, &id).len(), 3);
    for wrong in ["UserId=22-33", "OrganizationArn=o-abc", "Group=some"] {
        let code = modify(&account, &id, &format!("LaunchPermission.Add.1.{wrong}"));
        assert_eq!(code, "InvalidAMIAttributeItemValue", "{wrong}");
    }
    let reset = format!("Action=ResetImageAttribute&ImageId={id}&Attribute=launchPermission");
    assert_eq!(ec2(&account, &reset).code(), "ok");
    assert!(permissions(&account, &id).is_empty());
}

#[test]
fn sharing_has_its_limits() {
    let (account, _hand) = account();
    let id = mine(&account, ImageSpec::mine("ours"));
    let public = "LaunchPermission.Add.1.Group=all";
    assert_eq!(modify(&account, &id, public), "OperationNotPermitted");
    account
        .perform(REGION, Action::PublicImages { allowed: true })
        .unwrap();
    assert_eq!(modify(&account, &id, public), "ok");
    assert_eq!(permissions(&account, &id), ["group=all"]);
    let many = |from: usize, to: usize| -> String {
        let one = |n: usize| format!("UserId.{}={n:012}", n - from + 1);
        let ids: Vec<String> = (from..=to).map(one).collect();
        format!("OperationType=add&{}", ids.join("&"))
    };
    assert_eq!(modify(&account, &id, &many(1, 1000)), "ok");
    assert_eq!(
        modify(&account, &id, &many(1001, 1001)),
        "ResourceLimitExceeded"
    );
    let mut spec = ImageSpec::mine("default key");
    spec.kms_key = "default".to_owned();
    let sealed = mine(&account, spec);
    let share = "LaunchPermission.Add.1.UserId=222233334444";
    assert_eq!(modify(&account, &sealed, share), "InvalidParameter");
    let mut spec = ImageSpec::mine("own key");
    spec.kms_key = "alias/ours".to_owned();
    let own = mine(&account, spec);
    assert_eq!(modify(&account, &own, share), "ok");
    assert_eq!(
        modify(&account, &own, public),
        "InvalidParameter",
        "encrypted"
    );
}

#[test]
fn a_disabled_image_is_unshared_hidden_and_not_launched() {
    let (account, _hand, _) = instant();
    let id = mine(&account, ImageSpec::mine("ours"));
    let runs = launch(&account, &id, "");
    modify(&account, &id, "LaunchPermission.Add.1.UserId=222233334444");
    assert_eq!(
        ec2(&account, &format!("Action=DisableImage&ImageId={id}")).code(),
        "ok"
    );
    let form =
        format!("Action=RunInstances&ImageId={id}&InstanceType=t3.small&MinCount=1&MaxCount=1");
    assert_eq!(ec2(&account, &form).code(), "InvalidAMIID.Unavailable");
    let share = "LaunchPermission.Add.1.UserId=222233334444";
    assert_eq!(modify(&account, &id, share), "InvalidAMIID.Unavailable");
    let listed = |more: &str| {
        let form = format!("Action=DescribeImages&Owner.1=self&{more}");
        ec2(&account, &form).text("imageState")
    };
    assert_eq!(listed(""), None);
    assert_eq!(listed("IncludeDisabled=true").as_deref(), Some("disabled"));
    let filter = "Action=DescribeImages&Filter.1.Name=state&Filter.1.Value.1=disabled";
    assert_eq!(ec2(&account, filter).code(), "InvalidParameter");
    assert_eq!(account.instance(&runs).unwrap().state, "running");
    let by_id = format!("Action=DescribeImages&ImageId.1={id}");
    for (disabled_by_id, wanted) in [
        (DisabledById::LeftOut, "ok"),
        (DisabledById::NotFound, "InvalidAMIID.NotFound"),
    ] {
        account.set_keeping(Keeping {
            disabled_by_id,
            ..Keeping::default()
        });
        let reply = ec2(&account, &by_id);
        assert_eq!(
            (reply.code().as_str(), reply.text("imageState")),
            (wanted, None)
        );
    }
    let snapshot = account.image(&id).unwrap().snapshot_id;
    let delete = format!("Action=DeleteSnapshot&SnapshotId={snapshot}");
    assert_eq!(ec2(&account, &delete).code(), "InvalidSnapshot.InUse");
    assert_eq!(
        ec2(&account, &format!("Action=EnableImage&ImageId={id}")).code(),
        "ok"
    );
    assert_eq!(listed("").as_deref(), Some("available"));
    assert!(
        permissions(&account, &id).is_empty(),
        "access does not come back"
    );
}

#[test]
fn a_protected_image_is_disabled_and_not_deregistered() {
    let (account, hand) = account();
    let id = mine(&account, ImageSpec::mine("ours"));
    let of =
        |action: &str, more: &str| ec2(&account, &format!("Action={action}&ImageId={id}&{more}"));
    let protect = |more: &str| of("EnableImageDeregistrationProtection", more).text("return");
    let unprotect = || of("DisableImageDeregistrationProtection", "").text("return");
    assert_eq!(protect("").as_deref(), Some("enabled-without-cooldown"));
    assert_eq!(unprotect().as_deref(), Some("disabled"));
    assert_eq!(
        protect("WithCooldown=true").as_deref(),
        Some("enabled-with-cooldown")
    );
    assert_eq!(of("DeregisterImage", "").code(), "OperationNotPermitted");
    let shown = of(
        "DescribeImageAttribute",
        "Attribute=deregistrationProtection",
    );
    assert_eq!(
        shown.text("value").as_deref(),
        Some("enabled-with-cooldown")
    );
    assert_eq!(of("DisableImage", "").code(), "ok");
    unprotect();
    hand.advance(Duration::from_secs(23 * 3600));
    assert_eq!(of("DeregisterImage", "").code(), "OperationNotPermitted");
    hand.advance(Duration::from_secs(3600));
    assert_eq!(of("DeregisterImage", "").code(), "ok");
}

#[test]
fn a_snapshot_goes_with_its_last_image_and_its_callers_rights() {
    let (account, _hand) = account();
    let first = mine(&account, ImageSpec::mine("first"));
    let snapshot = account.image(&first).unwrap().snapshot_id;
    let mut spec = ImageSpec::mine("second");
    spec.snapshot_id = snapshot.clone();
    let second = mine(&account, spec);
    let third = mine(&account, ImageSpec::mine("third"));
    let remove = |id: &str| {
        let form = format!("Action=DeregisterImage&ImageId={id}&DeleteAssociatedSnapshots=true");
        let reply = ec2(&account, &form);
        (reply.text("returnCode").unwrap(), reply.text("snapshotId"))
    };
    assert_eq!(remove(&first).0, "skipped");
    assert_eq!(remove(&second), ("success".to_owned(), Some(snapshot)));
    account.deny("ec2:DeleteSnapshot");
    assert_eq!(remove(&third).0, "missing-permissions");
}

#[test]
fn deprecation_hides_from_others_alone() {
    let (account, hand) = account();
    let id = mine(&account, ImageSpec::mine("ours"));
    let deprecate = |at: &str| {
        ec2(
            &account,
            &format!("Action=EnableImageDeprecation&ImageId={id}&DeprecateAt={at}"),
        )
        .code()
    };
    assert_eq!(deprecate("2026-10-01T00:00:00Z"), "InvalidParameterValue");
    assert_eq!(deprecate("2036-12-01T00:00:00Z"), "InvalidParameterValue");
    assert_eq!(deprecate("2026-11-02T00:00:31Z"), "ok");
    hand.advance(Duration::from_secs(48 * 3600));
    let shown = ec2(&account, "Action=DescribeImages&Owner.1=self");
    let at = shown.text("deprecationTime").unwrap();
    assert!(at.starts_with("2026-11-02T00:01:00"), "to the minute: {at}");
    let launched = ec2(
        &account,
        &format!("Action=RunInstances&ImageId={id}&InstanceType=t3.small&MinCount=1&MaxCount=1"),
    );
    assert_eq!(launched.code(), "ok");
    let form = format!("Action=DisableImageDeprecation&ImageId={id}");
    assert_eq!(ec2(&account, &form).code(), "ok");
    assert_eq!(account.image(&id).unwrap().deprecated_at, None);
}

#[test]
fn a_launch_shows_a_day_later_and_to_the_owner() {
    let (account, hand) = account();
    let id = mine(&account, ImageSpec::mine("ours"));
    launch(&account, &id, "");
    let shown = || {
        let form = format!("Action=DescribeImages&ImageId.1={id}");
        ec2(&account, &form).text("lastLaunchedTime")
    };
    assert_eq!(shown(), None);
    hand.advance(Duration::from_secs(20 * 3600));
    launch(&account, &id, "");
    hand.advance(Duration::from_secs(5 * 3600));
    let day = start().format("%Y-%m-%dT%H:%M").to_string();
    assert!(shown().unwrap().starts_with(&day), "{:?}", shown());
}
