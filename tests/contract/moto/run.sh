#!/bin/sh
# Holds amiwatch to a moto server: an AWS that we did not write, with AWS's real recorded public
# parameters and images, and with real guests under a real cloud-init.
#
#     AMIWATCH_BIN=target/debug/amiwatch tests/contract/moto/run.sh [CASE...]
#
#     PYTHON                 a Python that has moto[server] and boto3 (default: python3)
#     AMIWATCH_GUEST_CACHE   where ../guest/make-root.sh keeps its root (default: a folder that goes away)
#     MOTO_GUEST             `nspawn` or `shell`: insist on who plays the guests
#     MOTO_TRANSCRIPT        a file that gets the whole bake as a person would have seen it
#
# Cases: parameters, survey, bake, failing, killed. Changes nothing outside of one scratch folder, and
# ends what it started. Prints `moto contract: N checks passed ...` and exits 0, or the first breach and 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" "$here/run.py" "$@"
