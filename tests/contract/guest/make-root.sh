#!/bin/sh
# Makes the root of a small Debian machine with cloud-init, once: what nspawn-guest.sh boots.
#
#     AMIWATCH_GUEST_CACHE=DIR tests/contract/guest/make-root.sh      prints the root's path
#
# Needs root and mmdebstrap (and the network, the first time).
set -eu
cache=${AMIWATCH_GUEST_CACHE:?set it to a directory that may hold 400 MB}
root=$cache/bookworm
if [ ! -e "$root/.made" ]; then
    mkdir -p "$cache"
    rm -rf "$root"
    mmdebstrap --variant=minbase \
        --include=systemd,systemd-sysv,cloud-init,dbus,openssh-server,udev,iproute2 \
        bookworm "$root" >&2
    # As an AMI comes: no identity, and one place to get user data from.
    rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
    : >"$root/etc/machine-id"
    echo 'datasource_list: [NoCloud]' >"$root/etc/cloud/cloud.cfg.d/90-datasource.cfg"
    # There is no network to wait for.
    ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
    : >"$root/.made"
fi
echo "$root"
