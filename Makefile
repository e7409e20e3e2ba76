# Everything below installs what it needs into .venv first, pinned and hashed; only Python 3.11+ must be there.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
ARGS    ?=
# Processes that share the tests, each with servers of its own; 0 runs them in the one that collects them.
WORKERS ?= 2

PYTEST  := $(BIN)/python -m pytest tests --ignore tests/containers --ignore tests/browser \
  -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all test-here test-containers test-browser test-pythons test-oldest smoke lint generated mutants \
  bench bench-walkers wheel clean

help:             ## Say what there is to make
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.run   ## End to end: a Neo4j, the ratings, the model, recommendations and their quality
	$(BIN)/movierec demo --data data/ml-latest-small

test: $(VENV)/.dev   ## The tests that a change needs, on real Neo4j servers started for them
	$(PYTEST) $(ARGS)

test-all: test-here test-pythons test-containers test-browser   ## All tests there are

test-here: $(VENV)/.dev   ## Of these, the ones that need neither containers nor a browser nor another Python
	$(PYTEST) --all $(ARGS)

test-containers: $(VENV)/.dev   ## The core of the tests through testcontainers and docker compose
	scripts/containers/with-engine.sh $(BIN)/python -m pytest tests/containers $(ARGS)

test-browser: $(VENV)/.dev   ## The recipes in Neo4j Browser, in a headless Chromium
	scripts/browser/with-chromium.sh $(BIN)/python -m pytest tests/browser $(ARGS)

test-pythons:     ## Installation and a first model, on the oldest and the newest Python at hand
	scripts/on-pythons.sh $(MAKE) smoke

smoke: $(VENV)/.run   ## doctor, load, derive, train, similar and recommend in the environment VENV
	scripts/smoke.sh $(BIN)/movierec

test-oldest:      ## The tests with the lowest versions that pyproject.toml allows; needs uv
	scripts/oldest-dependencies.sh $(PYTHON) $(ARGS)

lint: $(VENV)/.dev   ## ruff, mypy, and whether the generated parts of files are up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m scripts.shared_cypher --check
	$(BIN)/python -m scripts.generated_docs --check

generated: $(VENV)/.dev   ## Shared Cypher into the query files; docs/api.md and the JSON tables of docs/cli.md
	$(BIN)/python -m scripts.shared_cypher
	$(BIN)/python -m scripts.generated_docs

mutants: $(VENV)/.dev   ## Whether the tests notice mistakes that are made on purpose
	$(BIN)/python -m scripts.mutants $(ARGS)

bench: $(VENV)/.dev   ## Side-by-side measurements
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.load peers
	$(BIN)/python -m benchmarks.derive peers
	$(BIN)/python -m benchmarks.answers

bench-walkers: .venv-peers/.done   ## Our walker beside others, which need an older numpy and so an environment of their own
	.venv-peers/bin/python -W ignore -m benchmarks.walkers

wheel: $(VENV)/.dev   ## Build the wheel into dist/
	$(BIN)/python -m build --no-isolation --wheel

clean:            ## Remove what was installed and built here
	rm -rf $(VENV) .venv-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "movierec needs Python 3.11 or newer; this is %d.%d. Name another: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; } # half a one would be taken for whole next time

.venv-peers/.done: requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The package itself is installed editable; its build backend is in the lock, so nothing unpinned is fetched.
$(VENV)/.run: $(VENV)/bin/python requirements/run.txt pyproject.toml
	scripts/install.sh $(BIN)/python requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	scripts/install.sh $(BIN)/python requirements/dev.txt
	@touch $@
