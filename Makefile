# `make demo` and `make test` need Python 3.11 or newer, and install all else into .venv.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
# Modules that are started again and again are compiled once.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c '$(USABLE)' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"
# In the order of collecting: else the longest, being one test alone in its file, would come last.
SIDE_BY_SIDE := -p xdist.plugin -n 2 --dist loadfile --no-loadscope-reorder
ROUNDS ?= 500

.PHONY: help demo test check crash bench lock migration wheel browser clean

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1: \2/p' $(MAKEFILE_LIST)

demo: .venv/runs ## install, then run the demo: the sandbox, the embedded PostgreSQL, a look around
	$(BIN)/setflow demo

test: .venv/tests browser check ## install, then run every check and every test
	$(BIN)/python -m pytest -q -p xdist.plugin -n 2 --cov --cov-report=term tests/unit
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) --ignore=tests/unit tests
	@test -s .venv/browser || printf '\n%s\n' "$$NO_BROWSER"

check: .venv/tests ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

crash: .venv/tests ## the long kill loop: ROUNDS=500
	$(BIN)/python -m pytest -q -m crash --crash-rounds $(ROUNDS)

bench: .venv/tests ## the figures; NAME="who schedule" for some of them
	$(BIN)/python bench/run.py $(NAME)

lock: .venv/tests ## pin the newest dependencies again, with hashes
	$(LOCK) --group build pyproject.toml -o requirements.txt
	$(LOCK) --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

migration: .venv/tests ## write the next migration: NAME="what it does"
	$(BIN)/python migrations/new.py "$(NAME)"
	$(BIN)/ruff format --quiet migrations
	$(BIN)/ruff check --fix --quiet migrations
	$(BIN)/ruff format migrations

wheel: .venv/tests ## build dist/*.whl
	rm -rf dist
	$(BIN)/hatchling build -t wheel

clean: ## remove what make made, but no data
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "setflow needs Python 3.11 or newer, with its venv module."; exit 1; }
	$(PYTHON) -m venv .venv

# A stamp is older than its lock only where the lock was changed.
.venv/runs: requirements.txt | .venv/bin/python
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/tests: requirements-dev.txt | .venv/bin/python
	$(PIP) --require-hashes -r requirements-dev.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ .venv/runs

define NO_BROWSER
********************************************************************************
*  NO CHROMIUM: none was found and none could be installed.                    *
*  The browser tests are SKIPPED, and with them what people see on the pages.  *
*  Install Chromium, or say where one is: make test CHROMIUM=/path/to/chromium *
********************************************************************************
endef
export NO_BROWSER
export CHROMIUM

# One found, else Playwright's, else the distribution's.
browser: .venv/tests
	@find() { $(BIN)/python -m tests.browser.chromium > .venv/browser; }; \
	find \
	|| { timeout 300 $(BIN)/playwright install chromium >/dev/null 2>&1 && find; } \
	|| { test "$$(id -u)" = 0 && { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1 && find; } \
	|| printf '%s\n' "$$NO_BROWSER"
