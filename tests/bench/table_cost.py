"""Measures what a store in a table is asked in a month: a leader and a standby with 100 watches, on the simulated account.

    AMIWATCH_BIN=target/debug/amiwatch python3 tests/bench/table_cost.py [--minutes 3] [--write docs/benchmarks.md]

In real time, in eight minutes or so, of a debug build too: what a day would show is put together from three measurements.
First nothing is due but what is always done, asking for the lease, renewing it, looking for requests; then there is a pass
in every minute, so that what one takes is the difference, of which a month has one in every 15 minutes as the defaults
have it; then one `run --once` bakes one watch. Requests are counted in the account's ledger, and their units by
the simulated table as the bill counts them: a consistent read 1 for each begun 4 KB, a transaction's write 2 for each begun
1 KB. Prices are those of us-east-1, on demand, in the standard class (https://aws.amazon.com/dynamodb/pricing/on-demand/).
Replaces its own section of the page.
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
DAYS = 30
DAY_MIN = 24 * 60
# As the defaults have it.
PASSES_A_DAY = 96
SELDOM, OFTEN = "0 0 1 1 *", "* * * * *"
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


def config(port, cron, bakes):
    parts = [
        'installation = "bench"', f'[schedule]\ncron = "{cron}"\njitter = "0s"', f'[store]\nurl = "dynamodb://amiwatch?region={REGION}"', f'[http]\nlisten = "127.0.0.1:{port}"',
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


class Daemon:
    """One of the two, with a folder, a port and a key of its own."""

    def __init__(self, account, parent, name, cron):
        self.folder, self.port = parent / name, free_port()
        folder_of(self.folder, self.port, cron)
        self.process = subprocess.Popen(
            [BINARY, "run"], cwd=self.folder, env=surroundings(account, name.split("-")[0], self.folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def passes(self):
        """How many have ended; nothing while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return 0
        return sum(int(count) for count in re.findall(r"^amiwatch_passes_total\{[^}]*\} (\d+)", text, re.M))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def folder_of(folder, port, cron, bakes=False):
    folder.mkdir()
    (folder / "recipe.yaml").write_text("#cloud-config\nruncmd:\n  - echo 'ECS_AVAILABLE_LOGGING_DRIVERS=[\"splunk\"]' >> /etc/ecs/ecs.config\n")
    (folder / "amiwatch.toml").write_text(config(port, cron, bakes))


def less(now, then):
    return now[0] - then[0], now[1] - then[1], now[2] - then[2]


def watched(account, scratch, nth, cron, minutes):
    """What a leader and a standby ask of the table in so many minutes after the leader's first pass, and how many passes that were."""
    daemons = []
    try:
        for name in ("one", "two"):
            daemons.append(Daemon(account, scratch, f"{name}-{nth}", cron))
            deadline = time.monotonic() + 180
            while name == "one" and daemons[0].passes() == 0:
                if time.monotonic() > deadline:
                    raise SystemExit("the leader's first pass does not end: is the machine busy?")
                time.sleep(1)
        # Who is there has said so, and what the first pass found is told.
        time.sleep(20)
        # Whole minutes in the middle between two passes.
        time.sleep((30 - time.time()) % 60)
        begun, before = account.taken(), daemons[0].passes()
        time.sleep(minutes * 60)
        taken, passes = less(account.taken(), begun), daemons[0].passes() - before
        daemons.pop().stop()
        daemons.pop().stop()
        return taken, passes
    finally:
        for daemon in daemons:
            daemon.process.kill()
            daemon.process.wait()


def measured(minutes):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        account = Account(scratch)
        try:
            once = scratch / "once"
            folder_of(once, free_port(), SELDOM, bakes=True)
            run = {"cwd": once, "env": surroundings(account, "once", once), "capture_output": True, "text": True}
            subprocess.run([BINARY, "store", "init"], check=True, **run)
            quiet, none = watched(account, scratch, 1, SELDOM, minutes)
            if none:
                raise SystemExit(f"{none} passes where none was due: not while a year begins")
            busy, passes = watched(account, scratch, 2, OFTEN, minutes)
            if not passes:
                raise SystemExit("no pass ended within a minute: on a quieter machine, or with a release build")
            before = account.taken()
            done = subprocess.run([BINARY, "run", "--once"], **run)
            if done.returncode != 0:
                raise SystemExit(f"the bake failed: {done.stdout}{done.stderr}")
            after = account.taken()
            return quiet, busy, passes, less(after, before), after[3]
        finally:
            account.server.terminate()
            account.server.wait()


def a_day(quiet, busy, minutes):
    """Of one figure: what is always asked, and what the passes of a day add."""
    return lambda of, passes: of(quiet) / minutes * DAY_MIN + max(0, of(busy) - of(quiet)) / passes * PASSES_A_DAY


def section(minutes, quiet, busy, passes, bake, items):
    day = a_day(quiet, busy, minutes)
    kinds = sorted(quiet[0].keys() | busy[0].keys())
    rows = []
    for kind in kinds:
        who = {"one": "the leader", "two": "a standby"}.get(kind[0], kind[0])
        count = day(lambda taken: taken[0][kind], passes)
        rows.append(f"| {who} | {kind[1]} | {count:,.0f} | {count * DAYS:,.0f} |")
    reads, writes = (day(lambda taken, at=at: taken[at], passes) for at in (1, 2))
    cost = {"reads": reads * DAYS / 1e6 * READS_USD, "writes": writes * DAYS / 1e6 * WRITES_USD}
    of_passes = [max(0, busy[at] - quiet[at]) / passes for at in (1, 2)]
    build = "release" if "release" in BINARY.parts else "debug"
    return "\n".join([
        TITLE, "",
        f"A leader and a standby with {WATCHES} watches as their defaults make them, on the simulated account and in real time",
        f"([table_cost.py](../tests/bench/table_cost.py)): {minutes:.0f} minutes in which nothing was due, {minutes:.0f} with {passes} passes, and from",
        f"both a day with a pass every {DAY_MIN // PASSES_A_DAY} minutes; nothing was baked. Requests are counted by the account's ledger.", "",
        "| who | asks | a day | 30 days |", "|---|---|---|---|", *rows, "",
        "| | a day, units | 30 days, units | USD in 30 days |", "|---|---|---|---|",
        f"| reads | {reads:,.0f} | {reads * DAYS / 1e6:.2f} million | {cost['reads']:.2f} |",
        f"| writes | {writes:,.0f} | {writes * DAYS / 1e6:.2f} million | {cost['writes']:.2f} |",
        f"| **together** | | | **{sum(cost.values()):.2f}** |", "",
        f"A pass that finds nothing new takes {of_passes[0]:,.0f} read and {of_passes[1]:,.0f} write units of this. One `run --once` that bakes one watch took",
        f"{bake[1]:,.0f} and {bake[2]:,.0f}, {(bake[1] * READS_USD + bake[2] * WRITES_USD) / 1e6:.5f} USD. The table then held {items} rows; a GB of them and its",
        f"recovery would be {DATA_USD:.2f} USD a month. Prices of us-east-1, on demand, standard class: {READS_USD} USD a million read units, {WRITES_USD} USD a",
        "million write units ([AWS's page](https://aws.amazon.com/dynamodb/pricing/on-demand/)); other regions differ by up to half. That the simulated table counts units",
        "as the bill does is from AWS's documents, and **unproved**.", "",
        f"{datetime.date.today()}, {os.cpu_count()} cores, the {build} build.", "",
        f"    AMIWATCH_BIN=target/{build}/amiwatch python3 tests/bench/table_cost.py --write docs/benchmarks.md", "", ""])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--minutes", type=int, default=3)
    options.add_argument("--write", type=pathlib.Path)
    options = options.parse_args()
    text = section(options.minutes, *measured(options.minutes))
    print(text)
    if options.write:
        page = options.write.read_text()
        old = re.compile(re.escape(TITLE) + r"\n.*?(?=^## |\Z)", re.S | re.M)
        page = old.sub(lambda _: text, page) if old.search(page) else page.replace("## How long the tests run", text + "## How long the tests run")
        options.write.write_text(page)


if __name__ == "__main__":
    main()
