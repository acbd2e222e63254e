"""Holds what makes a shared store (deploy/replicas) to what a store needs.

    replicas_stack.py

cfn-lint passes the template, parliament its policy. Template, Terraform's module (computed by tfparse, which is Trivy's
engine) and deploy/iam/store.json give the same rights; template and module make the same table, and it is the one that
`amiwatch store init` makes: on demand, protected, recoverable, with a store's two keys. Needs cfn-lint, parliament,
tfparse, PyYAML. Prints one closing line.
"""

import json

import shipped_stacks
from shipped_stacks import ROOT, check, document, evaluated, known_to_iam, lint, rendered, template

REPLICAS = ROOT / "deploy/replicas"


def arn(partition):
    return f"arn:{partition}:dynamodb:eu-west-1:111122223333:table/amiwatch"


def resource(name, partition):
    names = {"TableName": "amiwatch", "Installation": "acme-prod", "Table.Arn": arn(partition), "AWS::Partition": partition}
    return rendered(template(REPLICAS / "replicas.yaml")["Resources"][name]["Properties"], names)


def wanted(partition):
    text = (ROOT / "deploy/iam/store.json").read_text()
    shipped = json.loads(text.replace("arn:aws:dynamodb:*:111122223333:table/amiwatch", arn(partition)))
    return shipped["Statement"]


def the_template():
    lint(REPLICAS.glob("*.yaml"))
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        own = resource("StorePolicy", partition)["PolicyDocument"]["Statement"]
        check("a process may do what store.json says", own == wanted(partition), own)
    shipped = [ROOT / f"deploy/iam/{name}.json" for name in ("look", "images", "store-init")]
    known_to_iam({"store": resource("StorePolicy", "aws")["PolicyDocument"]["Statement"]}, *shipped)


def the_table():
    """Both make the table that `store init` makes."""
    made = resource("Table", "aws")
    keys = {one["KeyType"]: one["AttributeName"] for one in made["KeySchema"]}
    types = {one["AttributeName"]: one["AttributeType"] for one in made["AttributeDefinitions"]}
    check("two keys", (keys, types) == ({"HASH": "pk", "RANGE": "sk"}, {"pk": "S", "sk": "S"}), made)
    check("on demand", made["BillingMode"] == "PAY_PER_REQUEST", made)
    check("protected", made["DeletionProtectionEnabled"] is True, made)
    check("recoverable", made["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, made)
    check("kept with the stack gone", template(REPLICAS / "replicas.yaml")["Resources"]["Table"]["DeletionPolicy"] == "Retain")
    check("tagged", made["Tags"] == [{"Key": "amiwatch:installation", "Value": "acme-prod"}], made)
    return made


def the_module(made):
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        roles = ["host-a", "host-b"]
        computed = evaluated("replicas/terraform", {"aws_dynamodb_table.store.arn": arn(partition)}, {"installation": "acme-prod", "role_names": roles})
        [table] = computed["aws_dynamodb_table"]
        check("one name and one way to pay", (table["name"], table["billing_mode"]) == (made["TableName"], made["BillingMode"]), table)
        check("the same keys", (table["hash_key"], table["range_key"]) == ("pk", "sk"), table)
        check("of texts", {one["name"]: one["type"] for one in table["attribute"]} == {"pk": "S", "sk": "S"}, table)
        check("as protected", table["deletion_protection_enabled"] is True, table)
        recovery = table["point_in_time_recovery"]
        recovery = recovery[0] if isinstance(recovery, list) else recovery
        check("as recoverable", recovery["enabled"] is True, table)
        check("as tagged", table["tags"] == {"amiwatch:installation": "acme-prod"}, table)
        [policy] = computed["aws_iam_policy"]
        check("the same rights", document(policy["policy"]) == wanted(partition), policy)
        attached = sorted(one["role"] for one in computed["aws_iam_role_policy_attachment"])
        check("for each role", attached == roles, attached)


the_template()
the_module(the_table())
print(f"replicas stack: {shipped_stacks.passed} checks passed")
