"""Holds the roles of a fleet (deploy/fleet) to what they are for.

    fleet_roles.py [SIM_URL]

cfn-lint passes the templates, parliament the policies. A member may do what deploy/iam/look.json says, and where that is wanted a part of
images.json, in each partition. Terraform's modules are evaluated (by tfparse, which is Trivy's engine) and come to the
same policies. With an address, the roles are made as written in the accounts of a simulated world: the hub's
role assumes the member's and looks, and nobody else does. Needs cfn-lint, parliament, tfparse, PyYAML, boto3. Prints one closing line.
"""

import json
import sys
import urllib.request

import boto3
import shipped_stacks
from botocore.exceptions import ClientError
from shipped_stacks import ROOT, check, document, evaluated, known_to_iam, lint, rendered, template

FLEET = ROOT / "deploy/fleet"
HUB, MEMBER, STRANGER = "000000000000", "000000000031", "000000000032"
REGION = "eu-west-2"


def resource(file, name, names):
    return rendered(template(FLEET / file)["Resources"][name]["Properties"], names)


def member(partition):
    return resource("member.yaml", "Role", {
        "RoleName": "amiwatch", "HubPrincipalArn": f"arn:{partition}:iam::{HUB}:role/hub", "ExternalId": "acme-prod",
        "AWS::Partition": partition,
    })


def names_images(partition):
    file = ("member.yaml", "NamesImages", {"Role": "amiwatch", "AWS::Partition": partition, "AWS::AccountId": MEMBER})
    return resource(*file)["PolicyDocument"]["Statement"]


def mover(partition):
    return resource("mover.yaml", "Role", {
        "RoleName": "amiwatch-rollout", "HubPrincipalArn": f"arn:{partition}:iam::{HUB}:role/hub", "ExternalId": "acme-prod",
        "Environments": "shop/*", "AWS::Partition": partition, "AWS::AccountId": MEMBER,
    })


def as_shipped(name, partition):
    text = (ROOT / f"deploy/iam/{name}.json").read_text()
    return json.loads(text.replace("arn:aws:", f"arn:{partition}:").replace("111122223333", MEMBER))["Statement"]


def hub_policy(partition):
    return resource("hub.yaml", "AssumeMemberRoles", {
        "HubRoleName": "hub", "MemberRoleName": "amiwatch", "MoverRoleName": "amiwatch-rollout", "OrganizationId": "o-abcdefghij", "AWS::Partition": partition,
    })["PolicyDocument"]


def templates():
    lint(FLEET.glob("*.yaml"))
    look = (ROOT / "deploy/iam/look.json").read_text()
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        role = member(partition)
        wanted = json.loads(look.replace("arn:aws:", f"arn:{partition}:"))["Statement"]
        check("a member may do what look.json says", role["Policies"][0]["PolicyDocument"]["Statement"] == wanted, role)
        check("nothing is of another partition", partition == "aws" or "arn:aws:" not in json.dumps(role), role)
        asked = json.loads((ROOT / "deploy/iam/images.json").read_text().replace("arn:aws:", f"arn:{partition}:"))["Statement"]
        asked = json.loads(json.dumps(asked).replace("111122223333", MEMBER))
        named = names_images(partition)
        check("what names images is asked as images.json says", named and all(one in asked for one in named), named)
        moves = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in mover(partition)["Policies"]}
        wanted = {"moves": as_shipped("rollout", partition), "through-beanstalk": as_shipped("rollout-through-beanstalk", partition)}
        check("who moves may do what moves need", moves == wanted, moves)
        check("and trusts as the role that looks", mover(partition)["AssumeRolePolicyDocument"] == role["AssumeRolePolicyDocument"])
        check("and reads Beanstalk as AWS says", role["ManagedPolicyArns"] == [f"arn:{partition}:iam::aws:policy/AWSElasticBeanstalkReadOnly"])


def known_policies():
    known_to_iam({"look": member("aws")["Policies"][0]["PolicyDocument"]["Statement"], "names": names_images("aws"), "hub": hub_policy("aws")["Statement"]},
                 ROOT / "deploy/iam/images.json")


def computed(module, partition, variables):
    """A module's resources where AWS says this of the account."""
    told = {"data.aws_partition.here.partition": partition, "data.aws_caller_identity.here.account_id": MEMBER}
    return evaluated(f"fleet/terraform/{module}", told, variables)


def modules():
    """Terraform's roles are CloudFormation's, in each partition."""
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        principal = f"arn:{partition}:iam::{HUB}:role/hub"
        variables = {"hub_principal_arn": principal, "external_id": "acme-prod"}
        role = member(partition)
        for names in (True, False):
            made = computed("member", partition, variables | {"tells_what_names_images": names})
            [own] = made["aws_iam_role"]
            check("one name", own["name"] == role["RoleName"], own)
            check("one life of a session", own["max_session_duration"] == role["MaxSessionDuration"], own)
            check("one trust", document(own["assume_role_policy"]) == role["AssumeRolePolicyDocument"]["Statement"], own)
            policies = {one["name"]: document(one["policy"]) for one in made["aws_iam_role_policy"]}
            check("one look", policies.pop("look") == role["Policies"][0]["PolicyDocument"]["Statement"], policies)
            wanted = {"names-images": names_images(partition)} if names else {}
            check("one look at what names images, where it is wanted", policies == wanted, policies)
            [attached] = made["aws_iam_role_policy_attachment"]
            check("one policy of AWS's own", [attached["policy_arn"]] == role["ManagedPolicyArns"], attached)
        made = computed("mover", partition, variables | {"environments": "shop/*"})
        [own] = made["aws_iam_role"]
        moving = mover(partition)
        check("who moves has one name", own["name"] == moving["RoleName"], own)
        check("and one trust", document(own["assume_role_policy"]) == moving["AssumeRolePolicyDocument"]["Statement"], own)
        policies = {one["name"]: document(one["policy"]) for one in made["aws_iam_role_policy"]}
        wanted = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in moving["Policies"]}
        check("and may do the same", policies == wanted, policies)
        hub = {"hub_role_name": "hub", "organization_id": "o-abcdefghij"}
        [policy] = computed("hub", partition, hub)["aws_iam_policy"]
        check("one right to assume", document(policy["policy"]) == hub_policy(partition)["Statement"], policy)


def control(url, path, body):
    request = urllib.request.Request(f"{url}/_sim/{path}", data=json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def client(url, service, key, secret="simulated", token=None):
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
    )


def assumed(url, sts, arn, **more):
    given = sts.assume_role(RoleArn=arn, RoleSessionName="amiwatch-acme-prod", **more)["Credentials"]
    return lambda service: client(url, service, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def refused(what, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return check(what, error.response["Error"]["Code"] in ("AccessDenied", "UnauthorizedOperation", "InsufficientPrivilegesException"), error)
    check(what, False)


def roles(url):
    """The roles as written, in two accounts and beside a third."""
    for account in (MEMBER, STRANGER):
        control(url, "account", {"id": account})
    role = member("aws")
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    do = lambda account, **action: control(url, "do", {"region": REGION, "account": account, "do": action})["id"]
    arn = do(MEMBER, role={
        "name": role["RoleName"], "trusts": [trust["Principal"]["AWS"]], "max_session_s": role["MaxSessionDuration"],
        "external_id": trust["Condition"]["StringEquals"]["sts:ExternalId"], "policy": role["Policies"][0]["PolicyDocument"],
    })
    may = hub_policy("aws")
    # The simulated accounts are in no organization that IAM knows.
    check("within the organization alone", may["Statement"][0].pop("Condition") == {"StringEquals": {"aws:ResourceOrgID": "o-abcdefghij"}})
    hub = do(HUB, role={"name": "hub", "trusts": ["*"], "policy": may})
    do(MEMBER, release={"branch": "ECS running on 64bit Amazon Linux 2023", "version": "4.5.0"})
    do(MEMBER, environment={"application": "shop", "name": "shop-live", "branch": "ECS running on 64bit Amazon Linux 2023"})
    amiwatch = assumed(url, client(url, "sts", f"AKIA{HUB}"), hub)
    looks = assumed(url, amiwatch("sts"), arn, ExternalId="acme-prod")
    environments = looks("elasticbeanstalk").describe_environments()["Environments"]
    check("it looks", [one["EnvironmentName"] for one in environments] == ["shop-live"], environments)
    refused("it changes nothing", looks("ec2").create_security_group, GroupName="x", Description="x")
    moving = mover("aws")
    trust = moving["AssumeRolePolicyDocument"]["Statement"][0]
    policies = [one["PolicyDocument"]["Statement"] for one in moving["Policies"]]
    arn_of_mover = do(MEMBER, role={
        "name": moving["RoleName"], "trusts": [trust["Principal"]["AWS"]], "max_session_s": moving["MaxSessionDuration"],
        "external_id": trust["Condition"]["StringEquals"]["sts:ExternalId"],
        "policy": {"Version": "2012-10-17", "Statement": sum(policies, [])},
    })
    moves = assumed(url, amiwatch("sts"), arn_of_mover, ExternalId="acme-prod")("elasticbeanstalk")
    update = {"EnvironmentName": "shop-live", "OptionSettings": [
        {"Namespace": "aws:elasticbeanstalk:application:environment", "OptionName": "COLOUR", "Value": "blue"},
    ]}
    refused("who looks changes no environment", looks("elasticbeanstalk").update_environment, **update)
    check("who moves does", moves.update_environment(**update)["Status"] == "Updating")
    refused("and no other's", moves.terminate_environment, EnvironmentName="shop-live")
    refused("without the external id", amiwatch("sts").assume_role, RoleArn=arn, RoleSessionName="amiwatch")
    refused("nobody else of the hub", client(url, "sts", f"AKIA{HUB}").assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="acme-prod")
    refused("no other account", client(url, "sts", f"AKIA{STRANGER}").assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="acme-prod")
    other = do(MEMBER, role={"name": "another", "trusts": ["*"]})
    refused("and no other role", amiwatch("sts").assume_role, RoleArn=other, RoleSessionName="amiwatch")


templates()
known_policies()
modules()
if len(sys.argv) > 1:
    roles(sys.argv[1])
print(f"{shipped_stacks.passed} checks passed")
