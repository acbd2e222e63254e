#!/bin/bash
# What systemd itself says of the unit: `verify` must have nothing to say, and the exposure that
# `security` works out must be at most 2.0. Prints both.
#
#     tests/contract/deploy/verify.sh AMIWATCH_BINARY
#
# Needs systemd 250 or later on this machine; nothing is installed or started.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../../.."
unit=deploy/systemd/amiwatch.service
most=2.0

# A root in which the unit's programs and the targets that it names are there.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{usr/bin,bin,etc/systemd/system/amiwatch.service.d,usr/lib/systemd}
cp -L /bin/kill "$root/bin/kill"
cp -a /usr/lib/systemd/system "$root/usr/lib/systemd/system"
cp "$unit" "$root/etc/systemd/system/"
cp deploy/systemd/slack-webhook.conf "$root/etc/systemd/system/amiwatch.service.d/"
cp -L "$binary" "$root/usr/bin/amiwatch"

# It exits 0 for keys that it does not know, so what counts is that it is silent about our files.
said=$(systemd-analyze verify --man=no --root="$root" amiwatch.service 2>&1 | grep amiwatch || true)
if [ -n "$said" ]; then
    printf 'systemd-analyze verify says:\n%s\n' "$said"
    exit 1
fi
echo "systemd-analyze verify: clean (systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'))"

figure=$(systemd-analyze security --offline=true "$unit" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')
echo "systemd-analyze security: exposure $figure of at most $most"
systemd-analyze security --offline=true --threshold=20 "$unit" >/dev/null
