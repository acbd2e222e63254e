"""Measures what an idle `amiwatch run` costs: resident memory and CPU over ten minutes with 100 targets,
on the simulated account, beside a boto3 loop that looks at the same environments as often.

    AMIWATCH_BIN=target/dist/amiwatch python tests/bench/idle.py [--minutes 10] [--write docs/benchmarks.md]

The schedule is a pass every five minutes, three times the default. What both use before the first minute is over
(start, first pass) is not counted. Needs boto3. Exits 1 when a budget is missed; replaces its own section of the
page, and only from a binary of `release` or `dist`.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
HOUSE = HERE.parents[1]
BINARY = pathlib.Path(os.environ.get("AMIWATCH_BIN", HOUSE / "target/release/amiwatch")).resolve()
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
TARGETS = 100
WATCHES = 5
EVERY_MIN = 5
WARM_S = 60
BUDGET_RSS_MB = 25.0
# "No measurable CPU": less than this share of one core.
BUDGET_CPU_SHARE = 0.001
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

LOOP = f"""
import contextlib, io, runpy, sys, time
while True:
    begun = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        runpy.run_path({str(HERE / "survey_boto3.py")!r}, run_name="__main__")
    time.sleep({EVERY_MIN * 60} - (time.monotonic() - begun))
"""


def world():
    steps = []

    def step(action, **fields):
        steps.append({"region": REGION, "do": {action: fields}})

    step("branch", name=BRANCH)
    step("release", branch=BRANCH, version="4.5.0", images={"x86_64": "ami-5130000000000a450"})
    for at in range(TARGETS):
        application = f"app{at % WATCHES}"
        step("environment", application=application, name=f"{application}-env{at:03d}", branch=BRANCH)
    return {"steps": steps}


def config(store):
    parts = [
        'installation = "bench"',
        f'[schedule]\ncron = "*/{EVERY_MIN} * * * *"\njitter = "0s"',
        f'[store]\nurl = "sqlite://{store}"',
    ]
    for at in range(WATCHES):
        parts.append(
            f'[watch.app{at}]\nregion = "{REGION}"\nbase = {{ beanstalk = "{BRANCH}" }}\non_drift = "notify"\n'
            f'[[watch.app{at}.target]]\nbeanstalk = {{ application = "app{at}", environment = "*" }}'
        )
    return "\n\n".join(parts) + "\n"


def control(url, what):
    with urllib.request.urlopen(f"{url}/_sim/{what}", timeout=30) as answer:
        return json.load(answer)


def used(process):
    """CPU seconds and resident megabytes, as the kernel counts them."""
    stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    resident = {
        name: int(re.search(rf"^{name}:\s+(\d+) kB", status, re.M).group(1)) / 1024
        for name in ("VmRSS", "VmHWM")
    }
    return (int(stat[11]) + int(stat[12])) * TICK_S, resident["VmRSS"], resident["VmHWM"]


def measure(processes, minutes):
    time.sleep(WARM_S)
    before = {name: used(one)[0] for name, one in processes.items()}
    highest = dict.fromkeys(processes, 0.0)
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        time.sleep(min(5, max(0.1, end - time.monotonic())))
        for name, one in processes.items():
            if one.poll() is not None:
                raise SystemExit(f"{name} ended with {one.returncode}")
            highest[name] = max(highest[name], used(one)[1])
    figures = {}
    for name, one in processes.items():
        cpu, rss, peak = used(one)
        figures[name] = {
            "rss_mb": highest[name],
            "rss_end_mb": rss,
            "peak_mb": peak,
            "cpu_s": cpu - before[name],
            "cpu_share": (cpu - before[name]) / (minutes * 60),
        }
    return figures


ROWS = (
    ("rss_mb", "RSS, highest of the window", "{:.1f} MB", BUDGET_RSS_MB),
    ("peak_mb", "RSS, highest since the start", "{:.1f} MB", None),
    ("cpu_s", "CPU in the window", "{:.2f} s", None),
    ("cpu_share", "share of one core", "{:.3%}", BUDGET_CPU_SHARE),
)


def table(figures):
    lines = ["| | amiwatch | boto3 loop | ratio | budget |", "|---|---|---|---|---|"]
    for key, label, form, budget in ROWS:
        ours, theirs = figures["amiwatch"][key], figures["boto3"][key]
        ratio = f"{ours / theirs:.2f}" if theirs else "-"
        most = "<= " + form.format(budget) if budget else "-"
        lines.append(f"| {label} | {form.format(ours)} | {form.format(theirs)} | {ratio} | {most} |")
    return "\n".join(lines)


HEAD = "## An idle daemon"
SECTION = """\
{head}

`amiwatch run` with 100 targets of 5 watches and a pass every 5 minutes (three times the default), for {minutes} minutes
after a warm-up of one, beside a boto3 loop that reads the same environments as often ([idle.py](../tests/bench/idle.py)).
From its start to the end of the window the daemon made {passes} passes.

{table}

{date}, the profile `{profile}`, {cores} cores, Python {python}; the simulated account shares the machine.

    cargo build --profile {profile}
    AMIWATCH_BIN=target/{profile}/amiwatch python tests/bench/idle.py --write docs/benchmarks.md
"""


def write(page, section):
    text = page.read_text()
    others = re.split(r"(?m)^(?=## )", text)
    kept = [part for part in others if not part.startswith(HEAD)]
    page.write_text("".join(part.rstrip() + "\n\n" for part in kept) + section)


def passes(log):
    return sum("a pass ended" in line for line in log.read_text().splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--write", type=pathlib.Path)
    own = parser.parse_args()
    profile = BINARY.parent.name
    if own.write and profile not in ("release", "dist"):
        raise SystemExit("figures are published from a binary of release or dist only; set AMIWATCH_BIN")
    with tempfile.TemporaryDirectory(prefix="amiwatch-idle-") as folder:
        scratch = pathlib.Path(folder)
        (scratch / "world.json").write_text(json.dumps(world()))
        (scratch / "amiwatch.toml").write_text(config(scratch / "amiwatch.db"))
        serve = [BINARY, "sim", "serve", "--listen", "127.0.0.1:0", "--world", scratch / "world.json"]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        started = [server]
        try:
            url = server.stdout.readline().split()[-1]
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "AWS_ENDPOINT_URL": url,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "simulated",
                "AWS_SECRET_ACCESS_KEY": "simulated",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            log = scratch / "log"
            daemon = [BINARY, "run", "--config", scratch / "amiwatch.toml"]
            processes = {
                "amiwatch": subprocess.Popen(daemon, env=environment, stderr=log.open("w")),
                "boto3": subprocess.Popen([sys.executable, "-c", LOOP], env=environment),
            }
            started.extend(processes.values())
            figures = measure(processes, own.minutes)
            made = passes(log)
            calls = control(url, "counters")["calls"]
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()
    shown = table(figures)
    print(shown)
    print(f"{made} passes since the start; {calls} calls by both together since the start", file=sys.stderr)
    if own.write:
        section = SECTION.format(
            head=HEAD,
            table=shown,
            minutes=f"{own.minutes:g}",
            passes=made,
            date=datetime.date.today().isoformat(),
            cores=os.cpu_count(),
            python=platform.python_version(),
            profile=profile,
        )
        write(own.write, section)
    ours = figures["amiwatch"]
    missed = [key for key, _, _, most in ROWS if most and ours[key] > most]
    if missed:
        print(f"over budget: {', '.join(missed)}")
    return 1 if missed else 0


sys.exit(main())
