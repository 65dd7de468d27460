# make run    set up and open the dashboard on http://127.0.0.1:8501
# make test   set up and pass the tests
# make bench  the benchmarks: what is measured, against what
# make checkpoints  train the recorded runs that are missing, one after the other; interrupted, it goes on when called again
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench lint features checkpoints
.DEFAULT_GOAL := run

run: .venv/.installed
	$(BIN)/streamlit run app.py

test: .venv/.installed-dev lint
	$(BIN)/python -m pytest

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/lint-imports

bench: .venv/.installed-dev
	$(BIN)/python -m benchmarks

checkpoints: .venv/.installed
	GANDASH_RUNS=$${GANDASH_RUNS:-.training} $(BIN)/python -m gandash record fashion-dcgan mnist-dcgan --weights 7
	GANDASH_RUNS=$${GANDASH_RUNS:-.training} $(BIN)/python -m gandash record

# Only when a requirement changed.
.venv/.installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	touch $@

.venv/.installed-dev: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@ .venv/.installed
