# `make demo` and `make test` need Python 3.11 and the package registries, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/tools/.installed
NPM := $(shell command -v npm 2>/dev/null || echo $(CURDIR)/$(BIN)/npm)

.PHONY: install demo test check bench clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml sandbox_host/assets/package-lock.json sandbox_host/assets/build_hook.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(TOOLS): sandbox_host/assets/package-lock.json | $(INSTALLED)
	@mkdir -p $(VENV)/tools
	cp sandbox_host/assets/package.json sandbox_host/assets/package-lock.json $(VENV)/tools/
	cd $(VENV)/tools && PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

demo: install
	$(BIN)/backfill demo

test: check
	$(BIN)/python -m pytest -n auto

check: install $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" node $(VENV)/tools/node_modules/pyright/index.js --pythonpath $(BIN)/python
	PATH="$(CURDIR)/$(BIN):$$PATH" node $(VENV)/tools/node_modules/typescript/bin/tsc --noEmit -p guest_sdk/javascript
	PATH="$(CURDIR)/$(BIN):$$PATH" node $(VENV)/tools/node_modules/typescript/bin/tsc --noEmit -p examples/stripe

bench: install
	$(BIN)/python benchmarks/invocation.py

clean:
	rm -rf $(VENV) sandbox_host/assets/bin dist build
