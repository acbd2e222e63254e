"""Drives what a survey reads by pages, on the simulated account: the groups of environments, the newest
version of every launch template, instances by their tags; and a group that somebody changes by hand. By boto3.

Give the server's address as the argument or in AMIWATCH_SIM_URL; what is needed is made through the
control door, in a region of its own. Needs boto3. Prints one closing line, `N checks passed`, and exits 0;
at the first failed check it exits 1.
"""

import sim_client
from sim_client import BRANCH, advance, check, client, do, equal, timing

HOME = "eu-south-1"
LAUNCH = "aws:autoscaling:launchconfiguration"
SPOT = {"aws:ec2:instances": {"EnableSpot": "true"}}
ANCIENT = {LAUNCH: {"RootVolumeType": "gp2", "DisableIMDSv1": "false"}}
ID = "elasticbeanstalk:environment-id"


def change(environment, what):
    do(HOME, change_environment={"environment": environment, "change": what})


def environments(image):
    """By name: the environment's description."""
    do(HOME, release={"branch": BRANCH, "version": "4.5.0"})
    for name, options in (("plain", {}), ("spot", SPOT), ("ancient", ANCIENT), ("large", {})):
        count = 3 if name == "large" else 1
        do(HOME, environment={"application": "shop", "name": name, "branch": BRANCH, "instances": count, "image_id": image, "options": options})
    do(HOME, group={"name": "somebody", "launch_configuration": "none", "tags": {"team": "blue"}})
    return by_name()


def by_name():
    found = client("elasticbeanstalk", HOME).describe_environments(IncludeDeleted=False)["Environments"]
    return {one["EnvironmentName"]: one for one in found}


def groups(passing=None):
    """By environment's id: its groups, without their instances, page by page; those that pass another filter."""
    passing = passing or {"Name": "tag-key", "Values": [ID]}
    pages = client("autoscaling", HOME).get_paginator("describe_auto_scaling_groups").paginate(
        Filters=[passing], IncludeInstances=False, PaginationConfig={"PageSize": 2})
    found = {}
    for page in pages:
        for group in page["AutoScalingGroups"]:
            tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
            found.setdefault(tags[ID], []).append(group)
    return found


def newest():
    """By template's id: its newest version."""
    pages = client("ec2", HOME).get_paginator("describe_launch_template_versions").paginate(Versions=["$Latest"], MaxResults=200)
    versions = [version for page in pages for version in page["LaunchTemplateVersions"]]
    check("one of each template", len({v["LaunchTemplateId"] for v in versions}) == len(versions), versions)
    return {version["LaunchTemplateId"]: version for version in versions}


def instances():
    """By environment's id: the tags and the image of each of its instances."""
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    pages = client("ec2", HOME).get_paginator("describe_instances").paginate(Filters=[{"Name": "tag-key", "Values": [ID]}, states])
    found = {}
    for page in pages:
        for reservation in page["Reservations"]:
            for instance in reservation["Instances"]:
                tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
                found.setdefault(tags[ID], []).append({**tags, "image": instance["ImageId"]})
    return found


def everything(all_of, old):
    shown, versions, running = groups(), newest(), instances()
    equal("a group of each, and nobody else's", sorted(shown), sorted(one["EnvironmentId"] for one in all_of.values()))
    by_ids = [one["EnvironmentId"] for name, one in all_of.items() if name != "large"]
    equal("those of some environments alone", sorted(groups({"Name": f"tag:{ID}", "Values": by_ids})), sorted(by_ids))
    check("without instances", not any(group["Instances"] for of in shown.values() for group in of))
    of = {name: shown[one["EnvironmentId"]][0] for name, one in all_of.items()}
    for name in ("plain", "large"):
        spec = of[name]["LaunchTemplate"]
        version = versions[spec["LaunchTemplateId"]]
        equal("the group's version is the newest", spec["Version"], str(version["VersionNumber"]))
        equal("it names the image", version["LaunchTemplateData"]["ImageId"], old)
        check("made no later than the update", version["CreateTime"] <= all_of[name]["DateUpdated"], (version["CreateTime"], all_of[name]))
    mixed = of["spot"]["MixedInstancesPolicy"]["LaunchTemplate"]
    equal("spot in a policy", mixed["LaunchTemplateSpecification"]["LaunchTemplateId"] in versions, True)
    equal("whose overrides name types alone", {tuple(one) for one in mixed["Overrides"]}, {("InstanceType",)})
    check("and not beside it", "LaunchTemplate" not in of["spot"], of["spot"])
    check("from before templates", of["ancient"]["LaunchConfigurationName"].startswith("awseb-"), of["ancient"])
    equal("as many instances as there are", {name: len(running[one["EnvironmentId"]]) for name, one in all_of.items()}, {"plain": 1, "spot": 1, "ancient": 1, "large": 3})
    own = running[all_of["plain"]["EnvironmentId"]][0]
    spec = of["plain"]["LaunchTemplate"]
    equal("what it was launched from", (own["aws:ec2launchtemplate:id"], own["aws:ec2launchtemplate:version"]), (spec["LaunchTemplateId"], spec["Version"]))
    equal("in its group", own["aws:autoscaling:groupName"], of["plain"]["AutoScalingGroupName"])
    check("and from no template", "aws:ec2launchtemplate:id" not in running[all_of["ancient"]["EnvironmentId"]][0])


def by_hand(new):
    """A group is given another image; Elastic Beanstalk does not know."""
    before = by_name()
    for name in ("plain", "ancient"):
        change(name, {"group_image": new})
    advance(1)
    after, shown, versions, running = by_name(), groups(), newest(), instances()
    equal("the environment is as it was", after["plain"]["DateUpdated"], before["plain"]["DateUpdated"])
    settings = client("elasticbeanstalk", HOME).describe_configuration_settings(ApplicationName="shop", EnvironmentName="plain")
    option = [o["Value"] for o in settings["ConfigurationSettings"][0]["OptionSettings"] if o["OptionName"] == "ImageId"]
    plain = after["plain"]["EnvironmentId"]
    spec = shown[plain][0]["LaunchTemplate"]
    version = versions[spec["LaunchTemplateId"]]
    equal("a second version", (spec["Version"], version["VersionNumber"], version["LaunchTemplateData"]["ImageId"]), ("2", 2, new))
    check("made since the update", version["CreateTime"] > after["plain"]["DateUpdated"], version)
    check("of which settings and instances know nothing", new not in option + [one["image"] for one in running[plain]], (option, running[plain]))
    name = shown[after["ancient"]["EnvironmentId"]][0]["LaunchConfigurationName"]
    made = client("autoscaling", HOME).describe_launch_configurations(LaunchConfigurationNames=[name])["LaunchConfigurations"][0]
    equal("a launch configuration by hand", made["ImageId"], new)
    check("made since, too", made["CreatedTime"] > after["ancient"]["DateUpdated"], made)
    change("plain", {"scale": 2})
    advance(60)
    equal("scaling out launches it", sorted(one["aws:ec2launchtemplate:version"] for one in instances()[plain]), ["1", "2"])


def update(new):
    """An immutable update: two groups, two versions, and then the newer one alone."""
    do(HOME, environment={"application": "shop", "name": "blue", "branch": BRANCH, "instances": 1, "options": {
        "aws:autoscaling:updatepolicy:rollingupdate": {"RollingUpdateEnabled": "true", "RollingUpdateType": "Immutable"}}})
    change("blue", {"edit": {"image": new}})
    advance(120)
    blue = by_name()["blue"]
    check("a second group while it goes on", (blue["Status"], len(groups()[blue["EnvironmentId"]])) == ("Updating", 2), blue)
    for _ in range(20):
        advance(120)
        blue = by_name()["blue"]
        if blue["Status"] == "Ready":
            break
    [group] = groups()[blue["EnvironmentId"]]
    version = newest()[group["LaunchTemplate"]["LaunchTemplateId"]]
    equal("then one", (group["LaunchTemplate"]["Version"], version["LaunchTemplateData"]["ImageId"]), ("2", new))
    check("made no later than its end", version["CreateTime"] <= blue["DateUpdated"], (version["CreateTime"], blue["DateUpdated"]))
    equal("which runs", {(one["image"], one["aws:ec2launchtemplate:version"]) for one in instances()[blue["EnvironmentId"]]}, {(new, "2")})


def main():
    timing()
    old, new = (do(HOME, image={"name": name}) for name in ("old", "new"))
    do(HOME, launch_configuration={"name": "none", "image_id": old})
    everything(environments(old), old)
    by_hand(new)
    update(new)
    sim_client.finish()


main()
