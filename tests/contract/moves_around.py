"""What is around a move: managed actions, bundles, saved configurations, resources, Auto Scaling."""

import re

import sim_client
from moves_client import (
    IMMUTABLE, LAUNCH, change, eb, ec2, environment, image, image_of, images, instances, messages, move, sets, settle,
    shown, version,
)
from sim_client import advance, check, client, do, equal, fails

scaling = client("autoscaling")


def managed():
    on = {**IMMUTABLE, "aws:elasticbeanstalk:managedactions": {"ManagedActionsEnabled": "true"}}
    environment("till-managed", version="4.0.0", options=on, image_id=image("old"))
    change("till-managed", {"managed_update": {"after_s": 600, "version": "4.1.0"}})
    found = eb.describe_environment_managed_actions(EnvironmentName="till-managed")["ManagedActions"]
    equal("it is announced", [(a["ActionType"], a["Status"]) for a in found], [("PlatformUpdate", "Scheduled")])
    advance(610)
    equal("it runs by itself", shown("till-managed")["Status"], "Updating")
    settle("till-managed")
    equal("the platform has moved", shown("till-managed")["PlatformArn"], version("4.1.0"))
    history = eb.describe_environment_managed_action_history(EnvironmentName="till-managed")["ManagedActionHistoryItems"]
    equal("it is in the history", [a["Status"] for a in history], ["Completed"])


def bundle_and_template():
    """What brings a setting back, and what a saved configuration brings."""
    extension = image("from-the-bundle")
    environment("till-bundle", options=IMMUTABLE, extensions={LAUNCH: {"ImageId": extension}})
    good = image("good-bundle")
    move("till-bundle", good)
    settle("till-bundle")
    eb.update_environment(EnvironmentName="till-bundle", OptionsToRemove=[{"Namespace": LAUNCH, "OptionName": "ImageId"}])
    settle("till-bundle")
    equal("what the bundle sets comes back", image_of(sets("till-bundle")["deployed"]), extension)
    do(saved_configuration={"application": "till", "name": "blessed", "platform_arn": version("4.1.0"), "options": {LAUNCH: {"ImageId": good}}})
    applications = {a["ApplicationName"]: a for a in eb.describe_applications()["Applications"]}
    equal("saved configurations", applications["till"]["ConfigurationTemplates"], ["blessed"])
    saved = eb.describe_configuration_settings(ApplicationName="till", TemplateName="blessed")["ConfigurationSettings"][0]
    equal("and what they name", (image_of(saved), saved["PlatformArn"]), (good, version("4.1.0")))
    fails("none of that name", "InvalidParameterValue", eb.describe_configuration_settings, ApplicationName="till", TemplateName="cursed")
    eb.update_environment(EnvironmentName="till-bundle", TemplateName="blessed")
    settle("till-bundle")
    equal("somebody applies one", set(images("till-bundle")), {good})
    newer = image("newer")
    environment("till-launched", options=IMMUTABLE, template="blessed")
    equal("launched with one", (shown("till-launched")["TemplateName"], set(images("till-launched"))), ("blessed", {good}))
    move("till-launched", newer)
    settle("till-launched")
    equal("a call wins", set(images("till-launched")), {newer})
    eb.update_environment(EnvironmentName="till-launched", OptionsToRemove=[{"Namespace": LAUNCH, "OptionName": "ImageId"}])
    settle("till-launched")
    equal("what it was launched with comes back", set(images("till-launched")), {good})
    code, answer = sim_client.command_line(
        "elasticbeanstalk", "update-configuration-template", "--application-name", "till", "--template-name", "blessed",
        "--option-settings", f"Namespace={LAUNCH},OptionName=ImageId,Value={newer}",
    )
    equal("the CLI changes one", (code, image_of(answer)), (0, newer))
    equal("no environment moves for it", set(images("till-bundle")), {good})
    eb.create_configuration_template(ApplicationName="till", TemplateName="copy", EnvironmentId=shown("till-bundle")["EnvironmentId"])
    copy = eb.describe_configuration_settings(ApplicationName="till", TemplateName="copy")["ConfigurationSettings"][0]
    equal("or makes one of an environment", image_of(copy), good)
    fails("twice", "InvalidParameterValue", eb.create_configuration_template, ApplicationName="till", TemplateName="copy", PlatformArn=version("4.1.0"))
    eb.delete_configuration_template(ApplicationName="till", TemplateName="copy")
    applications = {a["ApplicationName"]: a for a in eb.describe_applications()["Applications"]}
    equal("and deletes it", applications["till"]["ConfigurationTemplates"], ["blessed"])


def application_versions():
    """An update names one that is there."""
    environment("till-versions", options=IMMUTABLE)
    listed = [v["VersionLabel"] for v in eb.describe_application_versions(ApplicationName="till")["ApplicationVersions"]]
    check("what environments run is there", "Sample Application" in listed, listed)
    made = eb.create_application_version(ApplicationName="till", VersionLabel="v8")["ApplicationVersion"]
    equal("one is made", (made["ApplicationName"], made["VersionLabel"]), ("till", "v8"))
    error = fails("twice", "InvalidParameterValue", eb.create_application_version, ApplicationName="till", VersionLabel="v8")
    equal("saying which", error.response["Error"]["Message"], "Application Version v8 already exists.")
    fails("of no application", "InvalidParameterValue", eb.create_application_version, ApplicationName="nope", VersionLabel="v8")
    code, _ = sim_client.command_line("elasticbeanstalk", "update-environment", "--environment-name", "till-versions", "--version-label", "v8")
    equal("the CLI deploys it", code, 0)
    settle("till-versions")
    equal("it is deployed", shown("till-versions")["VersionLabel"], "v8")


def empty():
    """Where nothing runs, nothing is well."""
    environment("till-empty", count=0)
    health = eb.describe_environment_health(EnvironmentName="till-empty", AttributeNames=["All"])
    equal("enhanced", (health["HealthStatus"], health["Color"], health["Causes"]), ("Severe", "Red", ["There are no instances."]))
    equal("the list says the same", shown("till-empty")["Health"], "Red")
    equal("no instance has a health", eb.describe_instances_health(EnvironmentName="till-empty", AttributeNames=["All"])["InstanceHealthList"], [])


def resources():
    environment("till-parts", options=IMMUTABLE)
    old = {"aws:autoscaling:launchconfiguration": {"RootVolumeType": "gp2", "DisableIMDSv1": "false"}}
    environment("till-ancient", options=old)
    single = {"aws:elasticbeanstalk:environment": {"EnvironmentType": "SingleInstance"}}
    environment("till-single", count=1, options=single)
    environment("till-worker", count=1, tier="Worker")
    environment("till-cluster", count=0, tier="Cluster")
    parts = {name: eb.describe_environment_resources(EnvironmentName=f"till-{name}")["EnvironmentResources"]
             for name in ("parts", "ancient", "single", "worker", "cluster")}
    count = {name: {kind: len(found[kind]) for kind in found if isinstance(found[kind], list)} for name, found in parts.items()}
    equal("a launch template", (count["parts"]["LaunchTemplates"], count["parts"]["LaunchConfigurations"]), (1, 0))
    equal("from before them", (count["ancient"]["LaunchTemplates"], count["ancient"]["LaunchConfigurations"]), (0, 1))
    equal("a balancer or none", (count["parts"]["LoadBalancers"], count["single"]["LoadBalancers"]), (1, 0))
    check("a worker's queue", parts["worker"]["Queues"][0]["URL"].startswith("https://sqs."), parts["worker"])
    equal("a cluster has nothing of EC2", set(count["cluster"].values()), {0})
    found = eb.describe_environment_resources(EnvironmentId=shown("till-parts")["EnvironmentId"])["EnvironmentResources"]
    equal("by id too", found["EnvironmentName"], "till-parts")
    fails("none of that name", "InvalidParameterValue", eb.describe_environment_resources, EnvironmentName="till-nope")


def tags():
    """An environment's instances and groups in EC2, as they are tagged."""
    here = shown("till-parts")
    wanted = {"elasticbeanstalk:environment-name": "till-parts", "elasticbeanstalk:environment-id": here["EnvironmentId"], "Name": "till-parts"}
    group = eb.describe_environment_resources(EnvironmentName="till-parts")["EnvironmentResources"]["AutoScalingGroups"][0]["Name"]
    for one in instances("till-parts"):
        seen = {t["Key"]: t["Value"] for t in one["Tags"]}
        check("instances", wanted.items() <= seen.items(), seen)
        equal("of their group", seen["aws:autoscaling:groupName"], group)
    secured = ec2.describe_security_groups(Filters=[{"Name": "tag:elasticbeanstalk:environment-name", "Values": ["till-parts"]}])["SecurityGroups"]
    equal("a security group", [g["GroupId"] for g in secured], [instances("till-parts")[0]["SecurityGroups"][0]["GroupId"]])


def auto_scaling():
    parts = eb.describe_environment_resources(EnvironmentName="till-parts")["EnvironmentResources"]
    own = parts["AutoScalingGroups"][0]["Name"]
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[own])["AutoScalingGroups"][0]
    equal("sizes", [group[size] for size in ("MinSize", "MaxSize", "DesiredCapacity")], [1, 4, 2])
    equal("its template", group["LaunchTemplate"]["LaunchTemplateId"], parts["LaunchTemplates"][0]["Id"])
    equal("its instances", {i["InstanceId"] for i in group["Instances"]}, {i["Id"] for i in parts["Instances"]})
    equal("none is suspended", group["SuspendedProcesses"], [])
    check("the role it launches by", group["ServiceLinkedRoleARN"].endswith(":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"), group)
    scaling.suspend_processes(AutoScalingGroupName=own, ScalingProcesses=["Launch", "AZRebalance"])
    by_tag = [{"Name": "tag:elasticbeanstalk:environment-name", "Values": ["till-parts"]}]
    group = scaling.describe_auto_scaling_groups(Filters=by_tag)["AutoScalingGroups"][0]
    equal("somebody suspends", [p["ProcessName"] for p in group["SuspendedProcesses"]], ["AZRebalance", "Launch"])
    reasons = {p["SuspensionReason"] for p in group["SuspendedProcesses"]}
    check("and it says when", all(re.fullmatch(r"User suspended at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r) for r in reasons), reasons)
    scaling.resume_processes(AutoScalingGroupName=own)
    equal("and resumes", scaling.describe_auto_scaling_groups(Filters=by_tag)["AutoScalingGroups"][0]["SuspendedProcesses"], [])
    fails("no such process", "ValidationError", scaling.suspend_processes, AutoScalingGroupName=own, ScalingProcesses=["Sleep"])
    equal("names that lead nowhere", scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["nope"])["AutoScalingGroups"], [])
    pages = scaling.get_paginator("describe_auto_scaling_groups").paginate(PaginationConfig={"PageSize": 7})
    listed = [g["AutoScalingGroupName"] for page in pages for g in page["AutoScalingGroups"]]
    equal("pages", (len(listed), own in listed), (len(set(listed)), True))
    move("till-parts", image("good-parts"))
    advance(60)
    groups = eb.describe_environment_resources(EnvironmentName="till-parts")["EnvironmentResources"]["AutoScalingGroups"]
    equal("a temporary group meanwhile", len(groups), 2)
    settle("till-parts")
    activities = scaling.describe_scaling_activities(AutoScalingGroupName=own)["Activities"]
    equal("its activities", {a["StatusCode"] for a in activities}, {"Successful"})
    check("newest first", activities[0]["StartTime"] >= activities[-1]["StartTime"], activities)
    fails("no such group", "ValidationError", scaling.describe_scaling_activities, AutoScalingGroupName="nope")
    code, answer = sim_client.command_line("autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", own)
    equal("the CLI reads it", (code, len(answer["AutoScalingGroups"])), (0, 1))


def events():
    """What DescribeEvents may be asked for."""
    advance(5)
    here = shown("till-parts")
    by_id = eb.describe_events(EnvironmentId=here["EnvironmentId"])["Events"]
    by_name = eb.describe_events(EnvironmentName="till-parts", ApplicationName="till")["Events"]
    equal("by id as by name", [e["Message"] for e in by_id], [e["Message"] for e in by_name])
    check("newest first", by_id[0]["EventDate"] >= by_id[-1]["EventDate"])
    middle = by_id[len(by_id) // 2]["EventDate"]
    until = eb.describe_events(EnvironmentName="till-parts", EndTime=middle)["Events"]
    since = eb.describe_events(EnvironmentName="till-parts", StartTime=middle)["Events"]
    equal("the start is in, the end is not", len(until) + len(since), len(by_id))
    equal("errors alone", eb.describe_events(EnvironmentName="till-parts", Severity="ERROR")["Events"], [])
    pages = eb.get_paginator("describe_events").paginate(EnvironmentName="till-parts", PaginationConfig={"PageSize": 2})
    equal("pages", sum(len(p["Events"]) for p in pages), len(by_id))
    code, answer = sim_client.command_line("elasticbeanstalk", "describe-events", "--environment-name", "till-parts", "--severity", "INFO")
    equal("the CLI reads them", (code, len(answer["Events"])), (0, len(by_id)))
    advance(43 * 86400)
    equal("six weeks later", eb.describe_events(EnvironmentName="till-parts")["Events"], [])


def run():
    for part in (managed, bundle_and_template, application_versions, empty, resources, tags, auto_scaling, events):
        part()
