#!/bin/sh
# Plays an instance: boots a real Debian with a real cloud-init in a systemd-nspawn container, for
# `amiwatch sim serve --guest-exec`. User data comes on standard input, the console goes to standard
# output, the end is the power-off.
#
#     AMIWATCH_GUEST_CACHE   where make-root.sh keeps the root
#     SIM_DISK_DIR           the instance's disk: what differs from that root
#     SIM_INSTANCE_ID        cloud-init's instance id: another one is a first boot
#
# Needs root, systemd-nspawn and overlayfs. A mount namespace of its own leaves no mounts behind.
set -eu
if [ "${1:-}" != inside ]; then
    root=$(dirname "$0")/make-root.sh
    NSPAWN_LOWER=$("$root")
    export NSPAWN_LOWER
    exec unshare --mount --propagation private "$0" inside
fi
disk=${SIM_DISK_DIR:?set it to the directory of this disk}
id=${SIM_INSTANCE_ID:-i-by-hand}
here=$(mktemp -d)
mount -t tmpfs none "$here"
mkdir -p "$here/root" "$here/seed" "$disk/upper" "$disk/work"
cat >"$here/seed/user-data"
printf 'instance-id: %s\nlocal-hostname: guest\n' "$id" >"$here/seed/meta-data"
mount -t overlay overlay -o "lowerdir=$NSPAWN_LOWER,upperdir=$disk/upper,workdir=$disk/work" "$here/root"
uuid=$(printf %s "$id" | md5sum | cut -c 1-32)
# 133 is a reboot: the same disk and user data again.
status=133
while [ "$status" -eq 133 ]; do
    status=0
    setpriv --pdeathsig KILL systemd-nspawn --quiet --directory="$here/root" --boot \
        --machine="guest-$(printf %s "$uuid" | cut -c 1-12)" --uuid="$uuid" --console=read-only \
        --register=no --keep-unit --private-network --resolv-conf=off --timezone=off \
        --bind-ro="$here/seed:/var/lib/cloud/seed/nocloud" </dev/null || status=$?
done
exit "$status"
