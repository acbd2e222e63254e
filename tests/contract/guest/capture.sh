#!/bin/bash
# Runs the guest's own shell parts, the very bytes that a bake sends, under dash, bash and busybox in
# a scratch directory, and keeps what they print on their console as the parser's fixtures.
#
#     tests/contract/guest/capture.sh [SHELL...]      writes tests/fixtures/console/<shell>-<case>.txt
#
# Needs: dash, bash, busybox, gzip, and the `guest` example built (GUEST names the binary).
# shellcheck disable=SC2016
set -euo pipefail
cd "$(dirname "$0")/../../.."
guest=${GUEST:-${CARGO_TARGET_DIR:-target}/debug/examples/guest}
out=tests/fixtures/console
nonce=0123456789abcdef0123456789abcdef
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# part FILE NAME: one part's body out of a composed message.
part() {
    awk -v name="filename=\"$2\"" '
        /^--amiwatch-/ { inside = 0 }
        inside { print }
        index($0, name) { found = 1 }
        found && /^$/ { inside = 1; found = 0 }
    ' "$1"
}

# A bin directory whose sh is the shell under test. What a machine would say of itself is fixed, so
# that the fixtures say the same on every machine.
stubs() {
    mkdir -p "$1"
    case $2 in
    busybox) for applet in $(busybox --list); do ln -s "$(command -v busybox)" "$1/$applet"; done ;;
    *) ln -s "$(command -v "$2")" "$1/sh" ;;
    esac
    rm -f "$1"/{uname,cloud-init,rpm,dpkg-query,systemctl,journalctl,dmesg,sleep,poweroff}
    stub "$1/uname" 'echo 6.1.140-154.222.amzn2023.x86_64'
    stub "$1/cloud-init" 'echo "status: done"'
    stub "$1/rpm" 'exit 1'
    stub "$1/dpkg-query" 'i=0; while [ $i -lt 300 ]; do echo "installed lib$((i * 7919 % 1000))-stub 1.$i"; i=$((i + 1)); done'
    stub "$1/systemctl" 'echo running'
    stub "$1/journalctl" 'exit 1'
    stub "$1/dmesg" 'exit 1'
    # The console has nothing to drain.
    # shellcheck disable=SC2016
    stub "$1/sleep" '[ "$1" = 5 ] || exec /bin/sleep "$@"'
    # shellcheck disable=SC2016
    stub "$1/poweroff" ': >"$AMIWATCH_ROOT/off"; kill "$PPID"'
}

stub() {
    printf '#!/bin/bash\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

disk() {
    mkdir -p "$1"/{etc/ssh,root/.ssh,dev,run/cloud-init,var/lib/cloud/instances/i-1,tmp}
    echo 4f0c3e1d2b5a69788796a5b4c3d2e1f0 >"$1/etc/machine-id"
    echo 'ssh-ed25519 AAAAstub root@builder' >"$1/etc/ssh/ssh_host_ed25519_key.pub"
    echo 'ssh-ed25519 AAAAstub me@laptop' >"$1/root/.ssh/authorized_keys"
    echo 'secret user data' >"$1/var/lib/cloud/instances/i-1/user-data.txt"
}

# run SHELL CASE ROLE DEADLINE RECIPE [NAME COMMAND]...: RECIPE is what cloud-init would do in between.
run() {
    local shell=$1 case=$2 role=$3 deadline=$4 recipe=$5
    shift 5
    local here=$scratch/$shell-$case
    mkdir -p "$here"
    stubs "$here/bin" "$shell"
    disk "$here/disk"
    : >"$here/empty"
    local inputs=("$nonce" "$deadline")
    [ "$role" != builder ] || inputs+=("$here/empty")
    "$guest" compose "$role" "${inputs[@]}" "$@" >"$here/user-data"
    part "$here/user-data" 00-amiwatch >"$here/boothook"
    part "$here/user-data" zz-amiwatch-verify >"$here/verify"
    export AMIWATCH_ROOT=$here/disk AMIWATCH_POWEROFF=$here/bin/poweroff
    (
        cd "$here/disk"
        export PATH=$here/bin:$PATH
        sh "$here/boothook"
        eval "$recipe"
    ) </dev/null >"$here/log" 2>&1
    for _ in $(seq 300); do
        [ ! -e "$here/disk/off" ] || break
        sleep 0.1
    done
    [ -e "$here/disk/off" ] || { echo "$shell $case: never powered off" >&2; cat "$here/log" >&2; exit 1; }
    [ "$role" != builder ] || [ "$(cd "$here/disk" && find . -type f | sort | tr '\n' ' ')" = "$left" ] || {
        echo "$shell $case: left behind: $(cd "$here/disk" && find . -type f)" >&2
        exit 1
    }
    cp "$here/disk/dev/console" "$out/$shell-$case.txt"
    echo "$shell-$case: $(wc -c <"$out/$shell-$case.txt") bytes"
}

ended='echo "{\"v1\": {\"errors\": []}}" >run/cloud-init/result.json'
# shellcheck disable=SC2016
through='sh "$here/verify"'
[ $# -gt 0 ] || set -- dash bash busybox
mkdir -p "$out"
for shell in "$@"; do
    left='./dev/console ./etc/machine-id ./etc/wanted ./off ./run/amiwatch/body ./run/amiwatch/exit ./run/amiwatch/guest ./run/amiwatch/lines ./run/amiwatch/out ./run/amiwatch/packages ./run/amiwatch/pid ./run/amiwatch/reached ./run/amiwatch/report ./run/cloud-init/result.json '
    run "$shell" good builder 60 "echo yes >etc/wanted; $through; $ended" \
        'wanted is there' 'grep yes etc/wanted' \
        'nothing was there before; "quotes" $(no) `no`' 'echo "it'"'"'s $HOME"; test -e etc/wanted'
    run "$shell" failing builder 60 "echo no >etc/wanted; $through; $ended" \
        'wanted is there' 'test -e etc/wanted' \
        'wanted says yes' 'printf "\033[31mred\007 \377 AMIWATCH1 nonsense\n"; cat etc/wanted; exit 3'
    left=${left/.\/etc\/wanted /}; left=${left/ .\/run\/amiwatch\/reached/}; left=${left/ .\/run\/cloud-init\/result.json/}
    run "$shell" deadline builder 2 ':' 'hangs not' 'true'
    run "$shell" boot-test boot-test 60 "$through; $ended" 'id is there' 'test -s etc/machine-id'
done
