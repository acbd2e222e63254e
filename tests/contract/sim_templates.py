"""Drives what may name an image, on the simulated account: launch templates, groups and their
configurations, references, environments that are gone; by boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL; what is needed is made through the
control door, in a region of its own. Needs boto3, and the `aws` command beside this Python. Prints one
closing line, `N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import datetime

import sim_client
from sim_client import BRANCH, advance, check, client, control, do, equal, fails, timing

HOME = "ca-central-1"
LAUNCH = "aws:autoscaling:launchconfiguration"


def mine(name):
    return do(HOME, image={"name": name})


def templates(old, new):
    ec2 = client("ec2", HOME)
    data = {
        "ImageId": old, "InstanceType": "t3.small", "UserData": "IyEvYmluL3NoCg==",
        "SecurityGroupIds": ["sg-51300000000000001"], "IamInstanceProfile": {"Name": "app"},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "shop"}]}],
    }
    order = {"LaunchTemplateName": "shop", "LaunchTemplateData": data, "ClientToken": "template-1", "VersionDescription": "first",
             "TagSpecifications": [{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "blue"}]}]}
    made = ec2.create_launch_template(**order)["LaunchTemplate"]
    template = made["LaunchTemplateId"]
    equal("made", (made["DefaultVersionNumber"], made["LatestVersionNumber"], made["Tags"][0]["Value"]), (1, 1, "blue"))
    equal("the same token", ec2.create_launch_template(**order)["LaunchTemplate"]["LaunchTemplateId"], template)
    fails("the same token, another name", "IdempotentParameterMismatch", ec2.create_launch_template, **{**order, "LaunchTemplateName": "till"})
    fails("the name is taken", "InvalidLaunchTemplateName.AlreadyExistsException", ec2.create_launch_template, **{**order, "ClientToken": "x"})
    fails("no name", "InvalidLaunchTemplateName.MalformedException", ec2.create_launch_template, **{**order, "ClientToken": "y", "LaunchTemplateName": "a*"})
    described = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"][0]
    equal("what it launches", described["LaunchTemplateData"], data)
    equal("and its words", (described["VersionDescription"], described["DefaultVersion"]), ("first", True))
    publish = {"LaunchTemplateId": template, "SourceVersion": "$Latest", "LaunchTemplateData": {"ImageId": new}, "ClientToken": "version-2"}
    version = ec2.create_launch_template_version(**publish)["LaunchTemplateVersion"]
    equal("another image", (version["VersionNumber"], version["LaunchTemplateData"]), (2, {**data, "ImageId": new}))
    equal("the same token, the same version", ec2.create_launch_template_version(**publish)["LaunchTemplateVersion"]["VersionNumber"], 2)
    fails("another image under that token", "IdempotentParameterMismatch", ec2.create_launch_template_version, **{**publish, "LaunchTemplateData": {"ImageId": old}})
    bare = ec2.create_launch_template_version(LaunchTemplateName="shop", LaunchTemplateData={"ImageId": "resolve:ssm:/amis/shop"})
    equal("without a source", bare["LaunchTemplateVersion"]["LaunchTemplateData"], {"ImageId": "resolve:ssm:/amis/shop"})
    fails("no such source", "InvalidLaunchTemplateId.VersionNotFound", ec2.create_launch_template_version, **{**publish, "ClientToken": "z", "SourceVersion": "9"})
    disks = {"ImageId": old, "BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": "snap-51300000000000001", "VolumeSize": 9}}]}
    ec2.create_launch_template(LaunchTemplateName="disks", LaunchTemplateData=disks)
    bare = ec2.create_launch_template_version(LaunchTemplateName="disks", SourceVersion="1", LaunchTemplateData={"ImageId": new})
    taken = bare["LaunchTemplateVersion"]["LaunchTemplateData"]["BlockDeviceMappings"]
    equal("snapshots are not taken over", taken, [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 9}}])
    ec2.delete_launch_template(LaunchTemplateName="disks")
    described_versions(ec2, template)
    run = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": "2"}, "MinCount": 1, "MaxCount": 1}
    fails("its group must be there", "InvalidGroup.NotFound", ec2.run_instances, **run)
    ec2.create_launch_template(LaunchTemplateName="plain", LaunchTemplateData={"ImageId": old, "InstanceType": "t3.small"})
    instance = ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "plain"}, MinCount=1, MaxCount=1)["Instances"][0]
    equal("launched as its template says", (instance["ImageId"], instance["InstanceType"]), (old, "t3.small"))
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    return template


def described_versions(ec2, template):
    def numbers(**asked):
        return [v["VersionNumber"] for v in ec2.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]]
    equal("all of one", numbers(LaunchTemplateName="shop"), [3, 2, 1])
    equal("by words", numbers(LaunchTemplateId=template, Versions=["$Default", "$Latest"]), [3, 1])
    equal("a range", numbers(LaunchTemplateId=template, MinVersion="2", MaxVersion="3"), [3, 2])
    pages = list(ec2.get_paginator("describe_launch_template_versions").paginate(LaunchTemplateId=template, PaginationConfig={"PageSize": 2}))
    equal("pages", [len(page["LaunchTemplateVersions"]) for page in pages], [2, 1])
    equal("of all templates", numbers(Versions=["$Latest"]), [3])
    fails("of all templates by number", "MissingParameter", ec2.describe_launch_template_versions, Versions=["1"])
    fails("no such version", "InvalidLaunchTemplateId.VersionNotFound", ec2.describe_launch_template_versions, LaunchTemplateId=template, Versions=["9"])
    fails("no such template", "InvalidLaunchTemplateId.NotFound", ec2.describe_launch_template_versions, LaunchTemplateId="lt-00000000000000000")
    fails("nor by name", "InvalidLaunchTemplateName.NotFoundException", ec2.describe_launch_templates, LaunchTemplateNames=["none"])
    changed = ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")["LaunchTemplate"]
    equal("another default", (changed["DefaultVersionNumber"], changed["LatestVersionNumber"]), (2, 3))
    deleted = ec2.delete_launch_template_versions(LaunchTemplateId=template, Versions=["1", "2", "9"])
    equal("one is deleted", [v["VersionNumber"] for v in deleted["SuccessfullyDeletedLaunchTemplateVersions"]], [1])
    codes = [v["ResponseError"]["Code"] for v in deleted["UnsuccessfullyDeletedLaunchTemplateVersions"]]
    equal("the default is not, nor what is not there", codes, ["unexpectedError", "launchTemplateVersionDoesNotExist"])
    tagged = ec2.describe_launch_templates(Filters=[{"Name": "tag:team", "Values": ["blue"]}])["LaunchTemplates"]
    equal("by tag", [t["LaunchTemplateId"] for t in tagged], [template])


def groups(template, old):
    """Environments' groups, and those of others."""
    scaling, ec2 = client("autoscaling", HOME), client("ec2", HOME)
    do(HOME, release={"branch": BRANCH, "version": "4.5.0"})
    ancient = {LAUNCH: {"RootVolumeType": "gp2", "DisableIMDSv1": "false"}}
    for name, options in (("shop", {}), ("ancient", ancient)):
        do(HOME, environment={"application": "shop", "name": name, "branch": BRANCH, "instances": 1, "image_id": old, "options": options})
    do(HOME, launch_configuration={"name": "by-hand", "image_id": old})
    for name, more in (
        ("plain", {"launch_template": "shop", "version": "$Default"}),
        ("mixed", {"launch_template": template, "version": "3", "mixed": True}),
        ("old", {"launch_configuration": "by-hand", "suspended": ["Launch"]}),
    ):
        do(HOME, group={"name": name, "tags": {"team": name}, **more})
    def of(environment):
        tag = {"Name": "tag:elasticbeanstalk:environment-name", "Values": [environment]}
        return scaling.describe_auto_scaling_groups(Filters=[tag])["AutoScalingGroups"][0]
    spec = of("shop")["LaunchTemplate"]
    data = ec2.describe_launch_template_versions(LaunchTemplateId=spec["LaunchTemplateId"], Versions=[spec["Version"]])
    equal("what an environment launches", data["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"], old)
    fails("its template is its stack's", "OperationNotPermitted", ec2.delete_launch_template, LaunchTemplateId=spec["LaunchTemplateId"])
    name = of("ancient")["LaunchConfigurationName"]
    shown = scaling.describe_launch_configurations(LaunchConfigurationNames=[name])["LaunchConfigurations"]
    equal("from before templates", [c["ImageId"] for c in shown], [old])
    pages = list(scaling.get_paginator("describe_launch_configurations").paginate(PaginationConfig={"PageSize": 1}))
    equal("all of them, in pages", [len(page["LaunchConfigurations"]) for page in pages], [1, 1])
    equal("names that lead nowhere", scaling.describe_launch_configurations(LaunchConfigurationNames=["none"])["LaunchConfigurations"], [])
    by_name = {g["AutoScalingGroupName"]: g for g in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    equal("a template by a word", by_name["plain"]["LaunchTemplate"]["Version"], "$Default")
    mixed = by_name["mixed"]["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    equal("a template in a policy", (mixed["LaunchTemplateId"], mixed["Version"], "LaunchTemplate" in by_name["mixed"]), (template, "3", False))
    equal("a configuration", by_name["old"]["LaunchConfigurationName"], "by-hand")
    equal("suspended", [p["ProcessName"] for p in by_name["old"]["SuspendedProcesses"]], ["Launch"])
    scaling.resume_processes(AutoScalingGroupName="old")
    fails("no such group", "ValidationError", scaling.suspend_processes, AutoScalingGroupName="none")


def references(old, new):
    ec2, ssm = client("ec2", HOME), client("ssm", HOME)
    ssm.put_parameter(Name="/amis/shop", Value=new, Type="String", DataType="aws:ec2:image")
    advance(5)
    found = ec2.describe_image_references(ImageIds=[new], IncludeAllResourceTypes=True)["ImageReferences"]
    equal("who names it", [r["ResourceType"] for r in found], ["ec2:LaunchTemplate", "ssm:Parameter"])
    equal("as an ARN", found[1]["Arn"], f"arn:aws:ssm:{HOME}:{'0' * 12}:parameter/amis/shop")
    kinds = [r["ResourceType"] for r in ec2.describe_image_references(ImageIds=[old], IncludeAllResourceTypes=True)["ImageReferences"]]
    check("instances too, and no configuration", set(kinds) == {"ec2:Instance", "ec2:LaunchTemplate"}, kinds)
    stopped = [{"ResourceType": "ec2:Instance", "ResourceTypeOptions": [{"OptionName": "state-name", "OptionValues": ["stopped"]}]}]
    equal("by state", ec2.describe_image_references(ImageIds=[old], ResourceTypes=stopped)["ImageReferences"], [])
    timing(page=2)
    pages = list(ec2.get_paginator("describe_image_references").paginate(ImageIds=[old, new], IncludeAllResourceTypes=True))
    check("in pages", len(pages) > 1, len(pages))
    timing()
    fails("of nothing", "MissingParameter", ec2.describe_image_references, ImageIds=[old])
    fails("of too many", "InvalidParameterValue", ec2.describe_image_references, ImageIds=[old] * 11, IncludeAllResourceTypes=True)
    control("POST", "deny", {"action": "ec2:DescribeLaunchTemplateVersions"})
    fails("without the right to read them", "UnauthorizedOperation", ec2.describe_image_references, ImageIds=[old], IncludeAllResourceTypes=True)
    control("POST", "allow", {"action": "ec2:DescribeLaunchTemplateVersions"})
    launched = ec2.describe_instances(Filters=[{"Name": "image-id", "Values": [old]}])["Reservations"]
    check("instances by image", len(launched) >= 2, launched)


def terminated(old):
    eb = client("elasticbeanstalk", HOME)
    do(HOME, change_environment={"environment": "ancient", "change": "terminated"})
    now = datetime.datetime.now(datetime.timezone.utc)
    equal("not listed", [e["EnvironmentName"] for e in eb.describe_environments()["Environments"]], ["shop"])
    everything = eb.describe_environments(IncludeDeleted=True)["Environments"]
    equal("unless asked for", sorted(e["Status"] for e in everything), ["Ready", "Terminated"])
    later = now + datetime.timedelta(days=365)
    equal("by when it went", len(eb.describe_environments(IncludeDeleted=True, IncludedDeletedBackTo=later)["Environments"]), 1)
    fails("its settings", "InvalidParameterValue", eb.describe_configuration_settings, ApplicationName="shop", EnvironmentName="ancient")
    do(HOME, change_environment={"environment": "ancient", "change": "rebuilt"})
    settings = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName="ancient")["ConfigurationSettings"][0]
    images = [o["Value"] for o in settings["OptionSettings"] if o["OptionName"] == "ImageId"]
    equal("rebuilt, with its image", images, [old])
    do(HOME, change_environment={"environment": "ancient", "change": "terminated"})
    advance(43 * 24 * 3600)
    equal("forgotten after 42 days", len(eb.describe_environments(IncludeDeleted=True)["Environments"]), 1)


def command_line(template, new):
    def run(*arguments):
        return sim_client.command_line("--region", HOME, *arguments)
    code, made = run("ec2", "create-launch-template-version", "--launch-template-id", template, "--source-version", "2",
                     "--launch-template-data", f'{{"ImageId": "{new}"}}')
    equal("the CLI's version", (code, made["LaunchTemplateVersion"]["VersionNumber"]), (0, 4))
    code, shown = run("ec2", "describe-launch-template-versions", "--launch-template-id", template, "--versions", "$Latest")
    equal("the CLI reads it", (code, shown["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]), (0, new))
    code, found = run("ec2", "describe-image-references", "--image-ids", new, "--include-all-resource-types")
    check("the CLI's references", code == 0 and len(found["ImageReferences"]) == 2, found)
    code, found = run("autoscaling", "describe-launch-configurations")
    check("the CLI's configurations", code == 0 and found["LaunchConfigurations"], found)


def faults(template):
    ec2, scaling = client("ec2", HOME), client("autoscaling", HOME)
    named = {"LaunchTemplateId": template}
    calls = {
        "CreateLaunchTemplateVersion": (ec2.create_launch_template_version, {**named, "LaunchTemplateData": {"ImageId": "ami-1"}}),
        "DescribeLaunchTemplates": (ec2.describe_launch_templates, {}),
        "DescribeLaunchTemplateVersions": (ec2.describe_launch_template_versions, named),
        "ModifyLaunchTemplate": (ec2.modify_launch_template, {**named, "DefaultVersion": "3"}),
        "DescribeImageReferences": (ec2.describe_image_references, {"ImageIds": ["ami-00000000000000000"], "IncludeAllResourceTypes": True}),
        "DeleteLaunchTemplateVersions": (ec2.delete_launch_template_versions, {**named, "Versions": ["2"]}),
        "DeleteLaunchTemplate": (ec2.delete_launch_template, named),
    }
    sim_client.strike("ec2", calls, {"denied": "UnauthorizedOperation", "throttle": "RequestLimitExceeded", "error_after_effect": "InternalError"})
    calls = {"DescribeLaunchConfigurations": (scaling.describe_launch_configurations, {})}
    sim_client.strike("autoscaling", calls, {"denied": "AccessDenied", "throttle": "Throttling", "error_after_effect": "InternalFailure"})


def main():
    timing()
    old, new = mine("old"), mine("new")
    template = templates(old, new)
    groups(template, old)
    references(old, new)
    terminated(old)
    command_line(template, new)
    faults(template)
    sim_client.finish()


main()
