"""Counts what a pass over 1,000 environments asks, and what the next one asks when nothing has changed:
`amiwatch run --once` twice with one store, on the simulated account.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/next_pass.py [--write docs/benchmarks.md]

The verdicts of both passes must be the same. Exits 1 when the budget is missed; writes the page only from
a release binary.
"""

import pathlib
import sys
import tempfile

import fleet

BUDGETS = {"calls": 30, "in_flight": 16}
# The passes wait for their turns; what is counted does not depend on it.
CALLS_PER_SECOND = 100


def config(scratch):
    """A watch of each branch, whose targets are the applications that run it; it only tells."""
    lines = [
        'installation = "bench"',
        f'store = {{ url = "sqlite://{scratch}/amiwatch.db" }}',
        f"aws = {{ calls_per_second = {CALLS_PER_SECOND} }}",
    ]
    for at, branch in enumerate(fleet.BRANCHES):
        lines += [
            f"[watch.w{at}]",
            f'base = {{ beanstalk = "{branch}" }}',
            'recipe = "none"',
            # Every application runs all branches: environments n, n + 5, ... are of branch n.
            f"[[watch.w{at}.target]]",
            f'beanstalk = {{ application = "*", environment = "*[{at}{at + 5}]" }}',
        ]
    lines += ["[recipe.none]", 'user_data = "none.sh"', "unchecked = true"]
    (scratch / "none.sh").write_text("#!/bin/sh\n")
    path = scratch / "amiwatch.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


TITLE = "The next pass, when nothing has changed"
SECTION = """\
Five watches whose targets are all 1,000 environments of the account above, which only tell: `run --once`, and
then again with the same store. The second pass believes what the first one read, as far as the list of
environments shows them unchanged ([decisions/recall](decisions/recall.md)).

| | first pass | next pass | budget |
|---|---|---|---|
{rows}

{operations}

{date}, {machine}. Counted by the account; `calls_per_second` was 100. At the default of 5 the first pass takes
some three and a half minutes, since that is how long 1,026 calls take.

    SIM_BIN=target/dist/amiwatch AMIWATCH_BIN=target/release/amiwatch python tests/bench/next_pass.py --write docs/benchmarks.md
"""


def main():
    own = fleet.arguments(__doc__, runs=2)
    with tempfile.TemporaryDirectory(prefix="amiwatch-bench-") as folder:
        scratch = pathlib.Path(folder)
        command = [fleet.BINARY, "run", "--once", "--config", config(scratch), "--format", "json"]
        server = fleet.Server(scratch)
        try:
            passes = [fleet.measure(server, scratch, command) for _ in range(2)]
        finally:
            server.close()
    (first, _, saw), (second, operations, saw_again) = passes
    targets = sum(len(watch["drift"]["targets"]) for watch in saw["watches"])
    if targets != fleet.ENVIRONMENTS or verdicts(saw) != verdicts(saw_again):
        raise SystemExit(f"{targets} targets; the two passes do not say the same")
    rows = [
        f"| calls | {first['calls']} | {second['calls']} | <= {BUDGETS['calls']} |",
        f"| most in flight | {first['in_flight']} | {second['in_flight']} | <= 16 |",
        f"| wall | {first['wall_s']:.2f} s | {second['wall_s']:.2f} s | - |",
        f"| peak RSS | {first['rss_mb']:.1f} MB | {second['rss_mb']:.1f} MB | - |",
    ]
    asked = ", ".join(f"{count} {name}" for name, count in sorted(operations.items()))
    print("\n".join(rows))
    print(f"the next pass asks: {asked}")
    if own.write:
        told = {"rows": "\n".join(rows), "operations": f"The next pass asks: {asked}."}
        fleet.page(own.write, TITLE, SECTION.format(**told, **fleet.facts(2)))
    return fleet.over(second, BUDGETS)


def verdicts(answer):
    """What a pass says of each target, without the ages that grow in it."""
    return {
        target["target"]["environment"]: [reason["code"] for reason in target["reasons"]]
        for watch in answer["watches"]
        for target in watch["drift"]["targets"]
    }


sys.exit(main())
