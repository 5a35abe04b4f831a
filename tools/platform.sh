# SPDX-License-Identifier: MIT
# Sourced by the scripts of this folder: where things are, and which of two ways to Debian 13 applies.
# The platform is Debian 13 (trixie). On Debian 13 itself commands run directly; elsewhere they run in a private
# Debian 13 root in the cache folder, made by tools/setup and entered by tools/in-debian13.

: "${HOME:=/root}"
export HOME
repo=$(cd "$(dirname "$0")/.." && pwd -P)
cache=${PARLEY_CACHE:-$HOME/.cache/parley}

say() { printf '==> %s\n' "$*" >&2; }
die() {
    printf 'parley: %s\n' "$*" >&2
    exit 1
}

# The value of a field of /etc/os-release, such as ID or VERSION_CODENAME.
os_field() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" /etc/os-release 2>/dev/null; }
on_debian13() { [ "$(os_field ID)" = debian ] && [ "$(os_field VERSION_CODENAME)" = trixie ]; }

# The private root's folder: another list of packages or another recipe is another root.
root_dir() {
    key=$({ "$repo/tools/packages" build test; grep -hv '^ *#' "$repo/tools/debian13-root" "$repo/tools/apt-pin"; } | sha256sum | cut -c 1-10)
    printf '%s/debian13-%s\n' "$cache" "$key"
}

# with_proc COMMAND... - in a chroot where nobody mounted /proc, starts COMMAND again where it is; otherwise returns.
with_proc() {
    [ ! -e /proc/self/exe ] || return 0
    [ "${PARLEY_PROC:-}" != 1 ] && [ "$(id -u)" = 0 ] || die "/proc is not mounted here, and could not be: mount it (mount -t proc proc /proc)."
    # shellcheck disable=SC2016
    PARLEY_PROC=1 exec unshare --mount --propagation unchanged sh -c 'mount -t proc proc /proc; exec "$@"' sh "$@"
}
