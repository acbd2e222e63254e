"""Moves with the rights of a role: what its policies allow, and what Elastic Beanstalk needs of its caller."""

import json
import pathlib

import boto3

import sim_client
from moves_client import BRANCH, IMMUTABLE, LAUNCH, eb, environment, image, images, messages, settle, updates
from sim_client import REGION, URL, check, client, control, do, equal, fails

POLICIES = pathlib.Path(__file__).parent.parent.parent / "deploy" / "iam"
SHIPPED = ("rollout.json", "rollout-through-beanstalk.json")


def policy(without=()):
    """The policies that are shipped for the role of moves, for this account and application, less some actions."""
    statements = []
    for name in SHIPPED:
        text = (POLICIES / name).read_text().replace("111122223333", "0" * 12).replace("environment/shop/", "environment/till/")
        for statement in json.loads(text)["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            kept = [action for action in actions if action not in without]
            statements += [{**statement, "Action": kept}] if kept else []
    return {"Statement": statements}


def mover(rules):
    """A client that has assumed a role with these policies."""
    arn = control("POST", "role", {"name": "mover", "policy": rules})["arn"]
    keys = client("sts").assume_role(RoleArn=arn, RoleSessionName="move")["Credentials"]
    return boto3.client(
        "elasticbeanstalk", region_name=REGION, endpoint_url=URL, aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
    )


def update(with_client, name, ami):
    setting = {"Namespace": LAUNCH, "OptionName": "ImageId", "Value": ami}
    return with_client.update_environment(EnvironmentName=name, OptionSettings=[setting])


def shipped_policies_suffice():
    environment("right-till", options=IMMUTABLE)
    good = image("good-right")
    update(mover(policy()), "right-till", good)
    settle("right-till")
    equal("moved with what is shipped", set(images("right-till")), {good})
    equal("by the role", [u["by"] for u in updates("right-till")], [f"arn:aws:sts::{'0' * 12}:assumed-role/mover/move"])


def what_is_not_granted():
    do(environment={"application": "other", "name": "right-other", "branch": BRANCH, "instances": 1})
    mine = mover(policy())
    good = image("good-not-granted")
    error = fails("another application's", "InsufficientPrivilegesException", update, with_client=mine, name="right-other", ami=good)
    equal("as a refusal", error.response["ResponseMetadata"]["HTTPStatusCode"], 403)
    equal("nothing happened", updates("right-other"), [])
    fails("a verb that is missing", "InsufficientPrivilegesException", mine.terminate_environment, EnvironmentName="right-till")
    narrow = policy(without=("elasticbeanstalk:DescribeEnvironments",))
    arn = f"arn:aws:elasticbeanstalk:*:{'0' * 12}:environment/till/*"
    narrow["Statement"].append({"Effect": "Allow", "Action": "elasticbeanstalk:DescribeEnvironments", "Resource": arn})
    seen = {e["ApplicationName"] for e in mover(narrow).describe_environments()["Environments"]}
    equal("a list leaves out what may not be seen", seen, {"till"})
    blind = mover(policy(without=("elasticbeanstalk:DescribeEvents",)))
    equal("a read without permission is empty", blind.describe_events(EnvironmentName="right-till")["Events"], [])


def rights_elsewhere():
    """Without the caller's rights on what Elastic Beanstalk changes for him, the update begins and fails."""
    for number, action in enumerate((
        "cloudformation:UpdateStack", "autoscaling:UpdateAutoScalingGroup", "ec2:CreateLaunchTemplateVersion",
        "ec2:RunInstances", "ec2:TerminateInstances", "s3:GetObject",
    )):
        name = f"right-{number}"
        environment(name, options=IMMUTABLE)
        good = image(f"good-right-{number}")
        answer = update(mover(policy(without=(action,))), name, good)
        settle(name)
        said = messages(answer)
        check(f"{action} is named", any(f"not authorized to perform: {action} on resource" in m for m in said), said)
        equal("nothing has moved", (good in images(name), [u["end"] for u in updates(name)]), (False, ["rolled_back"]))
    control("POST", "world", {"moves": {"caller_rights": "not_needed"}})
    update(mover(policy(without=("cloudformation:UpdateStack",))), "right-0", good)
    settle("right-0")
    control("POST", "world", {})
    equal("or its service role's suffice", set(images("right-0")), {good})


def what_is_not_simulated():
    odd = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}}
    try:
        control("POST", "role", {"name": "odd", "policy": {"Statement": [odd]}})
        check("a condition that nobody reads is refused", False)
    except sim_client.urllib.error.HTTPError as error:
        equal("a condition that nobody reads is refused", error.code, 400)


def run():
    for part in (shipped_policies_suffice, what_is_not_granted, rights_elsewhere, what_is_not_simulated):
        part()
