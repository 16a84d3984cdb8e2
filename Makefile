# make demo [FAULT=ID] · make test · make oracle · make test-oldest · make lint · make bench · make docs
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
.PHONY: help demo test oracle test-oldest lint bench docs

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

# The engine against brute force and, as root, against the kernel, in full; the last line says how much was compared.
EXAMPLES ?= 20000
TOPOLOGIES ?= 100
SHARDS ?= 4
oracle: export VPCLINK_ORACLE_RESULTS = $(abspath $(VENV))/oracle.jsonl
oracle: export VPCLINK_ORACLE_EXAMPLES = $(EXAMPLES)
oracle: export VPCLINK_ORACLE_SHARDS = $(SHARDS)
oracle: export VPCLINK_ORACLE_TOPOLOGIES = $(TOPOLOGIES)
oracle: $(VENV)/.dev
	@rm -f $$VPCLINK_ORACLE_RESULTS
	@status=0; $(BIN)/python -m pytest -n $(WORKERS) tests/oracle tests/kernel $(ARGS) || status=1; \
	  $(BIN)/python -m tests.oracle.summary $$VPCLINK_ORACLE_RESULTS $(EXAMPLES) $$(($(TOPOLOGIES) * 20)) || status=1; \
	  exit $$status

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

# One benchmark asks an SMT solver the same questions: it is installed here alone.
$(VENV)/.bench: pyproject.toml constraints.txt | $(VENV)/.dev
	$(PIP) install --constraint constraints.txt --editable '.[dev,bench]'
	@touch $@ $(VENV)/.dev $(VENV)/.demo

bench: $(VENV)/.bench
	@set -e; for one in benchmarks/*.py; do echo "== $$one"; $(BIN)/python $$one; done

# The pages that come from the code.
docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py
