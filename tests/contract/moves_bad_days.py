"""Bad days of environment updates, each as a mover meets it through boto3."""

import json

from botocore.exceptions import ConnectionClosedError

from moves_client import (
    IMMUTABLE, LAUNCH, ROLLING, change, eb, ec2, environment, every, image, image_of, images, instances, messages,
    move, on_moment, sets, settle, shown, turns, updates, version,
)
from sim_client import advance, check, client, command_line, control, do, equal, fails

BY_HEALTH = {ROLLING: {"RollingUpdateEnabled": "true", "RollingUpdateType": "Health"},
             "aws:autoscaling:asg": {"MinSize": "3", "MaxSize": "6"}}
REVERTED = "The environment was reverted to the previous configuration setting."
FAILED = "Failed to deploy configuration."
DONE = "Environment update completed successfully."


def health_fails_midway():
    """The first batch passes; then what it runs turns bad, and another rolling update goes back."""
    environment("bad-midway", count=3, options=BY_HEALTH)
    turns_bad = image("turns-bad", serves={"status": "Severe", "after_s": 200})
    answer = move("bad-midway", turns_bad)
    advance(180)
    equal("one batch has passed", sorted(images("bad-midway")).count(turns_bad), 2)
    settle("bad-midway", limit=14400)
    said = messages(answer)
    check("it failed and was reverted", FAILED in said and REVERTED in said, said)
    equal("the fleet is whole", (len(images("bad-midway")), turns_bad in images("bad-midway")), (3, False))
    equal("the account remembers", [u["end"] for u in updates("bad-midway")], ["rolled_back"])
    blamed = [t["update"] for t in turns("bad-midway") if t["to"] == "Severe"]
    equal("and whose fault it was", blamed[0], answer["ResponseMetadata"]["RequestId"])


def stuck():
    environment("bad-stuck", options=IMMUTABLE)
    change("bad-stuck", {"stuck": True})
    move("bad-stuck", image("good-stuck"))
    advance(3 * 3600)
    equal("it goes on for ever", shown("bad-stuck")["Status"], "Updating")
    check("and could be aborted", shown("bad-stuck")["AbortableOperationInProgress"])
    eb.abort_environment_update(EnvironmentName="bad-stuck")
    advance(3 * 3600)
    stands = shown("bad-stuck")
    equal("aborting for ever, too", (stands["Status"], stands["AbortableOperationInProgress"]), ("Aborting", False))
    fails("it cannot be aborted twice", "InvalidParameterValue", eb.abort_environment_update, EnvironmentName="bad-stuck")
    fails("nor moved", "InvalidParameterValue", move, name="bad-stuck", image=image("good-next"))
    change("bad-stuck", {"stuck": False})
    settle("bad-stuck")


def rollback_failed():
    environment("bad-rollback", count=3, options=BY_HEALTH)
    change("bad-rollback", {"rollback_fails": True})
    bad = image("bad-rollback", serves={"status": "Severe"})
    answer = move("bad-rollback", bad)
    settle("bad-rollback")
    said = messages(answer)
    check("it cannot be taken back", any("UPDATE_ROLLBACK_FAILED" in m for m in said), said)
    equal("the fleet is mixed", sorted(i == bad for i in images("bad-rollback")), [False, False, True])
    answer = move("bad-rollback", image("good-rollback"))
    settle("bad-rollback")
    said = messages(answer)
    check("and it takes no further update", any("UPDATE_ROLLBACK_FAILED" in m for m in said), said)


def quota():
    """One more instance fits: the test instance passes, the rest does not come."""
    environment("bad-quota", count=3, options=IMMUTABLE)
    up = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}])
    count = sum(len(r["Instances"]) for r in up["Reservations"])
    do(vcpu_quota={"vcpus": 2 * count + 2})
    before = {i["InstanceId"] for i in instances("bad-quota")}
    answer = move("bad-quota", image("good-quota"))
    settle("bad-quota")
    do(vcpu_quota={"vcpus": 100000})
    said = messages(answer)
    check("the quota is named", any("vCPU limit" in m for m in said), said)
    check("after the test instance", "Test instance passed health checks. Launching remaining new instances." in said, said)
    equal("the old ones serve", {i["InstanceId"] for i in instances("bad-quota")}, before)


def capacity():
    environment("bad-capacity", options=IMMUTABLE)
    do(capacity={"instance_type": "*", "zone": "*", "available": False})
    answer = move("bad-capacity", image("good-capacity"))
    settle("bad-capacity")
    do(capacity={"instance_type": "*", "zone": "*", "available": True})
    check("no capacity", any("do not have sufficient" in m for m in messages(answer)), messages(answer))


def key():
    environment("bad-key", options=IMMUTABLE)
    locked = image("locked")
    do(change_image={"image_id": locked, "change": "key_unusable"})
    answer = move("bad-key", locked)
    settle("bad-key")
    said = messages(answer)
    check("a key that Auto Scaling may not use", any("Client.InternalError" in m for m in said), said)
    reasons = [i["StateReason"]["Code"] for i in every("bad-key") if i["ImageId"] == locked]
    equal("EC2 says so of the instance", reasons, ["Client.InternalError"])


def customers_key():
    """A customer's key: its default policy lets Auto Scaling launch nothing, a grant or a statement does."""
    kms = client("kms")
    made = kms.create_key()["KeyMetadata"]
    key, role = made["Arn"], f"arn:aws:iam::{'0' * 12}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    equal("a customer's, and enabled", (made["KeyManager"], made["KeyState"]), ("CUSTOMER", "Enabled"))
    equal("by its id too", kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["Arn"], key)
    root = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"]
    equal("its policy hands over to the account", [s["Principal"]["AWS"] for s in root], [f"arn:aws:iam::{'0' * 12}:root"])
    own = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    equal("the account's own for EBS", own["KeyManager"], "AWS")
    fails("which takes no grant", "AccessDeniedException", kms.create_grant, KeyId=own["Arn"], GranteePrincipal=role, Operations=["Decrypt"])
    fails("no such key", "NotFoundException", kms.describe_key, KeyId="00000000-0000-0000-0000-000000000000")
    environment("bad-customers-key", options=IMMUTABLE)
    sealed = do(image={"name": "sealed", "kms_key": key})
    snapshot = ec2.describe_images(ImageIds=[sealed])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    equal("EC2 names the key", ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["KmsKeyId"], key)
    answer = move("bad-customers-key", sealed)
    settle("bad-customers-key")
    check("the default policy does not do", any("Client.InternalError" in m for m in messages(answer)), messages(answer))
    other = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{'0' * 12}:role/other", Operations=["Decrypt"])
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt", "CreateGrant"])
    pages = kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 1})
    equal("grants, page by page", [len(page["Grants"]) for page in pages], [1, 1])
    theirs = kms.list_grants(KeyId=key, GranteePrincipal=role)["Grants"]
    equal("of one grantee", [sorted(g["Operations"]) for g in theirs], [["CreateGrant", "Decrypt"]])
    move("bad-customers-key", sealed)
    settle("bad-customers-key")
    equal("a grant does", set(images("bad-customers-key")), {sealed})
    kms.revoke_grant(KeyId=key, GrantId=other["GrantId"])
    kms.revoke_grant(KeyId=key, GrantId=theirs[0]["GrantId"])
    equal("revoked", kms.list_grants(KeyId=key)["Grants"], [])
    allow = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [*root, allow]}))
    fails("no policy", "MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key, Policy="{}")
    again = do(image={"name": "sealed-again", "kms_key": key})
    move("bad-customers-key", again)
    settle("bad-customers-key")
    equal("a statement does", set(images("bad-customers-key")), {again})
    kms.disable_key(KeyId=key)
    equal("disabled", kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
    code, answer = command_line("kms", "describe-key", "--key-id", key)
    equal("the CLI reads it", (code, answer["KeyMetadata"]["KeyState"]), (0, "Disabled"))


def others():
    """Somebody deploys, edits and swaps in the middle. What needs Ready waits for it, and comes at once then."""
    environment("bad-others", options=IMMUTABLE)
    environment("bad-blue")
    good, theirs = image("good-others"), image("theirs")
    cname = shown("bad-others")["CNAME"]
    on_moment("bad-others", "first_batch", change_environment={"environment": "bad-others", "change": {"deploy": "v2"}})
    on_moment("bad-others", "first_batch", change_environment={"environment": "bad-others", "change": {"swap_cname": "bad-blue"}})
    on_moment("bad-others", "halfway", change_environment={"environment": "bad-others", "change": {"edit": {"image": theirs}}})
    answer = move("bad-others", good)
    advance(60)
    equal("the CNAME is swapped meanwhile", shown("bad-blue")["CNAME"], cname)
    equal("theirs wait", len(updates("bad-others")), 1)
    settle("bad-others")
    equal("and begin as ours ends: nobody sees it Ready between", [u["by"] for u in updates("bad-others")][1:], ["somebody else"] * 2)
    equal("another version", shown("bad-others")["VersionLabel"], "v2")
    equal("another image", set(images("bad-others")), {theirs})
    ours = answer["ResponseMetadata"]["RequestId"]
    events = eb.describe_events(EnvironmentName="bad-others")["Events"]
    requests = {e["RequestId"] for e in events if e["Message"] == "Environment update is starting."}
    equal("each under its own request", (len(requests), ours in requests), (3, True))
    check("the swap has one too", any(e["Message"].startswith("Completed swapping CNAMEs") for e in events))


def managed_at_the_worst_moment():
    on = {**IMMUTABLE, "aws:elasticbeanstalk:managedactions": {"ManagedActionsEnabled": "true"}}
    environment("bad-managed", version="4.0.0", options=on)
    on_moment("bad-managed", "ready", change_environment={
        "environment": "bad-managed", "change": {"managed_update": {"after_s": 1, "version": "4.1.0"}}})
    good = image("good-managed")
    answer = move("bad-managed", good)
    settle("bad-managed")
    check("ours is through", DONE in messages(answer), messages(answer))
    equal("and the next one runs", shown("bad-managed")["Status"], "Updating")
    found = eb.describe_environment_managed_actions(EnvironmentName="bad-managed", Status="Running")["ManagedActions"]
    equal("it is announced", [a["ActionType"] for a in found], ["PlatformUpdate"])
    settle("bad-managed")
    equal("a new platform on our image", (shown("bad-managed")["PlatformArn"], set(images("bad-managed"))), (version("4.1.0"), {good}))
    on_moment("bad-managed", "first_batch", change_environment={
        "environment": "bad-managed", "change": {"managed_update": {"after_s": 1}}})
    move("bad-managed", image("good-again"))
    settle("bad-managed")
    history = eb.describe_environment_managed_action_history(EnvironmentName="bad-managed", MaxItems=1)["ManagedActionHistoryItems"]
    equal("not in the middle of another", (len(history), history[0]["FailureType"]), (1, "InvalidEnvironmentState"))


def draft_left_behind():
    """An older failure with the same image: only its date tells it from ours."""
    environment("bad-draft", options=IMMUTABLE)
    again = image("again")
    change("bad-draft", {"failed_image": again})
    left = sets("bad-draft")["failed"]
    advance(3600)
    move("bad-draft", again)
    pending = sets("bad-draft")["pending"]
    equal("the same image", (image_of(left), image_of(pending)), (again, again))
    check("at another time", (pending["DateUpdated"] - left["DateUpdated"]).total_seconds() >= 3600, (pending, left))
    settle("bad-draft")
    equal("and gone after success", list(sets("bad-draft")), ["deployed"])


def basic_health():
    environment("bad-basic", options={"aws:elasticbeanstalk:healthreporting:system": {"SystemType": "basic"}, **IMMUTABLE})
    check("basic health has no status", "HealthStatus" not in shown("bad-basic"), shown("bad-basic"))
    for verb in (eb.describe_environment_health, eb.describe_instances_health):
        fails("nor causes", "InvalidRequestException", verb, EnvironmentName="bad-basic", AttributeNames=["All"])
    change("bad-basic", {"health": "Red"})
    advance(5)
    said = eb.describe_events(EnvironmentName="bad-basic")["Events"][0]
    equal("an event says the colour", (said["Message"], said["Severity"]), ("Environment health has been set to RED", "ERROR"))
    equal("as the list does", shown("bad-basic")["Health"], "Red")
    change("bad-basic", {"health": "Green"})
    move("bad-basic", image("good-basic"))
    equal("an update is grey", shown("bad-basic")["Health"], "Grey")
    settle("bad-basic")
    equal("and green afterwards", shown("bad-basic")["Health"], "Green")


def other_architecture():
    """An image that the environment's instances cannot run: nobody says so before the launch."""
    environment("bad-arm", options=IMMUTABLE)
    arm = do(image={"name": "for-arm", "architecture": "arm64"})
    answer = move("bad-arm", arm)
    settle("bad-arm")
    said = messages(answer)
    check("found out at launch", any("does not match the architecture" in m for m in said), said)
    equal("nothing has moved", (arm in images("bad-arm"), len(images("bad-arm"))), (False, 2))


def scaling():
    environment("bad-scaling", options=IMMUTABLE)
    change("bad-scaling", {"scale": 5})
    health = eb.describe_environment_health(EnvironmentName="bad-scaling", AttributeNames=["All"])
    equal("scaling out reads Degraded", (health["HealthStatus"], health["Color"]), ("Degraded", "Red"))
    equal("with its cause", health["Causes"], ["2 active instances is below Auto Scaling group minimum size 5."])
    equal("of instances that begin", health["InstancesHealth"]["Pending"], 3)
    advance(180)
    equal("and passes", shown("bad-scaling")["HealthStatus"], "Ok")
    events = eb.describe_events(EnvironmentName="bad-scaling")["Events"]
    said = [(e["Severity"], e["Message"][:55]) for e in events if "transitioned" in e["Message"]]
    equal("events of no request tell it", said, [
        ("INFO", "Environment health has transitioned from Degraded to Ok"),
        ("ERROR", "Environment health has transitioned from Ok to Degraded"),
    ])
    check("none carries one", not any("RequestId" in e for e in events), events)


def terminated():
    environment("bad-gone", options=IMMUTABLE)
    on_moment("bad-gone", "first_batch", change_environment={"environment": "bad-gone", "change": "terminating"})
    move("bad-gone", image("good-gone"))
    advance(35)
    equal("it goes", shown("bad-gone")["Status"], "Terminating")
    fails("it takes no update", "InvalidParameterValue", move, name="bad-gone", image=image("good-late"))
    advance(60)
    equal("it is gone", eb.describe_environments(EnvironmentNames=["bad-gone"])["Environments"], [])
    gone = eb.describe_environments(EnvironmentNames=["bad-gone"], IncludeDeleted=True)["Environments"]
    equal("and seen by who includes it", [e["Status"] for e in gone], ["Terminated"])
    equal("instances go with it", instances("bad-gone"), [])


def image_goes():
    """Deregistered between plan and move: refused at the call, or found out at launch."""
    environment("bad-image", options=IMMUTABLE)
    planned = image("planned")
    ec2.deregister_image(ImageId=planned)
    fails("refused at the call", "ConfigurationValidationException", move, name="bad-image", image=planned)
    control("POST", "world", {"moves": {"image_checked": "at_launch"}})
    answer = move("bad-image", planned)
    settle("bad-image")
    control("POST", "world", {})
    check("found out at launch", any("does not exist" in m for m in messages(answer)), messages(answer))
    equal("nothing has moved", (planned in images("bad-image"), len(images("bad-image"))), (False, 2))


def runs_what_is_gone():
    """What an instance runs is known when its image is gone."""
    environment("bad-metadata", image_id=image("runs-it"))
    ami = images("bad-metadata")[0]
    ec2.deregister_image(ImageId=ami)
    ids = [i["InstanceId"] for i in instances("bad-metadata")]
    found = ec2.describe_instance_image_metadata(InstanceIds=ids)["InstanceImageMetadata"]
    seen = [[f["ImageMetadata"][field] for field in ("ImageId", "Name", "State")] for f in found]
    equal("still known", seen, [[ami, "runs-it", "deregistered"]] * 2)


def answer_lost():
    """The effect is there, its request id is not; events of that time carry it."""
    environment("bad-lost", options=IMMUTABLE)
    good = image("good-lost")
    control("POST", "world", {"timing": {"events_late": 60}})
    control("POST", "faults", {"service": "elasticbeanstalk", "operation": "UpdateEnvironment", "kind": "drop_after_effect", "times": 1})
    began = shown("bad-lost")["DateUpdated"]
    try:
        move("bad-lost", good)
        check("no answer comes", False)
    except ConnectionClosedError:
        pass
    equal("it happened", (shown("bad-lost")["Status"], image_of(sets("bad-lost")["pending"])), ("Updating", good))
    equal("events are late", eb.describe_events(EnvironmentName="bad-lost", StartTime=began)["Events"], [])
    advance(65)
    events = eb.describe_events(EnvironmentName="bad-lost", StartTime=began)["Events"]
    requests = {e.get("RequestId") for e in events if "RequestId" in e}
    equal("and carry the id", requests, {updates("bad-lost")[0]["request_id"]})
    control("POST", "world", {})
    error = fails("sent again, it is refused", "InvalidParameterValue", move, name="bad-lost", image=good)
    check("as not Ready", "Must be Ready" in str(error), error)
    control("POST", "faults", {"service": "elasticbeanstalk", "operation": "UpdateEnvironment", "kind": "drop_before_effect", "times": 1})
    settle("bad-lost")
    try:
        move("bad-lost", image("good-second"))
        check("no answer comes", False)
    except ConnectionClosedError:
        pass
    equal("nothing happened", (shown("bad-lost")["Status"], len(updates("bad-lost"))), ("Ready", 1))


def suspended():
    environment("bad-suspended", options=IMMUTABLE)
    change("bad-suspended", {"suspended": ["Launch"]})
    answer = move("bad-suspended", image("good-suspended"))
    advance(600)
    equal("nothing comes", len(images("bad-suspended")), 2)
    settle("bad-suspended")
    check("until the time-out", FAILED in messages(answer), messages(answer))
    for process, comes in (("Terminate", False), ("AddToLoadBalancer", False), ("HealthCheck", True), ("AZRebalance", True)):
        change("bad-suspended", {"suspended": [process]})
        moved = image("good-" + process.lower())
        move("bad-suspended", moved)
        settle("bad-suspended")
        equal(f"without {process}", images("bad-suspended") == [moved, moved], comes)


def run():
    for day in (
        health_fails_midway, stuck, rollback_failed, quota, capacity, key, customers_key, others, managed_at_the_worst_moment,
        draft_left_behind, basic_health, other_architecture, scaling, terminated, image_goes, runs_what_is_gone, answer_lost, suspended,
    ):
        day()
