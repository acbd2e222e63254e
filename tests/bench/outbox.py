"""Measures a daemon behind which ten thousand notices wait for a chat that takes one a second, on the simulated
account: its share of a core, its memory, how long its passes take, and how fast the chat is told.

    AMIWATCH_BIN=target/release/amiwatch python tests/bench/outbox.py [--waiting 10000] [--seconds 60]

`--before OTHER_BINARY` measures another build in the same run, on a store of its own with the same rows. The rows are
written as the first version of the store holds them. Nothing is asserted, except that the chat is told anything.
"""

import argparse
import hashlib
import http.server
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("AMIWATCH_BIN", HERE.parents[1] / "target/release/amiwatch")).resolve()
REGION = "eu-west-1"
BRANCH = "ECS running on 64bit Amazon Linux 2023"
WATCHES = 5
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# What is used until the rows of an earlier store are put into lines is measured apart.
WARM_S = 30


class Chat(http.server.BaseHTTPRequestHandler):
    """Takes everything, and counts."""

    told = 0

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        Chat.told += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def world():
    images = {"x86_64": "ami-5130000000000a450"}
    steps = [
        {"region": REGION, "do": {"branch": {"name": BRANCH}}},
        {"region": REGION, "do": {"release": {"branch": BRANCH, "version": "4.5.0", "images": images}}},
    ]
    for at in range(WATCHES * 4):
        application = f"app{at % WATCHES}"
        spec = {"application": application, "name": f"{application}-env{at:03d}", "branch": BRANCH}
        steps.append({"region": REGION, "do": {"environment": spec}})
    return {"steps": steps}


def config(store, listen):
    parts = [
        'installation = "bench"',
        '[schedule]\ncron = "*/10 * * * * *"\njitter = "0s"',
        f'[store]\nurl = "sqlite://{store}"',
        f'[http]\nlisten = "{listen}"',
        '[notify.team]\nslack = { webhook_url = { env = "HOOK" } }',
    ]
    for at in range(WATCHES):
        parts.append(
            f'[watch.app{at}]\nregion = "{REGION}"\nbase = {{ beanstalk = "{BRANCH}" }}\non_drift = "notify"\n'
            f'[[watch.app{at}.target]]\nbeanstalk = {{ application = "app{at}", environment = "*" }}'
        )
    return "\n\n".join(parts) + "\n"


def fill(store, waiting):
    """Rows as the outbox of the first version holds them, each with a body of an ordinary notice's length."""
    rows = []
    for at in range(waiting):
        when = f"2026-01-{1 + at % 28:02d}T{at % 24:02d}:{at % 60:02d}:00Z"
        key = f"bench:{at}"
        notice = {
            "key": key, "event": "baked", "at": when, "watch": f"app{at % WATCHES}",
            "subject": f"[amiwatch] app{at % WATCHES}: baked", "body": "A line of a notice's body.\n" * 30,
            "facts": {"image": "ami-0123456789abcdef0", "base_version": "4.5.0"},
        }
        due = {"attempts": 0, "next_at": when, "last_why": None, "dead": False}
        name = hashlib.sha256(key.encode()).hexdigest()
        rows.append((f"outbox/{name}", 1, json.dumps({"notice": notice, "to": {"team": due}})))
    with sqlite3.connect(store) as raw:
        raw.executemany("INSERT INTO record (key, version, value) VALUES (?, ?, ?)", rows)
    raw.close()


def used(process):
    """CPU seconds, and the highest resident megabytes, as the kernel counts them."""
    stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    peak = int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M).group(1)) / 1024
    return (int(stat[11]) + int(stat[12])) * TICK_S, peak


def passes(log):
    """How many passes ended, by the daemon's own log."""
    return sum("a pass ended" in line for line in log.read_text().splitlines())


def metric(listen, name):
    try:
        with urllib.request.urlopen(f"http://{listen}/metrics", timeout=5) as answer:
            found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)
            return float(found.group(1)) if found else None
    except OSError:
        return None


def measure(binary, url, hook, scratch, waiting, seconds):
    listen = "127.0.0.1:19464"
    scratch.mkdir()
    store, log = scratch / "amiwatch.db", scratch / "log"
    (scratch / "amiwatch.toml").write_text(config(store, listen))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(scratch), "HOOK": hook, "AWS_ENDPOINT_URL": url, "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "simulated", "AWS_SECRET_ACCESS_KEY": "simulated", "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [binary, "run", "--config", scratch / "amiwatch.toml"]
    subprocess.run([*command, "--once"], env=environment, check=True, capture_output=True)
    fill(store, waiting)
    with log.open("w") as into:
        daemon = subprocess.Popen(command, env=environment, stderr=into)
    try:
        time.sleep(WARM_S)
        warm, _ = used(daemon)
        told, ended, begun = Chat.told, passes(log), time.monotonic()
        slowest = 0.0
        while time.monotonic() - begun < seconds:
            time.sleep(2)
            slowest = max(slowest, metric(listen, "amiwatch_last_pass_duration_seconds") or 0.0)
        cpu, peak = used(daemon)
        return {
            "CPU of the first half minute": f"{warm:.2f} s",
            "share of one core after it": f"{(cpu - warm) / seconds:.2%}",
            "RSS, highest": f"{peak:.1f} MB",
            "passes that ended (one each 10 s is wanted)": passes(log) - ended,
            "slowest pass": f"{slowest:.2f} s",
            "notices told a second": f"{(Chat.told - told) / seconds:.2f}",
        }
    finally:
        daemon.terminate()
        daemon.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--before", type=pathlib.Path)
    own = parser.parse_args()
    chat = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=chat.serve_forever, daemon=True).start()
    hook = f"http://127.0.0.1:{chat.server_port}/hook"
    with tempfile.TemporaryDirectory(prefix="amiwatch-outbox-") as folder:
        scratch = pathlib.Path(folder)
        (scratch / "world.json").write_text(json.dumps(world()))
        serve = [BINARY, "sim", "serve", "--listen", "127.0.0.1:0", "--world", scratch / "world.json"]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().split()[-1]
            binaries = {"before": own.before, "now": BINARY} if own.before else {"now": BINARY}
            figures = {
                name: measure(binary, url, hook, scratch / name, own.waiting, own.seconds)
                for name, binary in binaries.items()
            }
        finally:
            server.terminate()
            server.wait()
    print(f"| {own.waiting} notices wait | " + " | ".join(figures) + " |")
    print("|---" * (len(figures) + 1) + "|")
    for row in figures["now"]:
        print(f"| {row} | " + " | ".join(str(one[row]) for one in figures.values()) + " |")
    return 0 if Chat.told else 1


raise SystemExit(main())
