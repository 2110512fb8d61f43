# Fresh machine: Python 3.11+, git, make. `make run` serves the dashboard, `make test` runs every test without a browser.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE ?=

.PHONY: run install install-dev test check lint types slow postgres cluster e2e deep bench clean

run: install
	@$(BIN)/python -m pages.components.static_files
	@echo "Middleground: http://127.0.0.1:$(PORT)  (Ctrl+C stops it; rows live in this process only)"
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then (sleep 2; $(BIN)/python -m webbrowser -t "http://127.0.0.1:$(PORT)" >/dev/null 2>&1) & fi
	@$(BIN)/streamlit run dashboard.py --server.port $(PORT)

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Middleground needs Python 3.11 or newer, got " + sys.version.split()[0] + ". Set PYTHON=python3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt requirements-postgres.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-deep: $(VENV)/.installed-dev requirements-deep.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-deep.txt
	@touch $@

$(VENV)/.installed-cluster: $(VENV)/.installed-dev requirements-cluster.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-cluster.txt
	@touch $@

test: install-dev
	$(BIN)/python -m pytest -q -n auto --dist worksteal

check: install-dev lint types test

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy

slow: install-dev
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m slow

# Starts a private server of Debian's `postgresql`, as another user where this one is root, and stops it.
postgres: install-dev
	$(BIN)/python -m pytest -q -m postgres tests/team

# A scheduler and two worker processes on this machine.
cluster: $(VENV)/.installed-cluster
	$(BIN)/python -m pytest -q -m cluster tests/engine

e2e: install-dev
	@$(BIN)/python -m pages.components.static_files
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m browser tests/browser

# Adds about a gigabyte to the environment; `make deep VENV=.venv-deep` leaves the usual one as it is.
deep: $(VENV)/.installed-deep
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m deep

bench: install-dev
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) static .mypy_cache .ruff_cache .hypothesis
