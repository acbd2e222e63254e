"""A release feed on the simulated account: the real binary follows a platform branch without a recipe, and the AWS
CLI reads the parameter's history back, one version for each release.

    sim_feed.py URL AMIWATCH_BIN

Works in a region of its own and a scratch folder. Prints what the AWS CLI printed, and one closing line, `N checks
passed`; at the first failed check it exits 1.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import sim_client
from sim_client import BRANCH, URL, check, do, equal, timing

HOME = "eu-west-3"
NAME = "/releases/ecs/x86_64"
CONFIG = f"""
installation = "acme-prod"
[aws]
region = "{HOME}"
[store]
url = "sqlite:amiwatch.db"
[watch.ecs]
base = {{ beanstalk = "{BRANCH}" }}
publish = {{ ssm = "/releases/ecs/{{architecture}}" }}
"""


def run_once(desk):
    environment = {
        **os.environ, "AWS_ENDPOINT_URL": URL, "AWS_ACCESS_KEY_ID": "simulated", "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_EC2_METADATA_DISABLED": "true", "HOME": desk,
    }
    ran = subprocess.run([pathlib.Path(sys.argv[2]).resolve(), "run", "--once"], cwd=desk, env=environment, capture_output=True, text=True, timeout=300)
    check("a pass ends well", ran.returncode == 0, (ran.returncode, ran.stdout, ran.stderr))


def aws(*arguments):
    code, answer = sim_client.command_line("--region", HOME, *arguments)
    check(f"aws {' '.join(arguments)}", code == 0, answer)
    return answer


def main():
    timing()
    versions = ["4.5.0", "4.5.1", "4.5.2"]
    with tempfile.TemporaryDirectory() as desk:
        pathlib.Path(desk, "amiwatch.toml").write_text(CONFIG)
        do(HOME, release={"branch": BRANCH, "version": versions[0]})
        run_once(desk)  # Where it begins from: nothing is published yet.
        run_once(desk)
        for version in versions[1:]:
            do(HOME, release={"branch": BRANCH, "version": version})
            run_once(desk)
        run_once(desk)  # Nothing is new: nothing is written.
    history = aws("ssm", "get-parameter-history", "--name", NAME)["Parameters"]
    print(f"$ aws ssm get-parameter-history --name {NAME}")
    for one in history:
        print(one["Version"], one["Value"], one["DataType"], one["LastModifiedUser"])
    equal("a version for each release", [one["Version"] for one in history], [1, 2, 3])
    equal("each another image", len({one["Value"] for one in history}), 3)
    equal("of the data type that launches resolve", {one["DataType"] for one in history}, {"aws:ec2:image"})
    images = aws("ec2", "describe-images", "--image-ids", *[one["Value"] for one in history])["Images"]
    owners = {image["ImageId"]: image["ImageOwnerAlias"] for image in images}
    equal("the platform's own images", [owners[one["Value"]] for one in history], ["amazon"] * 3)
    newest = aws("ssm", "get-parameter", "--name", f"{NAME}:3")["Parameter"]["Value"]
    equal("the newest release is the value", newest, history[-1]["Value"])
    sim_client.finish()


main()
