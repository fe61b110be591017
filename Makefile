# Every target bootstraps .venv first; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help venv up down test lint types check chaos bench scale scanning protocol lock

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv:  ## build .venv from requirements.lock
	@$(PYTHON) bootstrap.py

up: venv  ## run the whole system in the foreground (ARGS="--gateways 2")
	@exec $(BIN)/centralcloud up $(ARGS)

down: venv  ## stop a system that was started with --detach
	@$(BIN)/centralcloud down $(ARGS)

test: venv  ## run the tests on servers of their own (ARGS="-k lookup")
	@$(BIN)/python -m pytest $(ARGS)

lint: venv  ## formatting, style, and who may import whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: venv  ## strict type checks
	@$(BIN)/mypy

check: lint types test  ## everything the continuous integration runs

chaos: venv  ## the long kill test (ARGS="--minutes 20")
	@$(BIN)/python -m bench.chaos $(ARGS)

bench: venv  ## the speed ratios, side by side in one run (discovery: python -m bench.discovering)
	@$(BIN)/python -m bench $(ARGS)

scale: venv  ## detections with a thousand and with a million patterns
	@$(BIN)/python -m bench.scale $(ARGS) && $(BIN)/python -m bench.keyless

scanning: venv  ## scans beside a peer (ARGS="--repository DIR")
	@$(BIN)/python -m bench.scanning $(ARGS)

protocol: venv  ## write the JSON Schemas, the AsyncAPI document and the golden pairs again
	@$(BIN)/python -m protocol.generate

lock: venv  ## compile requirements.lock anew
	@$(BIN)/python -m uv pip compile pyproject.toml packages/client/pyproject.toml packages/patterns/pyproject.toml \
	  --extra dev --universal --python-version 3.11 --generate-hashes --upgrade -q -o requirements.lock \
	  --no-emit-index-url --no-emit-find-links --no-emit-package centralcloud-client \
	  --no-emit-package centralcloud-patterns --custom-compile-command "make lock"
