# Two commands matter: `make run` and `make test`. Everything they need they install into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
SETUP = @python="$$(sh setup/find-python.sh)" && exec "$$python" -m setup

.PHONY: run test check train eval import demo bench-nlu bench-start bench-channels bench-faults clean help

run:  ## Start the product, from nothing if need be, until Ctrl-C
	$(SETUP) run

test:  ## Set up and run every check and test (ARGS="tests/bot -k name": those tests alone)
	$(SETUP) test $(ARGS)

check:  ## Check style, types, import directions, records and training data
	$(SETUP) check

train:  ## Train the model again, even when one fits
	$(SETUP) train

eval:  ## Ask the frozen questions and score the answers (ARGS="--baseline FILE": refuse a worse model)
	$(SETUP) eval $(ARGS)

import:  ## Import portal files or a spreadsheet on top of the bundled records: FROM=folder-or-file
	$(SETUP) import "$(FROM)"

demo:  ## Seed demo dossiers in every national status
	$(SETUP) demo

bench-nlu:  ## Measure understanding beside stock Rasa and BM25 (about half an hour)
	$(SETUP) bench nlu $(ARGS)

bench-start:  ## Time a first start and a restart to the first true answer (ARGS=--fresh: the environment too)
	@python="$$(sh setup/find-python.sh)" && exec "$$python" benchmarks/start.py $(ARGS)

bench-channels:  ## Time the acknowledgement of webhooks while Rasa is stopped (some minutes)
	$(SETUP) bench channels $(ARGS)

bench-faults:  ## Kill programs at random and count what is lost or doubled (ARGS="--database sqlite"; about half an hour)
	$(SETUP) bench faults $(ARGS)

clean:  ## Remove what was built (environment, models, caches); the database in var/ stays
	rm -rf .venv models .rasa .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile
