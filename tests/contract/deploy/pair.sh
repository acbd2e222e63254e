#!/bin/bash
# Inside the unit's test machine, after the service was stopped: what it remembers moves into a table, and it comes back
# with a second one beside it, as docs/replicas.md has it for two hosts. The second is the same unit under another name,
# with a config and a state directory of its own, since both are on one machine here.
# shellcheck disable=SC2317  # functions are called by `check`
set -uo pipefail
failed=0
exec 3>&1

check() {
    if "${@:2}" >/dev/null 2>&1; then
        echo "ok: $1"
    else
        echo "NOT ok: $1"
        failed=1
    fi
}
# What it says of itself: `leader`, `standby`, or nothing.
role() {
    python3 -c '
import json, sys, urllib.request
try:
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/healthz", timeout=2) as answer:
        print(json.load(answer)["role"])
except OSError:
    pass' "$1"
}
port() { if [ "$1" = amiwatch ]; then echo 9464; else echo 9465; fi; }
is() { [ "$(role "$(port "$1")")" = "$2" ]; }
# Waits until it is that, so many seconds at most; says how long it took. A lease that nobody gave back takes 15.
within() {
    local began=$SECONDS
    until is "$2" "$3"; do
        [ $((SECONDS - began)) -lt "$1" ] || return 1
        sleep 0.2
    done
    echo "$2 is the $3 after $((SECONDS - began)) s" >&3
}
one_leads_within() {
    local began=$SECONDS
    until is amiwatch leader || is amiwatch-b leader; do
        [ $((SECONDS - began)) -lt "$1" ] || return 1
        sleep 0.2
    done
}
image() { amiwatch status --format json | sed -n 's/.*"image": *"\(ami-[0-9a-f]*\)".*/\1/p' | head -n 1; }

set -a
# shellcheck source=/dev/null
. /etc/amiwatch/environment
set +a
export AMIWATCH_CONFIG=/etc/amiwatch/amiwatch.toml
before=$(image)
table='dynamodb://amiwatch?region=eu-west-1'
cd /etc/amiwatch || exit 1
printf '\n[store]\nurl = "%s"\n' "$table" | cat amiwatch.toml - >replicas.toml
sed 's/9464/9465/' replicas.toml >amiwatch-b.toml
check "the table is made" amiwatch --config replicas.toml store init
check "what it remembers is moved" amiwatch store move "$table"
check "the old file is put away" mv /var/lib/amiwatch/amiwatch.db /var/lib/amiwatch/amiwatch.db.moved
mv replicas.toml amiwatch.toml
systemctl start amiwatch
check "one leads" within 30 amiwatch leader
systemctl start amiwatch-b
check "the other stands by" within 30 amiwatch-b standby
check "it has the image of before" test "$(image)" = "$before"
systemctl restart amiwatch
check "one leads after a restart, whichever asked first" one_leads_within 10
systemctl stop amiwatch
check "the other leads after a clean stop" within 10 amiwatch-b leader
systemctl start amiwatch
check "the first stands by when it is back" within 30 amiwatch standby
systemctl kill --signal=KILL amiwatch-b
check "the first leads after the other was killed" within 30 amiwatch leader
check "which systemd starts again, and which stands by" within 30 amiwatch-b standby
check "the table is as it should be" amiwatch store check
systemctl stop amiwatch amiwatch-b
for unit in amiwatch amiwatch-b; do
    check "$unit stops when it is told to" test "$(systemctl show --value --property Result "$unit")" = success
done
exit "$failed"
