#!/bin/bash
# Boots the composed user data of good and broken recipes under a real cloud-init and holds the judge's
# verdict against the one that each must get. With KEEP=1 the consoles become the parser's fixtures.
#
#     AMIWATCH_GUEST_CACHE=DIR tests/contract/guest/run.sh [RECIPE...]
#
# Needs root, systemd-nspawn, mmdebstrap (the first time) and the `guest` example (GUEST names it).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
guest=${GUEST:-${CARGO_TARGET_DIR:-target}/debug/examples/guest}
nonce=0123456789abcdef0123456789abcdef
name='fluentd is allowed'
plain='grep -q fluentd /etc/ecs/ecs.config'
disks=$(mktemp -d)
trap 'umount "$disks"/* 2>/dev/null || true; rm -rf "$disks"' EXIT
failed=0

# boot DISK INSTANCE ROLE CASE WANTED: user data on standard input.
boot() {
    local console=$disks/$4.console start=$EPOCHREALTIME verdict=passed
    SIM_DISK_DIR=$1 SIM_INSTANCE_ID=$2 timeout 240 "$here/nspawn-guest.sh" >"$console" 2>"$console.err" || true
    "$guest" judge "$3" "$nonce" "$console" "$name" >"$console.verdict" || verdict=failed
    local seconds=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000000))
    echo "$4: $verdict in ${seconds} s, $(head -n 1 "$console.verdict")"
    if [ "$verdict" != "$5" ]; then
        echo "$4: should have $5" >&2
        cat "$console.verdict" "$console.err" >&2
        failed=1
    fi
    [ -z "${KEEP:-}" ] || tail -c 65536 "$console" >"tests/fixtures/console/nspawn-$4.txt"
}

# bake FILE DEADLINE CHECK WANTED
bake() {
    local file=$here/recipes/$1 case=${1%.*}
    local disk=$disks/$case
    mkdir -p "$disk"
    case $case in
    fills-disk) mount -t tmpfs -o size=64m none "$disk" ;;
    forges) mkdir -p "$disk/upper/usr/share" && "$guest" forge f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0 "$name" >"$disk/upper/usr/share/forged-console" ;;
    esac
    "$guest" compose builder "$nonce" "$2" "$file" "$name" "$3" | boot "$disk" "i-$case" builder "$case" "$4"
}

# The image of the good recipe's disk, as another instance.
boot_test() {
    "$guest" compose boot-test "$nonce" 60 "$name" "$plain" |
        boot "$disks/good" i-boot-test boot-test boot-test passed
}

# A guest that is asked over SSM: a stand-in for the agent, in the agent's own unit, runs the very
# questions that a bake sends and prints their answers, leaves traces where the agent does, and then has
# the machine stopped in order, as StopInstances does.
over_ssm() {
    local disk=$disks/over-ssm from close
    local questions=$disk/upper/usr/share/questions units=$disk/upper/etc/systemd/system
    mkdir -p "$questions" "$units/multi-user.target.wants" "$disk/upper/usr/local/sbin"
    for close in no close; do
        for from in 1 91 181 271; do
            "$guest" question "$from" "$close" >"$questions/$close-$from"
        done
    done
    install -m 755 "$here/agent.sh" "$disk/upper/usr/local/sbin/agent"
    cp "$here/amazon-ssm-agent.service" "$units/"
    ln -s ../amazon-ssm-agent.service "$units/multi-user.target.wants/"
    "$guest" --ssm compose builder "$nonce" 60 "$here/recipes/good.yaml" "$name" "$plain" |
        boot "$disk" i-over-ssm builder over-ssm passed
    local left
    left=$(cd "$disk/upper" && find var/lib/amazon/ssm -mindepth 1 -not -path '*/keep*'
        find "$disk/upper/etc/ssh" -name 'ssh_host_*key*' -type f
        cat "$disk/upper/etc/machine-id")
    if [ -n "$left" ] || [ ! -e "$disk/upper/var/lib/amazon/ssm/keep" ]; then
        echo "over-ssm: left on the disk: $left" >&2
        failed=1
    fi
}

one() {
    case $1 in
    good) bake good.yaml 60 "$plain" passed && boot_test ;;
    failing-middle | invalid-yaml | misspelt-key) bake "$1.yaml" 60 "$plain" failed ;;
    reboots | reboots-first) bake "$1.yaml" 60 "$plain" passed ;;
    exits-early | forges) bake "$1.sh" 60 "$plain" failed ;;
    # Its cloud-init cannot write that it ended: the watcher gives it a minute.
    fills-disk) bake fills-disk.sh 120 "$plain" failed ;;
    hangs) bake hangs.sh 8 "$plain" failed ;;
    over-ssm) over_ssm ;;
    hanging-check) bake hanging-check.yaml 60 'test -e /etc/by-nobody || sleep 1000' failed ;;
    *) echo "no recipe $1" >&2 && exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- good failing-middle invalid-yaml misspelt-key exits-early hangs hanging-check \
    reboots reboots-first forges fills-disk over-ssm
for recipe in "$@"; do
    one "$recipe"
done
exit "$failed"
