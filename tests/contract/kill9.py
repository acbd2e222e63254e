"""Kills the real binary with SIGKILL at random moments of a bake, again and again, in real time.

    AMIWATCH_BIN=target/release/amiwatch python3 tests/contract/kill9.py [--kills 100] [--seed 1] [--workers 3]

Each worker serves a simulated account of its own (`amiwatch sim serve`), and goes through rounds: a new
release comes out, a process that bakes it is started and killed (up to four times in a row), beside it
people use other commands, and then a process is let through. What is asserted after each round is read
with boto3 and from the account's own ledger, never from amiwatch's records: one verified image for each
release, and nothing else of ours. Needs boto3. Ends only what it started. Prints one closing line and
exits 0; at the first breach it prints the worker's folder, keeps it, and exits 1. The same seed draws the
same moments; what they hit depends on the machine.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
from botocore.config import Config

BIN = str(pathlib.Path(os.environ.get("AMIWATCH_BIN", "target/debug/amiwatch")).resolve())
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
SPEED = 40
# Longer than a bake takes at this speed on a busy machine.
BAKE_S = 4.5
PATIENCE_S = 180
WORLD = {
    "timing": {"start": 3, "stop": 4, "image": 10, "snapshot": 8, "console": 1, "console_post": 3},
    "steps": [
        {"region": REGION, "do": {"branch": {"name": BRANCH}}},
        {"region": REGION, "do": {"topic": {"name": "amiwatch"}}},
        {"region": REGION, "do": {"queue": {"name": "inbox"}}},
        {"region": REGION, "do": {"subscription": {"topic": "amiwatch", "queue": "inbox"}}},
    ],
}
CONFIG = f"""
installation = "acme"
[store]
url = "sqlite://amiwatch.db"
[watch.shop]
region = "{REGION}"
base = {{ beanstalk = "{BRANCH}" }}
recipe = "logging"
on_drift = "bake"
[recipe.logging]
user_data = "recipe.yaml"
checks = [{{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]
[notify.ops]
sns = {{ topic_arn = "arn:aws:sns:{REGION}:000000000000:amiwatch" }}
"""
RECIPE = """#cloud-config
runcmd:
  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["splunk"]' >> /etc/ecs/ecs.config
"""
# The daemon's first pass comes with its first tick.
CONFIG += """
[schedule]
cron = "*/2 * * * * *"
jitter = "0s"
"""


class Breach(Exception):
    pass


def says_why(code, said):
    """It did what was asked, or says in a line of its own why not."""
    why = any(line.startswith("amiwatch: ") for line in said.splitlines())
    return "panicked" not in said and (code == 0 or (code == 1 and why))


def has_daemon():
    """Whether `run` alone is the daemon."""
    return "--once" not in subprocess.run(
        [BIN, "run", "--help"], capture_output=True, text=True, check=True
    ).stdout.split("Usage:")[1].split("\n")[0]


class Tally:
    """What all workers did, and whether they shall stop."""

    def __init__(self, kills):
        self.lock = threading.Lock()
        self.wanted = kills
        self.kills = self.rounds = self.late = self.beside = 0
        self.breach = None

    def goes_on(self):
        with self.lock:
            return self.breach is None and self.kills < self.wanted

    def count(self, **what):
        with self.lock:
            for name, by in what.items():
                setattr(self, name, getattr(self, name) + by)


class Worker:
    def __init__(self, number, seed, tally):
        self.random = random.Random(f"{seed}/{number}")
        self.tally = tally
        self.number = number
        self.releases = 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"amiwatch-kill9-{number}-"))
        (self.folder / "amiwatch.toml").write_text(CONFIG)
        (self.folder / "recipe.yaml").write_text(RECIPE)
        (self.folder / "world.json").write_text(json.dumps(WORLD))
        self.server = None
        self.daemon = has_daemon()

    # -- processes

    def environment(self):
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "sim",
            "AWS_SECRET_ACCESS_KEY": "sim",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def serve(self):
        command = [BIN, "sim", "serve", "--listen", "127.0.0.1:0", "--world", "world.json"]
        self.server = subprocess.Popen(
            command + ["--speed", str(SPEED)], cwd=self.folder, stdout=subprocess.PIPE, text=True
        )
        first = self.server.stdout.readline()
        if not first.startswith("listening on "):
            raise Breach(f"the account is not served: {first!r}")
        self.url = first.removeprefix("listening on ").strip()
        self.ec2 = boto3.client(
            "ec2",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="sim",
            aws_secret_access_key="sim",
            config=Config(retries={"max_attempts": 4}),
        )

    def start(self, *arguments):
        log = (self.folder / "log").open("a")
        log.write(f"\n$ amiwatch {' '.join(arguments)}\n")
        log.flush()
        return subprocess.Popen(
            [BIN, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def run(self, *arguments):
        done = subprocess.run(
            [BIN, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        with (self.folder / "log").open("a") as log:
            log.write(f"\n$ amiwatch {' '.join(arguments)} -> {done.returncode}\n")
            log.write(done.stdout + done.stderr)
        return done

    def sim(self, verb, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sim/{verb}", data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    # -- one round

    def release(self):
        self.releases += 1
        disk = {"/etc/ecs/ecs.config": "ECS_CLUSTER=shop\n"}
        version = f"4.{self.releases}.0"
        return self.sim(
            "release", {"region": REGION, "branch": BRANCH, "version": version, "disk": disk}
        )

    def kill_one(self):
        """Starts a process that bakes, and kills it when its time has come."""
        drives = self.random.choice([["run", "--once"], ["bake", "shop"]] + [["run"]] * self.daemon)
        process = self.start(*drives)
        companion = self.companion() if self.random.random() < 0.4 else None
        time.sleep(self.random.uniform(0.0, BAKE_S))
        ended = process.poll()
        if ended is None:
            process.send_signal(signal.SIGKILL)
            self.tally.count(kills=1)
        else:
            self.tally.count(late=1)
            said = (self.folder / "log").read_text().rsplit("\n$ ", 1)[-1]
            if not says_why(ended, said):
                raise Breach(f"{drives} ended by itself with {ended}: {said}")
        process.wait()
        if companion is not None:
            self.end_companion(*companion)

    def companion(self):
        """What people do beside it: all of these either do it, or say why not."""
        commands = [["status"], ["hold"], ["run", "--once"], ["bake", "shop"], ["sweep"]]
        asked = self.random.choice(commands + [["run"]] * self.daemon)
        time.sleep(self.random.uniform(0.0, 1.0))
        self.tally.count(beside=1)
        command = subprocess.Popen(
            [BIN, *asked],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return asked, command

    def end_companion(self, asked, command):
        # The one that drove is dead: this one has the place now, or is through. A daemon ends only so.
        if (asked == ["run"] or self.random.random() < 0.3) and command.poll() is None:
            time.sleep(self.random.uniform(0.0, BAKE_S) if asked == ["run"] else 0.0)
            command.send_signal(signal.SIGKILL)
            self.tally.count(kills=1)
            command.communicate()
            return
        said, _ = command.communicate(timeout=PATIENCE_S)
        if not says_why(command.returncode, said):
            raise Breach(f"{asked} beside a process that was killed: {command.returncode}: {said}")

    def round(self):
        release = self.release()
        for _ in range(self.random.randint(1, 4)):
            self.kill_one()
            if not self.tally.goes_on():
                break
        last = self.run("run", "--once")
        if last.returncode != 0:
            raise Breach(f"the last pass ended with {last.returncode}: {last.stdout}{last.stderr}")
        again = self.run("run", "--once")
        if again.returncode != 0 or "in step" not in again.stdout:
            raise Breach(f"it does not settle: {again.stdout}{again.stderr}")
        self.tally.count(rounds=1)
        self.judge(release)

    # -- what must hold

    def judge(self, release):
        ours = [{"Name": "tag:amiwatch:installation", "Values": ["acme"]}]
        images = self.ec2.describe_images(Owners=["self"])["Images"]
        verified = {}
        for image in images:
            tags = {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])}
            if tags.get("amiwatch:state") != "verified":
                raise Breach(f"an image that is not verified stays: {image}")
            verified.setdefault(tags["amiwatch:key"], []).append(tags["amiwatch:base-image"])
        doubled = [key for key, of in verified.items() if len(of) != 1]
        bases = sorted(of[0] for of in verified.values())
        if doubled or len(set(bases)) != len(bases):
            raise Breach(f"two verified images for one key or release: {verified}")
        if release["images"]["x86_64"] not in bases or len(bases) != self.releases:
            raise Breach(f"the release has no verified image: {release} {bases}")
        found = self.ec2.describe_instances(Filters=ours)["Reservations"]
        alive = [
            one
            for reservation in found
            for one in reservation["Instances"]
            if one["State"]["Name"] != "terminated"
        ]
        groups = self.ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
        volumes = self.ec2.describe_volumes(Filters=ours)["Volumes"]
        snapshots = {one["SnapshotId"] for one in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        kept = {m["Ebs"]["SnapshotId"] for image in images for m in image["BlockDeviceMappings"]}
        left = [one for one in self.sim("leftovers") if one["kind"] not in ("image", "snapshot")]
        if alive or groups or volumes or snapshots != kept or left:
            raise Breach(f"left behind: {alive} {groups} {volumes} {snapshots ^ kept} {left}")

    def work(self):
        try:
            self.serve()
            while self.tally.goes_on():
                self.round()
        except Exception as error:  # a breach, or something of this script: either ends the whole
            with self.tally.lock:
                self.tally.breach = self.tally.breach or f"worker {self.number}: {error!r} ({self.folder})"
        finally:
            if self.server is not None:
                self.server.terminate()
                self.server.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=3)
    options = options.parse_args()
    tally = Tally(options.kills)
    workers = [Worker(number, options.seed, tally) for number in range(options.workers)]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if tally.breach is not None:
        print(f"FAILED with seed {options.seed} after {tally.kills} kills: {tally.breach}")
        sys.exit(1)
    for worker in workers:
        shutil.rmtree(worker.folder)
    took = time.monotonic() - began
    print(
        f"kill -9: {tally.kills} kills in {tally.rounds} rounds, {tally.beside} commands beside, "
        f"{tally.late} processes that were through before; every promise held ({took:.0f} s)"
    )


main()
