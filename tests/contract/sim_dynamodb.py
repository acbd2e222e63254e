"""Drives DynamoDB of the simulated account: tables, transactions with conditions and tokens, consistent and late
reads, pages, lost answers. By boto3 and the AWS CLI.

Give the server's address as the argument or in AMIWATCH_SIM_URL; what is needed is made here, in a region of its
own. Needs boto3. Prints one closing line, `N checks passed`, and exits 0; at the first failed check it exits 1.
"""

from concurrent.futures import ThreadPoolExecutor

import sim_client
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from sim_client import advance, check, client, command_line, control, equal, fails, timing

HOME = "ap-south-1"
TABLE = "amiwatch"


def make(dynamodb):
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    parameters = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        "DeletionProtectionEnabled": True,
    }
    recovery = {"TableName": TABLE, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    fails("no table", "ResourceNotFoundException", dynamodb.describe_table, TableName=TABLE)
    made = dynamodb.create_table(**parameters)["TableDescription"]
    equal("being made", made["TableStatus"], "CREATING")
    fails("twice", "ResourceInUseException", dynamodb.create_table, **parameters)
    fails("not yet", "ContinuousBackupsUnavailableException", dynamodb.update_continuous_backups, **recovery)
    fails("nor this", "ResourceNotFoundException", dynamodb.scan, TableName=TABLE)
    advance(10)
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    dynamodb.update_continuous_backups(**recovery)
    backups = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    equal("recoverable", backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")
    fails("protected", "ValidationException", dynamodb.delete_table, TableName=TABLE)
    code, told = command_line("dynamodb", "describe-table", "--table-name", TABLE, "--region", HOME)
    equal("the AWS CLI", (code, told["Table"]["TableStatus"]), (0, "ACTIVE"))


def key(sort, partition="p"):
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def put(sort, value, **more):
    return {"Put": {"TableName": TABLE, "Item": {**key(sort), "v": {"S": value}}, **more}}


def absent(sort, value):
    return put(sort, value, ConditionExpression="attribute_not_exists(pk)")


def value(dynamodb, sort):
    found = dynamodb.get_item(TableName=TABLE, Key=key(sort), ConsistentRead=True).get("Item")
    return found and found["v"]["S"]


def reasons(error):
    return [reason["Code"] for reason in error.response["CancellationReasons"]]


def transactions(dynamodb):
    write = dynamodb.transact_write_items
    write(TransactItems=[absent("a", "1"), absent("b", "1")])
    error = fails("one condition fails", "TransactionCanceledException", write, TransactItems=[put("c", "1"), absent("a", "2")])
    equal("and says which", reasons(error), ["None", "ConditionalCheckFailed"])
    equal("nothing of it is done", (value(dynamodb, "a"), value(dynamodb, "c")), ("1", None))
    fails("one item twice", "ValidationException", write, TransactItems=[put("c", "1"), put("c", "2")])
    many = [put(f"m{n:03}", "1") for n in range(101)]
    fails("101 actions", "ValidationException", write, TransactItems=many)
    write(TransactItems=many[:100])
    large = [put(f"l{n}", "x" * 390_000) for n in range(11)]
    fails("more than 4 MB", "ValidationException", write, TransactItems=large)
    fails("an item of more than 400 KB", "ValidationException", write, TransactItems=[put("c", "x" * 410_000)])
    names = {"ExpressionAttributeNames": {"#v": "v"}, "ExpressionAttributeValues": {":v": {"S": "1"}}}
    check_of = {"ConditionCheck": {"TableName": TABLE, "Key": key("a"), "ConditionExpression": "#v = :v", **names}}
    delete = {"Delete": {"TableName": TABLE, "Key": key("b"), "ConditionExpression": "#v = :v", **names}}
    kept = {"Update": {"TableName": TABLE, "Key": key("a"), "UpdateExpression": "SET #v = if_not_exists(#v, :v)", "ExpressionAttributeNames": {"#v": "v"}, "ExpressionAttributeValues": {":v": {"S": "9"}}}}
    write(TransactItems=[check_of, delete])
    write(TransactItems=[kept])
    equal("checked, deleted, kept", (value(dynamodb, "a"), value(dynamodb, "b")), ("1", None))
    fails("a reserved word", "ValidationException", write, TransactItems=[put("c", "1", ConditionExpression="attribute_exists(value)")])
    unused = {"ExpressionAttributeValues": {":v": {"S": "1"}}}
    fails("an unused value", "ValidationException", write, TransactItems=[put("c", "1", ConditionExpression="attribute_not_exists(pk)", **unused)])


def tokens(dynamodb):
    write = dynamodb.transact_write_items
    once = {"TransactItems": [put("t", "1")], "ClientRequestToken": "token-1"}
    write(**once)
    write(TransactItems=[put("t", "2")])
    write(**once)
    equal("done already", value(dynamodb, "t"), "2")
    other = {**once, "TransactItems": [put("t", "3")]}
    fails("another content", "IdempotentParameterMismatchException", write, **other)
    advance(601)
    write(**other)
    equal("ten minutes later", value(dynamodb, "t"), "3")


def lost(dynamodb):
    """Every way in which an answer comes to nothing, and what the same token finds then."""
    write = dynamodb.transact_write_items
    for n, (kind, done) in enumerate([("drop_before_effect", False), ("drop_after_effect", True), ("error_after_effect", True), ("http5xx", False), ("throttle", False)]):
        control("POST", "faults", {"service": "dynamodb", "operation": "TransactWriteItems", "kind": kind, "times": 1})
        once = {"TransactItems": [absent(f"lost{n}", "1")], "ClientRequestToken": f"lost-{n}"}
        try:
            write(**once)
            check(f"{kind}: must fail", False)
        except (ClientError, ConnectionClosedError, HTTPClientError) as error:
            code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code", "")
            wanted = {"throttle": "ThrottlingException", "http5xx": "InternalServerError", "error_after_effect": "InternalServerError"}
            equal(f"{kind}: code", code, wanted.get(kind, ""))
        equal(f"{kind}: done", value(dynamodb, f"lost{n}") is not None, done)
        write(**once)
        equal(f"{kind}: done once", value(dynamodb, f"lost{n}"), "1")


def pages(dynamodb):
    for n in range(30):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": {**key(f"/{n:02}", "q"), "v": {"S": "x" * 60_000}}}}])
    asked = {"TableName": TABLE, "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)", "ExpressionAttributeValues": {":p": {"S": "q"}, ":s": {"S": "/"}}}
    first = dynamodb.query(**asked, ConsistentRead=True)
    check("a page ends at a megabyte", first["Count"] < 30 and "LastEvaluatedKey" in first, first["Count"])
    paged = dynamodb.get_paginator("query").paginate(**asked, ConsistentRead=True)
    equal("all of them", [item["sk"]["S"] for page in paged for item in page["Items"]], [f"/{n:02}" for n in range(30)])
    between = {**asked, "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b", "ExpressionAttributeValues": {":p": {"S": "q"}, ":a": {"S": "/05"}, ":b": {"S": "/07"}}}
    equal("between", dynamodb.query(**between, ConsistentRead=True)["Count"], 3)
    backwards = {**between, "ExpressionAttributeValues": {":p": {"S": "q"}, ":a": {"S": "/07"}, ":b": {"S": "/05"}}}
    fails("between, backwards", "ValidationException", dynamodb.query, **backwards, ConsistentRead=True)
    limited = dynamodb.query(**between, ConsistentRead=True, Limit=3)
    check("a full page says that more may follow", limited["LastEvaluatedKey"] == key("/07", "q"), limited)
    scanned = dynamodb.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
    check("a scan has them too", sum(page["Count"] for page in scanned) > 130)
    advance(2)
    dynamodb.transact_write_items(TransactItems=[put("late", "1")])
    late = dynamodb.get_item(TableName=TABLE, Key=key("late"))
    check("a read that asks for no consistency is late", "Item" not in late, late)


def race(dynamodb):
    """Everybody adds one, each time from what he read: none is lost, none is done twice."""
    def add(_):
        mine, refused, done = client("dynamodb", HOME), 0, 0
        while done < 20:
            seen = value(mine, "sum")
            when = {"ConditionExpression": "attribute_not_exists(pk)"} if seen is None else {
                "ConditionExpression": "#v = :v", "ExpressionAttributeNames": {"#v": "v"}, "ExpressionAttributeValues": {":v": {"S": seen}}}
            new = int(seen or 0) + 1
            try:
                mine.transact_write_items(TransactItems=[put("sum", str(new), **when), absent(f"sum{new:03}", "1")])
                done += 1
            except mine.exceptions.TransactionCanceledException:
                refused += 1
        return refused

    with ThreadPoolExecutor(4) as pool:
        refused = sum(pool.map(add, range(4)))
    equal("the sum of 80", value(dynamodb, "sum"), "80")
    print(f"race: 80 additions by 4, {refused} refused")


def main():
    timing()
    dynamodb = client("dynamodb", HOME)
    make(dynamodb)
    transactions(dynamodb)
    tokens(dynamodb)
    lost(dynamodb)
    pages(dynamodb)
    race(dynamodb)
    [table] = control("GET", "tables")
    check("what it costs is counted", table["read_units"] > 100 and table["write_units"] > 100, table)
    dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=TABLE)
    sim_client.finish()


main()
