"""Holds the store to a DynamoDB that we did not write: ministack.

    ministack.py MINISTACK COMMAND...

MINISTACK is its program, which is started on a free port with an empty folder. First its transactions are shown to
be atomic, since nothing could be concluded from a store on one whose transactions are not: processes race for a
counter, each time putting a record of its number beside it, and send every fifth transaction again under its token. Then
COMMAND (the store's contract, in real time) is run with AMIWATCH_TABLE_ENDPOINT set to it. Needs boto3. Ends only what
it started. Prints one line for the race and one at the end.
"""

import concurrent.futures
import os
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION, TABLE = "eu-west-1", "race"
RACERS, EACH = 4, 150


def client(url):
    return boto3.client(
        "dynamodb", endpoint_url=url, region_name=REGION, aws_access_key_id="race", aws_secret_access_key="race",
        config=Config(retries={"max_attempts": 1}))


def made(dynamodb):
    dynamodb.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE)


def key(sort):
    return {"pk": {"S": "race"}, "sk": {"S": sort}}


def races(url, racer):
    """Counts up until it has done so often enough; how often another was faster, and how often it asked again."""
    dynamodb, conflicts, repeats, done = client(url), 0, 0, 0
    while done < EACH:
        now = dynamodb.get_item(TableName=TABLE, Key=key("sum"), ConsistentRead=True).get("Item")
        n = int(now["n"]["N"]) if now else 0
        unchanged = {"ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": str(n)}}}
        absent = {"ConditionExpression": "attribute_not_exists(pk)"}
        asked = {
            "ClientRequestToken": f"{racer}-{done}-{conflicts}",
            "TransactItems": [
                {"Put": {"TableName": TABLE, "Item": {**key("sum"), "n": {"N": str(n + 1)}}, **(unchanged if n else absent)}},
                {"Put": {"TableName": TABLE, "Item": {**key(f"by/{n:06}"), "who": {"S": racer}}, **absent}},
            ],
        }
        try:
            dynamodb.transact_write_items(**asked)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("TransactionCanceledException", "TransactionInProgressException"):
                raise
            conflicts += 1
            continue
        done += 1
        if done % 5 == 0:
            dynamodb.transact_write_items(**asked)
            repeats += 1
    return conflicts, repeats


def race(url):
    dynamodb = client(url)
    made(dynamodb)
    with concurrent.futures.ProcessPoolExecutor(RACERS) as pool:
        told = [future.result() for future in [pool.submit(races, url, f"racer{n}") for n in range(RACERS)]]
    conflicts, repeats = (sum(column) for column in zip(*told))
    total = int(dynamodb.get_item(TableName=TABLE, Key=key("sum"), ConsistentRead=True)["Item"]["n"]["N"])
    pages = dynamodb.get_paginator("query").paginate(
        TableName=TABLE, ConsistentRead=True, KeyConditionExpression="pk = :p AND begins_with(sk, :s)",
        ExpressionAttributeValues={":p": {"S": "race"}, ":s": {"S": "by/"}})
    records = sum(page["Count"] for page in pages)
    wanted = RACERS * EACH
    if (total, records) != (wanted, wanted) or conflicts < RACERS:
        sys.exit(f"ministack: not atomic, or no race: {wanted} transactions, sum {total}, {records} records, {conflicts} conflicts")
    print(f"ministack: {wanted} transactions of {RACERS} processes, sum {total}, {records} records, {conflicts} conflicts, "
          f"{repeats} repeated under their tokens and not done twice", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ready(url, server):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            sys.exit(f"ministack ended with {server.returncode}")
        try:
            client(url).list_tables()
            return
        except (BotoCoreError, ClientError):  # it does not listen yet
            time.sleep(0.2)
    sys.exit("ministack does not answer")


def main(program, command):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR",
            "SERVICES": "dynamodb",
        }
        with open(os.path.join(folder, "log"), "w") as log:
            server = subprocess.Popen([program], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            ready(url, server)
            race(url)
            held = subprocess.run(command, env={
                **os.environ, "AMIWATCH_TABLE_ENDPOINT": url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "contract",
                "AWS_SECRET_ACCESS_KEY": "contract", "AWS_EC2_METADATA_DISABLED": "true",
            })
        finally:
            server.terminate()
            server.wait(timeout=30)
    if held.returncode != 0:
        sys.exit(f"ministack: the store's contract does not hold there (exit {held.returncode})")
    print("ministack: the store's contract holds")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
