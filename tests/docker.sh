#!/bin/sh
# SPDX-License-Identifier: MIT
# docker.sh - builds the image, starts it with compose, and asks it for health, page, and a clean stop; then the two relays and three NATS
# servers of compose.cluster.yaml: whether they are one system, and remain it without one of the three.
# Uses the engine that runs here; otherwise, as root with docker.io installed, starts one of its own (no bridges, no firewall rules)
# and makes debian:trixie-slim with mmdebstrap where no registry can be reached. Not part of `make test`: see README.md.
set -eu
. "$(dirname "$0")/../tools/platform.sh"
cd "$repo"
scratch=$cache/docker
project=parley-test
port=24443 plain_port=28080

# An own engine keeps its layers in the cache, so that the second build is quick.
start_engine() {
    [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null || die "no Docker engine runs here, and starting one needs root and docker.io."
    say "starting an engine"
    mkdir -p "$scratch"
    export DOCKER_HOST="unix://$scratch/socket"
    dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$scratch/data" --exec-root "$scratch/exec" \
        --pidfile "$scratch/pid" -H "$DOCKER_HOST" >"$scratch/log" 2>&1 &
    engine=$!
    for _ in $(seq 60); do
        docker version >/dev/null 2>&1 && return 0
        kill -0 "$engine" 2>/dev/null || break
        sleep 1
    done
    die "the engine did not start: $(tail -n 1 "$scratch/log")"
}

stop_all() {
    compose down --volumes >/dev/null 2>&1 || true
    cluster down --volumes >/dev/null 2>&1 || true
    [ -z "$engine" ] || {
        kill "$engine" && wait "$engine" || true
        umount "$scratch"/exec/netns/* 2>/dev/null || true
    }
    rm -f "$override" "$cluster_override"
}

base_image() {
    docker image inspect debian:trixie-slim >/dev/null 2>&1 && return 0
    docker pull -q debian:trixie-slim 2>/dev/null && return 0
    say "no registry here: making debian:trixie-slim"
    uri=${PARLEY_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Component: main' | grep -v security | head -n 1)}
    uri=${uri%/}
    mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' trixie "$scratch/slim.tar" \
        "deb $uri trixie main" "deb $uri-security trixie-security main" || die "mmdebstrap could not make the base image."
    docker import "$scratch/slim.tar" debian:trixie-slim >/dev/null
    rm "$scratch/slim.tar"
}

# Debian 12 has no compose of version 2: Debian 13's is unpacked as a plugin.
compose_plugin() {
    docker compose version >/dev/null 2>&1 && return 0
    plugin=$HOME/.docker/cli-plugins/docker-compose
    say "unpacking Debian 13's compose"
    mkdir -p "$scratch/deb" "$(dirname "$plugin")"
    tools/in-debian13 sh -c "apt-get -qq update && cd '$scratch/deb' && apt-get -qq download docker-compose && dpkg -x docker-compose_*.deb ." >/dev/null
    cp "$scratch"/deb/usr/libexec/docker/cli-plugins/docker-compose "$plugin"
}

compose() { docker compose -p "$project" -f compose.yaml -f "$override" "$@"; }

build_image() {
    # Proxies with an authority of their own: what this machine trusts reaches the build as a secret.
    DOCKER_BUILDKIT=1 docker build -q --network=host --secret id=ca,src="${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" -t parley . >/dev/null
}

check() {
    say "$1"
    shift
    "$@" || die "failed."
}
healthy() {
    for _ in $(seq 30); do
        [ "$(docker inspect -f '{{.State.Health.Status}}' "$(compose ps -q parley)")" = healthy ] && return 0
        sleep 1
    done
    compose logs
    return 1
}
serves_the_page() { curl -fsS -k "https://localhost:$port/" | grep -qi '<title>'; }
not_root() { [ "$(compose exec -T parley id -u)" != 0 ]; }
stops_cleanly() {
    id=$(compose ps -q parley)
    compose stop >/dev/null 2>&1
    [ "$(docker inspect -f '{{.State.ExitCode}}' "$id")" = 0 ]
}

# ---- two relays ----

cluster() { docker compose -p "$project-cluster" -f compose.cluster.yaml -f "$cluster_override" "$@"; }

# Where no registry can be reached: Debian's nats-server under the same name.
nats_image() {
    docker image inspect nats:2.10-alpine >/dev/null 2>&1 && return 0
    docker pull -q nats:2.10-alpine >/dev/null 2>&1 && return 0
    say "no registry here: making nats:2.10-alpine of Debian's nats-server"
    mkdir -p "$scratch/nats"
    tools/in-debian13 sh -c "cp \"\$(command -v nats-server)\" '$scratch/nats/'"
    printf 'FROM debian:trixie-slim\nCOPY nats-server /usr/local/bin/\nENTRYPOINT ["nats-server"]\n' >"$scratch/nats/Dockerfile"
    DOCKER_BUILDKIT=1 docker build -q -t nats:2.10-alpine "$scratch/nats" >/dev/null
}

# metric PORT NAME
metric() { curl -fsS -m 5 "http://localhost:$1/metrics" 2>/dev/null | awk -v name="$2" '$1 == name { print $2 }'; }
are_one_system() {
    for _ in $(seq 60); do
        [ "$(metric $plain_port parley_bus_nodes)" = 1 ] && [ "$(metric $plain_port2 parley_bus_nodes)" = 1 ] && return 0
        sleep 0.5
    done
    cluster logs --tail 20
    return 1
}
go_on_without_one() {
    cluster kill nats2 >/dev/null 2>&1
    sleep 5
    are_one_system
}

PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
plain_port2=28081
engine=
override=$(mktemp) cluster_override=$(mktemp)
trap stop_all EXIT
printf 'services: {parley: {environment: {PARLEY_PORT: "%s", PARLEY_PLAIN_PORT: "%s"}}}\n' $port $plain_port >"$override"
cat >"$cluster_override" <<END
services:
  relay1: {environment: {PARLEY_PORT: "$port", PARLEY_PLAIN_PORT: "$plain_port", PARLEY_PUBLIC_ADDRESS: "127.0.0.1:$port"}}
  relay2: {environment: {PARLEY_PORT: "24444", PARLEY_PLAIN_PORT: "$plain_port2", PARLEY_PUBLIC_ADDRESS: "127.0.0.1:24444"}}
END
docker version >/dev/null 2>&1 || start_engine
base_image
compose_plugin
started=$(date +%s)
check "building the image" build_image
say "built in $(($(date +%s) - started)) s, $(docker image inspect -f '{{.Size}}' parley | awk '{ printf "%d MB", $1 / 1000000 }')"
compose up --detach --no-build 2>/dev/null
check "is healthy" healthy
check "serves the page" serves_the_page
check "does not run as root" not_root
check "stops cleanly" stops_cleanly
compose down --volumes >/dev/null 2>&1
check "an image of NATS" nats_image
cluster up --detach --no-build 2>/dev/null
check "two relays are one system" are_one_system
check "and remain it without one of three NATS servers" go_on_without_one
say "docker: all well"
