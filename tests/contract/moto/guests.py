"""The guests of a run: one process for each boot, with the user data on its standard input, its console
on its standard output and its end as the power-off. Each instance and each image has a disk of its own.

The player is ../guest/nspawn-guest.sh (a Debian with a real cloud-init) or shell_guest.py (the same
user data by /bin/sh, where containers cannot be had).
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
NSPAWN = HERE.parent / "guest" / "nspawn-guest.sh"
SHELL = HERE / "shell_guest.py"


def nspawn_works(cache, log):
    """Whether a machine can be booted here, tried with an empty user data that only powers off."""
    if os.geteuid() != 0:
        return "not root"
    if not shutil.which("systemd-nspawn"):
        return "no systemd-nspawn"
    disk = log.parent / "probe"
    disk.mkdir()
    environment = {
        **os.environ,
        "AMIWATCH_GUEST_CACHE": str(cache),
        "SIM_DISK_DIR": str(disk),
        "SIM_INSTANCE_ID": "i-probe",
    }
    with log.open("wb") as output:
        try:
            ended = subprocess.run(
                [NSPAWN],
                input=b"#!/bin/sh\necho the guest is up >/dev/console\npoweroff\n",
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=900,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "the probe did not power off"
    if b"the guest is up" not in log.read_bytes():
        return f"the probe did not boot (exit {ended.returncode})"
    return None


class Guests:
    """Every guest of one account."""

    def __init__(self, kind, scratch, cache, powered_off):
        self.kind = kind
        self.disks = scratch / "disks"
        self.consoles = scratch / "consoles"
        self.disks.mkdir()
        self.consoles.mkdir()
        self.cache = cache
        self.powered_off = powered_off
        self.running = {}
        self.lock = threading.Lock()

    def boot(self, instance, image, user_data):
        """Starts the instance on a copy of its image's disk; an image of others has an empty one."""
        disk = self.disks / instance
        if (self.disks / image).is_dir():
            copy(self.disks / image, disk)
        else:
            disk.mkdir()
        data = self.consoles / f"{instance}.user-data"
        data.write_bytes(user_data)
        command = [NSPAWN] if self.kind == "nspawn" else [sys.executable, SHELL]
        environment = {
            **os.environ,
            "AMIWATCH_GUEST_CACHE": str(self.cache),
            "SIM_DISK_DIR": str(disk),
            "SIM_INSTANCE_ID": instance,
        }
        with data.open("rb") as given, self.console_of(instance).open("wb") as console:
            errors = (self.consoles / f"{instance}.errors").open("wb")
            guest = subprocess.Popen(
                command,
                stdin=given,
                stdout=console,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
            errors.close()
        with self.lock:
            self.running[instance] = guest
        threading.Thread(target=self.wait, args=(instance, guest), daemon=True).start()

    def wait(self, instance, guest):
        guest.wait()
        self.clear(instance)
        with self.lock:
            by_itself = self.running.pop(instance, None) is not None
        if by_itself:
            self.powered_off(instance)

    def imaged(self, instance, image):
        copy(self.disks / instance, self.disks / image)

    def console_of(self, instance):
        return self.consoles / instance

    def console(self, instance):
        path = self.console_of(instance)
        return path.read_bytes()[-65536:] if path.exists() else b""

    def end(self, instance):
        """The power is cut from outside."""
        with self.lock:
            guest = self.running.pop(instance, None)
        if guest is not None and guest.poll() is None:
            os.killpg(guest.pid, signal.SIGKILL)
            guest.wait()
            self.clear(instance)

    def clear(self, instance):
        """With the power go all processes. A machine's own end sees to that; a folder's does not."""
        if self.kind != "shell":
            return
        mark = f"SIM_INSTANCE_ID={instance}".encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                # Ended meanwhile, or somebody else's.
                continue

    def close(self):
        for instance in list(self.running):
            self.end(instance)


def copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)
