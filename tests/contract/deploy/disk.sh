#!/bin/bash
# A store on a mount that calls itself sshfs is refused, and one on a plain FUSE mount is not.
#
#     tests/contract/deploy/disk.sh AMIWATCH_BINARY
#
# Needs root, bindfs and /dev/fuse. The mounts are gone with the namespace that they are made in.
set -euo pipefail
if [ "${2:-}" != inside ]; then
    exec unshare --mount --propagation private "$0" "$1" inside
fi
binary=$(realpath "$1")
work=$(mktemp -d)
finish() {
    umount "$work/far" "$work/near" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
mkdir "$work"/{disk,far,near}
bindfs -o subtype=sshfs "$work/disk" "$work/far"
bindfs "$work/disk" "$work/near"

# Writing, but calling nobody: there is no watch.
once() {
    printf 'installation = "disk-test"\n[store]\nurl = "sqlite://%s/amiwatch.db"\n' "$work/$1" >"$work/amiwatch.toml"
    env -i AWS_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true \
        "$binary" --config "$work/amiwatch.toml" run --once 2>&1
}
said=$(once far) && exit 1
echo "$said" | tail -n 1
grep -q 'is on sshfs, a network file system' <<<"$said"
[ ! -e "$work/disk/amiwatch.db" ]
said=$(once near) || { echo "$said"; exit 1; }
[ -e "$work/disk/amiwatch.db" ]
echo "a store on plain FUSE is opened"
