# Two commands do all the set-up: `make demo` and `make test`. See README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo demo-serve test test-long test-processes test-postgresql lint probes bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 20

demo: $(VENV)/demo.installed  ## three workers at three jobs, live; merged into one agent, examined: in under 5 minutes
	$(BIN)/trainee demo

demo-serve: $(VENV)/serve.installed  ## the agent as a service, three programs that call it, and a page to step in
	$(BIN)/trainee demo-serve

test: lint  ## style, types, architecture, and tests but those of the next two lines
	$(BIN)/python -m pytest -m 'not processes and not long'

test-long: $(VENV)/dev.installed  ## the tests in which jobs are learned, lives lived and merged, and a page looked at
	$(BIN)/python -m pytest -m long

test-processes: $(VENV)/dev.installed  ## the tests that begin whole processes, kill them and wait for them
	$(BIN)/python -m pytest -m processes

test-postgresql: $(VENV)/dev.installed  ## the tests of the service once more, their records in PostgreSQL
	SERVE_ON=postgresql $(BIN)/python -m pytest tests/unit/serve

lint: $(VENV)/dev.installed  ## style, types and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

probes: $(VENV)/dev.installed  ## each probe for ten seeds in a row
	PROBE_SEEDS=10 $(BIN)/python -m pytest tests/probes

bench: $(VENV)/bench.installed  ## beside Stable-Baselines3's PPO and DQN, in about a day on two cores
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/frozen.py
	$(BIN)/python benchmarks/fleet.py
	$(BIN)/python benchmarks/hard.py
	$(BIN)/python benchmarks/games.py
	$(BIN)/python benchmarks/beside.py
	$(BIN)/python benchmarks/chain.py
	$(BIN)/python benchmarks/forks.py
	$(BIN)/python benchmarks/quitting.py
	$(BIN)/python benchmarks/calibration.py
	$(BIN)/python benchmarks/releases.py
	$(BIN)/python benchmarks/load.py --write

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[report]'
	touch $@

$(VENV)/serve.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[serve]'
	touch $@

$(VENV)/dev.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# torch first and by its version: a plain `torch` brings gigabytes of CUDA.
$(VENV)/bench.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:  ## remove what the commands above made
	rm -rf $(VENV) demo demo-serve build .pytest_cache .ruff_cache .hypothesis
