"""Drives several accounts of one simulated world: whose credentials land where, roles that are assumed
across accounts, images and snapshots that are shared, by boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL; what is needed is made through the
control door, in regions of its own. Needs boto3, and the `aws` command beside this Python. Prints one
closing line, `N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys

import boto3
import sim_client
from botocore.config import Config
from sim_client import BRANCH, URL, advance, check, control, equal, fails, timing

HUB, MEMBER, OTHER = "000000000000", "000000000021", "000000000022"
HERE = "eu-central-1"
ROLE = f"arn:aws:iam::{MEMBER}:role/amiwatch"
ORGANIZATION = "arn:aws:organizations::000000000000:organization/o-abcdefghij"


def user(account):
    return {"aws_access_key_id": f"AKIA{account}", "aws_secret_access_key": "simulated"}


def session(credentials):
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def client(service, who, region=HERE):
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, region_name=region, endpoint_url=URL, config=config, **who)


def do(account, **action):
    return control("POST", "do", {"region": HERE, "account": account, "do": action})["id"]


def credentials_and_roles():
    """Who lands where, and who may become whom."""
    hub = client("sts", user(HUB))
    for account in (HUB, MEMBER):
        who = client("sts", user(account)).get_caller_identity()
        equal("a user is of the account in its key", (who["Account"], who["Arn"]), (account, f"arn:aws:iam::{account}:user/simulated"))
    fails("nobody's key", "InvalidClientTokenId", client("sts", user("000000000099")).get_caller_identity)
    ask = {"RoleArn": ROLE, "RoleSessionName": "amiwatch-acme"}
    fails("there is no such role", "AccessDenied", hub.assume_role, **ask)
    equal("its ARN", do(MEMBER, role={"name": "amiwatch", "trusts": [f"arn:aws:iam::{HUB}:root"], "external_id": "of-us", "max_session_s": 7200}), ROLE)
    error = fails("without the external id", "AccessDenied", hub.assume_role, **ask)
    words = f"User: arn:aws:iam::{HUB}:user/simulated is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    equal("in AWS's words", error.response["Error"]["Message"], words)
    ask["ExternalId"] = "of-us"
    fails("another account is not trusted", "AccessDenied", client("sts", user(OTHER)).assume_role, **ask)
    error = fails("longer than the role allows", "ValidationError", hub.assume_role, **ask, DurationSeconds=7201)
    check("and says so", "MaxSessionDuration" in str(error), str(error))
    given = hub.assume_role(**ask, DurationSeconds=900)
    equal("the session's name is in its ARN", given["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{MEMBER}:assumed-role/amiwatch/amiwatch-acme")
    member = session(given["Credentials"])
    who = client("sts", member).get_caller_identity()
    equal("it is of the member account", (who["Account"], who["Arn"]), (MEMBER, given["AssumedRoleUser"]["Arn"]))
    further = do(OTHER, role={"name": "further", "trusts": [f"arn:aws:iam::{MEMBER}:root"], "max_session_s": 7200})
    chained = {"RoleArn": further, "RoleSessionName": "amiwatch-acme"}
    error = fails("a chain lasts an hour", "ValidationError", client("sts", member).assume_role, **chained, DurationSeconds=7200)
    check("and says so", "role chaining" in str(error), str(error))
    ends = given["Credentials"]["Expiration"]
    left = ends - datetime.datetime.fromisoformat(control("GET", "time")["now"])
    check("it ends after a quarter of an hour", 895 <= left.total_seconds() <= 900, left)
    calls = control("GET", f"ledger?account={MEMBER}")
    equal("the member's ledger has the member's calls", {call["caller"] for call in calls} - {given["AssumedRoleUser"]["Arn"]}, {f"arn:aws:iam::{MEMBER}:user/simulated"})
    advance(901)
    fails("it has ended", "ExpiredToken", client("elasticbeanstalk", member).describe_environments)
    fails("it has ended for EC2", "RequestExpired", client("ec2", member).describe_regions)


def environments():
    """Each account has its own; what AWS releases is everybody's."""
    arn = control("POST", "release", {"region": HERE, "branch": BRANCH, "version": "4.5.1"})["arn"]
    describe = lambda account: client("elasticbeanstalk", user(account)).describe_platform_version(PlatformArn=arn)
    image = lambda account: describe(account)["PlatformDescription"]["CustomAmiList"][0]["ImageId"]
    equal("the same base for both", image(HUB), image(MEMBER))
    do(MEMBER, environment={"application": "shop", "name": "shop-live", "branch": BRANCH, "version": "4.5.1"})
    names = lambda account: [e["EnvironmentArn"] for e in client("elasticbeanstalk", user(account)).describe_environments()["Environments"]]
    equal("the member's", names(MEMBER), [f"arn:aws:elasticbeanstalk:{HERE}:{MEMBER}:environment/shop/shop-live"])
    check("not the hub's", not any("shop-live" in arn for arn in names(HUB)), names(HUB))


def sharing():
    """An image is seen, launched and copied by whom it is shared with."""
    timing(image=0, snapshot=0)
    hub, member, other = (client("ec2", user(one)) for one in (HUB, MEMBER, OTHER))
    image = do(HUB, image={"name": "shop-1", "tags": {"app": "shop"}})
    fails("it is not there for others", "InvalidAMIID.NotFound", member.describe_images, ImageIds=[image])
    by_filter = [{"Name": "image-id", "Values": [image]}]
    equal("nor by filter", member.describe_images(Filters=by_filter)["Images"], [])
    hub.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": MEMBER}]})
    shown = member.describe_images(ImageIds=[image])["Images"][0]
    equal("whose it is, without its tags", (shown["OwnerId"], shown.get("Tags")), (HUB, None))
    listed = lambda ec2, who: image in [i["ImageId"] for i in ec2.describe_images(ExecutableUsers=[who])["Images"]]
    equal("by executable users", (listed(member, "self"), listed(hub, MEMBER), listed(hub, OTHER), listed(other, "self")), (True, True, False, False))
    fails("its permissions are its owner's", "AuthFailure", member.describe_image_attribute, ImageId=image, Attribute="launchPermission")
    fails("so is its end", "AuthFailure", member.deregister_image, ImageId=image)
    code, said = sim_client.command_line("ec2", "describe-images", "--region", HERE, "--executable-users", MEMBER, "--query", "Images[].ImageId")
    equal("by the AWS CLI", (code, image in said), (0, True))

    order = {"SourceRegion": HERE, "SourceImageId": image, "Name": "ours"}
    error = fails("not to be copied without its snapshot", "InvalidRequest", member.copy_image, **order)
    check("in AWS's words", "permission to access the storage" in str(error), str(error))
    snapshot = shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    fails("the snapshot is not there", "InvalidSnapshot.NotFound", member.describe_snapshots, SnapshotIds=[snapshot])
    hub.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=[MEMBER])
    permissions = hub.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    equal("who may read it", permissions["CreateVolumePermissions"], [{"UserId": MEMBER}])
    equal("it is there", member.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["OwnerId"], HUB)
    equal("and not his own", [s["SnapshotId"] for s in member.describe_snapshots(OwnerIds=["self"])["Snapshots"]], [])
    fails("its end is its owner's", "InvalidSnapshot.NotFound", member.delete_snapshot, SnapshotId=snapshot)
    copy = member.copy_image(**order)["ImageId"]
    advance(130)
    copied = member.describe_images(ImageIds=[copy], Owners=["self"])["Images"][0]
    equal("the copy is the member's", (copied["OwnerId"], copied["SourceImageId"]), (MEMBER, image))
    hub.reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    fails("shared no more", "InvalidSnapshot.NotFound", member.describe_snapshots, SnapshotIds=[snapshot])

    started = member.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
    instance = started["Instances"][0]["InstanceId"]
    hub.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"UserId": MEMBER}]})
    fails("the image is gone for others again", "InvalidAMIID.NotFound", member.describe_images, ImageIds=[image])
    fails("and cannot be launched", "InvalidAMIID.NotFound", member.run_instances, ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
    facts = member.describe_instance_image_metadata(InstanceIds=[instance])["InstanceImageMetadata"][0]["ImageMetadata"]
    equal("what runs it still tells", (facts["ImageId"], facts["OwnerId"]), (image, HUB))
    equal("the hub has it all along", hub.describe_images(ImageIds=[image])["Images"][0]["ImageId"], image)

    hub.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"OrganizationArn": ORGANIZATION}]})
    fails("not of the organization", "InvalidAMIID.NotFound", member.describe_images, ImageIds=[image])
    equal("of the organization", other.describe_images(ImageIds=[image])["Images"][0]["ImageId"], image)
    sealed = do(HUB, image={"name": "sealed", "kms_key": "default"})
    sealed = hub.describe_images(ImageIds=[sealed])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    fails("under the default key", "OperationNotPermitted", hub.modify_snapshot_attribute, SnapshotId=sealed, Attribute="createVolumePermission", OperationType="add", UserIds=[MEMBER])


def buckets():
    """Throttling is by account."""
    control("POST", "account", {"id": OTHER, "throttling": {"beanstalk_all": {"burst": 1, "per_second": 0.001}}})
    other, member = (client("elasticbeanstalk", user(one)) for one in (OTHER, MEMBER))
    other.describe_environments()
    fails("its bucket is empty", "Throttling", other.describe_environments)
    member.describe_environments()
    member.describe_environments()


def by_the_command_line():
    """The AWS CLI assumes roles by its profiles, as people do."""
    folder = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"sim-accounts-{os.getpid()}"
    folder.mkdir()
    settings = folder / "config"
    settings.write_text(
        f"[profile hub]\nregion = {HERE}\n[profile member]\nregion = {HERE}\nrole_arn = {ROLE}\n"
        "source_profile = hub\nexternal_id = of-us\nrole_session_name = by-profile\n"
    )
    keys = folder / "credentials"
    keys.write_text(f"[hub]\naws_access_key_id = AKIA{HUB}\naws_secret_access_key = simulated\n")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_CONFIG_FILE": str(settings), "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "AWS_ENDPOINT_URL": URL, "AWS_PROFILE": "member", "AWS_PAGER": "",
    }
    aws = pathlib.Path(sys.executable).parent / "aws"
    done = subprocess.run([aws, "sts", "get-caller-identity"], env=environment, capture_output=True, text=True)
    check("the CLI assumes the role", done.returncode == 0, done.stderr)
    equal("as whom", json.loads(done.stdout)["Arn"], f"arn:aws:sts::{MEMBER}:assumed-role/amiwatch/by-profile")
    for file in sorted(folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    folder.rmdir()


control("POST", "account", {"id": MEMBER})
control("POST", "account", {"id": OTHER, "organizations": [ORGANIZATION]})
credentials_and_roles()
environments()
sharing()
buckets()
by_the_command_line()
sim_client.finish()
