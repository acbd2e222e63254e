"""Measures one process that looks at many accounts: 100 accounts of 5 regions with 20 environments each, 20 ms a call,
on the simulated accounts.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/accounts.py PART... [--accounts 100] [--minutes 10]

PART is `survey` (`survey --account all`, beside a boto3 script that assumes the same roles, looks at as many places at
once, and must come to the same image for every environment), `pass` (`run --once` of five watches whose targets are all of
them, and the same again with the same store), or `idle` (a daemon of 1,000 watches between its passes). Prints a table
of what was measured. Needs boto3. The server and what is measured share the machine.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import fleet

REGIONS = ("eu-west-1", "eu-central-1", "eu-north-1", "us-east-1", "us-west-2")
ENVIRONMENTS = 20
BRANCH = fleet.BRANCHES[0]
EXTERNAL_ID = "bench"
WATCHES = 1000
WARM_S = 120


def member(at):
    return f"{1000 + at:012}"


def role(at):
    return f"arn:aws:iam::{member(at)}:role/amiwatch"


def base(region, version):
    return f"ami-ba5e{REGIONS.index(region):02x}{VERSIONS.index(version):02x}000000000"


VERSIONS = ("4.4.0", "4.5.0")


def world(accounts):
    """Two of three environments run an image that was made in their account from the version before the newest."""
    steps = []

    def step(region, action, account=None, **fields):
        where = {"account": account} if account else {}
        steps.append({"region": region, **where, "do": {action: fields}})

    for region in REGIONS:
        step(region, "branch", name=BRANCH)
        for version in VERSIONS:
            step(region, "release", branch=BRANCH, version=version, images={"x86_64": base(region, version)})
    for at in range(accounts):
        account = member(at)
        trusted = ["arn:aws:iam::000000000000:user/simulated"]
        step(REGIONS[0], "role", account, name="amiwatch", trusts=trusted, external_id=EXTERNAL_ID)
        for nth, region in enumerate(REGIONS):
            own = f"ami-{at + 1:04x}{nth:02x}00000000000"
            step(region, "image", account, id=own, name="baked", source_image_id=base(region, VERSIONS[0]))
            for one in range(ENVIRONMENTS):
                image = {"image_id": own} if one % 3 else {}
                step(
                    region, "environment", account, application=f"app{one // 5}", name=f"env-{one:02}", branch=BRANCH,
                    version=VERSIONS[0], instances=1, created=fleet.LONG_AGO, **image,
                )
    ids = [{"id": member(at)} for at in range(accounts)]
    return {"timing": {"latency": fleet.LATENCY_S}, "accounts": ids, "steps": steps}


class Server(fleet.Server):
    """The same server with this world."""

    def __init__(self, scratch, told):
        self.scratch = scratch
        path = scratch / "world.json"
        path.write_text(json.dumps(told))
        command = [fleet.SERVER, "sim", "serve", "--listen", "127.0.0.1:0", "--world", path]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def calls(self, accounts):
        """What all accounts counted, by operation."""
        total = {}
        for account in [None, *map(member, range(accounts))]:
            query = f"?account={account}" if account else ""
            for name, count in self.control("GET", f"counters{query}")["by_operation"].items():
                total[name] = total.get(name, 0) + count
        return total

    def forget(self, accounts):
        for account in [None, *map(member, range(accounts))]:
            self.control("DELETE", "ledger" + (f"?account={account}" if account else ""))

    def environment(self):
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.scratch), "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGIONS[0], "AWS_DEFAULT_REGION": REGIONS[0], "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_EC2_METADATA_DISABLED": "true",
        }

    def measure(self, accounts, command, **more):
        """One run in a process of its own: figures, and what it printed."""
        self.forget(accounts)
        output = self.scratch / "output"
        launcher = [sys.executable, "-I", "-S", "-c", fleet.LAUNCHER, output, *command]
        ran = subprocess.run(launcher, env=self.environment() | more, stdout=subprocess.PIPE, check=True, text=True)
        wall, cpu, rss, code = json.loads(ran.stdout)
        if code not in (0, 3):
            raise SystemExit(f"{command} ended with {code}")
        calls = self.calls(accounts)
        print(f"  {calls}", file=sys.stderr)
        return {"wall_s": wall, "cpu_s": cpu, "calls": sum(calls.values()), "rss_mb": rss}, output.read_text()


def config(folder, accounts, watches):
    parts = [
        'installation = "bench"',
        f'[store]\nurl = "sqlite://{folder}/amiwatch.db"',
        '[schedule]\ncron = "*/15 * * * *"\njitter = "0s"\npass_timeout = "1h"',
    ]
    regions = json.dumps(REGIONS)
    for at in range(accounts):
        parts.append(f'[account.m{at}]\nrole_arn = "{role(at)}"\nexternal_id = "{EXTERNAL_ID}"\nregions = {regions}')
    (folder / "amiwatch.toml").write_text("\n\n".join(parts + watches) + "\n")
    return folder / "amiwatch.toml"


def watch(name, region, targets):
    head = f'[watch.{name}]\nregion = "{region}"\nbase = {{ beanstalk = "{BRANCH}" }}\non_drift = "notify"\n'
    return head + "".join(f"[[watch.{name}.target]]\nbeanstalk = {{ {one} }}\n" for one in targets)


def survey(server, scratch, accounts):
    path = config(scratch, accounts, [])
    ours, text = server.measure(accounts, [fleet.BINARY, "--config", path, "survey", "--account", "all", "--format", "json"])
    roles = scratch / "roles.json"
    roles.write_text(json.dumps({"roles": [role(at) for at in range(accounts)], "external_id": EXTERNAL_ID, "regions": REGIONS}))
    theirs, printed = server.measure(accounts, [sys.executable, fleet.HERE / "accounts_boto3.py", roles])
    seen = json.loads(text)
    images = {
        "/".join((one["account"], one["region"], one["environment"])): one["image_id"] for one in seen["environments"]
    }
    other = json.loads(printed)
    # A stock image is named by amiwatch and by nobody in the options.
    wrong = [name for name, image in other.items() if image and images.get(name) != image]
    wanted = accounts * len(REGIONS) * ENVIRONMENTS
    if seen["unreachable"] or wrong or len(images) != wanted or len(other) != wanted:
        raise SystemExit(f"{len(images)} and {len(other)} environments; {seen['unreachable'][:2]}; {wrong[:3]}")
    return {"survey": ours, "boto3": theirs}


def passes(server, scratch, accounts):
    targets = [f'account = "m{at}", application = "*", environment = "*"' for at in range(accounts)]
    path = config(scratch, accounts, [watch(f"all-{region}", region, targets) for region in REGIONS])
    figures = {}
    for name in ("first pass", "next pass"):
        figures[name], _ = server.measure(accounts, [fleet.BINARY, "--config", path, "run", "--once"])
    return figures


def used(process):
    stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    rss = int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1)) / 1024
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), rss


def idle(scratch, minutes):
    """A thousand watches of one account, an environment each; one pass a quarter of an hour."""
    region = REGIONS[0]
    steps = [{"region": region, "do": {"branch": {"name": BRANCH}}}]
    steps.append({"region": region, "do": {"release": {"branch": BRANCH, "version": VERSIONS[1]}}})
    for at in range(WATCHES):
        spec = {"application": f"app{at}", "name": f"env-{at}", "branch": BRANCH, "created": fleet.LONG_AGO}
        steps.append({"region": region, "do": {"environment": spec}})
    server = Server(scratch, {"steps": steps})
    targets = [f'application = "app{at}", environment = "*"' for at in range(WATCHES)]
    path = config(scratch, 0, [watch(f"w{at}", region, [one]) for at, one in enumerate(targets)])
    daemon = subprocess.Popen(
        [fleet.BINARY, "--config", path, "run"], env=server.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(WARM_S)
        before, _ = used(daemon)
        highest, end = 0.0, time.monotonic() + minutes * 60
        while time.monotonic() < end:
            time.sleep(5)
            highest = max(highest, used(daemon)[1])
        cpu = used(daemon)[0] - before
    finally:
        daemon.terminate()
        daemon.wait()
        server.close()
    return {"1,000 watches": {"wall_s": minutes * 60, "cpu_s": cpu, "calls": 0, "rss_mb": highest}}


def table(figures):
    lines = ["| | wall | CPU | calls | highest RSS |", "|---|---|---|---|---|"]
    for name, one in figures.items():
        lines.append(f"| {name} | {one['wall_s']:.1f} s | {one['cpu_s']:.1f} s | {one['calls']:,} | {one['rss_mb']:.0f} MB |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", choices=("survey", "pass", "idle"))
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10)
    own = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory(prefix="amiwatch-bench-") as folder:
        scratch = pathlib.Path(folder)
        if {"survey", "pass"} & set(own.parts):
            server = Server(scratch, world(own.accounts))
            try:
                if "survey" in own.parts:
                    figures |= survey(server, scratch, own.accounts)
                if "pass" in own.parts:
                    figures |= passes(server, scratch, own.accounts)
            finally:
                server.close()
        if "idle" in own.parts:
            figures |= idle(scratch, own.minutes)
    print(f"{own.accounts} accounts x {len(REGIONS)} regions x {ENVIRONMENTS} environments; {fleet.facts(1)}")
    print(table(figures))


main()
