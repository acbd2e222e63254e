"""Runs every command that amiwatch prints for a person to paste, as it is printed.

    commands.py AMIWATCH_BIN COMMANDS_EXAMPLE

What explain, the drift notice and remarks print is pasted by printed.py; this runs the rest. The table comes
from the code that prints the commands (examples/commands.rs), with the ids of things that
are made here on a simulated account of this program's own. `aws ...` is run by the real AWS CLI, `amiwatch
...` by the binary, in the table's order, from an account in which each is right to run. Whatever ends
otherwise than is written below fails, and so does a command that nobody has written down. Needs boto3, and
the `aws` command beside this Python. Prints `N commands run, M not`, with the reasons for those.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION, BRANCH = "eu-west-1", "ECS running on 64bit Amazon Linux 2023"
# What cannot be run here, by how it begins.
NOT_RUN = {"aws cloudtrail lookup-events": "the simulated account has no CloudTrail"}
# How a command ends that does not end with 0: verdicts are exit codes.
ENDS = {"amiwatch check": 3, "amiwatch plan": 3}


def main():
    binary, example = (str(pathlib.Path(word).resolve()) for word in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as scratch:
        words = [binary, "sim", "serve", "--listen", "127.0.0.1:0", "--speed", "60"]
        served = subprocess.Popen(words, cwd=scratch, stdout=subprocess.PIPE, text=True)
        try:
            url = served.stdout.readline().strip().removeprefix("listening on ")
            run_all(binary, example, pathlib.Path(scratch), url)
        finally:
            served.terminate()
            served.wait()


def run_all(binary, example, scratch, url):
    environment = {
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), str(scratch / "bin"), "/usr/bin", "/bin"]),
        "HOME": str(scratch), "AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "sim", "AWS_SECRET_ACCESS_KEY": "sim", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "", "USER": "jo",
    }
    (scratch / "bin").mkdir()
    (scratch / "bin/amiwatch").symlink_to(binary)
    ids = fill(url)
    configure(scratch)
    table = subprocess.run([example], input=json.dumps(ids), capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in table.splitlines()]
    assert len(rows) > 20, table
    ran, left = 0, []
    for row in rows:
        command = row["command"]
        reason = next((why for begin, why in NOT_RUN.items() if command.startswith(begin)), None)
        if reason:
            left.append(f"{command}: {reason}")
            continue
        before(command, url, ids)
        done = subprocess.run(command, shell=True, cwd=scratch, env=environment, capture_output=True, text=True)
        wanted = next((code for begin, code in ENDS.items() if command.startswith(begin)), 0)
        if done.returncode != wanted:
            print(f"FAILED: {row['cause']}: {row['sentence']}\n  {command}\n  ended in {done.returncode}, not in {wanted}")
            print(done.stdout + done.stderr)
            sys.exit(1)
        after(command, url, ids, done.stdout)
        ran += 1
    print(f"{ran} commands run, {len(left)} not" + "".join(f"\n  {one}" for one in left))


def client(url, service):
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="sim", aws_secret_access_key="sim"
    )


def do(url, **what):
    body = json.dumps({"region": REGION, "do": what}).encode()
    request = urllib.request.Request(url + "/_sim/do", data=body)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def fill(url):
    """A platform, an environment on the stock image, and one of everything that a bake makes."""
    disk = {"/etc/ecs/ecs.config": "ECS_CLUSTER=awseb-shop\n"}
    base = "ami-5130000000000a451"
    do(url, branch={"name": BRANCH})
    do(url, release={"branch": BRANCH, "version": "4.5.1", "images": {"x86_64": base}, "disk": disk})
    do(url, environment={"application": "shop", "name": "shop-blue", "branch": BRANCH})
    ec2, key = client(url, "ec2"), "0123456789abcdef" * 4
    tags = [{"Key": "amiwatch:installation", "Value": "acme"}, {"Key": "amiwatch:key", "Value": key}]
    made = ec2.run_instances(
        ImageId=base, InstanceType="t3.small", MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [*tags, {"Key": "amiwatch:role", "Value": "builder"}]}],
    )
    instance = made["Instances"][0]["InstanceId"]
    vpc = ec2.describe_subnets()["Subnets"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="amiwatch/acme", Description="guests", VpcId=vpc)["GroupId"]
    image = do(url, image={"name": "amiwatch/shop/4.5.1/0-0", "source_image_id": base})
    other = do(url, image={"name": "somebody-else-s", "source_image_id": base})
    image, other = image["id"], other["id"]
    snapshot = snapshot_of(ec2, other)
    ec2.deregister_image(ImageId=other)
    for thing, role in ((image, "image"), (group, "network")):
        ec2.create_tags(Resources=[thing], Tags=[*tags, {"Key": "amiwatch:role", "Value": role}])
    return {
        "region": REGION, "installation": "acme", "key": key, "instance": instance, "image": image,
        "snapshot": snapshot, "volume": volume(ec2, base), "group": group,
        "environment": "shop-blue", "watch": "shop",
    }


def snapshot_of(ec2, image):
    described = ec2.describe_images(ImageIds=[image])["Images"][0]
    return described["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]


def volume(ec2, base):
    """A disk that outlived its instance."""
    kept = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    made = ec2.run_instances(
        ImageId=base, InstanceType="t3.small", MinCount=1, MaxCount=1, BlockDeviceMappings=kept
    )
    instance = made["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[instance])
    for _ in range(100):
        free = ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])["Volumes"]
        if free:
            return free[0]["VolumeId"]
        time.sleep(0.2)
    raise SystemExit("no disk outlives its instance")


def configure(scratch):
    (scratch / "recipe.yaml").write_text((ROOT / "config/recipes/demo.yaml").read_text())
    (scratch / "amiwatch.toml").write_text(f'''
installation = "acme"

[store]
url = "sqlite://amiwatch.db"

[watch.shop]
base = {{ beanstalk = "{BRANCH}" }}
recipe = "demo"
on_drift = "notify"

[[watch.shop.target]]
beanstalk = {{ application = "shop", environment = "shop-*" }}

[recipe.demo]
user_data = "recipe.yaml"
checks = [{{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]
''')


def before(command, url, ids):
    """What makes the command right to run."""
    ec2 = client(url, "ec2")
    if command.startswith("aws ec2 enable-image"):
        ec2.disable_image(ImageId=ids["image"])


def after(command, url, ids, said):
    """That it did what the sentence says."""
    ec2 = client(url, "ec2")
    if command.startswith("aws ec2 describe-"):
        found = json.loads(said)
        assert any(found.values()), f"{command}: nothing was found"
    if command.startswith("aws ec2 enable-image"):
        assert ec2.describe_images(ImageIds=[ids["image"]])["Images"][0]["State"] == "available"
    if command.startswith("aws ec2 deregister-image") and ids["image"] in command:
        assert not ec2.describe_images(Filters=[{"Name": "image-id", "Values": [ids["image"]]}])["Images"]


if __name__ == "__main__":
    main()
