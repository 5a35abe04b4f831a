#!/bin/sh
# SPDX-License-Identifier: MIT
# Cost of the transports over loopback, server and clients in two processes, on the release build: what is printed is the server's.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 10 \
  -subj /CN=localhost 2>/dev/null
bench() {
  printf '%-24s' "$*"
  build/release/tests/net_bench "$dir/cert.pem" "$dir/key.pem" "$@"
}
bench throughput 5
bench throughput 5 nogso
bench throughput 5 ws
bench fanout 5 200
printf '%-24s' "limit: 400 4000"
build/release/tests/blaster 400 4000 3
bench fanout 5 400 4000 60
printf '%-24s' "limit: 1000 560"
build/release/tests/blaster 1000 560 3
build/release/tests/path_bench audio 1000 100 5 1
bench memory 1000
bench memory 1000 ws
