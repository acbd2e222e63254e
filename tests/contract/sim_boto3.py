"""Drives the simulated account with boto3 and the AWS CLI: programs that know AWS, not us.

Give the server's address as the argument or in AMIWATCH_SIM_URL; any world will do, since what is
needed is made through the control door. Needs boto3, and the `aws` command beside this Python.
Prints one closing line, `N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import datetime
import json
import urllib.error
import urllib.request

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

import sim_client
from sim_client import BRANCH, REGION, URL, advance, check, client, control, do, equal, fails, timing


def identity():
    caller = client("sts").get_caller_identity()
    equal("account", caller["Account"], "0" * 12)
    bare = urllib.request.Request(URL + "/", data=b"Action=GetCallerIdentity&Version=2011-06-15")
    try:
        urllib.request.urlopen(bare)
        check("an unsigned call must fail", False)
    except urllib.error.HTTPError as error:
        equal("unsigned: status", error.code, 403)
        check("unsigned: code", b"MissingAuthenticationToken" in error.read())
    fails("not simulated (EC2)", "InvalidAction", client("ec2").describe_fleets)
    fails("not simulated (Beanstalk)", "InvalidAction", client("elasticbeanstalk").create_storage_location)
    fails("not simulated (SSM)", "InvalidAction", client("ssm").describe_maintenance_windows)


def beanstalk_platforms():
    eb = client("elasticbeanstalk")
    for patch in range(5):
        do(release={"branch": BRANCH, "version": f"4.5.{patch}", "images": {"x86_64": "", "arm64": ""}})
    do(branch={"name": "Tomcat 9 running on 64bit Amazon Linux 2", "lifecycle": "retired", "os_version": "2"})
    filters = [
        {"Type": "PlatformBranchName", "Operator": "=", "Values": [BRANCH]},
        {"Type": "PlatformLifecycleState", "Operator": "=", "Values": ["recommended"]},
    ]
    found = eb.list_platform_versions(Filters=filters)["PlatformSummaryList"]
    equal("one version is recommended", [v["PlatformVersion"] for v in found], ["4.5.4"])
    equal("listing writes lifecycles small", found[0]["PlatformLifecycleState"], "recommended")
    pages = list(
        eb.get_paginator("list_platform_versions").paginate(
            Filters=filters[:1], PaginationConfig={"PageSize": 2}
        )
    )
    equal("pages of versions", [len(p["PlatformSummaryList"]) for p in pages], [2, 2, 1])
    newer = [{"Type": "PlatformVersion", "Operator": ">=", "Values": ["4.5.3"]}]
    equal("versions compare as versions", len(eb.list_platform_versions(Filters=newer)["PlatformSummaryList"]), 2)
    wrong = [{"Type": "Colour", "Operator": "=", "Values": ["red"]}]
    fails("unknown filter", "InvalidParameterValue", eb.list_platform_versions, Filters=wrong)
    arn = found[0]["PlatformArn"]
    check("ARN without account", arn.startswith(f"arn:aws:elasticbeanstalk:{REGION}::platform/{BRANCH}/"), arn)
    described = eb.describe_platform_version(PlatformArn=arn)["PlatformDescription"]
    equal("describing writes lifecycles with a capital", described["PlatformLifecycleState"], "Recommended")
    equal("solution stack", described["SolutionStackName"], "64bit Amazon Linux 2023 v4.5.4 running ECS")
    custom = described["CustomAmiList"]
    equal("pv first and empty", (custom[0]["VirtualizationType"], custom[0].get("ImageId", "")), ("pv", ""))
    by_arch = {a["Architecture"]: a["ImageId"] for a in described["DefaultAmiList"]}
    equal("hvm is the x86_64 image", custom[1]["ImageId"], by_arch["x86_64"])
    image = client("ec2").describe_images(ImageIds=[by_arch["arm64"]])["Images"][0]
    check("arm image name", "64bit_arm-eb_ecs_amazon_linux_2023-hvm-" in image["Name"], image["Name"])
    equal("arm image", (image["Architecture"], image["ImageOwnerAlias"]), ("arm64", "amazon"))
    fails("no such platform", "InvalidParameterValue", eb.describe_platform_version, PlatformArn=arn + "9")
    branches = eb.list_platform_branches()["PlatformBranchSummaryList"]
    equal("lifecycles of branches", sorted(b["LifecycleState"] for b in branches), ["retired", "supported"])
    equal("newest stack first", eb.list_available_solution_stacks()["SolutionStacks"][0][:14], "64bit Amazon L")
    do(hide_version={"branch": BRANCH, "version": "4.5.1"})
    listed = eb.list_platform_versions(Filters=filters[:1])["PlatformSummaryList"]
    hidden = next(v["PlatformArn"] for v in listed if v["PlatformVersion"] == "4.5.1")
    fails("a version that is hidden from this account", "InvalidParameterValue", eb.describe_platform_version, PlatformArn=hidden)
    do(withdraw={"branch": BRANCH})
    back = eb.list_platform_versions(Filters=filters)["PlatformSummaryList"]
    equal("withdrawn", [v["PlatformVersion"] for v in back], ["4.5.3"])
    return by_arch


def beanstalk_environments(images):
    eb = client("elasticbeanstalk")
    for number in range(7):
        do(environment={"application": "shop", "name": f"shop-{number}", "branch": BRANCH, "instances": 1})
    do(environment={"application": "jobs", "name": "worker", "branch": BRANCH, "tier": "Worker", "image_id": images["x86_64"], "failed_image_id": "ami-51399999999999999"})
    do(environment={"application": "jobs", "name": "cluster", "branch": BRANCH, "tier": "Cluster"})
    everything = eb.describe_environments()["Environments"]
    equal("all environments in one call", len(everything), 9)
    equal("ARN with account", everything[-1]["EnvironmentArn"], f"arn:aws:elasticbeanstalk:{REGION}:{'0' * 12}:environment/jobs/worker")
    pages = list(eb.get_paginator("describe_environments").paginate(PaginationConfig={"PageSize": 4}))
    equal("pages of environments", [len(p["Environments"]) for p in pages], [4, 4, 1])
    one = eb.describe_environments(ApplicationName="shop", EnvironmentNames=["shop-3", "nope"])["Environments"]
    equal("by name", [e["EnvironmentName"] for e in one], ["shop-3"])
    tiers = {e["EnvironmentName"]: e["Tier"] for e in everything}
    equal("cluster tier", tiers["cluster"]["Type"], "EKS")
    sets = eb.describe_configuration_settings(ApplicationName="jobs", EnvironmentName="worker")["ConfigurationSettings"]
    equal("draft and deployed", sorted(s["DeploymentStatus"] for s in sets), ["deployed", "failed"])
    again = eb.describe_configuration_settings(ApplicationName="jobs", EnvironmentName="worker")["ConfigurationSettings"]
    check("their order changes", again[0]["DeploymentStatus"] != sets[0]["DeploymentStatus"])
    deployed = next(s for s in sets if s["DeploymentStatus"] == "deployed")
    option = {(o["Namespace"], o["OptionName"]): o.get("Value") for o in deployed["OptionSettings"]}
    equal("image set by hand", option[("aws:autoscaling:launchconfiguration", "ImageId")], images["x86_64"])
    stock = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName="shop-0")["ConfigurationSettings"][0]
    resolved = [o["Value"] for o in stock["OptionSettings"] if o["OptionName"] == "ImageId"]
    check("the stock image is shown resolved", resolved[0].startswith("ami-513"), resolved)
    fails("no such environment", "InvalidParameterValue", eb.describe_configuration_settings, ApplicationName="shop", EnvironmentName="nope")
    resources = eb.describe_environment_resources(EnvironmentName="shop-1")["EnvironmentResources"]
    instance = resources["Instances"][0]["Id"]
    metadata = client("ec2").describe_instance_image_metadata(InstanceIds=[instance])["InstanceImageMetadata"]
    equal("what it really runs", metadata[0]["ImageMetadata"]["ImageId"], resolved[0])
    equal("no managed actions", eb.describe_environment_managed_actions(EnvironmentName="shop-1")["ManagedActions"], [])
    do(change_environment={"environment": "shop-2", "change": {"status": "Updating"}})
    advance(5)
    event = eb.describe_events(EnvironmentName="shop-2")["Events"][0]
    check("an event says so", "Updating" in event["Message"], event)
    equal("its status", eb.describe_environments(EnvironmentNames=["shop-2"])["Environments"][0]["Status"], "Updating")
    equal("applications", [a["ApplicationName"] for a in eb.describe_applications()["Applications"]], ["jobs", "shop"])
    control("POST", "deny", {"action": "elasticbeanstalk:DescribeEnvironments"})
    equal("denied reads come back empty", eb.describe_environments()["Environments"], [])
    control("POST", "allow", {"action": "elasticbeanstalk:DescribeEnvironments"})
    tags = eb.list_tags_for_resource(ResourceArn=everything[-1]["EnvironmentArn"])
    equal("no tags", tags["ResourceTags"], [])


def bake(base):
    """From launch to image and back, as a baking tool would."""
    ec2 = client("ec2")
    timing(start=5, stop=10, image=60, snapshot=40, console=1, console_post=30)
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    equal("a subnet in each zone", len({s["AvailabilityZone"] for s in subnets}), 3)
    spec = [{"ResourceType": "security-group", "Tags": [{"Key": "role", "Value": "network"}]}]
    group = ec2.create_security_group(GroupName="builders", Description="no way in", VpcId=vpc, TagSpecifications=spec)["GroupId"]
    fails("the same group again", "InvalidGroup.Duplicate", ec2.create_security_group, GroupName="builders", Description="x", VpcId=vpc)
    described = ec2.describe_security_groups(Filters=[{"Name": "tag:role", "Values": ["network"]}])["SecurityGroups"]
    equal("no inbound rule, all outbound", (described[0]["IpPermissions"], len(described[0]["IpPermissionsEgress"])), ([], 1))
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=everything)
    launch = {
        "ImageId": base, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1,
        "ClientToken": "token-1", "UserData": "#!/bin/sh\ntrue\n",
        "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": subnets[0]["SubnetId"], "Groups": [group], "AssociatePublicIpAddress": True}],
        "MetadataOptions": {"HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}],
        "InstanceInitiatedShutdownBehavior": "stop",
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "builder"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "role", "Value": "builder"}]},
        ],
    }
    fails("dry run", "DryRunOperation", ec2.run_instances, **launch, DryRun=True)
    instance = ec2.run_instances(**launch)["Instances"][0]
    identifier = instance["InstanceId"]
    equal("pending first", instance["State"]["Name"], "pending")
    equal("same token, same instance", ec2.run_instances(**launch)["Instances"][0]["InstanceId"], identifier)
    fails("same token, other request", "IdempotentParameterMismatch", ec2.run_instances, **{**launch, "UserData": "other"})
    elsewhere = {**launch, "NetworkInterfaces": [{**launch["NetworkInterfaces"][0], "SubnetId": subnets[1]["SubnetId"]}]}
    second = ec2.run_instances(**elsewhere)["Instances"][0]["InstanceId"]
    check("tokens are zonal", second != identifier)
    before = ec2.terminate_instances(InstanceIds=[second])["TerminatingInstances"][0]
    equal("terminating", before["CurrentState"]["Name"], "shutting-down")
    launch_errors(ec2, launch, subnets)
    advance(6)
    seen = ec2.describe_instances(Filters=[{"Name": "client-token", "Values": ["token-1"]}, {"Name": "instance-state-name", "Values": ["running"]}])
    shown = seen["Reservations"][0]["Instances"][0]
    equal("running, and what was asked", (shown["InstanceId"], shown["MetadataOptions"]["HttpTokens"], shown["SecurityGroups"][0]["GroupId"]), (identifier, "required", group))
    volume = ec2.describe_volumes(VolumeIds=[shown["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]])["Volumes"][0]
    equal("its volume", (volume["Size"], volume["Tags"][0]["Value"]), (20, "builder"))
    equal("status", ec2.describe_instance_status(InstanceIds=[identifier])["InstanceStatuses"][0]["InstanceStatus"]["Status"], "ok")
    fails("a group in use", "DependencyViolation", ec2.delete_security_group, GroupId=group)
    fails("no other user data while it runs", "IncorrectInstanceState", ec2.modify_instance_attribute, InstanceId=identifier, UserData={"Value": b""})
    ec2.stop_instances(InstanceIds=[identifier])
    fails("no image of a stopping instance", "IncorrectState", ec2.create_image, InstanceId=identifier, Name="too-early")
    advance(11)
    stopped = ec2.describe_instances(InstanceIds=[identifier])["Reservations"][0]["Instances"][0]
    equal("its user data is taken away", ec2.modify_instance_attribute(InstanceId=identifier, UserData={"Value": b""})["ResponseMetadata"]["HTTPStatusCode"], 200)
    equal("stopped, by whom", (stopped["State"]["Name"], stopped["StateReason"]["Code"]), ("stopped", "Client.UserInitiatedShutdown"))
    image = images_of(ec2, identifier, base)
    ec2.terminate_instances(InstanceIds=[identifier])
    advance(11)
    state = ec2.describe_instances(InstanceIds=[identifier])["Reservations"][0]["Instances"][0]["State"]["Name"]
    equal("terminated and still seen", state, "terminated")
    advance(3700)
    fails("forgotten after an hour", "InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=[identifier])
    ec2.delete_security_group(GroupId=group)
    results = ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    equal("its snapshot goes with it", results[0]["ReturnCode"], "success")
    equal("nothing is left", control("GET", "leftovers"), [])


def launch_errors(ec2, launch, subnets):
    plain = {k: v for k, v in launch.items() if k not in ("ClientToken", "NetworkInterfaces")}
    def refused(what, code, **changed):
        fails(what, code, ec2.run_instances, **{**plain, **changed})
    refused("no such image", "InvalidAMIID.NotFound", ImageId="ami-00000000000000000")
    refused("not an image id", "InvalidAMIID.Malformed", ImageId="ami-nonsense")
    refused("architecture", "InvalidParameterValue", InstanceType="t4g.small")
    refused("user data", "InvalidParameterValue", UserData="x" * 16385)
    check("user data at the limit", ec2.run_instances(**{**plain, "UserData": "x" * 16384})["Instances"])
    refused("no such subnet", "InvalidSubnetID.NotFound", SubnetId="subnet-00000000000000000")
    zone = subnets[0]["AvailabilityZone"]
    do(instance_type={"name": "m7i.large", "zones": ["c"]})
    refused("not offered in the zone", "Unsupported", InstanceType="m7i.large", SubnetId=subnets[0]["SubnetId"])
    offered = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m7i.large"]}])["InstanceTypeOfferings"]
    equal("offerings", [o["Location"][-1] for o in offered], ["c"])
    types = ec2.describe_instance_types(InstanceTypes=["t2.micro", "t4g.small"])["InstanceTypes"]
    equal("types", [(t["Hypervisor"], t["ProcessorInfo"]["SupportedArchitectures"]) for t in types], [("xen", ["x86_64"]), ("nitro", ["arm64"])])
    fails("no such type", "InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=["x9.huge"])
    do(capacity={"instance_type": "t3.small", "zone": zone, "available": False})
    refused("no capacity", "InsufficientInstanceCapacity", SubnetId=subnets[0]["SubnetId"])
    do(capacity={"instance_type": "t3.small", "zone": zone, "available": True})
    do(vcpu_quota={"vcpus": 2})
    refused("quota", "VcpuLimitExceeded", InstanceType="m5.large")
    do(vcpu_quota={"vcpus": 1000})
    control("POST", "do", {"region": "us-west-2", "do": "drop_default_vpc"})
    do("us-west-2", image={"id": "ami-513aaaaaaaaaaaaaa", "owner": "amazon", "public": True})
    west = client("ec2", "us-west-2")
    fails("no default VPC", "VPCIdNotSpecified", west.run_instances, ImageId="ami-513aaaaaaaaaaaaaa", InstanceType="t3.small", MinCount=1, MaxCount=1)
    control("POST", "deny", {"action": "ec2:RunInstances"})
    error = fails("denied", "UnauthorizedOperation", ec2.run_instances, **plain)
    check("with an encoded message", "Encoded authorization failure message" in str(error))
    control("POST", "allow", {"action": "ec2:RunInstances"})
    others = ec2.describe_instances(Filters=[{"Name": "tag:role", "Values": ["builder"]}])["Reservations"]
    unwanted = [i["InstanceId"] for r in others for i in r["Instances"] if i.get("ClientToken") != "token-1"]
    ec2.terminate_instances(InstanceIds=unwanted)


def images_of(ec2, instance, base):
    spec = [{"ResourceType": kind, "Tags": [{"Key": "role", "Value": "image"}]} for kind in ("image", "snapshot")]
    image = ec2.create_image(InstanceId=instance, Name="mine/one", TagSpecifications=spec)["ImageId"]
    error = fails("a pending image holds its name", "InvalidAMIName.Duplicate", ec2.create_image, InstanceId=instance, Name="mine/one")
    check("and says whose it is", error.response["Error"]["Message"].endswith(f"in use by AMI {image}"), str(error))
    fails("a bad name", "InvalidAMIName.Malformed", ec2.create_image, InstanceId=instance, Name="a*b")
    own = ec2.describe_images(Owners=["self"], Filters=[{"Name": "source-instance-id", "Values": [instance]}])["Images"][0]
    equal("lineage", (own["ImageId"], own["State"], own["SourceImageId"]), (image, "pending", base))
    fails("a pending image cannot be launched", "InvalidAMIID.Unavailable", ec2.run_instances, ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
    snapshot = own["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    advance(45)
    equal("the snapshot comes first", ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"], "completed")
    advance(20)
    equal("available", ec2.describe_images(ImageIds=[image])["Images"][0]["State"], "available")
    fails("its snapshot is in use", "InvalidSnapshot.InUse", ec2.delete_snapshot, SnapshotId=snapshot)
    line = ec2.get_image_ancestry(ImageId=image)["ImageAncestryEntries"]
    equal("ancestry ends at Amazon's", [(e["ImageId"], e.get("ImageOwnerAlias")) for e in line], [(image, "self"), (base, "amazon")])
    image_lists(ec2, image, base)
    copied = ec2.copy_image(SourceImageId=image, SourceRegion=REGION, Name="mine/copy", ClientToken="copy-1")["ImageId"]
    same = ec2.copy_image(SourceImageId=image, SourceRegion=REGION, Name="mine/copy", ClientToken="copy-1")["ImageId"]
    equal("copying is idempotent by token", copied, same)
    ec2.deregister_image(ImageId=copied)
    left = [l for l in control("GET", "leftovers") if l["kind"] == "snapshot" and l["tags"] == {}]
    equal("without the flag the snapshot stays", len(left), 1)
    ec2.delete_snapshot(SnapshotId=left[0]["id"])
    return image


def image_lists(ec2, image, base):
    fails("one missing id fails the call", "InvalidAMIID.NotFound", ec2.describe_images, ImageIds=[image, "ami-00000000000000000"])
    by_filter = ec2.describe_images(Filters=[{"Name": "image-id", "Values": [image, base, "ami-00000000000000000"]}])["Images"]
    equal("by filter it is left out", sorted(i["ImageId"] for i in by_filter), sorted([image, base]))
    named = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["aws-elasticbeanstalk-amzn-*64bit-eb_ecs_*"]}])["Images"]
    equal("by name pattern", len(named), 5)
    pages = list(ec2.get_paginator("describe_images").paginate(Owners=["amazon"], PaginationConfig={"PageSize": 4}))
    equal("pages of images", [len(p["Images"]) for p in pages], [4, 4, 2])
    do(image={"name": "al2023-ami-typed-by-a-stranger", "owner": "666666666666", "public": True})
    made = do(image={"name": "al2023-ami-by-amazon", "owner": "amazon", "public": True, "architecture": "arm64"})
    fits = [{"Name": "name", "Values": ["al2023-ami-*"]}, {"Name": "state", "Values": ["available"]}]
    anybody = ec2.describe_images(Filters=fits)["Images"]
    equal("anybody can type a name", len(anybody), 2)
    of_amazon = ec2.describe_images(Owners=["amazon"], Filters=[*fits, {"Name": "architecture", "Values": ["arm64"]}])["Images"]
    equal("of an owner, by name and architecture", [i["Name"] for i in of_amazon], ["al2023-ami-by-amazon"])
    either = ec2.describe_images(Owners=["666666666666", "self"], Filters=fits)["Images"]
    equal("owners are any of", [i["OwnerId"] for i in either], ["666666666666"])
    equal("wildcards for one letter", len(ec2.describe_images(Filters=[{"Name": "name", "Values": ["al2023-ami-b?-amazon"]}])["Images"]), 1)
    do(change_image={"image_id": made, "change": "deregistered"})
    do(change_image={"image_id": base, "change": {"deprecated": "2020-01-01T00:00:00Z"}})
    only = [{"Name": "image-id", "Values": [base]}]
    equal("deprecated ones of others are hidden", ec2.describe_images(Filters=only)["Images"], [])
    equal("unless asked for", len(ec2.describe_images(Filters=only, IncludeDeprecated=True)["Images"]), 1)
    do(change_image={"image_id": base, "change": {"deprecated": "2099-01-01T00:00:00Z"}})
    fails("unknown filter", "InvalidParameterValue", ec2.describe_images, Filters=[{"Name": "colour", "Values": ["red"]}])
    fails("not ours", "AuthFailure", ec2.deregister_image, ImageId=base)
    ec2.create_tags(Resources=[image], Tags=[{"Key": "state", "Value": "verified"}])
    tagged = ec2.describe_images(Owners=["self"], Filters=[{"Name": "tag:state", "Values": ["verified"]}])["Images"]
    equal("by tag", [i["ImageId"] for i in tagged], [image])
    equal("tags", len(ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [image]}])["Tags"]), 2)
    ec2.delete_tags(Resources=[image], Tags=[{"Key": "state"}])
    fails("tags of nothing", "InvalidAMIID.NotFound", ec2.create_tags, Resources=["ami-00000000000000000"], Tags=[{"Key": "a", "Value": "b"}])
    ec2.disable_image(ImageId=image)
    equal("disabled ones are hidden", ec2.describe_images(Owners=["self"])["Images"], [])
    equal("unless asked for too", len(ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]), 1)
    ec2.enable_image(ImageId=image)
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1000)
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=then)
    check("deprecation", ec2.describe_images(ImageIds=[image])["Images"][0]["DeprecationTime"].startswith(f"{then:%Y-%m-%d}"))
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": "000000000009"}]})


def awkward(base):
    """Eventual consistency, throttling, faults, pages that the account imposes."""
    ec2 = client("ec2")
    timing(hidden_looks=2)
    run = {"ImageId": base, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    instance = ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    fails("not seen yet", "InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=[instance])
    fails("nor by others", "InvalidInstanceID.NotFound", ec2.terminate_instances, InstanceIds=[instance])
    check("then seen", ec2.describe_instances(InstanceIds=[instance])["Reservations"])
    timing(page=2)
    pages = list(ec2.get_paginator("describe_images").paginate(Owners=["amazon"]))
    check("pages that nobody asked for", len(pages) >= 5, len(pages))
    timing()
    control("POST", "faults", {"service": "ec2", "operation": "TerminateInstances", "kind": "error_after_effect", "times": 1})
    fails("an error after the effect", "InternalError", ec2.terminate_instances, InstanceIds=[instance])
    state = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
    equal("and yet it was done", state, "shutting-down")
    control("POST", "faults", {"service": "ec2", "operation": "DescribeRegions", "kind": "throttle", "times": 1})
    fails("throttled", "RequestLimitExceeded", ec2.describe_regions)
    check("regions", REGION in [r["RegionName"] for r in ec2.describe_regions()["Regions"]])
    control("POST", "faults", {"service": "ec2", "operation": "DescribeVpcs", "kind": "drop_before_effect", "times": 1})
    try:
        ec2.describe_vpcs()
        check("a dropped connection", False)
    except ConnectionClosedError:
        check("a dropped connection", True)
    control("POST", "faults", {"service": "ec2", "operation": "CreateSecurityGroup", "kind": "timeout_after_effect", "times": 1})
    hasty = client("ec2", read_timeout=0.5)
    try:
        hasty.create_security_group(GroupName="lost", Description="lost")
        check("an answer that never comes", False)
    except ReadTimeoutError:
        check("an answer that never comes", True)
    lost = ec2.describe_security_groups(GroupNames=["lost"])["SecurityGroups"]
    ec2.delete_security_group(GroupId=lost[0]["GroupId"])
    eb = client("elasticbeanstalk")
    control("POST", "world", {"throttling": {"beanstalk_shared": {"burst": 3, "per_second": 0.001}}})
    for _ in range(3):
        eb.describe_environments(MaxRecords=1)
    fails("the shared bucket", "Throttling", eb.describe_events)
    check("other calls have their own", eb.describe_applications()["Applications"])
    control("POST", "world", {})


def consoles(base):
    """Without a guest there is nothing on the console; with one, see the run with --guest-exec."""
    ec2 = client("ec2")
    run = {"ImageId": base, "MinCount": 1, "MaxCount": 1}
    old = ec2.run_instances(**run, InstanceType="t2.micro")["Instances"][0]["InstanceId"]
    fails("Latest needs Nitro", "UnsupportedOperation", ec2.get_console_output, InstanceId=old, Latest=True)
    new = ec2.run_instances(**run, InstanceType="t3.micro")["Instances"][0]["InstanceId"]
    check("an empty console", not ec2.get_console_output(InstanceId=new, Latest=True).get("Output"))
    ec2.terminate_instances(InstanceIds=[old, new])


def messages():
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="amis")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    equal("subscribed", sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["Endpoint"], arn)
    attributes = {"kind": {"DataType": "String", "StringValue": "baked"}}
    sent = sns.publish(TopicArn=topic, Subject="Baked", Message="zażółć <&>", MessageAttributes=attributes)["MessageId"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)["Messages"]
    body = json.loads(received[0]["Body"])
    equal("the envelope", (body["Type"], body["MessageId"], body["TopicArn"], body["Subject"], body["Message"]), ("Notification", sent, topic, "Baked", "zażółć <&>"))
    equal("its attributes", body["MessageAttributes"]["kind"]["Value"], "baked")
    check("hidden while worked on", "Messages" not in sqs.receive_message(QueueUrl=queue))
    advance(31)
    again = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    advance(31)
    check("deleted", "Messages" not in sqs.receive_message(QueueUrl=queue))
    sqs.send_message(QueueUrl=queue, MessageBody="direct")
    equal("sent directly", sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"], "direct")
    fails("a long subject", "InvalidParameter", sns.publish, TopicArn=topic, Subject="x" * 100, Message="m")
    fails("a subject of two lines", "InvalidParameter", sns.publish, TopicArn=topic, Subject="a\nb", Message="m")
    fails("a message too long", "InvalidParameter", sns.publish, TopicArn=topic, Message="x" * 262145)
    fails("no such topic", "NotFound", sns.publish, TopicArn=topic + "x", Message="m")
    fails("no such queue", "AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="none")
    equal("queue by name", sqs.get_queue_url(QueueName="inbox")["QueueUrl"], queue)
    equal("topics", [t["TopicArn"] for t in sns.list_topics()["Topics"]], [topic])
    equal("topic attributes", sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"], "1")


def parameters():
    ssm = client("ssm")
    name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
    for value in ("one", "two"):
        do(parameter={"name": name, "value": value})
    parameter = ssm.get_parameter(Name=name)["Parameter"]
    equal("latest version", (parameter["Value"], parameter["Version"]), ("two", 2))
    check("with a date", parameter["LastModifiedDate"].year > 2000)
    equal("an older version", ssm.get_parameter(Name=f"{name}:1")["Parameter"]["Value"], "one")
    fails("no such parameter", "ParameterNotFound", ssm.get_parameter, Name="/none")
    fails("reserved", "AccessDeniedException", ssm.put_parameter, Name="/aws/x", Value="v", Type="String")
    for number in range(12):
        ssm.put_parameter(Name=f"/app/images/{number:02}", Value="ami", Type="String")
    fails("there already", "ParameterAlreadyExists", ssm.put_parameter, Name="/app/images/00", Value="v", Type="String")
    equal("overwritten", ssm.put_parameter(Name="/app/images/00", Value="v", Type="String", Overwrite=True)["Version"], 2)
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/app", Recursive=True))
    equal("pages by path", [len(p["Parameters"]) for p in pages], [10, 2])
    several = ssm.get_parameters(Names=["/app/images/01", "/none"])
    equal("several", (len(several["Parameters"]), several["InvalidParameters"]), (1, ["/none"]))
    # Nobody plays a guest with an agent here.
    for wrong, code in (("AWS-RunShellScript", "InvalidInstanceId"), ("AWS-Nothing", "InvalidDocument")):
        fails(f"{wrong} to nobody", code, ssm.send_command, DocumentName=wrong, InstanceIds=["i-00000000000000000"],
              Parameters={"commands": ["true"]})
    fails("no such command", "InvocationDoesNotExist", ssm.get_command_invocation,
          CommandId="51300000-0000-4000-9000-000000000000", InstanceId="i-00000000000000000")
    control("POST", "deny", {"action": "ssm:GetParameter"})
    fails("denied", "AccessDeniedException", ssm.get_parameter, Name=name)
    control("POST", "allow", {"action": "ssm:GetParameter"})


def command_line():
    run = sim_client.command_line
    code, caller = run("sts", "get-caller-identity")
    equal("the CLI's identity", (code, caller["Account"]), (0, "0" * 12))
    code, found = run("ec2", "describe-images", "--owners", "amazon", "--page-size", "3")
    equal("the CLI pages through", (code, len(found["Images"])), (0, 10))
    code, found = run("elasticbeanstalk", "describe-environments", "--application-name", "shop")
    equal("the CLI's environments", (code, len(found["Environments"])), (0, 7))
    code, complaint = run("ec2", "describe-images", "--image-ids", "ami-00000000000000000")
    check("the CLI's errors", code != 0 and "InvalidAMIID.NotFound" in complaint, complaint)


def record():
    """The account's own record of everything above."""
    ledger = control("GET", "ledger")
    check("the ledger has every call", len(ledger) > 150, len(ledger))
    first = ledger[0]
    equal("the first call", (first["service"], first["operation"], first["outcome"]), ("sts", "GetCallerIdentity", "ok"))
    counters = control("GET", "counters")
    check("calls in flight", counters["max_in_flight"] >= 1, counters)
    outcomes = {entry["outcome"] for entry in ledger}
    check("outcomes", {"ok", "InvalidAMIID.NotFound", "never answered", "connection dropped"} <= outcomes, outcomes)


def main():
    identity()
    images = beanstalk_platforms()
    beanstalk_environments(images)
    bake(images["x86_64"])
    awkward(images["x86_64"])
    consoles(images["x86_64"])
    messages()
    parameters()
    command_line()
    record()
    sim_client.finish()


main()
