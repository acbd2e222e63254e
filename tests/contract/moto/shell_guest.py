"""Plays an instance without a machine: the composed user data, part by part, under /bin/sh in a folder.

For places where ../guest/nspawn-guest.sh cannot run. It has that script's interface (user data on
standard input, console on standard output, SIM_DISK_DIR, SIM_INSTANCE_ID) and knows of cloud-init only
the order: boothooks, runcmd, scripts, result.json. What runs as root on a real guest must not touch this
machine, so the parts get AMIWATCH_ROOT and ECS_CONFIG, and a PATH without the machine's own service tools.
"""

import email
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

import yaml

STUBS = {
    "cloud-init": 'echo "status: done"',
    "systemctl": "echo running",
    "docker": "exit 1",
    "rpm": "exit 1",
    "dmesg": "exit 1",
    "journalctl": "exit 1",
    # The console has nothing to drain.
    "sleep": 'test "$1" = 5 || exec /bin/sleep "$@"',
    "poweroff": ': >"$AMIWATCH_ROOT/../off"; kill "$PPID"',
}


def make_disk(disk, root, instance):
    """What a boot finds: /run empty, and an identity, made anew where the image has none."""
    shutil.rmtree(root / "run", ignore_errors=True)
    for folder in ("run/cloud-init", "etc/ssh", "root/.ssh", "tmp", "dev", f"var/lib/cloud/instances/{instance}"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    identity = hashlib.sha256(instance.encode()).hexdigest()
    machine_id = root / "etc/machine-id"
    if not machine_id.exists() or not machine_id.read_text():
        machine_id.write_text(identity[:32] + "\n")
    key = root / "etc/ssh/ssh_host_ed25519_key.pub"
    if not key.exists():
        key.write_text(f"ssh-ed25519 {identity} root@guest\n")
    tools = disk / "bin"
    tools.mkdir(exist_ok=True)
    for name, body in STUBS.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    for stale in ("off", "root/dev/console"):
        (disk / stale).unlink(missing_ok=True)


def parts(data):
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    message = email.message_from_bytes(data)
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_content_type(), part.get_filename(""), part.get_payload(decode=True)


def commands(config):
    """A cloud-config's runcmd, as text for sh -c or as words."""
    for command in yaml.safe_load(config).get("runcmd", []):
        yield ["/bin/sh", "-c", command] if isinstance(command, str) else command


def started(pid):
    """A real boot takes seconds from boothook to scripts; here the watcher must be given the time."""
    deadline = time.monotonic() + 10
    while not pid.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def main():
    disk = pathlib.Path(os.environ["SIM_DISK_DIR"])
    root = disk / "root"
    make_disk(disk, root, os.environ.get("SIM_INSTANCE_ID", "i-by-hand"))
    environment = {
        **os.environ,
        "PATH": f"{disk / 'bin'}:{os.environ['PATH']}",
        "AMIWATCH_ROOT": str(root),
        "AMIWATCH_POWEROFF": str(disk / "bin/poweroff"),
        "ECS_CONFIG": str(root / "etc/ecs/ecs.config"),
    }

    def run(words):
        subprocess.run(words, cwd=root, env=environment, stdin=subprocess.DEVNULL, check=False)

    def script(name, body):
        path = root / "run" / f"part-{name}"
        path.write_bytes(body)
        run(["/bin/sh", str(path)])

    found = list(parts(sys.stdin.buffer.read()))
    for kind, name, body in found:
        if kind == "text/cloud-boothook":
            script(name, body)
            started(root / "run/amiwatch/pid")
    for kind, name, body in found:
        if kind == "text/cloud-config":
            for words in commands(body):
                run(words)
    for kind, name, body in sorted(found, key=lambda part: part[1]):
        if kind == "text/x-shellscript":
            script(name, body)
    (root / "run/cloud-init/result.json").write_text('{"v1": {"errors": []}}\n')
    while not (disk / "off").exists():
        time.sleep(0.1)
    sys.stdout.buffer.write((root / "dev/console").read_bytes())


main()
