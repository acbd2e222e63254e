#!/bin/bash
# Inside the unit's test machine: starts the service, waits for its bake, and looks at how it ran.
set -uo pipefail
export AMIWATCH_CONFIG=/etc/amiwatch/amiwatch.toml AWS_REGION=eu-west-1
failed=0

check() {
    if "${@:2}" >/dev/null 2>&1; then
        echo "ok: $1"
    else
        echo "NOT ok: $1"
        failed=1
    fi
}
property() { systemctl show --value --property "$1" amiwatch; }
process() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
# systemd's own range: no user of the machine is in it.
dynamic() { [ "$1" -ge 61184 ] && [ "$1" -le 65519 ]; }
baked() {
    amiwatch status --format json | python3 -c '
import json, sys
status = json.load(sys.stdin)
sys.exit(not (status["watches"][0]["current"] and not status["bakes"]))'
}
wait_for() {
    for _ in $(seq 240); do
        "$@" && return
        sleep 1
    done
    return 1
}

systemctl start amiwatch
pid=$(property MainPID)
check "the service is up and has said so" systemctl is-active amiwatch
check "it runs as a user of its own" dynamic "$(stat -c %u "/proc/$pid")"
check "it has no capabilities" test "$(process CapEff)" = 0000000000000000
check "it cannot gain any" test "$(process NoNewPrivs)" = 1
check "its system calls are filtered" test "$(process Seccomp)" = 2
check "it has the credential" test -r "/proc/$pid/root/run/credentials/amiwatch.service/slack-webhook"
check "it bakes, over DNS and TLS" wait_for baked
check "its store is a write-ahead log" test -e /var/lib/private/amiwatch/amiwatch.db-wal
check "its store is nobody else's" test "$(stat -c %a /var/lib/private/amiwatch)" = 700
check "it says that it is well" amiwatch health
check "it reloads" systemctl reload amiwatch
check "it is still up after that" systemctl is-active amiwatch
check "it was never started again" test "$(property NRestarts)" = 0
systemctl stop amiwatch
check "it stops when it is told to" test "$(property Result)" = success
check "and then nobody answers" test "$(amiwatch health >/dev/null 2>&1; echo $?)" = 1
echo "-- systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'), status:"
amiwatch status
echo "-- journal:"
journalctl --no-pager --output cat --unit amiwatch | cut -c 1-240 | head -n 60
echo "-- two of them on one table:"
"$(dirname "$0")/pair.sh" || failed=1
if [ "$failed" = 0 ]; then
    echo "probe: passed"
else
    echo "probe: FAILED"
    journalctl --no-pager --output cat --unit account --unit stand-ins | tail -n 20
fi
