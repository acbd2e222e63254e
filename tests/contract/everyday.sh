#!/bin/bash
# A new user's first day on the simulated account, with the real binary: init, config check, plan, one
# pass that bakes, a move and its way back, a release that comes later, explain, adopt, history. Prints
# what a person sees; fails at the first command that does not end as it should.
#
#     tests/contract/everyday.sh [AMIWATCH_BIN] >docs/transcripts/everyday.txt
#
# SPEED=20 makes twenty seconds of the account pass in one; dates then run ahead of amiwatch's clock.
# Listens on loopback on a free port, writes into one scratch folder alone, and ends what it started.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=$(realpath "${1:-$here/target/debug/amiwatch}")
scratch=$(mktemp -d)
served=
finish() {
    if [ -n "$served" ]; then
        kill "$served" 2>/dev/null || true
        wait "$served" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT

: >"$scratch/serve" # There before it is read, however busy the machine is.
"$bin" sim serve --listen 127.0.0.1:0 --world "$here/config/world.json" --speed "${SPEED:-1}" >"$scratch/serve" &
served=$!
url=
for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$scratch/serve")
    [ -z "$url" ] || break
    kill -0 "$served"
    sleep 0.1
done
[ -n "$url" ]

mkdir "$scratch/desk"
cd "$scratch/desk"
export AWS_ENDPOINT_URL=$url AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=sim AWS_SECRET_ACCESS_KEY=sim
export HOME=$scratch/desk AWS_EC2_METADATA_DISABLED=true USER=jo
unset AMIWATCH_CONFIG AWS_PROFILE SUDO_USER

# show CODE COMMAND...: prints the command and what it prints, and holds it to its exit code.
show() {
    local wanted=$1 code=0
    shift
    echo "\$ $*"
    "$bin" "${@:2}" 2>&1 || code=$?
    [ "$code" -eq 0 ] || echo "(exit $code)"
    echo
    [ "$code" -eq "$wanted" ] || {
        echo "everyday: \`$*\` ended in $code, not in $wanted" >&2
        exit 1
    }
}

behind_the_scenes() {
    echo "# $1"
    curl -sf -o "$scratch/answer" -X POST -d "$2" "$url/_sim/do"
    echo
}

echo "# A config from what is there. It tells, and bakes nothing."
show 0 amiwatch init --yes
show 0 amiwatch config check
show 3 amiwatch plan

echo "# A person decides: the recipe, a check that proves it, and that passes bake by themselves."
cp amiwatch.toml before.toml
cat <<'WHY'
# The simulated account's guests have no shell: they do `echo 'TEXT' >> FILE` and `grep -q TEXT FILE` alone. The
# shipped recipe that init wrote keeps what else is in the file, and needs one; so the demo's stands in for it
# here. On a real account leave this line out.
$ cp config/recipes/demo.yaml recipes/ecs-logging.yaml
WHY
cp "$here/config/recipes/demo.yaml" recipes/ecs-logging.yaml
sed -i -e 's/^# recipe = /recipe = /' -e 's/^on_drift = "notify"/on_drift = "bake"/' amiwatch.toml
cat >>amiwatch.toml <<'TOML'

[recipe.ecs-logging]
user_data = "recipes/ecs-logging.yaml"
checks = [{ name = "splunk is an allowed log driver", run = "grep -q 'splunk' /etc/ecs/ecs.config" }]

[watch.shop.rollout]
settle = "1m"
TOML
echo '$ diff before.toml amiwatch.toml'
diff before.toml amiwatch.toml || true
echo
show 0 amiwatch config check

echo "# The image that somebody made by hand is the watch's for now."
show 0 amiwatch adopt shop ami-5130000000000c001
show 3 amiwatch plan
show 0 amiwatch run --once
show 0 amiwatch explain shop

echo "# One environment is moved to it, and back, at a person's word."
show 0 amiwatch rollout shop --environment shop-blue --yes
show 0 amiwatch rollback shop/shop-blue --yes

behind_the_scenes "A week later (here: now) AWS releases 4.5.2, and tells nobody." '{
    "region": "eu-west-1", "do": { "release": {
        "branch": "ECS running on 64bit Amazon Linux 2023", "version": "4.5.2",
        "disk": { "/etc/ecs/ecs.config": "ECS_CLUSTER=awseb-shop\n" } } } }'
show 3 amiwatch check
show 0 amiwatch explain shop
show 0 amiwatch run --once
show 0 amiwatch history
show 0 amiwatch explain shop --stored
