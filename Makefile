# Everything by one command each; `make help` lists them. No root, no Docker; Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
ARGS ?=
# Tests wait more than they compute: more processes than cores, slow tests first, one test handed out at a time.
WORKERS ?= 3

# How far a long target has come, a line each; CI is told nothing.
SAY := [ -n "$$CI" ] || echo

# Without bytecode every workflow would compile its module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check lint bench lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do \
		printf '%-12s %s\n' "$$name" "$$what"; done

setup: $(STAMP) ## Make the virtual environment in .venv from requirements.lock
	@:

demo: $(STAMP) ## Show an application fail and recover; ARGS=--script runs it to the end by itself
	@$(BIN)/driftvakt demo $(ARGS)

test: $(STAMP) ## Run every test that can run here; ARGS goes to pytest
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxschedchunk 1 $(ARGS)

check: lint test ## Run all that CI runs

lint: $(STAMP) ## Style, types, the direction of imports, and the sentences that people read
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.docs.prose

bench: $(STAMP) ## Measure; prints a table, writes var/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra dev --python-version 3.11 --output-file requirements.lock

clean: ## Remove the virtual environment; what lies in var/ is kept
	@rm -rf $(VENV)

# The stamp comes last, so that a set-up which was broken off is done again.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Driftvakt needs Python 3.11 or later, and $(PYTHON) is not; set another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(SAY) "Setting up $(VENV), once: one minute on a fast, idle machine, five on a slow or busy one"
	@$(SAY) "1 of 3: make the virtual environment"
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "Python's venv did not work; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(SAY) "2 of 3: download and install $$(grep -c '^[a-z].*==' requirements.lock) packages (the longest part)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-warn-script-location \
		--require-hashes --requirement requirements.lock
	@$(SAY) "3 of 3: install the command driftvakt"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
	@$(SAY) "Ready: $(BIN)/driftvakt"
