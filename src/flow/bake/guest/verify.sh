#!/bin/sh
# The last script that cloud-init runs: the recipe's own parts are through. Should the recipe have
# ended the watcher, this starts it again.
run=${AMIWATCH_ROOT:-}/run/amiwatch
mkdir -p "$run"
: >"$run/reached"
kill -0 "$(cat "$run/pid")" 2>/dev/null && exit 0
setsid sh "$run/guest" watch </dev/null >/dev/null 2>&1 &
