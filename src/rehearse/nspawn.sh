#!/bin/sh
# Boots a root tree with systemd-nspawn, as often as it reboots: the console goes to standard output,
# the end is the power-off.
#
#     nspawn.sh ROOT DISK SEED UUID [OPTION...]
#
# ROOT stays as it is: DISK is a folder that takes what differs, from one guest to the next. SEED has
# user-data, meta-data and datasource.cfg. UUID is 32 hex digits. Run it by
# `unshare --mount --propagation private --pid --kill-child --mount-proc`: then it leaves no mounts
# behind, and whoever ends unshare ends the guest, which would outlive systemd-nspawn alone. Needs root.
set -eu
root=$1 disk=$2 seed=$3 uuid=$4
shift 4
mkdir -p "$disk/root" "$disk/upper" "$disk/work"
# No overlay on some file systems, such as another overlay: then a copy, once.
if [ -e "$disk/copied" ] ||
    ! mount -t overlay overlay -o "lowerdir=$root,upperdir=$disk/upper,workdir=$disk/work" "$disk/root" 2>/dev/null; then
    [ -e "$disk/copied" ] || cp -a --reflink=auto "$root/." "$disk/root"
    : >"$disk/copied"
fi
# Control groups of its own. Guests that run in one place would share theirs, and one that finds another's
# processes in its services' groups waits for them, for ever: at boot or at its power-off. Where the
# guest is killed, empty ones stay behind.
groups=
# By no name of the guest's own: the same recipe may be rehearsed twice at once.
name=$(mktemp -u guest-XXXXXXXXXX)
# Read as a whole: it changes with every move.
now=$(cat /proc/self/cgroup)
while IFS=: read -r number controllers path; do
    case $number:$controllers in
    0:) tree=/sys/fs/cgroup/unified && [ -e $tree/cgroup.procs ] || tree=/sys/fs/cgroup ;;
    *:name=systemd) tree=/sys/fs/cgroup/systemd ;;
    *) continue ;;
    esac
    around=$tree${path%/}
    [ -e "$around/cgroup.procs" ] || continue
    mkdir "$around/$name"
    echo 0 >"$around/$name/cgroup.procs"
    groups="$groups $around/$name"
done <<NOW
$now
NOW
# 133 is a reboot: the same disk and user data again.
status=133
while [ "$status" -eq 133 ]; do
    status=0
    systemd-nspawn --quiet --directory="$disk/root" --boot \
        --machine="guest-$(printf %s "$uuid" | cut -c 1-12)" --uuid="$uuid" --console=read-only \
        --register=no --keep-unit --resolv-conf=off --timezone=off \
        --bind-ro="$seed:/var/lib/cloud/seed/nocloud" \
        --bind-ro="$seed/datasource.cfg:/etc/cloud/cloud.cfg.d/99-amiwatch-seed.cfg" \
        "$@" </dev/null || status=$?
done
for group in $groups; do
    if echo 0 >"${group%/*}/cgroup.procs"; then
        find "$group" -depth -type d -exec rmdir {} + || true
    fi
done
exit "$status"
