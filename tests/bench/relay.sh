#!/bin/sh
# SPDX-License-Identifier: MIT
# Cost of the relay without its network side, on the release build.
set -eu
exec build/release/tests/relay_bench
