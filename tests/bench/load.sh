#!/bin/sh
# SPDX-License-Identifier: MIT
# Every preset of `parley load`, scaled to one core for the relay, on the release build: a table for docs/measurements.md.
#   LAYOUTS="pinned shared"  pinned: relay with one thread on core 0, generator on core 1; shared: relay with two threads, both where the system likes
#   RELAYS=2                 two relays behind NATS, people dealt out in turn; pinned: all servers on core 0
#   ONLY=preset  DURATION=8  FACTOR=1 (of each preset's scale)
# All people come from one address: the flags in `limits` allow what the defaults would refuse. With two relays the CPU is that of both and of NATS.
set -eu
programs=${PARLEY_PROGRAMS:-build/release}
layouts=${LAYOUTS:-pinned shared}
relays=${RELAYS:-1}
seconds=${DURATION:-8}
factor=${FACTOR:-1}
dir=$(mktemp -d)
pids=
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

limits='--max-sessions=8000 --max-members=5000 --max-wants=1000 --max-connections=16000 --max-connections-per-address=16000
  --max-openings-per-address=16000 --max-http=16000 --max-http-per-address=16000 --max-handshakes=16000
  --max-handshakes-per-address=16000 --retry-above=16000 --speakers=10 --max-cpu=100'

stop() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  pids=
}

# Runs in the background on the servers' cores; the id goes into $pids.
serve() {
  if [ "$layout" = pinned ]; then set -- taskset -c 0 "$@"; fi
  : >"$dir/log" # here: the one in the background may be late
  "$@" >>"$dir/log" 2>&1 &
  pids="$pids $!"
}

# The port of the relay that was started last.
port() {
  for _ in $(seq 50); do
    found=$(sed -n 's/.* started .* port=\([0-9]*\).*/\1/p' "$dir/log")
    if [ -n "$found" ]; then echo "$found"; return; fi
    sleep 0.1
  done
  cat "$dir/log" >&2
  exit 1
}

start_nats() {
  nats_port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  serve nats-server -a 127.0.0.1 -p "$nats_port" -js -sd "$dir/nats"
  nats="--nats=nats://127.0.0.1:$nats_port"
  sleep 1
}

start_relays() {
  nats= urls= threads=1
  [ "$layout" = pinned ] || threads=2
  [ "$relays" -eq 1 ] || start_nats
  for _ in $(seq "$relays"); do
    # shellcheck disable=SC2086
    serve "$programs/server/parleyd" --port=0 --plain-port=off --address=127.0.0.1 --drain-ms=100 --threads="$threads" $limits $nats
    urls="$urls https://127.0.0.1:$(port)"
  done
  [ -z "$nats" ] || sleep 2
}

# PRESET SCALE TRANSPORT: one line of the table. A fresh relay each time, for its memory.
run() {
  [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ] || return 0
  start_relays
  watched=
  for pid in $pids; do watched="$watched --relay-pid $pid"; done
  pin=
  [ "$layout" = shared ] || pin='taskset -c 1'
  # shellcheck disable=SC2086
  $pin "$programs/cli/parley" load $urls --preset "$1" --scale "$(echo "$2 $factor" | awk '{ print $1 * $2 }')" --transport "$3" \
    --duration "$seconds" --json $watched >"$dir/out" || true
  stop
  echo "{\"layout\":\"$layout\",\"transport\":\"$3\",\"relays\":$relays}" >>"$dir/results"
  grep '"event":"result"' "$dir/out" >>"$dir/results" || true
}

if [ "$relays" -gt 1 ]; then
  "$programs/server/parleyd" --help | grep -q -- '--nats' || { echo 'this parleyd has no --nats: nothing to measure with two relays'; exit 0; }
  command -v nats-server >/dev/null || { echo 'nats-server is not installed: nothing to measure with two relays'; exit 0; }
fi
[ "$(nproc)" -gt 1 ] || layouts=shared

for layout in $layouts; do
  run livekit-audio 0.2 wt
  run livekit-meeting 0.3 wt
  run livestream 0.12 wt
  run moq-fanout 0.5 wt
  run seed-1000 0.3 wt
  run pairs 0.2 wt
  [ "$layout" = pinned ] || continue
  run livekit-audio 0.2 ws
  run moq-fanout 0.5 ws
done
echo "load average $(cut -d ' ' -f 1-3 /proc/loadavg)"
node tests/bench/lib/load_table.js "$dir/results"
