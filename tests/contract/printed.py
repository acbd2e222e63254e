"""Runs what amiwatch prints, word for word: the commands of `explain`, of notices and of remarks, with the
real AWS CLI on a simulated account of its own. The environments end in step, and people are told so.

    AMIWATCH_BIN=target/debug/amiwatch python3 tests/contract/printed.py [--show]

Needs boto3 and the AWS CLI beside this Python. The commands are pasted into a shell whose own region is
another one. `--show` prints each as it was run. Listens on loopback on a free port, writes into one scratch
folder, and ends what it started. Prints one closing line and exits 0; at the first failed check it exits 1.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = str(pathlib.Path(os.environ.get("AMIWATCH_BIN", "target/debug/amiwatch")).resolve())
REGION = "eu-west-1"
BY_HAND = "ami-5130000000000c001"
SHOW = "--show" in sys.argv[1:]
KEYS = {"AWS_ACCESS_KEY_ID": "sim", "AWS_SECRET_ACCESS_KEY": "sim", "AWS_EC2_METADATA_DISABLED": "true"}
CONFIG = f"""
installation = "acme"
[store]
url = "sqlite://amiwatch.db"
[watch.shop]
region = "{REGION}"
base = {{ beanstalk = "ECS running on 64bit Amazon Linux 2023" }}
recipe = "ecs-logging"
on_drift = "bake"
[[watch.shop.target]]
beanstalk = {{ application = "shop", environment = "shop-*" }}
[recipe.ecs-logging]
user_data = "recipe.yaml"
checks = [{{ name = "splunk is an allowed log driver", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]
[notify.ops]
sns = {{ topic_arn = "arn:aws:sns:{REGION}:000000000000:amiwatch" }}
"""


def serve(scratch, speed):
    """A simulated account, and its address. An update that is stopped leaves its draft, as it may."""
    (scratch / "desk").mkdir(parents=True)
    world = json.loads((ROOT / "config/world.json").read_text())
    world["moves"] = {"aborted_draft": "failed"}
    (scratch / "world.json").write_text(json.dumps(world))
    said = open(scratch / "serve", "w")
    served = subprocess.Popen(
        [BIN, "sim", "serve", "--listen", "127.0.0.1:0", "--world", scratch / "world.json", "--speed", str(speed)],
        stdout=said,
    )
    for _ in range(100):
        found = re.search(r"^listening on (\S+)", (scratch / "serve").read_text(), re.M)
        if found:
            return served, found[1]
        time.sleep(0.1)
    sys.exit("the simulated account does not listen")


class Desk:
    """A person's shell: amiwatch in one folder, and the AWS CLI."""

    def __init__(self, folder, url):
        self.folder = folder
        here = pathlib.Path(sys.executable).parent
        path = f"{here}:/usr/bin:/bin"
        self.common = {**KEYS, "AWS_ENDPOINT_URL": url, "HOME": str(folder), "PATH": path, "USER": "jo"}

    def amiwatch(self, *arguments, wanted=0):
        environment = {**self.common, "AWS_REGION": REGION}
        done = subprocess.run([BIN, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True)
        said = (done.returncode, done.stdout, done.stderr)
        check(f"amiwatch {' '.join(arguments)} ends in {wanted}", done.returncode == wanted, said)
        return done.stdout

    def paste(self, command):
        """As it stands, where another region is the shell's own."""
        if SHOW:
            print(f"$ {command}")
        environment = {**self.common, "AWS_DEFAULT_REGION": "us-west-2", "AWS_PAGER": ""}
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
        check(f"it runs: {command}", done.returncode == 0, done.stderr)
        return done.stdout


def commands_in(text):
    """Lines that are commands of the AWS CLI, as a person would copy them."""
    return re.findall(r"^ +(aws .*)$", text, re.M)


def quoted_in(text):
    """The same inside a sentence."""
    return re.findall(r"`(aws [^`]+)`", text)


def messages():
    """What the topic's subscriber got since the last look, by subject."""
    queue = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    found = {}
    while True:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        if not got:
            return found
        for one in got:
            body = json.loads(one["Body"])
            found[body["Subject"]] = body["Message"]
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])


def about(told, word):
    """The one message whose subject has this word."""
    found = [message for subject, message in told.items() if word in subject]
    check(f"one message says {word}", len(found) == 1, told)
    return found[0]


def environment(name):
    shown = eb.describe_environments(EnvironmentNames=[name])["Environments"][0]
    sets = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName=name)["ConfigurationSettings"]
    deployed = [one for one in sets if one["DeploymentStatus"] == "deployed"][0]
    image = [one.get("Value") for one in deployed["OptionSettings"] if one["OptionName"] == "ImageId"][0]
    return shown["Status"], shown["PlatformArn"].rsplit("/", 1)[1], image


def settle(name):
    for _ in range(240):
        if environment(name)[0] == "Ready":
            return
        advance(30)
    check(f"{name} is Ready again", False, environment(name))


def write_config(desk, config):
    (desk.folder / "amiwatch.toml").write_text(config)
    shutil.copy(ROOT / "config/recipes/demo.yaml", desk.folder / "recipe.yaml")


def baked(desk, more=""):
    """A watch whose image waits for two environments: one on stock, one on an image made by hand."""
    write_config(desk, CONFIG + more)
    desk.amiwatch("adopt", "shop", BY_HAND)
    desk.amiwatch("run", "--once")
    return json.loads(desk.amiwatch("check", "--format", "json", wanted=3))["watches"][0]["current"]


def moved(desk, image):
    """The commands of `explain` and of the notice, each pasted for one environment."""
    desk.amiwatch("run", "--once")
    told = about(messages(), "wait for it")
    explained = commands_in(desk.amiwatch("explain", "shop"))
    document = json.loads(desk.amiwatch("explain", "shop", "--format", "json"))
    listed = [one["command"] for one in document["commands"] if one["command"].startswith("aws ")]
    equal("explain says the same in both forms", explained, listed)
    equal("the notice says the same", commands_in(told), explained)
    equal("one command an environment", len(explained), 2)
    for command, source in zip(explained, ("explain", "notice")):
        name = re.search(r"--environment-name (\S+)", command)[1]
        check(f"{source}: {name} is behind", environment(name)[2] != image, environment(name))
        desk.paste(command)
        settle(name)
        equal(f"{source}: {name} is on image and version", environment(name), ("Ready", "4.5.1", image))
    desk.amiwatch("check")
    desk.amiwatch("run", "--once")
    about(messages(), "back in step")
    document = json.loads(desk.amiwatch("explain", "shop", "--format", "json"))
    listed = [one["command"] for one in document["commands"] if one["command"].startswith("aws ")]
    equal("nothing is left to paste", listed, [])


def old_way_mended(desk, image):
    """Somebody sets the image alone, as one did before: the skew is told with the command that ends it."""
    old = [one for one in versions() if one.endswith("/4.5.0")][0]
    eb.update_environment(EnvironmentName="shop-blue", PlatformArn=old)
    settle("shop-blue")
    equal("new image on old version", environment("shop-blue"), ("Ready", "4.5.0", image))
    desk.amiwatch("check", wanted=3)
    (command,) = commands_in(desk.amiwatch("explain", "shop"))
    desk.paste(command)
    settle("shop-blue")
    equal("mended", environment("shop-blue"), ("Ready", "4.5.1", image))
    desk.amiwatch("check")


def versions():
    found = eb.list_platform_versions(Filters=[
        {"Type": "PlatformBranchName", "Operator": "=", "Values": ["ECS running on 64bit Amazon Linux 2023"]},
    ])
    return [one["PlatformArn"] for one in found["PlatformSummaryList"]]


def enabled(desk, image):
    """A remark's command: the image that somebody disabled."""
    ec2.disable_image(ImageId=image)
    said = json.loads(desk.amiwatch("check", "--format", "json", wanted=3))["watches"][0]
    sentences = [reason["message"] for target in said["targets"] for reason in target["reasons"]]
    found = {command for sentence in sentences for command in quoted_in(sentence)}
    equal("one command enables it", len(found), 1)
    desk.paste(found.pop())
    desk.amiwatch("check")


def swept(desk):
    """A stray's command: a builder that nobody claims, since its store was lost, and that may not be removed."""
    write_config(desk, CONFIG)
    environment = {**desk.common, "AWS_REGION": REGION}
    bake = subprocess.Popen([BIN, "bake", "shop"], cwd=desk.folder, env=environment, stderr=subprocess.DEVNULL)
    while not builders():
        time.sleep(0.05)
    bake.kill()
    bake.wait()
    for left in desk.folder.glob("amiwatch.db*"):
        left.unlink()
    write_config(desk, CONFIG.replace('on_drift = "bake"', 'on_drift = "notify"'))
    desk.amiwatch("run", "--once")
    control("POST", "deny", {"action": "ec2:TerminateInstances"})
    desk.amiwatch("sweep", "--apply", "--older-than", "0s", wanted=1)
    control("POST", "allow", {"action": "ec2:TerminateInstances"})
    desk.amiwatch("run", "--once")
    (command,) = [one for one in commands_in(about(messages(), "instance i-")) if "terminate" in one]
    desk.paste(command)
    advance(600)
    equal("the stray is gone", builders(), [])


def builders():
    found = ec2.describe_instances(Filters=[
        {"Name": "tag:amiwatch:role", "Values": ["builder"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ])
    return [one["InstanceId"] for held in found["Reservations"] for one in held["Instances"]]


def the_everyday(desk):
    ours = baked(desk)
    moved(desk, ours)
    old_way_mended(desk, ours)
    enabled(desk, ours)


def by_a_word(desk):
    """The command of amiwatch's own that explain gives first, and the one that its plan names as the way back."""
    ours = baked(desk, '[watch.shop.rollout]\nsettle = "1m"\n')
    before = environment("shop-blue")
    document = json.loads(desk.amiwatch("explain", "shop", "--format", "json"))
    own = [one["command"] for one in document["commands"] if one["command"].startswith("amiwatch rollout ")]
    equal("one an environment", len(own), 2)
    forth = shlex.split(own[0])[1:]
    plan = desk.amiwatch(*forth, wanted=2)
    desk.amiwatch(*forth, "--yes")
    equal("it was moved", environment("shop-blue"), ("Ready", "4.5.1", ours))
    about(messages(), "runs ami-")
    (back,) = re.findall(r"`(amiwatch rollback [^`]+)`", plan)
    desk.amiwatch(*shlex.split(back)[1:], "--yes")
    equal("it was taken back", environment("shop-blue"), before)
    about(messages(), "was taken back")


def draft(name):
    sets = eb.describe_configuration_settings(ApplicationName="shop", EnvironmentName=name)["ConfigurationSettings"]
    return [one["DeploymentStatus"] for one in sets if one["DeploymentStatus"] != "deployed"]


def by_hand(desk):
    """A move that fails where the watch says that a person goes on: the notice's commands, each where it fits."""
    ours = baked(desk, '[watch.shop.rollout]\nsettle = "1m"\non_failure = "stop"\n')
    before = environment("shop-blue")
    ill = {"change_image": {"image_id": ours, "change": {"serves": {"status": "Severe", "causes": ["It does not answer."]}}}}
    do(on_moment={"environment": "shop-blue", "moment": "ready", "action": ill})
    desk.amiwatch("rollout", "shop", "--environment", "shop-blue", "--yes", wanted=1)
    told = commands_in(about(messages(), "was not moved"))
    look, stop, back, delete = (
        next(one for one in told if f" {verb} " in one)
        for verb in ("describe-events", "abort-environment-update", "update-environment", "delete-environment-configuration")
    )
    equal("these four and no other", len(told), 4)
    check("a person may forget it there", environment("shop-blue") == ("Ready", "4.5.1", ours), environment("shop-blue"))
    check("Beanstalk says something", json.loads(desk.paste(look))["Events"])
    desk.paste(back)
    equal("it goes back", environment("shop-blue")[0], "Updating")
    desk.paste(stop)
    settle("shop-blue")
    equal("it was stopped, and left its draft", (environment("shop-blue")[2], draft("shop-blue")), (ours, ["failed"]))
    desk.paste(delete)
    equal("the draft is gone", draft("shop-blue"), [])
    desk.paste(back)
    settle("shop-blue")
    equal("it is as it was", environment("shop-blue"), before)
    history = desk.amiwatch("history", "shop")
    check("the history says whose it was", "not moved, image" in history, history)


# Ages are told by amiwatch's clock, which is the account's own only where that one is not sped up.
ACTS = {the_everyday: 20, by_a_word: 20, by_hand: 20, swept: 1}
scratch = pathlib.Path(tempfile.mkdtemp())
for act, speed in ACTS.items():
    folder = scratch / act.__name__
    served, url = serve(folder, speed)
    try:
        os.environ["AMIWATCH_SIM_URL"], sys.argv = url, sys.argv[:1]
        import sim_client
        from sim_client import advance, check, client, control, do, equal

        sim_client.URL = url
        eb, ec2, sqs = client("elasticbeanstalk"), client("ec2"), client("sqs")
        act(Desk(folder / "desk", url))
    finally:
        served.kill()
        served.wait()
        shutil.rmtree(folder)
sim_client.finish()
