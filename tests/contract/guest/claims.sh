#!/bin/bash
# Boots each file of claims/ as it is, without amiwatch around it, under a real cloud-init, and holds what is
# then on the disk, and what `amiwatch recipe check` says of the file, against claims/table: no sentence
# about cloud-init that was not booted. Also holds the table of cloud-init's keys against the guest's own
# schema.
#
#     AMIWATCH_GUEST_CACHE=DIR tests/contract/guest/claims.sh [FILE...]
#
# Needs root, systemd-nspawn, mmdebstrap (the first time), python3 and the binary (AMIWATCH_BIN). Two guests
# at a time: about two minutes for all of them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
bin=$(realpath "${AMIWATCH_BIN:-${CARGO_TARGET_DIR:-target}/debug/amiwatch}")
root=$("$here/make-root.sh")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

say() {
    echo "$*" >&2
    failed=1
}

# boot FILE: what it leaves goes into FILE.left.
boot() {
    local disk=$scratch/$1.disk units
    units=$disk/upper/etc/systemd/system
    mkdir -p "$units/cloud-init.target.wants" "$disk/upper/usr/share"
    cat >"$units/claims.service" <<'UNIT'
[Unit]
After=cloud-final.service
[Service]
Type=oneshot
ExecStart=/bin/sh /usr/share/claims
UNIT
    ln -s ../claims.service "$units/cloud-init.target.wants/"
    cat >"$disk/upper/usr/share/claims" <<'LEFT'
echo LEFT $(cd /etc && ls -d ran-*) $(ls /var/lib/cloud/scripts/per-boot) END >/dev/console
systemctl --no-block poweroff
LEFT
    SIM_DISK_DIR=$disk SIM_INSTANCE_ID=i-claim timeout 120 "$here/nspawn-guest.sh" \
        <"$here/claims/$1" >"$scratch/$1.console" 2>"$scratch/$1.errors" || true
    tr -d '\r' <"$scratch/$1.console" | sed -n 's/.*LEFT \(.*\)END$/\1/p' >"$scratch/$1.left"
    rm -rf "$disk"
}

# claim FILE LEFT WORDS
claim() {
    local file=$1 left=$2 words=$3 found said code=0
    found=$(cat "$scratch/$file.left")
    found=${found% }
    if [ ! -s "$scratch/$file.left" ] || [ "$found" != "$left" ]; then
        say "$file: the boot should leave '$left', and left '$found'"
        tail -n 40 "$scratch/$file.console" "$scratch/$file.errors" >&2
    fi
    cat >"$scratch/claims.toml" <<CONFIG
installation = "claims"
[watch.claim]
base = { ssm = "/a/claim" }
recipe = "claim"
[recipe.claim]
user_data = "$here/claims/$file"
unchecked = true
CONFIG
    said=$("$bin" --config "$scratch/claims.toml" recipe check 2>&1) || code=$?
    case $words in
    -)
        if [ "$code" != 0 ] || grep -Eq 'wrong:|doubtful:|warning:' <<<"$said"; then
            say "$file: nothing should be said of it: $said"
        fi
        ;;
    *) grep -qF -- "$words" <<<"$said" || say "$file: should say: $words: $said" ;;
    esac
    echo "$file: left '$found'; $words"
}

rows() {
    sed -e '/^#/d' -e 's/ *| */|/g' "$here/claims/table"
}

# The version as its upstream calls it.
version=$(sed -n '/^Package: cloud-init$/,/^$/s/^Version: \([^-]*\).*/\1/p' "$root/var/lib/dpkg/status")
schema=$root/usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json
python3 src/cloud_init/schema/generate.py --check "$version=$schema" || say "the table of keys is not cloud-init $version's"

mapfile -t files < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else rows | cut -d '|' -f 1; fi)
for file in "${files[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    boot "$file" &
done
wait
for file in "${files[@]}"; do
    row=$(rows | grep "^$file|") || { say "$file: is not in the table"; continue; }
    IFS='|' read -r _ left words <<<"$row"
    claim "$file" "$left" "$words"
done
for path in "$here"/claims/*.*; do
    rows | grep -q "^$(basename "$path")|" || say "$(basename "$path"): is not in the table"
done
exit "$failed"
