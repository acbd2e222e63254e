"""Measures `amiwatch survey` beside a plain boto3 script, on the simulated account: 1,000 environments
over 20 platform versions of 5 branches, 20 ms a call.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py [--runs 7] [--write docs/benchmarks.md]
    ... survey.py --limit 50 [--runs 3] [--write docs/benchmarks.md]

Both are run in turn against one server and must come to the same verdict on every environment. With
`--limit N` Elastic Beanstalk takes 100 calls at once and N a second after that, and boto3 retries in its
standard mode. Needs boto3. Exits 1 when a budget is missed; writes the page only from a release binary.
"""

import pathlib
import sys
import tempfile
import time

import fleet

# figure -> the most it may be
BUDGETS = {"wall_s": 1.8, "calls": 1060, "in_flight": 16, "rss_mb": 30.0}
BURST = 100
BUDGETS_LIMITED = {"wall_s": 23.0, "in_flight": 16}
# Standard retries give up after three attempts by default, and with them the script.
BOTO3_LIMITED = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "10"}


def runs(server, scratch, count, limit):
    contenders = {
        "amiwatch": ([fleet.BINARY, "survey", "--format", "json"], {}),
        "boto3": (
            [sys.executable, fleet.HERE / "survey_boto3.py"],
            BOTO3_LIMITED if limit else {},
        ),
    }
    kept = {name: [] for name in contenders}
    for run in range(count):
        seen = {}
        for name, (command, more) in contenders.items():
            if limit:
                time.sleep(BURST / limit + 1)  # the bucket is full again
            figures, operations, seen[name] = fleet.measure(server, scratch, command, **more)
            kept[name].append(figures)
            shown = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
            print(f"run {run + 1} {name}: {shown}", file=sys.stderr)
            if run == 0:
                print(f"  {operations}", file=sys.stderr)
        drifted = fleet.same_verdicts(seen["amiwatch"], seen["boto3"])
    print(
        f"same verdict on {fleet.ENVIRONMENTS} environments, {drifted} of them drifted",
        file=sys.stderr,
    )
    return kept


ROWS = (
    ("wall_s", "wall, median", "{:.2f} s"),
    ("cpu_s", "CPU, median", "{:.2f} s"),
    ("calls", "calls", "{:.0f}"),
    ("throttled", "of them throttled", "{:.0f}"),
    ("in_flight", "most in flight", "{:.0f}"),
    ("rss_mb", "peak RSS, median", "{:.1f} MB"),
)


def table(sums, budgets, limit):
    lines = ["| | amiwatch | boto3 | ratio | budget |", "|---|---|---|---|---|"]
    for key, label, form in ROWS:
        if key == "throttled" and not limit:
            continue
        ours, theirs = sums["amiwatch"][key], sums["boto3"][key]
        budget = "<= " + form.format(budgets[key]) if key in budgets else "-"
        cells = [label, form.format(ours), form.format(theirs), f"{ours / theirs:.2f}", budget]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


TITLE = "A survey of 1,000 environments"
SECTION = """\
The simulated account holds 1,000 Elastic Beanstalk environments over 20 platform versions of 5 branches, and
answers each call after 20 ms. Measured is the whole command from start to end, cold, against the same server
as a plain boto3 script with 16 threads ([tests/bench/survey_boto3.py](../tests/bench/survey_boto3.py)), in turn.
Both must come to the same verdict on every environment.

{table}

{date}, {runs} runs each, {machine}; the server and the two contenders share the machine. Python {python},
boto3 {boto3}. Calls and calls in flight are counted by the account, as the worst of the runs.

    cargo build --release && cargo build --profile dist
    python -m pip install boto3
    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py --runs {runs} --write docs/benchmarks.md

The script exits 1 when a budget is missed.
"""

TITLE_LIMITED = "The same survey where AWS throttles"
SECTION_LIMITED = """\
As above, in an account whose Elastic Beanstalk bucket holds 100 calls and refills at {limit} a second: the
1,027 calls of a survey cannot take less than {floor:.1f} s. boto3 retries in its standard mode, with up to 10
attempts (with the 3 that are its default the script gives up). How amiwatch finds its pace:
[decisions/pace](decisions/pace.md).

{table}

{date}, {runs} runs each, {machine}. Python {python}, boto3 {boto3}. Calls, throttles and calls in flight are
counted by the account, as the worst of the runs.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py --limit {limit} --runs {runs} --write docs/benchmarks.md
"""


def main():
    own = fleet.arguments(__doc__, runs=7)
    limit, budgets = own.limit, BUDGETS_LIMITED if own.limit else BUDGETS
    bucket = {"beanstalk_all": {"burst": BURST, "per_second": limit}} if limit else {}
    with tempfile.TemporaryDirectory(prefix="amiwatch-bench-") as folder:
        scratch = pathlib.Path(folder)
        server = fleet.Server(scratch, throttling=bucket)
        try:
            sums = fleet.summary(runs(server, scratch, own.runs, limit))
        finally:
            server.close()
    shown = table(sums, budgets, limit)
    print(shown)
    if own.write:
        title, section = (TITLE_LIMITED, SECTION_LIMITED) if limit else (TITLE, SECTION)
        told = {**fleet.facts(own.runs), "table": shown}
        if limit:
            told |= {"limit": limit, "floor": (1027 - BURST) / limit}
        fleet.page(own.write, title, section.format(**told))
    return fleet.over(sums["amiwatch"], budgets)


sys.exit(main())
