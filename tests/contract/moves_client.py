"""What the contracts of environment updates share: environments, images, what is read of them."""

from sim_client import advance, check, client, control, do

BRANCH = "Docker running on 64bit Amazon Linux 2023"
LAUNCH = "aws:autoscaling:launchconfiguration"
ROLLING = "aws:autoscaling:updatepolicy:rollingupdate"
IMMUTABLE = {ROLLING: {"RollingUpdateEnabled": "true", "RollingUpdateType": "Immutable"}}
eb = client("elasticbeanstalk")
ec2 = client("ec2")


def version(number):
    found = eb.list_platform_versions(Filters=[
        {"Type": "PlatformBranchName", "Operator": "=", "Values": [BRANCH]},
        {"Type": "PlatformVersion", "Operator": "=", "Values": [number]},
    ])
    return found["PlatformSummaryList"][0]["PlatformArn"]


def environment(name, count=2, **more):
    do(environment={"application": "till", "name": name, "branch": BRANCH, "instances": count, **more})


def shown(name):
    return eb.describe_environments(EnvironmentNames=[name])["Environments"][0]


def sets(name):
    found = eb.describe_configuration_settings(ApplicationName="till", EnvironmentName=name)
    return {one["DeploymentStatus"]: one for one in found["ConfigurationSettings"]}


def image_of(settings):
    return [o.get("Value") for o in settings["OptionSettings"] if o["OptionName"] == "ImageId"][0]


def instances(name):
    found = ec2.describe_instances(Filters=[
        {"Name": "tag:elasticbeanstalk:environment-name", "Values": [name]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ])
    return [i for r in found["Reservations"] for i in r["Instances"]]


def move(name, image, **more):
    setting = {"Namespace": LAUNCH, "OptionName": "ImageId", "Value": image}
    return eb.update_environment(EnvironmentName=name, OptionSettings=[setting], **more)


def messages(answer):
    """What was said of a request; events are a little late."""
    advance(5)
    request = answer["ResponseMetadata"]["RequestId"]
    return [e["Message"] for e in eb.describe_events(RequestId=request)["Events"]]


def settle(name, limit=7200):
    for _ in range(limit // 30):
        if shown(name)["Status"] in ("Ready", "Terminated"):
            return
        advance(30)
    check(f"{name} is Ready within {limit} s", False, shown(name))


def image(name, **change):
    made = do(image={"name": name})
    if change:
        do(change_image={"image_id": made, "change": change})
    return made


def every(name):
    """Its instances, those that are gone too."""
    found = ec2.describe_instances(Filters=[{"Name": "tag:elasticbeanstalk:environment-name", "Values": [name]}])
    return [i for r in found["Reservations"] for i in r["Instances"]]


def change(name, what):
    do(change_environment={"environment": name, "change": what})


def on_moment(name, moment, **action):
    do(on_moment={"environment": name, "moment": moment, "action": action})


def images(name):
    """The image that each of its instances runs."""
    return [i["ImageId"] for i in instances(name)]


def updates(name):
    """What the account remembers of its updates."""
    return control("GET", f"updates/{name}")


def turns(name):
    """What the account remembers of its health."""
    return control("GET", f"health/{name}")
