# make demo [FAULT=ID] · make test · make test-oldest · make lint · make bench · make docs
# Each makes the virtual environment that it needs, once. Another Python: PYTHON=python3.13 VENV=.venv-3.13
# Without make: the README has the same in plain pip and pytest commands.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
FAULT ?=
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
OLD := "Python 3.11 or newer is needed: make … PYTHON=python3.11"

.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest lint bench docs

help:
	@sed -n '1,3s/^# //p' Makefile

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and $(OLD))'
	$(PYTHON) -m venv $(VENV)

# Stamps: what the two files ask for is installed.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) install --constraint constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.demo

# The project's own conftest.py is for its tests: the demo runs as it does in a user's folder.
demo: $(VENV)/.demo
	$(BIN)/python -m pytest --noconftest -rfE demo.toml --vpclink-env=demo $(if $(FAULT),--vpclink-fault='$(FAULT)') $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

# The oldest boto3 that pyproject.toml allows, with what is pinned else: everything that reads live AWS.
OLDEST := .venv-oldest
$(OLDEST)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(OLDEST)
	sed '/^boto3==/d; /^botocore==/d; /^s3transfer==/d' constraints.txt > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip --quiet --disable-pip-version-check install --constraint $(OLDEST)/constraints.txt \
	  --editable '.[dev]' boto3==1.35.49
	@touch $@

test-oldest: $(OLDEST)/.dev
	$(OLDEST)/bin/python -m pytest -n $(WORKERS) tests/sources tests/standin $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

bench: $(VENV)/.dev
	@set -e; for one in benchmarks/*.py; do echo "== $$one"; $(BIN)/python $$one; done

# The pages that come from the code.
docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py
