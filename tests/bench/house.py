#!/usr/bin/env python3
"""How large the house is: files and functions of src/, tests left out, and how many public functions have
a name of one word. With revisions it measures those (git), else the working tree.

    python tests/bench/house.py [REVISION ...]
"""

import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS_ALONE = ("src/flow/test_world", "src/flow/rollout/test_orders", "src/store/contract", "src/cloud/canned")
FUNCTION = re.compile(r"^(\s*)(pub(?:\([^)]*\))? )?(?:const )?(?:async )?(?:unsafe )?fn (\w+)")


def is_test(path):
    name = Path(path).stem
    folders = Path(path).parts[:-1]
    by_name = name in ("tests", "testing") or name.endswith("_tests") or name.startswith(("tests_", "test_"))
    by_folder = any(part == "tests" or part.endswith("_tests") for part in folders)
    return by_name or by_folder or path.startswith(TESTS_ALONE)


def sources(revision):
    if revision is None:
        for path in sorted((ROOT / "src").rglob("*.rs")):
            yield str(path.relative_to(ROOT)), path.read_text()
        return
    git = lambda *words: subprocess.run(["git", "-C", ROOT, *words], check=True, capture_output=True, text=True).stdout
    for path in git("ls-tree", "-r", "--name-only", revision, "src").splitlines():
        if path.endswith(".rs"):
            yield path, git("show", f"{revision}:{path}")


def functions(text):
    """Whether it is public, its name, its lines. rustfmt closes a function in the column of its `fn`."""
    lines = text.split("\n#[cfg(test)]\nmod tests {")[0].splitlines()
    for at, line in enumerate(lines):
        found = FUNCTION.match(line)
        if not found:
            continue
        indent, public, name = found.groups()
        for end in range(at, len(lines)):
            if lines[end] == indent + "}" or (end == at and line.endswith("}")):
                yield bool(public), name, end - at + 1
                break
            if lines[end].endswith(";") and lines[end].startswith(indent) and not lines[end].startswith(indent + " "):
                break  # a trait's, without a body


def p95(sizes):
    return statistics.quantiles(sizes, n=20)[-1]


def measure(revision):
    files = [(path, text) for path, text in sources(revision) if not is_test(path)]
    sizes = [len(text.splitlines()) for _, text in files]
    found = [one for _, text in files for one in functions(text)]
    lengths = [length for _, _, length in found]
    public = [name for is_public, name, _ in found if is_public]
    one_word = [name for name in public if "_" not in name]
    print(f"{revision or 'working tree'}:")
    print(f"  files: {len(sizes)}, median {statistics.median(sizes):.0f} lines, 95 % below {p95(sizes):.0f}, longest {max(sizes)}")
    print(f"  functions: {len(lengths)}, median {statistics.median(lengths):.0f} lines, 95 % below {p95(lengths):.0f}, longest {max(lengths)}")
    print(f"  public functions and methods: {len(public)}, of one word {len(one_word)}")


for revision in sys.argv[1:] or [None]:
    measure(revision)
