"""Drives environment updates of the simulated account with boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL. Prints one closing line,
`N checks passed`, and exits 0; at the first failed check it exits 1.
"""

import moves_around
import moves_bad_days
import moves_rights
import moves_switches
import sim_client
from moves_client import (
    BRANCH, IMMUTABLE, LAUNCH, ROLLING, eb, environment, image, image_of, images, instances, messages, move, sets,
    settle, shown, version,
)
from sim_client import advance, check, control, do, equal, fails


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


def single_instance():
    """One instance: immutable keeps it until its successor serves; else there is none meanwhile."""
    single = {"aws:elasticbeanstalk:environment": {"EnvironmentType": "SingleInstance"}}
    environment("till-one", count=1, options={**single, **IMMUTABLE})
    environment("till-one-down", count=1, options=single)
    good = image("good-one")
    move("till-one", good)
    move("till-one-down", good)
    advance(35)
    equal("both are there", len(instances("till-one")), 2)
    equal("only the new one", images("till-one-down"), [good])
    settle("till-one")
    settle("till-one-down")
    equal("one each", (images("till-one"), images("till-one-down")), ([good], [good]))
    least = [control("GET", f"updates/{name}")[0]["least_serving"] for name in ("till-one", "till-one-down")]
    equal("what served meanwhile", least, [1, 0])


def rolling_by_time():
    """No health is asked: a bad image goes everywhere."""
    policy = {ROLLING: {"RollingUpdateEnabled": "true", "RollingUpdateType": "Time", "PauseTime": "PT2M"}}
    environment("till-time", count=3, options=policy)
    bad = image("bad-time", serves={"status": "Severe"})
    answer = move("till-time", bad)
    advance(60)
    equal("one at a time", images("till-time").count(bad), 1)
    settle("till-time")
    equal("everywhere", (set(images("till-time")), shown("till-time")["Health"]), ({bad}, "Red"))
    check("and called a success", "Environment update completed successfully." in messages(answer), messages(answer))


def refusals():
    environment("till-no", options=IMMUTABLE)
    there = image_of(sets("till-no")["deployed"])
    fails("release and configuration at once", "InvalidParameterCombination", move, name="till-no", image=there, VersionLabel="v2")
    fails("an image that is not there", "ConfigurationValidationException", move, name="till-no", image="ami-51388888888888888")
    error = fails("a version that the application lacks", "InvalidParameterValue", eb.update_environment, EnvironmentName="till-no", VersionLabel="v9")
    equal("in the words that were seen", error.response["Error"]["Message"], "No Application Version named 'v9' found.")
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
    single_instance()
    rolling_by_time()
    refusals()
    aborted()
    moves_bad_days.run()
    moves_switches.run()
    moves_rights.run()
    moves_around.run()
    by_hand()
    sim_client.finish()


main()
