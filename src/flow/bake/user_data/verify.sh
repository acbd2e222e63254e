#!/bin/sh
# The last script that cloud-init runs: the recipe's own parts are through.
cd "${AMIWATCH_ROOT:-/}" && sh run/amiwatch/guest last
