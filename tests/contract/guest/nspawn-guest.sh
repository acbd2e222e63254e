#!/bin/sh
# Plays an instance: boots a real Debian with a real cloud-init in a systemd-nspawn container, for
# `amiwatch sim serve --guest-exec`. User data comes on standard input, the console goes to standard
# output, the end is the power-off. It boots as `amiwatch rehearse` does, with the same script.
#
#     AMIWATCH_GUEST_CACHE   where make-root.sh keeps the root
#     SIM_DISK_DIR           the instance's disk: what differs from that root
#     SIM_INSTANCE_ID        cloud-init's instance id: another one is a first boot
#
# Needs root, systemd-nspawn and overlayfs. Namespaces of its own leave neither mounts nor a guest behind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" != inside ]; then
    NSPAWN_LOWER=$("$here/make-root.sh")
    export NSPAWN_LOWER
    exec unshare --mount --propagation private --pid --kill-child --mount-proc "$here/nspawn-guest.sh" inside
fi
disk=${SIM_DISK_DIR:?set it to the directory of this disk}
id=${SIM_INSTANCE_ID:-i-by-hand}
seed=$(mktemp -d)
mount -t tmpfs none "$seed"
cat >"$seed/user-data"
printf 'instance-id: %s\nlocal-hostname: guest\n' "$id" >"$seed/meta-data"
echo 'datasource_list: [NoCloud, None]' >"$seed/datasource.cfg"
uuid=$(printf %s "$id" | md5sum | cut -c 1-32)
exec "$here/../../../src/rehearse/nspawn.sh" "$NSPAWN_LOWER" "$disk" "$seed" "$uuid" --private-network
