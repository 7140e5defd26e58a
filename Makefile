# make lab    set up, copy the lessons into my_lessons/, open JupyterLab at lesson 01
# make test   set up, then every test
# make build  make the notebooks again from source/
# make lock   pin the newest versions that pyproject.toml allows (needs uv)
# Another Python: make lab PYTHON=python3.12

SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(SUITABLE)' >/dev/null 2>&1 && echo $$python && break; done)
BIN := .venv/bin

# Without bytecode every process that starts compiles its imports again, which costs seconds.
unexport PYTHONDONTWRITEBYTECODE
# nbgrader runs alembic by its bare name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: lab test build oracles lock
lab: .venv/installed
	@$(BIN)/gradual lab

test: export GRADUAL_NO_PROGRESS = 1
test: .venv/installed
	$(BIN)/ruff check
	$(BIN)/gradual build --check
	@# Three at a time on two processors: much of the time goes in waiting, for browsers, kernels and time limits.
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --nbval-lax --nbval-current-env --ignore-glob='tests/*.ipynb' \
		tests lessons solutions

build: .venv/installed
	$(BIN)/gradual build

# The optional libraries that tests compare with (PyTorch is large).
oracles: .venv/installed
	$(BIN)/python -m pip install --quiet --no-build-isolation -e '.[oracles]'

.venv/installed: pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Gradual needs Python 3.11 or newer, with venv and pip. Install one (python.org; \
	on Debian and Ubuntu: apt install python3-venv), then run this again, or name it: make lab PYTHON=/path/to/python3."; \
	exit 1; }
	@test -x $(BIN)/python || { echo "Making .venv with $$($(PYTHON) --version) ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing what the course needs into .venv, once: this takes some minutes ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --upgrade --extra cluster --extra test \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
