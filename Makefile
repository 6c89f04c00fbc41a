# Every command of the project. `make` alone explains them.
.DEFAULT_GOAL := help
.PHONY: help run kiosk reset test check format bench lock

PYTHON_BIN := .venv/bin/python
STATE := $(or $(PORTAL_STATE_DIR),.state)
UV := $(or $(shell command -v uv),$(wildcard .venv/bin/uv))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the whole town: portal, worker, kiosk, card reader; prints addresses and demo accounts (OPTIONS="--port portal=9000")
	@./setup.sh
	@exec $(PYTHON_BIN) -m portal.demo.run $(OPTIONS)

kiosk: ## the kiosk's screen in a full-screen browser (while `make run` runs)
	@exec chromium --kiosk --no-first-run --disable-background-networking --disable-component-update \
	  --disable-sync $(if $(filter 0,$(shell id -u)),--no-sandbox) --user-data-dir="$(abspath $(STATE))/kiosk-browser" http://127.0.0.1:8100/

reset: ## a new demo city (residents, notices, cards as on the first day)
	@rm -rf "$(STATE)"
	@echo "The next 'make run' starts with a new city."

test: ## lint, types, contracts, then every test, incl. both databases and the browser journeys
	@./setup.sh --test
	@exec $(PYTHON_BIN) -m tests

check: ## only what needs no running program: ruff, mypy, import contracts, templates
	@./setup.sh --test
	@exec $(PYTHON_BIN) -m tests check

format: ## writes the code in the project's style
	@./setup.sh --test
	@$(PYTHON_BIN) -m ruff check --fix --quiet . || true
	@$(PYTHON_BIN) -m ruff format .

bench: ## figures as ratios to a limit measured in the same run (BENCH_JSON=FILE writes them as JSON)
	@./setup.sh --test
	@exec $(PYTHON_BIN) -m tests.benchmarks

# The lock files carry hashes and no addresses: whoever installs chooses the package index.
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: ## the lock files anew, from pyproject.toml (needs uv; UPGRADE=1 takes the newest versions)
	@test -n "$(UV)" || { echo "uv is needed: .venv/bin/pip install uv"; exit 1; }
	@$(if $(UPGRADE),rm -f requirements.txt requirements-build.txt requirements-card.txt requirements-test.txt)
	@env -u PIP_FIND_LINKS $(LOCK) pyproject.toml -o requirements.txt
	@env -u PIP_FIND_LINKS $(LOCK) --group pyproject.toml:build -c requirements.txt -o requirements-build.txt
	@env -u PIP_FIND_LINKS $(LOCK) pyproject.toml --extra test --no-emit-package pyscard -c requirements.txt -c requirements-build.txt -o requirements-test.txt
	@env -u PIP_FIND_LINKS $(LOCK) --group pyproject.toml:card -o requirements-card.txt
	@! grep -nE '://|--(index|extra-index|find-links)' requirements*.txt
