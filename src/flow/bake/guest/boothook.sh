#!/bin/sh
# The guest's part of a bake. cloud-init runs it in every boot as a boothook: before bootcmd,
# write_files and packages. It starts a watcher beside cloud-init and, on the builder's first boot,
# runs the checks on the untouched base. The watcher waits for cloud-init to end or for the deadline,
# runs the checks, reports on the console, cleans the disk, and powers off: always.
# POSIX sh with coreutils or busybox. The composer fills the @WORDS@ in and drops comments and
# indents, so no line may depend on how it is indented.

umask 077
export LC_ALL=C HOME=/root
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
nonce='@NONCE@'
role='@ROLE@'
deadline='@DEADLINE@'
grace='@GRACE@'

# Overridden only by the tests that run these very bytes outside of a machine.
root=${AMIWATCH_ROOT:-}
off=${AMIWATCH_POWEROFF:-poweroff}
console=${AMIWATCH_CONSOLE:-}

run=$root/run/amiwatch
state=$root/var/lib/amiwatch/$nonce
result=$root/run/cloud-init/result.json
# How long a system may go on starting after cloud-init has ended, in seconds.
patience=60

checks() {
    cat <<'AMIWATCH'
@CHECKS@
AMIWATCH
}

# Seconds since boot, into $up: no clock that NTP could move.
uptime() {
    read -r up _ </proc/uptime
    up=${up%.*}
}

hash() {
    sha256sum | cut -c "1-$1"
}

# limited SECONDS COMMAND...
limited() {
    timeout -k 5 "$@"
}

# run_checks PHASE SECONDS BYTES: one report line for each check. A daemon that a check leaves behind
# may hold its output open, so reading it has a limit too.
run_checks() {
    checks | while read -r name code; do
        [ -n "$name" ] || continue
        uptime
        start=$up
        max=$2
        [ -n "$hard" ] && [ "$((hard - up - 30))" -lt "$max" ] && max=$((hard - up - 30))
        [ "$max" -gt 0 ] || max=1
        echo 255 >"$run/exit"
        {
            limited "$max" sh -c "$(echo "$code" | base64 -d)" </dev/null
            echo "$?" >"$run/exit"
        } 2>&1 | limited "$((max + 7))" tail -c "$3" >"$run/out"
        uptime
        echo "$1 $name $(cat "$run/exit") $((up - start)) $(base64 <"$run/out" | tr -d '\n')"
    done
}

# fact NAME: the value comes on standard input; without one there is no fact.
fact() {
    value=$(head -c 4000 | base64 | tr -d '\n')
    [ -z "$value" ] || echo "fact $1 $value"
}

body() {
    echo 'amiwatch-report 1'
    echo "ended $ended"
    echo "boots $(wc -l <"$state/boots")"
    echo "kernel $(uname -r)"
    status=$(limited 20 cloud-init status 2>/dev/null | sed -n 's/^status: *//p')
    echo "cloud-init ${status:-unknown}"
    [ "$status" = 'done' ] || fact cloud-init.result <"$result"
    if [ -e "$state/before" ]; then
        echo 'before-ran yes'
        cat "$state/before"
    fi
    run_checks after 60 800
    [ ! -s "$root/etc/machine-id" ] || hash 16 <"$root/etc/machine-id" | fact id.machine
    set -- "$root"/etc/ssh/ssh_host_*.pub
    [ ! -e "$1" ] || cat "$@" | hash 16 | fact id.ssh
    limited 9 docker --version | fact docker
}

packages() {
    limited 60 rpm -qa --qf 'package %{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}.%{ARCH}\n'
    # shellcheck disable=SC2016
    limited 60 dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' | sed -n 's/^installed/package/p'
}

# The report in base64, at most 30,000 characters of it: the console holds 64 KiB. Only the list of
# packages is ever cut.
pack() {
    all=$(wc -l <"$run/packages")
    some=$all
    while :; do
        {
            cat "$run/body"
            head -n "$some" "$run/packages"
            echo "packages-omitted $((all - some))"
        } >"$run/report"
        sum=$(hash 64 <"$run/report")
        echo "end $sum" >>"$run/report"
        { gzip -9c <"$run/report" || cat "$run/report"; } | base64 | tr -d '\n' >"$run/packed"
        size=$(wc -c <"$run/packed")
        if [ "$size" -le 30000 ] || [ "$some" -eq 0 ]; then break; fi
        some=$((some / 2))
    done
}

# frame SLOT DATA: one line. The subshell keeps the console from becoming the watcher's terminal,
# which a getty's hangup would kill; opening it anew loses one line to that hangup at most.
frame() {
    line="$nonce $1 $(printf %s "$nonce $1 $2" | hash 16) $2"
    (printf '\nAMIWATCH1 %s\n' "$line" >>"$console")
}

frames() {
    fold -w 128 "$run/packed" >"$run/lines"
    echo >>"$run/lines"
    total=$(wc -l <"$run/lines")
    at=0
    while read -r chunk; do
        at=$((at + 1))
        frame "$at/$total" "$chunk"
    done <"$run/lines"
}

# A small report goes out twice: a line that a kernel message tears is whole in the other copy.
tell() {
    [ -n "$root" ] || dmesg -n 1
    frames
    [ "$size" -gt 14000 ] || frames
}

# What must not go into an image. /var/lib/cloud/scripts and seed stay: they may be the recipe's.
# The machine id is emptied: a missing one would make systemd reset which units are enabled.
clean() {
    if [ -z "$root" ]; then
        limited 60 systemctl stop ecs amazon-ssm-agent
        # Or the journal makes its file anew.
        limited 20 journalctl --relinquish-var
    fi
    cd "$root/" || return 1
    rm -rf var/lib/cloud/instance var/lib/cloud/instances var/lib/cloud/data var/lib/cloud/sem \
        var/log/cloud-init*.log var/log/journal/* etc/ssh/ssh_host_*key* \
        root/.ssh/authorized_keys home/*/.ssh/authorized_keys root/.*_history home/*/.*_history \
        var/lib/ecs/data/* var/lib/amazon/ssm/Vault var/lib/amazon/ssm/i-* \
        var/cache/dnf/* var/cache/yum/* var/cache/apt/*.bin var/cache/apt/archives/*.deb \
        var/lib/apt/lists/* var/lib/dhcp/* var/lib/dhclient/* var/lib/systemd/random-seed \
        tmp/* var/tmp/* var/lib/amiwatch
    [ -h var/lib/dbus/machine-id ] || rm -f var/lib/dbus/machine-id
    [ ! -e etc/machine-id ] || : >etc/machine-id
    set -- etc/ssh/ssh_host_*key*
    [ ! -e "$1" ] && [ ! -s etc/machine-id ] && [ ! -e var/lib/cloud/instances ]
}

# Nothing more will happen by itself: not about to reboot, and not starting services any more.
settled() {
    [ ! -e /run/systemd/shutdown/scheduled ] || return 1
    case $(systemctl is-system-running) in
    stopping) return 1 ;;
    initializing | starting)
        patience=$((patience - 1))
        [ "$patience" -lt 0 ]
        ;;
    esac
}

# cloud-init has ended in this boot (some never say so: then a minute after our own last part).
wait_for_recipe() {
    reached=0
    while uptime && [ "$up" -lt "$soft" ]; do
        [ ! -e "$run/reached" ] || reached=$((reached + 1))
        if [ -e "$result" ] || [ "$reached" -gt 60 ]; then
            if settled; then
                ended=finished
                return
            fi
        fi
        sleep 1
    done
}

# The deadline counts from the first boot, so that a recipe that reboots for ever ends too.
watch() {
    echo "$$" >"$run/pid"
    read -r first _ <"$state/boots"
    gone=$(($(date +%s) - first))
    [ "$gone" -ge 0 ] || gone=0
    [ "$gone" -le "$deadline" ] || gone=$deadline
    uptime
    soft=$((up + deadline - gone))
    hard=$((soft + grace))
    (
        while uptime && [ "$up" -lt "$hard" ]; do sleep 5; done
        $off -f
    ) &
    ended=deadline
    wait_for_recipe
    body >"$run/body"
    packages | sort >"$run/packages"
    pack
    if [ -z "$console" ]; then
        console=/dev/console
        [ -c /dev/ttyS0 ] && (echo >/dev/ttyS0) && console=/dev/ttyS0
    fi
    tell
    if [ "$role" != builder ] || clean; then
        frame clean "$sum"
        frame clean "$sum"
    fi
    sync
    sleep "${AMIWATCH_DRAIN:-5}"
    # An orderly end would wait for whatever hangs.
    [ "$ended" = deadline ] || { $off && sleep 120; }
    $off -f
}

if [ "$1" = watch ]; then
    watch 2>/dev/null
    exit
fi
read -r boot </proc/sys/kernel/random/boot_id
# Run again by hand in the same boot: the watcher is there.
! grep -q "$boot" "$state/boots" 2>/dev/null || exit 0
mkdir -p "$run" "$state"
rm -f "$run/reached"
cp "$0" "$run/guest"
echo "$(date +%s) $boot" >>"$state/boots"
setsid sh "$run/guest" watch </dev/null >/dev/null 2>&1 &
# At once, and not only by the watcher itself: a last script that runs soon must not take it for dead.
echo "$!" >"$run/pid"
if [ "$role" = builder ] && [ "$(wc -l <"$state/boots")" -eq 1 ]; then
    run_checks before 10 200 >"$state/half"
    mv "$state/half" "$state/before"
fi
