#!/usr/bin/env python3
"""Our reading of YAML against PyYAML's safe loader, which cloud-init reads with.

    yaml_pyyaml.py PYYAML_BINARY [SEED [FILES]]        (the built examples/pyyaml.rs)

Texts: every YAML file of this repository and of the Python packages beside PyYAML; whole cloud-configs in
random styles; all of these with slips of a hand; scalars of every type, right and nearly right; and indicators in
no order. Both sides must take the same texts, and read the same values out of those that they take: texts
byte for byte, everything else by its type.

Prints how many were taken and refused of each sort; exits 1 if one differs. Left out are the values, not the
verdicts, of texts with `<<` (PyYAML's versions differ in which of two merged values wins) and of tags that
Python has no type of its own for.
"""

import datetime
import json
import random
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import yaml

FILES = 40_000
MOST = 5_000
NO_VALUES = ("<<", "!!omap", "!!pairs", "!!str")
INDICATORS = list("-?:,[]{}#&*!|>'\"%@`~=<.\\ \t\n") + [
    "\n  ", "\n- ", "\n  - ", ": ", " #", "---\n", "...\n", "--- ", "a", "b", "key", "0", "1", "&x ", "*x",
    "!!int ", "!foo ", "!!str ", "! ", "|-\n", ">+\n", "|2\n", "<<: ", "''", '""', "\r\n", "\u2028", "\ufeff", "é", "%YAML 1.1\n",
    "%TAG ! tag:x,1:\n", "? ", "\n\n", "{a: b}", "[a, b]",
]  # fmt: skip
WORDS = (
    "echo yes no on off true null ~ 1 0 010 0x1f 1_000 1.5 1e3 12:30:45 2024-02-29 -1 +.5 .inf = << runcmd "
    "packages a-b a:b a#b /etc/x $HOME x@y"
).split()
SCALARS = list("0123456789+-._:eExXobB TtZ~=<") + ["true", "Yes", "null", "inf", "nan", "2001-12-14", "-05:00", "0o", "0b", "!!"]
TAGS = ["!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!str", "!!seq", "!!map", "!!set",
        "!!omap", "!!pairs", "!!python/unicode", "!x", "!", "!<tag:yaml.org,2002:int>"]  # fmt: skip
SLIPS = list(":-#'\"[]{},&*!|>%@`? \t\n") + ["\r\n", "  ", ": ", "\t", "\n\t\n", "\n---\n"]


def corpus():
    here = Path(__file__).resolve().parents[2]
    roots = [here / "config", here / "tests", here / "deploy", here / "docs", Path(sysconfig.get_path("purelib"))]
    found = (path for root in roots for path in sorted(root.rglob("*")))
    for path in found:
        if path.suffix in (".yaml", ".yml") and path.is_file() and path.stat().st_size < 60_000:
            try:
                yield path.read_text()
            except UnicodeDecodeError:
                continue


def scalar(rng):
    text = " ".join(rng.choice(WORDS) for _ in range(rng.choice([1, 1, 2, 3])))
    style = rng.random()
    if style < 0.2:
        return "'" + text.replace("'", "''") + "'"
    if style < 0.4:
        return json.dumps(text)
    if style < 0.45:
        return f"{rng.choice(TAGS)} {text}"
    return text


def flow(rng, depth):
    kind = rng.random() if depth else 0
    if kind < 0.5:
        return scalar(rng)
    inner = [flow(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    if kind < 0.75:
        return "[" + ", ".join(inner) + "]"
    return "{" + ", ".join(f"{scalar(rng)}: {value}" for value in inner) + "}"


def block(rng, depth, indent):
    """Lines of a value, from the key's own line on."""
    pad = "\n" + " " * indent
    kind = rng.random()
    if not depth or kind < 0.3:
        return " " + scalar(rng)
    if kind < 0.4:
        return " " + flow(rng, 2)
    if kind < 0.5:
        lines = (scalar(rng) for _ in range(rng.randint(1, 3)))
        return " " + rng.choice(["|", ">", "|-", ">-", "|+", ">2"]) + "".join(pad + "  " + line for line in lines)
    if kind < 0.75:
        items = [block(rng, depth - 1, indent + 2) for _ in range(rng.randint(1, 4))]
        return "".join(pad + "-" + item for item in items)
    keys = rng.sample(WORDS, rng.randint(1, 3))
    return "".join(f"{pad}{key}:" + block(rng, depth - 1, indent + 2) for key in keys)


def config(rng):
    keys = ["runcmd", "write_files", "packages", "users", "bootcmd", "hostname"]
    chosen = [rng.choice(keys) for _ in range(rng.randint(1, 4))]
    text = "#cloud-config\n" + "\n".join(key + ":" + block(rng, 3, rng.choice([0, 2])) for key in chosen) + "\n"
    return text.replace("\n", "\r\n") if rng.random() < 0.05 else text


def slipped(rng, text):
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        roll = rng.random()
        if roll < 0.3:
            text = text[:at] + text[at + 1 :]
        elif roll < 0.7:
            text = text[:at] + rng.choice(SLIPS) + text[at:]
        else:
            lines = text.split("\n")
            which = rng.randrange(len(lines))
            lines[which] = rng.choice([" ", "  ", "\t", "- ", ""]) + lines[which].lstrip(rng.choice([" ", "-", ""]))
            text = "\n".join(lines)
    return text


def typed(rng):
    text = "".join(rng.choice(SCALARS) for _ in range(rng.randint(1, 8)))
    if rng.random() < 0.3:
        year, month, day = rng.choice([0, 1, 1999, 2024]), rng.randint(0, 13), rng.randint(0, 32)
        text = f"{year:04}-{month:02}-{day:02}"
        if rng.random() < 0.5:
            text += rng.choice(["T", "t", " ", "  "]) + f"{rng.randint(0, 25)}:{rng.randint(0, 60):02}:{rng.randint(0, 60):02}"
            text += rng.choice(["", ".5", ".", "Z", " Z", "+01:00", "-24:00", "+25", " +1:30"])
    tag = rng.choice(["", "", rng.choice(TAGS) + " "])
    quoted = rng.choice([text, text, json.dumps(text), f"|\n {text}\n"])
    return f"{rng.choice(['a: ', '- ', ''])}{tag}{quoted}"


def texts(rng, count):
    files = list(corpus())
    yield from (("corpus", text) for text in files)
    short = [text for text in files if len(text) < 4_000]
    for _ in range(max(0, count - len(files))):
        roll = rng.random()
        if roll < 0.2:
            yield "config", config(rng)
        elif roll < 0.45:
            yield "config with slips", slipped(rng, config(rng))
        elif roll < 0.6:
            yield "corpus with slips", slipped(rng, rng.choice(short))
        elif roll < 0.8:
            yield "typed", typed(rng)
        else:
            yield "indicators", "".join(rng.choice(INDICATORS) for _ in range(rng.randint(1, 14)))


class TooMuch(Exception):
    pass


def canonical(value, left):
    left[0] -= 1
    if left[0] < 0:
        raise TooMuch
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if any(
            "\ud800" <= c <= "\udfff" for c in value
        ) else value
    if isinstance(value, list):
        return [canonical(item, left) for item in value]
    if isinstance(value, dict):
        return {key: canonical(item, left) for key, item in value.items() if isinstance(key, str)}
    names = {type(None): "null", bool: "bool", int: "int", float: "float", bytes: "binary", set: "set"}
    names |= {datetime.date: "timestamp", datetime.datetime: "timestamp"}
    return f"<{names[type(value)]}>"


def theirs(text):
    """Whether PyYAML takes it, and what it reads; `None` for what is not compared."""
    try:
        value = yaml.safe_load(text)
    except Exception as error:
        return False, f"{type(error).__name__}: {error}".replace("\n", " ")
    if any(word in text for word in NO_VALUES) or "\\u" in text or "\\U" in text:
        return True, None
    try:
        # A text without a document, and an empty one, are the same to cloud-init.
        return True, None if value is None else canonical(value, [MOST])
    except (TooMuch, RecursionError):
        return True, None


def main():
    binary = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260704
    count = int(sys.argv[3]) if len(sys.argv) > 3 else FILES
    asked = list(texts(random.Random(seed), count))
    lines = "".join(json.dumps(text) + "\n" for _, text in asked)
    ran = subprocess.run([binary], input=lines, capture_output=True, text=True, check=True)
    # Not `splitlines`, which knows more ends of lines than this one.
    answers = ran.stdout.split("\n")[:-1]
    assert len(answers) == len(asked), ran.stderr
    seen, values, wrong = Counter(), 0, []
    for (sort, text), answer in zip(asked, answers):
        taken, read = theirs(text)
        seen[sort, taken] += 1
        same = taken == answer.startswith("taken ")
        if same and taken and read is not None:
            values += 1
            same = json.loads(answer.removeprefix("taken ")) == read
        if not same:
            wrong.append((sort, text, answer, read))
    for sort in dict.fromkeys(sort for sort, _ in seen):
        print(f"{sort}: {seen[sort, True]} taken, {seen[sort, False]} refused by PyYAML {yaml.__version__}")
    both = len(asked) - len(wrong)
    print(f"seed {seed}: {both} of {len(asked)} texts agree, with the values of {values} that are taken")
    for sort, text, answer, read in wrong[:100]:
        print(f"DIFFERS ({sort}) {text[:400]!r}\n  ours   {answer[:300]}\n  theirs {str(read)[:300]}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
