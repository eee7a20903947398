# The ways to work with this tree; `make help` lists them. Each target is one readable command: the
# work is done by CMake presets and by the scripts named here.

PRESET ?= release
BUILD  := build/$(PRESET)
JOBS   ?= $(shell nproc)
LOCAL  := deploy/local

# Two clones of this tree share compiled objects.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help deps build test test-full chaos demo up down bench fuzz lint mutate tidy fmt proto-base clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install what building and testing need (Debian 12; root or sudo)
	@$(LOCAL)/install.sh test

build: ## compile the release binaries into build/release/bin
	@$(LOCAL)/install.sh demo
	@$(LOCAL)/build.sh $(PRESET) $(JOBS) programs

test: ## build all, start a real Kafka, Redis and SMTP inbox, run every test, stop them
	@$(LOCAL)/test.sh

test-full: ## test, then sanitizers, clang's thread-safety analysis and the long fault runs
	@$(LOCAL)/test_full.sh

chaos: ## five runs of every fault on a cluster under load (hours; goes on where it was stopped): docs/chaos.md
	@$(LOCAL)/install.sh test
	@$(LOCAL)/build.sh faults $(JOBS) programs
	@PLAZO_BIN=build/faults/bin /usr/bin/python3 -B tests/chaos/campaign.py --runs 5

demo: build ## a cluster of all services, and one ticket's life from mail to breach, explained
	@$(LOCAL)/demo.sh

up: build ## start a local cluster and leave it running (addresses: .local/env)
	@$(LOCAL)/up.sh

down: ## stop what `make up` started; its data stays in .local
	@$(LOCAL)/down.sh

bench: build ## run all benchmarks; one alone: make bench-NAME
	@tests/bench/run.sh

bench-%: build
	@tests/bench/run.sh $*

fuzz: ## feed the classifier and the mail parser anything (a minute each); one alone: make fuzz-NAME
	@$(LOCAL)/install.sh full
	@tests/fuzz/run.sh

fuzz-%:
	@$(LOCAL)/install.sh full
	@tests/fuzz/run.sh $* $(SECONDS)

lint: ## formatting, include rules, .proto lint, manifests, scripts: the tests labelled lint
	@$(LOCAL)/install.sh test
	@cmake --preset $(PRESET) >/dev/null
	@ctest --test-dir $(BUILD) -L '^lint$$' --output-on-failure --no-tests=error -j $(JOBS)

mutate: ## flip each operator of the deadline code and see that a test notices (many minutes)
	@$(LOCAL)/install.sh test
	@$(LOCAL)/build.sh $(PRESET) $(JOBS) mutate_tests
	@tests/mutate/mutate.py $(BUILD) build/mutate --page docs/mutation.md

tidy: ## clang-tidy over all sources (minutes)
	@$(LOCAL)/install.sh full
	@$(LOCAL)/build.sh clang $(JOBS)
	@run-clang-tidy -quiet -p build/clang -j $(JOBS) '^$(CURDIR)/(platform|domain|services|cli)/'

fmt: ## format all C++ sources
	@git ls-files -z '*.h' '*.cc' | xargs -0 -r clang-format -i

proto-base: ## make the present .proto files the base of the breaking-change check
	@tests/lint/proto_base.sh

clean: down ## stop the local cluster, remove build/ and .local/
	@rm -rf build .local
