# make demo: a simulated panel, one nightly run, and where to look. make test: the test suite.
# Each sets up what it needs in .venv, from pinned and hashed requirements.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test lint bench clean

demo: .venv/.runtime
	rm -rf demo-panel
	$(BIN)/panel demo demo-panel

test: .venv/.development
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.development
	$(BIN)/python -m tests.benchmarks.nightly

clean:
	rm -rf .venv demo-panel

.venv/.uv: requirements-uv.lock
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	touch $@

.venv/.runtime: .venv/.uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

.venv/.development: .venv/.runtime requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	touch $@
