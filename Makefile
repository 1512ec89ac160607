# StockSense: the everyday commands. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := stocksense inventory vendors forecasting policies planning analytics
OLDEST_PYTHON := 3.11
NEWEST_PYTHON := 3.13

PORT ?= 8000
PYTEST_ARGS ?=
# The whole suite in processes that take a file each, slow files first; single tests start faster alone.
WHOLE_SUITE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BENCH ?=
REQUESTS ?= 20000
SEED ?= 20261116
export PORT
# Bytecode is kept, wherever it is: without it every process spends seconds compiling libraries anew.
unexport PYTHONDONTWRITEBYTECODE

# Values that let the production settings load; nothing is connected to and nothing is secret.
THROWAWAY := DJANGO_SETTINGS_MODULE=stocksense.settings.production \
	SECRET_KEY=throwaway-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
	ALLOWED_HOSTS=stocksense.example TRUSTED_PROXIES=10.0.0.0/8 \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0

.PHONY: help setup demo demo-reset serve test check bench bench-api fuzz lock clean

help: ## Show this list
	@echo "StockSense. With Python $(OLDEST_PYTHON) to $(NEWEST_PYTHON), make and git:"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: $(STAMP) ## Create .venv and install the locked requirements
	@echo "Ready. make demo serves the demo company, make test runs the tests."

demo: $(STAMP) ## Serve the demo company on PORT (default 8000); Ctrl-C stops all
	@exec $(BIN)/python manage.py demo

demo-reset: $(STAMP) ## Serve the demo company afresh, without its earlier data
	@exec $(BIN)/python manage.py demo --reset

serve: $(STAMP) ## Serve the company of STOCKSENSE_DATA on PORT; Ctrl-C stops all
	@exec $(BIN)/python manage.py serve

test: $(STAMP) ## Run the tests (PYTEST_ARGS="-k plan" narrows them)
	@exec $(BIN)/python -m pytest $(or $(PYTEST_ARGS),$(WHOLE_SUITE))

check: $(STAMP) ## Lint, types, security, import contracts, migrations, the API's description, deployment settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) manage.py
	$(BIN)/bandit --quiet --configfile pyproject.toml --severity-level medium --recursive $(PACKAGES) manage.py
	$(BIN)/lint-imports
	@echo "makemigrations --check"
	@$(THROWAWAY) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@echo "api_schema --check"
	@$(THROWAWAY) $(BIN)/python -W ignore manage.py api_schema --check
	@echo "check --deploy"
	@$(THROWAWAY) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: $(STAMP) ## Run the benchmarks (BENCH=plan_engine runs one)
	@for script in $(if $(BENCH),benchmarks/$(BENCH).py,$$(grep -l __main__ benchmarks/*.py)); do \
		module=$${script%.py}; echo "== $$module"; $(BIN)/python -m "$${module//\//.}"; done

bench-api: $(STAMP) ## Measure the API beside bare DRF and say which targets it reaches (QUICK=1 for a first look)
	@$(BIN)/python -m benchmarks.api $(if $(QUICK),--quick)

fuzz: $(STAMP) ## Send the API REQUESTS (20,000) made from its description; SEED changes them
	@FUZZ_REQUESTS=$(REQUESTS) FUZZ_SEED=$(SEED) LONGEST_TEST_SECONDS=86400 \
		$(BIN)/python -m pytest -q stocksense/tests/api_fuzz

lock: $(STAMP) ## Resolve the requirements anew, with hashes (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv pip compile --universal --python-version $(OLDEST_PYTHON) --generate-hashes --no-header -q \
		pyproject.toml -o requirements/production.txt
	uv pip compile --universal --python-version $(OLDEST_PYTHON) --generate-hashes --no-header -q \
		--extra development -c requirements/production.txt pyproject.toml -o requirements/development.txt
	$(BIN)/python -m pytest stocksense/tests/test_lock.py

clean: ## Remove caches and built files; data folders and .venv stay
	rm -rf build dist htmlcov staticfiles .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis benchmarks/results
	find $(PACKAGES) benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements/development.txt
	@echo "Installing the locked requirements into $(VENV): seconds with uv, some minutes with pip."
	@python="$$(deploy/find-python.sh $(OLDEST_PYTHON) $(NEWEST_PYTHON))"; \
	[ -z "$(VENV)" ] || $(BIN)/python -c 'import sys' 2>/dev/null || rm -rf $(VENV); \
	if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then \
		[ -d $(VENV) ] || uv venv --quiet --python "$$python" $(VENV); \
		uv pip sync --quiet --python $(BIN)/python --require-hashes $<; \
	else \
		[ -d $(VENV) ] || "$$python" -m venv $(VENV) || { rm -rf $(VENV); \
			echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv"; exit 1; }; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; \
	fi
	@touch $@
