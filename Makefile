# Waferdeck's commands. `make run` is all it takes; `make help` lists the rest.
#
#   make run [PORT=8000] [HOST=127.0.0.1] [VAR=var]
#   make test [ARGS="-k wafer"]

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# ONNX Runtime reports its use to its maker over the internet unless told not to.
export ORT_DISABLE_TELEMETRY := 1

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
  if command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then echo $$name; break; fi; done)
VAR ?= var
PORT ?=
HOST ?=
ARGS ?=

PY := .venv/bin/python
PACKAGES := config core accounts audit outbox inspection annotations models_admin experiments demo serving domain training runtime
# Settings for what needs Django but no server.
DJANGO := SECRET_KEY=check DATABASE_POOL_MAX=0
TRITON_DIR := var/tritonserver
TRITON_WHEEL := nvidia-pytriton==0.7.0

# Nothing is written outside the project: neither pip's cache nor its temporary files.
PIP := PIP_CACHE_DIR=$(CURDIR)/var/cache/pip TMPDIR=$(CURDIR)/var/tmp PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip install --quiet

.PHONY: help run setup setup-dev setup-training setup-label-studio setup-mlflow test check bench clean triton requirements

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: setup ## start everything and print the address (PORT=, HOST=, VAR=); Ctrl-C stops it
	@exec $(PY) -m runtime up --var "$(VAR)" $(if $(PORT),--port $(PORT)) $(if $(HOST),--host $(HOST))

setup: .venv/created ## install what `make run` needs, without starting anything
	@$(MAKE) -s -j2 .venv/requirements.installed $(TRITON_DIR)/installed

setup-dev: setup .venv/requirements-dev.installed ## install what tests and checks need as well

setup-training: setup-dev .venv/requirements-training.installed ## install what training and its tests need as well

setup-label-studio: setup ## install Label Studio's converter, which one test needs, beside what it would not get on with
	@test -x var/label-studio/bin/label-studio-converter || { \
	  .venv/bin/python -m venv var/label-studio && var/label-studio/bin/pip install -q label-studio-sdk==2.1.2; }

setup-mlflow: setup ## install MLflow's server, which the tests of imports need, beside what it would not get on with
	@test -x var/mlflow/bin/mlflow || { \
	  .venv/bin/python -m venv var/mlflow && var/mlflow/bin/pip install -q mlflow==3.17.2; }

test: setup-dev ## run every test (ARGS= goes to pytest) on servers of its own
	$(PY) -m runtime exec --var var/test --scratch --only postgres,redis,triton -- $(PY) -m pytest -n 2 $(ARGS)

check: setup-dev ## style, types, layers, migrations, templates, generated texts, scripts of the pages
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(DJANGO) $(PY) -m mypy $(PACKAGES)
	.venv/bin/lint-imports
	$(DJANGO) $(PY) manage.py check
	$(DJANGO) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	.venv/bin/djlint templates --lint --quiet
	$(PY) -m config.env | diff docs/configuration.md - || { echo "docs/configuration.md is old: $(PY) -m config.env > docs/configuration.md"; exit 1; }
	@if ! command -v node >/dev/null; then echo "no Node here: the scripts of the pages are not tested"; \
	  else tests=$$(find static tests -name '*.test.js' -not -path '*/vendor/*' -not -path '*/node_modules/*'); \
	  if [ -n "$$tests" ]; then node --test $$tests; fi; fi

bench: setup-dev ## measure against the limits of this machine (takes minutes)
	$(PY) -m bench $(ARGS)

clean: ## remove what can be made again; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/cache var/tmp var/test $(TRITON_DIR)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created:
	@test -n "$(PYTHON)" || { echo "Waferdeck needs Python 3.11, 3.12 or 3.13 (Triton has no later one); found: $$(python3 --version 2>&1 || echo none). Name one: make run PYTHON=/path/to/python3"; exit 1; }
	@test "$$(uname -sm)" = "Linux x86_64" || echo "Triton's server is made for Linux on x86-64; this is $$(uname -sm)."
	@echo "Making .venv with $$($(PYTHON) --version)"
	@mkdir -p var/tmp var/cache
	@$(PYTHON) -m venv .venv || { echo "python3-venv is missing: on Debian and Ubuntu, apt-get install python3-venv"; rm -rf .venv; exit 1; }
	@touch $@

.venv/requirements.installed: requirements.txt .venv/created
	@echo "Installing requirements.txt (about a minute the first time)"
	@mkdir -p var/tmp var/cache
	@$(PIP) -r requirements.txt
	@touch $@

.venv/requirements-dev.installed: requirements-dev.txt .venv/requirements.installed
	@echo "Installing requirements-dev.txt"
	@mkdir -p var/tmp var/cache
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv/requirements-training.installed: requirements-training.txt .venv/requirements.installed
	@echo "Installing requirements-training.txt"
	@mkdir -p var/tmp var/cache
	@$(PIP) -r requirements-training.txt
	@touch $@

# Beside the virtual environment, because it asks for an older NumPy; one copy for all instances.
$(TRITON_DIR)/installed: .venv/created
	@echo "Installing Triton Inference Server ($(TRITON_WHEEL))"
	@mkdir -p var/tmp var/cache
	@rm -rf $(TRITON_DIR)
	@$(PIP) --no-deps --target $(TRITON_DIR) "$(TRITON_WHEEL)"
	@TMPDIR=$(CURDIR)/var/tmp $(PY) -m runtime.libpython
	@touch $@

requirements: ## renew requirements.lock after a change of requirements.txt (needs uv)
	@mkdir -p var/tmp
	sed 's/;.*//' requirements.txt > var/tmp/pins.txt
	uv pip compile requirements.txt --constraints var/tmp/pins.txt --universal --python-version 3.11 --no-strip-extras \
	  --generate-hashes --no-annotate --no-header --output-file var/tmp/requirements.lock
	{ echo '# The pins of requirements.txt with the digests of their files: what docker/Dockerfile installs. Made by `make requirements`.'; \
	  cat var/tmp/requirements.lock; } > requirements.lock
