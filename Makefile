# Two commands do everything: `make run` and `make test`. The rest is for those who change the code.
# Every path is quoted: the checkout may lie under a name with spaces.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
ONCE ?=
# More workers than two cores: much of a test is waiting for another process.
PYTEST ?= -n 3 --dist loadgroup
# The fast ones wait for nobody.
FAST ?= -n logical --dist loadgroup

.PHONY: run test test-fast test-world test-oldest lint lock lock-check format clean-state help
.DEFAULT_GOAL := help

help: ## What there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/'

# A module of tests is rewritten when it is compiled, which takes longer than to run it: it is done once, not in each process.
test test-fast test-world test-oldest: export PYTHONDONTWRITEBYTECODE :=

run: $(VENV)/.run ## Install, start everything on this machine, sync; ONCE=1 exits after the summary
	@$(BIN)/python -m deployments up $(if $(ONCE),--once)

test: $(VENV)/.dev $(VENV)/.html ## Install what tests need and run all of them
	@$(BIN)/python -m pytest $(PYTEST)

test-fast: $(VENV)/.dev ## In a minute: the tests that need no database, browser, stack or seconds of a processor
	@BOOSTEZ_TEST_EXAMPLES=quick $(BIN)/python -m pytest $(FAST) -m "not database and not stack and not browser and not slow"

test-world: $(VENV)/.dev ## Every point x every fault, 2,000 pairs of faults, 200 real kills, every cut catalogue, 10,000 reminders (`make test` plays a part)
	@BOOSTEZ_WORLD_WHOLE=1 BOOSTEZ_WORLD_PAIRS=$${BOOSTEZ_WORLD_PAIRS:-2000} BOOSTEZ_WORLD_KILLS=$${BOOSTEZ_WORLD_KILLS:-200} \
		$(BIN)/python -m pytest $(PYTEST) tests/world tests/deployments/test_whole_catalogue.py tests/deployments/test_runs.py \
		tests/deployments/production/test_several_servers.py tests/flows/test_secrets.py tests/deployments/test_restore.py tests/core/cohorts/test_sizes.py

test-oldest: $(VENV)/.dev ## The database tests on the server of BOOSTEZ_TEST_SERVER (PostgreSQL 15, say)
	@test -n "$(BOOSTEZ_TEST_SERVER)" || { echo "Set BOOSTEZ_TEST_SERVER to a superuser's address of that server." >&2; exit 2; }
	@$(BIN)/python -m pytest $(PYTEST) -m "database and not stack"

lint: $(VENV)/.dev lock-check ## Format, lint, types, import contracts, migrations, lock
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/connectors/region/test_migrations.py

format: $(VENV)/.dev ## Mend what can be mended by itself
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

# The caldav client works with requests. What it would rather have replaces urllib3, for everybody, when it is installed.
REPLACING := niquests urllib3-future jh2 qh3 wassima

lock: $(VENV)/.dev ## Choose versions anew, within pyproject.toml
	$(LOCK) --upgrade pyproject.toml --extra build --extra otlp -o requirements.txt
	$(LOCK) --upgrade pyproject.toml --extra build --extra otlp --extra dev -c requirements.txt $(REPLACING:%=--no-emit-package %) -o requirements-dev.txt

lock-check: $(VENV)/.dev ## Whether the locks are what pyproject.toml asks for
	@$(BIN)/python .ci/lock_check.py

clean-state: ## Forget every local offer, effect and log
	@[ ! -x $(BIN)/python ] || $(BIN)/python -c 'from pathlib import Path; from deployments import postgres; postgres.remove(Path(".boostez/postgres").absolute())'
	rm -rf .boostez

# --- installing ------------------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

# The locks are complete: --no-deps keeps pip from asking which sqlalchemy[asyncio] may be (hashed extras confuse it).
define install
	$(if $(UV),uv pip install --quiet --python $(VENV)/bin/python --no-deps --require-hashes -r $(1),$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1))
	$(if $(UV),uv pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation -e .,$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .)
endef

$(VENV)/.run: $(VENV)/bin/python requirements.txt pyproject.toml
	$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.txt pyproject.toml
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.run

# What reads the pages' HTML comes from another registry. Where that cannot be reached its test is skipped, but in CI.
HTML := tests/portal/html
$(VENV)/.html: $(VENV)/.dev $(HTML)/package-lock.json
	@if $(BIN)/npm ci --prefix $(HTML) --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null; \
		then touch $@; else echo "html-validate could not be installed: its test is skipped." >&2; test -z "$$CI"; fi
