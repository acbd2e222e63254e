"""What the benchmarks share: an account with 1,000 environments over 20 platform versions of 5 branches
behind `amiwatch sim serve`, cold runs of a command against it, and the page of figures.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
HOUSE = HERE.parents[1]
BINARY = pathlib.Path(os.environ.get("AMIWATCH_BIN", HOUSE / "target/release/amiwatch")).resolve()
# Whose simulated account serves: a release leaves it unoptimised, and a slow server is measured with its clients.
SERVER = pathlib.Path(os.environ.get("SIM_BIN", BINARY)).resolve()
REGION = "eu-west-1"
ENVIRONMENTS = 1000
BRANCHES = (
    "ECS running on 64bit Amazon Linux 2023",
    "Docker running on 64bit Amazon Linux 2023",
    "Python 3.13 running on 64bit Amazon Linux 2023",
    "Node.js 22 running on 64bit Amazon Linux 2023",
    "Corretto 21 running on 64bit Amazon Linux 2023",
)
VERSIONS = ("4.3.0", "4.4.0", "4.4.1", "4.5.0")
LATENCY_S = 0.02
LONG_AGO = "2026-01-01T00:00:00Z"

# Small, so that the floor under its child's peak RSS (Linux counts what the parent held) is low.
LAUNCHER = """
import json, os, sys, time
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
actions = [(os.POSIX_SPAWN_DUP2, out, 1)]
begun = time.monotonic()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=actions)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - begun
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024,
                  os.waitstatus_to_exitcode(status)]))
"""


def world(**account):
    """The account as a world file: branches, versions, an image for each, and who runs what."""
    steps = []

    def step(action, **fields):
        steps.append({"region": REGION, "do": {action: fields}})

    stock = {}
    for b, branch in enumerate(BRANCHES):
        step("branch", name=branch)
        for v, version in enumerate(VERSIONS):
            stock[b, v] = f"ami-ba5e{b:02x}{v:02x}000000000"
            step("release", branch=branch, version=version, images={"x86_64": stock[b, v]})
    # Two images of each version's base: as fleets have them, shared by many environments.
    for (b, v), base in stock.items():
        for n in range(2):
            made = f"ami-c057{b:02x}{v:02x}{n:02x}0000000"
            step("image", id=made, name=f"baked-{b}-{v}-{n}", source_image_id=base)
    for at in range(ENVIRONMENTS):
        b, v = at % len(BRANCHES), at // len(BRANCHES) % len(VERSIONS)
        own = f"ami-c057{b:02x}{v:02x}{at // 20 % 2:02x}0000000"
        image = {} if at // 40 % 3 == 0 else {"image_id": own}
        name = f"app{at // 50:02d}-env{at % 50:02d}"
        step(
            "environment",
            application=f"app{at // 50:02d}",
            name=name,
            branch=BRANCHES[b],
            version=VERSIONS[v],
            instances=1,
            # Long ago: nobody is at work on it.
            created=LONG_AGO,
            **image,
        )
    return {"timing": {"latency": LATENCY_S}, "steps": steps, **account}


class Server:
    """`amiwatch sim serve` on a free port; ended by its own process id."""

    def __init__(self, scratch, **account):
        path = scratch / "world.json"
        path.write_text(json.dumps(world(**account)))
        command = [SERVER, "sim", "serve", "--listen", "127.0.0.1:0", "--world", path]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if "http://" not in line:
            raise SystemExit(f"the simulated account did not start: {line!r}")
        self.url = line.split()[-1]

    def close(self):
        self.process.terminate()
        self.process.wait()

    def control(self, method, what):
        request = urllib.request.Request(f"{self.url}/_sim/{what}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def measure(server, scratch, command, **more):
    """One run in a process of its own: figures, calls by operation, and the JSON that it printed."""
    server.control("DELETE", "ledger")
    output = scratch / "output"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, output, *command]
    ran = subprocess.run(launcher, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    wall, cpu, rss, code = json.loads(ran.stdout)
    if code not in (0, 3):
        raise SystemExit(f"{command} ended with {code}")
    counters = server.control("GET", "counters")
    figures = {
        "wall_s": wall,
        "cpu_s": cpu,
        "calls": counters["calls"],
        "in_flight": counters["max_in_flight"],
        "throttled": counters["by_outcome"].get("Throttling", 0),
        "rss_mb": rss,
    }
    return figures, counters["by_operation"], json.loads(output.read_text())


def same_verdicts(survey, script):
    ours = {
        one["environment"]: [
            one["image_id"],
            any(reason["code"] == "BASE_NEWER" for reason in one["reasons"]),
        ]
        for one in survey["environments"]
    }
    if survey["unreachable"] or survey["skipped"]:
        raise SystemExit(f"not everything was seen: {survey['unreachable'][:3]}")
    wrong = [name for name in script if ours.get(name) != script[name]]
    if len(ours) != ENVIRONMENTS or wrong:
        raise SystemExit(f"{len(ours)} environments; verdicts differ on {wrong[:5]}")
    return sum(drifted for _, drifted in ours.values())


# Counted, and never to be exceeded.
WORST = ("in_flight", "calls", "throttled")


def summary(kept):
    """Medians; of what must never be exceeded, the worst."""
    return {
        name: {
            key: (max if key in WORST else statistics.median)(
                [figures[key] for figures in all_runs]
            )
            for key in all_runs[0]
        }
        for name, all_runs in kept.items()
    }


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB"


def page(path, title, section):
    """Puts a section in its place in the page of figures; the others stay as they are."""
    text = path.read_text() if path.exists() else "# Benchmarks\n"
    parts = re.split(r"(?m)^(?=## )", text)
    section = f"## {title}\n\n{section.strip()}\n\n"
    mine = [at for at, part in enumerate(parts) if part.startswith(f"## {title}\n")]
    parts[-1] = parts[-1].rstrip() + "\n\n"
    if mine:
        parts[mine[0]] = section
    else:
        parts.append(section)
    path.write_text("".join(parts).rstrip() + "\n")


def arguments(about, runs, release_only=True):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--limit", type=int, help="calls a second that Elastic Beanstalk takes")
    parser.add_argument("--write", type=pathlib.Path)
    own = parser.parse_args()
    if own.write and release_only and "release" not in BINARY.parts:
        raise SystemExit("figures are published from a release binary only; set AMIWATCH_BIN")
    return own


def facts(runs):
    import boto3

    return {
        "date": datetime.date.today().isoformat(),
        "runs": runs,
        "build": BINARY.parent.name,
        "machine": machine(),
        "python": platform.python_version(),
        "boto3": boto3.__version__,
    }


def over(figures, budgets):
    """Says which budgets were missed; the exit code."""
    missed = [key for key, most in budgets.items() if figures[key] > most]
    if missed:
        print(f"over budget: {', '.join(missed)}")
    return 1 if missed else 0
