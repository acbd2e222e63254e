#!/bin/sh
# The guest's part of a bake. cloud-init runs it in every boot as a boothook: before bootcmd,
# write_files and packages. It starts a watcher beside cloud-init and, on the builder's first boot,
# runs the checks on the untouched base. The watcher waits for cloud-init to end or for the deadline,
# runs the checks, reports on the console, cleans the disk, and powers off: always.
#
# With proof = "ssm" it stays up instead: its frames go into a file, which fetch.sh reads over SSM Run
# Command; it cleans the disk when it is asked to, and is stopped from outside.
#
# POSIX sh with coreutils or busybox. It shares 16,384 bytes with the recipe, so it is short: a test
# holds it to 4,224. The composer fills the @WORDS@ in, keeps of the lines that end in #console or #ssm
# those of the proof that is asked for, and those in #kept where a failed builder is kept, and drops comments and indents; no line may depend on how it is
# indented.

umask 077
export LC_ALL=C HOME=/root PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
# The tests run these very bytes in a folder of their own: only the kernel's paths are absolute.
cd "${AMIWATCH_ROOT:-/}" || exit
off=${AMIWATCH_POWEROFF:-poweroff}

nonce='@NONCE@'
role='@ROLE@'
deadline='@DEADLINE@'
grace='@GRACE@'

# This boot's files; and a line for each boot so far, kept from one to the next.
run=run/amiwatch
boots=var/lib/amiwatch/$nonce

# limit SECONDS COMMAND...
limit() {
    timeout -k 5 "$@"
}

hash() {
    sha256sum | cut -c "1-$1"
}

# checks PHASE SECONDS BYTES: one report line for each check. A daemon that a check leaves behind may
# hold its output open, so reading it has a limit too.
checks() {
    while read -r name code; do
        [ "$name" ] || continue
        start=$(date +%s)
        echo 255 >$run/exit
        {
            limit "$2" sh -c "$(echo "$code" | base64 -d)" </dev/null
            echo $? >$run/exit
        } 2>&1 | limit $(($2 + 7)) tail -c "$3" >$run/out
        echo "$1 $name $(cat $run/exit) $(($(date +%s) - start)) $(base64 <$run/out | tr -d '\n')"
    done <<'AMIWATCH'
@CHECKS@
AMIWATCH
}

# fact NAME: the value comes on standard input; an empty one does not count.
fact() {
    echo "fact $1 $(head -c 4000 | base64 | tr -d '\n')"
}

body() {
    echo 'amiwatch-report 1'
    echo "ended $ended"
    echo "boots $(wc -l <"$boots")"
    echo "kernel $(uname -r)"
    echo "cloud-init $(limit 20 cloud-init status | tail -n 1)"
    fact cloud-init.result <run/cloud-init/result.json
    cat "$boots.before"
    checks after 60 @TAIL@
    sha256sum etc/machine-id | fact id.machine
    sha256sum etc/ssh/ssh_host_*.pub | fact id.ssh
    echo "packages $(wc -l <$run/packages)"
}

packages() {
    limit 60 rpm -qa --qf 'installed %{NAME} %{EVR}.%{ARCH}\n'
    # shellcheck disable=SC2016
    limit 60 dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' | grep ^installed
}

# frame SLOT DATA: one line. The subshell keeps the console from becoming the watcher's terminal,
# which a getty's hangup would kill; opening it anew loses one line to that hangup at most.
frame() {
    line="$nonce $1 $(printf %s "$nonce $1 $2" | hash 16) $2"
    (printf '\nAMIWATCH1 %s\n' "$line" >>$console)
}

# The report in base64, at most 30,000 characters of it: the console holds 64 KiB. Only the list of
# packages is ever cut. A small report goes out twice: a line that a kernel message tears is whole in
# the other copy.
report() {
    packages | sort >$run/packages
    body >$run/body
    some=9999
    while
        {
            cat $run/body
            head -n $some $run/packages
        } >$run/report
        sum=$(hash 64 <$run/report)
        echo "end $sum" >>$run/report
        { gzip -9c $run/report || cat $run/report; } | base64 | tr -d '\n' | fold -w 128 >$run/lines
        echo >>$run/lines
        size=$(wc -c <$run/lines)
        [ "$size" -gt 30000 ] && [ $some -gt 0 ]
    do
        some=$((some * 3 / 4))
    done
    total=$(wc -l <$run/lines)
    at=0
    # shellcheck disable=SC2170
    cat $run/lines "$([ "$size" -gt @TWICE@ ] || echo $run/lines)" | while read -r chunk; do
        at=$((at % total + 1))
        frame $at/"$total" "$chunk"
    done
}

# What must not go into an image. /var/lib/cloud/scripts and seed stay: they may be the recipe's.
# The machine id is emptied: a missing one would make systemd reset which units are enabled.
clean() {
    # What is kept because a check failed is kept with its logs.
    ! grep -q '^after [^ ]* [1-9]' $run/body || return #kept
    # These write once more when they stop; and without the last one the journal makes its file anew.
    limit 60 systemctl stop ecs @AGENT@ systemd-random-seed
    limit 20 journalctl --relinquish-var
    # The SSM agent carries our last words: what it leaves itself goes when it is stopped. On tmpfs, so
    # that the image does not have it.
    unit=run/systemd/system/amazon-ssm-agent.service.d #ssm
    mkdir -p $unit #ssm
    printf '[Service]\nExecStopPost=/bin/sh -c "rm -rf %s"\n' '/var/lib/amazon/ssm/[Vir]*' >$unit/last.conf #ssm
    limit 20 systemctl daemon-reload #ssm
    rm -rf var/lib/cloud/instance* var/lib/cloud/data var/lib/cloud/sem var/log/cloud-init* \
        var/log/journal/* etc/ssh/ssh_host_*key* root/.ssh/authorized_keys root/.*_history \
        home/*/.ssh/authorized_keys home/*/.*_history var/lib/ecs/data/* \
        @TRACES@ var/cache/dnf/* var/cache/yum/* var/cache/apt/* \
        var/lib/apt/lists/* var/lib/dh*/* var/lib/systemd/random-seed tmp/* var/tmp/* \
        var/lib/dbus/machine-id var/lib/amiwatch
    : >etc/machine-id
    [ -z "$(ls -d etc/ssh/ssh_host_*key* var/lib/cloud/instance*; cat etc/machine-id)" ]
}

# The watcher outlives cloud-init: in a session of its own. Its number is written at once, and not by
# itself: a last script that runs soon must not take it for dead.
begin() {
    setsid sh $run/guest watch </dev/null >/dev/null 2>&1 &
    echo $! >$run/pid
}

case $1 in
watch) ;;
last)
    # The recipe's own parts are through. It may have ended the watcher.
    : >$run/reached
    kill -0 "$(cat $run/pid)" || begin
    exit
    ;;
*)
    read -r boot </proc/sys/kernel/random/boot_id
    # Run again by hand in the same boot: the watcher is there.
    ! grep -qs "$boot" "$boots" || exit 0
    mkdir -p $run var/lib/amiwatch
    rm -f $run/reached
    cp "$0" $run/guest
    echo "$(date +%s) $boot" >>"$boots"
    begin
    [ $role != builder ] || [ -e "$boots.before" ] || checks before 10 200 >"$boots.before"
    exit 0
    ;;
esac

# The deadline counts from the first boot, so that a recipe that reboots for ever ends too. The clock
# may have been set in between.
read -r first _ <"$boots"
left=$((deadline - $(date +%s) + first))
[ $left -ge 0 ] || left=0
[ $left -le $deadline ] || left=$deadline
(
    sleep $((left + grace))
    $off -f
) &

# cloud-init has ended in this boot (some neither say so nor have the unit: then a minute after our own last part), no
# reboot is under way, and services have started (some never do: a minute at most).
ended=deadline
ready=0
while [ $left -gt 0 ]; do
    left=$((left - 1))
    sleep 1
    # A recipe that cleans cloud-init leaves it no place for its result: then its last unit's end counts.
    state=$(limit 9 systemctl is-active cloud-final)
    [ ! -e run/cloud-init/result.json ] || state=active
    case $state in
    active | failed) state=$(limit 9 systemctl is-system-running) ;;
    *)
        [ -e $run/reached ] || continue
        state=starting
        ;;
    esac
    [ ! -e run/systemd/shutdown/scheduled ] || state=stopping
    ready=$((ready + 1))
    case $state in
    stopping) continue ;;
    *ing) [ "$state" = running ] || [ $ready -gt 60 ] || continue ;;
    esac
    ended=finished
    break
done

console=dev/console #console
[ -c dev/ttyS0 ] && (echo >dev/ttyS0) && console=dev/ttyS0 #console
dmesg -n 1 #console
console=$run/frames #ssm
rm -f $console $run/told $run/wanted #ssm
report
: >$run/told #ssm
until [ -e $run/wanted ]; do sleep 1; done #ssm
if [ $role != builder ] || clean; then
    frame clean "$sum"
    frame clean "$sum"
fi
sync
# Whoever asked stops the machine; if nobody does, the deadline.
wait #ssm
# The console drains: who looks every few seconds reads the last words while the machine still runs.
sleep 15 #console
# An orderly end would wait for whatever hangs.
[ $ended = deadline ] || { $off && sleep 120; } #console
$off -f #console
