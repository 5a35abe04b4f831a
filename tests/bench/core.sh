#!/bin/sh
# SPDX-License-Identifier: MIT
# Cost of the media path per object in core, on the release build.
set -eu
exec build/release/tests/core_bench
