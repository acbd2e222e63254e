"""Drives environment updates of the simulated account with boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL. Prints one closing line,
`N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import sim_client
from sim_client import advance, check, client, control, do, equal, fails

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


def immutable():
    """One call moves image and platform version; the old instances serve until the new ones do."""
    environment("till-live", options=IMMUTABLE)
    good, newest = image("good"), version("4.1.0")
    before = {i["InstanceId"] for i in instances("till-live")}
    answer = move("till-live", good, PlatformArn=newest)
    equal("the answer says so", (answer["Status"], answer["AbortableOperationInProgress"]), ("Updating", True))
    equal("a draft is pending", image_of(sets("till-live")["pending"]), good)
    check("the deployed set stands", image_of(sets("till-live")["deployed"]) != good)
    error = fails("not Ready", "InvalidParameterValue", move, name="till-live", image=good)
    equal("in the known words", error.response["Error"]["Message"],
          "Environment named till-live is in an invalid state for this operation. Must be Ready.")
    advance(60)
    equal("one instance is tried beside the old ones", len(instances("till-live")), 3)
    health = eb.describe_environment_health(EnvironmentName="till-live", AttributeNames=["All"])
    equal("an update is Info", (health["HealthStatus"], health["Color"]), ("Info", "Green"))
    settle("till-live")
    now = instances("till-live")
    check("every instance is new", not before & {i["InstanceId"] for i in now}, now)
    equal("and runs the image", {i["ImageId"] for i in now}, {good})
    equal("deployed", image_of(sets("till-live")["deployed"]), good)
    equal("platform", shown("till-live")["PlatformArn"], newest)
    equal("no draft is left", list(sets("till-live")), ["deployed"])
    check("events by request id", "Environment update completed successfully." in messages(answer), messages(answer))
    health = eb.describe_instances_health(EnvironmentName="till-live", AttributeNames=["All"])["InstanceHealthList"]
    equal("instances' health", [i["HealthStatus"] for i in health], ["Ok", "Ok"])
    resources = eb.describe_environment_resources(EnvironmentName="till-live")["EnvironmentResources"]
    equal("resources", {i["Id"] for i in resources["Instances"]}, {i["InstanceId"] for i in now})
    check("group and template", resources["AutoScalingGroups"] and resources["LaunchTemplates"], resources)


def reverted():
    """An image that does not serve: Ready again, and nothing moved. A failed draft stays."""
    environment("till-bad", options=IMMUTABLE)
    before = image_of(sets("till-bad")["deployed"])
    bad = image("bad", serves={"status": "Severe", "causes": ["100.0 % of the requests are failing with HTTP 5xx."]})
    answer = move("till-bad", bad)
    settle("till-bad")
    said = messages(answer)
    check("it failed", "Failed to deploy configuration." in said, said)
    check("it was reverted", "The environment was reverted to the previous configuration setting." in said, said)
    equal("Ready is not success", image_of(sets("till-bad")["deployed"]), before)
    equal("the draft stays", image_of(sets("till-bad")["failed"]), bad)
    equal("no instance of it is left", [i for i in instances("till-bad") if i["ImageId"] == bad], [])
    eb.delete_environment_configuration(ApplicationName="till", EnvironmentName="till-bad")
    equal("until somebody deletes it", list(sets("till-bad")), ["deployed"])


def rolling():
    """Batches: each goes before its successors come."""
    policy = {ROLLING: {"RollingUpdateEnabled": "true", "RollingUpdateType": "Health"},
              "aws:autoscaling:asg": {"MinSize": "3", "MaxSize": "6"}}
    environment("till-rolling", count=3, options=policy)
    good = image("good-rolling")
    move("till-rolling", good)
    advance(60)
    images = [i["ImageId"] for i in instances("till-rolling")]
    equal("one at a time", images.count(good), 1)
    settle("till-rolling")
    equal("all of them", {i["ImageId"] for i in instances("till-rolling")}, {good})
    bad = image("bad-rolling", serves={"status": "Severe"})
    move("till-rolling", bad)
    settle("till-rolling")
    equal("taken back with the old image", {i["ImageId"] for i in instances("till-rolling")}, {good})


def all_at_once():
    """The default: nothing serves meanwhile, and no health takes it back."""
    environment("till-dev")
    bad = image("bad-dev", serves={"status": "Severe"})
    answer = move("till-dev", bad)
    advance(35)
    equal("all went at once", {i["ImageId"] for i in instances("till-dev")}, {bad})
    settle("till-dev")
    equal("deployed all the same", image_of(sets("till-dev")["deployed"]), bad)
    said = messages(answer)
    check("with errors", any(m.startswith("Update environment operation is complete, but with errors.") for m in said), said)
    equal("and red", shown("till-dev")["Health"], "Red")


def refusals():
    environment("till-no", options=IMMUTABLE)
    there = image_of(sets("till-no")["deployed"])
    fails("release and configuration at once", "InvalidParameterCombination", move, name="till-no", image=there, VersionLabel="v2")
    fails("an image that is not there", "ConfigurationValidationException", move, name="till-no", image="ami-51388888888888888")
    error = fails("a platform that is not there", "InvalidParameterValue", move, name="till-no", image=there, PlatformArn=version("4.1.0") + "9")
    check("in the known words", error.response["Error"]["Message"].endswith("does not exist."), error)
    fails("a version that nobody here ran", "InvalidParameterValue", eb.update_environment, EnvironmentName="till-no", PlatformArn=version("4.0.1"))
    fails("no such environment", "InvalidParameterValue", move, name="till-none", image=there)
    fails("nothing to abort", "InvalidParameterValue", eb.abort_environment_update, EnvironmentName="till-no")
    wrong = [{"Namespace": ROLLING, "OptionName": "RollingUpdateType", "Value": "Sometimes"}]
    found = eb.validate_configuration_settings(ApplicationName="till", EnvironmentName="till-no", OptionSettings=wrong)
    equal("asked beforehand", [m["Severity"] for m in found["Messages"]], ["error"])
    control("POST", "deny", {"action": "elasticbeanstalk:UpdateEnvironment"})
    fails("denied", "InsufficientPrivilegesException", move, name="till-no", image=there)
    control("POST", "allow", {"action": "elasticbeanstalk:UpdateEnvironment"})


def aborted():
    environment("till-abort", options=IMMUTABLE)
    before = image_of(sets("till-abort")["deployed"])
    move("till-abort", image("good-abort"))
    advance(60)
    eb.abort_environment_update(EnvironmentName="till-abort")
    equal("on the way back", shown("till-abort")["Status"], "Aborting")
    settle("till-abort")
    equal("as before", image_of(sets("till-abort")["deployed"]), before)
    equal("two instances", len(instances("till-abort")), 2)


def bad_days():
    environment("till-key", options=IMMUTABLE)
    answer = move("till-key", image("locked", **{"serves": {}}))
    settle("till-key")
    check("an image that serves", "Environment update completed successfully." in messages(answer), messages(answer))
    locked = do(image={"name": "locked-key"})
    do(change_image={"image_id": locked, "change": "key_unusable"})
    answer = move("till-key", locked)
    settle("till-key")
    check("a key that Auto Scaling may not use", any("Client.InternalError" in m for m in messages(answer)), messages(answer))
    environment("till-stuck", options=IMMUTABLE)
    do(change_environment={"environment": "till-stuck", "change": {"stuck": True}})
    move("till-stuck", image("good-stuck"))
    advance(3 * 3600)
    equal("it goes on for ever", shown("till-stuck")["Status"], "Updating")
    do(change_environment={"environment": "till-stuck", "change": {"stuck": False}})
    settle("till-stuck")
    do(change_environment={"environment": "till-stuck", "change": {"rollback_fails": True}})
    answer = move("till-stuck", image("bad-stuck", serves={"status": "Severe"}))
    settle("till-stuck")
    check("it cannot be taken back", any("UPDATE_ROLLBACK_FAILED" in m for m in messages(answer)), messages(answer))
    environment("till-basic", options={"aws:elasticbeanstalk:healthreporting:system": {"SystemType": "basic"}})
    check("basic health has no status", "HealthStatus" not in shown("till-basic"), shown("till-basic"))
    fails("nor causes", "InvalidRequestException", eb.describe_environment_health, EnvironmentName="till-basic", AttributeNames=["All"])
    do(change_environment={"environment": "till-basic", "change": "terminated"})
    equal("instances go with it", instances("till-basic"), [])


def undocumented():
    """What AWS does not say runs both ways."""
    control("POST", "world", {"moves": {"image_with_platform": "refused"}})
    environment("till-both", options=IMMUTABLE, version="4.0.0")
    good, newest = image("good-both"), version("4.1.0")
    fails("image and platform are refused", "InvalidParameterCombination", move, name="till-both", image=good, PlatformArn=newest)
    control("POST", "world", {"moves": {"image_with_platform": "two_replacements", "image_checked": "at_launch"}})
    launched = len(every("till-both"))
    move("till-both", good, PlatformArn=newest)
    settle("till-both")
    equal("replaced twice", len(every("till-both")) - launched, 4)
    answer = move("till-both", "ami-51388888888888888")
    settle("till-both")
    check("found out at launch", any("does not exist" in m for m in messages(answer)), messages(answer))
    control("POST", "world", {"moves": {"immutable_alone": True}})
    environment("till-alone", options=IMMUTABLE, version="4.0.0")
    fails("immutable comes alone", "InvalidParameterValue", move, name="till-alone", image=good, PlatformArn=newest)
    control("POST", "world", {"moves": {"superseded": "all"}})
    answer = eb.update_environment(EnvironmentName="till-alone", PlatformArn=version("4.0.1"))
    equal("old versions", answer["Status"], "Updating")
    control("POST", "world", {})


def every(name):
    found = ec2.describe_instances(Filters=[{"Name": "tag:elasticbeanstalk:environment-name", "Values": [name]}])
    return [i for r in found["Reservations"] for i in r["Instances"]]


def managed():
    on = {**IMMUTABLE, "aws:elasticbeanstalk:managedactions": {"ManagedActionsEnabled": "true"}}
    environment("till-managed", version="4.0.0", options=on, image_id=image("old"))
    do(change_environment={"environment": "till-managed", "change": {"managed_update": {"after_s": 600, "version": "4.1.0"}}})
    found = eb.describe_environment_managed_actions(EnvironmentName="till-managed")["ManagedActions"]
    equal("it is announced", [(a["ActionType"], a["Status"]) for a in found], [("PlatformUpdate", "Scheduled")])
    advance(610)
    equal("it runs by itself", shown("till-managed")["Status"], "Updating")
    settle("till-managed")
    equal("the platform has moved", shown("till-managed")["PlatformArn"], version("4.1.0"))
    history = eb.describe_environment_managed_action_history(EnvironmentName="till-managed")["ManagedActionHistoryItems"]
    equal("it is in the history", [a["Status"] for a in history], ["Completed"])
    do(change_environment={"environment": "till-managed", "change": {"managed_update": {"after_s": 60}}})
    move("till-managed", image("meanwhile"))
    advance(70)
    history = eb.describe_environment_managed_action_history(EnvironmentName="till-managed")["ManagedActionHistoryItems"]
    equal("not in the middle of another", history[0]["FailureType"], "InvalidEnvironmentState")
    settle("till-managed")


def others():
    """Other people: a deploy, a swap; and what brings a setting back."""
    extension = do(image={"name": "from-the-bundle"})
    environment("till-others", options=IMMUTABLE, extensions={LAUNCH: {"ImageId": extension}})
    good = image("good-others")
    move("till-others", good)
    settle("till-others")
    eb.update_environment(EnvironmentName="till-others", OptionsToRemove=[{"Namespace": LAUNCH, "OptionName": "ImageId"}])
    settle("till-others")
    equal("what the bundle sets comes back", image_of(sets("till-others")["deployed"]), extension)
    do(change_environment={"environment": "till-others", "change": {"deploy": "v2"}})
    equal("another version", shown("till-others")["VersionLabel"], "v2")
    environment("till-blue")
    before = shown("till-others")["CNAME"]
    do(change_environment={"environment": "till-others", "change": {"swap_cname": "till-blue"}})
    equal("swapped", shown("till-blue")["CNAME"], before)
    do(change_environment={"environment": "till-others", "change": {"health_status": {"status": "Degraded", "causes": ["Auto Scaling group is in the process of scaling."]}}})
    health = eb.describe_environment_health(EnvironmentName="till-others", AttributeNames=["HealthStatus", "Causes"])
    equal("scaling reads Degraded", health["HealthStatus"], "Degraded")
    do(saved_configuration={"application": "till", "name": "blessed", "platform_arn": version("4.1.0"), "options": {LAUNCH: {"ImageId": good}}})
    applications = {a["ApplicationName"]: a for a in eb.describe_applications()["Applications"]}
    equal("saved configurations", applications["till"]["ConfigurationTemplates"], ["blessed"])
    saved = eb.describe_configuration_settings(ApplicationName="till", TemplateName="blessed")["ConfigurationSettings"][0]
    equal("and what they name", image_of(saved), good)


def by_hand():
    """The command that a person pastes."""
    environment("till-cli", options=IMMUTABLE)
    good = image("good-cli")
    code, answer = sim_client.command_line(
        "elasticbeanstalk", "update-environment", "--environment-name", "till-cli",
        "--platform-arn", version("4.1.0"),
        "--option-settings", f"Namespace={LAUNCH},OptionName=ImageId,Value={good}",
    )
    equal("the CLI moves an environment", (code, answer["Status"]), (0, "Updating"))
    settle("till-cli")
    equal("and it is there", image_of(sets("till-cli")["deployed"]), good)


def main():
    for number in ("4.0.0", "4.0.1", "4.1.0"):
        do(release={"branch": BRANCH, "version": number})
        if number == "4.0.0":
            environment("till-old", version="4.0.0")
    immutable()
    reverted()
    rolling()
    all_at_once()
    refusals()
    aborted()
    bad_days()
    undocumented()
    managed()
    others()
    by_hand()
    sim_client.finish()


main()
