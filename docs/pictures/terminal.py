#!/usr/bin/env python3
"""Takes the pictures of what amiwatch prints on a terminal, on the simulated account.

    docs/pictures/terminal.py AMIWATCH_BIN

Runs `status`, `explain` and `survey` in a pseudo-terminal of 80 and of 120 columns, and draws what they
print, colours included, as docs/pictures/NAME-COLUMNS.svg. The demo is drawn as demo.svg and recorded with
its own times as demo.cast (`asciinema play docs/pictures/demo.cast`). Fails where a line is longer than the
terminal is wide. Needs Python alone; listens on loopback, writes into a scratch folder and beside itself, and ends
what it started.
"""

import fcntl
import html
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WIDTHS = (80, 120)
SHOWN = (["status"], ["explain", "shop"], ["survey"])
# Width and height of a character, and the margin around the text.
CHAR, LINE, MARGIN = 8.4, 18, 14
COLOURS = {"31": "#f28b82", "32": "#81c995", "33": "#fdd663", "34": "#8ab4f8", "36": "#78d9ec"}
SGR = re.compile("\x1b\\[([0-9;]*)m")


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        served = serve(binary, scratch)
        try:
            take_all(binary, pathlib.Path(scratch), served.url)
            take_demo(binary, pathlib.Path(scratch))
        finally:
            served.terminate()
            served.wait()


def serve(binary, scratch):
    """The simulated account, with the world of docs/sim.md."""
    words = [binary, "sim", "serve", "--listen", "127.0.0.1:0"]
    words += ["--world", ROOT / "config/world.json"]
    served = subprocess.Popen(words, cwd=scratch, stdout=subprocess.PIPE, text=True)
    line = served.stdout.readline()
    served.url = line.strip().removeprefix("listening on ")
    return served


def take_all(binary, scratch, url):
    desk = scratch / "desk"
    desk.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(desk), "USER": "jo", "TERM": "xterm-256color",
        "AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "sim",
        "AWS_SECRET_ACCESS_KEY": "sim", "AWS_EC2_METADATA_DISABLED": "true",
    }
    prepare(binary, desk, url, environment)
    for words in SHOWN:
        for columns in WIDTHS:
            text = on_a_terminal([str(binary), *words], columns, desk, environment)
            lines = text.replace("\r", "").rstrip("\n").split("\n")
            lines = [part for line in lines for part in fitting(line, columns)]
            name = HERE / f"{words[0]}-{columns}.svg"
            name.write_text(drawn(f"$ amiwatch {' '.join(words)}", lines, columns))
            print(name.relative_to(ROOT))


def take_demo(binary, scratch):
    """The demo needs no account: drawn as it ends, and recorded as it goes."""
    columns = WIDTHS[1]
    environment = {"PATH": os.environ["PATH"], "HOME": str(scratch), "TERM": "xterm-256color"}
    began, parts = time.monotonic(), []
    heard = lambda part: parts.append((round(time.monotonic() - began, 3), part))
    text = on_a_terminal([str(binary), "demo"], columns, scratch, environment, heard)
    lines = text.replace("\r", "").strip("\n").split("\n")
    for line in lines:
        fitting(line, columns)
    drawing, recording = HERE / "demo.svg", HERE / "demo.cast"
    drawing.write_text(drawn("$ amiwatch demo", lines, columns))
    head = {"version": 2, "width": columns, "height": len(lines) + 2, "title": "amiwatch demo"}
    events = [[0.0, "o", "$ amiwatch demo\r\n"]] + [[at, "o", part] for at, part in parts]
    recording.write_text("".join(json.dumps(one) + "\n" for one in [head, *events]))
    for name in (drawing, recording):
        print(name.relative_to(ROOT))


def fitting(line, columns):
    """The line; a command to paste, which stays whole, goes on in the next line as on any terminal."""
    if line.startswith("  aws "):
        return [line[at:at + columns] for at in range(0, len(line), columns)]
    assert len(SGR.sub("", line)) <= columns, f"longer than {columns}: {line!r}"
    return [line]


def prepare(binary, desk, url, environment):
    """A watch that has baked once, and a release that came afterwards."""
    def amiwatch(*words, ends=(0,)):
        done = subprocess.run([binary, *words], cwd=desk, env=environment, capture_output=True, text=True)
        assert done.returncode in ends, (words, done)

    amiwatch("init", "--yes")
    shutil.copy(ROOT / "config/recipes/demo.yaml", desk / "recipes/ecs-logging.yaml")
    config = desk / "amiwatch.toml"
    text = config.read_text().replace("# recipe = ", "recipe = ")
    text = text.replace('on_drift = "notify"', 'on_drift = "bake"')
    check = "grep -q 'splunk' /etc/ecs/ecs.config"
    text += '\n[recipe.ecs-logging]\nuser_data = "recipes/ecs-logging.yaml"\n'
    text += f'checks = [{{ name = "splunk is an allowed log driver", run = "{check}" }}]\n'
    config.write_text(text)
    amiwatch("run", "--once")
    release = b'{"region": "eu-west-1", "do": {"release": {"branch": "ECS running on 64bit Amazon Linux 2023",' \
              b' "version": "4.5.2", "disk": {"/etc/ecs/ecs.config": "ECS_CLUSTER=awseb-shop\\n"}}}}'
    urllib.request.urlopen(urllib.request.Request(url + "/_sim/do", data=release)).read()
    amiwatch("hold", "shop", "--until", "7d", "--reason", "the shop freezes for Christmas")
    amiwatch("run", "--once")


def on_a_terminal(words, columns, desk, environment, heard=lambda part: None):
    """What a command prints on a terminal of so many columns; `heard` gets each part as it comes."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    running = subprocess.Popen(words, cwd=desk, env=environment, stdin=its, stdout=its, stderr=its)
    os.close(its)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
        heard(part.decode(errors="replace"))
    running.wait()
    os.close(ours)
    return said.decode()


def drawn(prompt, lines, columns):
    """An SVG of these lines, on a background as wide as the terminal."""
    width = round(columns * CHAR + 2 * MARGIN)
    height = (len(lines) + 1) * LINE + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">\n'
        f'<rect width="{width}" height="{height}" rx="6" fill="#202124"/>\n'
        '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="#e8eaed" '
        'xml:space="preserve">\n'
    )
    rows = [row(0, [(prompt, {"fill": "#9aa0a6"})])]
    rows += [row(nth + 1, spans(line)) for nth, line in enumerate(lines)]
    return head + "".join(rows) + "</g>\n</svg>\n"


def row(nth, parts):
    """One line; each part at its own column, so that no font moves it."""
    y, column, texts = MARGIN + (nth + 1) * LINE - 4, 0, []
    for text, style in parts:
        if text.strip():
            x, length = MARGIN + column * CHAR, len(text) * CHAR
            given = "".join(f' {name}="{value}"' for name, value in style.items())
            texts.append(
                f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}"{given}>{html.escape(text)}</text>'
            )
        column += len(text)
    return "".join(texts) + "\n"


def spans(line):
    """A line in parts of one style."""
    parts, style, at = [], {}, 0
    for found in SGR.finditer(line):
        parts.append((line[at:found.start()], style))
        at, code = found.end(), found[1]
        if code == "1":
            style = {"font-weight": "bold"}
        else:
            style = {"fill": COLOURS[code]} if code in COLOURS else {}
    return parts + [(line[at:], style)]


if __name__ == "__main__":
    main()
