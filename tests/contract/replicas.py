"""Kills, stops and freezes real daemons that share a table, again and again, in real time.

    AMIWATCH_BIN=target/release/amiwatch python3 tests/contract/replicas.py [--kills 100] [--seed 1] [--workers 3] [--beside 0]

Each worker serves a simulated account of its own (`amiwatch sim serve`), makes the table (`amiwatch store init`), and
starts three daemons on it. Whoever leads is killed (SIGKILL), stopped (SIGTERM) or frozen (SIGSTOP, for longer than a
lease lasts; then SIGCONT), at random moments, while releases come out and are baked. What is asserted: somebody else
leads within 30 s of a kill or a freeze and within 2 s of a clean stop (and `--beside` seconds more, on a machine that
does something else meanwhile); never do two say that they lead by a renewal
that is fresh; a leader that was frozen changes nothing at AWS once somebody else leads; and in the end there is one
verified image for each release, and nothing else of ours. Who changed what is read from the account's own ledger.
Needs boto3. Ends only what it started. Prints one closing line with the times and exits 0; at the first breach it
prints the worker's folder, keeps it, and exits 1.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

BIN = str(pathlib.Path(os.environ.get("AMIWATCH_BIN", "target/debug/amiwatch")).resolve())
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
SPEED = 20
REPLICAS = 3
FOLLOWED_S = 30
STOPPED_S = 2
READS = ("Describe", "Get", "List", "Query", "Scan")
WORLD = {
    "timing": {"start": 3, "stop": 4, "image": 10, "snapshot": 8, "console": 1, "console_post": 3},
    "steps": [
        {"region": REGION, "do": {"branch": {"name": BRANCH}}},
        {"region": REGION, "do": {"topic": {"name": "amiwatch"}}},
    ],
}
CONFIG = """
installation = "acme"
[store]
url = "dynamodb://amiwatch?region={region}"
[schedule]
cron = "*/2 * * * * *"
jitter = "0s"
[http]
listen = "127.0.0.1:{port}"
[watch.shop]
region = "{region}"
base = {{ beanstalk = "{branch}" }}
recipe = "logging"
on_drift = "bake"
[recipe.logging]
user_data = "recipe.yaml"
checks = [{{ name = "splunk is allowed", run = "grep -q 'splunk' /etc/ecs/ecs.config" }}]
[notify.ops]
sns = {{ topic_arn = "arn:aws:sns:{region}:000000000000:amiwatch" }}
"""
RECIPE = """#cloud-config
runcmd:
  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=["splunk"]' >> /etc/ecs/ecs.config
"""


class Breach(Exception):
    pass


class Tally:
    """What all workers did, and whether they shall stop."""

    def __init__(self, kills, beside):
        self.lock = threading.Lock()
        self.beside = beside
        self.left = kills
        self.took = {"kill": [], "stop": [], "freeze": []}
        self.breach = None

    def next(self):
        with self.lock:
            self.left -= 1
            return self.breach is None and self.left >= 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Replica:
    """One daemon, with a folder, a port and a key of its own."""

    def __init__(self, worker, number):
        self.worker, self.key, self.port = worker, f"replica{number}", free_port()
        self.folder = worker.folder / self.key
        self.folder.mkdir()
        (self.folder / "recipe.yaml").write_text(RECIPE)
        config = CONFIG.format(region=REGION, branch=BRANCH, port=self.port)
        (self.folder / "amiwatch.toml").write_text(config)
        self.process = None

    def environment(self):
        return {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "AWS_ENDPOINT_URL": self.worker.url,
            "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": "sim",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self):
        log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(
            [BIN, "run"], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def run(self, *arguments):
        return subprocess.run(
            [BIN, *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=180)

    def health(self):
        """What it says of itself; nothing while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Breach(f"{self.key} is not well: {error.read()}") from error
        except OSError:
            return None

    def leads(self):
        health = self.health()
        return health is not None and health["role"] == "leader"

    def age(self):
        """How old the renewal is by which it leads."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=1) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith("amiwatch_lease_renewal_age_seconds "):
                    return float(line.split()[1])
        return None


class Worker:
    def __init__(self, number, seed, tally):
        self.random = random.Random(f"{seed}/{number}")
        self.tally, self.number, self.releases = tally, number, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"amiwatch-replicas-{number}-"))
        (self.folder / "world.json").write_text(json.dumps(WORLD))
        self.server, self.replicas = None, []

    def serve(self):
        command = [BIN, "sim", "serve", "--listen", "127.0.0.1:0", "--world", "world.json", "--speed", str(SPEED)]
        self.server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        first = self.server.stdout.readline()
        if not first.startswith("listening on "):
            raise Breach(f"the account is not served: {first!r}")
        self.url = first.removeprefix("listening on ").strip()
        self.ec2 = boto3.client(
            "ec2", endpoint_url=self.url, region_name=REGION, aws_access_key_id="sim", aws_secret_access_key="sim",
            config=Config(retries={"max_attempts": 4}))
        self.replicas = [Replica(self, number) for number in range(REPLICAS)]
        made = self.replicas[0].run("store", "init")
        if made.returncode != 0:
            raise Breach(f"no table: {made.stdout}{made.stderr}")

    def sim(self, verb, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sim/{verb}", data=data)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def release(self):
        version = f"4.{len(self.releases) + 1}.0"
        disk = {"/etc/ecs/ecs.config": "ECS_CLUSTER=shop\n"}
        self.releases.append(self.sim("release", {"region": REGION, "branch": BRANCH, "version": version, "disk": disk}))

    # -- who leads

    def leader(self, but=None, within=FOLLOWED_S + 45):
        """Who leads, and when that was seen."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            leading = [one for one in self.replicas if one is not but and one.process and one.leads()]
            if len(leading) == 1:
                return leading[0], time.monotonic()
            if len(leading) > 1:
                ages = [one.age() for one in leading]
                if all(age is not None and age < 10 for age in ages):
                    raise Breach(f"two lead: {[one.key for one in leading]}, renewed {ages} s ago")
            time.sleep(0.05)
        raise Breach(f"nobody leads after {within} s")

    def everybody_stands(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            roles = [(one.health() or {}).get("role") for one in self.replicas]
            if sorted(map(str, roles)) == ["leader", "standby", "standby"]:
                return
            time.sleep(0.1)
        raise Breach(f"they do not stand: {roles}")

    # -- one round

    def round(self):
        self.everybody_stands()
        if self.random.random() < 0.5:
            self.release()
        time.sleep(self.random.uniform(0.0, 4.0))
        old, _ = self.leader()
        how = self.random.choices(["kill", "stop", "freeze"], [6, 2, 2])[0]
        word = {"kill": signal.SIGKILL, "stop": signal.SIGTERM, "freeze": signal.SIGSTOP}[how]
        began = time.monotonic()
        old.process.send_signal(word)
        new, at = self.leader(but=old)
        took, limit = at - began, (STOPPED_S if how == "stop" else FOLLOWED_S) + self.tally.beside
        with self.tally.lock:
            self.tally.took[how].append(took)
        if took > limit:
            raise Breach(f"{how}: {new.key} follows {old.key} after {took:.1f} s")
        if how == "freeze":
            self.thaw(old)
        else:
            old.process.wait()
            old.start()

    def thaw(self, old):
        """Somebody else leads: whatever the frozen one does now, it changes nothing."""
        mark = len(self.sim("ledger"))
        old.process.send_signal(signal.SIGCONT)
        time.sleep(self.random.uniform(3.0, 5.0))
        changes = [
            entry for entry in self.sim("ledger")[mark:]
            if entry["key"] == old.key and entry["service"] != "dynamodb" and not entry["operation"].startswith(READS)
        ]
        if changes:
            raise Breach(f"{old.key} was frozen, and changes: {changes}")

    # -- what must hold in the end

    def settle(self):
        # One that was started just now does not listen for signals yet.
        self.everybody_stands()
        for one in self.replicas:
            one.process.send_signal(signal.SIGTERM)
            if one.process.wait(timeout=30) != 0:
                raise Breach(f"{one.key} ended with {one.process.returncode}")
            one.process = None
        for _ in range(2):
            last = self.replicas[0].run("run", "--once")
            if last.returncode != 0:
                raise Breach(f"the last pass ended with {last.returncode}: {last.stdout}{last.stderr}")
        checked = self.replicas[0].run("store", "check")
        if checked.returncode != 0 or "nobody works on it" not in checked.stdout:
            raise Breach(f"the store is not well: {checked.stdout}{checked.stderr}")

    def judge(self):
        images = self.ec2.describe_images(Owners=["self"])["Images"]
        keys = {}
        for image in images:
            tags = {tag["Key"]: tag["Value"] for tag in image.get("Tags", [])}
            if tags.get("amiwatch:state") != "verified":
                raise Breach(f"an image that is not verified stays: {image}")
            keys.setdefault(tags["amiwatch:key"], []).append(tags["amiwatch:base-image"])
        if any(len(bases) != 1 for bases in keys.values()):
            raise Breach(f"two verified images for one key: {keys}")
        bases = [of[0] for of in keys.values()]
        if self.releases and self.releases[-1]["images"]["x86_64"] not in bases:
            raise Breach(f"the last release has no verified image: {self.releases[-1]} {bases}")
        left = [one for one in self.sim("leftovers") if one["kind"] not in ("image", "snapshot")]
        kept = {m["Ebs"]["SnapshotId"] for image in images for m in image["BlockDeviceMappings"]}
        snapshots = {one["SnapshotId"] for one in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        if left or snapshots != kept:
            raise Breach(f"left behind: {left} {snapshots ^ kept}")

    def work(self):
        try:
            self.serve()
            self.release()
            for one in self.replicas:
                one.start()
            while self.tally.next():
                self.round()
            self.settle()
            self.judge()
        except Exception as error:  # a breach, or something of this script: either ends the whole
            with self.tally.lock:
                self.tally.breach = self.tally.breach or f"worker {self.number}: {error!r} ({self.folder})"
        finally:
            for one in self.replicas:
                if one.process is not None:
                    one.process.kill()
                    one.process.wait()
            if self.server is not None:
                self.server.terminate()
                self.server.wait()


def told(took):
    if not took:
        return "none"
    return f"{len(took)}, median {statistics.median(took):.1f} s, worst {max(took):.1f} s"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--kills", type=int, default=100, help="kills, stops and freezes together")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=3)
    options.add_argument("--beside", type=float, default=0, help="seconds more, where the machine does something else")
    options = options.parse_args()
    tally = Tally(options.kills, options.beside)
    workers = [Worker(number, options.seed, tally) for number in range(options.workers)]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = tally.took
    line = f"killed: {told(took['kill'])}; stopped: {told(took['stop'])}; frozen: {told(took['freeze'])}"
    if tally.breach is not None:
        print(f"FAILED with seed {options.seed}: {tally.breach}; {line}")
        sys.exit(1)
    for worker in workers:
        shutil.rmtree(worker.folder)
    print(f"replicas: {line}; every promise held ({time.monotonic() - began:.0f} s)")


main()
