#!/bin/sh
# SPDX-License-Identifier: MIT
# Encoding and decoding, natively and in WASM, of the same pictures and sound: one JSON line each.
set -eu
for size in "640 360 300" "1280 720 150"; do
    # shellcheck disable=SC2086 # three words
    build/release/tests/codec_bench $size | sed 's/^{/{"where":"native",/'
    # shellcheck disable=SC2086
    node tests/bench/codec_bench.js $size | sed 's/^{/{"where":"wasm",/'
done
