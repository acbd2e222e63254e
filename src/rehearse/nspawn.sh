#!/bin/sh
# Boots a root tree with systemd-nspawn, as often as it reboots: the console goes to standard output,
# the end is the power-off.
#
#     nspawn.sh ROOT DISK SEED UUID [OPTION...]
#
# ROOT stays as it is: DISK is a folder that takes what differs, from one guest to the next. SEED has
# user-data, meta-data and datasource.cfg. UUID is 32 hex digits. Run it in a mount namespace of its
# own (`unshare --mount --propagation private`), which leaves no mounts behind. Needs root.
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
# 133 is a reboot: the same disk and user data again.
status=133
while [ "$status" -eq 133 ]; do
    status=0
    setpriv --pdeathsig KILL systemd-nspawn --quiet --directory="$disk/root" --boot \
        --machine="guest-$(printf %s "$uuid" | cut -c 1-12)" --uuid="$uuid" --console=read-only \
        --register=no --keep-unit --resolv-conf=off --timezone=off \
        --bind-ro="$seed:/var/lib/cloud/seed/nocloud" \
        --bind-ro="$seed/datasource.cfg:/etc/cloud/cloud.cfg.d/99-amiwatch-seed.cfg" \
        "$@" </dev/null || status=$?
done
exit "$status"
