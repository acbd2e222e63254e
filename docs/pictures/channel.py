#!/usr/bin/env python3
"""Takes the picture of a Slack channel that an app tells: from a release until everything is in step again.

    docs/pictures/channel.py AMIWATCH_BIN

amiwatch works on the simulated account and posts to a server here that answers as Slack's API does. What it was posted and
what was updated is drawn by a page that imitates Slack's layout, as docs/pictures/slack-channel.png: each message with
the thread under it. Prints the channel as text. Needs Python and chromium; listens on loopback, writes into a scratch
folder and beside itself, and ends what it started.
"""

import html
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RELEASE = {"region": "eu-west-1", "do": {"release": {
    "branch": "ECS running on 64bit Amazon Linux 2023", "version": "4.5.2",
    "disk": {"/etc/ecs/ecs.config": "ECS_CLUSTER=awseb-shop\n"}}}}
CONFIG = """
[recipe.ecs-logging]
user_data = "recipes/ecs-logging.yaml"
checks = [{ name = "splunk is an allowed log driver", run = "grep -q 'splunk' /etc/ecs/ecs.config" }]

[watch.shop.rollout]
settle = "1m"

[notify.stories]
slack = { token = { env = "SLACK_TOKEN" }, channel = "C0123456789", url = "URL/api" }
"""
# Drawn, since not every machine has a font for them.
DOTS = {"\U0001f7e2": "#2e9e5b", "\U0001f7e1": "#e0a800", "\U0001f534": "#d0342c", "\U0001f535": "#2f6fd0"}
STYLE = """
body { font: 15px/1.45 Lato, "Helvetica Neue", Arial, sans-serif; color: #1d1c1d; margin: 14px 20px; width: 760px }
.post { margin: 0 0 16px; padding-left: 46px; position: relative }
.post::before { content: "a"; position: absolute; left: 0; top: 3px; width: 34px; height: 34px; border-radius: 6px;
  background: #2f6f4f; color: #fff; text-align: center; line-height: 34px; font-weight: bold }
.who { font-weight: 900 } .when, .context, .reply .what { color: #616061 } .when { font-size: 12px; margin-left: 6px }
.head { font-size: 17px; font-weight: 700; margin: 2px 0 } .context { font-size: 12px }
i { display: inline-block; width: .75em; height: .75em; border-radius: 50% }
.thread { border-left: 2px solid #ddd; margin: 6px 0 0; padding-left: 12px } .reply { font-size: 13px; margin: 3px 0 }
code { font: 12px ui-monospace, Menlo, Consolas, monospace; background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px;
  color: #c01343; padding: 0 3px }
"""


class Channel(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        posts = self.server.posts
        if self.path.endswith("chat.update"):
            posts[[one["ts"] for one in posts].index(told["ts"])] = told
        else:
            told["ts"] = f"1700000000.{len(posts):06}"
            posts.append(told)
        body = json.dumps({"ok": True, "channel": told["channel"], "ts": told["ts"]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def live(binary, scratch, posted_to):
    """A release, its bake, two environments moved by a person's word, and the end of the drift."""
    served = subprocess.Popen(
        [binary, "sim", "serve", "--listen", "127.0.0.1:0", "--world", ROOT / "config/world.json", "--speed", "20"],
        stdout=subprocess.PIPE, text=True)
    try:
        url = served.stdout.readline().split()[-1]
        environment = {
            "PATH": os.environ["PATH"], "HOME": scratch, "USER": "jo", "AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "sim", "AWS_SECRET_ACCESS_KEY": "sim", "AWS_EC2_METADATA_DISABLED": "true",
            "SLACK_TOKEN": "xoxb-1",
        }

        def amiwatch(*words, ends=(0,)):
            ran = subprocess.run([binary, *words], cwd=scratch, env=environment, capture_output=True, text=True, timeout=600)
            if ran.returncode not in ends:
                sys.exit(f"amiwatch {' '.join(words)} ended in {ran.returncode}:\n{ran.stdout}{ran.stderr}")

        amiwatch("init", "--yes")
        shutil.copy(ROOT / "config/recipes/demo.yaml", pathlib.Path(scratch, "recipes/ecs-logging.yaml"))
        config = pathlib.Path(scratch, "amiwatch.toml")
        text = re.sub("^# recipe = ", "recipe = ", config.read_text(), flags=re.M)
        text = text.replace('on_drift = "notify"', 'on_drift = "bake"')
        config.write_text(text + CONFIG.replace("URL", posted_to))
        amiwatch("adopt", "shop", "ami-5130000000000c001")
        amiwatch("run", "--once", ends=(0, 1, 3))
        request = urllib.request.Request(f"{url}/_sim/do", data=json.dumps(RELEASE).encode())
        urllib.request.urlopen(request, timeout=30).close()
        amiwatch("run", "--once", ends=(0, 1, 3))
        for environment_name in ("shop-blue", "shop-green"):
            amiwatch("rollout", "shop", "--environment", environment_name, "--yes")
        time.sleep(1)
        amiwatch("run", "--once", ends=(0, 1, 3))
    finally:
        served.terminate()
        served.wait()


def words(block):
    if block["type"] == "context":
        return block["elements"][0]["text"]
    return block.get("text", {}).get("text", "")


def shown(text):
    """As Slack shows it: what it wrote differently, and code."""
    said = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(html.unescape(text), quote=False)).replace("\n", "<br>")
    for dot, colour in DOTS.items():
        said = said.replace(dot, f'<i style="background:{colour}"></i>')
    return said


def page(posts):
    drawn = [f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>"]
    for post in (one for one in posts if "thread_ts" not in one):
        head, *rest = post["blocks"]
        drawn.append(f'<div class=post><span class=who>amiwatch</span><span class=when>app</span><div class=head>{shown(words(head))}</div>')
        for block in rest:
            kind = "context" if block["type"] == "context" else "text"
            drawn.append(f"<div class={kind}>{shown(words(block))}</div>")
        replies = [one for one in posts if one.get("thread_ts") == post["ts"]]
        drawn.append("<div class=thread>")
        for reply in replies:
            first = next((words(block).split("\n")[0] for block in reply["blocks"][1:] if words(block)), "")
            drawn.append(f"<div class=reply><b>{shown(words(reply['blocks'][0]))}</b><div class=what>{shown(first)}</div></div>")
        drawn.append("</div></div>")
    return "\n".join(drawn)


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Channel)
    server.posts = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch:
        live(binary, scratch, f"http://127.0.0.1:{server.server_port}")
        for post in server.posts:
            depth = "  " if "thread_ts" in post else ""
            print(f"{depth}{words(post['blocks'][0])}")
        drawn = pathlib.Path(scratch, "channel.html")
        drawn.write_text(page(server.posts))
        height = 105 * sum("thread_ts" not in one for one in server.posts) + 40 * len(server.posts)
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5",
             f"--window-size=820,{height}", f"--screenshot={HERE / 'slack-channel.png'}", drawn.as_uri()],
            check=True, capture_output=True, timeout=120)
    server.shutdown()


main()
