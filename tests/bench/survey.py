"""Measures `amiwatch survey` by pages beside itself by settings and beside a plain boto3 script, on the
simulated account: 1,000 environments over 20 platform versions of 5 branches, 20 ms a call.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py [--runs 7] [--write docs/benchmarks.md]
    ... survey.py --limit 50 [--runs 3] [--write docs/benchmarks.md]

All are run in turn against one server and must come to the same verdict on every environment. With
`--limit N` Elastic Beanstalk takes 100 calls at once and N a second after that, and boto3 retries in its
standard mode. Needs boto3. Exits 1 when a budget is missed. On a busy machine, or with a debug build, read
the ratios; the page says which build it was.
"""

import pathlib
import sys
import tempfile
import time

import fleet

# figure -> the most it may be
BUDGETS = {"wall_s": 0.5, "calls": 60, "in_flight": 16, "rss_mb": 30.0}
BURST = 100
BUDGETS_LIMITED = {"wall_s": 0.5, "calls": 60, "throttled": 0, "in_flight": 16}
# Standard retries give up after three attempts by default, and with them the script.
BOTO3_LIMITED = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "10"}


def runs(server, scratch, count, limit):
    contenders = {
        "pages": ([fleet.BINARY, "survey", "--format", "json"], {}),
        "settings": ([fleet.BINARY, "survey", "--settings", "--format", "json"], {}),
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
        drifted = {fleet.same_verdicts(seen[ours], seen["boto3"]) for ours in ("pages", "settings")}
    print(
        f"same verdict on {fleet.ENVIRONMENTS} environments, {drifted.pop()} of them drifted",
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
    lines = ["| | by pages | by settings | boto3 | pages / settings | pages / boto3 | budget |", "|---|---|---|---|---|---|---|"]
    for key, label, form in ROWS:
        if key == "throttled" and not limit:
            continue
        figures = [sums[name][key] for name in ("pages", "settings", "boto3")]
        ratios = [f"{figures[0] / other:.3f}" if other else "-" for other in figures[1:]]
        budget = "<= " + form.format(budgets[key]) if key in budgets else "-"
        cells = [label, *(form.format(figure) for figure in figures), *ratios, budget]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


TITLE = "A survey of 1,000 environments"
SECTION = """\
The simulated account holds 1,000 Elastic Beanstalk environments over 20 platform versions of 5 branches, and
answers each call after 20 ms. Measured is the whole command from start to end, cold: `survey`, which reads
pages ([decisions/survey-by-pages](decisions/survey-by-pages.md)), `survey --settings`, which asks every
environment, and a plain boto3 script with 16 threads that asks every environment, too
([tests/bench/survey_boto3.py](../tests/bench/survey_boto3.py)); in turn, against one server. All must come to the
same verdict on every environment.

{table}

{date}, {runs} runs each, {build} build, {machine}; the server and the contenders share the machine. Python
{python}, boto3 {boto3}. Calls and calls in flight are counted by the account, as the worst of the runs.

    cargo build --release && cargo build --profile dist
    python -m pip install boto3
    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py --runs {runs} --write docs/benchmarks.md

The script exits 1 when a budget is missed.
"""

TITLE_LIMITED = "The same survey where AWS throttles"
SECTION_LIMITED = """\
As above, in an account whose Elastic Beanstalk bucket holds 100 calls and refills at {limit} a second: 1,027
calls cannot take less than {floor:.1f} s, and pages leave that bucket nearly alone. boto3 retries in its standard mode, with up to 10
attempts (with the 3 that are its default the script gives up). How amiwatch finds its pace:
[decisions/pace](decisions/pace.md).

{table}

{date}, {runs} runs each, {build} build, {machine}. Python {python}, boto3 {boto3}. Calls, throttles and calls in flight are
counted by the account, as the worst of the runs.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/survey.py --limit {limit} --runs {runs} --write docs/benchmarks.md
"""


def main():
    own = fleet.arguments(__doc__, runs=7, release_only=False)
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
    return fleet.over(sums["pages"], budgets)


sys.exit(main())
