#!/bin/sh
# SPDX-License-Identifier: MIT
# bare.sh debian12|debian13 [COMMAND...] - proves that HEAD sets itself up, passes its tests and runs where nothing was installed:
# in a minimal Debian made by mmdebstrap (minbase, git, make), entered by chroot. With COMMAND, runs that there instead.
# Needs root and mmdebstrap. The root goes to PARLEY_BARE (default: a scratch folder) and is deleted, unless KEEP=1.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd -P)

say() { printf '==> bare: %s\n' "$*" >&2; }
die() {
    printf 'bare.sh: %s\n' "$*" >&2
    exit 1
}

make_root() {
    uri=${PARLEY_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $(
        . /etc/os-release && echo "$VERSION_CODENAME")" | head -n 1)}
    say "making a minimal $suite"
    mmdebstrap --quiet --variant=minbase --include=git,make --dpkgopt=force-unsafe-io "$suite" "$root" \
        "deb ${uri:-} $suite main" || die "mmdebstrap failed."
    cp /etc/resolv.conf "$root/etc/"
    # A machine behind a proxy with a certificate authority of its own has that authority's certificate.
    if ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
        mkdir -p "$root/usr/local/share/ca-certificates"
        cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
    fi
    git clone --quiet --no-hardlinks "$here" "$root/root/parley"
    git -C "$root/root/parley" checkout --quiet --detach "$(git -C "$here" rev-parse HEAD)"
}

inside() { env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb chroot "$root" sh -c 'cd /root/parley && exec "$@"' sh "$@"; }
timed() {
    start=$(date +%s)
    inside "$@" || die "$* failed on $name."
    say "$* took $(($(date +%s) - start)) s on $name"
}

# Starts the relay as a person would, opens what it prints, stops it.
smoke() {
    inside setsid make run RUN="--port=18443 --plain-port=18080" >"$root/run.log" 2>&1 & # a group of its own, to be ended whole
    pid=$!
    for _ in $(seq 300); do
        link=$(grep -oE 'https?://[^ ]+' "$root/run.log" | head -n 1)
        [ -n "$link" ] && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 1
    done
    [ -n "$link" ] || { cat "$root/run.log"; die "make run printed no link."; }
    inside tools/in-debian13 curl -kfsS "${link%%#*}" | grep -qi '<title>' || die "$link gave no page."
    kill -- "-$pid"
    wait "$pid" || true
    say "make run served $link"
}

# In a mount namespace of its own: the mounts go when it ends.
if [ "${BARE_INSIDE:-}" != 1 ]; then
    [ "$(id -u)" = 0 ] || die "needs root."
    BARE_INSIDE=1 exec unshare --mount "$0" "$@"
fi

name=${1:-}
case $name in
debian12) suite=bookworm ;;
debian13) suite=trixie ;;
*) die "usage: bare.sh debian12|debian13 [COMMAND...]" ;;
esac
shift
root=${PARLEY_BARE:-$(mktemp -d)}/$name
[ "${KEEP:-}" = 1 ] || trap 'umount -R -l "$root/proc" "$root/dev"; rm -rf --one-file-system "$root"' EXIT
[ -d "$root/root/parley" ] || make_root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

if [ $# -gt 0 ]; then
    inside "$@"
    exit
fi
timed make setup
timed make test
timed make test
smoke
