# SPDX-License-Identifier: MIT
# What a person types. Every target sets up what it needs, and does only what has changed.
# Commands run on Debian 13, through tools/in-debian13, wherever this is.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := menu
.PHONY: menu setup build run test e2e check fuzz soak bundle bench docker clean

ifneq ($(words $(CURDIR)),1)
$(error the path "$(CURDIR)" has spaces in it, and the compilers used here cannot live with that: move the repository)
endif

IN := tools/in-debian13

menu:
	@sed -n 's/^\([a-z0-9]*\):[^#]*## /  make \1 \t/p' Makefile | expand -t 16

setup: ## install what is missing; every other target does it too
	@tools/setup

build: setup ## relay and headless client, WASM and page
	@$(IN) tools/build release:parleyd,parley page

run: build ## start a relay here and print the link to open (RUN="--port=5443" adds options)
	@$(IN) tools/run $(RUN)

test: setup ## all tests: C, WASM in node, pages in a browser
	@$(IN) tools/build dev page
	@$(IN) tools/test unit node e2e

e2e: setup ## the tests in a browser alone
	@$(IN) tools/build dev page
	@$(IN) tools/test e2e

check: setup ## format, clang-tidy, types, tests under sanitizers, 30 s of fuzzing per target
	@$(IN) tools/check

soak: setup ## ten minutes of people who come and go, under AddressSanitizer: memory stays flat (SOAK_SECONDS=60)
	@$(IN) tools/build asan:parleyd,parley
	@$(IN) tools/soak

fuzz: setup ## fuzz every parser (SECONDS=600, TARGET=name)
	@$(IN) tools/fuzz $(or $(SECONDS),30) $(TARGET)

bundle: setup ## dist/: the page for any static host (RELAY=https://relay.example:4443)
	@RELAY=$(RELAY) $(IN) tools/build page

bench: setup ## the numbers of docs/measurements.md
	@$(IN) tools/build release page
	@$(IN) tools/bench

docker: setup ## build the container image and prove that it runs
	@tests/docker.sh

clean: ## remove what was built here (what set-up installed stays)
	rm -rf build dist test-results playwright-report
