"""Stands between amiwatch and moto: passes everything through, and adds what moto does not have.

What moto 5.2 lacks, and what is done here in AWS's own way:
- a guest. RunInstances boots one with the request's own user data, GetConsoleOutput is its real console
  (moto's is canned), its power-off stops or ends the instance as its shutdown behaviour says;
- client tokens. A second RunInstances under a token answers with the first one's instance, and the
  filter `client-token` finds it;
- tags on snapshots from CreateImage (moto: error 500), and its refusal of a name that is taken;
- JSON in the ECS parameters (moto prints a Python dict where AWS has JSON).
"""

import ast
import base64
import http.client
import http.server
import json
import re
import threading
import urllib.parse
import xml.sax.saxutils as sax

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Proxy:
    """One proxy before one moto; `account` reads moto behind its back."""

    def __init__(self, account):
        self.account = account
        self.guests = None
        self.launches = []
        self.by_token = {}
        self.calls = []
        # Called once, after moto has answered this action and before the answer goes on: (action, call).
        self.before_answer = None
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"proxy": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        """(status, content type, body) for one request."""
        with self.lock:
            self.calls.append((request.region, request.action))
        special = getattr(self, f"on_{request.action}", None)
        return special(request) if special else request.forward()

    def on_GetParameter(self, request):
        status, kind, body = request.forward()
        if status == 200:
            answer = json.loads(body)
            value = answer["Parameter"]["Value"]
            if value.startswith("{'"):
                answer["Parameter"]["Value"] = json.dumps(ast.literal_eval(value))
                body = json.dumps(answer).encode()
        return status, kind, body

    def on_RunInstances(self, request):
        token = (request.region, request.fields["ClientToken"])
        with self.lock:
            known = self.by_token.get(token)
        if known:
            return known
        answer = request.forward()
        if answer[0] == 200:
            instance = re.search(rb"<instanceId>(i-[0-9a-f]+)<", answer[2])[1].decode()
            with self.lock:
                self.by_token[token] = answer
                self.launches.append(
                    {"region": request.region, "instance": instance, **request.fields}
                )
            user_data = base64.b64decode(request.fields["UserData"])
            self.guests.boot(instance, request.fields["ImageId"], user_data)
        return answer

    def on_DescribeInstances(self, request):
        for name, value in list(request.fields.items()):
            if name.startswith("Filter.") and value == "client-token":
                number = name.split(".")[1]
                token = request.fields[f"Filter.{number}.Value.1"]
                found = [
                    one["instance"]
                    for one in self.launches
                    if (one["region"], one["ClientToken"]) == (request.region, token)
                ]
                request.fields[name] = "instance-id"
                request.fields[f"Filter.{number}.Value.1"] = found[0] if found else "i-none"
        return request.forward()

    def on_GetConsoleOutput(self, request):
        instance = request.fields["InstanceId"]
        output = base64.b64encode(self.guests.console(instance)).decode()
        body = (
            f'<GetConsoleOutputResponse xmlns="{NAMESPACE}"><requestId>console</requestId>'
            f"<instanceId>{instance}</instanceId><timestamp>2026-01-01T00:00:00Z</timestamp>"
            f"<output>{output}</output></GetConsoleOutputResponse>"
        )
        return 200, "text/xml", body.encode()

    def on_CreateImage(self, request):
        name, instance = request.fields["Name"], request.fields["InstanceId"]
        taken = self.account.own_images(request.region, name)
        if taken:
            message = f"AMI name {name} is already in use by AMI {taken[0]['ImageId']}"
            return error("InvalidAMIName.Duplicate", message)
        tags = take_specification(request.fields, "snapshot")
        # No test may see an image that came to be while its disk was still being copied.
        answer = request.forward()
        if answer[0] == 200:
            image = re.search(rb"<imageId>(ami-[0-9a-f]+)<", answer[2])[1].decode()
            self.guests.imaged(instance, image)
            self.account.tag_snapshots(request.region, image, tags)
        return answer

    def on_TerminateInstances(self, request):
        for name, instance in request.fields.items():
            if name.startswith("InstanceId."):
                self.guests.end(instance)
        return request.forward()


def take_specification(fields, kind):
    """Removes one kind's tags from the request and returns them."""
    number = next(
        (
            name.split(".")[1]
            for name, value in fields.items()
            if name.endswith(".ResourceType") and value == kind
        ),
        None,
    )
    own = [name for name in fields if number and name.startswith(f"TagSpecification.{number}.")]
    taken = {name: fields.pop(name) for name in own}
    return [
        {"Key": value, "Value": taken[name[: -len("Key")] + "Value"]}
        for name, value in taken.items()
        if name.endswith(".Key")
    ]


def error(code, message):
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{sax.escape(message)}</Message></Error>"
        "</Errors><RequestID>proxy</RequestID></Response>"
    )
    return 400, "text/xml", body.encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = re.search(r"Credential=[^/]+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        self.region = scope[1] if scope else ""
        self.raw = body
        target = self.headers.get("X-Amz-Target")
        self.fields = (
            None if target else dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        )
        self.action = target.split(".")[-1] if target else self.fields.get("Action", "")
        status, kind, answer = self.proxy.answer(self)
        hook = self.proxy.before_answer
        if hook and hook[0] == self.action:
            self.proxy.before_answer = None
            hook[1]()
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def forward(self):
        """Asks moto, with the fields as they are now."""
        body = self.raw if self.fields is None else urllib.parse.urlencode(self.fields).encode()
        moto = http.client.HTTPConnection("127.0.0.1", self.proxy.account.port, timeout=120)
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("content-length", "connection", "accept-encoding")
        }
        moto.request("POST", self.path, body, headers)
        answer = moto.getresponse()
        read = answer.status, answer.getheader("Content-Type", "text/xml"), answer.read()
        moto.close()
        return read

    def log_message(self, *_):
        """The calls are kept in `Proxy.calls`."""
