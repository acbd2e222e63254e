#!/bin/bash
# Builds deploy/container/Dockerfile as it is written and runs the image as its user, read-only but for
# its volume, against the simulated account.
#
#     tests/contract/deploy/image.sh AMIWATCH_BINARY
#
#     AMIWATCH_DEPLOY_CACHE   a directory that may hold 600 MB
#
# Two things are put in the place of what a registry would give: the runtime base is a Debian with glibc
# and certificates and nothing else (no shell), and in the build base `cargo` hands over the binary that
# was built already. Needs root, buildah and mmdebstrap.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../../.."
cache=${AMIWATCH_DEPLOY_CACHE:?set it to a directory that may hold 600 MB}
mkdir -p "$cache"
work=$(mktemp -d)
served=
finish() {
    if [ -n "$served" ]; then
        kill "$served" 2>/dev/null || true
        wait "$served" 2>/dev/null || true
    fi
    buildah_ rm --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
export BUILDAH_ISOLATION=chroot
buildah_() { buildah --root "$work/images" --runroot "$work/run" --storage-driver vfs "$@"; }

[ -e "$cache/runtime.tar" ] || {
    mmdebstrap --variant=extract --include=libc6,libgcc-s1,base-files bookworm "$cache/runtime.part.tar" >&2
    mv "$cache/runtime.part.tar" "$cache/runtime.tar"
}
[ -e "$cache/builder.tar" ] || {
    mmdebstrap --variant=minbase bookworm "$cache/builder.part.tar" >&2
    mv "$cache/builder.part.tar" "$cache/builder.tar"
}

runtime=$(buildah_ from scratch)
buildah_ add --quiet "$runtime" "$cache/runtime.tar" / >/dev/null
buildah_ copy --quiet "$runtime" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt >/dev/null
buildah_ commit --quiet "$runtime" localhost/runtime >/dev/null

# Everything around the compiler is the Dockerfile's own: its arguments, its context, its paths.
cat >"$work/cargo" <<'CARGO'
#!/bin/sh
set -eu
[ "$*" = "build --locked --profile dist --no-default-features --bin amiwatch" ]
[ -e Cargo.lock ] && [ -e src/main.rs ] && [ -e sim/Cargo.toml ] && [ -e config/demo.toml ]
[ ! -e target ] && [ ! -e docs ]
mkdir -p target/dist
cp /built/amiwatch target/dist/amiwatch
CARGO
chmod 0755 "$work/cargo"
cp "$binary" "$work/amiwatch"
strip "$work/amiwatch"
builder=$(buildah_ from scratch)
buildah_ add --quiet "$builder" "$cache/builder.tar" / >/dev/null
buildah_ copy --quiet "$builder" "$work/cargo" /usr/local/bin/cargo >/dev/null
buildah_ copy --quiet "$builder" "$work/amiwatch" /built/amiwatch >/dev/null
buildah_ config --env PATH=/usr/local/bin:/usr/bin:/bin "$builder"
buildah_ commit --quiet "$builder" localhost/builder >/dev/null

buildah_ bud --quiet --format docker --file deploy/container/Dockerfile \
    --build-arg RUST_IMAGE=localhost/builder --build-arg RUNTIME_IMAGE=localhost/runtime \
    --tag localhost/amiwatch . >/dev/null

"$binary" sim serve --listen 127.0.0.1:0 --world config/world.json --speed 20 >"$work/serve" &
served=$!
url=
for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$work/serve")
    [ -z "$url" ] || break
    kill -0 "$served"
    sleep 0.1
done

mkdir "$work/config"
cp tests/contract/deploy/amiwatch.toml config/recipes/demo.yaml "$work/config/"
container=$(buildah_ from localhost/amiwatch)
in_container() {
    buildah_ run --env AWS_ENDPOINT_URL="$url" --env AWS_REGION=eu-west-1 --env AWS_ACCESS_KEY_ID=sim \
        --env AWS_SECRET_ACCESS_KEY=sim --volume "$work/config:/etc/amiwatch:ro" "$container" -- \
        /usr/bin/amiwatch "$@"
}
in_container --version
in_container run --once 2>/dev/null
in_container status
status=$(in_container status --format json)
grep -Eq '"image": ?"ami-' <<<"$status"

disk=$(buildah_ mount "$container")
# The image's volume, which buildah keeps beside the container's own disk.
owner=$(find "$work" -name amiwatch.db -exec stat -c %u {} +)
shells=$(find "$disk" -path "$disk/proc" -prune -o -name sh -print | wc -l)
size=$(buildah_ images --format '{{.Size}}' localhost/amiwatch)
echo "image: $size, $shells shells, the store is user $owner's"
[ "$owner" = 65532 ] && [ "$shells" = 0 ]
