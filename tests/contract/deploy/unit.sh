#!/bin/bash
# Boots a small Debian with deploy/systemd/amiwatch.service as it is shipped, and lets it do a whole bake
# on the simulated account, over DNS and TLS: what the sandbox forbids shows here. Then two of them share a table.
#
#     tests/contract/deploy/unit.sh AMIWATCH_BINARY
#
#     AMIWATCH_DEPLOY_CACHE   a directory that may hold 500 MB: the root is made there once
#
# Needs root, mmdebstrap, openssl, systemd-nspawn and overlayfs. Prints what the machine saw; exits 1
# when the service did not do its work, or not under its sandbox.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${2:-}" != inside ]; then
    # The machine ends with whoever runs this.
    exec unshare --mount --propagation private --pid --kill-child --mount-proc "$0" "$1" inside
fi
binary=$(realpath "$1")
cd "$here/../../.."
cache=${AMIWATCH_DEPLOY_CACHE:?set it to a directory that may hold 500 MB}
root=$cache/unit-root
if [ ! -e "$root/.made" ]; then
    mkdir -p "$cache"
    rm -rf "$root"
    mmdebstrap --variant=minbase --include=systemd-sysv,dbus,ca-certificates,python3,procps \
        bookworm "$root" >&2
    : >"$root/.made"
fi

work=$(mktemp -d)
mount -t tmpfs none "$work"
mkdir "$work"/{upper,work,machine}
machine=$work/machine
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$machine"

install -m 0755 "$binary" "$machine/usr/bin/amiwatch"
install -m 0644 deploy/systemd/amiwatch.service "$machine/etc/systemd/system/"
# The same once more, as on a second host.
sed -e 's#/etc/amiwatch/amiwatch.toml#/etc/amiwatch/amiwatch-b.toml#' -e 's#^StateDirectory=amiwatch$#StateDirectory=amiwatch-b#' \
    deploy/systemd/amiwatch.service >"$machine/etc/systemd/system/amiwatch-b.service"
install -D -m 0644 deploy/systemd/slack-webhook.conf \
    "$machine/etc/systemd/system/amiwatch.service.d/slack-webhook.conf"

# What a person would put there.
install -d -m 0755 "$machine/etc/amiwatch"
install -m 0644 tests/contract/deploy/amiwatch.toml config/recipes/demo.yaml "$machine/etc/amiwatch/"
echo https://hooks.slack.test/services/not-a-secret >"$machine/etc/amiwatch/slack-webhook"
chmod 0600 "$machine/etc/amiwatch/slack-webhook"
cat >"$machine/etc/amiwatch/environment" <<'ENVIRONMENT'
AWS_ENDPOINT_URL=https://aws.test
AWS_REGION=eu-west-1
AWS_ACCESS_KEY_ID=sim
AWS_SECRET_ACCESS_KEY=sim
ENVIRONMENT
chmod 0600 "$machine/etc/amiwatch/environment"

# The world outside: an account, a resolver, a certificate that the machine trusts.
mkdir "$machine/stand-ins"
cp config/world.json tests/contract/deploy/stand_ins.py "$machine/stand-ins/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=aws.test \
    -addext subjectAltName=DNS:aws.test -addext basicConstraints=critical,CA:FALSE \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null
cat "$work/certificate.pem" "$work/key.pem" >"$machine/stand-ins/both.pem"
cat "$work/certificate.pem" >>"$machine/etc/ssl/certs/ca-certificates.crt"
rm -f "$machine/etc/resolv.conf"
echo nameserver 127.0.0.1 >"$machine/etc/resolv.conf"
install -m 0644 tests/contract/deploy/units/* "$machine/etc/systemd/system/"
install -m 0755 tests/contract/deploy/{probe,pair}.sh "$machine/stand-ins/"
for unit in account stand-ins probe; do
    ln -s "../$unit.service" "$machine/etc/systemd/system/multi-user.target.wants/"
done

timeout 480 systemd-nspawn --quiet --directory="$machine" --boot \
    --machine=amiwatch-unit --console=read-only --register=no --keep-unit --private-network \
    --resolv-conf=off --timezone=off </dev/null >"$work/console" 2>&1 || true
if [ ! -e "$machine/stand-ins/result" ]; then
    echo "the machine did not get as far as the probe:" >&2
    tail -n 30 "$work/console" >&2
    exit 1
fi
cat "$machine/stand-ins/result"
grep -q '^probe: passed$' "$machine/stand-ins/result"
