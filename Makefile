# Two commands do everything on a fresh machine:  make demo   and   make test
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml

.PHONY: demo test check docs setup setup-dev lock clean

demo: setup
	$(BIN)/dialin demo

test: setup-dev
	scripts/test

check: setup-dev
	scripts/check

docs: $(VENV)/.docs
	$(BIN)/python -m mkdocs build --strict

setup: $(VENV)/.runtime
	$(BIN)/dialin models fetch

setup-dev: $(VENV)/.dev
	$(BIN)/dialin models fetch

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"dialin needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is {v[0]}.{v[1]}: run  make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements/runtime.txt
	$(PIP) install --quiet --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r requirements/docs.txt
	@touch $@

# Renew the locked dependencies (needs uv, maintainers only).
lock:
	$(LOCK) -o requirements/runtime.txt
	$(LOCK) --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(LOCK) --extra docs -c requirements/dev.txt -o requirements/docs.txt

clean:
	rm -rf $(VENV) site
