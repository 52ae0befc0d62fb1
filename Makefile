# stalewatch: python3.11 or newer, pip and make are all it needs. `make PYTHON=python3.12 ...` picks another one.
.DEFAULT_GOAL := help
.PHONY: help demo test check coverage mutants bench gameday nightly thorough lock
SHELL := /bin/sh
unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of processes: none of them compiles what another one has

CANDIDATES := python3.11 python3.12 python3.13 python3.14 python3 python
SUITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(CANDIDATES); do $$p -c '$(SUITS)' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
READY := .venv/.ready
BY_HASH := install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
LONG := -n 3 --dist load --maxschedchunk 1   # three at once on two processors: the tormented also wait
COMPILE := pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate $(UPGRADE)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## watch a made-up pipeline go quiet and be nudged; ARGS="--once --lang ja" for one round in Japanese
	@$(BIN)/stalewatch demo $(ARGS)

test: $(READY) ## run the tests on SQLite and PostgreSQL; ARGS="-k calendar" picks some of them
	@$(BIN)/pytest -n auto --dist worksteal -m "not slow" $(ARGS)

check: $(READY) ## lint, types, import contracts, the lock, and the sizes of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy src connectors
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/house/test_lock.py
	@$(BIN)/python -m tests.house.figures

coverage: $(READY) ## run the tests and hold the branches that they take to the bars; build/coverage/ keeps the data
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n auto --dist worksteal -m "not slow" $(ARGS); tests=$$?; \
		$(BIN)/coverage combine --quiet && $(BIN)/python -m tests.house.covered && exit $$tests

mutants: $(READY) ## change core modules here and there: do their tests notice 85 %? ARGS="leases --sample 150" asks for less
	@$(BIN)/python -m tests.mutation $(ARGS)

bench: $(READY) ## measure side by side what performance promises; ARGS=<name> picks one
	@$(BIN)/python -m bench $(ARGS)

gameday: $(READY) ## kill, freeze, crash and cut off, an hour of it; what is found goes into gameday.txt; ARGS="-k calendar" picks some
	@$(BIN)/pytest $(LONG) -m "slow and gameday and not thorough" --figures=gameday.txt $(ARGS)

nightly: $(READY) ## hold every promise of docs/reliability.md in full, the game day among them, for two hours, into nightly.txt
	@$(BIN)/pytest $(LONG) -m "slow and bar and not thorough" --figures=nightly.txt $(ARGS)

thorough: $(READY) ## run every long variant that test leaves out, for hours; ARGS="-k quarter" picks some
	@$(BIN)/pytest -n auto --dist worksteal -m slow $(ARGS)

lock: ## write requirements/*.txt anew from pyproject.toml; UPGRADE=--upgrade takes newer versions
	@test -x .venv-lock/bin/pip || { $(need_python); $(PYTHON) -m venv .venv-lock; }
	@.venv-lock/bin/pip $(BY_HASH) -r requirements/lock.txt
	@.venv-lock/bin/uv $(COMPILE) --group dev -o requirements/dev.txt pyproject.toml
	@.venv-lock/bin/uv $(COMPILE) -c requirements/dev.txt -o requirements/run.txt pyproject.toml
	@.venv-lock/bin/uv $(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt
	@.venv-lock/bin/uv $(COMPILE) --group lock -o requirements/lock.txt

# The environment: made when it is missing, brought up to date when the lock or pyproject.toml is newer.
$(READY): requirements/dev.txt pyproject.toml
	@$(need_python)
	@echo "setting up .venv from requirements/dev.txt, about a minute ..."
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@$(BIN)/pip $(BY_HASH) -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

define need_python
test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITS)' 2>/dev/null || { \
	echo "stalewatch needs Python 3.11 or newer with its venv module (Debian: apt install python3 python3-venv);" >&2; \
	echo "name one with: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
endef
