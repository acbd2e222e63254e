"""Drives what owning images needs of the simulated account: copies, sharing, retiring, parameters,
launch templates and references, by boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL; what is needed is made through the
control door, in regions of its own. Needs boto3, and the `aws` command beside this Python. Prints one
closing line, `N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import datetime

import sim_client
from sim_client import advance, check, client, control, do, equal, fails, timing

HOME, AWAY = "eu-north-1", "ap-south-1"
OTHER = "222233334444"
ORGANIZATION = "arn:aws:organizations::111122223333:organization/o-abcdefghij"
UNIT = "arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-ab12-cdefghij"
KEY = f"arn:aws:kms:{AWAY}:{'0' * 12}:key/ours"


def mine(name, region=HOME, **spec):
    return do(region, image={"name": name, **spec})


def shown(ec2, image, **more):
    return ec2.describe_images(ImageIds=[image], **more)["Images"][0]


def copies():
    """From one region to another."""
    home, away = client("ec2", HOME), client("ec2", AWAY)
    source = mine("shop-1", tags={"app": "shop"})
    order = {
        "SourceRegion": HOME, "SourceImageId": source, "Name": "shop-1", "ClientToken": "copy-1",
        "CopyImageTags": True, "Description": "a copy", "Encrypted": True, "KmsKeyId": KEY,
        "TagSpecifications": [{"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": "copy"}]}],
    }
    image = away.copy_image(**order)["ImageId"]
    equal("the same token, the same image", away.copy_image(**order)["ImageId"], image)
    fails("the same token, another order", "IdempotentParameterMismatch", away.copy_image, **{**order, "Name": "other"})
    fails("the name is taken", "InvalidAMIName.Duplicate", away.copy_image, **{**order, "ClientToken": "copy-2"})
    copy = shown(away, image)
    equal("pending first", copy["State"], "pending")
    equal("where it comes from", (copy["SourceImageId"], copy["SourceImageRegion"]), (source, HOME))
    equal("its tags and words", (copy["Tags"], copy["Description"]), ([{"Key": "app", "Value": "shop"}], "a copy"))
    advance(130)
    away.get_waiter("image_available").wait(ImageIds=[image])
    disk = shown(away, image)["BlockDeviceMappings"][0]["Ebs"]
    snapshot = away.describe_snapshots(SnapshotIds=[disk["SnapshotId"]])["Snapshots"][0]
    equal("its snapshot", (snapshot["State"], snapshot["Encrypted"], snapshot["KmsKeyId"]), ("completed", True, KEY))
    equal("its snapshot's tags", snapshot["Tags"], [{"Key": "of", "Value": "copy"}])
    fails("no such source", "InvalidAMIID.NotFound", away.copy_image, SourceRegion=HOME, SourceImageId="ami-00000000000000000", Name="x-1")
    fails("a key without encryption", "InvalidParameterDependency", away.copy_image, SourceRegion=HOME, SourceImageId=source, Name="x-1", KmsKeyId=KEY)
    line = away.get_image_ancestry(ImageId=image)["ImageAncestryEntries"]
    equal("its line goes to the other region", [e["ImageId"] for e in line], [image, source])
    failing_copies(away, source)
    theirs = do(HOME, image={"name": "theirs", "owner": OTHER, "shared": True})
    do(HOME, change_image={"image_id": theirs, "change": "storage_kept"})
    error = fails("their storage is theirs", "InvalidRequest", home.copy_image, SourceRegion=HOME, SourceImageId=theirs, Name="x-1")
    check("in AWS's words", "permission to access the storage" in str(error), str(error))
    return source, image


def failing_copies(away, source):
    """What is wrong with a key is noticed after the call."""
    do(AWAY, key_denied={"key": KEY + "2", "denied": True})
    order = {"SourceRegion": HOME, "SourceImageId": source, "Encrypted": True}
    denied = away.copy_image(**order, Name="x-1", KmsKeyId=KEY + "2")["ImageId"]
    do(AWAY, copies_fail={"code": "Client.InternalError", "message": "no"})
    broken = away.copy_image(**order, Name="x-2")["ImageId"]
    do(AWAY, copies_fail={"code": None})
    advance(130)
    for image, words in ((denied, "key ID is not accessible"), (broken, "no")):
        failed = shown(away, image)
        equal("it fails in the end", failed["State"], "failed")
        check("and says why", words in failed["StateReason"]["Message"], failed)
        snapshot = failed["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        equal("so does its snapshot", away.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"], "error")
        away.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)


def permissions(ec2, image):
    return ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]


def sharing():
    ec2 = client("ec2", HOME)
    image = mine("shared")
    add = [{"UserId": OTHER}, {"OrganizationArn": ORGANIZATION}, {"OrganizationalUnitArn": UNIT}]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": add})
    equal("shared with all kinds", permissions(ec2, image), add)
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": add[1:]})
    ec2.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="add", UserIds=["555566667777"])
    equal("by operation type", permissions(ec2, image), [{"UserId": OTHER}, {"UserId": "555566667777"}])
    change = ec2.modify_image_attribute
    fails("nothing to change", "InvalidParameterCombination", change, ImageId=image)
    fails("no account id", "InvalidAMIAttributeItemValue", change, ImageId=image, LaunchPermission={"Add": [{"UserId": "me"}]})
    fails("no organization", "InvalidAMIAttributeItemValue", change, ImageId=image, OperationType="add", OrganizationArns=["o-abc"])
    fails("public", "OperationNotPermitted", change, ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    do(HOME, public_images={"allowed": True})
    change(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    check("public when it is asked for", shown(ec2, image)["Public"] and permissions(ec2, image)[0] == {"Group": "all"})
    do(HOME, public_images={"allowed": False})
    many = [f"{number:012}" for number in range(1, 999)]
    change(ImageId=image, OperationType="add", UserIds=many)
    fails("more than a thousand", "ResourceLimitExceeded", change, ImageId=image, OperationType="add", UserIds=["000000001000"])
    ec2.reset_image_attribute(ImageId=image, Attribute="launchPermission")
    equal("reset", permissions(ec2, image), [])
    change(ImageId=image, Description={"Value": "words"})
    described = ec2.describe_image_attribute(ImageId=image, Attribute="description")
    equal("its description", described["Description"]["Value"], "words")
    sealed = mine("sealed", kms_key="default")
    error = fails("the account's own key", "InvalidParameter", change, ImageId=sealed, LaunchPermission={"Add": add})
    check("in AWS's words", "AWS Managed CMK can't be shared" in str(error), str(error))
    theirs = do(HOME, image={"name": "public", "owner": OTHER, "public": True})
    fails("the owner's matter", "AuthFailure", ec2.describe_image_attribute, ImageId=theirs, Attribute="launchPermission")


def retiring():
    """The rungs: deprecated, disabled, gone; and what keeps an image where it is."""
    ec2 = client("ec2", HOME)
    image = mine("old")
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1000)
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=then)
    equal("its owner sees when it is deprecated", shown(ec2, image)["DeprecationTime"][:10], f"{then:%Y-%m-%d}")
    fails("deprecated more than ten years ahead", "InvalidParameterValue", ec2.enable_image_deprecation, ImageId=image, DeprecateAt="2097-01-01T00:00:00Z")
    ec2.disable_image_deprecation(ImageId=image)
    check("not deprecated", "DeprecationTime" not in shown(ec2, image))
    ec2.disable_image(ImageId=image)
    run = {"ImageId": image, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1}
    fails("disabled: not launched", "InvalidAMIID.Unavailable", ec2.run_instances, **run)
    fails("nor shared", "InvalidAMIID.Unavailable", ec2.modify_image_attribute, ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})
    equal("nor listed", ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["old"]}])["Images"], [])
    fails("a filter that asks for them alone", "InvalidParameter", ec2.describe_images, Filters=[{"Name": "state", "Values": ["disabled"]}])
    disabled = shown(ec2, image, IncludeDisabled=True)
    equal("unless asked for", disabled["State"], "disabled")
    equal("it is unshared", permissions(ec2, image), [])
    snapshot = disabled["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    fails("its snapshot is in use", "InvalidSnapshot.InUse", ec2.delete_snapshot, SnapshotId=snapshot)
    ec2.enable_image(ImageId=image)
    equal("restored", shown(ec2, image)["State"], "available")
    equal("protected", ec2.enable_image_deregistration_protection(ImageId=image, WithCooldown=True)["Return"], "enabled-with-cooldown")
    equal("its owner sees that", shown(ec2, image)["DeregistrationProtection"], "enabled-with-cooldown")
    fails("protected: not deregistered", "OperationNotPermitted", ec2.deregister_image, ImageId=image)
    ec2.disable_image_deregistration_protection(ImageId=image)
    fails("nor for a day after", "OperationNotPermitted", ec2.deregister_image, ImageId=image)
    advance(24 * 3600)
    beside = mine("beside", snapshot_id=snapshot)
    removed = ec2.deregister_image(ImageId=image, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    equal("a snapshot of two images stays", removed, [{"SnapshotId": snapshot, "ReturnCode": "skipped"}])
    control("POST", "deny", {"action": "ec2:DeleteSnapshot"})
    other = mine("other")
    refused = ec2.deregister_image(ImageId=other, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    equal("without the right to delete it", refused[0]["ReturnCode"], "missing-permissions")
    control("POST", "allow", {"action": "ec2:DeleteSnapshot"})
    removed = ec2.deregister_image(ImageId=beside, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]
    equal("then it goes", removed[0]["ReturnCode"], "success")
    fails("gone", "InvalidSnapshot.NotFound", ec2.delete_snapshot, SnapshotId=snapshot)


def parameters():
    """An image's id in a parameter: accepted whatever it is, and there later or never."""
    ssm, ec2 = client("ssm", HOME), client("ec2", HOME)
    name, old, new = "/amis/shop/x86_64", mine("param-1"), mine("param-2")
    order = {"Name": name, "Type": "String", "DataType": "aws:ec2:image"}
    tags = [{"Key": "watch", "Value": "shop"}]
    equal("accepted", ssm.put_parameter(**order, Value=old, Tags=tags)["Version"], 1)
    fails("not there yet", "ParameterNotFound", ssm.get_parameter, Name=name)
    advance(5)
    parameter = ssm.get_parameter(Name=name)["Parameter"]
    equal("then it is", (parameter["Value"], parameter["DataType"], parameter["Version"]), (old, "aws:ec2:image", 1))
    fails("there already", "ParameterAlreadyExists", ssm.put_parameter, **order, Value=new)
    error = fails("tags with overwrite", "ValidationException", ssm.put_parameter, **order, Value=new, Overwrite=True, Tags=tags)
    check("in AWS's words", "tags and overwrite can't be used together" in str(error), str(error))
    equal("what is no image is accepted", ssm.put_parameter(**order, Value="ami-00000000000000000", Overwrite=True)["Version"], 2)
    advance(5)
    equal("and nothing comes of it", ssm.get_parameter(Name=name)["Parameter"]["Value"], old)
    do(HOME, parameter_checks_fail={"failing": True})
    ssm.put_parameter(**order, Value=new, Overwrite=True)
    advance(5)
    do(HOME, parameter_checks_fail={"failing": False})
    equal("nor of what SSM does not see", ssm.get_parameter(Name=name)["Parameter"]["Version"], 1)
    control("POST", "deny", {"action": "ec2:DescribeImages"})
    ssm.put_parameter(**order, Value=new, Overwrite=True)
    advance(5)
    control("POST", "allow", {"action": "ec2:DescribeImages"})
    equal("nor of what the caller may not see", ssm.get_parameter(Name=name)["Parameter"]["Version"], 1)
    ssm.put_parameter(**order, Value=new, Overwrite=True)
    advance(5)
    equal("by version", ssm.get_parameter(Name=name + ":1")["Parameter"]["Value"], old)
    fails("no such version", "ParameterVersionNotFound", ssm.get_parameter, Name=name + ":9")
    ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["good"])
    equal("by label", ssm.get_parameter(Name=name + ":good")["Parameter"]["Selector"], ":good")
    pages = list(ssm.get_paginator("get_parameter_history").paginate(Name=name, PaginationConfig={"PageSize": 1}))
    history = [version for page in pages for version in page["Parameters"]]
    equal("its history", [(v["Version"], v["Value"]) for v in history], [(1, old), (2, new)])
    equal("and its labels", history[0]["Labels"], ["good"])
    run = ec2.run_instances(ImageId=f"resolve:ssm:{name}:good", InstanceType="t3.small", MinCount=1, MaxCount=1)
    equal("launched by label", run["Instances"][0]["ImageId"], old)
    ec2.terminate_instances(InstanceIds=[run["Instances"][0]["InstanceId"]])
    described_parameters(ssm, name)
    refused_parameters(ssm)
    ssm.delete_parameter(Name=name)
    fails("deleted", "ParameterNotFound", ssm.delete_parameter, Name=name)


def described_parameters(ssm, name):
    ssm.put_parameter(Name="/amis/note", Value="text", Type="String", Description="not one")
    everything = ssm.describe_parameters()["Parameters"]
    equal("all of them", [p["Name"] for p in everything], ["/amis/note", name])
    def named(key, *values, **option):
        filters = [{"Key": key, "Values": list(values), **option}]
        return [p["Name"] for p in ssm.describe_parameters(ParameterFilters=filters)["Parameters"]]
    equal("by data type", named("DataType", "aws:ec2:image"), [name])
    equal("by tag", named("tag:watch", "shop"), [name])
    equal("by path", named("Path", "/amis", Option="OneLevel"), ["/amis/note"])
    equal("by its beginning", named("Name", "/amis/shop", Option="BeginsWith"), [name])
    fails("a filter that is none", "InvalidFilterOption", ssm.describe_parameters, ParameterFilters=[{"Key": "Type", "Option": "Contains", "Values": ["S"]}])
    under = ssm.get_parameters_by_path(Path="/amis", Recursive=True)["Parameters"]
    equal("by path, with values", [p["Name"] for p in under], ["/amis/note", name])
    tagging = {"ResourceType": "Parameter", "ResourceId": name}
    ssm.add_tags_to_resource(**tagging, Tags=[{"Key": "more", "Value": "1"}])
    ssm.remove_tags_from_resource(**tagging, TagKeys=["watch"])
    equal("tags", ssm.list_tags_for_resource(**tagging)["TagList"], [{"Key": "more", "Value": "1"}])
    fails("tags of nothing", "InvalidResourceId", ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="/none")


def refused_parameters(ssm):
    put = {"Name": "/x", "Value": "v", "Type": "String"}
    def refused(what, code, **changed):
        fails(what, code, ssm.put_parameter, **{**put, **changed})
    refused("a reserved name", "ValidationException", Name="awsome")
    refused("too deep", "HierarchyLevelLimitExceededException", Name="/a" * 16)
    refused("a type that is none", "ValidationException", Type="Image")
    refused("too long", "ValidationException", Value="x" * 4097)
    refused("against its pattern", "ParameterPatternMismatchException", AllowedPattern="^ami-")
    fails("without a type", "ValidationException", ssm.put_parameter, Name="/x", Value="v")
    control("POST", "deny", {"action": "ssm:AddTagsToResource"})
    refused("tags without the right to tag", "AccessDeniedException", Tags=[{"Key": "k", "Value": "v"}])
    control("POST", "allow", {"action": "ssm:AddTagsToResource"})


def command_line(source):
    """The same by the AWS CLI."""
    def run(*arguments, region=HOME):
        return sim_client.command_line("--region", region, *arguments)
    code, copied = run("ec2", "copy-image", "--source-region", HOME, "--source-image-id", source, "--name", "by-cli", region=AWAY)
    check("the CLI copies", code == 0 and copied["ImageId"].startswith("ami-513"), copied)
    code, complaint = run("ec2", "modify-image-attribute", "--image-id", source, "--launch-permission", "Add=[{Group=all}]")
    check("the CLI may not publish", code != 0 and "OperationNotPermitted" in complaint, complaint)
    code, _ = run("ec2", "modify-image-attribute", "--image-id", source, "--launch-permission", f"Add=[{{UserId={OTHER}}}]")
    equal("the CLI shares", code, 0)
    code, described = run("ec2", "describe-image-attribute", "--image-id", source, "--attribute", "launchPermission")
    equal("and sees it", (code, described["LaunchPermissions"]), (0, [{"UserId": OTHER}]))
    code, _ = run("ec2", "disable-image", "--image-id", source)
    code, listed = run("ec2", "describe-images", "--owners", "self", "--image-ids", source, "--include-disabled")
    equal("the CLI disables", (code, listed["Images"][0]["State"]), (0, "disabled"))
    equal("and restores", run("ec2", "enable-image", "--image-id", source)[0], 0)
    code, made = run("ssm", "put-parameter", "--name", "/amis/cli", "--value", source, "--type", "String", "--data-type", "aws:ec2:image")
    equal("the CLI puts a parameter", (code, made["Version"]), (0, 1))
    advance(5)
    code, found = run("ssm", "get-parameter-history", "--name", "/amis/cli")
    equal("and reads its history", (code, [v["Value"] for v in found["Parameters"]]), (0, [source]))


def faults(source):
    """Each of the calls can be denied, throttled, and done without an answer."""
    ec2 = client("ec2", HOME)
    calls = {
        "CopyImage": (ec2.copy_image, {"SourceRegion": HOME, "SourceImageId": source, "Name": "faulty"}),
        "ModifyImageAttribute": (ec2.modify_image_attribute, {"ImageId": source, "Description": {"Value": "x"}}),
        "DescribeImageAttribute": (ec2.describe_image_attribute, {"ImageId": source, "Attribute": "description"}),
        "ResetImageAttribute": (ec2.reset_image_attribute, {"ImageId": source, "Attribute": "launchPermission"}),
        "DisableImage": (ec2.disable_image, {"ImageId": source}),
        "EnableImage": (ec2.enable_image, {"ImageId": source}),
        "EnableImageDeregistrationProtection": (ec2.enable_image_deregistration_protection, {"ImageId": source}),
        "DisableImageDeregistrationProtection": (ec2.disable_image_deregistration_protection, {"ImageId": source}),
    }
    ssm = client("ssm", HOME)
    named, tagged = {"Name": "/amis/cli"}, {"ResourceType": "Parameter", "ResourceId": "/amis/cli"}
    sim_client.strike("ssm", {
        "PutParameter": (ssm.put_parameter, {**named, "Value": source, "Overwrite": True}),
        "GetParameterHistory": (ssm.get_parameter_history, named),
        "DescribeParameters": (ssm.describe_parameters, {}),
        "LabelParameterVersion": (ssm.label_parameter_version, {**named, "Labels": ["a"]}),
        "AddTagsToResource": (ssm.add_tags_to_resource, {**tagged, "Tags": [{"Key": "k", "Value": "v"}]}),
        "ListTagsForResource": (ssm.list_tags_for_resource, tagged),
        "DeleteParameter": (ssm.delete_parameter, named),
    }, {"denied": "AccessDeniedException", "throttle": "ThrottlingException", "error_after_effect": "InternalFailure"})
    sim_client.strike("ec2", calls, {"denied": "UnauthorizedOperation", "throttle": "RequestLimitExceeded", "error_after_effect": "InternalError"})


def main():
    timing()
    source, _ = copies()
    sharing()
    retiring()
    parameters()
    command_line(source)
    faults(source)
    sim_client.finish()


main()
