"""Measures what a store in a table is asked in a month: a leader and a standby with 100 watches, on the simulated account.

    AMIWATCH_BIN=target/release/amiwatch python tests/bench/table_cost.py [--minutes 60] [--write docs/benchmarks.md]

Both daemons are as their defaults make them (a pass every 15 minutes), in real time. Nothing is baked: what a bake adds is
measured by one `run --once` more, which bakes one watch. Requests are counted in the account's ledger, and their units by
the simulated table as the bill counts them: a consistent read 1 for each begun 4 KB, a transaction's write 2 for each begun
1 KB. The first minute after the start is left out. Prices are those that AWS lists for us-east-1, on demand. Replaces its own
section of the page.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request

HOUSE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("AMIWATCH_BIN", HOUSE / "target/release/amiwatch")).resolve()
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
WATCHES = 100
WARM_S = 60
MONTH_MIN = 30 * 24 * 60
# us-east-1, on demand: a million read and a million write request units, and a GB and month of data with its recovery.
READS_USD, WRITES_USD, DATA_USD = 0.125, 0.625, 0.25 + 0.20
TITLE = "## What a table costs a month"


def world():
    steps = [
        {"branch": {"name": BRANCH}},
        {"release": {"branch": BRANCH, "version": "4.5.0", "disk": {"/etc/ecs/ecs.config": "ECS_CLUSTER=shop\n"}}},
    ]
    steps += [{"environment": {"application": f"app{n:03}", "name": f"app{n:03}-live", "branch": BRANCH}} for n in range(WATCHES)]
    timing = {"start": 3, "stop": 4, "image": 10, "snapshot": 8, "console": 1, "console_post": 3}
    return {"timing": timing, "steps": [{"region": REGION, "do": step} for step in steps]}


def config(port, bakes):
    parts = [
        'installation = "bench"', f'[store]\nurl = "dynamodb://amiwatch?region={REGION}"', f'[http]\nlisten = "127.0.0.1:{port}"',
        '[recipe.logging]\nuser_data = "recipe.yaml"\nchecks = [{ name = "splunk", run = "grep -q splunk /etc/ecs/ecs.config" }]',
    ]
    for n in range(WATCHES):
        act = 'recipe = "logging"\non_drift = "bake"' if bakes and n == 0 else 'on_drift = "notify"'
        parts.append(
            f'[watch.app{n:03}]\nregion = "{REGION}"\nbase = {{ beanstalk = "{BRANCH}" }}\n{act}\n'
            f'[[watch.app{n:03}.target]]\nbeanstalk = {{ application = "app{n:03}", environment = "*" }}')
    return "\n\n".join(parts) + "\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Account:
    def __init__(self, folder):
        (folder / "world.json").write_text(json.dumps(world()))
        command = [BINARY, "sim", "serve", "--listen", "127.0.0.1:0", "--world", "world.json"]
        self.server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        self.url = self.server.stdout.readline().removeprefix("listening on ").strip()

    def control(self, what):
        with urllib.request.urlopen(f"{self.url}/_sim/{what}", timeout=60) as answer:
            return json.load(answer)

    def taken(self):
        """What the table was asked so far, by who asked and what; and its units."""
        asked = collections.Counter(
            (entry["key"], entry["operation"]) for entry in self.control("ledger") if entry["service"] == "dynamodb")
        [table] = self.control("tables")
        return asked, table["read_units"], table["write_units"], table["items"]


def surroundings(account, key, folder):
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": account.url, "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "sim", "AWS_EC2_METADATA_DISABLED": "true",
    }


def folder_of(parent, name, bakes=False):
    folder = parent / name
    folder.mkdir()
    (folder / "recipe.yaml").write_text("#cloud-config\nruncmd:\n  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]' >> /etc/ecs/ecs.config\n")
    (folder / "amiwatch.toml").write_text(config(free_port(), bakes))
    return folder


def less(now, then):
    return now[0] - then[0], now[1] - then[1], now[2] - then[2]


def measured(minutes):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        account, daemons = Account(scratch), []
        try:
            first = folder_of(scratch, "one")
            subprocess.run([BINARY, "store", "init"], cwd=first, env=surroundings(account, "one", first), check=True, capture_output=True)
            for name in ("one", "two"):
                folder = first if name == "one" else folder_of(scratch, name)
                daemons.append(subprocess.Popen([BINARY, "run"], cwd=folder, env=surroundings(account, name, folder),
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                time.sleep(WARM_S / 2)
            begun, start = account.taken(), time.monotonic()
            time.sleep(minutes * 60)
            idle, took = less(account.taken(), begun), (time.monotonic() - start) / 60
            for daemon in daemons:
                daemon.terminate()
                daemon.wait(timeout=60)
            daemons = []
            folder = folder_of(scratch, "once", bakes=True)
            before = account.taken()
            done = subprocess.run([BINARY, "run", "--once"], cwd=folder, env=surroundings(account, "once", folder), capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"the bake failed: {done.stdout}{done.stderr}")
            after = account.taken()
            return idle, took, less(after, before), after[3]
        finally:
            for daemon in daemons:
                daemon.kill()
                daemon.wait()
            account.server.terminate()
            account.server.wait()


def section(idle, took, bake, items):
    asked, reads, writes = idle
    month = MONTH_MIN / took
    rows = [f"| {('the leader' if key == 'one' else 'a standby')} | {operation} | {count / took * 60:,.0f} | {count * month:,.0f} |"
            for (key, operation), count in sorted(asked.items())]
    cost = {"reads": reads * month / 1e6 * READS_USD, "writes": writes * month / 1e6 * WRITES_USD}
    total = sum(cost.values())
    return "\n".join([
        TITLE, "",
        f"A leader and a standby with {WATCHES} watches as their defaults make them, for {took:.0f} minutes in real time on the simulated",
        "account ([table_cost.py](../tests/bench/table_cost.py)); nothing was baked. Requests are counted by the account's ledger.", "",
        "| who | asks | an hour | 30 days |", "|---|---|---|---|", *rows, "",
        "| 30 days | request units | USD |", "|---|---|---|",
        f"| reads | {reads * month / 1e6:.2f} million | {cost['reads']:.2f} |",
        f"| writes | {writes * month / 1e6:.2f} million | {cost['writes']:.2f} |",
        f"| **together** | | **{total:.2f}** |", "",
        f"One pass that bakes adds {bake[1]:,.0f} read and {bake[2]:,.0f} write units, {(bake[1] * READS_USD + bake[2] * WRITES_USD) / 1e6:.5f} USD. The table then held {items} rows;",
        f"a GB of them and its recovery would be {DATA_USD:.2f} USD a month. Prices as AWS lists them for us-east-1 on demand: {READS_USD} USD a million",
        f"read units, {WRITES_USD} USD a million write units. That the simulated table counts units as the bill does is from AWS's",
        "documents, and **unproved**.", "",
        f"{datetime.date.today()}, {os.cpu_count()} cores.", "",
        "    AMIWATCH_BIN=target/release/amiwatch python tests/bench/table_cost.py --write docs/benchmarks.md", "", ""])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--write", type=pathlib.Path)
    options = options.parse_args()
    text = section(*measured(options.minutes))
    print(text)
    if options.write:
        page = options.write.read_text()
        old = re.compile(re.escape(TITLE) + r"\n.*?(?=^## |\Z)", re.S | re.M)
        page = old.sub(lambda _: text, page) if old.search(page) else page.replace("## How long the tests run", text + "## How long the tests run")
        options.write.write_text(page)


if __name__ == "__main__":
    main()
