# `make run` plays the reference scenario, `make test` proves the project right.
# Both make .venv and install what they need; nothing but Python 3.11 or newer and make is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Compiled bytecode makes every start faster; some machines switch it off.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test lint slow docs benchmark experiments notebooks clean

run: $(VENV)/.run
	$(BIN)/negotiation $(ARGS)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow" $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy

slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow $(ARGS)

# The site in site/; its generated parts are written first.
docs: $(VENV)/.test
	$(BIN)/python -m negotiation.documents
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(ARGS)

benchmark: $(VENV)/.test
	$(BIN)/python experiments/benchmark.py $(ARGS)

experiments: $(VENV)/.run
	$(BIN)/python experiments/run_all.py $(ARGS)

seminar: $(VENV)/.seminar
	$(BIN)/negotiation-seminar $(ARGS)

notebooks: $(VENV)/.notebooks
	$(BIN)/jupyter lab notebooks $(ARGS)

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "negotiation needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what negotiation needs into $(VENV) (a minute or two the first time)"
	$(PIP) --editable .
	@touch $@

$(VENV)/.notebooks: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what the notebooks need into $(VENV) (a minute or two the first time)"
	$(PIP) --editable ".[notebooks]"
	@touch $@ $(VENV)/.run

$(VENV)/.seminar: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what the seminar needs into $(VENV) (a minute or two the first time)"
	$(PIP) --editable ".[seminar]"
	@touch $@ $(VENV)/.run

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing what the tests need into $(VENV) (a minute or two the first time)"
	$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/.run
