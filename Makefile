# Two commands do everything: `make demo` and `make test`. Where make is missing (Windows), the same
# two are `python run.py demo` and `python run.py test`.
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test bench lock picture

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: ## the main job on embedded parts, to look at; ARGS=--once runs it through without a person
	@$(PYTHON) run.py demo $(ARGS)

test: ## lint, types, floor plan, tests, docs and canary
	@$(PYTHON) run.py test $(ARGS)

bench: ## figures beside a naive baseline and this machine's own limits (a few minutes; never a test)
	@$(PYTHON) run.py bench $(ARGS)

lock: ## resolve the locked versions afresh (needs uv)
	@$(PYTHON) tools/lock.py

picture: ## take the README's picture of the running demo (needs Chromium)
	@$(PYTHON) run.py demo --help >/dev/null && .venv/bin/python tools/picture.py
