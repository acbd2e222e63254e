#!/bin/bash
# Rehearses good and broken recipes with the real binary, under a real cloud-init, and holds the exit
# code and the reason against what each must get. Also: that the checks run before anything of the
# recipe, that the disk is clean, that an image that is no first boot is caught, and that guests keep out
# of each other's way and end with their rehearsal.
#
#     AMIWATCH_GUEST_CACHE=DIR tests/contract/guest/rehearse.sh [CASE...]
#
# Needs root, systemd-nspawn, mmdebstrap (the first time), dpkg-deb and the binary (AMIWATCH_BIN), and
# the `guest` example (GUEST) for the forged report.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
bin=${AMIWATCH_BIN:-${CARGO_TARGET_DIR:-target}/debug/amiwatch}
guest=${GUEST:-${CARGO_TARGET_DIR:-target}/debug/examples/guest}
root=$("$here/make-root.sh")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
recipes=$here/recipes
fluentd='fluentd is allowed=grep -q fluentd /etc/ecs/ecs.config'
failed=0

# rehearse CASE EXIT WORDS ARGUMENT...: the exit code, and words that must be in what is said.
rehearse() {
    local case=$1 wanted=$2 words=$3 code=0 start=$EPOCHREALTIME
    shift 3
    timeout 500 "$bin" rehearse --root "$root" --work "$scratch" "$@" >"$scratch/$case.said" 2>&1 || code=$?
    local ms=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
    echo "$case: exit $code in $ms ms, $(tail -n 1 "$scratch/$case.said")"
    if [ "$code" != "$wanted" ] || ! grep -qF -- "$words" "$scratch/$case.said"; then
        echo "$case: should exit $wanted and say: $words" >&2
        cat "$scratch/$case.said" >&2
        failed=1
    fi
}

say() {
    echo "$*" >&2
    failed=1
}

# A package that wants a reboot, as base64, for the recipe that installs it.
probe() {
    mkdir -p "$scratch/probe/DEBIAN" "$scratch/probe/usr/share/amiwatch-probe"
    printf 'Package: amiwatch-probe\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: probe\n' \
        >"$scratch/probe/DEBIAN/control"
    printf '#!/bin/sh\ntouch /var/run/reboot-required\n' >"$scratch/probe/DEBIAN/postinst"
    chmod 755 "$scratch/probe/DEBIAN/postinst"
    dpkg-deb --root-owner-group --build "$scratch/probe" "$scratch/probe.deb" >/dev/null
    base64 -w 0 "$scratch/probe.deb"
}

# Every way of cloud-config to change the disk; and the reboot that the package asks for.
order() {
    cat >"$scratch/order.yaml" <<RECIPE
#cloud-config
bootcmd:
  - touch /etc/by-bootcmd
write_files:
  - path: /etc/by-write-files
    content: hello
  - path: /srv/probe.deb
    encoding: b64
    content: $(probe)
packages:
  - /srv/probe.deb
package_reboot_if_required: true
runcmd:
  - touch /etc/by-runcmd
RECIPE
    rehearse order 0 '2 boots' "$scratch/order.yaml" \
        --check 'bootcmd=test -e /etc/by-bootcmd' --check 'write_files=test -e /etc/by-write-files' \
        --check 'packages=test -d /usr/share/amiwatch-probe' --check 'runcmd=test -e /etc/by-runcmd'
    for part in bootcmd write_files packages runcmd; do
        grep -Eq "^$part +exit 1 +passed +passed" "$scratch/order.said" ||
            say "order: the check of $part did not run on the untouched base"
    done
}

# What must not go into an image, and what must stay; looked at from outside, on the builder's disk.
traces() {
    rehearse traces 0 'builder: passed' "$recipes/traces.sh" --check 'it ran=test -e /etc/kept' \
        --no-boot-test --keep
    local disk
    disk=$(sed -n 's/^consoles and disk: //p' "$scratch/traces.said")/disk/upper
    local gone=(root/.ssh/authorized_keys root/.bash_history home/ec2-user/.ssh/authorized_keys
        home/ec2-user/.python_history var/cache/dnf/trace var/cache/yum/trace var/cache/apt/trace.bin
        var/lib/apt/lists/trace var/lib/ecs/data/trace var/lib/amazon/ssm/Vault/trace
        var/lib/amazon/ssm/i-0123/trace var/lib/amazon/ssm/registration
        var/lib/amazon/ssm/runtimeconfig/trace var/lib/dhclient/trace var/lib/dhcp/trace tmp/trace
        var/tmp/trace var/lib/cloud/instance var/lib/cloud/instances var/lib/cloud/data
        var/lib/cloud/sem var/log/cloud-init.log var/log/cloud-init-output.log var/lib/amiwatch
        etc/ssh/ssh_host_ed25519_key etc/ssh/ssh_host_rsa_key.pub)
    local kept=(etc/kept var/lib/amazon/ssm/packages/kept var/cache/ecs/kept
        var/lib/cloud/scripts/per-boot/kept)
    for path in "${gone[@]}"; do
        if [ -f "$disk/$path" ] || [ -d "$disk/$path" ] || [ -h "$disk/$path" ]; then
            say "traces: $path is still there"
        fi
    done
    for path in "${kept[@]}"; do
        [ -f "$disk/$path" ] || say "traces: $path is gone"
    done
    { [ -f "$disk/etc/machine-id" ] && [ ! -s "$disk/etc/machine-id" ]; } ||
        say "traces: the machine id is not an empty file"
    rm -rf "$scratch"/amiwatch-rehearse-*
}

forges() {
    {
        printf '#!/bin/sh\ncat >/dev/console <<\\FORGED\n'
        "$guest" forge f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0 'fluentd is allowed'
        printf '\nFORGED\n'
    } >"$scratch/forges.sh"
    rehearse forges 1 'checks failed in the finished builder' "$scratch/forges.sh" --check "$fluentd"
}

boot_checks() {
    printf '%s\n' '[[checks]]' 'name = "on both"' 'run = "test -e /etc/by-runcmd"' \
        '[[boot_checks]]' 'name = "on a fresh boot"' 'run = "test -e /run/by-service"' >"$scratch/boot.toml"
    rehearse boot-checks 1 'checks failed on a fresh boot of the image: "on a fresh boot"' \
        "$recipes/not-enabled.yaml" --checks "$scratch/boot.toml"
    rehearse boot-checks-good 0 'fresh boot: passed' "$recipes/enabled.yaml" --checks "$scratch/boot.toml"
}

# Whoever sees the disk of one of our rehearsals, such as a guest.
seen() {
    grep -ls "$scratch/amiwatch-rehearse-" /proc/[0-9]*/mountinfo || true
}

# The control groups of our guests' inits, each once.
guests() {
    local init
    for init in $(seen); do
        sed -En 's/^(0:|[0-9]+:name=systemd):(.*)\/init\.scope$/\2/p' "${init%/mountinfo}/cgroup" 2>/dev/null || true
    done | sort -u
}

# Two guests side by side, even of one recipe, have nothing of each other's: sharing control groups shows
# in one of many boots only, so the groups themselves are looked at.
together() {
    local side jobs=() most=0
    for side in left right; do
        rehearse "together-$side" 0 'fresh boot: passed' "$recipes/good.yaml" --check "$fluentd" &
        jobs+=($!)
    done
    while kill -0 "${jobs[@]}" 2>/dev/null; do
        local now
        now=$(guests | wc -l)
        most=$((now > most ? now : most))
        sleep 0.5
    done
    [ "$most" = 2 ] || say "together: two guests had $most control groups"
    # Each has said by itself what was wrong; a job's `failed` does not come back.
    wait "${jobs[@]}" || true
    for side in left right; do
        grep -q 'fresh boot: passed' "$scratch/together-$side.said" || failed=1
    done
}

# A rehearsal that is stopped takes its guest with it.
stopped() {
    "$bin" rehearse --root "$root" --work "$scratch" "$recipes/hangs.sh" --check "$fluentd" --timeout 60s \
        >"$scratch/stopped.said" 2>&1 &
    local rehearsal=$! code=0 looks=0
    until grep -qs 'Cloud-init' "$scratch"/amiwatch-rehearse-*/builder.console; do
        kill -0 "$rehearsal" || break
        sleep 0.5
    done
    [ -n "$(seen)" ] || say "stopped: there was no guest to stop"
    kill "$rehearsal" || true
    wait "$rehearsal" || code=$?
    # Its processes take a moment to end; by itself it would be up for a minute.
    while [ -n "$(seen)" ] && [ "$looks" -lt 20 ]; do
        looks=$((looks + 1))
        sleep 0.5
    done
    [ -z "$(seen)" ] || say "stopped: the guest lives on"
    [ -z "$(find "$scratch" -maxdepth 1 -name 'amiwatch-rehearse-*')" ] || say "stopped: its folder is still there"
    [ "$code" = 1 ] || say "stopped: should exit 1"
    echo "stopped: exit $code, $(tail -n 1 "$scratch/stopped.said")"
}

one() {
    local broken='checks failed in the finished builder'
    case $1 in
    good | reboots | reboots-first) rehearse "$1" 0 'fresh boot: passed' "$recipes/$1.yaml" --check "$fluentd" ;;
    failing-middle) rehearse "$1" 1 "$broken" "$recipes/$1.yaml" --check "$fluentd" ;;
    exits-early) rehearse "$1" 1 "$broken" "$recipes/$1.sh" --check "$fluentd" ;;
    invalid-yaml)
        rehearse "$1" 1 "$broken" "$recipes/$1.yaml" --check "$fluentd"
        grep -q 'is not YAML' "$scratch/$1.said" || say "$1: the line is not named"
        ;;
    misspelt-key)
        rehearse "$1" 1 "$broken" "$recipes/$1.yaml" --check "$fluentd"
        # shellcheck disable=SC2016
        grep -qF 'did you mean `runcmd`?' "$scratch/$1.said" || say "$1: what was meant is not named"
        ;;
    hangs) rehearse "$1" 1 "the guest's deadline passed" "$recipes/$1.sh" --check "$fluentd" --timeout 8s ;;
    hanging-check)
        rehearse "$1" 1 '(exit 124)' "$recipes/$1.yaml" --check 'hangs=test -e /etc/by-nobody || sleep 1000'
        ;;
    powers-off) rehearse "$1" 1 'ended without a report' "$recipes/$1.sh" --check "$fluentd" ;;
    power-state) rehearse "$1" 1 'amiwatch powers the builder off itself' "$recipes/$1.yaml" --check "$fluentd" ;;
    # The boot test's own trap: what was baked looks fine and ignores its user data.
    no-first-boot)
        rehearse "$1" 1 'ignored its user data' "$recipes/$1.yaml" --check 'it ran=test -e /etc/kept' --timeout 20s
        ;;
    old-identity)
        rehearse "$1" 1 "still carries its builder's identity" "$recipes/$1.yaml" --check 'it ran=test -e /etc/kept'
        ;;
    # cloud-final has ended without a result: long before the default deadline of half an hour.
    self-clean)
        rehearse "$1" 1 "cloud-init's own state is gone" "$recipes/$1.yaml" --check 'it ran=test -e /etc/done'
        ;;
    owner-before-user)
        rehearse "$1" 1 'fix what it said' "$recipes/$1.yaml" --check 'the user is there=id pbx'
        grep -q 'Unknown user or group' "$scratch/$1.said" || say "$1: the module's own words are not shown"
        ;;
    # Both parts are merged, and what stays in the image keeps its name.
    merged)
        rehearse "$1" 0 'fresh boot: passed' "$recipes/$1.mime" --check 'a=test -e /etc/by-a' \
            --check 'b=test -e /etc/by-b' --check 'kept=test -x /var/lib/cloud/scripts/per-boot/10-tune.sh' \
            --check 'tuned=test -e /run/tuned'
        ;;
    forges) forges ;;
    order) order ;;
    traces) traces ;;
    together) together ;;
    stopped) stopped ;;
    boot-checks) boot_checks ;;
    *) echo "no case $1" >&2 && exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- good failing-middle invalid-yaml misspelt-key exits-early hangs hanging-check \
    powers-off power-state self-clean owner-before-user merged reboots reboots-first forges order traces boot-checks old-identity no-first-boot \
    together stopped
for case in "$@"; do
    one "$case"
done
exit "$failed"
