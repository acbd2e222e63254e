#!/bin/sh
# Makes the root of a small Debian machine with cloud-init, once: what nspawn-guest.sh boots.
#
#     AMIWATCH_GUEST_CACHE=DIR tests/contract/guest/make-root.sh      prints the root's path
#
# Needs root and mmdebstrap (and the network, the first time).
set -eu
cache=${AMIWATCH_GUEST_CACHE:?set it to a directory that may hold 400 MB}
"$(dirname "$0")/../../../src/rehearse/debian-root.sh" "$cache/debian-bookworm"
echo "$cache/debian-bookworm"
