# Everything a newcomer needs is `make run`. Steps that are done leave a stamp in the virtual environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check install
# Bytecode is made of what is used, at its first use: making all of it took a third of the installation.
INSTALL := $(PIP) --no-compile --require-hashes --no-deps
LOCK := $(BIN)/pip-compile --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options --no-header --annotation-style=line

# A file's tests stay together, as they share what they set up; in the order of the folders, as the last ones are short.
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

export PYTHON
# Images often forbid Python to keep its bytecode: every program of ours would translate itself anew. Empty is not set.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help run tools test check warm bench demo picture relock clean

help: ## What can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(STAMPS)/run $(STAMPS)/warm ## Set up, load the demo city, serve the map on http://127.0.0.1:8000
	@$(BIN)/gridcircle up

tools: $(STAMPS)/test ## Install what checks and tests need, as they do themselves

test: $(STAMPS)/test $(STAMPS)/warm ## Run all tests on all cores, each with a PostGIS of its own (ARGS="-k tiles" for some)
	@$(BIN)/gridcircle assets
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: $(STAMPS)/test ## Lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

warm: $(STAMPS)/warm ## Compile the computation, as whatever needs it does itself

bench: $(STAMPS)/bench $(STAMPS)/warm ## Measure against other engines (ARGS="--only circles --graph reykjavik --quick")
	@$(BIN)/python -m tests.bench $(ARGS)

demo: $(STAMPS)/run ## Write the boundary files of the fictional city anew
	@$(BIN)/gridcircle demo make

picture: $(STAMPS)/test $(STAMPS)/warm ## Photograph the map of the demo city for the README
	@$(BIN)/gridcircle assets
	@$(BIN)/python -m tests.web.picture

relock: $(STAMPS)/test ## Choose new versions of all dependencies (takes minutes)
	$(PIP) pip-tools
	$(LOCK) --upgrade --extra setup --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --extra setup --extra test --constraint requirements.lock --output-file requirements-test.lock pyproject.toml
	$(LOCK) --upgrade --extra bench --constraint requirements-test.lock --output-file requirements-bench.lock pyproject.toml

clean: ## Remove the virtual environment and caches; data stay
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find geo api webmap tests -name __pycache__ -prune -exec rm -rf {} +

$(STAMPS)/system-run: geo/cluster/setup.sh
	@sh geo/cluster/setup.sh run
	@mkdir -p $(@D) && touch $@

$(STAMPS)/system-test: geo/cluster/setup.sh
	@sh geo/cluster/setup.sh test
	@mkdir -p $(@D) && touch $@

$(STAMPS)/packages: requirements.lock | $(STAMPS)/system-run
	@echo "Installing Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.lock
	@touch $@

$(STAMPS)/run: pyproject.toml $(STAMPS)/packages
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements-test.lock $(STAMPS)/run | $(STAMPS)/system-test
	@echo "Installing what tests need"
	@$(INSTALL) -r requirements-test.lock
	@touch $@

# Engines to measure against are wanted, not needed: the table names those that are absent.
$(STAMPS)/bench: requirements-bench.lock geo/cluster/setup.sh $(STAMPS)/test
	@echo "Installing what benches measure against"
	-@sh geo/cluster/setup.sh bench
	-@$(INSTALL) -r requirements-bench.lock
	@touch $@

$(STAMPS)/warm: $(wildcard geo/compute/*.py geo/compute/*/*.py) | $(STAMPS)/run
	@$(BIN)/gridcircle warm
	@touch $@
