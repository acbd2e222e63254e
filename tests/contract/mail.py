"""E-mail to a server that we did not write: aiosmtpd, with STARTTLS, with TLS from the first byte, and in the clear.

    mail.py AMIWATCH_BIN

`amiwatch notify test --event E` is told by SMTP: certificates are made here and trusted by the binary alone, passwords are
asked for, what arrives is read by Python's own mail parser. Then the server refuses, is full, hangs up before and after the
message, offers no TLS, shows another's certificate: every time it must be said, and the password by nobody. Prints what was
said in short, and `N checks passed`; at the first failed check it exits 1.
"""

import contextlib
import email
import email.policy
import html.parser
import logging
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = "whispered-password"
passed = 0


def check(what, held, seen=None):
    global passed
    if not held:
        print(f"FAILED: {what}: {seen!r}")
        sys.exit(1)
    passed += 1


def equal(what, seen, wanted):
    check(what, seen == wanted, (seen, wanted))


class Post:
    """Keeps what it is given, and answers as it is told to."""

    def __init__(self):
        self.mails, self.mood, self.logins, self.given = [], {}, [], 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.mood.get(address) or self.mood.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(self, server, session, envelope, address, options):
        if answer := self.mood.get("MAIL"):
            if answer == "gone":
                server.transport.abort()
                return "421 bye"
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.given += 1
        answer = self.mood.get("DATA", "250 OK")
        if answer.startswith("250") or answer == "gone after":
            self.mails.append((session.ssl is not None, envelope.rcpt_tos, envelope.content))
        if answer == "gone after":
            server.transport.abort()
            return "421 bye"
        return answer

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((session.ssl is not None, mechanism, data.login.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def served(post, **options):
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def certificates(folder):
    """A root, and a server's certificate by it for localhost and one for somebody else."""

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=root", "-keyout", "root.key", "-out", "root.pem")
    contexts = []
    for name in ("localhost", "elsewhere.example"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        pathlib.Path(folder, "extensions").write_text(f"subjectAltName = DNS:{name}\nbasicConstraints = CA:FALSE\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2",
                "-extfile", "extensions", "-out", f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
        contexts.append(context)
    return contexts


class Desk:
    def __init__(self, folder, binary, password=PASSWORD):
        self.folder, self.binary = pathlib.Path(folder), binary
        self.variables = {
            "PATH": os.environ["PATH"], "HOME": folder, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true", "SSL_CERT_FILE": f"{folder}/root.pem", "SMTP_PASSWORD": password,
        }

    def test(self, smtp, event, well=True, to='"Operations <ops@example.com>"'):
        self.folder.joinpath("amiwatch.toml").write_text(
            'installation = "acme"\n[aws]\nregion = "eu-west-1"\n[store]\nurl = "sqlite:amiwatch.db"\n[notify.mail.email]\n'
            f'smtp = {{ {smtp} }}\nfrom = "amiwatch <amiwatch@example.com>"\nto = [{to}]\n')
        line = [self.binary, "notify", "test", "mail", "-vv", "--event", event]
        ran = subprocess.run(line, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=120)
        said = ran.stdout + ran.stderr
        check(f"{smtp}, {event}: ends as it should", ran.returncode == (0 if well else 1), (ran.returncode, said))
        check("the password is not said", PASSWORD not in said, said)
        return said if well else ran.stdout.strip()


class Page(html.parser.HTMLParser):
    """Collects tags and texts; a page that is no page is told."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        check(f"</{tag}> closes what is open", self.open and self.open.pop() == tag, self.open)

    def handle_data(self, data):
        self.texts.append(data)


def read(content):
    mail = email.message_from_bytes(content, policy=email.policy.default)
    check("the mail is well formed", not mail.defects and not any(part.defects for part in mail.walk()), mail.defects)
    return mail


def good_days(desk, ours):
    login = 'user = "ops", password = { env = "SMTP_PASSWORD" }'
    post = Post()
    starttls = dict(tls_context=ours, require_starttls=True, authenticator=post.authenticate, auth_required=True)
    with served(post, **starttls) as port:
        smtp = f'host = "localhost", port = {port}, {login}'
        for event in ("failed", "baked", "failed"):
            print(desk.test(smtp, event).splitlines()[-1])
    check("logged in under TLS alone", [one[0] for one in post.logins] == [True] * 3 and post.logins[0][2] == "ops", post.logins)
    first, second, third = (read(content) for _, _, content in post.mails)
    equal("from", first["from"], "amiwatch <amiwatch@example.com>")
    equal("to", first["to"], "Operations <ops@example.com>")
    check("a subject", first["subject"].startswith("[amiwatch] sample: "), first["subject"])
    check("an id of its own", len({mail["message-id"] for mail in (first, second, third)}) == 3, first["message-id"])
    equal("a story is a thread", first["references"], second["references"])
    equal("and answers to it", first["in-reply-to"], first["references"])
    equal("no out-of-office notes", first["auto-submitted"], "auto-generated")
    equal("for filters", (first["x-amiwatch-event"], first["x-amiwatch-severity"]), ("failed", "warning"))
    equal("text and HTML", [part.get_content_type() for part in first.iter_parts()], ["text/plain", "text/html"])
    text = first.get_body(("plain",)).get_content()
    check("text says what happened", "Attempt 1 failed" in text and "What you can do:" in text, text)
    page = first.get_body(("html",)).get_content()
    read_page = Page(page)
    equal("everything is closed", read_page.open, [])
    check("nothing is fetched or run", not read_page.tags & {"script", "img", "link", "iframe", "form", "object"}, read_page.tags)
    check("the page says it too", "Attempt 1 failed" in "".join(read_page.texts), page)
    print(text.splitlines()[0])

    post = Post()
    with served(post, ssl_context=ours) as port:
        print(desk.test(f'host = "localhost", port = {port}, tls = "tls"', "blind").splitlines()[-1])
    equal("TLS from the first byte", len(post.mails), 1)
    post = Post()
    with served(post) as port:
        print(desk.test(f'host = "127.0.0.1", port = {port}, tls = "none"', "drift").splitlines()[-1])
        post.mood = {"gone@example.com": "550 no such user"}
        said = desk.test(f'host = "127.0.0.1", port = {port}, tls = "none"', "drift", to='"a@example.com", "gone@example.com"')
    equal("one who is refused keeps nobody else from it", post.mails[-1][1], ["a@example.com"])
    check("and it is said", "gone@example.com" in said and "550" in said, said)


def bad_days(desk, ours, theirs):
    post = Post()
    with served(post) as port:
        smtp = f'host = "127.0.0.1", port = {port}, tls = "none"'
        for mood, part in (
            ({"RCPT": "550 5.1.1 no such user"}, "the recipient ops@example.com in `to`"),
            ({"RCPT": "451 4.7.1 greylisted"}, "greylisted"),
            ({"MAIL": "550 5.7.1 not from you"}, "the sender in `from`"),
            ({"MAIL": "gone"}, "the sender in `from`"),
            ({"DATA": "554 5.7.1 looks like spam"}, "amiwatch notify retry"),
            ({"DATA": "452 4.2.2 mailbox full"}, "mailbox full"),
            ({"DATA": "gone after"}, "the message"),
        ):
            post.mood = mood
            told = desk.test(smtp, "failed", well=False)
            check(f"{mood} is said", "not sent" in told and part in told, told)
            print(told)
    equal("nothing is tried twice by itself", (post.given, len(post.mails)), (3, 1))
    told = desk.test(f'host = "127.0.0.1", port = {port}, tls = "none"', "failed", well=False)
    check("a server that is not there", "connecting" in told and "see `host`" in told, told)
    print(told)

    login = 'user = "ops", password = { env = "SMTP_PASSWORD" }'
    post = Post()
    with served(post) as port:
        told = desk.test(f'host = "localhost", port = {port}, {login}', "failed", well=False)
    check("no STARTTLS, no word", "STARTTLS is not supported" in told and not post.logins and not post.mails, told)
    print(told)
    starttls = dict(require_starttls=True, authenticator=post.authenticate, auth_required=True)
    with served(post, tls_context=theirs, **starttls) as port:
        told = desk.test(f'host = "localhost", port = {port}, {login}', "failed", well=False)
    check("another's certificate, no word", "certificate" in told and not post.logins and not post.mails, told)
    print(told)
    with served(post, tls_context=ours, **starttls) as port:
        stranger = Desk(desk.folder, desk.binary, password="another-password")
        told = stranger.test(f'host = "localhost", port = {port}, {login}', "failed", well=False)
    check("a wrong password", "see `user`" in told and "another-password" not in told and not post.mails, told)
    print(told)


def silent(desk):
    """Takes a connection and never says a word: given up after 20 s."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    taken = []
    threading.Thread(target=lambda: taken.append(listener.accept()), daemon=True).start()
    told = desk.test(f'host = "127.0.0.1", port = {listener.getsockname()[1]}, tls = "none"', "failed", well=False)
    check("silence is given up", "no answer within 20 s" in told, told)
    print(told)


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    # A handshake that the other side breaks off is told with its whole stack.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = certificates(folder)
        desk = Desk(folder, binary)
        good_days(desk, ours)
        bad_days(desk, ours, theirs)
        silent(desk)
    print(f"mail: {passed} checks passed")


main()
