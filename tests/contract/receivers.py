"""Receivers that we did not write, and loopback ones that fail in every way, told by the real binary.

    receivers.py AMIWATCH_BIN

`amiwatch notify test --event E` tells SNS and EventBridge on moto, both read back from SQS queues behind them, a webhook
whose signature Standard Webhooks' own library verifies, and whatever else is told by HTTP or runs here. Then each HTTP
receiver is told while the other side answers 500, 429, 404, a redirect, garbage, nothing, or goes away: every time it must be
said, and no secret with it. Prints what each was sent in short, and `N checks passed`; at the first failed check it exits 1.
"""

import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
from standardwebhooks.webhooks import Webhook

REGION = "eu-west-1"
ACCOUNT = "123456789012"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WORD = "whispered-token"
passed = 0


def check(what, held, seen=None):
    global passed
    if not held:
        print(f"FAILED: {what}: {seen!r}")
        sys.exit(1)
    passed += 1


def equal(what, seen, wanted):
    check(what, seen == wanted, (seen, wanted))


class Peer(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers as its server says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        mood = self.server.mood
        if callable(mood):
            mood = mood(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        if mood == "gone":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if mood == "silent":
            self.server.woken.wait(12)
            self.close_connection = True
            return
        if mood == "garbage":
            self.wfile.write(b"\x00\xff no http\r\n\r\n")
            self.close_connection = True
            return
        status, headers, text = mood
        # A receiver may say back what it was sent, secrets and all.
        text = text.replace("ECHO", self.path + " " + body.decode(errors="replace")[-300:])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def peer():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
    server.heard, server.mood, server.woken = [], (200, {}, "ok"), threading.Event()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.woken.set()
        server.shutdown()


@contextlib.contextmanager
def moto():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tempfile.TemporaryFile()
    served = subprocess.Popen([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=5).close()
                break
            time.sleep(0.1)
        yield url
    finally:
        served.terminate()
        served.wait()


class Desk:
    """A folder with a config, and the binary in it."""

    def __init__(self, folder, binary, moto_url, config, **variables):
        self.folder, self.binary = pathlib.Path(folder), binary
        self.variables = {
            "PATH": os.environ["PATH"], "HOME": folder, "AWS_ENDPOINT_URL": moto_url, "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true", **variables,
        }
        head = f'installation = "acme"\n[aws]\nregion = "{REGION}"\n[store]\nurl = "sqlite:amiwatch.db"\n'
        self.folder.joinpath("amiwatch.toml").write_text(head + config)

    def test(self, name, event=None, well=True):
        line = [self.binary, "notify", "test", name, "-vv"] + (["--event", event] if event else [])
        ran = subprocess.run(line, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=120)
        said = ran.stdout + ran.stderr
        check(f"{name} ends as it should", ran.returncode == (0 if well else 1), (ran.returncode, said))
        check(f"{name} keeps its secrets", WORD not in said and SECRET[6:] not in said, said)
        return ran.stdout.strip()


def queue(url, name, **attributes):
    sqs = boto3.client("sqs", region_name=REGION, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing")
    address = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return sqs, address, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def received(sqs, address):
    messages = []
    while batch := sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages"):
        for one in batch:
            messages.append(json.loads(one["Body"]))
            sqs.delete_message(QueueUrl=address, ReceiptHandle=one["ReceiptHandle"])
    return messages


def topics(folder, binary, url):
    """SNS in three forms, one behind a filter policy, and a FIFO topic."""
    sns = boto3.client("sns", region_name=REGION, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing")
    config, queues = "", {}
    for name, form in (("text", "text"), ("programs", "json"), ("chat", "amazon-q")):
        sqs, address, arn = queue(url, name)
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        config += f'[notify.{name}]\nsns = {{ topic_arn = "{topic}", format = "{form}" }}\n'
        queues[name] = (sqs, address)
    sqs, address, arn = queue(url, "critical")
    policy = json.dumps({"amiwatch.severity": ["critical"], "amiwatch.watch": [{"prefix": "sam"}]})
    programs = f"arn:aws:sns:{REGION}:{ACCOUNT}:programs"
    sns.subscribe(TopicArn=programs, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": policy})
    queues["critical"] = (sqs, address)
    sqs, address, arn = queue(url, "ordered.fifo", FifoQueue="true")
    topic = sns.create_topic(Name="ordered.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    config += f'[notify.ordered]\nsns = {{ topic_arn = "{topic}" }}\n'
    queues["ordered"] = (sqs, address)
    desk = Desk(folder, binary, url, config)
    for name in ("text", "programs", "chat", "ordered"):
        print(desk.test(name, "failed"))
    print(desk.test("programs", "blind"))
    (text,) = received(*queues["text"])
    check("text is for people", text["Message"].startswith("Attempt 1 failed"), text)
    attributes = {name: one["Value"] for name, one in text["MessageAttributes"].items()}
    wanted = {"amiwatch.event": "failed", "amiwatch.watch": "sample", "amiwatch.severity": "warning", "amiwatch.region": REGION}
    equal("attributes say what it is", {name: attributes[name] for name in wanted}, wanted)
    failed, blind = (json.loads(one["Message"]) for one in received(*queues["programs"]))
    equal("JSON is a CloudEvent", (failed["specversion"], failed["type"]), ("1.0", "amiwatch.failed"))
    equal("another event another", blind["data"]["event"], "blind")
    (critical,) = received(*queues["critical"])
    equal("a filter policy lets the critical one through alone", json.loads(critical["Message"])["data"]["event"], "blind")
    (chat,) = received(*queues["chat"])
    chat = json.loads(chat["Message"])
    equal("Amazon Q's own form", (chat["version"], chat["source"], chat["content"]["textType"]), ("1.0", "custom", "client-markdown"))
    (ordered,) = received(*queues["ordered"])
    check("a FIFO topic takes it", ordered["Subject"].startswith("[amiwatch] sample"), ordered)


def bus(folder, binary, url):
    events = boto3.client("events", region_name=REGION, endpoint_url=url, aws_access_key_id="testing", aws_secret_access_key="testing")
    sqs, address, arn = queue(url, "rule")
    events.create_event_bus(Name="ops")
    pattern = {"source": ["amiwatch"], "detail-type": ["amiwatch drift"], "detail": {"severity": ["warning"], "watch": ["sample"]}}
    events.put_rule(Name="drift", EventBusName="ops", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="drift", EventBusName="ops", Targets=[{"Id": "1", "Arn": arn}])
    desk = Desk(folder, binary, url, '[notify.rules]\neventbridge = { bus = "ops" }\n')
    print(desk.test("rules", "drift"))
    print(desk.test("rules", "baked"))
    (one,) = received(sqs, address)
    equal("a rule matches on what it is", (one["source"], one["detail"]["schema"]), ("amiwatch", "amiwatch.notice/1"))


def hooks(folder, binary, url, server):
    base = f"http://127.0.0.1:{server.server_port}"
    hear = pathlib.Path(folder, "hear")
    hear.write_text('#!/bin/sh\ncat >"$1"\n')
    hear.chmod(0o700)
    shipped = pathlib.Path(__file__).resolve().parents[2] / "config" / "templates"
    config = f"""
[notify.signed]
webhook = {{ url = {{ env = "HOOK" }}, secret = {{ env = "SIGNING" }} }}
[notify.teams]
teams = {{ webhook_url = {{ env = "HOOK" }} }}
[notify.slack]
slack = {{ webhook_url = {{ env = "HOOK" }} }}
[notify.pager]
pagerduty = {{ routing_key = {{ env = "ROUTING" }}, url = "{base}" }}
[notify.ticket]
exec = {{ command = ["{hear}", "{folder}/event.json"] }}
"""
    for name in ("discord", "ntfy", "google-chat", "alertmanager"):
        config += f'[notify.{name}]\nwebhook = {{ url = {{ env = "HOOK" }}, template = "{shipped}/{name}.json" }}\n'
    desk = Desk(folder, binary, url, config, HOOK=f"{base}/services/{WORD}", SIGNING=SECRET, ROUTING=WORD)
    told = {}
    for name in ("signed", "teams", "slack", "pager", "discord", "ntfy", "google-chat", "alertmanager"):
        server.heard.clear()
        print(desk.test(name, "failed"))
        ((path, headers, body),) = server.heard
        told[name] = (path, headers, json.loads(body), body)
    path, headers, event, body = told["signed"]
    Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
    check("what is signed is a CloudEvent", event["type"] == "amiwatch.failed", event)
    try:
        Webhook(SECRET).verify(body + b" ", {name.lower(): value for name, value in headers.items()})
        check("another body is no more signed", False)
    except Exception as error:
        check("another body is no more signed", "ignature" in str(error), error)
    card = told["teams"][2]["attachments"][0]
    equal("Teams gets an Adaptive Card", card["contentType"], "application/vnd.microsoft.card.adaptive")
    path, _, trigger, _ = told["pager"]
    equal("PagerDuty is triggered", (path, trigger["event_action"], trigger["payload"]["severity"]), ("/v2/enqueue", "trigger", "warning"))
    for event, action in (("resolved", "resolve"), ("published", None)):
        server.heard.clear()
        desk.test("pager", event)
        body = json.loads(server.heard[0][2])
        equal(f"{event} to PagerDuty", body.get("event_action"), action)
        check("under the same key", action is None or body["dedup_key"] == trigger["dedup_key"], body)
    equal("Discord mentions nobody", told["discord"][2]["allowed_mentions"], {"parse": []})
    check("ntfy's words", told["ntfy"][2]["title"].startswith("sample: "), told["ntfy"])
    check("Chat's thread is the story", told["google-chat"][2]["thread"]["threadKey"] == "test:acme:ops".replace("ops", "google-chat"), told["google-chat"])
    equal("Alertmanager's alert", told["alertmanager"][2][0]["labels"]["alertname"], "amiwatch")
    print(desk.test("ticket", "drift"))
    event = json.loads(pathlib.Path(folder, "event.json").read_text())
    equal("a command reads the event", event["type"], "amiwatch.drift")
    return desk


def bad_days(desk, server):
    moods = {
        "500": (500, {}, "ECHO"), "503": (503, {}, ""), "429": (429, {"retry-after": "7"}, "ECHO"),
        "404": (404, {}, "ECHO"), "400": (400, {}, "ECHO"), "redirect": (302, {"location": "http://127.0.0.1:1/"}, ""),
        "gone": "gone", "garbage": "garbage", "silent": "silent",
    }
    for name in ("signed", "teams", "slack", "pager", "discord"):
        for said, mood in moods.items():
            if said == "silent" and name != "signed":
                continue  # Ten seconds each, and one way out for all of them.
            server.mood = mood
            before = len(server.heard)
            told = desk.test(name, well=False)
            check(f"{name} says that nothing was sent ({said})", "not sent" in told, told)
            check("a redirect is not followed, nothing is tried twice by itself", len(server.heard) == before + 1, said)
    server.mood = (200, {}, "ok")


class FakeSlack:
    """chat.postMessage, chat.update and the two looks, as their reference has them: 200 for most refusals."""

    def __init__(self):
        self.messages, self.calls, self.says, self.may_look = [], [], None, True

    def __call__(self, path, headers, body):
        method = path.rsplit("/", 1)[1]
        self.calls.append(method)
        if headers.get("authorization") != f"Bearer {WORD}":
            return self.answer({"ok": False, "error": "invalid_auth"})
        if self.says:
            return self.answer(self.says)
        if method.startswith("conversations."):
            check("a look is a form", headers["content-type"] == "application/x-www-form-urlencoded", headers)
            asked = dict(pair.split("=") for pair in body.decode().split("&"))
            check("metadata is asked for", asked["include_all_metadata"] == "true" and asked["channel"] == "C0123456789", asked)
            found = [one for one in self.messages if one.get("thread_ts") == asked.get("ts")]
            return self.answer({"ok": True, "messages": found, "has_more": False} if self.may_look else {"ok": False, "error": "missing_scope"})
        message = json.loads(body)
        check("text for phones and blocks within Slack's bounds", message["text"] and 0 < len(message["blocks"]) <= 50, message)
        check("metadata as Slack wants it", message["metadata"]["event_type"] == "amiwatch_notice", message)
        message["ts"] = f"1700000000.{len(self.messages):06}"
        self.messages.append(message)
        return self.answer({"ok": True, "channel": message["channel"], "ts": message["ts"], "message": message})

    @staticmethod
    def answer(value):
        return 200, {"content-type": "application/json"}, json.dumps(value)


def slack_app(folder, binary, url, server):
    """A story's message and its thread, by an app's token, and Slack's own words for what is wrong."""
    api = f"http://127.0.0.1:{server.server_port}/api"
    config = f'[notify.stories]\nslack = {{ token = {{ env = "TOKEN" }}, channel = "C0123456789", url = "{api}" }}\n'
    desk = Desk(folder, binary, url, config, TOKEN=WORD)
    server.mood = slack = FakeSlack()
    print(desk.test("stories", "failed"))
    story, reply = slack.messages
    equal("a reply stands in the story's thread", reply["thread_ts"], story["ts"])
    check("the story says how it stands", "failed" in story["blocks"][0]["text"]["text"] and len(story["blocks"]) == 3, story)
    check("the thread says what happened", any("console" in json.dumps(block) for block in reply["blocks"]), reply)
    for says, part in (
        ({"ok": False, "error": "not_in_channel"}, "invite the app"),
        ({"ok": False, "error": "token_revoked"}, "put the app's token"),
        ({"ok": False, "error": "ratelimited"}, "ratelimited"),
        ({"ok": False, "error": "fatal_error"}, "fatal_error"),
        ({"hello": "world"}, "makes no sense"),
    ):
        slack.says = says
        told = desk.test("stories", "failed", well=False)
        check(f"{says} is said", "not sent" in told and part in told, told)
        print(told)
    for said, mood in {"429": (429, {"retry-after": "7"}, "ECHO"), "500": (500, {}, "ECHO"), "gone": "gone", "garbage": "garbage"}.items():
        server.mood = mood
        told = desk.test("stories", well=False)
        check(f"Slack's {said} is said", "not sent" in told, told)
    server.mood = (200, {}, "ok")


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with moto() as url, peer() as server, tempfile.TemporaryDirectory() as folder:
        topics(folder, binary, url)
        bus(folder, binary, url)
        desk = hooks(folder, binary, url, server)
        bad_days(desk, server)
        slack_app(folder, binary, url, server)
    print(f"receivers: {passed} checks passed")


main()
