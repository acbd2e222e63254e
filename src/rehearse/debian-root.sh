#!/bin/sh
# Makes the root of a small Debian machine with cloud-init, once.
#
#     debian-root.sh ROOT
#
# Needs root, mmdebstrap and a Debian mirror. What is half made when it stops is made anew.
set -eu
root=$1
[ ! -e "$root" ] || exit 0
mkdir -p "$(dirname "$root")"
half=$root.half
rm -rf "$half"
mmdebstrap --variant=minbase \
    --include=systemd,systemd-sysv,cloud-init,dbus,openssh-server,udev,iproute2 \
    bookworm "$half" >&2
# As an AMI comes: no identity.
rm -f "$half"/etc/ssh/ssh_host_* "$half/var/lib/dbus/machine-id"
: >"$half/etc/machine-id"
# There may be no network to wait for.
ln -sf /dev/null "$half/etc/systemd/system/systemd-networkd-wait-online.service"
mv "$half" "$root"
