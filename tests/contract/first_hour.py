"""Follows a page of the documentation word for word, and holds what happens to what the page shows.

    first_hour.py AMIWATCH_BIN PAGE...

Every code block whose first word is a program is run, line by line, in one shell, in the order of the page.
What is not run is written down below with its reason; a command that is neither run nor written down fails.
Where a block shows output behind `$ command`, the command must print it: numbers of seconds, times and ids
may differ, the folding of lines too; a line `...` stands for any number of lines. Each page begins with a
folder of its own that holds `config/`, as the repository's root does. Listens on loopback, and ends what it
started.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = {"amiwatch", "cargo", "cat", "cp", "curl", "diff", "export", "sed"}
NOT_RUN = {
    "cargo run --release -- demo": "builds for minutes; tests/cli/demo.rs plays the demo",
    "cargo test": "is a stage of its own",
    "cargo install --locked --profile dist --path .": "builds for minutes; the binary is given",
}
# The daemon goes on until it is stopped, and so is stopped here when it has said this.
DAEMON, AT_WORK = "amiwatch run", "amiwatch watches"
# Verdicts are exit codes.
VERDICTS = ("amiwatch check", "amiwatch plan", "amiwatch explain")
MASKS = [
    (re.compile(r"\b(i|ami|subnet|snap|sg|vol)-[0-9a-f]{8,}\b"), r"\1-ID"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "TIME"),
    (re.compile(r"\b\d+(m\d\d)?( ?)(s|seconds?|minutes?)\b"), "SPAN"),
]


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    for page in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as scratch:
            follow(binary, pathlib.Path(page), pathlib.Path(scratch))


def follow(binary, page, scratch):
    (scratch / "bin").mkdir()
    (scratch / "bin/amiwatch").symlink_to(binary)
    root = scratch / "root"
    root.mkdir()
    shutil.copytree(ROOT / "config", root / "config")
    shell = Shell(root, f"{scratch}/bin:{os.environ['PATH']}")
    ran = left = 0
    try:
        for command, shown in commands(page.read_text()):
            if command in NOT_RUN:
                left += 1
                continue
            said, code = shell.run(command)
            ends = (0, 3) if command.startswith(VERDICTS) else (0,)
            if code not in ends:
                fail(page, command, f"it ends in {code}", said)
            for part in parts(shown):
                if part not in squashed(said):
                    fail(page, command, f"it does not print `{part}`", said)
            ran += 1
    finally:
        shell.end()
    if not ran:
        fail(page, "-", "the page has no command", "")
    print(f"{page}: {ran} commands did what it says, {left} not run")


def fail(page, command, why, said):
    print(f"FAILED: {page}: {command}\n  {why}\n{said}")
    sys.exit(1)


def commands(text):
    """Each command of the page, with the lines that are shown behind it."""
    for block in blocks(text):
        lines = iter(block)
        shown, command = [], None
        for line in lines:
            typed = line.removeprefix("$ ")
            if line.startswith("$ ") or not block[0].startswith("$ "):
                if command:
                    yield command, shown
                command, shown = typed, []
                ended = re.search(r"<<'(\w+)'", typed)
                while ended and command.rsplit("\n", 1)[-1] != ended[1]:
                    command += "\n" + next(lines)
            else:
                shown.append(line)
        if command:
            yield command, shown


def blocks(text):
    """Blocks whose first word is a program, as lists of lines: fenced ones, and those that are indented."""
    found, block, fenced = [], [], False
    for line in text.split("\n") + [""]:
        if line.startswith("```"):
            fenced = not fenced
            found, block = found + [block], []
        elif fenced:
            block.append(line)
        elif line.startswith("    ") and (block or not line.startswith("     ")):
            block.append(line[4:])
        elif block and line.strip():
            found, block = found + [block], []
        elif block:
            block.append("")
    found.append(block)
    stripped = ("\n".join(one).strip("\n").split("\n") for one in found)
    return [one for one in stripped if one[0].removeprefix("$ ").split(" ")[0] in PROGRAMS]


def parts(shown):
    """What must be printed, between the lines that stand for any."""
    text = "\n".join(shown)
    return [squashed(part) for part in re.split(r"^\.\.\.$", text, flags=re.M) if part.strip()]


def squashed(text):
    for mask, instead in MASKS:
        text = mask.sub(instead, text)
    return " ".join(text.split())


class Shell:
    """One shell for a whole page, as a person has one."""

    def __init__(self, folder, path):
        environment = {"PATH": path, "HOME": str(folder), "USER": "jo", "COLUMNS": "120"}
        self.shell = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    def run(self, command):
        if command == DAEMON:
            return self.watch(command)
        self.type(f"{{ {command}\n}} </dev/null; printf '\\n==%s==\\n' $?\n")
        said = []
        for line in self.shell.stdout:
            if ended := re.fullmatch(r"==(\d+)==\n", line):
                if command.endswith("&"):
                    wait_for("http://127.0.0.1:4599")
                return "".join(said), int(ended[1])
            said.append(line)
        return "".join(said), -1

    def watch(self, command):
        """Starts the daemon, and stops it as soon as it works."""
        self.type(f"{command} </dev/null & printf '\\n==%s==\\n' $!\n")
        said, pid = [], None
        for line in self.shell.stdout:
            said.append(line)
            if ended := re.fullmatch(r"==(\d+)==\n", line):
                pid = int(ended[1])
            if pid and any(AT_WORK in line for line in said):
                os.kill(pid, signal.SIGTERM)
                self.type(f"wait {pid}; printf '\\n==%s==\\n' $?\n")
                break
        for line in self.shell.stdout:
            if ended := re.fullmatch(r"==(\d+)==\n", line):
                return "".join(said), int(ended[1])
            said.append(line)
        return "".join(said), -1

    def type(self, text):
        self.shell.stdin.write(text)
        self.shell.stdin.flush()

    def end(self):
        """Ends the shell and what it started; nobody else is in its session."""
        os.killpg(self.shell.pid, signal.SIGTERM)
        self.shell.wait()


def wait_for(url):
    for _ in range(100):
        try:
            urllib.request.urlopen(url)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nobody answers at {url}")


if __name__ == "__main__":
    main()
