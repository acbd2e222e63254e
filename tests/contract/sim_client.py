"""What every contract with the simulated account needs: its address, clients, checks and the control door.

The address comes as the first argument or in AMIWATCH_SIM_URL. At the first failed check the program
ends with exit code 1.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = (sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AMIWATCH_SIM_URL", "")).rstrip("/")
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
CREDENTIALS = {"aws_access_key_id": "simulated", "aws_secret_access_key": "simulated"}
passed = 0


def check(what, held, seen=None):
    global passed
    if not held:
        print(f"FAILED: {what}: {seen!r}")
        sys.exit(1)
    passed += 1


def equal(what, seen, wanted):
    check(what, seen == wanted, (seen, wanted))


def client(service, region=REGION, **config):
    config = Config(**{"retries": {"total_max_attempts": 1}, **config})
    return boto3.client(
        service, region_name=region, endpoint_url=URL, config=config, **CREDENTIALS
    )


def fails(what, code, call, **parameters):
    try:
        answer = call(**parameters)
    except ClientError as error:
        equal(f"{what}: code", error.response["Error"]["Code"], code)
        check(f"{what}: request id", error.response["ResponseMetadata"].get("RequestId"))
        return error
    check(f"{what}: must fail with {code}", False, answer)


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/_sim/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def do(region=REGION, **action):
    return control("POST", "do", {"region": region, "do": action})["id"]


def advance(seconds):
    control("POST", "advance", {"seconds": seconds})


def timing(**seconds):
    """The account's times from now on; what is not named has its default."""
    control("POST", "world", {"timing": seconds})


def command_line(*arguments):
    """Runs the AWS CLI beside this Python; its exit code, and its answer or its complaint."""
    aws = pathlib.Path(sys.executable).parent / "aws"
    environment = {
        **os.environ, "AWS_ENDPOINT_URL": URL, "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "",
    }
    done = subprocess.run([aws, *arguments, "--output", "json"], env=environment, capture_output=True, text=True)
    return done.returncode, (json.loads(done.stdout) if done.stdout else done.stderr)


def strike(service, calls, codes):
    """Lets each call fail in each way, once; the last way is one in which it is done all the same."""
    for operation, (call, parameters) in calls.items():
        for kind, code in codes.items():
            control("POST", "faults", {"service": service, "operation": operation, "kind": kind, "times": 1})
            fails(f"{operation}: {kind}", code, call, **parameters)
        last = [entry for entry in control("GET", "ledger") if entry["operation"] == operation][-1]
        check(f"{operation}: the last one took effect all the same", last["took_effect"], last)


def finish():
    """The closing line."""
    if not URL:
        sys.exit("give the address of a served simulated account, e.g. http://127.0.0.1:4599")
    print(f"{passed} checks passed")
